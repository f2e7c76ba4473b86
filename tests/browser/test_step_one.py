"""Step 1 at a glance: what is said of a list that is not whole, and how much of it is seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox.faults.faults import Mishap

pytestmark = pytest.mark.kept_page


def test_a_list_that_is_not_whole_says_so_in_the_line_of_its_count(open_panel, sandbox, screenshot):
    panel = open_panel()
    sandbox.mishaps = [Mishap("leads", "slow", nth=3, seconds=10.0)]
    panel(".cvtr-load").click()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text(
        re.compile("1–50 shown · (100|200) of 300 loaded so far, still loading")
    )
    expect(panel(".cvtr-select-matching")).to_have_text(re.compile("all (100|200) loaded so far; wait for the rest"))
    expect(panel(".cvtr-select-matching")).to_have_attribute("aria-disabled", "true")
    screenshot("still-loading")
    panel(".cvtr-step-leads .cvtr-working .cvtr-stop").click()
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("of 300 loaded; then you stopped it")
    expect(panel(".cvtr-table .cvtr-where")).to_contain_text("incomplete: ")
    expect(panel(".cvtr-select-matching")).to_contain_text("(incomplete)")
    sandbox.mishaps = []
    panel.load()
    expect(panel(".cvtr-table .cvtr-where")).to_have_text("1–50 of 300")
    expect(panel(".cvtr-select-matching")).to_have_text("all 300 loaded")
