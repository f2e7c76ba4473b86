"""Whatever is pressed and cannot be done is answered, and the answer says which press it is of: the page shows it there."""

from __future__ import annotations

import pytest

from cvtr_widgets import mark_valid
from cvtr_widgets.panel.link.messages import KINDS, read_message

PRESS = ("a-page", 7)
REFUSED: dict[str, dict[str, object]] = {
    "go": {"step": 3},
    "load": {"go_on": False},
    "tick": {"ids": ["299111"], "on": True},
    "invert": {"ids": ["299111"]},
    "select_loaded": {"version": 999},
    "select_matching": {"version": 999},
    "narrow": {"column": "no such column", "wanted": {"kind": "contains", "text": "x"}},
    "columns": {"names": ["no such column"]},
    "save_view": {"name": ""},
    "use_view": {"name": "gone"},
    "past_undo": {"which": "week:2026-W01", "nearest": False},
    "jump": {"text": "299111"},
    "keep": {"name": ""},
    "use_kept": {"name": "gone", "add": False},
    "use_decided": {"mark": "valid"},
    "decide": {"id": "299111", "mark": "valid"},
    "undo_selection": {},
    "file_column": {"name": "gone.csv", "column": "Lead ID"},
    "file_sheet": {"name": "gone.xlsx", "sheet": "Leads"},
    "add_odd": {"key": "gone"},
    "preview": {},
    "confirm": {"on": True, "fingerprint": "another"},
    "count": {"text": "3", "fingerprint": "another"},
    "signature": {"text": "A Name", "fingerprint": "another"},
    "run": {"fingerprint": "another"},
    "cancel": {},
    "pause": {"on": True},
    "again": {},
    "agree": {"place": 0, "on": True, "fingerprint": "another"},
    "first": {"fingerprint": "another"},
    "undo_run": {},
    "undo_several": {"by": "day", "nearest": False},
    "select_rest": {"place": 0, "of": "run"},
    "resume": {"run": "gone", "send": True, "comment": ""},
    "watch": {"run": "gone"},
    "past_rest": {"run": "gone"},
    "to_results": {},
}
"""Of a panel without plan and run, in which the first day is half-typed."""
NEVER_REFUSED = {
    "hello", "ping",  # nobody presses them
    "filter", "source", "day", "range", "search", "page", "size", "only", "marked_only", "narrow_none", "ask_counts", "drop_view", "drop_kept",
    "select_none", "drop_file", "detail_close", "past_hide", "stop", "include", "verify", "action", "reason", "own_reason", "category", "comment",
    "integration", "ids", "detail_step", "sort",  # what they set or take away is seen at once
    "refresh", "look_up", "detail", "lists_again", "look_again",  # they read, and what fails is told by the job (see below)
    "upload",  # tests/panel/steps/test_file_imports.py
    "ahead", "look", "look_open",  # nobody presses them either: pages beside the one shown, and the Look section's own
    "returns_column", "returns_advertiser", "returns_map", "returns_choose", "returns_window", "returns_stop", "returns_close",
    "returns_preview", "plan_include", "plan_stop", "rule_stop", "plan_save", "plan_back",  # their sections say in their own lines what is missing
    "returns_sheet", "past_undo_look", "past_undo_stop", "exception",  # likewise: tests/panel/steps
    "export", "export_rejected",  # of the widget: tests/browser/test_answers.py
    "start_over", "same_again",  # while a run is under way: below
}  # fmt: skip


def press(driven, kind, fields):
    driven.state.handle(*read_message({"v": 1, "kind": kind, "is": fields}), asker=PRESS)
    assert driven.state.jobs.wait()


def answers(view):
    """Every answer in a view, wherever it stands."""
    found = [view] if isinstance(view, dict) and {"text", "asked"} <= view.keys() else []
    parts = view.values() if isinstance(view, dict) else view if isinstance(view, list) else ()
    return [*found, *(one for part in parts for one in answers(part))]


def test_each_kind_of_press_is_known_here():
    assert KINDS.keys() == REFUSED.keys() | NEVER_REFUSED


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_done_is_answered_at_its_press(driven, kind):
    driven.say("day", name="created_after", value="half-typed")
    press(driven, kind, REFUSED[kind])
    (said,) = answers(driven.view())
    assert said["asked"] == list(PRESS)
    assert said["text"].endswith(".")
    driven.say("ask_counts", column="")
    assert kind in {"resume", "watch", "run"} or not answers(driven.view()), "it stands until the next press"


@pytest.mark.parametrize(("kind", "fields"), [("load", {"go_on": False}), ("detail", {"id": "299111"}), ("look_again", {})])
def test_what_fails_later_is_answered_at_its_press_too(driven, kind, fields):
    driven.server.stop()
    press(driven, kind, fields)
    found = answers(driven.view())
    assert kind == "look_again" or [said["asked"] for said in found] == [list(PRESS)]


def test_an_answer_for_one_page_is_not_taken_away_by_another(driven):
    press(driven, "jump", {"text": "299111"})
    driven.state.handle(*read_message({"v": 1, "kind": "narrow_none", "is": {}}), asker=("another", 3))
    assert "not among the loaded leads" in driven.view()["head"]["answer"]["text"]


def test_what_stays_different_after_an_undo_can_be_selected_and_given_its_reason(driven):
    server = driven.server
    ids = server.lead_ids(status="Valid")[:4]
    with_reason, without = ids[:2], ids[2:]
    driven.session.run(driven.session.plan(mark_valid("Good lead"), with_reason), confirm=True)
    for lead_id in without:
        server.change(lead_id, reason=None)
    driven.plan(ids, "invalid", reason="own", own_reason="by mistake")
    driven.say("confirm", on=True)
    driven.run()
    driven.say("undo_run")
    view = driven.view()["processing"]
    assert view["plan"]["will_change"] == 2
    (rest,) = view["rest"]
    assert rest["text"] == "2 leads stay different: they were Valid without a reason, and a flag needs one."
    assert rest["button"] == "Give these 2 a reason …"
    driven.say("select_rest", place=0, of="run")
    assert driven.state.leads.picked.ids == tuple(without)
    assert (driven.view()["step"], driven.view()["type"]["action"]) == (2, "valid")


def test_two_pages_that_type_ids_at_once_are_told_and_nothing_is_lost(driven):
    first, second = driven.server.lead_ids()[:2]

    def typed(page, text):
        driven.state.handle(*read_message({"v": 1, "kind": "ids", "is": {"text": text}}), asker=(page, 1))
        assert driven.state.jobs.wait()

    typed("one", str(first))
    assert not driven.view()["leads"]["selected"]["typed_notes"]
    typed("two", str(second))
    assert driven.state.leads.picked.ids == (second,)
    (note,) = driven.view()["leads"]["selected"]["typed_notes"]
    assert note.startswith("Two pages typed in LEAD ID(S) at the same time.")
    typed("two", f"{second} ")  # goes on typing
    assert driven.view()["leads"]["selected"]["typed_notes"] == [note]
    driven.say("undo_selection")
    driven.say("undo_selection")
    assert (driven.state.leads.text, driven.state.leads.picked.ids) == (str(first), (first,))
    assert not driven.view()["leads"]["selected"]["typed_notes"]
    typed("one", f"{first} {second}")
    typed("one", f"{first}")
    assert not driven.view()["leads"]["selected"]["typed_notes"]
