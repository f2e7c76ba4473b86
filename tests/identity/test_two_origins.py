"""The same enterprise name at two addresses is two accounts: nothing that was planned, run or proven at one counts at the other."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import JournalError, LiveWritesRefused, PlanOutOfDate, RunError
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.identity.conftest import writes

TRIAL = cvtr.mark_test("Trial")


@pytest.fixture
def ids(here) -> list[int]:
    return here.lead_ids(status="Caution")[:6]


def test_the_identities_differ_and_say_where(here, there, open_at):
    one, two = open_at(here).identity, open_at(there).identity
    assert (one.enterprise, one.user_id, one.sandbox) == (two.enterprise, two.user_id, two.sandbox) == ("acme", 1, False)
    assert (one.origin, two.origin) == (here.url, there.url)
    assert one != two


def test_a_plan_of_one_is_not_run_at_the_other(here, there, open_at, ids):
    one, two = open_at(here), open_at(there)
    plan = one.plan(cvtr.delete(), ids)
    assert plan.fingerprint != two.plan(cvtr.delete(), ids).fingerprint
    with pytest.raises(PlanOutOfDate, match="address"):
        two.run(plan, confirm=len(ids), canary=False)
    with pytest.raises(PlanOutOfDate):
        two.canary(plan, confirm=1)
    assert writes(there) == []


def test_a_run_that_broke_off_at_one_is_neither_offered_nor_resumed_at_the_other(here, there, open_at, ids):
    one, two = open_at(here), open_at(there)
    done = one.run(one.plan(TRIAL, ids[:2]), confirm=True, canary=False)
    here.mishaps = [Mishap("leads-bulk-flag", "status", status=401)]
    broken = one.run(one.plan(TRIAL, ids[2:]), confirm=True, canary=False)
    assert list(one.unfinished().index) == [broken.id]
    assert one._running.journal.path != two._running.journal.path
    assert len(two.history()) == len(two.unfinished()) == 0
    assert two.flagged_by_me() == {}
    assert set(one.flagged_by_me()) == set(ids[:2])
    for refused in (
        lambda: two.resume(broken.id, canary=False),
        lambda: two.resume(broken.id, send=False),
        lambda: two.recorded(broken.id),
        lambda: two.plan_undo(done.id),
    ):
        with pytest.raises(RunError):
            refused()
    assert writes(there) == []
    here.mishaps = []
    assert one.resume(broken.id, canary=False).counts["confirmed"] == 4


def test_a_journal_that_was_put_where_the_others_is_does_not_serve_it(here, there, open_at, ids):
    one, two = open_at(here), open_at(there)
    here.mishaps = [Mishap("leads-bulk-flag", "status", status=401)]
    broken = one.run(one.plan(TRIAL, ids), confirm=True, canary=False)
    mine, theirs = one._running.journal.path, two._running.journal.path
    one.close()
    two.close()
    theirs.write_bytes(mine.read_bytes())
    assert list(two.history().index) == []
    for refused in (lambda: two.resume(broken.id, canary=False), lambda: two.recorded(broken.id)):
        with pytest.raises(PlanOutOfDate, match="another address"):
            refused()
    assert two.flagged_by_me() == {}
    assert writes(there) == []


def test_a_first_write_proven_at_one_proves_nothing_at_the_other(here, there, open_at, ids):
    one = open_at(here)
    assert one.canary(one.plan(TRIAL, ids[:2]), confirm=True).ok
    again, two = open_at(here), open_at(there)
    assert again.run(again.plan(TRIAL, ids[2:4]), confirm=True).counts["confirmed"] == 2
    with pytest.raises(LiveWritesRefused):
        two.run(two.plan(TRIAL, ids), confirm=True)
    copied = open_at(there, dialect=one.client.dialect.source or again.client.dialect.source)
    with pytest.raises(LiveWritesRefused):  # even with the very file in which it is noted
        copied.run(copied.plan(TRIAL, ids), confirm=True)
    agency = open_at(here, role="agency")
    with pytest.raises(LiveWritesRefused):  # nor for another account
        agency.run(agency.plan(TRIAL, here.lead_ids(role="agency", status="Caution")[:2]), confirm=True)
    assert writes(there) == []


def test_each_address_has_its_own_dialect_file_and_says_so(here, there, open_at, ids, folders, capsys):
    usual = folders / "settings" / "dialects" / "acme.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text('name = "acme"\n[calls.flag]\npath = "of-the-usual-address"\n')
    one = open_at(here)
    assert one.client.dialect.source is None
    assert "none for " + here.url in capsys.readouterr().err
    report = one.canary(one.plan(TRIAL, ids[:1]), confirm=True)
    assert report.file != usual
    assert open_at(here).client.dialect.source == report.file
    assert open_at(there).client.dialect.source is None


def test_a_signature_of_one_is_worth_nothing_at_the_other(here, there, open_at):
    valid = here.lead_ids(status="Valid", delivery="Not Delivered")[:2]
    one, two = open_at(here), open_at(there)
    signature = one.sign(one.plan(cvtr.mark_delivered(), valid), "Ana Example")
    with pytest.raises(cvtr.errors.NotConfirmed):
        two.run(two.plan(cvtr.mark_delivered(), valid), confirm=True, signature=signature, canary=False)
    assert writes(there) == []


# -- journals of older versions ----------------------------------------------------------------------------------------


@pytest.fixture
def older(folders):
    """What a version wrote that noted neither address nor account: one run that ended, and one that broke off."""
    import sqlite3
    from pathlib import Path

    path = folders / "journal" / "live" / "runs-acme-1.sqlite"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.executescript(Path(__file__).with_name("runs_of_an_older_version.sql").read_text())
    db.close()
    return path


def test_an_older_journal_stays_readable_and_says_what_it_does_not_know(older, here, open_at, ids):
    session = open_at(here)
    mine = session.run(session.plan(TRIAL, ids[:1]), confirm=True, canary=False)
    history = session.history()
    assert next(iter(history.index)) == mine.id
    assert len(history) == 3
    assert list(history["origin"]) == [here.url, "", ""]
    assert list(history["account"]) == ["user:1", "", ""]
    done, broken = sorted(history.index[1:], key=lambda run: history.loc[run, "state"])
    assert not history.loc[[done, broken], "open"].any()
    assert list(session.unfinished().index) == []
    assert any("at which address" in note for note in session.journal_notes)
    assert set(session.recorded(done)["outcome"]) == {"confirmed"}
    assert set(session.recorded(broken)["outcome"]) == {"not_sent"}
    for refused in (lambda: session.resume(broken, canary=False), lambda: session.plan_undo(done)):
        with pytest.raises(RunError, match="older version"):
            refused()
    assert set(session.flagged_by_me()) == {ids[0]}
    assert len(writes(here)) == 1


def test_an_older_journal_is_not_written_to(older, here, open_at, ids):
    before = older.read_bytes()
    session = open_at(here)
    session.run(session.plan(TRIAL, ids[:1]), confirm=True, canary=False)
    session.history()
    assert older.read_bytes() == before


def test_an_older_journal_that_is_damaged_is_said_and_not_passed_over(older, here, open_at):
    older.write_bytes(older.read_bytes()[:5_000] + b"x" * 5_000)
    with pytest.raises(JournalError, match="damaged"):
        open_at(here).history()
