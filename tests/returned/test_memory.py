"""What is remembered of an advertiser's files: columns and wordings, never anything of a lead."""

from __future__ import annotations

import json
import stat

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import PlanError, SettingsError
from cvtr_widgets.returned import memory
from tests.returned.test_where_leads_are import csv_file


@pytest.fixture(autouse=True)
def settings_of_this_test(monkeypatch, tmp_path):
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "settings"))


@pytest.fixture
def ids(session):
    return [int(lead_id) for lead_id in session.pull().index[:3]]


def test_what_is_mapped_once_is_known_for_the_next_file(session, ids, tmp_path):
    first = csv_file(tmp_path / "a.csv", ["Lead ID", "Why"], [[ids[0], "No  MONEY"], [ids[1], "???"]])
    target = ("Returned", "No budget")
    found = cvtr.returns(first, session, columns={"reason": "Why"}, reasons={"no money": target}, advertiser="Acme  Software")
    assert found.mapped == {"No  MONEY": target}
    assert found.unmapped == {"???": 1}
    later = cvtr.returns(first, session, advertiser="acme software")
    assert (later.columns, later.mapped) == (found.columns, found.mapped)
    assert "as remembered" in later.notes[0]
    assert cvtr.returns(first, session, advertiser="Borealis").mapped == {}
    mapped = later.map({"???": "Duplicate", "no money": None})
    assert (mapped.mapped, mapped.unmapped) == ({"???": ("Duplicate", None)}, {"No  MONEY": 1})
    assert later.mapped == found.mapped  # the value that was there stays as it is
    assert cvtr.returns(first, session, advertiser="Acme Software").mapped == mapped.mapped
    other = csv_file(tmp_path / "b.csv", ["Lead ID", "Reason"], [[ids[0], "Duplicate"]])
    found = cvtr.returns(other, session, advertiser="Acme Software")
    assert found.columns == {"id": "Lead ID", "reason": "Reason"}
    assert "recognised again" in found.notes[0]


def test_the_file_is_its_owners_and_holds_nothing_of_a_lead(session, ids, tmp_path):
    path = csv_file(tmp_path / "a.csv", ["Lead ID", "Reason"], [[ids[0], "zoe.ang@mail.example bounced"], [ids[1], "bounced"]])
    reasons = {"zoe.ang@mail.example bounced": "Duplicate", "bounced": "Duplicate", "call 0044 20 7946 0001": "Duplicate"}
    found = cvtr.returns(path, session, reasons=reasons, advertiser="Acme")
    assert found.unmapped == {}
    assert any("Not remembered" in note for note in found.notes)
    kept = memory.path_of(session.identity)
    text = kept.read_text(encoding="utf-8")
    assert json.loads(text)["advertisers"]["acme"]["reasons"] == {"bounced": ["Duplicate", None]}
    assert not any(secret in text for secret in ("zoe", "7946", str(ids[0]), str(ids[1])))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    kept.write_text(text[:40], encoding="utf-8")
    with pytest.raises(SettingsError, match="damaged"):
        cvtr.returns(path, session, advertiser="Acme")
    kept.unlink()
    assert memory.forget(session.identity, "Acme") is False


def test_what_the_service_lists_no_more_stops_its_rows(session, ids, tmp_path):
    memory.remember(session.identity, "Acme", {}, {"bounced": ("Returned", "Gone since")})
    path = csv_file(tmp_path / "a.csv", ["Lead ID", "Reason"], [[ids[0], "bounced"]])
    found = cvtr.returns(path, session, advertiser="Acme")
    assert found.counts == {"reason not mapped": 1}
    assert "does not list any more" in found.notes[-1]


def test_a_category_of_the_file_is_mapped_with_its_reason(session, ids, tmp_path):
    rows = [[ids[0], "Returned", "No budget"], [ids[1], "Returned", "too small"], [ids[2], "bounced", "hard"]]
    path = csv_file(tmp_path / "a.csv", ["Lead ID", "Reason", "Category"], rows)
    found = cvtr.returns(path, session, reasons={"Returned": ("Returned", "Wrong person"), "bounced": "Duplicate"})
    assert found.unmapped == {"Returned / too small": 1, "bounced / hard": 1}
    assert found.mapped == {"Returned / No budget": ("Returned", "No budget")}
    with pytest.raises(PlanError, match="does not list"):
        found.map({"bounced / hard": ("Returned", "Bounced hard")})
