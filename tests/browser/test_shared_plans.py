"""A plan between two people and their two notebooks, an exception from the policy, and a week that is taken back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.panel import CELL
from tests.browser.test_accessibility import judged
from tests.browser.test_honest_panel import flag
from tests.browser.test_stories import changed

CAP = '[[caps]]\nname = "Tests"\nactions = ["test"]\nby = "all"\nperiod = "day"\nleads = 3\n[exceptions]\nby = ["Mary Manager"]\n'
POLICY = "import os, pathlib\npathlib.Path('policy.toml').write_text({!r})\nos.environ['CVTR_POLICY'] = str(pathlib.Path('policy.toml').resolve())"


DROPPED = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    return data;
}"""


def drop_file(panel, path, selector):
    """Drag a file onto a control and let it go there."""
    data = panel.page.evaluate_handle(DROPPED, [path.name, path.read_text(encoding="utf-8")])
    panel(selector).dispatch_event("dragover", {"dataTransfer": data})
    expect(panel(selector)).to_have_class(re.compile("cvtr-drop"))
    panel(selector).dispatch_event("drop", {"dataTransfer": data})


def test_saved_by_one_opened_signed_run_by_another_and_its_week_taken_back(open_panel, sandbox, tmp_path, screenshot):
    maker = open_panel(role="agency")
    maker.load(status="Invalid")
    ids = [i for i in maker.rows() if sandbox.lead(i)["reason"] not in {None, "", "Returned"}][:5]
    before = [sandbox.lead(i)["reason"] for i in ids]
    assert len(ids) == 5
    flag(maker, ids, "test", reason="Test lead")
    maker(".cvtr-save-plan-box summary").click()
    maker(".cvtr-save-plan-text").fill("Agreed with the advertiser")
    with maker.page.expect_download() as coming:
        maker.press(".cvtr-save-plan")
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    assert path.suffix == ".cvtr-plan"

    signer = open_panel(cells=[POLICY.format(CAP), CELL.format(role="admin")])
    drop_file(signer, path, ".cvtr-open-plan")
    signer.step(3)
    expect(signer(".cvtr-made")).to_contain_text("Made by user:2")
    expect(signer(".cvtr-made")).to_contain_text("Agreed with the advertiser")
    expect(signer(".cvtr-exception")).to_contain_text("The policy stops 2 leads of this plan")
    screenshot("opened-plan-1280", ".cvtr-panel")
    wrong = judged(signer)
    signer(".cvtr-exception-name").fill("Tom Typist")
    signer(".cvtr-exception-reason").fill("Agreed with the buyer")
    signer.press(".cvtr-make-exception")
    expect(signer(".cvtr-exception .cvtr-problem")).to_contain_text("only allows Mary Manager to make exceptions. Ask them.")
    signer(".cvtr-exception-name").fill("Mary Manager")
    signer.press(".cvtr-make-exception")
    expect(signer(".cvtr-exception")).to_be_hidden()
    expect(signer(".cvtr-warnings")).to_contain_text(
        "Exception from the policy by Mary Manager for 2 leads: Agreed with the buyer"
    )
    signer.run(signature="Mary Manager", confirm=False)
    assert signer.outcomes() == {"confirmed": 5}
    assert changed(sandbox, sandbox.lead_ids()) == set(ids)

    signer.press(".cvtr-start-over")
    signer.step(1)
    signer(".cvtr-past-undo-box summary").click()
    week = signer(".cvtr-past-undo-which option[value^='week:']")
    expect(week).to_have_text("Week " + week.get_attribute("value").removeprefix("week:") + ": 1 run, 5 leads sent")
    signer(".cvtr-past-undo-which").select_option(week.get_attribute("value"))
    screenshot("past-undo-1280", ".cvtr-panel")
    wrong += judged(signer)
    signer.press(".cvtr-past-undo:not(details)")
    signer.step(3)
    expect(signer(".cvtr-takes-back")).to_contain_text("This plan undoes run ")
    expect(signer(".cvtr-verdicts .cvtr-tile").first).to_contain_text("5")
    signer.run()
    assert signer.outcomes() == {"confirmed": 5}
    assert [sandbox.lead(i)["reason"] for i in ids] == before
    assert not wrong, "\n".join(wrong)
