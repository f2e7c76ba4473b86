"""A report written to a file: HTML or Excel by its ending, for this user only, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import safe_files, settings
from cvtr_widgets.errors import ExportError
from cvtr_widgets.reports.run_facts import RunFacts
from cvtr_widgets.reports.run_report import RunReport, run_report

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.finding import Findings

ENDINGS = (".html", ".xlsx")


def write_report(
    told: Callable[[], RunFacts],
    path: str | Path,
    *,
    leads: pd.DataFrame | None = None,
    findings: Findings | None = None,
    personal: bool = False,
    zone: tzinfo | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the report of a run; see ``Run.report``. Gives the path. ``told`` is asked after the path has been looked at.

    Raises:
        ExportError: another ending, or the file cannot be written or is there already. InsightError: no frame of leads.
    """
    place = Path(path).expanduser()
    ending = place.suffix.lower()
    if ending not in ENDINGS:
        raise ExportError(
            f"A report is HTML or Excel, by the ending of its file, not {ending[:20]!r}. Give a name such as run.html."
        )
    content = rendered(told(), ending, leads=leads, findings=findings, personal=personal, zone=zone)
    return safe_files.write(place, [content], ExportError, private=True, overwrite=overwrite)


def rendered(told: RunFacts, ending: str, *, findings: Findings | None = None, zone: tzinfo | None = None, **more: Any) -> bytes:
    """The report as bytes, as HTML or (``.xlsx``) as a workbook."""
    found = findings
    if found is None and more.get("leads") is not None:
        from cvtr_widgets.insight.run_rules import findings as look

        found = look(more["leads"])
    report = run_report(told, zone=zone or settings.zone(), found=found, **more)
    return _html(report) if ending == ".html" else _excel(report)


def _html(report: RunReport) -> bytes:
    from importlib.metadata import PackageNotFoundError, version

    from cvtr_widgets.reports.html import page

    try:
        number = version("cvtr-widgets")
    except PackageNotFoundError:
        number = "(not installed)"
    return page(report, number)


def _excel(report: RunReport) -> bytes:
    from cvtr_widgets.reports.excel import workbook

    return workbook(report)
