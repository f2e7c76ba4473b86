"""What the panel knows and allows, without a browser."""

from __future__ import annotations

import json
import os
import re
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.panel.conftest import Driven
from tests.runs.conftest import Gate, until


def caution(driven: Driven, number: int) -> list[int]:
    return driven.server.lead_ids(status="Caution")[:number]


def test_a_view_is_json_and_holds_nothing_typed(driven):
    driven.say("ids", text="4711 4712")
    driven.select(caution(driven, 2))
    driven.say("action", kind="invalid")
    driven.say("comment", text="do not show this")
    text = json.dumps(driven.view())
    assert "do not show this" not in text
    assert driven.state.texts()["comment"] == "do not show this"


def test_typed_ids_are_looked_up_with_nothing_loaded(driven):
    there = caution(driven, 2)
    driven.say("ids", text=f"{there[0]}, {there[1]}, 199999")
    selected = driven.view()["leads"]["selected"]
    assert selected["count"] == 3
    assert selected["absent"].startswith("1 can’t be found")
    rows = driven.state.table("leads").message()["rows"]
    assert [(row["id"], row["on"]) for row in rows] == [(str(i), True) for i in there]


def test_the_sentences_say_why_it_does_not_go_on(driven):
    assert driven.view()["leads"]["blockers"] == ["No lead is selected yet: tick rows, type ids, or import a file."]
    driven.say("go", step=2)
    assert driven.view()["step"] == 1
    driven.select(caution(driven, 1))
    assert driven.view()["type"]["blockers"] == ["Choose an action."]
    driven.say("action", kind="invalid")
    assert driven.view()["type"]["blockers"] == ["Choose a reason, or give your own."]
    driven.say("reason", value="own")
    assert driven.view()["type"]["blockers"] == ["Write your own reason, or choose one from the list."]
    driven.say("reason", value="listed:Returned")
    assert driven.view()["type"]["blockers"] == ["The reason Returned needs a category. Choose one."]
    driven.say("category", value="No budget")
    assert driven.view()["type"]["blockers"] == []
    driven.say("preview")
    assert driven.view()["processing"]["blockers"] == ["Tick the box to confirm."]
    driven.say("confirm", on=True)
    assert driven.view()["processing"]["blockers"] == []


def test_ids_that_nobody_can_find_end_the_way_early(driven):
    driven.say("ids", text="999999998 999999999")
    (why,) = driven.view()["leads"]["blockers"]
    assert why.startswith("None of the selected leads can be found")


@pytest.mark.parametrize("change", ["selection", "action", "comment"])
def test_confirmation_lapses_with_any_change(driven, change):
    ids = caution(driven, 3)
    driven.plan(ids[:2], "test", reason="own", own_reason="mine")
    driven.say("confirm", on=True)
    old = driven.fingerprint()
    if change == "selection":
        driven.say("ids", text=" ".join(map(str, ids)))
    elif change == "action":
        driven.say("action", kind="reprocess")
    else:
        driven.say("comment", text="after the fact")
    assert "Preview again." in driven.view()["processing"]["stale"]
    driven.say("run", fingerprint=old)
    assert driven.state.processing.run is None
    driven.say("preview")
    assert driven.view()["processing"]["confirmed"] is False
    driven.say("run", fingerprint=old)
    assert driven.state.processing.run is None
    assert "was out of date" in driven.view()["processing"]["problem"]["text"]
    assert not any(driven.server.effects(lead_id) for lead_id in ids)


def test_a_second_press_sends_nothing_more(driven):
    ids = caution(driven, 2)
    driven.plan(ids, "test", reason="own", own_reason="mine")
    assert driven.run() == {"confirmed": 2}
    driven.say("run", fingerprint=driven.fingerprint())
    driven.say("run", fingerprint=driven.fingerprint())
    assert [len(driven.server.effects(lead_id)) for lead_id in ids] == [1, 1]


def test_again_selects_exactly_what_did_not_go_through(driven):
    ids = caution(driven, 4)
    driven.server.mishaps = [Mishap("leads-bulk-flag", "refuse_lead", lead=ids[1], text="made to fail")]
    driven.plan(ids, "test", reason="own", own_reason="mine")
    assert driven.run() == {"confirmed": 3, "refused": 1}
    assert driven.view()["processing"]["run"]["again"] == "Repeat for the 1 lead that was refused"
    driven.say("again")
    assert driven.state.leads.picked.ids == (ids[1],)
    driven.server.mishaps = []
    driven.say("preview")
    assert driven.run() == {"confirmed": 1}
    assert [len(driven.server.effects(lead_id)) for lead_id in ids] == [1, 1, 1, 1]


def of_reason(driven, reason: str) -> list[int]:
    return [lead_id for lead_id in driven.server.lead_ids(status="Invalid") if driven.server.lead(lead_id)["reason"] == reason]


def test_again_after_taking_back_is_the_action_that_takes_back(driven):
    """Not the one that step 2 still holds."""
    ids = of_reason(driven, "Duplicate")[:3]
    driven.plan(ids, "test", reason="own", own_reason="mine", comment="Looked at")
    driven.run()
    driven.say("undo_run")
    driven.say("confirm", on=True)
    driven.server.mishaps = [Mishap("leads-bulk-flag", "refuse_lead", lead=ids[1], text="made to fail")]
    assert driven.run()["refused"] == 1
    driven.say("again")
    form = driven.view()["type"]
    assert (form["action"], form["reason"]) == ("invalid", "listed:Duplicate")
    driven.server.mishaps = []
    driven.say("preview")
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 1}
    assert [(lead["status"], lead["reason"]) for lead in map(driven.server.lead, ids)] == [("Invalid", "Duplicate")] * 3


def test_again_after_several_actions_asks_which(driven):
    one, other = of_reason(driven, "Duplicate")[0], of_reason(driven, "Out of Target")[0]
    driven.plan([one, other], "test", reason="own", own_reason="mine")
    driven.run()
    driven.say("undo_run")
    driven.say("confirm", on=True)
    driven.server.mishaps = [
        Mishap("leads-bulk-flag", "refuse_lead", lead=lead_id, text="made to fail") for lead_id in (one, other)
    ]
    assert driven.run() == {"refused": 2}
    driven.say("again")
    assert set(driven.state.leads.picked.ids) == {one, other}
    assert (driven.view()["step"], driven.view()["type"]["action"]) == (2, "")
    assert "Choose an action." in driven.view()["type"]["blockers"]


def test_start_over_keeps_filters_and_leads_and_clears_what_was_entered(driven):
    driven.say("filter", name="status", values=["Caution"])
    driven.say("load", go_on=False)
    loaded = driven.state.table("leads").loaded
    driven.plan(caution(driven, 1), "invalid", reason="listed:Duplicate", comment="of one customer")
    driven.say("confirm", on=True)
    driven.run()
    driven.say("start_over")
    view = driven.view()
    assert (view["step"], view["leads"]["selected"]["count"], view["leads"]["filters"]["status"]) == (1, 0, ["Caution"])
    assert driven.state.table("leads").loaded == loaded
    assert (view["type"]["action"], view["type"]["reason"], driven.state.texts()["comment"]) == ("", "", "")
    assert view["leads"]["outdated"]
    driven.say("action", kind="invalid")
    assert (driven.view()["type"]["reason"], driven.state.texts()["comment"]) == ("", "")


def test_same_again_keeps_what_was_entered(driven):
    driven.plan(caution(driven, 1), "invalid", reason="listed:Duplicate", comment="the same for all")
    driven.say("confirm", on=True)
    driven.run()
    driven.say("same_again")
    view = driven.view()
    assert (view["step"], view["leads"]["selected"]["count"]) == (1, 0)
    assert view["leads"]["outdated"] == ""  # none are loaded
    assert (view["type"]["action"], view["type"]["reason"]) == ("invalid", "listed:Duplicate")
    assert driven.state.texts()["comment"] == "the same for all"


def test_a_half_typed_date_loads_nothing(driven):
    driven.say("day", name="created_after", value="half-typed")
    assert driven.view()["leads"]["filter_blockers"] == ["From is not a complete day yet. Complete it, or clear it."]
    driven.say("load", go_on=False)
    assert not driven.view()["leads"]["loaded"]


def test_decisions_are_counted_gone_on_with_and_cleared_when_done(driven):
    driven.say("load", go_on=False)
    one, other, third = caution(driven, 3)
    for lead_id, mark in ((one, "invalid"), (other, "invalid"), (third, "later")):
        driven.say("detail", id=str(lead_id))
        driven.say("decide", id=str(lead_id), mark=mark)
    assert driven.view()["leads"]["decided"] == [["invalid", "For Invalid", 2], ["later", "Later", 1]]
    shown = set(driven.state.leads.table.ids_of("page").tolist())
    meant = {one: "invalid", other: "invalid", third: "later"}
    assert driven.view()["leads"]["marks"] == {str(lead_id): mark for lead_id, mark in meant.items() if lead_id in shown}
    driven.say("use_decided", mark="invalid")
    view = driven.view()
    assert (view["step"], view["type"]["action"], view["leads"]["selected"]["count"]) == (2, "invalid", 2)
    driven.say("reason", value="listed:Duplicate")
    driven.say("preview")
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 2}
    assert driven.view()["leads"]["decided"] == [["later", "Later", 1]]
    assert driven.view()["leads"]["marks"] == {str(third): "later"}


def test_what_cannot_be_undone_is_said_beforehand_and_beside_the_button(driven):
    driven.plan(caution(driven, 3), "invalid", reason="listed:Duplicate")
    said = driven.view()["processing"]["plan"]["warnings"]
    assert "This can’t be undone for 3 leads: now Caution, and no action sets that." in said
    driven.say("confirm", on=True)
    driven.run()
    driven.say("undo_run")
    view = driven.view()["processing"]
    assert view["undo_problem"]["text"] == "Nothing of this run can be taken back."
    assert [one["text"].partition(",")[0] for one in view["rest"]] == ["3 leads stay different: they were Caution"]  # said once
    assert view["problem"] is None
    assert view["run"]["finished"]


def test_from_a_plan_that_takes_back_there_is_a_way_to_the_results(driven):
    ids = of_reason(driven, "Duplicate")[:2]
    driven.plan(ids, "test", reason="own", own_reason="mine")
    driven.run()
    done = driven.state.processing.run.id
    assert driven.view()["processing"]["of_steps"]
    driven.say("undo_run")
    assert driven.view()["processing"]["run"] is None
    assert not driven.view()["processing"]["of_steps"]  # steps 1 and 2 show another action
    driven.say("to_results")
    view = driven.view()["processing"]
    assert view["of_steps"]
    assert (view["run"]["id"], view["run"]["counts"][0][:2]) == (done, ["confirmed", 2])
    assert view["plan"]["takes_back"] == ""
    driven.say("undo_run")
    assert driven.view()["processing"]["plan"]["back"] == "results"  # where this plan was made
    driven.say("action", kind="valid")
    driven.say("reason", value="own")
    driven.say("own_reason", text="checked")
    driven.say("preview")  # of what steps 1 and 2 show now
    view = driven.view()["processing"]
    assert (view["plan"]["back"], view["plan"]["takes_back"], view["to_results"]) == ("2", "", True)
    driven.say("to_results")
    assert driven.view()["processing"]["run"]["id"] == done


def test_leads_selected_from_results_leave_a_way_back_to_them(driven):
    """To give a reason to those that an undo leaves different, and to repeat for those that did not go through."""
    ids = caution(driven, 3)
    driven.server.mishaps = [Mishap("leads-bulk-flag", "lie", nth=1)]
    driven.plan(ids, "invalid", reason="listed:Duplicate")
    driven.say("confirm", on=True)
    assert driven.run() == {"contradicted": 3}
    done = driven.state.processing.run.id
    driven.say("again")
    assert driven.view()["step"] == 2
    driven.say("go", step=3)
    view = driven.view()["processing"]
    assert (driven.view()["step"], view["run"]["id"], view["of_steps"]) == (3, done, True)
    driven.server.change(ids[0], status="Valid", reason="Details verified")
    driven.say("undo_run")  # nothing can be taken back
    driven.say("select_rest", place=0, of="run")
    driven.say("ids", text=str(ids[0]))
    view = driven.view()["processing"]
    assert driven.view()["step"] == 1
    assert (view["run"]["id"], view["of_steps"], len(view["rest"])) == (done, False, 1)
    driven.say("preview")
    assert driven.view()["processing"]["run"] is None
    driven.say("to_results")
    view = driven.view()["processing"]
    assert (view["run"]["id"], view["run"]["counts"][0][:2]) == (done, ["contradicted", 3])
    driven.say("start_over")
    assert not driven.view()["processing"]["to_results"]


def test_the_way_back_to_the_results_is_not_a_new_end_of_the_run(driven):
    ids = of_reason(driven, "Duplicate")[:2]
    driven.say("load", go_on=False)
    driven.plan(ids, "test", reason="own", own_reason="mine")
    driven.run()
    assert driven.view()["leads"]["outdated"]
    driven.say("refresh")
    assert not driven.view()["leads"]["outdated"]
    driven.say("undo_run")
    driven.say("to_results")
    assert not driven.view()["leads"]["outdated"]
    assert driven.state.processing.absorb() == []


def test_an_undo_says_how_many_leads_are_as_before_and_how_many_are_gone(driven):
    ids = of_reason(driven, "Duplicate")[:5]
    assert len(ids) == 5
    before = {i: driven.server.lead(i) for i in ids}
    driven.plan(ids, "test", reason="own", own_reason="mine")
    driven.run()
    for lead_id in ids[:2]:
        driven.server.change(lead_id, **{name: before[lead_id][name] for name in ("status", "reason", "comment")})
    for lead_id in ids[2:4]:
        driven.server.delete(lead_id)
    driven.say("undo_run")
    view = driven.view()["processing"]
    assert "2 leads are already as before: nothing to undo." in view["plan"]["warnings"]
    assert [one["text"] for one in view["rest"]] == ["2 leads stay different: they no longer exist."]
    assert driven.state.processing.plan.total == 1
    assert view["plan"]["undoes"].endswith(" for 1 lead; 2 leads stay different (see above).")


def test_results_say_before_and_after_and_why_leads_were_skipped(driven):
    last = max(driven.server.lead_ids())
    already = driven.server.lead_ids(status="Invalid")[0]  # it only gets another reason
    assert driven.server.lead(already)["reason"] != "Duplicate"
    ids = [*caution(driven, 2), already, last + 7, last + 8]
    driven.plan(ids, "invalid", reason="listed:Duplicate")
    driven.say("confirm", on=True)
    driven.run()
    run = driven.view()["processing"]["run"]
    assert run["sums"] == ["Current Status Caution → Invalid: 2 leads", "Reason changed, Current Status as before: 1 lead"]
    assert [about for outcome, *_, about in run["counts"] if outcome == "skipped"] == ["not found. Nothing was sent."]


def test_results_say_what_changed_where_no_status_did(driven):
    ids = caution(driven, 5)
    for reason, category, comment, said in (
        ("listed:Returned", "No budget", "", ["Current Status Caution → Invalid: 5 leads"]),
        ("listed:Returned", "No budget", "by mail", ["Comment changed, Current Status as before: 5 leads"]),
        ("listed:Returned", "Wrong person", "by mail", ["Reason category changed, Current Status as before: 5 leads"]),
        ("listed:Duplicate", "", "by mail", ["Reason changed, Current Status as before: 5 leads"]),
    ):
        driven.plan(ids, "invalid", **{"reason": reason, **({"category": category} if category else {}), "comment": comment})
        driven.say("confirm", on=True)
        driven.run()
        view = driven.view()["processing"]["run"]
        assert view["counts"][0][:2] == ["confirmed", 5]
        assert view["sums"] == said


def test_valid_with_integrations_says_what_else_it_does(driven):
    one = caution(driven, 1)
    driven.say("load", go_on=False)
    driven.select(one)
    driven.say("action", kind="valid")
    job = driven.view()["type"]["integrations"][0]["jobs"][0][0]
    driven.say("integration", job=job, on=True)
    driven.say("reason", value=driven.view()["type"]["reasons"][1][0])
    driven.say("preview")
    assert any("may become Delivered" in said for said in driven.view()["processing"]["plan"]["warnings"])


def test_results_say_with_what_and_to_which_integrations_each_lead_was_sent(driven):
    by_campaign = {}
    for lead_id in driven.server.lead_ids(status="Caution"):
        by_campaign.setdefault(driven.server.lead(lead_id)["campaign_id"], lead_id)
    one, other = list(by_campaign.values())[:2]
    driven.select([one, other])
    driven.say("action", kind="valid")
    mine = driven.view()["type"]["integrations"]
    there = {job for job, _, _ in mine[1]["jobs"]}
    job, name = next((job, name) for job, name, _ in mine[0]["jobs"] if job not in there)
    driven.say("integration", job=job, on=True)
    driven.say("reason", value=driven.view()["type"]["reasons"][1][0])
    driven.say("comment", text="seen by hand")
    driven.say("preview")
    driven.say("confirm", on=True)
    assert sum(driven.run().values()) == 2
    results = driven.state.processing.results
    assert sorted(results["integrations"]) == sorted([f"{name} ({job})", "none"])
    assert set(results["comment"]) == {"seen by hand"}
    titles = {column["title"] for column in driven.state.table("results").message()["columns"]}
    assert {"Reason", "Reason Category", "Comment", "Sent to Integrations"} <= titles


def test_all_is_not_selected_while_leads_are_on_their_way(driven):
    driven.server.mishaps = [Mishap("leads", "slow", nth=3, seconds=3.0)]
    driven.state.handle("load", {"go_on": False})
    until(lambda: driven.view()["leads"]["partial"])
    version = driven.state.table("leads").message()["matching_version"]
    for kind in ("select_loaded", "select_matching"):
        driven.state.handle(kind, {"version": version})
        view = driven.view()["leads"]
        assert (view["partial"], view["selected"]["count"]) == (True, 0)
        assert view["coverage"] == f"{driven.state.table('leads').loaded} of 300 loaded so far, still loading"
        assert "still loading" in driven.view()["head"]["answer"]["text"]
    assert driven.state.jobs.wait()
    driven.say("select_loaded", version=driven.state.table("leads").message()["matching_version"])
    assert driven.view()["leads"]["selected"]["count"] == driven.state.table("leads").loaded == 300


def test_a_list_that_was_stopped_or_broke_off_says_how_much_of_it_there_is(driven):
    driven.server.mishaps = [Mishap("leads", "slow", nth=3, seconds=1.0)]
    driven.state.handle("load", {"go_on": False})
    until(lambda: driven.view()["leads"]["partial"])
    driven.say("stop")
    stopped = driven.view()["leads"]
    read = driven.state.table("leads").loaded
    assert stopped["coverage"] == f"incomplete: {read} of 300 loaded; then you stopped it"
    assert driven.state.leads.frame.attrs["coverage"] == {"why": "stopped", "read": read, "expected": 300}
    driven.server.mishaps = [Mishap("leads", "status", nth=3, status=403)]
    driven.say("day", name="created_after", value="2001-01-01")
    driven.say("load", go_on=False)
    broken = driven.view()["leads"]
    assert broken["problem"]
    assert not broken["partial"]
    assert broken["coverage"] == f"incomplete: {driven.state.table('leads').loaded} of 300 loaded; then loading broke off"
    driven.server.mishaps = []
    driven.say("load", go_on=False)
    assert driven.view()["leads"]["coverage"] == ""


def test_several_values_of_a_filter_load_the_leads_of_any(driven):
    driven.say("filter", name="status", values=["Caution", "Test"])
    campaigns = sorted(driven.server.campaigns("admin"))[:2]
    driven.say("filter", name="campaign", values=[str(one) for one in campaigns])
    driven.say("load", go_on=False)
    truth = [driven.server.lead(lead_id) for lead_id in driven.server.lead_ids()]
    meant = {one["id"] for one in truth if one["status"] in {"Caution", "Test"} and one["campaign_id"] in campaigns}
    assert set(driven.state.leads.frame.index) == meant
    assert driven.view()["leads"]["filters"]["status"] == ["Caution", "Test"]
    driven.say("filter", name="status", values=["Valid", "Invalid", "Caution", "Test"])
    driven.say("filter", name="campaign", values=[str(n) for n in range(1, 12)])
    (why,) = driven.view()["leads"]["filter_blockers"]
    assert why.startswith("These filters have 44 combinations")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_range_of_days_is_counted_in_the_zone_of_the_session(sandbox, zone, monkeypatch):
    monkeypatch.setenv("CVTR_TIMEZONE", zone)
    driven = Driven.of(sandbox)
    today = datetime.now(ZoneInfo(zone)).date()
    for said, first, last in [
        ("Today", today, today),
        ("Last 7 days", today - timedelta(days=6), today),
        ("This month", today.replace(day=1), today),
        ("Last month", (today.replace(day=1) - timedelta(days=1)).replace(day=1), today.replace(day=1) - timedelta(days=1)),
    ]:
        driven.say("range", name=said)
        filters = driven.view()["leads"]["filters"]
        assert (filters["created_after"], filters["created_before"]) == (str(first), str(last))
        assert filters["ranges"][filters["range"]] == filters["ranges"][said]
    driven.say("day", name="created_after", value=str(today))
    driven.say("day", name="created_before", value="")
    assert driven.view()["leads"]["filters"]["range"] == ""
    driven.close()


def test_all_matching_is_what_was_seen(driven):
    driven.say("load", go_on=False)
    version = driven.state.table("leads").message()["matching_version"]
    driven.say("search", text="mail.example")
    driven.say("select_matching", version=version)
    assert driven.view()["leads"]["selected"]["count"] == 0
    message = driven.state.table("leads").message()
    driven.say("select_matching", version=message["matching_version"])
    assert driven.view()["leads"]["selected"]["count"] == message["matching"]


def test_an_error_is_shown_and_nothing_is_lost(driven):
    ids = caution(driven, 2)
    driven.select(ids)
    driven.say("action", kind="reprocess")
    driven.server.mishaps = [Mishap("leads", "status", status=403)]
    driven.say("preview")
    assert "may not do that" in driven.view()["processing"]["problem"]["text"]
    assert driven.state.leads.picked.ids == tuple(ids)
    driven.server.mishaps = []
    driven.say("preview")
    assert driven.view()["processing"]["plan"]["will_change"] == 2


def test_an_agency_is_not_offered_delete(sandbox):
    driven = Driven.of(sandbox, "agency")
    driven.select(driven.server.lead_ids(role="agency")[:1])
    driven.say("action", kind="delete")
    view = driven.view()["type"]
    assert view["action"] == ""
    assert "delete" not in [kind for kind, _ in view["actions"]]
    assert view["absent"] == "This account has no right to delete leads."
    driven.close()


def test_two_panels_do_not_disturb_each_other(sandbox):
    first, second = Driven.of(sandbox), Driven.of(sandbox)
    ids = caution(first, 4)
    first.plan(ids[:2], "test", reason="own", own_reason="first")
    second.plan(ids[2:], "test", reason="own", own_reason="second")
    threads = [threading.Thread(target=one.run) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [first.server.lead(lead_id)["reason"] for lead_id in ids] == ["first", "first", "second", "second"]
    first.close()
    second.close()


def test_files_come_in_parts_and_not_half(driven):
    ids = caution(driven, 3)
    content = ("Lead ID\n" + "\n".join(map(str, ids))).encode()
    half = len(content) // 2
    upload = {"purpose": "file", "name": "back.csv", "parts": 2}
    driven.state.handle("upload", {**upload, "part": 1}, content[half:])
    assert "did not arrive completely" in driven.view()["leads"]["selected"]["file_problem"]
    driven.state.handle("upload", {**upload, "part": 0}, content[:half])
    driven.state.handle("upload", {**upload, "part": 1}, content[half:])
    assert driven.state.jobs.wait()
    selected = driven.view()["leads"]["selected"]
    assert (selected["count"], selected["parts"]) == (3, "3 from back.csv")
    driven.say("drop_file", name="back.csv")
    assert driven.view()["leads"]["selected"]["count"] == 0


def test_a_plan_that_changes_nothing_cannot_be_run(driven):
    delivered = driven.server.lead_ids(status="Valid", delivery="Delivered")[:2]
    driven.plan(delivered, "delivered")
    view = driven.view()["processing"]
    assert view["plan"]["will_change"] == 0
    assert view["blockers"] == ["No lead would change, so there is nothing to do."]
    assert view["plan"]["button"] == "No lead would change"


def untold(driven: Driven) -> int:
    """A lead of which nothing tells whether it is delivered."""
    lead_id = driven.server.lead_ids(status="Valid", delivery="Not Delivered")[0]
    driven.server.change_record(lead_id, deliveryStatus=None)
    driven.server.mishaps = [Mishap("is-lead-delivered", "drop_ids")]
    return lead_id


def test_what_cannot_be_told_is_included_in_the_plan_that_was_asked_for_and_in_no_other(driven):
    lead_id = untold(driven)
    driven.plan([lead_id], "delivered")
    plan = driven.view()["processing"]["plan"]
    assert (plan["cannot_tell"], plan["include"], plan["will_change"]) == (1, False, 0)
    driven.say("include", on=True)
    plan = driven.view()["processing"]["plan"]
    assert (plan["cannot_tell"], plan["include"], plan["will_change"]) == (1, True, 1)
    driven.say("preview")  # another plan: whoever wants it there, too, says so
    assert driven.view()["processing"]["plan"]["include"] is False
    assert not driven.server.effects(lead_id)


def test_a_plan_that_takes_a_run_back_cannot_become_another_one(driven):
    ids = driven.server.lead_ids(status="Valid", delivery="Not Delivered")[1:3]
    driven.plan(ids, "delivered")
    driven.say("signature", text="Ana Lopes")
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 2}
    driven.say("undo_run")
    before = driven.fingerprint()
    assert driven.view()["processing"]["plan"]["cannot_tell"] == 0
    driven.say("include", on=True)
    assert driven.fingerprint() == before


@pytest.mark.parametrize("by", ["run", "day", "week", "person"])
def test_undo_takes_back_the_runs_of_a_day_a_week_or_a_person(driven, by):
    ids = driven.server.lead_ids(status="Valid", delivery="Not Delivered")[:2]
    for lead_id in ids:
        driven.plan([lead_id], "delivered")
        driven.say("signature", text="Ana Lopes")
        driven.say("confirm", on=True)
        driven.run()
    driven.say("undo_several", by=by, nearest=False)
    plan = driven.state.processing.plan
    assert [e.lead_id for e in plan.sendable] == (ids[1:] if by == "run" else ids)
    assert len(plan.undoes) == (1 if by == "run" else 2)
    said = driven.view()["processing"]["plan"]["takes_back"]
    assert said.startswith("This plan undoes run 2" if by == "run" else "This plan undoes 2 runs (")


def test_again_does_not_reprocess_twice_what_is_in_doubt(driven):
    ids = caution(driven, 2)
    driven.server.mishaps = [Mishap("leads-bulk-reprocess", "html", "before")]
    driven.plan(ids, "reprocess")
    driven.say("confirm", on=True)
    assert driven.run() == {"unknown": 2}
    assert driven.view()["processing"]["run"]["again"] == ""


def test_a_run_that_is_watched_says_when_and_who(driven):
    """And nothing of the run that was shown before."""
    ids = caution(driven, 6)
    gate = Gate("before intent")
    other = cvtr.LeadSession(driven.client, progress=False, on_step=gate)
    run = other.start(other.plan(cvtr.mark_test("x"), ids), confirm=True)
    driven.say("look_again")
    driven.say("watch", run=run.id)
    view = driven.view()["processing"]
    assert view["run"] is None
    assert re.fullmatch(
        rf"What the journal had on run {run.id} at \d\d:\d\d:\d\d\. Process {os.getpid()} is running it\. Start over to leave this view\.",
        view["watching"],
    )
    assert view["look_again"]
    gate.open()
    run.wait()
    driven.say("watch", run=run.id)
    view = driven.view()["processing"]
    assert "It has ended." in view["watching"]
    assert not view["look_again"]
    assert {row["cells"][0] for row in driven.state.table("results").message()["rows"]} == {"confirmed"}
    other.close()


def test_what_was_looked_up_for_an_id_that_was_deleted_again_is_not_among_the_loaded(driven):
    driven.say("filter", name="status", values=["Caution"])
    driven.say("load", go_on=False)
    loaded = driven.state.leads.table.loaded
    other = driven.server.lead_ids(status="Valid")[0]
    driven.say("ids", text=str(other))
    assert driven.state.leads.table.loaded == loaded + 1
    driven.say("ids", text="")
    assert driven.state.leads.table.loaded == loaded
    driven.say("select_loaded", version=driven.state.leads.table.matching_version)
    assert len(driven.state.leads.picked) == loaded
    assert other not in driven.state.leads.picked.ids_set
    driven.say("select_none")
    driven.say("ids", text=f"{other}")
    driven.say("undo_selection")
    assert driven.state.leads.table.loaded == loaded


def test_a_lead_that_was_typed_and_unticked_keeps_its_row(driven):
    first, second = driven.server.lead_ids(status="Valid")[:2]
    driven.say("ids", text=str(first))
    driven.say("tick", ids=[str(first)], on=False)
    driven.say("ids", text=f"{first} {second}")
    assert {first, second} == set(driven.state.leads.table.frame.index)
    assert driven.state.leads.picked.ids == (second,)


def test_all_matching_is_not_selected_while_a_search_runs(driven):
    table, lock = driven.state.leads.table, driven.state.lock
    many = 400_000  # more than one short look gets through
    emails = pd.Series([f"{n:06d}@x" for n in range(many)], dtype=object)
    table.set_frame(pd.DataFrame({"email": emails}).set_index(pd.RangeIndex(1, many + 1, name="lead_id")))
    with lock:  # the search cannot end meanwhile
        driven.state.handle("search", {"text": "00@x"})
        shown = table.message()
        assert shown["searching"] is True
        assert 0 < shown["matching"] < many // 100
        driven.state.handle("select_matching", {"version": shown["matching_version"]})
        assert len(driven.state.leads.picked) == 0
        assert driven.state.answer.text.startswith("The search is still running")
    assert driven.state.jobs.wait()
    driven.say("select_matching", version=shown["matching_version"])
    assert len(driven.state.leads.picked) == 0, "what was seen were those found so far"
    now = table.message()
    assert now["searching"] is False
    driven.say("select_matching", version=now["matching_version"])
    assert set(driven.state.leads.picked.ids_set) == set(range(1, many, 100))


def test_all_loaded_means_those_that_the_user_saw(driven):
    driven.say("load", go_on=False)
    driven.say("select_loaded", version=driven.state.leads.table.matching_version - 1)
    assert len(driven.state.leads.picked) == 0
    assert "The list changed at that moment" in driven.view()["head"]["answer"]["text"]


def test_selected_leads_that_a_look_up_brings_back_are_not_said_to_be_gone(driven):
    driven.say("filter", name="status", values=["Caution"])
    driven.say("load", go_on=False)
    driven.say("ids", text=" ".join(map(str, driven.server.lead_ids(status="Valid")[:3])))
    driven.say("refresh")
    assert not [note for note in driven.view()["leads"]["notes"] if "no longer among these" in note]
    driven.server.delete(driven.state.leads.picked.ids[0])
    driven.say("refresh")
    (note,) = [note for note in driven.view()["leads"]["notes"] if "no longer among these" in note]
    assert note.startswith("1 lead you selected is no longer among these, but still selected")


def test_a_mark_is_about_the_lead_that_was_seen(driven):
    driven.say("load", go_on=False)
    first, second = driven.state.leads.table.frame.index[:2].tolist()
    driven.say("detail", id=str(first))
    driven.say("decide", id=str(first), mark="valid")
    driven.say("decide", id=str(first), mark="valid")  # pressed again before the next lead was shown
    assert driven.view()["leads"]["kept"] == [["For Valid", 1]]
    assert driven.state.leads.detail.lead_id == second


def test_a_kept_selection_that_is_gone_leaves_what_is_selected(driven):
    ids = caution(driven, 2)
    driven.select(ids)
    driven.say("use_kept", name="gone", add=False)
    assert driven.state.leads.picked.ids == tuple(ids)
    assert "no longer exists" in driven.view()["head"]["answer"]["text"]


def test_a_plan_that_takes_back_is_out_of_date_once_something_else_is_chosen(driven):
    ids = of_reason(driven, "Duplicate")[:3]
    driven.plan(ids, "test", reason="own", own_reason="mine")
    driven.run()
    done = driven.state.processing.run.id
    driven.say("undo_run")
    view = driven.view()["processing"]
    assert done in view["plan"]["takes_back"]
    assert not view["stale"]
    driven.say("confirm", on=True)
    assert driven.view()["processing"]["blockers"] == []
    driven.select(caution(driven, 2))
    view = driven.view()["processing"]
    assert "The selection has changed" in view["stale"]
    assert not view["confirmed"]
    driven.say("confirm", on=True)
    driven.say("run", fingerprint=driven.fingerprint())
    assert driven.state.processing.run is None
    assert [len(driven.server.effects(lead_id)) for lead_id in ids] == [1, 1, 1]


def test_a_tick_and_a_name_are_for_the_plan_that_was_seen(driven):
    ids = driven.server.lead_ids(status="Valid", delivery="Not Delivered")[:3]
    driven.plan(ids[:1], "delivered")
    seen = driven.fingerprint()
    driven.plan(ids, "delivered")
    texts = driven.state.texts_version
    driven.say("confirm", on=True, fingerprint=seen)
    driven.say("signature", text="Ana Lopes", fingerprint=seen)
    view = driven.view()["processing"]
    assert not view["confirmed"]
    assert driven.state.texts()["signature"] == ""
    assert driven.state.texts_version > texts  # the page is told that nothing of it was taken
    assert {"Sign with your printed name.", "Tick the box to confirm."} <= set(view["blockers"])


def test_what_was_done_is_said_whatever_is_entered_meanwhile(driven):
    ids = caution(driven, 3)
    driven.plan(ids, "test", reason="own", own_reason="mine", comment="Looked at")
    assert "With the comment “Looked at” on 3 leads." in driven.view()["processing"]["plan"]["warnings"]
    driven.run()
    driven.say("action", kind="invalid")
    driven.say("reason", value="listed:Duplicate")
    view = driven.view()["processing"]
    assert view["run"]["what"] == "This run: Test, reason mine (own words): 3 leads."
    assert "Test, reason mine" in view["summary"]


def test_after_a_run_nothing_is_expected_of_leads_as_they_were_loaded(driven):
    driven.say("filter", name="status", values=["Caution"])
    driven.say("load", go_on=False)
    ids = list(driven.state.leads.frame.index[:3])
    driven.plan([int(i) for i in ids], "test", reason="own", own_reason="mine")
    assert driven.view()["type"]["estimate"]
    driven.run()
    assert driven.view()["type"]["estimate"] == ""


def test_while_a_run_goes_on_there_is_no_preview(driven):
    ids = caution(driven, 2)
    gate = Gate("before intent")
    driven.session._on_step = gate
    driven.plan(ids, "test", reason="own", own_reason="mine")
    driven.say("run", fingerprint=driven.fingerprint())
    assert driven.view()["type"]["blockers"] == ["A run is in progress. Wait until it ends, or stop it in step 3."]
    gate.open()
    assert driven.state.processing.run.wait(60)
    assert driven.view()["type"]["blockers"] == []
