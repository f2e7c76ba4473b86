"""What plans and results say in words: for one lead, for several, and for those that are not sent."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr


@pytest.mark.parametrize(
    ("delivered", "billed", "said"),
    [
        (1, 1, "1 of these is delivered, and billed to the advertiser."),
        (1, 0, "1 of these is delivered, and not billed to the advertiser."),
        (3, 0, "3 of these are delivered, none of them billed to the advertiser."),
        (3, 1, "3 of these are delivered, 1 of them billed to the advertiser."),
        (3, 3, "3 of these are delivered, all of them billed to the advertiser."),
    ],
)
def test_the_warning_for_delivered_leads_is_right_for_one_and_for_several(sandbox, session, delivered, billed, said):
    ids = sandbox.server.lead_ids(status="Valid", delivery="Delivered")[:delivered]
    for n, lead_id in enumerate(ids):
        sandbox.server.change(lead_id, advertiser_billable=n < billed)
    assert said in session.plan(cvtr.mark_invalid("Duplicate"), ids).warnings


def test_what_is_not_sent_says_why_in_words(sandbox, session):
    flagged = sandbox.server.lead_ids(status="Caution")[0]
    session.run(session.plan(cvtr.mark_test("Trial"), [flagged]), confirm=True)
    run = session.run(session.plan(cvtr.mark_test("Trial"), [flagged, 999_999_999]))
    assert run.results.detail[999_999_999] == "not found: deleted, or not visible to you"
    assert run.results.detail[flagged].startswith("already so: ")


def test_a_script_hears_of_what_was_not_taken_of_its_file(sandbox, session, tmp_path):
    wanted_id = sandbox.server.lead_ids(status="Caution")[0]
    path = tmp_path / "returned.csv"
    path.write_text(f"Lead ID,CPL\n{wanted_id},2\n1.23E+08,1\n16,745,3\n", encoding="utf-8")
    plan = session.plan(cvtr.mark_test("Trial"), path)
    assert [entry.lead_id for entry in plan.entries] == [wanted_id]
    said = "2 leads were not taken: session.select(...).rejected_frame shows which and why."
    assert said in plan.warnings
    assert said in session.pull(ids=path).attrs["notes"]


def test_a_mark_that_stands_already_is_said_to_stand(sandbox, session):
    lead_id = sandbox.server.lead_ids(status="Invalid")[0]
    session.run(session.plan(cvtr.mark_other("Replacement"), [lead_id]), confirm=True)
    plan = session.plan(cvtr.mark_other("Replacement"), [lead_id])
    assert plan.entries[0].why == "the mark and its comment are set this way"
