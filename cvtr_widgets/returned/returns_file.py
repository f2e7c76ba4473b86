"""``returns(path, session)``: an advertiser's returns file -> a lead and a reason per row -> one plan -> the answered file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import RETURNED, mark_invalid
from cvtr_widgets.arguments import checked, quoted
from cvtr_widgets.errors import ArgumentError, PlanError, SelectionError
from cvtr_widgets.models import Action, ActionKind, LeadId
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.returned.answer import write_answer
from cvtr_widgets.returned.columns import KEYS, ReturnsTable, read_table
from cvtr_widgets.returned.matching import MATCHED, LeadIndex
from cvtr_widgets.runs.run import Run
from cvtr_widgets.session.lead_session import LeadSession

if TYPE_CHECKING:
    import pandas as pd

NOT_MAPPED, AGAIN, CONFLICT, NO_LEAD = "reason not mapped", "given again", "conflict", "no lead"
Wordings = Mapping[str, str | tuple[str, str]]


@dataclass(slots=True)
class ReturnsRow:
    """One row of the file: its ``number``, what became of the search for its lead, and what is to be done."""

    number: int
    state: str
    lead_id: LeadId | None = None
    candidates: tuple[LeadId, ...] = ()
    why: str = field(default="", repr=False)
    action: Action | None = None


class Returns:
    """A returns file, matched. ``columns``: role -> name of the column that says it. Nothing is sent before ``plan()`` is run.

    Rows that stop (no lead, several, a wording that is not mapped ...) are in no plan; ``rows`` says why.
    """

    def __init__(self, session: LeadSession, table: ReturnsTable, rows: list[ReturnsRow], unmapped: Mapping[str, int]) -> None:
        self._session, self._table, self._rows = session, table, rows
        self.columns = {role: table.names[place] for role, place in table.columns.items()}
        self.unmapped = dict(unmapped)

    def __repr__(self) -> str:
        return f"<Returns of {len(self._rows):,} rows: " + ", ".join(f"{n:,} {s}" for s, n in self.counts.items()) + ">"

    @property
    def counts(self) -> dict[str, int]:
        """Rows by state; adds up to the number of rows."""
        return dict(Counter(row.state for row in self._rows))

    @property
    def rows(self) -> pd.DataFrame:
        """One row of the file each; index ``row`` (int64, as the file counts). Nothing personal is in it.

        Columns: ``state`` (text: ``matched``, ``not found``, ``several``, ``similar``, ``keys disagree``, ``no key``,
        ``no lead``, ``reason not mapped``, ``given again``, ``conflict``), ``lead_id`` (Int64; only of rows that name one
        lead), ``candidates`` (int64: leads that match or are similar), ``reason category`` (text), ``why`` (text).
        """
        import pandas as pd

        rows = self._rows
        frame = pd.DataFrame({
            "state": pd.Series([r.state for r in rows], dtype="object"),
            "lead_id": pd.array([r.lead_id for r in rows], dtype="Int64"),
            "candidates": pd.Series([len(r.candidates) for r in rows], dtype="int64"),
            "reason": pd.Series([r.action.reason if r.action else None for r in rows], dtype="object"),
            "category": pd.Series([r.action.category if r.action else None for r in rows], dtype="object"),
            "why": pd.Series([r.why for r in rows], dtype="object"),
        })  # fmt: skip
        frame.index = pd.Index([r.number for r in rows], dtype="int64", name="row")
        return frame

    @checked
    def candidates(self, row: int) -> tuple[LeadId, ...]:
        """The leads that match a row, or are similar; to choose one of them, put its id into the file.

        Raises:
            SelectionError: there is no such row.
        """
        found = next((one for one in self._rows if one.number == row), None)
        if found is None:
            raise SelectionError(f"The file has no row {row} below its header. See .rows.")
        return found.candidates

    def plan(self, **more: Any) -> Plan:
        """One plan for all rows that are matched, a group for each reason, category and comment. ``more``: as for
        ``session.plan``.

        Raises:
            PlanError: no row is matched; as ``session.plan``.
        """
        groups: dict[Action, list[LeadId]] = {}
        for row in self._rows:
            if row.state == MATCHED and row.action is not None and row.lead_id is not None:
                groups.setdefault(row.action, []).append(row.lead_id)
        if not groups:
            raise PlanError(
                "No row of this file is matched to a lead with a reason. See .rows for why, and .unmapped for wordings."
            )
        return self._session.plan(list(groups.items()), **more)

    @checked
    def answer(self, run: Run, path: str | Path, *, overwrite: bool = False) -> Path:
        """The same file with three columns more: ``lead id``, ``outcome``, ``detail``. Every row is there exactly once, its own
        cells and their formats as they were.

        Raises:
            ExportError: the file cannot be written, or is there already. PlanError: the run is not of this file's leads.
        """
        results = run.results
        missing = [r.lead_id for r in self._rows if r.state in {MATCHED, AGAIN} and r.lead_id not in results.index]
        if missing:
            raise PlanError(f"{len(missing):,} leads of this file are not in that run. Give the run of its own plan.")
        said: dict[int, tuple[LeadId | None, str, str]] = {}
        for row in self._rows:
            if row.state in {MATCHED, AGAIN} and row.lead_id is not None:
                found = results.loc[row.lead_id]
                detail = f"{row.why}: {found['detail']}" if row.state == AGAIN else str(found["detail"] or "")
                said[row.number] = (row.lead_id, str(found["outcome"]), detail)
            else:
                said[row.number] = (None, f"not done: {row.state}", row.why)
        return write_answer(self._table, said, Path(path), overwrite=overwrite)


@checked
def returns(
    path: str | Path,
    session: LeadSession,
    *,
    leads: Any = None,
    reasons: Any = None,
    columns: Any = None,
    sheet: str | None = None,
    ignore_case: bool = False,
) -> Returns:
    """A returns file (CSV or Excel), each row matched to the lead that it means. Nothing is written.

    Args:
        path: the file. Its first rows must name the columns.
        session: whose leads.
        leads: a frame of ``session.pull(...)`` in which e-mails and telephones are looked for; not needed for lead ids.
        reasons: the file's wording -> a listed reason, or (reason, category): ``{"bounced": ("Returned", "Wrong e-mail")}``;
            ``""`` stands for rows without one. A wording that is a listed reason needs none; any other stops its row.
        columns: role (``id email telephone reason category comment``) -> the column's name, where it is not recognised.
        sheet: of an Excel file with several.
        ignore_case: take e-mail addresses that differ only in case for the same.

    Raises:
        SelectionError: the file or ``leads`` cannot be used. ColumnUnclear: two columns say the same. PlanError: ``reasons``
        names a reason or category that the service does not list.
    """
    for name, given in (("reasons", reasons), ("columns", columns)):
        if given is not None and not isinstance(given, Mapping):
            raise ArgumentError(f"{name} is a dict, not {quoted(given)}. See the help of cvtr.returns.")
    table = read_table(Path(path).expanduser(), sheet, columns or {})
    mapped = _Reasons(session, reasons or {})
    index = LeadIndex(leads, ignore_case=ignore_case)
    rows, unmapped = [], Counter[str]()
    for number, cells in table.rows:
        if number in table.no_leads:
            rows.append(ReturnsRow(number, NO_LEAD, why=table.no_leads[number]))
            continue
        found = index.match({role: table.cell(cells, role) for role in KEYS})
        row = ReturnsRow(number, found.state, found.lead_id, found.candidates, found.why)
        wording = table.cell(cells, "reason")
        row.action = mapped.action(wording, table.cell(cells, "category"), table.cell(cells, "comment"))
        if row.action is None:
            unmapped[wording] += 1
            if row.state == MATCHED:
                row.state, row.why = NOT_MAPPED, "what it gives as reason is mapped to none of the list (reasons=...)"
        rows.append(row)
    _once(rows)
    return Returns(session, table, rows, unmapped)


def _once(rows: list[ReturnsRow]) -> None:
    """A lead that several rows name is sent once; where they want different things of it, not at all."""
    by_lead: dict[LeadId, list[ReturnsRow]] = {}
    for row in rows:
        if row.state in {MATCHED, NOT_MAPPED} and row.lead_id is not None:
            by_lead.setdefault(row.lead_id, []).append(row)
    for same in by_lead.values():
        if len(same) < 2:
            continue
        numbers = ", ".join(str(row.number) for row in same)
        if len({row.action for row in same}) > 1:
            for row in same:
                row.state, row.why = CONFLICT, f"rows {numbers} name this lead, and want different things"
        else:
            for row in same[1:]:
                if row.state == MATCHED:
                    row.state, row.why = AGAIN, f"the same lead as row {same[0].number}"


class _Reasons:
    """Wordings of a file -> listed reasons."""

    def __init__(self, session: LeadSession, given: Wordings) -> None:
        client = session.client
        self._listed = {c.name.lower(): c.name for c in client.flag_reasons(ActionKind.INVALID)}
        self._categories = {c.name.lower(): c.name for c in client.reason_categories()}
        self._given: dict[str, tuple[str, str | None]] = {}
        for wording, target in given.items():
            reason, category = (target, None) if isinstance(target, str) else self._pair(wording, target)
            known = self._known(reason, category)
            if known is None:
                said = f"{reason} / {category}" if category else reason
                raise PlanError(
                    f"reasons={{{quoted(wording)}: ...}}: the service does not list {quoted(said)}. Reasons: "
                    f"{', '.join(self._listed.values())}; categories of Returned: {', '.join(self._categories.values())}."
                )
            self._given[_plain(str(wording))] = known

    @staticmethod
    def _pair(wording: str, target: Any) -> tuple[str, str]:
        if not isinstance(target, (tuple, list)) or len(target) != 2 or not all(isinstance(t, str) for t in target):
            raise PlanError(f"reasons={{{quoted(wording)}: ...}} takes a reason, or (reason, category), not {quoted(target)}.")
        return target[0], target[1]

    def _known(self, reason: str, category: str | None) -> tuple[str, str | None] | None:
        """A reason and category as the service lists them; None where it does not, or where they do not belong together."""
        found = self._listed.get(reason.strip().lower())
        named = self._categories.get(category.strip().lower()) if category else None
        takes_category = found is not None and found.lower() == RETURNED.lower()
        if found is None or takes_category != bool(category) or (category and named is None):
            return None
        return found, named

    def action(self, wording: str, category: str, comment: str) -> Action | None:
        """The action of a row; None where its wording is not mapped."""
        known = self._given.get(_plain(wording)) or (self._known(wording, category or None) if wording else None)
        return None if known is None else mark_invalid(known[0], known[1], comment or None)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
