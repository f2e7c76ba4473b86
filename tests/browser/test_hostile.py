"""What strangers typed stays text, in its cell: nothing of it runs, asks, draws, or moves what is beside it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cvtr_widgets.sandbox import Mishap, SandboxServer
from tests.hostile_strings import STRINGS

pytestmark = pytest.mark.kept_page

# Elements that the panel has no use for, or that only data could have made.
FOREIGN = """root => [...root.querySelectorAll('*')].filter(one =>
    ['IMG', 'SCRIPT', 'STYLE', 'IFRAME', 'OBJECT', 'EMBED', 'SVG', 'svg', 'MATH', 'math', 'A', 'LINK', 'META', 'BASE', 'FORM', 'VIDEO',
     'AUDIO', 'MARQUEE', 'BODY', 'H1', 'BR', 'DIV:not([class])'].includes(one.tagName)
    || [...one.attributes].some(attribute => attribute.name.startsWith('on') || attribute.name === 'srcdoc')
).map(one => one.outerHTML.slice(0, 200))"""
SIDEWAYS = """root => ({
    panel: root.scrollWidth - root.clientWidth,
    outer: Math.round(root.getBoundingClientRect().right - root.parentElement.getBoundingClientRect().right),
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""
HEIGHTS = """root => [...root.querySelectorAll('.cvtr-grid-leads tbody tr')].map(row => Math.round(row.getBoundingClientRect().height))"""
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ue000]")


LEADS = 650
EVERY = [3, pytest.param(1, marks=pytest.mark.long)]
"""Each string stands in every third field of some leads each day, and in every field in the long run."""


@pytest.fixture
def sandbox():
    with SandboxServer(leads=LEADS, seed=1) as server:
        yield server


def plant(sandbox, ids, every):
    """Each lead holds a run of strings, one a field; the run of the next lead begins ``every`` strings later."""

    def string(place):
        return STRINGS[place % len(STRINGS)]

    for n, lead_id in zip(range(0, len(STRINGS), every), ids, strict=True):
        record = sandbox.record(lead_id)
        sandbox.change_record(
            lead_id,
            firstName=string(n),
            lastName=string(n + 1),
            email=string(n + 2),
            telephone=string(n + 3),
            title=string(n + 4),
            secondCheckFlagReason=string(n + 5),
            secondCheckFlagComment=string(n + 6),
            secondCheckFlagReasonCategory=string(n + 7),
            campaign={"@id": record["campaign"], "@type": "Campaign", "name": string(n + 8)},
            publisher={"@id": record["publisher"], "@type": "Publisher", "name": string(n + 9)},
            channel={"@id": "/api/v4/channels/1", "@type": "Channel", "name": string(n + 10)},
            leadData=[{"@id": "/api/v4/lead-datas/1", "@type": "LeadData", "type": "core.data", "name": string(n + 11),
                       "value": string(n + 12)}],
        )  # fmt: skip
    for n, lead_id in enumerate(ids[:12]):
        sandbox.change(lead_id, comment=STRINGS[n * 10])  # also among its notes


@pytest.fixture
def asked(page):
    """Addresses that the page asked for."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    return addresses


def harmless(panel, asked, part=""):
    root = panel(part) if part else panel.root
    assert root.evaluate(FOREIGN) == []
    assert root.evaluate("() => window.cvtrHarm") is None
    foreign = [a for a in asked if not a.startswith((panel.opened.lab.url, "data:", "blob:" + panel.opened.lab.url))]
    assert foreign == []
    found = panel.root.evaluate(SIDEWAYS)
    assert found["panel"] <= 0, found
    assert found["outer"] <= 0, found
    assert found["page"] <= 0, found
    assert panel(".cvtr-head .cvtr-badge").all_inner_texts() == ["SANDBOX"]
    assert not HIDDEN.search(root.inner_text()), HIDDEN.search(root.inner_text())


@pytest.mark.parametrize("every", EVERY)
def test_nothing_that_a_lead_holds_acts_or_breaks_the_page(open_panel, sandbox, asked, screenshot, every):
    assert len(STRINGS) >= 500
    ids = sandbox.lead_ids()[: len(range(0, len(STRINGS), every))]
    plant(sandbox, ids, every)
    panel = open_panel()
    panel.load()
    panel(".cvtr-table .cvtr-page-size").select_option("250")
    for first in range(0, len(ids), 250):
        last = min(first + 250, LEADS)
        expect(panel(".cvtr-table .cvtr-where")).to_have_text(f"{first + 1}–{last} of {LEADS}")
        harmless(panel, asked)
        heights = panel.root.evaluate(HEIGHTS)
        assert len(heights) == last - first
        assert max(heights) - min(heights) <= 2, (min(heights), max(heights))
        assert panel.rows() == sandbox.lead_ids()[first:last]
        if last < len(ids):
            panel(".cvtr-table .cvtr-page-next").first.click()
    panel(".cvtr-table .cvtr-page").fill("1")
    panel(".cvtr-table .cvtr-page").press("Enter")
    expect(panel(".cvtr-table .cvtr-where")).to_have_text(f"1–250 of {LEADS}")
    screenshot("hostile-table")

    for n in (0, 8, 57, 62, 70, 86, 110, 117, 150, 200, 240):  # a few of every kind, and the long ones
        lead_id = ids[n // every]
        panel(f".cvtr-open[data-lead-id='{lead_id}']").click()
        expect(panel(".cvtr-detail h4")).to_have_text(f"Lead {lead_id}")
        panel(".cvtr-fields dt").first.wait_for()
        harmless(panel, asked, ".cvtr-detail")  # beside it stands the page that was looked at above
    screenshot("hostile-detail", ".cvtr-detail")
    panel(".cvtr-detail-close").click()

    panel.type_ids(" ".join(map(str, ids)))
    panel.selected(len(ids))
    panel.next()
    panel.choose("other", reason="Replacement", comment=STRINGS[8])
    panel.preview()
    harmless(panel, asked)
    refused, words = ids[:6], [STRINGS[n] for n in (0, 8, 43, 84, 88, 98)]
    sandbox.mishaps = [Mishap("leads-bulk-metadata", "refuse_lead", lead=i, text=t) for i, t in zip(refused, words, strict=True)]
    panel.run(confirm=False)
    harmless(panel, asked)
    assert panel.outcomes()["refused"] == 6
    screenshot("hostile-results")


def test_files_lines_and_answers_of_the_service_stay_text(open_panel, sandbox, asked, screenshot):
    panel = open_panel()
    rows = "\n".join(
        text.replace("\n", " ").replace("\r", " ")[:5_000].replace('"', '""').join('""') for text in STRINGS if "\0" not in text
    )
    ids = "\n".join(map(str, sandbox.lead_ids()[:4]))
    content = f"Lead ID\n{ids}\n85\n{rows}\n".encode("utf-8", "replace")
    for n in (0, 8, 12, 46, 86, 89):
        name = f"{STRINGS[n].replace('/', '∕').replace(chr(0), '')[:100]}.csv"
        with panel.page.expect_file_chooser() as chosen:
            panel(".cvtr-import").click()
        chosen.value.set_files([{"name": name, "mimeType": "text/csv", "buffer": content}])
        odd = panel(".cvtr-add-odd")  # numbers so unlike each other are taken only when the user says so
        if n == 0:
            expect(odd.first).to_be_visible()
            for left in range(odd.count(), 0, -1):
                odd.first.click()
                expect(odd).to_have_count(left - 1)
        panel.selected(5)  # the first of the strings that is no id ends the list
        expect(panel(".cvtr-files li")).to_have_count([0, 8, 12, 46, 86, 89].index(n) + 1)
    panel(".cvtr-rejected summary").click()
    harmless(panel, asked)
    panel.type_ids("\n".join(text[:500] for text in STRINGS))
    panel(".cvtr-rejected tbody tr").nth(50).wait_for()
    harmless(panel, asked)
    screenshot("hostile-rejected")
    panel(".cvtr-search").wait_for()
    for text in (STRINGS[0], STRINGS[8], STRINGS[43], STRINGS[88], "x" * 100_000):
        sandbox.mishaps = [Mishap("leads", "status", status=400, text=text)]
        panel(".cvtr-load").click()
        expect(panel(".cvtr-step-leads .cvtr-problem:visible").first).to_be_visible()
        expect(panel(".cvtr-working:visible")).to_have_count(0)
        harmless(panel, asked)
    screenshot("hostile-problem")
