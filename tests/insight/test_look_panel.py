"""``LookPanel`` as its page drives it: questions are answered in order, clicks select, and what makes no sense does nothing."""

from __future__ import annotations

import io
import json
import queue
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.insight.look_questions import QUESTIONS, changed
from cvtr_widgets.insight.look_state import LookState

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Look:
    """A ``LookPanel`` whose page is this test: what it is sent is kept."""

    def __init__(self, source) -> None:
        self.widget = cvtr.LookPanel(source)
        self.sent: queue.Queue[dict] = queue.Queue()
        self.widget.send = lambda content, _buffers=None: self.sent.put(content)  # where a page would be

    def say(self, kind, **fields):
        self.widget._handle_custom_msg({"kind": kind, **fields}, [])

    def hear(self, done):
        """The first message for which ``done(kind, is)`` says so."""
        while True:
            message = self.sent.get(timeout=60)
            if done(message["kind"], message.get("is", {})):
                return message["is"]

    def answer(self):
        return self.hear(lambda kind, said: kind == "answer" and said["kind"] != "none")

    def said(self):
        return self.hear(lambda kind, said: kind == "look" and bool(said["said"]))["said"]


@pytest.fixture(scope="module")
def world():
    with cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=NOW) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        yield session, session.pull()


@pytest.mark.parametrize(("question", "by"), [(q, by) for q, (_, groups, _) in QUESTIONS.items() for by in groups])
def test_each_question_is_answered_by_all_its_groups_and_rows_select(world, question, by):
    _, leads = world
    picked = []
    state = LookState(lambda: leads, lambda ids, words: picked.append((ids.tolist(), words)), lambda: None)
    state.ask(question, by)
    assert state.wait()
    message = state.message()
    if message["kind"] == "none":  # a question may have no answer, and says why
        assert {"funnel": "Group by something else", "compare_7": "from the last 7 days"}[question] in state.view()["said"]
        return
    row = message["rows"][0]
    state.handle({"kind": "pick", "key": {name: row[name] for name in message["keys"]}})
    ids, words = picked[-1]
    assert len(ids) == row.get("leads", row.get("total", row.get("now")))
    assert ids == sorted(set(ids))
    assert words in state.view()["said"]


def test_a_finding_is_selected_and_callbacks_hear_of_it(world):
    _, leads = world
    look, heard = Look(leads), []
    look.widget.on_select(heard.append)
    look.say("hello")
    assert [one[0] for one in look.hear(lambda kind, _: kind == "look")["questions"]] == list(QUESTIONS)
    look.say("ask", question="findings", by="")
    message = look.answer()
    assert [row["sentence"] for row in message["rows"]] == [f.sentence for f in cvtr.insight.findings(leads)]
    look.say("finding", place=0)
    assert heard == [look.widget.findings[0].leads] == [look.widget.picked]
    text = repr(message)
    assert not [e for e in leads["email"] if e in text]


def test_a_case_file_goes_to_the_view_that_asked_and_holds_the_finding(world):
    _, leads = world
    look = Look(leads)
    files = []
    look.widget.send = lambda content, buffers=None: (
        files.append((content, buffers)) if content["kind"] == "file" else None,
        look.sent.put(content),
    )
    look.say("ask", question="findings", by="", page="a")
    look.answer()
    look.say("evidence", place=1, page="a")
    assert look.said().endswith(".zip was sent to the browser.")
    ((message, (content,)),) = files
    finding = look.widget.findings[1]
    assert message["page"] == "a"
    assert message["name"].startswith(f"case-{finding.rule.replace('_', '-')}-")
    with zipfile.ZipFile(io.BytesIO(content)) as case:
        assert case.read("leads.csv").decode().split()[1:] == [str(i) for i in finding.leads]
        assert json.loads(case.read("finding.json"))["sentence"] == finding.sentence
        whole = b"".join(case.read(name) for name in case.namelist() if name != "chart.png").decode()
    assert not [e for e in leads["email"] if e in whole]


def test_a_change_closes_over_all_groups_and_says_of_which_days_it_is(world):
    _, leads = world
    middle = leads["date"].quantile(0.5)
    until = pd.Timestamp(leads.attrs["as_of"])
    days = (until - middle).days
    chart = changed(leads, "publisher", days=days)
    dates = leads["date"]
    now = leads[dates >= until - pd.Timedelta(days=days)]
    before = leads[(dates < until - pd.Timedelta(days=days)) & (dates >= until - pd.Timedelta(days=2 * days))]
    share = [(part["current_status"] == "Invalid").mean() for part in (before, now)]
    assert chart.table["contribution"].sum() == pytest.approx(share[1] - share[0], abs=1e-12)
    assert f"{100 * share[0]:.1f} % before, {100 * share[1]:.1f} % now" in chart.title
    assert [len(chart.leads_of(publisher=row["publisher"])) for row in chart.records()] == [row["now"] for row in chart.records()]
    assert chart.notes[0].startswith("No loaded lead is older than")  # the period before is not whole in this world


def test_money_is_by_currency_and_a_click_picks_the_billable_leads(world):
    _, leads = world
    chart = cvtr.insight.charts.money(leads)
    billable = leads[leads["billable_for_publisher"].fillna(False) | leads["billable_for_advertiser"].fillna(False)]
    for row in chart.records():
        mine = billable[(billable["lead_generator"] == row["publisher"]) & (billable["currency"] == row["currency"])]
        assert chart.leads_of(publisher=row["publisher"], currency=row["currency"]) == tuple(sorted(mine.index))
        billed = mine.loc[mine["billable_for_advertiser"].fillna(False), "advertiser_payout"]
        assert row["advertiser_money"] == str(sum(billed, Decimal("0.00")))
        assert row["leads"] == len(mine)


def test_the_panel_selects_what_is_clicked(world):
    session, _ = world
    panel = cvtr.LeadPanel(session)
    look = Look(panel)
    look.say("ask", question="breakdown", by="publisher")
    assert "Load some in step 1" in look.said()
    panel.select([160_001])
    assert len(panel.selection.ids) == 1
    panel.close()


@pytest.mark.parametrize(
    "message", [{"kind": "pick", "key": {"publisher": "x"}}, {"kind": "finding", "place": 99}, {"kind": "ask", "question": "money", "by": "x"},
                {"kind": "ask", "question": "breakdown", "by": "email"}, {"kind": "ask", "question": [], "by": {}}, {"kind": "x"}, {}],
)  # fmt: skip
def test_what_makes_no_sense_selects_nothing_and_says_so(world, message):
    _, leads = world
    look = Look(leads)
    look.widget._handle_custom_msg(message, [])
    assert look.said()
    assert look.widget.picked == ()


def test_a_newer_question_ends_the_one_before(world):
    _, leads = world
    look = Look(leads)
    look.say("ask", question="findings", by="")
    look.say("ask", question="breakdown", by="publisher")
    assert look.answer()["kind"] == "chart"
    look.say("ask", question="findings", by="")
    look.say("stop")
    look.widget._state.wait()
    assert look.widget._state.view()["job"] is None
    assert look.widget._state.message()["kind"] == "chart"  # what was there stays


def test_what_is_no_panel_and_no_frame_is_refused():
    with pytest.raises(cvtr.CvtrError, match="takes a LeadPanel"):
        cvtr.LookPanel([1, 2])
