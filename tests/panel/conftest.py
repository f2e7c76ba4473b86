from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.panel.link.messages import read_message
from cvtr_widgets.panel.state import PanelState
from cvtr_widgets.sandbox import SandboxServer

QUICK = cvtr.Patience(settle=1.0, doubt=0.2, queue=10.0, resend=0.05)


class Driven:
    """A panel's state as the page drives it: by messages, without a browser."""

    @classmethod
    def of(cls, sandbox: cvtr.Sandbox, role: str = "admin", on_step: Callable[[str], None] | None = None) -> Driven:
        """A panel on that sandbox."""
        assert sandbox.server is not None
        return cls(sandbox.server, sandbox.connect(role=role), on_step)

    def __init__(self, server: SandboxServer, client: cvtr.Convertr, on_step: Callable[[str], None] | None = None) -> None:
        self.server = server
        self.client = client
        self.session = cvtr.LeadSession(self.client, progress=False, patience=QUICK, on_step=on_step)
        self.state = PanelState(self.session)
        self.state.begin()
        assert self.state.jobs.wait()

    def say(self, what: str, /, **fields: object) -> None:
        """Send one message and wait until what it began is done (a run is not waited for)."""
        plan = self.state.processing.plan
        if what in {"confirm", "count", "signature"}:
            fields = {"fingerprint": "" if plan is None else plan.fingerprint, **fields}
        if what == "agree":
            report = self.state.processing.first.report
            fields = {"fingerprint": "" if report is None else report.plan.fingerprint, **fields}
        self.state.handle(*read_message({"v": 1, "kind": what, "is": fields}))
        assert self.state.jobs.wait()

    def view(self) -> dict:
        with self.state.lock:  # as the widget does: leads may be arriving
            return self.state.view()

    def select(self, ids: list[int]) -> None:
        self.say("ids", text=" ".join(map(str, ids)))
        self.say("go", step=2)

    def plan(self, ids: list[int], action: str, **fields: str) -> None:
        self.select(ids)
        self.say("action", kind=action)
        for name, value in fields.items():
            self.say(name, **{"text" if name in {"own_reason", "comment"} else "value": value})
        self.say("preview")

    def fingerprint(self) -> str:
        assert self.state.processing.plan is not None
        return self.state.processing.plan.fingerprint

    def run(self) -> dict[str, int]:
        """Press the last button and wait for the end; gives the outcomes that there are."""
        self.say("run", fingerprint=self.fingerprint())
        assert self.state.processing.run is not None, self.view()["processing"]
        self.state.processing.run.wait(60)
        return {outcome: number for outcome, number, _words, _about in self.view()["processing"]["run"]["counts"]}

    def close(self) -> None:
        self.session.close()
        self.client.close()


@pytest.fixture
def sandbox() -> Iterator[cvtr.Sandbox]:
    with cvtr.Sandbox(leads=300, seed=5) as made:
        yield made


@pytest.fixture
def driven(sandbox: cvtr.Sandbox) -> Iterator[Driven]:
    made = Driven.of(sandbox)
    yield made
    made.close()
