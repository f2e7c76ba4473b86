"""The Look section as the page drives it: it asks about what is loaded, and a click selects in step 1, with undo."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from tests.panel.conftest import Driven

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    with cvtr.Sandbox(story="bad_month", leads=2_000, seed=2, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def looking(world):
    driven = Driven.of(world)
    driven.say("load", go_on=True)
    yield driven
    driven.close()


def ask(driven: Driven, question: str, by: str = "") -> dict:
    driven.say("look", message={"kind": "ask", "question": question, "by": by})
    assert driven.state.look.wait()
    return driven.state.look.message()


def test_a_finding_goes_into_the_selection_with_where_it_came_from_and_back(looking):
    driven = looking
    driven.say("ids", text=str(driven.state.leads.frame.index[0]))
    before = driven.state.leads.picked
    answer = ask(driven, "findings")
    assert answer["rows"]
    driven.say("look", message={"kind": "finding", "place": 0})
    wanted = driven.state.look.findings[0].leads
    assert driven.state.leads.picked.ids == wanted
    assert set(driven.state.leads.picked.selection.origin.values()) == {"look"}
    view = driven.view()
    assert f"{len(wanted):,} from Look" in view["leads"]["selected"]["parts"]
    assert any("Selected in Look: " in note for note in view["leads"]["notes"])
    assert f"{len(wanted):,} leads selected" in view["look"]["said"]
    table = driven.state.leads.table
    assert set(table.ids_of("matching").tolist()) == set(wanted)  # they are shown, alone
    driven.say("undo_selection")
    assert driven.state.leads.picked == before
    assert table.matching == table.loaded


def test_what_is_clicked_in_step_3_is_shown_in_step_1_and_a_plan_that_was_confirmed_lapses(looking):
    driven = looking
    ids = driven.state.leads.frame.index[:3].tolist()
    driven.plan(ids, "invalid", reason="Returned")
    driven.say("confirm", on=True)
    row = ask(driven, "breakdown", "publisher")["rows"][0]
    driven.say("look", message={"kind": "pick", "key": {"publisher": row["publisher"]}})
    assert driven.state.step == 1
    assert len(driven.state.leads.picked) == row["total"]
    assert not driven.state.processing.confirmed


def test_only_counts_and_sentences_go_to_the_page(looking):
    driven = looking
    frame = driven.state.leads.frame
    for question, by in (
        ("findings", ""),
        ("breakdown", "publisher"),
        ("over_time", "day"),
        ("reasons", "publisher"),
        ("funnel", "sub_id"),
        ("compare_30", "sub_id"),
        ("money", "publisher"),
    ):
        text = json.dumps([ask(driven, question, by), driven.state.look.view()])
        assert driven.state.look.message()["kind"] != "none", driven.state.look.view()
        for column in ("email", "telephone", "last_name", "other_fingerprint", "other_ip"):
            assert not [v for v in frame[column].dropna() if f'"{v}"' in text], (question, column)


def test_numbers_of_leads_that_were_loaded_before_say_so(looking):
    driven = looking
    ask(driven, "breakdown", "publisher")
    assert driven.view()["look"]["stale"] == ""
    driven.say("refresh")
    assert "Ask again" in driven.view()["look"]["stale"]
    ask(driven, "breakdown", "publisher")
    assert driven.view()["look"]["stale"] == ""


def test_nothing_is_asked_before_leads_are_loaded_and_what_makes_no_sense_selects_nothing(world):
    driven = Driven.of(world)
    driven.say("look", message={"kind": "ask", "question": "findings", "by": ""})
    assert "Load some in step 1" in driven.view()["look"]["said"]
    for message in (
        {},
        {"kind": "pick", "key": {}},
        {"kind": "area", "ranges": {"leads": [0]}},
        {"kind": "finding", "place": "x"},
    ):
        driven.say("look", message=message)
        assert len(driven.state.leads.picked) == 0
    driven.close()


def test_a_masked_account_gets_no_findings_out_of_what_is_masked(world):
    driven = Driven.of(world, "masked")
    driven.say("load", go_on=True)
    answer = ask(driven, "findings")
    assert not {row["rule"] for row in answer["rows"]} & {
        "duplicates",
        "near duplicates",
        "mistyped domains",
        "invalid telephones",
    }
    assert any("masked" in note for note in answer["notes"])
    driven.close()


def test_the_platforms_own_counts_stand_beside_ours_with_what_may_explain_the_difference(looking):
    driven = looking
    answer = ask(driven, "platform")
    table = cvtr.insight.beside_statistics(driven.state.leads.frame, driven.session.statistics())
    assert [[row[name] for name in ("what", "ours", "platform", "difference")] for row in answer["rows"]] == [
        [what, *(None if v is pd.NA else int(v) for v in table.loc[what, ["ours", "platform", "difference"]])]
        for what in table.index
    ]
    assert answer["rows"][0]["platform"] is not None
    driven.say("look", message={"kind": "pick", "key": {"what": "total"}})  # counts, and no leads to select
    assert len(driven.state.leads.picked) == 0


def test_a_case_file_is_handed_to_the_page_that_asked_for_it(looking):
    driven, files = looking, []
    driven.say("look", message={"kind": "evidence", "place": 0})
    assert "Ask a question first" in driven.view()["look"]["said"]
    ask(driven, "findings")
    driven.say("look", message={"kind": "evidence", "place": 0})
    assert "finding.evidence" in driven.view()["look"]["said"]  # nobody here can hand out files
    driven.state.look.save = lambda make, name: files.append((make(), name))
    driven.say("look", message={"kind": "evidence", "place": 0})
    ((content, name),) = files
    assert content[:2] == b"PK"
    assert name.endswith(".zip")
    assert len(driven.state.leads.picked) == 0  # saving selects nothing
