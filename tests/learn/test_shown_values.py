"""Learning by showing: what the platform's page shows of some leads, before and after they were changed there."""

from __future__ import annotations

import contextlib

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.dialect.default import load_dialect
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.conftest import HERE as DIALECTS
from tests.dialect.conftest import connected
from tests.dialect.services import SERVICES


@pytest.fixture
def texts():
    """A service with other names and words, and the file by which we speak to it."""
    with SandboxServer(leads=300, seed=5, speech=SERVICES["texts"]) as server:
        yield server


@pytest.fixture
def session_of(texts):
    """Makes sessions there, and closes them."""
    with contextlib.ExitStack() as stack:

        def make(dialect: object = DIALECTS / "texts.toml") -> cvtr.LeadSession:
            return cvtr.LeadSession(stack.enter_context(connected(texts, dialect)), progress=False)

        yield make


def two(session: cvtr.LeadSession, status: str = "Valid") -> list[int]:
    frame = session.pull()
    return [int(lead) for lead in frame[frame["current_status"] == status].index[:2]]


def flag(session: cvtr.LeadSession, lead: int, reason: str, comment: str) -> None:
    run = session.run(session.plan(cvtr.mark_invalid(reason, comment=comment), [lead]), confirm=True)
    assert run.results["outcome"].tolist() == ["confirmed"]


def test_two_leads_flagged_on_the_page_teach_reason_comment_and_the_words_of_the_status(session_of, tmp_path):
    page = session_of()
    one, other = two(page)
    # What we connect with has the default's places, which this service does not have.
    guess = _without_fields(tmp_path)
    mine = session_of(guess)
    watch = mine.watch([one, other])
    flag(page, one, "No such company", "called twice")
    page.run(page.plan(cvtr.mark_test("Our own test", comment="from the office"), [other]), confirm=True)
    lesson = watch.learn(
        {
            "reason": {one: "No such company", other: "Our own test"},
            "comment": {one: "called twice", other: "from the office"},
            "status": {one: "Invalid", other: "Test"},
        }
    )
    new = lesson.frame["new"].to_dict()
    assert new["fields.reason"] == '["why"]'
    assert new["fields.comment"] == '["remark"]'
    assert new["fields.status"] == '["current"]'
    path = cvtr.save_lesson(lesson, "acme", to=guess)
    known = load_dialect(path)
    assert known.value("fields", "reason") == ["why"]
    again = session_of(path).pull(ids=[one, other])
    assert again.loc[one, ["current_status", "reason", "comment"]].tolist() == ["Invalid", "No such company", "called twice"]


def _without_fields(tmp_path):
    text = (DIALECTS / "texts.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("reason =", "comment =", "status =", "statuses ="))]
    path = tmp_path / "guess.toml"
    path.write_text("\n".join(kept), encoding="utf-8")
    return path


def test_changed_says_what_changed_and_nothing_else(session_of):
    page = session_of()
    one, other = two(page)
    watch = page.watch([one, other])
    assert watch.changed().empty
    flag(page, one, "No such company", "called twice")
    changed = watch.changed()
    assert set(changed.index) == {one}
    assert {"why", "remark", "current"} <= set(changed["place"])
    row = changed.set_index("place").loc["why"]
    assert row.tolist() == ["", "No such company"]


def test_one_lead_that_did_not_change_is_too_little_to_go_by(session_of):
    page = session_of()
    (one, _) = two(page)
    lesson = page.watch([one]).learn({"currency": {one: "GBP"}})
    assert lesson.proposals == [] or lesson.frame["same"].all()
    lesson = page.watch([one]).learn({"category": {one: "valid"}})  # the status says so as well, and is no category
    assert lesson.proposals == []
    assert "show another lead" in " ".join(lesson.notes)


def test_where_two_places_fit_nothing_is_guessed(session_of, tmp_path):
    page = session_of()
    one, other = two(page)
    watch = page.watch([one, other])
    # The same words as reason and as comment: nothing tells which place is which.
    flag(page, one, "Same words", "Same words")
    flag(page, other, "Other words", "Other words")
    asked: list[tuple[str, list[str]]] = []

    def ask(question, options):
        asked.append((question, list(options)))
        return options.index("why")

    shown = {"second_check_status": {one: "Same words", other: "Other words"}}
    unasked = watch.learn(shown)
    assert unasked.proposals == []
    assert "could be any of" in " ".join(unasked.notes)
    lesson = watch.learn(shown, ask=ask)
    assert {"why", "remark"} <= set(asked[0][1])
    assert lesson.frame["new"].to_dict() == {"fields.second_check_status": '["why"]'}


def test_a_place_in_force_that_is_empty_for_these_leads_stays_as_the_second(session_of, tmp_path):
    page = session_of()
    one, other = two(page)
    path = tmp_path / "two.toml"
    path.write_text(
        (DIALECTS / "texts.toml").read_text(encoding="utf-8").replace('reason = ["why"]', 'reason = ["whyExactly"]'),
        encoding="utf-8",
    )
    mine = session_of(path)
    watch = mine.watch([one, other])
    flag(page, one, "No such company", "a")
    flag(page, other, "Never heard of us", "b")
    lesson = watch.learn({"reason": {one: "No such company", other: "Never heard of us"}})
    assert lesson.frame["new"].to_dict()["fields.reason"] == '["why", "whyExactly"]'


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"price": {160185: "3"}}, "no field 'price'"),
        ({"status": {}}, "Nothing is shown"),
        ({"status": {1: "Valid"}}, "was not read"),
        ({"status": "Valid"}, "is given as"),
        (["status"], "is given as"),
    ],
)
def test_what_makes_no_sense_is_said(session_of, shown, words):
    session = session_of()
    lead = two(session)[0]
    with pytest.raises(CaptureError, match=words):
        session.watch([lead]).learn(shown)
    with pytest.raises(CaptureError, match="is not a known status"):
        session.watch([lead]).learn({"status": {lead: "Fine"}})


def test_more_leads_than_one_can_compare_are_refused(session_of):
    session = session_of()
    with pytest.raises(CaptureError, match="at most 10"):
        session.watch(session.pull().index[:11])
