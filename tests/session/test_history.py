"""``session.history()``: the runs of this account, and a word where the journal is no longer what was written."""

from __future__ import annotations

import dataclasses
import sqlite3
import warnings

import pytest

import cvtr_widgets as cvtr
from tests.reports.test_report import page_of


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    return tmp_path


@pytest.fixture
def session(journal):
    with cvtr.Sandbox(leads=60, seed=3) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        ids = sandbox.server.lead_ids(status="Caution")[:2]
        session.run(session.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
        yield session
        session.close()


def test_a_whole_journal_is_shown_without_a_word(session):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = session.history()
    assert len(frame) == 1
    assert not frame.attrs.get("problems")


def test_an_edited_journal_is_shown_with_a_warning(session, journal):
    (path,) = journal.rglob("*.sqlite")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET data = replace(data, 'confirmed', 'confirmeD') WHERE kind = 'end'")
    db.close()
    with pytest.warns(UserWarning, match="not intact|edited|journal"):
        frame = session.history()
    assert len(frame) == 1
    assert frame.attrs["problems"]


def test_the_history_says_what_a_run_was_about(journal, tmp_path):
    """Reason category, comment, integrations with their numbers of leads, and why leads were left out. An integration is named
    everywhere, and is its id where its name is not known.
    """
    with cvtr.Sandbox(leads=300, seed=5) as sandbox, sandbox.connect(role="admin") as client:
        session = cvtr.LeadSession(client, progress=False)
        ids = sandbox.server.lead_ids(status="Caution")
        returned = cvtr.mark_invalid("Returned", category="No budget", comment="by mail")
        session.run(session.plan(returned, [*ids[:3], 299_999_999]), confirm=True)
        campaign = int(session.pull(ids=ids[3:4]).campaign_id.iloc[0])
        jobs = session.integrations(campaign)
        job, named = int(jobs.index[0]), f"{jobs.name.iloc[0]} ({jobs.index[0]})"
        chosen = session.pull(status="Caution").campaign_id
        there, elsewhere = chosen.index[chosen == campaign][:2], chosen.index[chosen != campaign][:1]
        valid = cvtr.mark_valid("Good lead", integrations=[job])
        run = session.run(session.plan(valid, [*there, *elsewhere]), confirm=True)
        nameless = session.plan(cvtr.mark_valid("Good lead", integrations=[job]), [chosen.index[chosen == campaign][2]])
        unnamed = session.run(dataclasses.replace(nameless, integration_names={}), confirm=True)
        frame = session.history()
        again = session.recorded(run.id)
        reports = [page_of(run.report(tmp_path / "a.html")), page_of(session.report(run.id, tmp_path / "b.html"))]
        session.close()
    assert frame.iloc[0].integrations == f"{job}: 1"  # as in the journals of older versions
    assert unnamed.results.integrations.tolist() == [str(job)]
    frame = frame.iloc[1:]
    latest, first = frame.iloc[0], frame.iloc[1]
    assert (first.category, first.comment, first.skipped_because) == ("No budget", "(not kept)", "not found 1")
    assert first.isna()["integrations"]
    sent = run.results.integrations.value_counts()
    assert latest.integrations == f"{named}: {len(there)}, none: 1"
    assert sent.to_dict() == {named: len(there), "none": 1}
    assert told(again, "integrations") == told(run.results, "integrations")
    for page in reports:
        shown = page.frame("Leads sent to each integration job").to_numpy().tolist()
        assert sorted(shown) == sorted([[named, "confirmed", str(len(there))], ["none", "confirmed", "1"]])


def told(results, name):
    return list(results[name].astype("object").where(results[name].notna(), None))


def test_results_out_of_the_journal_say_what_they_said_right_after_the_run(journal):
    """All but the comment, which the journal keeps as a hash unless its user wants it kept, and fractions of the times."""
    with cvtr.Sandbox(leads=600, seed=4) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        later = cvtr.LeadSession(client, progress=False)
        caution = sandbox.server.lead_ids(status="Caution")
        undelivered = sandbox.server.lead_ids(status="Valid", delivery="Not Delivered")
        for action, ids, more in (
            (cvtr.mark_invalid("Returned", "No budget", "by mail"), [*caution[:6], 299_999_999], {}),
            (cvtr.mark_delivered(), [*undelivered[:5], *caution[6:8]], {"signature": "Ana Lopes"}),
            (cvtr.reprocess(), caution[8:9], {}),
            (cvtr.delete(), caution[9:11], {"confirm": 2}),
        ):
            run = session.run(session.plan(action, ids), **{"confirm": True, **more})
            results, again = run.results, later.recorded(run.id)
            there = results.index != 299_999_999
            assert results.loc[there, ["campaign", "publisher"]].notna().all(axis=None)
            for name in set(results) - {"comment", "started_at", "finished_at"}:
                assert told(again, name) == told(results, name), name
            for name in ("started_at", "finished_at"):
                assert (again[name].isna() == results[name].isna()).all()
            assert set(told(again, "comment")) == ({"(not kept)"} if action.comment else {None})
        session.close()
        later.close()
