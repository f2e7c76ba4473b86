"""A sandbox behind its proxy with a session that is short of patience, and runs of the six writes on it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import cvtr_widgets as cvtr
from cvtr_widgets.api.auth import Credentials
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.transport import Timeouts
from cvtr_widgets.errors import NoAnswer
from cvtr_widgets.sandbox import SandboxServer
from tests.faults.invariants import COMMENT, Listener, Story

Thing = TypeVar("Thing")
PATIENCE = cvtr.Patience(settle=0.25, doubt=0.05, queue=0.6, resend=0.02, plan_age=0)
EASY = Timeouts(connect=5, read=5, total=10)
HURRIED = Timeouts(connect=1.5, read=1.5, total=2.0)
"""Short, but long enough for every answer that is not held up, on a busy machine too."""
LIMITS = cvtr.Limits(chunk=3, in_flight=3)

ACTIONS: dict[str, cvtr.Action] = {
    "leads-bulk-flag": cvtr.mark_test(reason="Test lead", comment=COMMENT),
    "leads-bulk-deliver": cvtr.mark_delivered(),
    "leads-bulk-undeliver": cvtr.mark_undelivered(),
    "leads-bulk-metadata": cvtr.mark_other(reason="Replacement", comment=COMMENT),
    "leads-bulk-reprocess": cvtr.reprocess(),
    "leads-bulk-delete": cvtr.delete(),
}
FITTING: dict[str, dict[str, Any]] = {
    "leads-bulk-flag": {"status": "Caution"},
    "leads-bulk-deliver": {"status": "Valid", "delivery": "Not Delivered"},
    "leads-bulk-undeliver": {"status": "Valid", "delivery": "Delivered"},
    "leads-bulk-metadata": {"status": "Invalid"},
    "leads-bulk-reprocess": {"status": "Invalid"},
    "leads-bulk-delete": {"status": "Invalid"},
}


def answered(ask: Callable[[], Thing]) -> Thing:
    """What comes before any fault: a machine that stands still for longer than a short time-out is asked again."""
    for _ in range(20):
        with contextlib.suppress(NoAnswer):
            return ask()
    return ask()


class Bench:
    """A world, two clients of it (one with short time-outs), and leads that no run has touched yet."""

    def __init__(self, leads: int = 1_200, *, limits: cvtr.Limits = LIMITS, **more: Any) -> None:
        self.server = SandboxServer(leads=leads, seed=11, queue_delay=0.02, network=[], **more)
        self.limits = limits
        self._clients: dict[Timeouts, Convertr] = {}
        self._used: set[int] = set()

    def session(self, timeouts: Timeouts = EASY, *, anew: bool = False, **more: Any) -> cvtr.LeadSession:
        """``anew``: over connections that no request has used yet."""
        if anew and timeouts in self._clients:
            self._clients.pop(timeouts).close()
        if timeouts not in self._clients:
            name, password, _ = self.server.users["admin"]
            self._clients[timeouts] = answered(
                lambda: Convertr(
                    self.server.url,
                    "sandbox",
                    Credentials(name, password),
                    limits=self.limits,
                    timeouts=timeouts,
                    first_wait=0.01,
                )
            )
        return cvtr.LeadSession(self._clients[timeouts], progress=False, patience=PATIENCE, **more)

    def fresh(self, call: str, count: int) -> list[int]:
        """Leads that fit a call, oldest first, none of them given before."""
        fitting = [i for i in sorted(self.server.lead_ids(**FITTING[call])) if i not in self._used][:count]
        assert len(fitting) == count, "the sandbox has no more leads that fit"
        self._used.update(fitting)
        return fitting

    def carry_out(
        self,
        call: str,
        ids: Sequence[int],
        *,
        timeouts: Timeouts = EASY,
        anew: bool = False,
        hurry_at: str = "",
        planned: Callable[[], None] = lambda: None,
        watch: Callable[[cvtr.Run], None] = lambda _run: None,
    ) -> Story:
        """Plan, then do what ``planned`` does (put the faults in force), then run to the end. ``hurry_at``: at this step of the
        run, what the sandbox does later comes at once; else when the run has ended.
        """

        def on_step(name: str) -> None:
            if name == hurry_at:
                self.server.hurry()

        listener = Listener()
        root = logging.getLogger()
        root.addHandler(listener)
        root.setLevel(logging.DEBUG)  # what httpx and others tell counts too
        session = self.session(timeouts, anew=anew, on_step=on_step)
        try:
            before = {i: self.server.lead(i) for i in ids}
            plan = answered(lambda: session.plan(ACTIONS[call], list(ids)))
            assert plan.will_change == len(ids), plan.counts
            planned()
            signature = "Pat Example" if plan.needs_signature else None
            run = session.start(plan, confirm=plan.will_change if plan.needs_count else True, signature=signature)
            watch(run)
            assert run.wait(300), "the run does not end"
        finally:
            root.removeHandler(listener)
            root.setLevel(logging.WARNING)
            self.server.hurry()
            self.server.chaos, self.server.mishaps, self.server.network = None, (), ()
        return Story(self.server, session, ids, run, before, listener.lines, self.limits)

    def forget(self) -> None:
        """Hang up: what the clients have learnt of the service (such as that it does not obey filters) is forgotten."""
        while self._clients:
            self._clients.popitem()[1].close()

    def close(self) -> None:
        self.forget()
        self.server.stop()
