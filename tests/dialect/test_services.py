"""All eight actions on five services that speak differently, with nothing changed but the dialect file."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.conftest import HERE, connected
from tests.dialect.full_job import PATIENT, all_eight
from tests.dialect.services import SERVICES


@pytest.mark.parametrize("service", list(SERVICES), indirect=True)
def test_the_full_job_passes_with_the_services_own_dialect(service):
    name = service.interpreter.speech.name
    with connected(service, HERE / f"{name}.toml") as client:
        all_eight(cvtr.LeadSession(client, progress=False, patience=PATIENT), service)


@pytest.mark.parametrize(
    ("service", "most", "calls"), [("single", 1, 30), ("forms", 25, 2), ("texts", 50, 1)], indirect=["service"]
)
def test_no_call_holds_more_leads_than_the_dialect_allows(service, most, calls):
    name = service.interpreter.speech.name
    with connected(service, HERE / f"{name}.toml") as client:
        session = cvtr.LeadSession(client, progress=False, patience=PATIENT)
        assert client.chunk(cvtr.mark_test("Test lead")) == most
        plan = session.plan(cvtr.mark_test("Test lead"), service.lead_ids(status="Invalid")[:30])
        run = session.run(plan, confirm=True)
        assert set(run.results["outcome"]) == {"confirmed"}
        writes = [
            h for h in service.interpreter.heard if "check/trial" in h[1] or h[1].endswith("flag") or h[1].endswith("flags")
        ]
        assert len(writes) == calls == run.results["chunk"].nunique()


@pytest.mark.parametrize("service", list(SERVICES), indirect=True)
def test_a_wrong_dialect_confirms_nothing_and_changes_nothing(service):
    with connected(service, HERE / f"{service.interpreter.speech.name}.toml") as client:
        right = client.dialect
    # it reads as the service does, and writes as the default does
    from cvtr_widgets.dialect.default import default_dialect, parse_dialect

    default = default_dialect()
    wrong = parse_dialect((HERE / f"{right.name}.toml").read_text().partition("[calls.")[0], "reading only")
    assert wrong.calls["flag"] == default.calls["flag"]
    with connected(service, wrong) as client:
        session = cvtr.LeadSession(client, progress=False, patience=PATIENT)
        ids = service.lead_ids(status="Caution")[:4]
        results = session.run(session.plan(cvtr.mark_invalid("Duplicate"), ids), confirm=True).results
        assert not set(results["outcome"]) & {"confirmed", "accepted"}
        assert all(service.effects(i) == [] for i in ids)


@pytest.mark.parametrize("service", ["queued"], indirect=True)
def test_a_job_that_never_ends_is_not_waited_for_longer_than_the_dialect_says(service):
    text = (
        (HERE / "queued.toml").read_text().replace('done = ["finished"]', 'done = ["other"]').replace("wait = 20", "wait = 0.5")
    )
    from cvtr_widgets.dialect.default import parse_dialect

    with connected(service, parse_dialect(text, "impatient")) as client:
        ids = service.lead_ids(status="Caution")[:2]
        answer = lead_service(client).apply(cvtr.mark_invalid("Asked not to be called"), ids, signature=None)
        assert (answer.queued, answer.per_lead) == (True, None)


@pytest.mark.parametrize(("queue", "outcome"), [(20.0, "confirmed"), (0.5, "accepted")])
def test_reprocessing_that_is_answered_at_once_and_done_later_is_not_contradicted(queue, outcome):
    with (
        SandboxServer(leads=600, seed=5, speech=SERVICES["forms"], queue_delay=2.5) as server,
        connected(server, HERE / "forms.toml") as client,
    ):
        session = cvtr.LeadSession(client, progress=False, patience=cvtr.Patience(settle=0.2, queue=queue))
        plan = session.plan(cvtr.reprocess(), server.lead_ids(status="Invalid")[:2])
        results = session.run(plan, confirm=True).results
    assert set(results["outcome"]) == {outcome}, results["detail"].to_list()
    if outcome == "accepted":
        assert results["detail"].str.startswith("the service said yes; not seen within").all()
