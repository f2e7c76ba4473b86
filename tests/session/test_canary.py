"""The first write of an action at a live enterprise: one lead, shown, read back, and only then the rest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.lead_service import lead_service
from cvtr_widgets.dialect.default import default_dialect, load_dialect, parse_dialect
from cvtr_widgets.errors import LiveWritesRefused, NotConfirmed, PlanError
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.journal_folder import journal_file, journal_folder
from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.dialect.full_job import PATIENT

DUPLICATE = cvtr.mark_invalid("Duplicate")


@pytest.fixture
def live(tmp_path, monkeypatch):
    """A service that does not say that it is a sandbox."""
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
    with SandboxServer(leads=400, seed=3, pretend_live=True, queue_delay=0.1) as server:
        yield server


@pytest.fixture
def open_session(live):
    opened = []

    def make(**more):
        user, password, _ = live.users["admin"]
        client = cvtr.connect("acme", user, password, url=live.url, **more)
        opened.append(client)
        return cvtr.LeadSession(client, progress=False, patience=PATIENT)

    yield make
    for client in opened:
        client.close()


def writes(server):
    return [r for r in server.requests if "leads-bulk" in r.path]


def journal_of(session):
    journal = Journal(journal_file(journal_folder(), session.identity))
    try:
        return [(e.kind, e.data) for e in journal.entries()]
    finally:
        journal.close()


def test_an_unproven_action_is_refused_and_nothing_is_sent(live, open_session):
    session = open_session()
    assert not session.identity.sandbox
    plan = session.plan(DUPLICATE, live.lead_ids(status="Caution")[:5])
    with pytest.raises(LiveWritesRefused, match=r"session\.canary\(plan\)"):
        session.run(plan, confirm=True)
    with pytest.raises(LiveWritesRefused):  # the last gate holds without the first
        lead_service(session.client).apply(plan.groups[0][0], [plan.entries[0].lead_id], signature=None)
    assert writes(live) == []


def test_without_confirmation_the_canary_shows_the_exact_request_and_sends_nothing(live, open_session):
    session = open_session()
    ids = live.lead_ids(status="Caution")[:5]
    report = session.canary(session.plan(DUPLICATE, ids))
    assert not report.sent
    assert (
        f'POST /api/v4/leads-bulk-flag\nContent-Type: application/json\n\n{{\n  "leads": [\n    {ids[0]}\n  ]' in report.request
    )
    assert '"flagReason": 32' in report.request
    assert "Bearer" not in report.text
    assert "uthorization" not in report.text
    assert (report.plan.total, report.rest.total) == (1, 4)
    assert report.before["status"] == "Caution"
    assert "calls.flag.body.listed_reason" in report.entries
    assert writes(live) == []
    with pytest.raises(NotConfirmed):
        session.canary(session.plan(cvtr.delete(), ids), confirm=True)
    assert writes(live) == []


def test_a_good_canary_goes_to_one_lead_and_lets_the_rest_go(live, open_session):
    session = open_session()
    ids = live.lead_ids(status="Caution")[:5]
    report = session.canary(session.plan(DUPLICATE, ids), confirm=True)
    assert report.ok
    assert report.sent
    assert (report.before["status"], report.after["status"], report.after["reason"]) == ("Caution", "Invalid", "Duplicate")
    assert [r.body["leads"] for r in writes(live)] == [[report.lead_id]]
    assert all(live.effects(i) == [] for i in ids if i != report.lead_id)
    run = session.run(report.rest, confirm=True)
    assert set(run.results["outcome"]) == {"confirmed"}
    assert list(run.results.index) == [i for i in ids if i != report.lead_id]
    kinds = journal_of(session)
    assert [d["ok"] for k, d in kinds if k == "canary"] == [True]
    assert not [k for k, _ in kinds if k == "waived"]


def test_what_was_proven_is_kept_for_this_enterprise_only(live, open_session, tmp_path):
    session = open_session()
    report = session.canary(session.plan(DUPLICATE, live.lead_ids(status="Caution")[:2]), confirm=True)
    assert report.file.parent == tmp_path / "settings" / "dialects"
    assert report.file.name.startswith("acme-at-127.0.0.1_")  # not acme.toml: that is for https://acme.cvtr.io
    raw = tomllib.loads(report.file.read_text())
    assert raw["calls"]["flag"]["path"]["value"] == "leads-bulk-flag"
    assert raw["calls"]["flag"]["path"]["evidence"].startswith("verified 20")
    assert raw["calls"]["flag"]["path"]["evidence"].endswith(f" {live.url} user:1")
    frame = session.dialect()
    assert frame.loc["calls.flag.body.leads", "evidence"] == "verified"
    assert frame.loc["calls.delete.body.leads", "evidence"] == "inferred"
    later = open_session()  # reads the file again
    assert later.client.dialect.source == report.file
    assert later.client.dialect.hash == default_dialect().hash
    run = later.run(later.plan(DUPLICATE, live.lead_ids(status="Caution")[:3]), confirm=True)
    assert set(run.results["outcome"]) == {"confirmed"}
    # another flag has other words, a comment another entry: these are not proven yet
    for action in (
        cvtr.mark_test("Test lead"),
        cvtr.mark_invalid("Duplicate", comment="x"),
        cvtr.mark_invalid("own words"),
        cvtr.delete(),
    ):
        with pytest.raises(LiveWritesRefused):
            later.run(later.plan(action, live.lead_ids(status="Caution")[:1]), confirm=1 if action.kind == "delete" else True)
    user, password, _ = live.users["admin"]
    with cvtr.connect("other", user, password, url=live.url, dialect=report.file) as client:
        # The name is only a label: at the same address, for the same account, it stays proven (see tests/identity).
        assert client.unproven(later.plan(DUPLICATE, live.lead_ids(status="Caution")[:1]).groups[0][0]) == ()


def test_a_service_that_says_yes_and_does_nothing_stops_the_plan(live, open_session):
    live.mishaps = [Mishap("leads-bulk-flag", "lie")]
    session = open_session()
    session = cvtr.LeadSession(session.client, progress=False, patience=cvtr.Patience(settle=0.3, doubt=0.1, queue=0.3))
    ids = live.lead_ids(status="Caution")[:5]
    report = session.canary(session.plan(DUPLICATE, ids), confirm=True)
    assert report.sent
    assert not report.ok
    assert "contradicted" in report.differs[0]
    assert "learn" in report.advice
    assert report.file is None
    assert len(writes(live)) == 1
    with pytest.raises(LiveWritesRefused):
        session.run(report.rest, confirm=True)


def test_a_request_that_moves_other_leads_too_stops_the_plan(live, open_session):
    ids = live.lead_ids(status="Caution")[:5]

    def meanwhile(step: str) -> None:
        if step == "answered":  # as if the request had been about this one, too
            live.change(ids[4], status="Invalid", reason="Duplicate")

    session = cvtr.LeadSession(open_session().client, progress=False, patience=PATIENT, on_step=meanwhile)
    plan = session.plan(DUPLICATE, ids)
    live.change(ids[3], status="Test")  # before it was sent: that is nobody's fault
    report = session.canary(plan, confirm=True)
    assert live.lead(report.lead_id)["status"] == "Invalid"
    assert not report.ok
    assert report.differs == (f"1 lead to which nothing was sent changed at the same time, such as {ids[4]}",)
    with pytest.raises(LiveWritesRefused):
        session.run(report.rest, confirm=True)


def test_an_answer_that_is_not_understood_is_not_proven(live, open_session):
    text = '[words]\nyes = ["fine"]\n'
    session = open_session(dialect=parse_dialect(text, "odd words"))
    report = session.canary(session.plan(DUPLICATE, live.lead_ids(status="Caution")[:2]), confirm=True)
    assert not report.ok
    assert report.after["status"] == "Invalid"
    assert "not understood" in " ".join(report.differs)


def test_canary_false_goes_at_once_and_the_journal_keeps_it(live, open_session):
    session = open_session()
    run = session.run(session.plan(DUPLICATE, live.lead_ids(status="Caution")[:3]), confirm=True, canary=False)
    assert set(run.results["outcome"]) == {"confirmed"}
    (waived,) = [d for k, d in journal_of(session) if k == "waived"]
    assert "calls.flag.path" in waived["entries"]
    with pytest.raises(LiveWritesRefused):  # it was for that run
        session.run(session.plan(DUPLICATE, live.lead_ids(status="Caution")[:1]), confirm=True)


@pytest.mark.parametrize(
    ("action", "where", "words"),
    [
        (cvtr.delete(), {"status": "Invalid"}, "cannot be brought back"),
        (cvtr.reprocess(), {"status": "Valid"}, "counts as a new lead"),
        (cvtr.mark_delivered(), {"status": "Valid", "delivery": "Not Delivered"}, "billable to the advertiser"),
        (cvtr.mark_other(), {"status": "Caution"}, "Replacement"),
    ],
)
def test_each_kind_of_action_has_its_canary(live, open_session, action, where, words):
    session = open_session()
    plan = session.plan(action, [i for i in live.lead_ids(**where) if not live.lead(i)["replacement"]][:3])
    asked = session.canary(plan)
    assert words in " ".join(asked.asks)
    confirm = 1 if plan.needs_count else True
    signature = session.sign(asked.plan, "Ana Example") if plan.needs_signature else None
    report = (
        session.canary(plan, confirm=confirm, signature=signature)
        if signature is None
        else session.canary(plan, confirm=True, signature="Ana Example")
    )
    assert report.ok, report.text
    rest = report.rest
    run = session.run(
        rest, confirm=rest.will_change if rest.needs_count else True, signature="Ana Example" if rest.needs_signature else None
    )
    assert set(run.results["outcome"]) == {"confirmed"}


def test_valid_with_integrations_asks_in_plain_words_and_proves_with_them(live, open_session):
    session = open_session()
    lead = live.lead_ids(status="Caution")[0]
    campaign = live.lead(lead)["campaign_id"]
    jobs = list(session.integrations(campaign).index)
    ids = live.lead_ids(status="Caution", campaign=campaign)[:3]
    plan = session.plan(cvtr.mark_valid("Details verified", integrations=jobs), ids)
    asked = session.canary(plan)
    assert "cannot be taken back" in " ".join(asked.asks)
    report = session.canary(plan, confirm=True)
    assert report.ok, report.text
    assert live.lead(report.lead_id)["integrations_sent"] == jobs


def test_a_proven_plan_has_no_canary(live, open_session):
    session = open_session()
    plan = session.plan(DUPLICATE, live.lead_ids(status="Caution")[:2])
    report = session.canary(plan, confirm=True)
    with pytest.raises(PlanError, match="no canary"):
        session.canary(report.rest)
    with pytest.raises(PlanError, match="not one that this plan would send"):
        session.canary(session.plan(cvtr.mark_test("Test lead"), live.lead_ids(status="Caution")[:2]), lead=1)


def test_the_users_own_file_keeps_its_words_and_gets_the_proof(live, open_session, tmp_path):
    lead_id = tmp_path / "acme.toml"
    lead_id.write_text('# our service\nname = "acme"\n\n[calls.flag]\nyes = [200]  # as the admin says\n')
    session = open_session(dialect=lead_id)
    report = session.canary(session.plan(DUPLICATE, live.lead_ids(status="Caution")[:2]), confirm=True)
    assert report.file == lead_id
    text = lead_id.read_text()
    assert "# our service" in text
    assert load_dialect(lead_id).calls["flag"].yes == {200}
    assert not list(Path(tmp_path).glob(".acme*"))
