"""Runs with faults mixed at random. Nothing is expected of them but the invariants.

A block of seeds shares a sandbox, and is the same each time it is run.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.transport import Timeouts
from cvtr_widgets.plans import read_age
from cvtr_widgets.sandbox import Chaos, Mishap, NetworkFault
from tests.faults.bench import Bench
from tests.faults.catalogue import CHECK, ELSEWHERE, READ, WRITES
from tests.faults.invariants import hold

BLOCK, SIDE_BY_SIDE = 50, 5
EVERYDAY, LONG = 2, 200
"""Blocks: 150 runs every day, 10,000 in the long tests."""
TIMEOUTS = Timeouts(connect=0.6, read=0.6, total=0.9)
LIMITS = cvtr.Limits(chunk=3, in_flight=3, requests=200, window=1.5)

ANYWHERE = (
    *(Mishap("*", "status", when, status=status) for status in (500, 503) for when in ("before", "after")),
    *(Mishap("*", do, when) for do in ("html", "cut_json", "empty", "wrong_charset", "reset") for when in ("before", "after")),
    *(Mishap("*", "slow", when, seconds=0.8) for when in ("before", "after")),
    *(Mishap("*", do) for do in ("drop_ids", "extra_ids", "reorder_ids", "double_ids", "token_ends")),
    Mishap("*", "redirect", location=ELSEWHERE),
    *(NetworkFault("*", do) for do in ("reset_before_body", "reset_after_body", "reset_after_applying", "cut_answer", "deaf",
                                       "close_idle", "reset_when_reused")),
    NetworkFault("*", "refuse", seconds=0.03), NetworkFault("*", "late", seconds=0.8), NetworkFault("*", "late", seconds=0.1),
    NetworkFault("*", "trickle", seconds=0.05),
)  # fmt: skip
AT_WRITES = tuple(
    fault
    for call in WRITES
    for fault in (
        *(Mishap(call, "status", status=status) for status in (403, 413)),
        *(
            Mishap(call, "status", when, status=status)
            for status in (400, 404, 409, 422, 423, 499)
            for when in ("before", "after")
        ),
        *(Mishap(call, do) for do in ("refuse_lead", "chunk_422_if_lead", "lie", "never", "half", "meddle")),
        *(Mishap(call, "later", seconds=seconds) for seconds in (0.05, 0.5)),
        *(Mishap(call, "queue", seconds=seconds) for seconds in (0.05, 1.0)),
    )
)
FAULTS = (*ANYWHERE, *AT_WRITES, Mishap(READ, "arrive"), Mishap(CHECK, "lie"))


def _blocks() -> list[object]:
    return [pytest.param(n, marks=[] if n < EVERYDAY else [pytest.mark.long]) for n in range(LONG)]


@pytest.mark.parametrize("block", _blocks())
def test_the_invariants_hold_whatever_happens(block, monkeypatch):
    """Several sandboxes side by side, for most of the time is spent waiting; each has its own seeds, in order."""
    monkeypatch.setattr(read_age, "MAX_READ_AGE", 0.4)  # what waits is often too old, and read again
    seeds = range(block * BLOCK, (block + 1) * BLOCK)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        told = sum(pool.map(_some, [seeds[n::SIDE_BY_SIDE] for n in range(SIDE_BY_SIDE)]), Counter())
    assert min(told["confirmed"], told["unknown"]) > 0, "the faults were too many or too few to mean anything"


def _some(seeds: Sequence[int]) -> Counter[str]:
    # Our own window is longer by 0.5 s than the sandbox's: on a busy machine a request may be that long on its way.
    bench = Bench(1_500, limits=LIMITS, rate_limit=LIMITS.requests, window=1.0)
    try:
        told = Counter(outcome for seed in seeds for outcome in _one(bench, seed))
        assert 429 not in {seen.status for seen in bench.server.requests}, "more requests than the limit"
        return told
    finally:
        bench.close()


def _one(bench: Bench, seed: int) -> list[str]:
    chance = random.Random(seed)
    call = chance.choice(WRITES)
    chaos = Chaos(seed, chance.choice([0.1, 0.25, 0.5]), FAULTS)
    hand = chance.random()

    def watch(run: cvtr.Run) -> None:
        """One in ten is cancelled at once, one in five paused by hand for a while."""
        if hand < 0.1:
            run.cancel()
        elif hand < 0.3:
            threading.Event().wait(chance.uniform(0, 0.2))
            run.pause()
            threading.Event().wait(chance.uniform(0, 0.6))
            run.go_on()

    def planned() -> None:
        bench.server.chaos = chaos

    story = bench.carry_out(
        call, bench.fresh(call, chance.randint(1, 9)), timeouts=TIMEOUTS, planned=planned, watch=watch,
    )  # fmt: skip
    try:
        hold(story)
    except AssertionError as error:
        error.add_note(f"seed {seed}, {call}, leads {story.ids}")
        raise
    finally:
        story.session.close()
    return list(story.outcomes.values())
