"""A deletion is confirmed only by the service's own word, while another lead can be read in the same moment."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import Mishap, NetworkFault, SandboxServer

PATIENCE = cvtr.Patience(settle=0.2, doubt=0.05, queue=0.2, resend=0.02, plan_age=0)


@pytest.fixture(params=[True, False], ids=["id filter", "one by one"])
def server(request):
    with SandboxServer(leads=120, seed=4, network=[], id_filter=request.param) as running:
        yield running


def deleted(server, struck, number=3, **faults):
    """Outcomes of a deletion where the faults begin when the write has been answered; ``struck``: and nothing was deleted."""
    name, password, _ = server.users["admin"]
    with cvtr.connect("sandbox", name, password, url=server.url) as client:

        def on_step(step):
            if step == "answered":
                server.mishaps, server.network = faults.get("mishaps", ()), faults.get("network", ())

        session = cvtr.LeadSession(client, progress=False, patience=PATIENCE, on_step=on_step)
        ids = server.lead_ids(status="Invalid")[:number]
        plan = session.plan(cvtr.delete(), ids)
        server.mishaps = [Mishap("leads-bulk-delete", "lie")] if struck else []
        run = session.run(plan, confirm=len(ids))
        assert (run.error is None) == (run.state == "done"), run  # where nothing could be read back, the run says so
        return [str(outcome) for outcome in run.results["outcome"]], list(run.results["detail"])


@pytest.mark.parametrize("number", [1, 3, 30])
def test_a_deletion_that_the_service_says_itself_is_confirmed(server, number):
    outcomes, details = deleted(server, struck=False, number=number)
    assert set(outcomes) == {"confirmed"}, details


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_way_that_is_closed_for_all_leads_proves_no_deletion(server, status):
    outcomes, details = deleted(server, struck=True, mishaps=[Mishap("leads", "status", status=status)])
    assert set(outcomes) == {"accepted"}, details


def test_a_page_of_a_gateway_proves_no_deletion(server):
    outcomes, details = deleted(server, struck=True, network=[NetworkFault("leads", "gateway")])
    assert set(outcomes) == {"accepted"}, details


@pytest.mark.parametrize("status", [403, 410])
def test_that_one_lead_may_not_be_read_proves_no_deletion(server, status):
    ids = server.lead_ids(status="Invalid")[:1]
    outcomes, details = deleted(server, struck=True, number=1, mishaps=[Mishap("leads", "status", status=status, lead=ids[0])])
    assert set(outcomes) == {"accepted"}, details


def test_a_lead_that_is_still_there_contradicts_a_yes(server):
    outcomes, details = deleted(server, struck=True)
    assert set(outcomes) == {"contradicted"}, details
