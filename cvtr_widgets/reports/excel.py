"""A report as a workbook: a sheet of sentences and facts, then one for each of its frames; no cell is a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvtr_widgets.frames.export import excel_sheets
from cvtr_widgets.reports.run_report import RunReport, made_at

if TYPE_CHECKING:
    import pandas as pd


def workbook(report: RunReport) -> bytes:
    """The workbook. Its frames are those of the report, all rows of them."""
    sheets = {
        "Report": _summary(report), "Outcomes": report.outcomes, "Actions": report.actions, "Before and after": report.changes,
        "How it is known": report.proofs, "Not changed": report.left_alone, "Money": report.money,
        "Integrations": report.integrations,
    }  # fmt: skip
    if report.findings is not None:
        sheets["Findings"] = report.findings
    sheets["Leads"] = report.leads
    return excel_sheets(sheets, zone=report.zone)


def _summary(report: RunReport) -> pd.DataFrame:
    """What is not a table, as pairs."""
    import pandas as pd

    rows = [("What", report.statement), ("How it stands", report.headline), *(("", sentence) for sentence in report.sentences)]
    if report.sandbox:
        rows.insert(0, ("Sandbox", "nothing in this run was real"))
    if report.findings_of:
        rows.append(("Findings", report.findings_of))
    rows += [*report.facts, *(("Money", note) for note in report.money_notes), *report.checks, ("Made", made_at(report.zone))]
    return pd.DataFrame(rows, columns=["about", "says"])
