"""Each of the eight actions in the browser, from the first click to the results; what became of the leads is asked of the sandbox."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kept_page


def caution(sandbox, number):
    return sandbox.lead_ids(status="Caution")[:number]


def first_reason(sandbox, kind):
    return next(iter(sandbox.reasons(kind).values()))


def go_through(panel, ids, action, fields, **confirmation):
    panel.type_ids(", ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose(action, **fields)
    panel.preview()
    panel.run(**confirmation)


@pytest.mark.parametrize(("kind", "status"), [("valid", "Valid"), ("invalid", "Invalid"), ("test", "Test")])
def test_flags_with_a_listed_reason(open_panel, sandbox, kernel_eval, kind, status):
    ids = caution(sandbox, 3)
    panel = open_panel()
    reason = "Returned" if kind == "invalid" else first_reason(sandbox, kind)
    fields = {"reason": reason, **({"category": "No budget"} if kind == "invalid" else {}), "comment": "seen by hand"}
    go_through(panel, ids, kind, fields, confirm=kind != "test")
    assert panel.outcomes() == {"confirmed": 3}
    for lead_id in ids:
        lead = sandbox.lead(lead_id)
        assert (lead["status"], lead["reason"], lead["comment"]) == (status, reason, "seen by hand")
        assert len(sandbox.effects(lead_id)) == 1
    if kind == "invalid":
        assert {sandbox.lead(lead_id)["category"] for lead_id in ids} == {"No budget"}
    found = kernel_eval("[[int(i), str(o)] for i, o in panel.results['outcome'].items()]")
    assert sorted(found) == sorted([lead_id, "confirmed"] for lead_id in ids)


def test_invalid_with_a_reason_of_ones_own(open_panel, sandbox):
    ids = caution(sandbox, 2)
    panel = open_panel()
    go_through(panel, ids, "invalid", {"reason": "My own words …", "own_reason": "asked us to forget them"})
    assert panel.outcomes() == {"confirmed": 2}
    assert {sandbox.lead(lead_id)["reason"] for lead_id in ids} == {"asked us to forget them"}


def test_valid_with_integrations_of_each_leads_own_campaign(open_panel, sandbox):
    by_campaign = {}
    for lead_id in sandbox.lead_ids(status="Caution"):
        by_campaign.setdefault(sandbox.lead(lead_id)["campaign_id"], lead_id)
    ids = list(by_campaign.values())[:2]
    panel = open_panel()
    panel.type_ids("\n".join(map(str, ids)))
    panel.selected(2)
    panel.next()
    panel.choose("valid", reason=first_reason(sandbox, "valid"))
    boxes = panel(".cvtr-integrations input[data-job]")
    boxes.first.wait_for()
    chosen = {int(box.get_attribute("data-job")) for box in boxes.all()}
    for box in boxes.all():
        box.check()
    panel.preview()
    panel.run()
    assert panel.outcomes() == {"confirmed": 2}
    sent = [set(sandbox.lead(lead_id)["integrations_sent"]) & chosen for lead_id in ids]
    assert all(sent)
    assert not sent[0] & sent[1]  # each lead went to its own campaign's integrations only


def test_delivered_and_undelivered_are_signed(open_panel, sandbox):
    ids = sandbox.lead_ids(status="Valid", delivery="Not Delivered")[:2]
    panel = open_panel()
    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(2)
    panel.next()
    panel.choose("delivered")
    panel.preview()
    assert panel.texts(".cvtr-ask .cvtr-why li") == ["Sign with your printed name.", "Tick the box to confirm."]
    panel(".cvtr-run").click(force=True)  # disabled: nothing happens
    panel.run(signature="Ana Example")
    assert panel.outcomes() == {"confirmed": 2}
    for lead_id in ids:
        lead = sandbox.lead(lead_id)
        assert (lead["delivery"], lead["advertiser_billable"]) == ("Delivered", True)
        (effect,) = sandbox.effects(lead_id)
        assert (effect["call"], effect["signature"]) == ("leads-bulk-deliver", "Ana Example")
    panel.press(".cvtr-start-over")
    panel.step(1)
    go_through(panel, ids, "undelivered", {}, signature="Ana Example")
    assert panel.outcomes() == {"confirmed": 2}
    assert {sandbox.lead(lead_id)["delivery"] for lead_id in ids} == {"Not Delivered"}


def test_replacement_and_back(open_panel, sandbox):
    ids = caution(sandbox, 2)
    panel = open_panel()
    go_through(panel, ids, "other", {"reason": "Replacement", "comment": "for 4711"}, confirm=False)
    assert panel.outcomes() == {"confirmed": 2}
    assert {sandbox.lead(lead_id)["replacement"] for lead_id in ids} == {"Replacement"}
    panel.press(".cvtr-start-over")
    go_through(panel, ids, "other", {"reason": "None (remove the mark)"}, confirm=False)
    assert panel.outcomes() == {"confirmed": 2}
    assert {sandbox.lead(lead_id)["replacement"] for lead_id in ids} == {None}


def test_reprocess(open_panel, sandbox):
    ids = caution(sandbox, 2)
    before = [sandbox.lead(lead_id)["processing_counter"] for lead_id in ids]
    panel = open_panel()
    go_through(panel, ids, "reprocess", {})
    assert panel.outcomes() == {"confirmed": 2}
    assert [sandbox.lead(lead_id)["processing_counter"] for lead_id in ids] == [n + 1 for n in before]


def test_delete_takes_the_number(open_panel, sandbox):
    ids = caution(sandbox, 3)
    panel = open_panel()
    panel.type_ids(",".join(map(str, ids)))
    panel.selected(3)
    panel.next()
    panel.choose("delete")
    panel.preview()
    panel(".cvtr-confirm").check()
    panel(".cvtr-confirm-count").fill("30")
    panel.root.get_by_text("Type the number of leads that will be deleted: 3.").wait_for()
    assert not any(sandbox.lead(lead_id)["deleted"] for lead_id in ids)
    panel.run(count="3")
    assert panel.outcomes() == {"confirmed": 3}
    assert all(sandbox.lead(lead_id)["deleted"] for lead_id in ids)
