"""Earlier runs are taken back from step 1: offered by week, day, person and run, planned, shown, and run when confirmed."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr


@pytest.fixture
def flagged(driven) -> list[int]:
    """Four leads that two runs have marked as Test, the second one signed."""
    ids = [i for i in driven.server.lead_ids(status="Invalid") if driven.server.lead(i)["reason"] == "Duplicate"][:4]
    session = driven.session
    session.run(session.plan(cvtr.mark_test("Test lead"), ids[:3]), confirm=True)
    session.run(session.plan(cvtr.mark_test("Test lead"), ids[3:]), confirm=True, signature="Mary Manager")
    return ids


def test_nothing_is_offered_before_a_run(driven):
    driven.say("past_undo_look")
    view = driven.view()["undo"]
    assert (view["choices"], view["none"]) == (
        [],
        "No run of yours that has ended has changed a lead, as far as this journal knows.",
    )


def test_a_week_a_day_a_person_and_a_run_are_offered_and_taken_back(driven, flagged):
    driven.say("past_undo_look")
    choices = driven.view()["undo"]["choices"]
    by, two = {}, "2 runs, 4 leads sent (a lead counts once for each run)"
    for value, text in choices:
        by.setdefault(value.partition(":")[0], []).append((value, text))
    assert [text.partition(": ")[2] for _, text in by["week"] + by["day"]] == [two] * 2
    assert sorted(text.rpartition(": ")[2] for _, text in by["person"]) == ["1 run, 1 lead sent", two]
    assert len(by["run"]) == 2
    wanted = {"week": flagged, "day": flagged, "run": flagged[3:]}
    mary, login = (next(value for value, _ in by["person"] if name in value) for name in ("Mary Manager", "user:1"))
    for value, ids in [*((by[one][0][0], ids) for one, ids in wanted.items()), (mary, flagged[3:]), (login, flagged)]:
        driven.say("past_undo", which=value, nearest=False)
        plan = driven.state.processing.plan
        assert {e.lead_id for e in plan.sendable} == set(ids), value
        shown = driven.view()["processing"]["plan"]
        assert shown["takes_back"].startswith("This plan undoes ")
        assert (shown["back"], driven.view()["processing"]["to_results"]) == ("1", False)
    driven.say("past_undo", which=by["week"][0][0], nearest=False)
    assert driven.view()["step"] == 3
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 4}
    assert {driven.server.lead(i)["reason"] for i in flagged} == {"Duplicate"}


def test_what_is_not_offered_or_cannot_be_taken_back_is_said(driven, flagged):
    driven.say("past_undo", which="week:2026-W01", nearest=False)
    assert "no longer in the list" in driven.view()["head"]["answer"]["text"]
    driven.say("past_undo_look")
    value = driven.view()["undo"]["choices"][0][0]
    for lead_id in flagged:
        driven.server.change(lead_id, status="Valid", reason="Details verified")
    driven.say("past_undo", which=value, nearest=False)
    view = driven.view()["undo"]
    assert view["problem"]["text"] == "Nothing of these runs can be taken back."  # why not, stands with the leads
    assert [one["text"] for one in view["rest"]] == ["4 leads stay different: they have been changed since the run."]
    assert driven.state.processing.plan is None
    driven.say("select_rest", place=0, of="past")
    assert set(driven.state.leads.picked.ids) == set(flagged)
    assert driven.view()["undo"]["rest"] == []


@pytest.fixture
def unreasoned(driven) -> list[int]:
    """Two leads that were Valid without a reason, marked as Invalid by one run and the first of them as Test by the next one."""
    ids, session = driven.server.lead_ids(status="Valid")[:2], driven.session
    for lead_id in ids:
        driven.server.change(lead_id, reason=None)
    session.run(session.plan(cvtr.mark_invalid("by mistake"), ids), confirm=True)
    session.run(session.plan(cvtr.mark_test("Test lead"), ids[:1]), confirm=True)
    return ids


def test_leads_that_only_lack_a_reason_are_offered_it_also_when_nothing_of_earlier_runs_is_possible(driven, unreasoned):
    driven.say("past_undo_look")
    driven.say("past_undo", which=driven.view()["undo"]["choices"][0][0], nearest=False)
    view = driven.view()["undo"]
    said = "2 leads stay different: they were Valid without a reason, and a flag needs one."
    assert view["rest"] == [{"text": said, "button": "Give these 2 a reason …"}]
    driven.say("select_rest", place=0, of="past")
    assert (driven.view()["step"], driven.view()["type"]["action"]) == (2, "valid")
    assert set(driven.state.leads.picked.ids) == set(unreasoned)


def test_what_is_offered_to_leads_of_a_week_is_what_they_were_before_all_of_its_runs(driven, unreasoned):
    """A lead that the run shown has found Invalid and an earlier one Valid was Valid."""
    third = driven.server.lead_ids(status="Invalid")[0]
    driven.server.change(third, reason="Duplicate")
    driven.plan([third, unreasoned[1]], "test", reason="listed:Test lead")
    driven.say("confirm", on=True)
    driven.run()
    driven.say("undo_several", by="week", nearest=False)
    view = driven.view()["processing"]
    assert view["plan"]["will_change"] == 1
    assert view["rest"] == [
        {
            "text": "2 leads stay different: they were Valid without a reason, and a flag needs one.",
            "button": "Give these 2 a reason …",
        }
    ]


def test_what_needs_no_undo_is_counted_beside_what_cannot_be_undone(driven, flagged):
    driven.say("past_undo_look")
    value = driven.view()["undo"]["choices"][0][0]
    driven.server.change(flagged[0], status="Invalid", reason="Duplicate")
    for lead_id in flagged[1:]:
        driven.server.change(lead_id, status="Valid", reason="Details verified")
    driven.say("past_undo", which=value, nearest=False)
    text = driven.view()["undo"]["problem"]["text"]
    assert text.startswith("Nothing of these runs can be taken back. 1 lead is already as before: nothing to undo.")


def test_the_run_shown_is_taken_back_with_all_of_its_person_also_where_only_others_were_signed(driven, flagged):
    driven.plan(flagged[:1], "other", reason="listed:Replacement")
    driven.run()
    driven.say("undo_several", by="person", nearest=False)
    view = driven.view()["processing"]
    assert view["undo_problem"] is None
    assert view["plan"]["takes_back"].startswith("This plan undoes 3 runs")
