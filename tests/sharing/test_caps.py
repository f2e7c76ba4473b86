"""Caps of the policy: a plan, and any sequence of runs, undone and resumed ones included, never exceeds one."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError, NotConfirmed, PlanError, PlanOutOfDate
from cvtr_widgets.sandbox import Mishap
from tests.runs.conftest import Gate

RETURN = cvtr.mark_invalid("Returned", "No budget")
CAP = '[[caps]]\nname = "Returns"\nactions = ["invalid"]\nby = "publisher"\n'


def by_publisher(frame) -> Counter:
    return Counter(frame["lead_generator_id"].dropna().astype(int))


def sent(sandbox, leads) -> Counter:
    """Leads of each publisher that are Invalid now and were not when ``leads`` were read."""
    return Counter(
        int(leads.loc[i, "lead_generator_id"]) for i in leads.index if sandbox.server.lead(int(i))["status"] == "Invalid"
    )


def test_a_plan_takes_what_there_is_room_for_in_its_own_order(sandbox, session, policy):
    leads = session.pull(status="Caution")
    policy(CAP + 'period = "month"\nleads = 3\n')
    plan = session.plan(RETURN, leads)
    frame = plan.frame.assign(publisher_id=leads["lead_generator_id"])
    for _, group in frame.groupby("publisher_id"):
        verdicts = list(group["verdict"])
        assert verdicts == ["will_change"] * min(3, len(group)) + ["not_allowed"] * max(0, len(group) - 3)
    over = frame[frame.verdict == "not_allowed"]
    assert over.why.str.startswith('policy: "Returns": at most 3 Invalid by publisher a month').all()
    assert any("done by runs from here, 3 in this plan" in text for text in plan.warnings)
    run = session.run(plan, confirm=True)
    assert run.counts["skipped"] == len(over)
    assert max(sent(sandbox, leads).values()) == 3
    with pytest.raises(PlanOutOfDate):
        session.run(plan, confirm=True)
    again = session.plan(RETURN, leads.loc[over.index])
    assert again.will_change == 0
    assert session.plan(cvtr.mark_test("Test lead"), leads.loc[over.index]).will_change == len(over)


def test_a_cap_in_per_cent_counts_the_leads_that_came_in(sandbox, session, policy):
    policy(CAP + "days = 3650\npercent = 5\n")
    everything = session.pull()
    total = by_publisher(everything)
    leads = everything[everything.current_status == "Caution"]
    plan = session.plan(RETURN, leads)
    planned = Counter(leads.loc[[e.lead_id for e in plan.sendable], "lead_generator_id"].astype(int))
    expected = {wanted_id: min(n, total[wanted_id] * 5 // 100) for wanted_id, n in by_publisher(leads).items()}
    assert {wanted_id: planned.get(wanted_id, 0) for wanted_id in expected} == expected
    assert {one.group: one.of for one in plan.caps} == {wanted_id: total[wanted_id] for wanted_id in expected}
    session.run(plan, confirm=True)
    assert {wanted_id: n for wanted_id, n in sent(sandbox, leads).items() if n} == {
        wanted_id: n for wanted_id, n in expected.items() if n
    }
    policy(CAP + "days = 3650\npercent = 5\ncount_requests = 1\n".replace("count_requests = 1\n", ""))
    assert session.plan(RETURN, leads).counts["will_change"] == 0


def test_counting_takes_no_more_requests_than_the_policy_allows(sandbox, session, policy):
    ids = sandbox.server.lead_ids(status="Caution")[:2]
    policy("count_requests = 1\n" + CAP + "days = 3650\npercent = 5\n")
    with pytest.raises(PlanError, match="count_requests"):
        session.plan(RETURN, ids)


@pytest.mark.parametrize(
    ("by", "only", "column"),
    [("campaign", "[44064]", "campaign_id"), ("advertiser", '["Acme Software"]', "campaign_id"), ("all", "[]", "")],
)
def test_caps_by_campaign_advertiser_or_in_all(sandbox, session, policy, by, only, column):
    leads = session.pull(status="Caution")
    campaigns = session.campaigns()
    policy(f'[[caps]]\nname = "X"\nactions = ["invalid", "test"]\nby = "{by}"\nonly = {only}\nperiod = "week"\nleads = 2\n')
    plan = session.plan([(RETURN, leads.index[:20]), (cvtr.mark_test("Test lead"), leads.index[20:])])
    names = session.advertisers()["name"]
    chosen = leads.loc[[e.lead_id for e in plan.sendable]]
    if by == "all":
        assert len(chosen) == 2
        return
    mine = (
        chosen["campaign_id"] == 44064
        if by == "campaign"
        else chosen["campaign_id"].map(campaigns["advertiser_id"]).map(names) == "Acme Software"
    )
    every = (
        leads["campaign_id"] == 44064
        if by == "campaign"
        else leads["campaign_id"].map(campaigns["advertiser_id"]).map(names) == "Acme Software"
    )
    assert every.sum() > 2
    assert mine.sum() == 2
    assert (~mine).sum() == (~every).sum()


def test_what_was_undone_does_not_count_any_more(sandbox, session, policy):
    ids = sandbox.server.lead_ids(status="Caution")[:6]
    for lead_id in ids:
        sandbox.server.change(lead_id, status="Valid", reason="Details verified", category=None, comment=None)
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 3\n')
    run = session.run(session.plan(RETURN, ids[:3]), confirm=True)
    assert session.plan(RETURN, ids[3:]).will_change == 0
    session.run(session.plan_undo(run), confirm=True)
    assert session.plan(RETURN, ids[3:]).will_change == 3


def test_what_was_refused_does_not_count_and_what_is_in_doubt_does(sandbox, open_session, policy):
    ids = sandbox.server.lead_ids(status="Caution")[:8]
    session = open_session(chunk=2)
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 4\n')
    sandbox.server.mishaps = [
        Mishap("leads-bulk-flag", "refuse_lead", lead=ids[0]),
        Mishap("leads-bulk-flag", "lie", lead=ids[1]),
    ]
    run = session.run(session.plan(RETURN, ids[:4]), confirm=True)
    sandbox.server.mishaps = []
    assert (run.counts["refused"], run.counts["contradicted"], run.counts["confirmed"]) == (1, 1, 2)
    assert session.plan(RETURN, ids[4:]).will_change == 1


def test_two_sessions_that_start_at_once_cannot_exceed_a_cap_together(sandbox, open_session, policy):
    """Of one account (one journal) and of two accounts."""
    agency = open_session(role="agency")
    leads = agency.pull(status="Caution")
    assert len(leads) > 12
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 4\n')
    sessions = [open_session(chunk=2), open_session(chunk=2), agency, open_session(role="agency_delete", chunk=2)]
    plans = [one.plan(RETURN, leads.index[3 * n : 3 * n + 3]) for n, one in enumerate(sessions)]
    assert [plan.will_change for plan in plans] == [3] * 4
    together = threading.Barrier(len(sessions))

    def start(n: int) -> cvtr.Run | CvtrError:
        together.wait()
        try:
            return sessions[n].run(plans[n], confirm=True)
        except CvtrError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(start, range(4)))
    ran = [one for one in found if isinstance(one, cvtr.Run)]
    assert len(ran) == 1, found
    assert all(isinstance(one, PlanOutOfDate) for one in found if one not in ran)
    assert sum(len(sandbox.server.effects(int(i))) for i in leads.index) == 3
    refused = [e for one in sessions for e in one._running.journal.each(kinds=("refused",)) if e.data["why"] == "cap"]
    assert len({e.hash for e in refused}) == 3


def test_a_run_under_way_counts_in_full(sandbox, open_session, policy):
    ids = sandbox.server.lead_ids(status="Caution")[:8]
    gate = Gate("before intent")
    session = open_session(chunk=2, on_step=gate)
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 5\n')
    run = session.start(session.plan(RETURN, ids[:4]), confirm=True)
    other = open_session()
    assert other.plan(RETURN, ids[4:]).will_change == 1
    run.cancel()
    gate.open()
    run.wait()
    assert run.counts["not_sent"] == 4
    assert other.plan(RETURN, ids[4:]).will_change == 4


def test_what_is_left_of_a_run_is_held_to_the_cap_when_it_is_resumed(sandbox, open_session, policy):
    ids = sandbox.server.lead_ids(status="Caution")[:8]
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 4\n')
    session = open_session()
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "status", status=401)]
    run = session.run(session.plan(RETURN, ids[:4]), confirm=True)
    sandbox.server.mishaps = []
    assert run.counts["not_sent"] == 4
    other = open_session()
    assert other.run(other.plan(RETURN, ids[4:7]), confirm=True).counts["confirmed"] == 3
    with pytest.raises(PlanOutOfDate, match="by now"):
        other.resume(run.id)
    assert not any(sandbox.server.effects(lead_id) for lead_id in ids[:4])
    assert [e.data["why"] for e in other._running.journal.each(kinds=("refused",))] == ["cap"]


STEP = st.tuples(st.sampled_from(["plan", "undo", "resume", "cut", "keep", "late"]), st.integers(0, 30), st.integers(1, 8))


STEPS = st.lists(STEP, min_size=4, max_size=9)
CHOSEN = [
    ("keep", 0, 8),
    ("keep", 8, 8),
    ("late", 0, 1),
    ("late", 0, 1),
    ("undo", 0, 1),
    ("cut", 0, 8),
    ("plan", 9, 8),
    ("resume", 0, 1),
]


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, most=st.integers(1, 4))
@example(steps=CHOSEN, most=1)
def test_no_sequence_of_runs_exceeds_a_cap(sandbox, open_session, policy, steps, most):
    """Runs, late runs, undone runs, runs that break off and are resumed."""
    sequence_within_cap(sandbox, open_session, policy, steps, most)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, most=st.integers(1, 4))
def test_no_sequence_of_many_exceeds_a_cap(sandbox, open_session, policy, steps, most):
    sequence_within_cap(sandbox, open_session, policy, steps, most)


def sequence_within_cap(sandbox, open_session, policy, steps, most):
    """By what the sandbox has, no publisher ever has more than the cap."""
    policy("")
    session = open_session(chunk=2)
    ids = sandbox.server.lead_ids()[:40]
    for lead_id in ids:
        sandbox.server.change(lead_id, status="Valid", reason="Details verified", category=None, comment=None)
    leads = session.pull(ids=ids)
    reason = f"Own words {datetime.now(UTC).timestamp()}"
    policy(CAP + f'period = "day"\nleads = {most}\nreasons = ["{reason}"]\n')
    action, runs, kept, refused = cvtr.mark_invalid(reason), [], [], []
    for what, start, number in steps:
        sandbox.server.mishaps = [Mishap("leads-bulk-flag", "status", status=401, nth=2)] if what == "cut" else []
        try:
            if what in {"plan", "cut"}:
                plan = session.plan(action, ids[start : start + number])
                if plan.will_change:
                    runs.append(session.run(plan, confirm=True).id)
            elif what == "keep":
                kept.append(session.plan(action, ids[start : start + number]))
            elif what == "late" and kept:  # a plan that was made before others ran
                runs.append(session.run(kept.pop(start % len(kept)), confirm=True).id)
            elif what == "undo" and runs:
                session.run(session.plan_undo(runs[start % len(runs)]), confirm=True)
            elif what == "resume" and len(left := session.unfinished()):
                session.resume(left.index[0])
        except CvtrError as error:
            refused.append(error)
        sandbox.server.mishaps = []
        invalid = [i for i in ids if sandbox.server.lead(i)["reason"] == reason]
        found = Counter(int(leads.loc[i, "lead_generator_id"]) for i in invalid)
        assert not found or max(found.values()) <= most, (what, found)
    for run_id in list(session.unfinished().index):
        session.resume(run_id, send=False)


def test_an_exception_is_by_a_named_person_for_this_plan_and_kept(sandbox, session, policy, tmp_path):
    ids = sandbox.server.lead_ids(status="Caution")[:5]
    policy('never = ["delete"]\n[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 2\n')
    plan = session.plan(RETURN, ids)
    assert plan.will_change == 2
    for name, reason, error in (("", "Agreed", NotConfirmed), ("Mary Manager", " ", PlanError)):
        with pytest.raises(error):
            session.make_exception(plan, name=name, reason=reason)
    made = session.make_exception(plan, name="Mary Manager", reason="Agreed with the buyer")
    assert made.will_change == 5
    assert made.fingerprint != plan.fingerprint
    assert made.statement.endswith("Exception from the policy for 3 leads by Mary Manager: Agreed with the buyer.")
    assert any("By exception 3 more" in text for text in made.warnings)
    run = session.run(made, confirm=True, signature="Mary Manager")
    said = "Mary Manager: Agreed with the buyer"
    for frame in (run.results, session.recorded(run.id)):
        assert list(frame["policy_exception"].isna()) == [True, True, False, False, False]
        assert set(frame["policy_exception"].dropna()) == {said}
    assert session.history().loc[run.id, "policy_exception"] == f"{said} (3 leads)"
    opening = next(e.data for e in session._running.journal.each(run.id, kinds=("run",)))
    assert opening["exception"]["account"] == session.identity.account
    assert opening["exception"]["leads"] == ids[2:]
    assert session.verify_journal().ok
    with pytest.raises(PlanError, match="nothing to make an exception for"):
        session.make_exception(session.plan(cvtr.delete(), ids), name="Mary Manager", reason="Agreed")


def test_an_exception_cannot_be_put_into_a_plan_by_hand_and_may_be_forbidden(sandbox, session, policy):
    import dataclasses

    ids = sandbox.server.lead_ids(status="Caution")[:3]
    cap = '[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 1\n'
    policy(cap)
    made = session.make_exception(session.plan(RETURN, ids), name="Mary Manager", reason="Agreed")
    for other in (
        dataclasses.replace(made, exception=None),
        dataclasses.replace(made, exception=dataclasses.replace(made.exception, name="Someone Else")),
    ):
        with pytest.raises(PlanOutOfDate):
            session.run(other, confirm=True)
    policy("[exceptions]\nallowed = false\n" + cap)
    with pytest.raises(PlanOutOfDate, match="policy has changed"):
        session.run(made, confirm=True)
    with pytest.raises(PlanOutOfDate, match="no exceptions"):
        session.make_exception(session.plan(RETURN, ids), name="Mary Manager", reason="Agreed")
    policy('[exceptions]\nby = ["Paul Boss"]\n' + cap)
    with pytest.raises(PlanOutOfDate, match="Paul Boss"):
        session.make_exception(session.plan(RETURN, ids), name="Mary Manager", reason="Agreed")
    assert session.make_exception(session.plan(RETURN, ids), name="paul boss", reason="Agreed").will_change == 3


def test_an_exception_goes_with_a_saved_plan(sandbox, open_session, session, policy, tmp_path):
    agency = open_session(role="agency")
    ids = list(agency.pull(status="Caution").index[:4])
    policy('[[caps]]\nname = "X"\nactions = ["invalid"]\nby = "all"\nperiod = "day"\nleads = 1\n')
    made = agency.make_exception(agency.plan(RETURN, ids), name="Mary Manager", reason="Agreed")
    opened = session.open_plan(made.save(tmp_path / "a.cvtr-plan", why="Returns"))
    assert opened.differences.empty
    assert opened.plan.will_change == 4
    assert opened.plan.exception.account == agency.identity.account
    assert session.run(opened.plan, confirm=True).counts["confirmed"] == 4


def test_reasons_are_allowed_by_advertiser(sandbox, session, policy):
    leads = session.pull(status="Caution")
    advertisers = leads["campaign_id"].map(session.campaigns()["advertiser_id"]).map(session.advertisers()["name"])
    policy(
        '[[reasons]]\naction = "invalid"\nadvertisers = ["acme software", 3002, "Nobody"]\nallowed = ["Bad phone number"]\n'
        '[[reasons]]\naction = "test"\nallowed = ["Test lead"]\n'
    )
    plan = session.plan(RETURN, leads)
    forbidden = set(plan.frame.index[plan.frame.verdict == "not_allowed"])
    assert forbidden == set(leads.index[advertisers.isin(["Acme Software", "Borealis Cloud"])])
    assert any("'Nobody', which this account cannot see" in text for text in plan.warnings)
    assert session.plan(cvtr.mark_invalid("bad phone number"), leads).counts["not_allowed"] == 0
    assert session.plan(cvtr.mark_test("Trial"), leads).counts["not_allowed"] == len(leads)
    assert session.plan(cvtr.mark_test("Test lead"), leads).counts["not_allowed"] == 0


def test_two_persons_above_an_amount_by_currency(sandbox, open_session, session, policy, tmp_path):
    ids = sandbox.server.lead_ids(status="Caution")[:4]
    for lead_id, currency in zip(ids, ("EUR", "EUR", "GBP", "GBP"), strict=True):
        sandbox.server.change_record(lead_id, advertiserPayout="60.00", publisherPayout="10.00", currency=currency)
    policy("[two_persons]\nabove_amount = { EUR = 100, GBP = 120.00 }\n")
    session.run(session.plan(cvtr.mark_other(), ids[2:]), confirm=True)
    for chosen, said in ((ids[:2], "come to 120.00 EUR"), (ids, "come to 120.00 EUR")):
        with pytest.raises(NotConfirmed, match=said):
            session.run(session.plan(cvtr.mark_test("Test lead"), chosen), confirm=True)
    policy("[two_persons]\nabove_amount = { EUR = 1000 }\n")
    with pytest.raises(NotConfirmed, match="leads in GBP"):
        session.run(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
    sandbox.server.change_record(ids[0], advertiserPayout=None)
    with pytest.raises(NotConfirmed, match="payout is not known"):
        session.run(session.plan(cvtr.mark_test("Test lead"), ids[:1]), confirm=True)
    assert {e.data["why"] for e in session._running.journal.each(kinds=("refused",))} == {"two persons"}


def test_leads_that_have_become_too_old_since_are_not_sent(sandbox, session, policy):
    lead_id = sandbox.server.lead_ids(status="Caution")[0]
    created = datetime.now(UTC)
    sandbox.server.change_record(lead_id, createdTs=created.isoformat())
    policy(f"[max_age_days]\ntest = {1.5 / 86_400}\n")
    plan = session.plan(cvtr.mark_test("Test lead"), [lead_id])
    assert plan.will_change == 1
    while datetime.now(UTC) <= plan.good_until:
        pass
    with pytest.raises(PlanOutOfDate, match="too old"):
        session.run(plan, confirm=True)
