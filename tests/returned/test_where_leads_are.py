"""Where a returns file's leads are looked for: loaded leads, an archive, a window; by e-mail, lead hash, sub id or several."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArgumentError, ReadTooLarge, SelectionError
from tests.returned.test_returns import unique


@pytest.fixture
def leads(session):
    return session.pull()


def csv_file(path, header, rows):
    path.write_text("\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_by_lead_hash_and_by_sub_id(session, leads, tmp_path):
    picked = leads[leads["data_lead_hash"].notna()].head(3)
    path = csv_file(tmp_path / "a.csv", ["Lead hash"], [[code] for code in [*picked["data_lead_hash"], "0" * 32]])
    found = cvtr.returns(path, session, leads=leads)
    assert found.columns == {"lead_hash": "Lead hash"}
    assert list(found.rows["lead_id"].dropna()) == list(picked.index)
    assert found.rows.state.iloc[-1] == "not found"
    shared = leads["sub_id"].value_counts()
    often = shared[shared > 1].index[0]
    path = csv_file(
        tmp_path / "b.csv", ["Sub ID", "Email"], [[often, ""], [often, leads[leads["sub_id"] == often]["email"].iloc[0]]]
    )
    found = cvtr.returns(path, session, leads=leads)
    assert found.rows.state.iloc[0] == "several"
    assert len(found.candidates(2)) == shared[often]


def test_ids_with_another_key_are_looked_up_and_compared(session, leads, tmp_path):
    one, other = unique(leads, 2).index
    mails = leads["email"]
    rows = [[one, mails[one]], [one, mails[other]], [999_999_999, mails[one]], ["", mails[one]]]
    path = csv_file(tmp_path / "a.csv", ["Lead ID", "Email"], rows)
    found = cvtr.returns(path, session)
    assert [r for r in found.rows.state if r != "reason not mapped"] == ["keys disagree", "not found", "no key"]
    assert found.rows["lead_id"].dropna().tolist() == [one]


def test_leads_named_otherwise_need_leads_to_look_in(session, tmp_path):
    path = csv_file(tmp_path / "a.csv", ["Email"], [["a@b.example"]])
    with pytest.raises(SelectionError, match="Say which leads to search"):
        cvtr.returns(path, session)
    with pytest.raises(ArgumentError):
        cvtr.returns(path, session, window={"campaign": 44064})
    with pytest.raises(ArgumentError, match="needs a campaign or a date"):
        cvtr.Window()


def test_a_window_says_what_it_costs_and_is_read_to_its_end(sandbox, session, leads, tmp_path):
    campaign = int(leads["campaign_id"].mode()[0])
    inside = leads[leads["campaign_id"] == campaign]
    mine = unique(inside, 3)
    path = csv_file(tmp_path / "a.csv", ["Email"], [[mail] for mail in mine["email"]])
    window = cvtr.Window(campaign=campaign, created_after="2020-01-01")
    cost = window.cost(session)
    assert (cost.leads, cost.requests) == (len(inside), 1)
    assert str(cost) == f"1 request for {len(inside):,} leads"
    before = len(sandbox.server.requests)
    with pytest.raises(ReadTooLarge, match="takes 1 request for") as refused:
        cvtr.returns(path, session, window=window)
    assert refused.value.requests == 1
    assert len([r for r in sandbox.server.requests[before:] if r.path.rstrip("/").endswith("leads")]) == 1
    found = cvtr.returns(path, session, window=window, allow=1)
    assert list(found.rows["lead_id"]) == list(mine.index)
    whole = cvtr.Window(created_after="2020-01-01").cost(session)
    assert whole.leads == len(leads)
    assert whole.requests > 1
    two = cvtr.Window(campaign=[campaign, int(leads["campaign_id"].unique()[-1])])
    assert two.cost(session).requests >= 2


def test_leads_of_an_archive(session, leads, tmp_path):
    pytest.importorskip("pyarrow")
    pytest.importorskip("duckdb")
    archive = cvtr.Archive(tmp_path / "archive", personal="kept")
    archive.sync(session)
    picked = unique(leads, 3)
    path = csv_file(tmp_path / "a.csv", ["Email"], [[mail] for mail in picked["email"]])
    found = cvtr.returns(path, session, leads=archive.leads())
    assert list(found.rows["lead_id"]) == list(picked.index)
    assert "last seen between" in found.notes[0]
    bare = cvtr.Archive(tmp_path / "bare")
    bare.sync(session)
    with pytest.raises(SelectionError, match="no column of e-mails"):
        cvtr.returns(path, session, leads=bare.leads())


def test_one_of_several_is_chosen_by_the_user_alone(sandbox, session, leads, tmp_path):
    three = [int(lead_id) for lead_id in leads.index[:3]]
    for lead_id in three:
        sandbox.server.change_record(lead_id, email="the.same@example.org")
    leads = session.pull()
    path = csv_file(
        tmp_path / "a.csv", ["Email", "Reason"], [["the.same@example.org", "Duplicate"], ["nobody@example.org", "Duplicate"]]
    )
    found = cvtr.returns(path, session, leads=leads)
    assert found.groups == []
    stranger = int(leads.index[10])
    for row, lead_id in ((2, stranger), (3, three[0]), (7, three[0])):
        with pytest.raises(SelectionError):
            found.choose(row, lead_id)
    chosen = found.choose(2, three[1])
    assert [ids for _, ids in chosen.groups] == [(three[1],)]
    assert chosen.rows.why.iloc[0].startswith("chosen by you")
    assert chosen.choose(2, None).groups == found.groups == []
    run = session.run(chosen.plan(), confirm=True)
    answer = chosen.answer(run, tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    assert f"{three[1]},confirmed,chosen by you (several otherwise)" in answer
