"""How quick the lead table is in the kernel, at 10,000, 100,000 and 1,000,000 leads x 40 columns, in one run.

    python benchmarks/table.py              # medians, ratios to the smallest frame, and the goals that are missed
    python benchmarks/table.py --cpu        # the processor's time, where others use the machine too
    python benchmarks/table.py --engines    # the same work in Arrow, Polars and DuckDB, where these are installed

Each line is asked as the panel asks: the step, then the page's message as JSON. "first" is the first time on a fresh
frame, when what is kept about a column is made; the others are medians of several different values.
"""

from __future__ import annotations

import argparse
import heapq
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pandas as pd

from cvtr_widgets.frames.leads import DTYPES, FRAME_COLUMNS
from cvtr_widgets.panel.selection.panel_selection import PanelSelection
from cvtr_widgets.panel.table.cells import LEAD_COLUMNS
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, OneOf
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.text_sort import ranks

SIZES = (10_000, 100_000, 1_000_000)
NAMES = ("Müller", "García", "O'Brien", "Wójcik", "Öberg", "Παπαδοπούλου", "Смирнов", "حداد", "佐藤", "Nair", "Baker", "Nguyễn")
STATES = {"current_status": ("Valid", "Invalid", "Caution", "Test"), "delivery": ("Delivered", "Not Delivered")}
WIDE = ("email", "telephone", "sub_id")


def frame_of(leads: int, seed: int = 1) -> pd.DataFrame:
    """Leads as a reading gives them: 40 columns, three of them with (nearly) a text of its own for each lead."""
    rng = np.random.default_rng(seed)
    made: dict[str, object] = {}
    for column in FRAME_COLUMNS:
        if column.name == "date":
            start = pd.Timestamp("2026-10-01", tz="UTC")
            made["date"] = start + pd.to_timedelta(np.sort(rng.integers(0, 45 * 86_400, leads))[::-1], unit="s")
        elif column.name in WIDE:
            made[column.name] = texts(column.name, leads, rng)
        elif column.kind in {"state", "related name"}:
            values = STATES.get(column.name, tuple(f"{column.name} {n}" for n in range(40)))
            made[column.name] = pd.Categorical.from_codes(rng.integers(0, len(values), leads), list(values))
        elif column.kind in {"number", "code", "related id"}:
            made[column.name] = pd.array(rng.integers(0, 300, leads), dtype="Int64")
        elif column.kind == "flag":
            made[column.name] = pd.array(rng.integers(0, 2, leads).astype(bool), dtype="boolean")
        elif column.kind == "money":
            made[column.name] = picks([Decimal(n) / 100 for n in range(1000, 5000, 7)], leads, rng)
        elif column.kind == "time":
            made[column.name] = pd.Timestamp("2026-10-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 10**7, leads), unit="s")
        else:
            made[column.name] = picks([f"{name}{n or ''}" for name in NAMES for n in range(2_000)], leads, rng)
    frame = pd.DataFrame(made)
    frame.index = pd.Index(np.arange(leads)[::-1] * 3 + 160_000, dtype="int64", name="lead_id")
    frame.attrs["as_of"] = "2026-11-24T12:00:00+00:00"
    return frame


def picks(values: list, leads: int, rng: np.random.Generator) -> pd.Series:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return pd.Series(made[rng.integers(0, len(values), leads)], dtype=object)


def texts(name: str, leads: int, rng: np.random.Generator) -> pd.Series:
    numbers = rng.integers(10**8, 10**9, leads).tolist()
    some = rng.integers(0, len(NAMES), leads).tolist()
    shape = {"email": "{0}.{1}@mail.example", "telephone": "+44 20 {1}", "sub_id": "sub-{1:x}"}[name]
    made = np.empty(leads, dtype=object)
    made[:] = [shape.format(NAMES[n][:3], number) for n, number in zip(some, numbers, strict=True)]
    return pd.Series(made, dtype=object)


clock = time.perf_counter


def seconds(step: Callable[[], object]) -> float:
    started = clock()
    step()
    return clock() - started


def page(table: LeadTable) -> int:
    """Bytes of the page's message."""
    return len(json.dumps(table.message(), ensure_ascii=False).encode())


Measured = Iterator[tuple[str, float, float | None]]
"""What, seconds (or bytes), and the goal at 1,000,000."""


def looking(table: LeadTable) -> Measured:
    days = [("2026-10-05", "2026-10-06"), (None, "2026-10-09"), ("2026-11-01", None)]

    def median(*steps: Callable[[], object]) -> float:
        return statistics.median(seconds(lambda step=step: (step(), page(table))) for step in steps)

    def narrowed(column: str, *wanted: object) -> float:
        took = median(*(lambda w=w: table.filter(column, w) for w in wanted))
        table.filter(column, None)
        return took

    last = table.pages - 1
    yield "another page", median(*(lambda n=n: table.go(n) for n in (1, last // 2, last, 0))), 0.3
    yield "its two neighbours, beforehand", seconds(lambda: json.dumps(table.ahead([1, 2]))), 0.1
    yield "filter: score between", narrowed("score", Between(10, 20), Between(100, None), Between(None, 5)), 0.3
    yield "filter: days", narrowed("date", *(Days(*d) for d in days)), 0.3
    yield "filter: state", narrowed("current_status", OneOf(("Valid",)), OneOf(("Test", "Invalid")), OneOf(("Caution",))), 0.3
    yield (
        "filter: payout between",
        narrowed("publisher_payout", Between("12.10", "15"), Between(40, None), Between(None, 11)),
        0.3,
    )
    yield "filter: e-mail contains", narrowed("email", Contains("mül"), Contains("77"), Contains("nobody")), 0.3
    yield "sort by score", median(*(lambda d=d: table.sort("score", descending=d) for d in (True, False, True))), 0.3
    yield "sort by date", median(*(lambda d=d: table.sort("date", descending=d) for d in (True, False, True))), 0.3
    yield (
        "sort by state, then score",
        median(*(lambda d=d: table.sort([("current_status", d), ("score", not d)]) for d in (True, False, True))),
        0.3,
    )
    table.sort(None)
    yield "search, first", seconds(lambda: (table.search("müller77"), page(table))), None
    words = ("γ", "wójcik 12", "müll", "müller", "77 66", "nobody", "@mail", "0", "camp", "baker19 valid")
    yield "search", median(*(lambda w=w: table.search(w) for w in words)), 0.3
    table.search("")


def first_search(frame: pd.DataFrame) -> Measured:
    """On a fresh frame each: the slowest of a common word, a rare one, and one that no row has."""
    firsts, found = [], []
    for word in ("müller", "müller77", "nobody"):
        table = LeadTable(LEAD_COLUMNS, more=True)
        table.set_frame(frame)
        firsts.append(seconds(lambda t=table, w=word: (t.search(w, in_parts=True), page(t))))
        if table.searching:
            table.searching.run()
            found.append(seconds(lambda t=table: (t.settle_search(t.searching), page(t))))
    yield "search, first: what is found so far", max(firsts), 0.3
    yield "search, first: the rest, once it is found", max(found, default=0.0), 0.3


def sorting(frame: pd.DataFrame) -> Measured:
    firsts, wholes = [], []
    for descending in (False, True, False):
        table = LeadTable(LEAD_COLUMNS, more=True)
        table.set_frame(frame)
        firsts.append(seconds(lambda d=descending, t=table: (t.sort("email", descending=d), page(t))))
        wholes.append(seconds(lambda t=table: (t.ordering and t.ordering.run(), t.ordering and t.settle(t.ordering), page(t))))
    yield "sort by e-mail: first page, on a fresh frame", statistics.median(firsts), 0.3
    table = LeadTable(LEAD_COLUMNS, more=True)
    table.set_frame(frame)
    yield "preparing a fresh frame, in the background", seconds(lambda: table.preparation()(None, None)), None
    yield "sort by e-mail: first page, prepared", seconds(lambda: (table.sort("email"), page(table))), 0.3
    yield "sort by e-mail: whole order", statistics.median(wholes), 2.0
    yield "sort by e-mail again, turned round", seconds(lambda: (table.sort("email", descending=True), page(table))), 0.3
    table = LeadTable(LEAD_COLUMNS, more=True)
    table.set_frame(frame)
    table.sort("email")
    yield "a page while the order is made, slowest", slowest_page_during_ordering(table), 0.3


def slowest_page_during_ordering(table: LeadTable) -> float:
    ordering = table.ordering
    if ordering is None:
        return 0.0
    thread = threading.Thread(target=ordering.run)
    took = []
    thread.start()
    while thread.is_alive():
        started = time.perf_counter()  # waiting is what counts here
        table.go(len(took) % 10)
        page(table)
        took.append(time.perf_counter() - started)
    return max(took)


def selecting(table: LeadTable) -> Measured:
    def step(make: Callable[[], PanelSelection]) -> tuple[float, PanelSelection]:
        started = clock()
        picked = make()
        table.mark(picked.ids_set)
        assert len(picked) >= table.marked_hidden
        page(table)
        return clock() - started, picked

    nothing = PanelSelection()
    took, everything = step(lambda: nothing.tick(table.ids_of("matching"), "matching"))
    yield "select all by one click", took, 0.5
    singles, picked = [], everything
    for n in range(9):
        lead_id = int(table.ids_of("page")[n])
        took, picked = step(lambda lead_id=lead_id, p=picked, n=n: p.untick([lead_id]) if n % 3 else p.invert([lead_id]))
        singles.append(took)
    yield "one tick, all selected", statistics.median(singles), 0.1
    yield "its summary in words", seconds(picked.parts), 0.1
    yield "undo one tick", step(lambda: everything)[0], 0.5
    yield "invert all", step(lambda: picked.invert(table.ids_of("loaded")))[0], 0.5
    yield "none", step(PanelSelection)[0], 0.5
    yield "undo none", step(lambda: everything)[0], 0.5
    table.mark(())


def measured(leads: int, frame: pd.DataFrame) -> Measured:
    table = LeadTable(LEAD_COLUMNS, more=True)
    assert frame["email"].dtype == object, "as a reading gives it"
    yield "first page", seconds(lambda: (table.set_frame(frame), page(table))), 1.0
    yield "bytes of the first page", page(table), 100_000
    yield from looking(table)
    yield from selecting(table)
    yield from first_search(frame)
    yield from sorting(frame)
    other = frame.iloc[::-1].iloc[: leads - leads // 100].copy()
    other.iloc[::50, other.columns.get_loc("reason")] = "changed"
    yield "refresh with what has changed", seconds(lambda: (table.set_frame(other), page(table))), None
    yield "append in pages of 100, per page", appending(frame), None


def appending(frame: pd.DataFrame) -> float:
    table = LeadTable(LEAD_COLUMNS, more=True)
    pages = min(len(frame), 200_000) // 100
    took = seconds(lambda: [table.append(frame.iloc[n * 100 : n * 100 + 100]) for n in range(pages)])
    return (took + seconds(table.take_waiting)) / pages


def engines(leads: int) -> None:
    """Searching a line of text a row, and the order of distinct texts, elsewhere."""
    frame = frame_of(leads)
    part = frame[["email", "telephone", "sub_id", "first_name", "last_name"]]
    folded = [v.casefold() for v in part["email"]]
    lines = list(map("\n".join, zip(*(part[c].str.casefold() for c in part.columns), strict=True)))

    def say(engine: str, what: str, step: Callable[[], object]) -> None:
        print(f"{engine:8} {what:34} {statistics.median(seconds(step) for _ in range(3)) * 1000:8.0f} ms")

    say("ours", "search lines", lambda: np.array(["müller77" in line for line in lines]))
    say("ours", "first 2,000 by e-mail", lambda: heapq.nsmallest(2_000, folded))
    say("ours", "whole order by e-mail", lambda: ranks(folded))
    try:
        import duckdb
        import polars
        import pyarrow
        import pyarrow.compute
    except ImportError as error:
        print(f"{error.name} is not installed: pip install pyarrow polars duckdb")
        return
    table, series = pyarrow.Table.from_pandas(part), polars.Series(lines)
    column = pyarrow.array(lines, pyarrow.large_string())
    emails = pyarrow.array(folded)
    say("arrow", "copy of five columns", lambda: pyarrow.Table.from_pandas(part))
    say("arrow", "search lines", lambda: pyarrow.compute.match_substring(column, "müller77"))
    say("arrow", "first 2,000 by e-mail", lambda: pyarrow.compute.select_k_unstable(emails, 2_000, [("", "ascending")]))
    say("arrow", "whole order by e-mail", lambda: pyarrow.compute.sort_indices(emails))
    say("polars", "copy of five columns", lambda: polars.from_pandas(part))
    say("polars", "search lines", lambda: series.str.contains("müller77", literal=True))
    say("polars", "whole order by e-mail", lambda: polars.Series(folded).arg_sort())
    with duckdb.connect() as database:
        database.execute("set threads = 1")
        database.register("given", table)
        say("duckdb", "copy of five columns", lambda: database.execute("create or replace table t as select * from given"))
        where = " or ".join(f"contains(lower({c}), 'müller77')" for c in part.columns)
        say("duckdb", "search five columns", lambda: database.execute(f"select rowid from t where {where}").fetchnumpy())
        say(
            "duckdb",
            "first 2,000 by e-mail",
            lambda: database.execute("select rowid from t order by email limit 2000").fetchnumpy(),
        )
        say("duckdb", "whole order by e-mail", lambda: database.execute("select rowid from t order by email").fetchnumpy())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--engines", action="store_true")
    parser.add_argument("--cpu", action="store_true", help="count the processor's time only: on a machine shared with others")
    options = parser.parse_args()
    if options.cpu:
        global clock  # noqa: PLW0603  one switch for the whole script
        clock = time.process_time
    if options.engines:
        engines(max(options.sizes))
        return 0
    assert len(FRAME_COLUMNS) == 40, f"{len(FRAME_COLUMNS)} columns, {len(DTYPES)} kinds"
    found: dict[str, list[float]] = {}
    goals: dict[str, float | None] = {}
    for leads in options.sizes:
        for what, value, goal in measured(leads, frame_of(leads)):
            found.setdefault(what, []).append(value)
            goals[what] = goal
    print(f"{'ms (bytes where said)':46}" + "".join(f"{n:>12,}" for n in options.sizes) + f"{'ratio':>9}{'goal':>9}")
    missed = 0
    for what, values in found.items():
        scale, goal = (1 if "bytes" in what else 1000), goals[what]
        over = goal is not None and values[-1] > goal
        missed += over
        said = "" if goal is None else f"{goal * scale:9,.0f}{' MISSED' if over else ''}"
        line = "".join(f"{v * scale:12,.1f}" for v in values)
        print(f"{what:46}{line}{values[-1] / values[0] if values[0] else 0:9.1f}{said}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
