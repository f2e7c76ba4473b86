"""What a user of the lead table sees and has ticked, as plain Python works it out from the sandbox's truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cvtr_widgets.sandbox import SandboxServer

STEPS_KEPT = 21
SORTS = {"last_name": "lastName", "email": "email", "score": "score", "current_status": "currentStatus"}
"""Columns that are sorted and filtered by: the key of the service's record for each."""
TITLES = {"last_name": "Last Name", "email": "Email", "current_status": "Current Status"}


@dataclass
class Ticking:
    """``rows``: lead id -> its record, in the order loaded. ``selected``: what the user means, as a set of lead ids.

    ``changed``, ``gone``: what others have done to leads since the list was read. ``arrived``: the second of it.
    """

    sandbox: SandboxServer
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    selected: frozenset[int] = frozenset()
    steps: list[frozenset[int]] = field(default_factory=list)
    absent: set[int] = field(default_factory=set)
    anchor: int | None = None
    changed: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    arrived: int = 0
    search: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    filters: dict[str, Any] = field(default_factory=dict)
    views: dict[str, tuple[tuple[tuple[str, bool], ...], dict[str, Any]]] = field(default_factory=dict)
    only: bool = False
    size: int = 50
    page: int = 0
    shown: list[int] = field(default_factory=list)

    # -- the leads ----------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """The first reading."""
        self.rows = {lead_id: self.sandbox.record(lead_id) for lead_id in self.sandbox.lead_ids()}
        self.arrange()

    def refresh(self) -> None:
        """The same reading again."""
        known = {lead_id: record for lead_id, record in self.rows.items() if lead_id not in self.changed}
        self.rows = {lead_id: known.get(lead_id) or self.sandbox.record(lead_id) for lead_id in self.sandbox.lead_ids()}
        self.absent, self.changed, self.gone = set(), set(), set()
        self.reframe()
        self.look_up()

    def look_up(self) -> None:
        """Selected leads that are not loaded are looked for."""
        missing = self.selected - self.rows.keys() - self.absent
        if missing:
            self.absent |= missing
            self.reframe()

    def reframe(self) -> None:
        seen = self.here
        self.arrange(page=self.page)
        still = [lead_id for lead_id in seen if lead_id in self.shown]
        if self.page and still:
            self.page = self.shown.index(still[0]) // self.size
        self.settle_anchor()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def lets_through(self, lead_id: int, without: str | None = None) -> bool:
        record = self.rows[lead_id]
        return (
            all(word in record["email"] for word in self.search.casefold().split())
            and (not self.only or lead_id in self.selected)
            and all(
                record[SORTS[name]] == wanted if name == "current_status" else wanted in (record[SORTS[name]] or "").casefold()
                for name, wanted in self.filters.items()
                if name != without
            )
        )

    def arrange(self, page: int = 0) -> None:
        self.shown = [lead_id for lead_id in self.rows if self.lets_through(lead_id)]
        for name, descending in reversed(self.sort):
            values = {lead_id: self.rows[lead_id][SORTS[name]] for lead_id in self.shown}
            full = [lead_id for lead_id in self.shown if values[lead_id] not in (None, "")]
            rest = [lead_id for lead_id in self.shown if values[lead_id] in (None, "")]
            folded = {lead_id: v.casefold() if isinstance(v, str) else v for lead_id, v in values.items()}
            self.shown = sorted(full, key=folded.__getitem__, reverse=descending) + rest
        self.page = min(page, self.pages - 1)
        self.settle_anchor()

    def settle_anchor(self) -> None:
        """A range begins at the row clicked last, as long as that is on the page."""
        if self.anchor not in self.here:
            self.anchor = None

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.shown) // self.size))

    @property
    def here(self) -> list[int]:
        return self.shown[self.page * self.size : (self.page + 1) * self.size]

    def turn(self, page: int) -> None:
        self.page = page
        self.settle_anchor()

    def resize(self, size: int) -> None:
        first = self.page * self.size
        self.size, self.page = size, first // size
        self.settle_anchor()

    def values(self, column: str) -> dict[str, int]:
        """Values of a column that can be chosen now, with their numbers."""
        counts: dict[str, int] = {}
        for lead_id in self.rows:
            if self.lets_through(lead_id, without=column):
                value = self.rows[lead_id][SORTS[column]]
                counts[value] = counts.get(value, 0) + 1
        return counts

    # -- what is ticked -----------------------------------------------------------------------------------------------

    def pick(self, selected: frozenset[int] | set[int]) -> None:
        self.steps = [*self.steps, self.selected][-STEPS_KEPT:]
        self.selected = frozenset(selected)

    def tick(self, ids: list[int], *, on: bool) -> None:
        if ids:
            self.pick(self.selected | set(ids) if on else self.selected - set(ids))

    def click(self, lead_id: int, *, shift: bool) -> None:
        """A click on the box of a lead; with Shift, all from the one clicked last take what this one becomes."""
        here = self.here
        ids = [lead_id]
        if shift and self.anchor is not None:
            low, high = sorted((here.index(self.anchor), here.index(lead_id)))
            ids = here[low : high + 1]
        self.tick(ids, on=lead_id not in self.selected)
        self.anchor = lead_id

    def undo(self) -> None:
        self.selected = self.steps.pop()
        self.look_up()

    # -- as the page has it -------------------------------------------------------------------------------------------

    def page_shows(self) -> dict[str, Any]:
        """What the page must show, in the words of ``SHOWN`` in ``test_sequences.py``."""
        here, matching, loaded = self.here, len(self.shown), len(self.rows)
        first = self.page * self.size
        of = f"{loaded:,}" if matching == loaded else f"{matching:,} matching, {loaded:,} loaded"
        absent = len(self.absent & self.selected)
        count = len(self.selected)
        return {
            "rows": [[str(lead_id), lead_id in self.selected] for lead_id in here],
            "where": f"{first + 1:,}–{first + len(here):,} of {of}" if here else f"None of {loaded:,} loaded matches",
            "sorts": sorted([name, "descending" if down else "ascending"] for name, down in self.sort),
            "absent": f"{absent:,} can’t be found: deleted, or not visible to you." if absent else "",
            "count": f"{count:,} lead{'' if count == 1 else 's'} selected",
            "filters": sorted(TITLES[name] for name in self.filters),
        }
