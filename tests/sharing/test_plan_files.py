"""Plans between people: saved, opened by somebody else, looked at again, signed, run once; changed files are refused."""

from __future__ import annotations

import dataclasses
import random
import re
from pathlib import Path

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ExportError, PlanError, PlanOutOfDate

COMMENT = "Agreed with the buyer"


@pytest.fixture
def ids(open_session) -> list[int]:
    """Leads that the agency user sees, too."""
    return list(open_session(role="agency").pull(status="Caution").index[:12])


@pytest.fixture
def saved(open_session, ids, tmp_path) -> Path:
    """A plan of an agency user."""
    agency = open_session(role="agency")
    plan = agency.plan(cvtr.mark_invalid("Returned", "No budget", COMMENT), ids)
    return plan.save(tmp_path / "month-end.cvtr-plan", why="Returns of October")


def account(session) -> str:
    return session.identity.account


def test_an_admin_opens_signs_and_runs_what_an_agency_user_made(sandbox, open_session, session, saved, ids):
    opened = session.open_plan(saved)
    assert opened.provenance.account == account(open_session(role="agency")) != account(session)
    assert (opened.provenance.why, list(opened.differences.index)) == ("Returns of October", [])
    assert any("Returns of October" in note for note in opened.plan.warnings)
    run = session.run(opened.plan, confirm=True, signature="Mary Manager")
    assert run.counts["confirmed"] == len(ids)
    results = run.results
    assert set(results.signed_by) == {"Mary Manager"}
    assert set(results.planned_by) == {opened.provenance.account}
    assert set(results.run_by) == {account(session)}
    assert session.history().loc[run.id, "planned_by"] == opened.provenance.account
    recorded = session.recorded(run.id)
    assert set(recorded.planned_by) == {opened.provenance.account}
    assert set(recorded.signed_by) == {"Mary Manager"}


def test_a_saved_plan_runs_once_whoever_runs_it(sandbox, open_session, session, saved, ids, tmp_path):
    agency = open_session(role="agency")
    first, second, theirs = session.open_plan(saved), session.open_plan(saved), agency.open_plan(saved)
    session.run(first.plan, confirm=True)
    for who, opened in ((session, second), (agency, theirs), (agency, agency.open_plan(saved))):
        with pytest.raises(PlanOutOfDate, match="run already"):
            who.run(opened.plan, confirm=True)
    assert {len(sandbox.server.effects(i)) for i in ids} == {1}


def test_the_makers_own_plan_does_not_run_after_the_saved_one(sandbox, open_session, session, ids, tmp_path):
    agency = open_session(role="agency")
    plan = agency.plan(cvtr.reprocess(), ids)
    opened = session.open_plan(plan.save(tmp_path / "a.cvtr-plan", why="Again"))
    session.run(opened.plan, confirm=True)
    with pytest.raises(PlanOutOfDate, match="run already"):
        agency.run(plan, confirm=True)
    again = agency.plan(cvtr.reprocess(), ids)
    path = again.save(tmp_path / "b.cvtr-plan", why="Again")
    agency.run(again, confirm=True)
    with pytest.raises(PlanOutOfDate, match="run already"):
        session.run(session.open_plan(path).plan, confirm=True)


def changed(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    match chance.randrange(4):
        case 0:
            return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]
        case 1:
            return content[:place] + content[place + 1 :]
        case 2:
            return content[:place] + bytes([chance.randrange(256)]) + content[place:]
        case _:
            return content[:place] + bytes([(content[place] + 1 + chance.randrange(255)) % 256]) + content[place + 1 :]


def refused(session, saved, number: int, seed: int) -> int:
    content, chance, found = saved.read_bytes(), random.Random(seed), 0
    other = saved.with_name("changed.cvtr-plan")
    for _ in range(number):
        other.write_bytes(changed(content, chance))
        with pytest.raises((PlanOutOfDate, PlanError)):
            session.open_plan(other)
        found += 1
    return found


def test_any_changed_byte_is_refused(sandbox, session, saved):
    before = len(sandbox.server.requests)
    assert refused(session, saved, 200, seed=1) == 200
    assert len(sandbox.server.requests) == before, "a plan that is not whole needs no request"


@pytest.mark.long
def test_any_of_many_changed_bytes_is_refused(session, saved):
    assert refused(session, saved, 1_000, seed=2) == 1_000


def test_what_is_cut_or_longer_is_refused(session, saved):
    content = saved.read_bytes()
    for other in (b"", content[:-1], content[: len(content) // 2], content + b"\n", content + content, b"\xef\xbb\xbf" + content):
        saved.write_bytes(other)
        with pytest.raises((PlanOutOfDate, PlanError)):
            session.open_plan(saved)


def seeded_changes(sandbox, open_session, tmp_path, number: int, seed: int) -> None:
    """So many leads are changed between saving and opening: every one is shown, no other is."""
    chance = random.Random(seed)
    agency, session = open_session(role="agency_delete"), open_session()
    ids = list(agency.pull().index[:200])
    plan = agency.plan(cvtr.mark_test("Test lead"), ids)
    path = plan.save(tmp_path / f"{seed}.cvtr-plan", why="Tests", overwrite=True)
    picked = chance.sample(ids, number)
    for lead_id in picked:
        keys = chance.choice(
            ({"advertiserPayout": str(chance.randrange(1_000, 9_000))}, {"publisherPayout": "7777.00"}, {"currency": "XTS"})
        )
        sandbox.server.change_record(lead_id, **keys)
    opened = session.open_plan(path)
    frame = opened.differences
    assert sorted(frame.index) == sorted(picked)
    assert frame.difference.str.contains("changed from").all()
    counts = session.run(opened.plan, confirm=True).counts
    sent = {lead_id for lead_id in ids if sandbox.server.effects(lead_id)}
    assert sent.isdisjoint(picked)
    assert counts["confirmed"] + counts["accepted"] == len(sent)


def test_every_change_in_between_is_shown_and_held_back(sandbox, open_session, tmp_path):
    seeded_changes(sandbox, open_session, tmp_path, 100, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_each_of_a_thousand_changes_is_shown(sandbox, open_session, tmp_path, seed):
    seeded_changes(sandbox, open_session, tmp_path, 100, seed)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"advertiserPayout": "9999.00"}, "advertiser payout changed"),
        ({"email": "someone.else@example.org"}, "the person behind it changed"),
        ({"currency": "XTS"}, "currency changed"),
    ],
)
def test_a_change_is_told_in_words_and_may_be_taken(sandbox, open_session, ids, tmp_path, keys, said):
    maker, session = open_session(), open_session()
    path = maker.plan(cvtr.mark_test("Test lead"), ids).save(tmp_path / "x.cvtr-plan", why="Tests")
    sandbox.server.change_record(ids[3], **keys)
    opened = session.open_plan(path)
    (row,) = opened.differences.itertuples()
    assert (row.Index, row.held_back, row.verdict) == (ids[3], True, "not_eligible")
    assert said in row.difference
    assert "someone.else" not in opened.differences.to_csv()
    assert said in opened.plan.frame.loc[ids[3], "why"]
    assert opened.plan.will_change == len(ids) - 1
    taken = session.open_plan(path, include_changed=True)
    assert taken.plan.will_change == len(ids)
    assert list(taken.differences.held_back) == [False]


def test_an_action_in_between_is_shown(sandbox, session, saved, ids):
    session.run(session.plan(cvtr.mark_valid("Details verified"), ids[:2]), confirm=True)
    session.run(session.plan(cvtr.delete(), ids[2:3]), confirm=1)
    frame = session.open_plan(saved).differences
    assert set(frame.index) == set(ids[:3])
    assert "status changed from Caution to Valid" in frame.loc[ids[0], "difference"]
    assert "no longer found" in frame.loc[ids[2], "difference"]
    assert (frame.loc[ids[0], "saved_now"], frame.loc[ids[0], "now"]) != ("", "")


def test_a_plan_of_another_platform_is_refused(saved, journal_folder):
    with cvtr.Sandbox(leads=600, seed=4) as other, other.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        before = len(other.server.requests)
        with pytest.raises(PlanOutOfDate, match="other leads"):
            session.open_plan(saved)
        assert len(other.server.requests) == before
        session.close()


def test_a_plan_is_sent_back_with_a_remark_and_not_run_then(open_session, session, saved, tmp_path):
    back = session.open_plan(saved).send_back(tmp_path / "back.cvtr-plan", "Leave out campaign 44064, please")
    maker = open_session(role="agency")
    opened = maker.open_plan(back)
    (remark,) = opened.remarks
    assert (remark.text, remark.account) == ("Leave out campaign 44064, please", account(session))
    assert any("Sent back by" in note for note in opened.notes)
    for who, plan in ((maker, opened.plan), (session, session.open_plan(back).plan)):
        with pytest.raises(PlanOutOfDate, match="sent back"):
            who.run(plan, confirm=True)
    with pytest.raises(PlanError, match="remark is empty"):
        opened.send_back(tmp_path / "again.cvtr-plan", "  ")
    opened.send_back(tmp_path / "again.cvtr-plan", "Done: see the new plan")
    assert len(session.open_plan(tmp_path / "again.cvtr-plan").remarks) == 2


def test_the_maker_cannot_be_taken_out_of_an_opened_plan(session, saved):
    plan = session.open_plan(saved).plan
    for other in (
        dataclasses.replace(plan, provenance=None),
        dataclasses.replace(plan, provenance=dataclasses.replace(plan.provenance, account="user:1")),
        dataclasses.replace(plan, provenance=dataclasses.replace(plan.provenance, fingerprint="0" * 64)),
    ):
        with pytest.raises(PlanOutOfDate, match="changed since"):
            session.run(other, confirm=True)


def test_what_a_plan_file_holds_and_does_not(sandbox, open_session, ids, tmp_path):
    plan = open_session().plan(cvtr.mark_invalid("Returned", "No budget", COMMENT), ids)
    path = plan.save(tmp_path / "a.cvtr-plan", why="Returns of October")
    text = path.read_text(encoding="utf-8")
    for lead_id in ids:
        record = sandbox.server.record(lead_id)
        for name in ("email", "telephone", "lastName"):
            assert record[name]
            assert str(record[name]) not in text, name
    assert COMMENT in text
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(ExportError, match="already"):
        plan.save(path, why="Again")
    with pytest.raises(PlanError, match="why is empty"):
        plan.save(tmp_path / "b.cvtr-plan", why=" ")
    assert not re.search(r"token|password", text, re.IGNORECASE)


def test_a_plan_of_hashes_is_not_saved(open_session, session, ids, tmp_path):
    run = session.run(session.plan(cvtr.mark_test("Test lead", COMMENT), ids[:2]), confirm=True)
    from cvtr_widgets.runs.replay import replay

    plan = replay(session._running.journal, run.id).plan
    with pytest.raises(PlanError, match="only as a hash"):
        plan.save(tmp_path / "a.cvtr-plan", why="Again")


@pytest.mark.parametrize(
    "action",
    [cvtr.mark_test("Test lead"), cvtr.mark_other(), cvtr.mark_valid("Details verified"), cvtr.reprocess()],
    ids=lambda a: str(a.kind),
)
def test_any_action_may_be_signed(session, ids, action):
    plan = session.plan(action, ids[:2])
    run = session.run(plan, confirm=True, signature=session.sign(plan, "Mary Manager"))
    assert set(run.results.signed_by) == {"Mary Manager"}
    assert session.history().loc[run.id, "signed_by"] == "Mary Manager"
    assert set(session.recorded(run.id).signed_by) == {"Mary Manager"}


def test_what_is_held_back_leaves_room_under_a_cap_and_nothing_else_is_said_of_the_others(
    sandbox, open_session, session, policy, tmp_path
):
    ids = [int(i) for i in session.pull(status="Caution").index[:4]]
    path = session.plan(cvtr.mark_test("Test lead"), ids).save(tmp_path / "a.cvtr-plan", why="Tests")
    sandbox.server.change(ids[0], status="Invalid", reason="Duplicate")
    policy('[[caps]]\nname = "Tests"\nactions = ["test"]\nby = "all"\nperiod = "day"\nleads = 2\n')
    opened = session.open_plan(path)
    sent = {e.lead_id for e in opened.plan.sendable}
    assert sent == {ids[1], ids[2]}
    assert set(opened.differences.index) == {ids[0], ids[3]}
    assert opened.differences["held_back"].all()
    assert opened.differences.loc[ids[3], "difference"].startswith("because of the policy, its verdict changed")
