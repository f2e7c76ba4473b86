"""A report as one HTML page: no script, nothing that is loaded from anywhere, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from cvtr_widgets.frames.export import zone_name
from cvtr_widgets.models import Outcome
from cvtr_widgets.reports.charts import outcome_chart, status_chart
from cvtr_widgets.reports.run_report import ATTENTION, RunReport, made_at

if TYPE_CHECKING:
    import pandas as pd

MOST_IDS = 10_000
"""Lead ids that are written out; the page stays below 300 kB."""
LONGEST = 300
"""Characters of one cell."""


class Table(NamedTuple):
    """A frame as texts, and which columns are numbers."""

    columns: list[str]
    rows: list[list[str]]
    numbers: list[bool]


class Group(NamedTuple):
    """Ids of leads that ended alike."""

    title: str
    number: int
    ids: str


def page(report: RunReport, version: str) -> bytes:
    """The page."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    looked = report.leads["outcome"].isin(ATTENTION)
    worst, worst_left = _groups(report.leads[looked], ("outcome", "detail"), "{}: {}")
    keys = ("outcome", "action", "before", "after")
    groups, left = _groups(report.leads[~looked], keys, "{}: {}, {} → {}", max(0, MOST_IDS - int(looked.sum())))
    has_findings = report.findings is not None
    shown = ["rule", "about", "leads", "money", "sentence", "cannot_tell"]
    text = environment.from_string(_resource("run_report.html.jinja")).render(
        report=report,
        style=Markup(_resource("run_report.css")),  # noqa: S704  a file of ours
        outcome_chart=Markup(outcome_chart(report.outcomes)),  # noqa: S704  counts and our own words
        status_chart=Markup(status_chart(report.statuses)),  # noqa: S704  likewise: a status of the service's own is "other"
        outcomes=_table(report.outcomes), actions=_table(report.actions), changes=_table(report.changes),
        proofs=_table(report.proofs),
        left_alone=_table(report.left_alone), money=_table(report.money), integrations=_table(report.integrations),
        findings=_table(report.findings[shown]) if report.findings is not None else None,
        findings_notes=report.findings.attrs.get("notes", ()) if has_findings and report.findings is not None else (),
        people=_table(report.people.reset_index()) if report.people is not None else None,
        worst=worst, groups=groups, ids_left=left + worst_left,
        zone=zone_name(report.zone), made=made_at(report.zone), version=version,
    )  # fmt: skip
    return text.encode()


def _resource(name: str) -> str:
    return resources.files("cvtr_widgets.reports").joinpath(name).read_text(encoding="utf-8")


def _table(frame: pd.DataFrame) -> Table:
    import pandas as pd

    numbers, columns = [], []
    for place in range(frame.shape[1]):
        values = frame.iloc[:, place]
        decimal = len(values) > 0 and all(isinstance(v, Decimal) for v in values)
        numbers.append(pd.api.types.is_numeric_dtype(values) or decimal)
        name = str(values.name)
        columns.append([_text(v, number=name not in {"campaign_id", "lead_id"}) for v in values.tolist()])
    return Table([str(c).replace("_", " ") for c in frame.columns], [list(row) for row in zip(*columns, strict=True)], numbers)


def _text(value: Any, *, number: bool) -> str:
    import pandas as pd

    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  NaN and NaT
        return ""
    if number and isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,}"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _groups(leads: pd.DataFrame, keys: Sequence[str], title: str, room: int = MOST_IDS) -> tuple[list[Group], int]:
    """The ids of leads that are alike in ``keys``, of which the first is the outcome, worst first; and how many are not
    written out. ``title``: their headline, with a place for each key.
    """
    order = {str(outcome): n for n, outcome in enumerate(Outcome)}
    alike: dict[tuple[str, ...], list[int]] = {}
    for lead_id, *shared in leads[list(keys)].itertuples(name=None):
        alike.setdefault(tuple(map(_words, shared)), []).append(lead_id)
    groups = []
    for key, ids in sorted(alike.items(), key=lambda one: order.get(one[0][0], 99)):
        if room:
            named = title.format(key[0].replace("_", " "), *key[1:])
            groups.append(Group(named, len(ids), " ".join(map(str, ids[:room]))))
        room -= min(room, len(ids))
    return groups, len(leads) - sum(min(g.number, len(g.ids.split())) for g in groups)


def _words(value: Any) -> str:
    return _text(value, number=False)
