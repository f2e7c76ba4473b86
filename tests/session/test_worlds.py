"""Two sandboxes hold other leads under the same ids, users and enterprise: what was done in one says nothing in another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanOutOfDate, RunError
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.session.conftest import QUICK


@pytest.fixture
def ids(sandbox) -> list[int]:
    return sandbox.server.lead_ids(status="Caution")[:6]


@pytest.fixture
def elsewhere(journal_folder) -> Iterator[cvtr.LeadSession]:
    """The same user in another sandbox that was made alike, with the same journal."""
    with cvtr.Sandbox(leads=600, seed=4) as other, other.connect() as client:
        session = cvtr.LeadSession(client, progress=False, patience=QUICK)
        yield session
        assert not any("leads-bulk" in request.path for request in other.server.requests)
        session.close()


def test_runs_of_another_sandbox_are_not_offered_and_not_gone_on_with(sandbox, session, elsewhere, ids):
    done = session.run(session.plan(cvtr.mark_test("Trial"), ids[:3]), confirm=True)
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "status", status=401)]
    broken = session.run(session.plan(cvtr.mark_test("Trial"), ids[3:]), confirm=True)
    assert list(session.unfinished().index) == [broken.id]
    assert elsewhere._running.journal.path == session._running.journal.path
    assert len(elsewhere.history()) == len(elsewhere.unfinished()) == 0
    for refused in (
        lambda: elsewhere.resume(broken.id),
        lambda: elsewhere.resume(broken.id, send=False),
        lambda: elsewhere.recorded(broken.id),
        lambda: elsewhere.plan_undo(done.id),
    ):
        with pytest.raises(RunError, match="another sandbox"):
            refused()
    sandbox.server.mishaps = []
    assert session.resume(broken.id).counts["confirmed"] == 3  # it can still be gone on with where it belongs


def test_what_i_did_in_another_sandbox_is_not_told_of_the_leads_here(session, elsewhere, ids):
    session.run(session.plan(cvtr.mark_test("Trial"), ids), confirm=True)
    assert set(session.flagged_by_me()) == set(ids)
    assert elsewhere.flagged_by_me() == {}


def test_a_plan_of_another_sandbox_is_not_run(session, elsewhere, ids):
    plan = session.plan(cvtr.mark_test("Trial"), ids)
    with pytest.raises(PlanOutOfDate, match="another account"):
        elsewhere.run(plan, confirm=True)
    assert elsewhere.plan(cvtr.mark_test("Trial"), ids).fingerprint != plan.fingerprint


def test_a_live_enterprise_has_no_world_and_its_journal_is_as_it_was(journal_folder):
    with cvtr.Sandbox(leads=50, seed=4, pretend_live=True) as running, running.connect() as client:
        assert (client.identity.sandbox, client.identity.world) == (False, "")
