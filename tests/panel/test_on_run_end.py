"""``panel.on_run_end``: other cells hear of a run's end, once for each run and with its results."""

from __future__ import annotations

import logging
import threading

import cvtr_widgets as cvtr
from tests.panel.conftest import QUICK


class Page:
    """A panel that is driven by the messages of a page that is not there."""

    def __init__(self, panel: cvtr.LeadPanel) -> None:
        self.panel, self.state = panel, panel._state

    def say(self, what: str, /, **fields: object) -> None:
        self.panel._handle_custom_msg({"v": 1, "kind": what, "is": fields}, [])
        assert self.state.jobs.wait()

    def run(self, ids, comment: str) -> None:
        self.say("ids", text=" ".join(map(str, ids)))
        self.say("go", step=2)
        self.say("action", kind="invalid")
        self.say("reason", value="Duplicate")
        self.say("comment", text=comment)
        self.say("preview")
        plan = self.panel.plan
        assert plan is not None
        self.say("confirm", fingerprint=plan.fingerprint, on=True)
        self.say("run", fingerprint=plan.fingerprint)


def test_the_end_of_each_run_is_told_once_and_a_callback_that_fails_spoils_nothing(caplog):
    heard, told = [], threading.Semaphore(0)

    def hear(run):
        heard.append((run.id, run.results["outcome"].astype(str).unique().tolist()))
        told.release()

    with cvtr.Sandbox(leads=200) as sandbox, sandbox.connect() as client:
        assert sandbox.server is not None
        panel = cvtr.LeadPanel(cvtr.LeadSession(client, progress=False, patience=QUICK))
        page = Page(panel)
        page.state.jobs.wait()
        panel.on_run_end(lambda run: run.results["email"])
        panel.on_run_end(hear)
        ids = sandbox.server.lead_ids(status="Valid", limit=6)
        with caplog.at_level(logging.WARNING, "cvtr_widgets.panel"):
            page.run(ids[:3], "first")
            assert told.acquire(timeout=60)
            page.say("again")
            page.run(ids[3:], "second")
            assert told.acquire(timeout=60)
        panel.close()
    assert [outcomes for _, outcomes in heard] == [["confirmed"], ["confirmed"]]
    assert len({lead_id for lead_id, _ in heard}) == 2
    assert caplog.text.count("KeyError") == 2
