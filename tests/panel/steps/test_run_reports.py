"""The report of a run, as the panel makes it: with what stands out in the leads that are loaded, or why not."""

from __future__ import annotations

from datetime import UTC

import cvtr_widgets as cvtr
from cvtr_widgets.panel.steps.run_reports import NOT_LOADED, report_of
from tests.panel.conftest import Driven


def report(driven, ending: str = ".html") -> str:
    leads = driven.state.leads
    made = report_of(driven.state.processing.run, ending, UTC, leads.frame, at=leads.as_of, lacks=leads.incomplete)
    return made.decode()


def test_findings_are_of_the_leads_that_are_loaded():
    with cvtr.Sandbox(leads=1_000, seed=1, story="bad_month") as sandbox:
        driven = Driven.of(sandbox)
        ids = driven.server.lead_ids(status="Caution")[:2]
        driven.plan(ids, "test", reason="listed:Test lead")
        driven.run()
        assert "Looked for in the 2 leads that the panel shows" in report(driven)  # those that were looked up
        driven.say("load", go_on=False)
        text = report(driven)
        found = cvtr.insight.findings(driven.state.leads.frame).frame
        assert len(found)
        assert f"Looked for in the 1,000 leads that the panel shows, read at {driven.state.leads.as_of}" in text
        assert NOT_LOADED not in text
        assert str(found["rule"].iloc[0]) in text
        assert NOT_LOADED in report_of(driven.state.processing.run, ".html", UTC, None, at="", lacks="").decode()
        driven.close()
