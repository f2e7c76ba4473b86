"""``LookPanel`` as its page drives it: questions are answered in order, clicks select, and what makes no sense does nothing."""

from __future__ import annotations

import queue
from datetime import UTC, datetime

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.insight.look_panel import GROUPS, QUESTIONS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Look:
    """A ``LookPanel`` whose page is this test: what it is sent is kept."""

    def __init__(self, source) -> None:
        self.widget = cvtr.LookPanel(source)
        self.sent: queue.Queue[dict] = queue.Queue()
        self.widget.send = lambda content, _buffers=None: self.sent.put(content)  # where a page would be

    def say(self, kind, **fields):
        self.widget._handle_custom_msg({"kind": kind, **fields}, [])

    def hear(self, *kinds):
        while True:
            message = self.sent.get(timeout=60)
            if message["kind"] in kinds:
                return message


@pytest.fixture(scope="module")
def world():
    with cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=NOW) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        yield session, session.pull()


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_answered_and_its_rows_select(world, question):
    _, leads = world
    look = Look(leads)
    look.say("ask", question=question, by="sub_id")
    message = look.hear("chart", "said")
    assert message["kind"] == "chart", message
    row = message["rows"][0]
    look.say("pick", key={name: row[name] for name in message["keys"]})
    wanted = row.get("leads", row.get("total"))
    assert look.hear("picked")["leads"] == wanted == len(look.widget.picked)


def test_a_finding_is_selected_and_callbacks_hear_of_it(world):
    _, leads = world
    look, heard = Look(leads), []
    look.widget.on_select(heard.append)
    look.say("hello")
    assert look.hear("choices") == {"kind": "choices", "questions": ["findings", *QUESTIONS], "groups": list(GROUPS)}
    look.say("ask", question="findings", by="publisher")
    message = look.hear("findings", "said")
    assert [row["sentence"] for row in message["rows"]] == [f.sentence for f in cvtr.insight.findings(leads)]
    look.say("finding", place=0)
    assert heard == [look.widget.findings[0].leads] == [look.widget.picked]
    text = repr(message)
    assert not [e for e in leads["email"] if e in text]


def test_the_panel_selects_what_is_clicked(world):
    session, _ = world
    panel = cvtr.LeadPanel(session)
    look = Look(panel)
    look.say("ask", question="breakdown", by="publisher")
    assert "Load some in step 1" in look.hear("said")["text"]
    panel.select([160_001])
    assert len(panel.selection.ids) == 1
    panel.close()


@pytest.mark.parametrize(
    "message", [{"kind": "pick", "key": {"publisher": "x"}}, {"kind": "finding", "place": 99}, {"kind": "ask", "question": "money", "by": "x"},
                {"kind": "ask", "question": "breakdown", "by": "email"}, {"kind": "x"}, {}],
)  # fmt: skip
def test_what_makes_no_sense_selects_nothing_and_says_so(world, message):
    _, leads = world
    look = Look(leads)
    look.widget._handle_custom_msg(message, [])
    assert look.hear("said")["text"]
    assert look.widget.picked == ()


def test_a_newer_question_ends_the_one_before(world):
    _, leads = world
    look = Look(leads)
    look.say("ask", question="findings", by="publisher")
    look.say("ask", question="breakdown", by="publisher")
    assert look.hear("chart", "findings", "said")["kind"] == "chart"
    look.say("ask", question="findings", by="publisher")
    look.say("stop")
    assert look.hear("findings", "said")["kind"] in {"said", "findings"}
