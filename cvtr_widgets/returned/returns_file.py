"""``returns(path, session)``: an advertiser's returns file -> a lead and a reason per row -> one plan -> the answered file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets.arguments import checked, quoted
from cvtr_widgets.errors import ArgumentError, PlanError, ReadTooLarge, SelectionError, SheetUnclear
from cvtr_widgets.insight.run_effect import notable_detail
from cvtr_widgets.models import Action, Identity, LeadId
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.returned import memory
from cvtr_widgets.returned.answer import parts_of, write_answer
from cvtr_widgets.returned.columns import LEAD_KEYS, ReturnsTable, read_table
from cvtr_widgets.returned.matching import DISAGREE, MATCHED, SEVERAL, SIMILAR, LeadIndex, Match
from cvtr_widgets.returned.window import Window
from cvtr_widgets.returned.wordings import Target, Wordings, as_one
from cvtr_widgets.runs.run import Run
from cvtr_widgets.selection.lead_id import id_in
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.session.lead_session import LeadSession

if TYPE_CHECKING:
    import pandas as pd

NOT_MAPPED, AGAIN, CONFLICT, NO_LEAD = "reason not mapped", "given again", "conflict", "no lead"
CHOSEN = "chosen by you"
UNASKED = 300
"""Requests that reading leads by the ids of a file may take without asking."""


@dataclass(frozen=True, slots=True)
class ReturnsRow:
    """One row of the file: its ``number``, what became of the search for its lead, and what is to be done."""

    number: int
    state: str
    lead_id: LeadId | None = None
    candidates: tuple[LeadId, ...] = ()
    why: str = field(default="", repr=False)
    action: Action | None = None


class Returns:
    """A returns file, matched. Nothing is sent before ``plan()`` is run.

    ``name``: of the file; ``sheet``: of a workbook, the one that was read, of ``sheets``, which could be meant.
    ``columns``: role -> name of the column that says it. ``notes``: sentences that the user should read.
    ``unmapped``: wordings of the file that stop their rows -> how many; ``mapped``: the other wordings -> (reason, category).
    Rows that stop (no lead, several, a wording that is not mapped ...) are in no plan; ``rows`` says why.
    """

    def __init__(
        self,
        session: LeadSession,
        table: ReturnsTable,
        matches: Mapping[int, Match],
        wordings: Wordings,
        *,
        choices: Mapping[int, LeadId] | None = None,
        advertiser: str | None = None,
        notes: Collection[str] = (),
    ) -> None:
        self._session, self._table, self._matches, self._wordings = session, table, matches, wordings
        self._choices = dict(choices or {})
        self._advertiser = advertiser
        self._notes = tuple(notes)
        self.name, self.columns = table.name, table.named
        self.sheet, self.sheets = table.sheet, table.sheets
        self._judge()

    def _judge(self) -> None:
        """What is to be done for each row, by the wordings as they are mapped now."""
        rows: list[ReturnsRow] = []
        unmapped, mapped = Counter[str](), dict[str, tuple[str, str | None]]()
        self._worded: Counter[str] = Counter()
        for number, cells in self._table.rows:
            if number in self._table.no_leads:
                rows.append(ReturnsRow(number, NO_LEAD, why=self._table.no_leads[number]))
                continue
            found = self._match(number)
            wording, category, comment = (self._table.cell(cells, role) for role in ("reason", "category", "comment"))
            target, said = self._wordings.target(wording, category), as_one(wording, category)
            self._worded[said] += 1
            if target is None:
                unmapped[said] += 1
            else:
                mapped[said] = target
            row = ReturnsRow(number, found.state, found.lead_id, found.candidates, found.why,
                             self._wordings.action(wording, category, comment))  # fmt: skip
            # A row that has no lead keeps saying that: with its reason mapped it would still have none.
            if target is None and row.state == MATCHED:
                row = replace(row, state=NOT_MAPPED, why="its reason is not mapped to one in the list (reasons=...)")
            rows.append(row)
        self._rows = _once(rows)
        self.unmapped, self.mapped = dict(unmapped), mapped

    def _match(self, number: int) -> Match:
        found = self._matches[number]
        chosen = self._choices.get(number)
        # What was found stays in the words: the answer file says that somebody chose, and what it would have been otherwise.
        return found if chosen is None else Match(MATCHED, chosen, found.candidates, f"{CHOSEN} ({found.state} otherwise)")

    def __repr__(self) -> str:
        return f"<Returns of {len(self._rows):,} rows: " + ", ".join(f"{n:,} {s}" for s, n in self.counts.items()) + ">"

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that the user should read."""
        return (*self._notes, *self._wordings.notes)

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
        """The leads that match a row, or are similar; ``choose`` takes one of them.

        Raises:
            SelectionError: there is no such row.
        """
        return self._row(row).candidates

    def _row(self, number: int) -> ReturnsRow:
        found = next((one for one in self._rows if one.number == number), None)
        if found is None:
            raise SelectionError(f"The file has no row {number} below its header. See .rows.")
        return found

    @checked
    def choose(self, row: int, lead_id: int | None) -> Returns:
        """The same file with one of a row's ``candidates`` chosen by you; None takes the choice back.

        Raises:
            SelectionError: there is no such row, or the lead is none of its candidates.
        """
        found = self._row(row)
        if lead_id is not None and (
            self._matches[row].state not in {SEVERAL, SIMILAR, DISAGREE} or lead_id not in found.candidates
        ):
            raise SelectionError(f"Lead {lead_id} is not one of those that row {row} could mean. See .candidates({row}).")
        # A new value each time, as with plans and selections: what was shown or planned before stays as it was.
        kept = {number: chosen for number, chosen in self._choices.items() if number != row}
        choices = kept if lead_id is None else {**kept, row: lead_id}
        return Returns(self._session, self._table, self._matches, self._wordings, choices=choices, advertiser=self._advertiser,
                       notes=self._notes)  # fmt: skip

    @checked
    def map(self, reasons: Any) -> Returns:
        """The same file with more wordings mapped, as ``reasons=`` of ``cvtr.returns`` takes them; kept for the next file of the
        advertiser where one was named.

        Raises:
            PlanError: the service does not list such a reason or category. SettingsError: it cannot be kept.
        """
        wordings, notes = self._wordings.copy(), self._notes
        kept = wordings.map(_dict("reasons", reasons))
        if self._advertiser is not None:
            notes = (*notes, *memory.remember(self._session.identity, self._advertiser, {}, kept))
        return Returns(self._session, self._table, self._matches, wordings, choices=self._choices, advertiser=self._advertiser,
                       notes=notes)  # fmt: skip

    def targets(self) -> list[tuple[Target, str]]:
        """What a wording can be mapped to here, each with its words: the listed reasons, Returned with each of its categories."""
        return self._wordings.targets()

    def wordings(self) -> list[tuple[str, int]]:
        """The wordings of the file and in how many rows each is, the most frequent first, however they are mapped."""
        return self._worded.most_common()

    def by_user(self, wording: str) -> bool:
        """Whether the user has mapped this wording, now or for an earlier file."""
        return self._wordings.is_mapped(wording)

    def unclear(self) -> list[tuple[ReturnsRow, str]]:
        """Rows for which no lead is taken, and those for which you have chosen one; each with what names its lead in the file."""
        cells = dict(self._table.rows)
        rows = [row for row in self._rows if row.number in self._choices or row.state not in {MATCHED, AGAIN, NOT_MAPPED}]
        return [(row, ", ".join(filter(None, (self._table.cell(cells[row.number], key) for key in LEAD_KEYS)))) for row in rows]

    @property
    def groups(self) -> list[tuple[Action, tuple[LeadId, ...]]]:
        """What the plan will do: each reason, category and comment once, with its leads."""
        groups: dict[Action, list[LeadId]] = {}
        for row in self._rows:
            if row.state == MATCHED and row.action is not None and row.lead_id is not None:
                groups.setdefault(row.action, []).append(row.lead_id)
        return [(action, tuple(ids)) for action, ids in groups.items()]

    def plan(self, **more: Any) -> Plan:
        """One plan for all rows that are matched, a group for each reason, category and comment. ``more``: as for
        ``session.plan``.

        Raises:
            PlanError: no row is matched; as ``session.plan``.
        """
        if not self.groups:
            raise PlanError(
                "No row of this file is matched to a lead with a reason. See .rows for why, and .unmapped for wordings."
            )
        chosen = [(action, Selection.of(ids, "file", file=self.name)) for action, ids in self.groups]
        return self._session.plan(chosen, **more)

    @checked
    def answer(self, run: Run, path: str | Path, *, by: str | None = None, overwrite: bool = False) -> Path | list[Path]:
        """The same file with three columns more: ``lead id``, ``outcome``, ``detail``. Every row is there exactly once, its own
        cells and their formats as they were.

        ``by``: ``"publisher"`` or ``"advertiser"`` makes one file for each, named after it, and one of the rows that name no
        lead; gives the list of files. A file for one holds no row of another, and no other sheet.

        Raises:
            ExportError: the file cannot be written, or is there already. PlanError: the run is not of this file's leads.
        """
        if by not in {None, "publisher", "advertiser"}:
            raise ArgumentError(f"by is {quoted(by)}. Give 'publisher' or 'advertiser', or leave it out.")
        said, place = self._said(run.results), Path(path).expanduser()
        if by is None:
            return write_answer(self._table, said, place, overwrite=overwrite)
        return parts_of(self._table, said, place, self._owners(run.results, by), overwrite=overwrite)

    def answer_content(self, results: pd.DataFrame) -> bytes:
        """The content of the answer, by the ``results`` of a run.

        Raises:
            PlanError: the results are not those of this file's leads.
        """
        from cvtr_widgets.returned.answer import answered

        return answered(self._table, self._said(results))

    def _said(self, results: pd.DataFrame) -> dict[int, tuple[LeadId | None, str, str]]:
        """What became of each row."""
        # An answer file from another run would tell the advertiser "not done" of leads that were.
        missing = [r.lead_id for r in self._rows if r.state in {MATCHED, AGAIN} and r.lead_id not in results.index]
        if missing:
            raise PlanError(f"{len(missing):,} leads of this file are not in that run. Give the run of its own plan.")
        results = results.assign(detail=notable_detail(results).fillna(""))
        said: dict[int, tuple[LeadId | None, str, str]] = {}
        for row in self._rows:
            if row.state in {MATCHED, AGAIN} and row.lead_id is not None:
                found = results.loc[row.lead_id]
                words = [row.why] if row.why else []
                words += [str(found["detail"])] if found["detail"] else []
                said[row.number] = (row.lead_id, str(found["outcome"]), ": ".join(words))
            else:
                said[row.number] = (None, f"not done: {row.state}", row.why)
        return said

    def _owners(self, results: pd.DataFrame, by: str) -> dict[int, str]:
        """Row -> name of the publisher or advertiser of its lead."""
        names = results["publisher"].tolist()
        if by == "advertiser":
            whose, known = self._session.campaigns()["advertiser_id"].dropna(), self._session.advertisers()["name"].to_dict()
            of = {int(i): known.get(int(a), f"advertiser {a}") for i, a in zip(whose.index.tolist(), whose.tolist(), strict=True)}
            names = [of.get(campaign_id) for campaign_id in results["campaign_id"].tolist()]
        named = {int(lead_id): name for lead_id, name in zip(results.index.tolist(), names, strict=True) if isinstance(name, str)}
        sent = [row for row in self._rows if row.state in {MATCHED, AGAIN} and row.lead_id is not None]
        return {row.number: named.get(row.lead_id, f"{by} not known") for row in sent if row.lead_id is not None}


@checked
def returns(
    path: str | Path,
    session: LeadSession,
    *,
    leads: Any = None,
    window: Any = None,
    allow: int = 0,
    reasons: Any = None,
    columns: Any = None,
    advertiser: str | None = None,
    sheet: str | None = None,
    ignore_case: bool = False,
) -> Returns:
    """A returns file (CSV or Excel), each row matched to the lead that it means. Nothing is written to the service.

    Args:
        path: the file. Its first rows must name the columns.
        session: whose leads.
        leads: in which e-mails, telephones, lead hashes and sub ids are looked for: a frame of ``session.pull(...)``, or leads of
            an archive (``archive.leads(...)``) that keeps them. Not needed for lead ids.
        window: instead of ``leads``, a ``cvtr.Window`` of campaign and dates that is read to its end, in ``allow`` requests or
            fewer; ``window.cost(session)`` says how many it takes.
        allow: see ``window``.
        reasons: the file's wording -> a listed reason, or (reason, category): ``{"bounced": ("Returned", "Wrong e-mail")}``;
            ``""`` stands for rows without one, ``"Returned / too small"`` for a reason with a category of the file, and None
            forgets a wording. One that is a listed reason needs none; any other stops its row.
        columns: role (``id email telephone lead_hash sub_id reason category comment``) -> the column's name, where it is not
            recognised; None where none of them says it.
        advertiser: whose file it is: ``columns`` and ``reasons`` are remembered under this name, and taken for the next file.
        sheet: of an Excel file in which several could be meant.
        ignore_case: take e-mail addresses that differ only in case for the same.

    Raises:
        SelectionError: the file or ``leads`` cannot be used. ColumnUnclear: two columns say the same. SheetUnclear: several
        sheets could be meant; names them. PlanError: ``reasons`` names a reason or category that the service does not list.
        ReadTooLarge: the window takes more than ``allow`` requests. SettingsError: what is remembered cannot be read or written.
    """
    place = Path(path).expanduser()
    return match_file(place, place.name, session, leads=leads, window=window, allow=allow, reasons=reasons, columns=columns,
                      advertiser=advertiser, sheet=sheet, ignore_case=ignore_case)  # fmt: skip


def match_file(
    source: bytes | Path,
    name: str,
    session: LeadSession,
    *,
    leads: Any = None,
    window: Any = None,
    allow: int = 0,
    reasons: Any = None,
    columns: Any = None,
    advertiser: str | None = None,
    sheet: str | None = None,
    ignore_case: bool = False,
    on_page: Callable[[int, int | None], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Returns:
    """``returns`` of a path or of what is in a file."""
    reasons, columns = _dict("reasons", reasons), _dict("columns", columns)
    if leads is not None and window is not None:
        raise ArgumentError("Give leads= or window=, not both.")
    if window is not None and not isinstance(window, Window):
        raise ArgumentError("window= takes a cvtr.Window, such as cvtr.Window(campaign=44064, created_after='2026-10-01').")
    advertiser = (advertiser or "").strip() or None
    habits = memory.Habits() if advertiser is None else memory.habits_of(session.identity, advertiser)
    table, notes = _table(source, name, sheet, columns, habits, advertiser)
    notes = [*table.notes, *notes]
    wordings = Wordings(session.client)
    wordings.remembered(habits.reasons)
    kept = wordings.map(reasons)
    if window is not None:
        leads = window.read(session, allow=allow, on_page=on_page, cancel=cancel)
    elif hasattr(leads, "to_pandas"):
        notes.append(_of_archive(leads))
        leads = leads.to_pandas()
    matches = _matches(session, table, leads, notes, ignore_case=ignore_case)
    # Only now: columns with which the file cannot be matched must not be taken for the next one.
    if advertiser is not None and (columns or kept):
        notes += memory.remember(session.identity, advertiser, columns, kept)
    return Returns(session, table, matches, wordings, advertiser=advertiser, notes=notes)


def must_be_searched(
    content: bytes,
    name: str,
    columns: Mapping[str, str | None],
    identity: Identity,
    advertiser: str | None,
    sheet: str | None = None,
) -> bool:
    """Whether the rows of a file can only be matched in leads that were read: it has no column of lead ids.

    Raises:
        SelectionError, SettingsError: as ``returns``.
    """
    habits = memory.Habits() if advertiser is None else memory.habits_of(identity, advertiser)
    return "id" not in _table(content, name, sheet, columns, habits, advertiser)[0].columns


def _table(
    source: bytes | Path,
    name: str,
    sheet: str | None,
    columns: Mapping[str, str | None],
    habits: memory.Habits,
    whose: str | None,
) -> tuple[ReturnsTable, list[str]]:
    """The rows with their columns: those said now, else as remembered where the file has them, else as recognised."""
    old = {role: text for role, text in habits.columns.items() if role not in columns}
    if not old:
        return read_table(source, name, sheet, columns), []
    try:
        found = read_table(source, name, sheet, {**old, **columns})
    except SheetUnclear:
        # Which sheet is meant is for the user to say, and no other columns would answer it.
        raise
    except SelectionError:
        found = read_table(source, name, sheet, columns)
        return found, [f"The columns of this file are not those remembered for {whose}. They were recognised again: check them."]
    return found, [f"Columns as remembered for {whose}: " + ", ".join(f"{r} in “{n}”" for r, n in old.items() if n) + "."]


def _of_archive(leads: Any) -> str:
    seen = leads.freshness()
    if seen["earliest"] is None:
        return "There are no leads in this part of the archive, so none can be found."
    low, high = (f"{seen[name]:%Y-%m-%d %H:%M}" for name in ("earliest", "latest"))
    return (
        f"Matched in leads of an archive, last seen between {low} and {high} UTC. A lead that came in or changed since is not "
        "found, and one with the same e-mail may be missing."
    )


def _matches(
    session: LeadSession, table: ReturnsTable, leads: pd.DataFrame | None, notes: list[str], *, ignore_case: bool
) -> dict[int, Match]:
    """The lead of each row."""
    roles = [role for role in LEAD_KEYS if role in table.columns]
    if leads is None and "id" not in roles:
        raise SelectionError(
            "This file names its leads by " + " and ".join(roles) + ". Say which leads to search: leads=session.pull(...), "
            "or window=cvtr.Window(campaign=..., created_after=...)."
        )
    by_id = None
    if "id" in roles and len(roles) > 1:
        if session.masked:
            notes.append("You see masked leads, so rows were matched by lead id alone; their other keys were not compared.")
            roles = ["id"]
        else:
            by_id = _by_id(session, table, leads)
    index = LeadIndex(leads, ignore_case=ignore_case, roles=roles, by_id=by_id)
    found = {}
    for number, cells in table.rows:
        if number not in table.no_leads:
            keys = {role: table.cell(cells, role) for role in roles}
            found[number] = index.match(keys)
    return found


def _by_id(session: LeadSession, table: ReturnsTable, leads: pd.DataFrame | None) -> pd.DataFrame | None:
    """The leads that rows name by id and that are not loaded: the row's other keys are compared with them."""
    there = frozenset() if leads is None else frozenset(int(i) for i in leads.index)
    named = (id_in(table.cell(cells, "id")) for number, cells in table.rows if number not in table.no_leads)
    ids = list(dict.fromkeys(lead_id for lead_id in named if isinstance(lead_id, int) and lead_id not in there))
    if not ids:
        return None
    cost = session.client.fetch_cost(ids)
    if cost.requests > UNASKED:
        raise ReadTooLarge(
            f"{len(ids):,} leads of this file are not among leads=, and reading them takes {cost.requests:,} requests. Pull them "
            "first (session.pull), or match by id alone: columns={'email': None}.",
            requests=cost.requests,
        )
    return session.pull(ids=ids)


def _dict(name: str, given: Any) -> Mapping[Any, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ArgumentError(f"{name} is a dict, not {quoted(given)}. See the help of cvtr.returns.")
    return given


def _once(rows: list[ReturnsRow]) -> list[ReturnsRow]:
    """A lead that several rows name is sent once; where they want different things of it, not at all."""
    by_lead: dict[LeadId, list[int]] = {}
    for place, row in enumerate(rows):
        if row.state in {MATCHED, NOT_MAPPED} and row.lead_id is not None:
            by_lead.setdefault(row.lead_id, []).append(place)
    for places in by_lead.values():
        if len(places) < 2:
            continue
        same = [rows[place] for place in places]
        numbers = ", ".join(str(row.number) for row in same)
        if len({row.action for row in same}) > 1:
            for place in places:
                rows[place] = replace(
                    rows[place], state=CONFLICT, why=f"rows {numbers} name this lead and ask for different things"
                )
        else:
            for place in places[1:]:
                if rows[place].state == MATCHED:
                    rows[place] = replace(rows[place], state=AGAIN, why=f"the same lead as row {same[0].number}")
    return rows
