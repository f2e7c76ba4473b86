"""What step 1 says of the leads that were loaded, and of the one whose detail is open."""

from __future__ import annotations


def test_that_no_lead_matches_is_said(driven):
    driven.say("day", name="created_before", value="2001-01-01")
    driven.say("load", go_on=False)
    assert driven.view()["leads"]["changed"] == "No lead matches these filters."
    driven.say("range", name="")
    driven.say("load", go_on=False)
    assert driven.view()["leads"]["changed"] == ""


def test_the_detail_goes_when_other_leads_are_loaded_or_a_run_has_changed_them(driven):
    ids = driven.server.lead_ids(status="Caution")[:2]
    driven.say("load", go_on=False)
    driven.say("detail", id=str(ids[0]))
    driven.say("refresh")
    assert driven.view()["leads"]["detail"]["found"] is not None
    driven.say("load", go_on=False)
    assert driven.view()["leads"]["detail"] is None
    driven.say("detail", id=str(ids[0]))
    driven.plan(ids, "test", reason="own", own_reason="x")
    driven.say("confirm", on=True)
    assert driven.run() == {"confirmed": 2}
    assert driven.view()["leads"]["detail"] is None
