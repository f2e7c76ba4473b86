"""``LeadTable`` alone: a frame or a session in, a selection of lead ids out, and a callback for each change."""

from __future__ import annotations

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArgumentError
from tests.runs.conftest import until


class Shown:
    """A table whose page is this test."""

    def __init__(self, *given, **more) -> None:
        self.widget = cvtr.LeadTable(*given, **more)
        self.sent: list[dict] = []
        self.widget.send = lambda content, _buffers=None: self.sent.append(content)  # where a page would be
        self._number = 0
        self.say("hello")

    def say(self, kind: str, **fields) -> None:
        self._number += 1
        self.widget._handle_custom_msg({"v": 1, "kind": kind, "is": fields, "n": self._number, "page": "p"}, [])

    def last(self, kind: str = "table") -> dict:
        return next(m for m in reversed(self.sent) if m["kind"] == kind)

    def rows(self) -> list[int]:
        return [int(row["id"]) for row in self.last()["rows"]["rows"]]


@pytest.fixture(scope="module")
def pulled():
    with cvtr.Sandbox(leads=300, seed=5) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        yield session, session.pull()


def test_ticks_are_a_selection_of_leads_and_callbacks_hear_of_each(pulled):
    _, leads = pulled
    table, heard = Shown(leads), []
    table.widget.on_selection(heard.append)
    first, second = table.rows()[:2]
    table.say("tick", ids=[str(first)], on=True)
    table.say("sort", table="leads", column="email", descending=False, add=False)
    table.say("tick", ids=[str(second)], on=True)
    assert table.widget.selection.ids == (first, second)
    assert [len(s) for s in heard] == [1, 2]
    table.say("search", text="caution")
    table.say("select_matching", version=table.last()["rows"]["matching_version"])
    caution = set(leads.index[leads["current_status"] == "Caution"])
    assert caution <= set(table.widget.selection.ids)
    assert table.widget.selection.origin[first] == "ticked"
    table.say("undo_selection")
    assert table.widget.selection.ids == (first, second)
    assert table.last()["view"]["selected"]["text"] == "2 leads selected"
    table.say("tick", ids=["999999999"], on=True)  # a lead that is not in the table
    assert table.widget.selection.ids == (first, second)


def test_a_callback_that_fails_ends_nothing(pulled):
    _, leads = pulled
    table, heard = Shown(leads), []
    table.widget.on_selection(lambda _: 1 / 0)
    table.widget.on_selection(heard.append)
    chosen = table.widget.select(leads.head(3))
    assert heard == [table.widget.selection]
    assert set(chosen.ids) == set(table.widget.selection.ids) == set(leads.index[:3])
    assert "3" in table.widget.select(leads.index[:3].tolist()).__repr__()


def test_a_session_reads_what_its_filters_say_and_shows_it(pulled):
    session, leads = pulled
    table = Shown(session, filters={"status": "Caution"})
    assert table.widget._state.jobs.wait()
    table.say("ping")
    assert set(table.widget.leads.index) == set(leads.index[leads["current_status"] == "Caution"])
    assert table.last()["view"]["reads"]
    plan = session.plan(cvtr.mark_test("Test lead"), table.widget.select(table.widget.leads.head(2)))
    assert len(plan.frame) == 2
    with pytest.raises(ArgumentError):
        cvtr.LeadTable(session, filters={"colour": "red"})


def test_frames_of_ones_own_are_shown_and_what_is_no_table_of_leads_is_refused(pulled):
    _, leads = pulled
    own = pd.DataFrame({"lead_id": [7_001, 7_002], "why": ["late", "odd"]})
    table = Shown(own)
    assert [c["name"] for c in table.last()["rows"]["columns"]] == ["lead_id", "why"]
    assert table.rows() == [7_001, 7_002]
    twice = pd.concat([leads.head(2), leads.head(1)])
    for wrong, words in ((twice, "one row of each"), ([1, 2], "LeadTable takes"), (pd.DataFrame({"x": ["a"]}), "lead")):
        with pytest.raises(cvtr.CvtrError, match=words):
            cvtr.LeadTable(wrong)
    with pytest.raises(ArgumentError, match="pandas"):
        cvtr.LeadTable(leads, filters={"status": "Valid"})


def test_nothing_of_a_lead_is_in_its_state_and_strange_messages_do_nothing(pulled):
    _, leads = pulled
    table = Shown(leads)
    table.say("tick", ids=[str(leads.index[0])], on=True)
    state = str(table.widget.get_state()) + repr(table.widget)
    assert str(leads.index[0]) not in state
    assert not [e for e in leads["email"] if e in state]
    for message in (
        None,
        [],
        {"v": 1, "kind": "run", "is": {"fingerprint": "x"}},
        {"v": 1, "kind": "tick", "is": {"ids": [1], "on": 2}},
    ):
        table.widget._handle_custom_msg(message, [])
    assert len(table.widget.selection) == 1


def test_a_first_search_of_many_goes_on_and_all_found_waits_for_its_end():
    many = 400_000  # more than one short look gets through
    emails = pd.Series([f"{n:06d}@x" for n in range(many)], dtype=object)
    table = Shown(pd.DataFrame({"email": emails}).set_index(pd.RangeIndex(1, many + 1, name="lead_id")))
    state = table.widget._state
    with state.lock:  # the search cannot end meanwhile
        state.handle("search", {"text": "00@x"})
        rows = state.table.message()
        assert rows["searching"] is True
        assert 0 < len(rows["rows"]) <= 50  # what one short look has found on this machine
        state.handle("select_matching", {"version": rows["matching_version"]})
        assert len(state.picked) == 0
        assert "still running" in state.view()["notes"][-1]
    assert state.jobs.wait()
    table.say("ping")
    rows = table.last()["rows"]
    assert (rows["searching"], rows["matching"]) == (False, many // 100)
    table.say("ahead", table="leads", edition=rows["edition"], pages=[1, 2])
    ahead = table.last("ahead")
    assert [one["page"] for one in ahead["rows"]] == [1, 2]
    table.say("page", table="leads", page=1)
    assert table.last()["rows"]["rows"] == ahead["rows"][0]["rows"]
    table.say("ahead", table="leads", edition=rows["edition"] - 1, pages=[2])
    assert table.last("ahead")["rows"] == []
    table.say("select_matching", version=rows["matching_version"])
    assert set(table.widget.selection.ids) == set(range(1, many, 100))


def test_a_tick_that_came_after_it_was_told_to_be_lost_is_not_made(pulled):
    table = Shown(pulled[1])
    late = {"v": 1, "kind": "tick", "is": {"ids": [str(table.rows()[0])], "on": True}, "n": 2, "page": "p"}
    table._number = 2
    table.say("ping")
    assert (table.last("heard")["missing"], table.last("heard")["lost"]) == ([(2, 2)], [])

    def told():
        table.say("ping")
        return table.last("heard")["lost"] == [(2, 2)]

    until(told)
    table.widget._handle_custom_msg(late, [])
    assert table.widget.selection.ids == ()
