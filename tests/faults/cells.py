"""One cell: one fault strikes one request of one run; what became of its leads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap
from tests.faults.bench import EASY, HURRIED, LIMITS, Bench
from tests.faults.catalogue import READ, WRITES, Row
from tests.faults.invariants import Story, hold

ORDER = [str(outcome) for outcome in cvtr.Outcome]


def carry_out_cell(row: Row, call: str, shared: Bench) -> str:
    """Run it, hold the invariants, and say what became of the leads, such as ``1 refused, 2 confirmed``."""
    if row.own is None:
        return _told(row, call, shared)
    settings = dict(row.own)
    limits = cvtr.Limits(chunk=3, in_flight=settings.pop("in_flight", LIMITS.in_flight))
    bench = Bench(150 if call in {"leads-bulk-metadata", "leads-bulk-reprocess"} else 100, limits=limits, **settings)
    try:
        return _told(row, call, bench)
    finally:
        bench.close()


def _told(row: Row, call: str, bench: Bench) -> str:
    write = call if call in WRITES else "leads-bulk-deliver"
    both = row.do == "reset_when_reused" and call in WRITES
    ids = bench.fresh(write, 6 if both else 3)

    def planned() -> None:
        faults = row.faults(call, None if both else ids[0])
        bench.server.mishaps = [fault for fault in faults if isinstance(fault, Mishap)]
        bench.server.network = [fault for fault in faults if not isinstance(fault, Mishap)]

    story = bench.carry_out(
        write, ids, timeouts=HURRIED if row.hurried else EASY, anew=row.anew, hurry_at=row.hurry_at, planned=planned,
        watch=_cancel_when_it_waits if row.cancel else lambda _run: None,
    )  # fmt: skip
    try:
        hold(story)
    finally:
        story.session.close()
        if call == READ:
            bench.forget()
    if not both:
        return _counted(story, ids)
    # Either chunk may have gone out first.
    first = next(s.body["leads"] for s in bench.server.requests if s.path.endswith(call) and s.body["leads"][0] in ids)
    return f"{_counted(story, first)}, then {_counted(story, [lead_id for lead_id in ids if lead_id not in first])}"


def _counted(story: Story, ids: Iterable[int]) -> str:
    found = Counter(story.outcomes[lead_id] for lead_id in ids)
    return ", ".join(f"{found[outcome]} {outcome}" for outcome in ORDER if found[outcome])


def _cancel_when_it_waits(run: cvtr.Run) -> None:
    until = time.monotonic() + 120
    while "Waiting" not in run.progress.message and not run.finished:
        assert time.monotonic() < until, "it does not say that it waits"
        time.sleep(0.005)
    run.cancel()
