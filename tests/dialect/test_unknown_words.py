"""Words that nobody here understands are counted and shown, by pull and doctor, and never make an untrue empty answer."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr


@pytest.fixture(scope="module")
def sandbox():
    with cvtr.Sandbox(leads=60, seed=1) as running:
        yield running


@pytest.fixture
def speaking(sandbox, tmp_path):
    """A session with a dialect file of this text."""
    opened = []

    def make(text: str) -> cvtr.LeadSession:
        path = tmp_path / "mine.toml"
        path.write_text(f'name = "mine"\n{text}')
        client = sandbox.connect(dialect=path)
        opened.append((session := cvtr.LeadSession(client, progress=False), client))
        return session

    yield make
    for session, client in opened:
        session.close()
        client.close()


def test_an_unknown_status_is_counted_with_its_word(speaking):
    session = speaking('[fields]\nstatus = ["processrStatus"]')
    leads = session.pull()
    note = next(n for n in leads.attrs["notes"] if "have the status" in n)
    assert note.startswith(f"{(leads.current_status == '1000').sum():,} leads have the status '1000'")
    assert "words.statuses" in note
    none = session.pull(status="Valid")
    assert len(none) == 0
    assert any("have the status '1000' and were left out" in n for n in none.attrs["notes"]), none.attrs["notes"]
    assert not any("ignored this filter" in n for n in none.attrs["notes"])
    line = next(line for line in session.client.doctor() if line.check == "field: status")
    assert line.state == "differs"
    assert "1000" in line.found


@pytest.mark.parametrize(
    ("text", "column", "wanted"),
    [
        ('[fields]\ndelivery = ["advertiserBillable"]\n[words]\ndeliveries = { true = "Delivered", false = "Not Delivered" }',
         "delivery", {"delivery": "Delivered"}),
        ('[fields]\nstatus = ["hardfail"]\n[words]\nstatuses = { true = "Invalid", false = "Valid" }',
         "current_status", {"status": "Valid"}),
    ],
)  # fmt: skip
def test_a_filter_whose_word_the_service_does_not_know_finds_what_is_there(speaking, text, column, wanted):
    session = speaking(text)
    leads = session.pull()
    there = set(leads.index[leads[column] == next(iter(wanted.values()))])
    assert there
    found = session.pull(**wanted)
    assert set(found.index) == there
    assert any("filter found none of these leads" in n for n in found.attrs["notes"])


def test_no_lead_at_all_is_still_none(speaking):
    session = speaking("")
    none = session.pull(status="Valid", created_after="2001-01-01", created_before="2001-01-02")
    assert len(none) == 0
    assert none.attrs["notes"] == []


def test_an_empty_replacement_mark_is_empty_in_frames(speaking):
    marked = speaking('[fields]\nreplacement = ["hardfail"]\n[words]\nreplacements = { true = "Replacement", false = "None" }')
    leads = marked.pull()
    assert set(leads["replacement"].dropna()) <= {"Replacement"}
    assert leads["replacement"].isna().any()
