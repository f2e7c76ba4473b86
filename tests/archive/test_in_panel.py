"""Leads of an archive in the table and the panel: what the engine answers is what a loaded frame answers."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArchiveError, ArgumentError
from cvtr_widgets.panel.link.messages import read_message
from cvtr_widgets.panel.state import PanelState
from cvtr_widgets.panel.table.cells import LEAD_COLUMNS
from cvtr_widgets.panel.table.column_filters import Between, Contains, Days, Empty, OneOf, YesNo
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.settings import zone as machine_zone
from tests.archive.in_store import archived
from tests.insight.worlds import frame_of, rows_of

ZONE = machine_zone()
FILTERS = [
    ("lead_id", Between(Decimal("1010.5"), Decimal(1300))), ("lead_id", Between(None, Decimal(10) ** 30)),
    ("current_status", OneOf(("Valid", "Odd"))), ("current_status", Contains("ALI")), ("current_status", Empty()),
    ("lead_generator", Contains("ωM")), ("lead_generator", Empty(empty=False)), ("sub_id", OneOf(("s1",))), ("sub_id", Empty()),
    ("billable_for_publisher", YesNo(yes=True)), ("billable_for_publisher", YesNo(yes=False)), ("billable_for_advertiser", Empty()),
    ("publisher_payout", Between(Decimal("-3.1"), Decimal("7.005"))), ("publisher_payout", Between(Decimal("7.0050001"), None)),
    ("advertiser_payout", Between(Decimal(10) ** 12, None)), ("advertiser_payout", Empty()),
    ("date", Days(date(2026, 3, 28), date(2026, 3, 29))), ("date", Days(None, date(2026, 5, 1))), ("date", Empty()),
]  # fmt: skip
SEARCHES = ["valid", "Ωm", "x s1", "c &", "10", "1043", "nothing of the kind", "returned dup", "   "]
COLUMNS = [
    "lead_id",
    "date",
    "current_status",
    "lead_generator",
    "sub_id",
    "publisher_payout",
    "billable_for_publisher",
    "campaign",
]


def both(archive, frame) -> tuple[LeadTable, LeadTable]:
    """A table of the archive's leads, and one of the same leads loaded in the same order."""
    leads = archive.leads()
    loaded = leads.to_pandas().sort_index(ascending=False)
    tables = tuple(LeadTable(LEAD_COLUMNS, page_size=25, zone=ZONE, more=True) for _ in "ab")
    tables[0].set_frame(tables[0].archive_sheet(leads, masked=False))
    tables[1].set_frame(loaded)
    return tables


def alike(one: LeadTable, other: LeadTable, columns: list[str]) -> None:
    assert one.matching == other.matching
    np.testing.assert_array_equal(one.ids_of("matching"), other.ids_of("matching"))
    for table in (one, other):
        table.show_columns(columns)
    assert one.message()["rows"] == other.message()["rows"]
    for name in ("current_status", "lead_generator", "campaign"):
        assert one.counts(name, within=True) == other.counts(name, within=True)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 30))])
def test_the_table_answers_as_that_of_a_loaded_frame(seed, tmp_path):
    dice = random.Random(seed)
    archive = archived(tmp_path, frame_of(rows_of(seed, 300)))
    one, other = both(archive, None)
    shown = [c.name for c in one.columns if c.name != "lead_id"]
    alike(one, other, shown)
    for _ in range(40):
        name, wanted = dice.choice(FILTERS)
        sort = [(column, dice.random() < 0.5) for column in dice.sample(COLUMNS, dice.randint(1, 2))]
        ticked = dice.sample(range(1_000, 1_300), 20)
        search, page, step = dice.choice(SEARCHES), dice.randrange(12), dice.randrange(7)
        for table in (one, other):
            if step == 0:
                table.clear_filters()
            elif step == 1:
                table.filter(name, wanted)
            elif step == 2:
                table.search(search, in_parts=True)
            elif step == 3:
                table.sort(sort)
            elif step == 4:
                table.mark(ticked)
            elif step == 5:
                table.marked_only(not table.only_marked)
            else:
                table.go(page)
        alike(one, other, shown)
    archive.close()


def test_rows_are_those_of_the_leads_asked_for_newest_first(tmp_path):
    from cvtr_widgets.archive.rows import ArchivedRows

    frame = frame_of(rows_of(5, 200)).sample(frac=1, random_state=1)
    first = datetime(2026, 11, 20, tzinfo=UTC)
    frame.attrs["as_of"] = first.isoformat()
    archived(tmp_path, frame).close()
    later = frame.sample(80, random_state=2)
    later["current_status"] = ["Valid", "Invalid"] * 40
    later.attrs = {**frame.attrs, "as_of": (first + timedelta(days=1)).isoformat()}
    archive = archived(tmp_path, later)
    for asked in ({}, {"as_of": first + timedelta(hours=1)}, {"as_of": first + timedelta(days=2)}, {"status": "Invalid"}):
        leads = archive.leads(**asked)
        loaded, rows = leads.to_pandas().sort_index(ascending=False), ArchivedRows(leads)
        assert rows.ids.tolist() == loaded.index.tolist()
        shown = rows.frame(np.arange(len(rows)), ["current_status", "sub_id"])
        for name in shown.columns:
            assert shown[name].astype("object").fillna("").tolist() == loaded[name].astype("object").fillna("").tolist()
    assert len(archive.leads()) == 200
    archive.close()


def test_a_sort_of_many_shows_its_beginning_first(tmp_path):
    archive = archived(tmp_path, frame_of(rows_of(3, 400)))
    one, other = both(archive, None)
    for table in (one, other):
        table.sort("date", descending=True)
    assert one.page_ids == other.page_ids
    one.filter("current_status", OneOf(("Valid",)))
    other.filter("current_status", OneOf(("Valid",)))
    if one.ordering is not None:
        one.ordering.run()
        one.settle(one.ordering)
    np.testing.assert_array_equal(one.ids_of("matching"), other.ids_of("matching"))
    archive.close()


class Driven:
    """A panel without a page."""

    def __init__(self, session, archive) -> None:
        self.state = PanelState(session)
        self.state.begin()
        self.state.leads.archive.use(archive)

    def say(self, kind, /, **given) -> dict:
        self.state.handle(*read_message({"v": 1, "kind": kind, "is": given}))
        assert self.state.jobs.wait()
        return self.state.view()["leads"]


def test_the_panel_shows_the_archive_and_plans_from_the_service(session, archive):
    archive.sync(session)
    panel = Driven(session, archive)
    table = panel.state.leads.table
    panel.say("source", archive=True)
    view = panel.say("load", go_on=False)
    assert view["source"]["words"].startswith("From the archive: leads as last seen at ")
    assert view["source"]["words"].endswith("A plan always reads its leads at the service again.")
    everything = session.pull()
    assert table.matching == len(everything)
    panel.say("search", text="caution")
    panel.say("select_matching", version=table.matching_version)
    caution = sorted(everything.index[everything["current_status"] == "Caution"])
    assert set(caution) <= set(panel.state.leads.picked.ids)
    # behind the archive's back a lead is marked: the panel still shows it as it was, and the plan says how it is
    changed = caution[0]
    session.run(session.plan(cvtr.mark_test("Test lead"), [changed]), confirm=True)
    panel.say("select_none")
    panel.say("tick", ids=[str(changed)], on=True)
    panel.say("go", step=2)
    panel.say("action", kind="test")
    panel.say("reason", value="l:Test lead")
    panel.say("preview")
    plan = panel.state.processing.plan
    assert plan is not None, panel.state.type.blockers()
    assert plan.frame.loc[changed, "now"].startswith("Test"), "read at the service, not in the archive"


def test_as_of_a_day_and_what_is_not_in_the_archive(session, archive):
    archive.sync(session)
    panel = Driven(session, archive)
    panel.say("source", archive=True)
    view = panel.say("day", name="as_of", value="half-typed")
    assert view["filter_blockers"] == ["As of is not a complete day yet. Complete it, or clear it."]
    panel.say("day", name="as_of", value="2001-01-01")
    view = panel.say("load", go_on=False)
    assert "The archive cannot tell how leads were at 2001-01-01" in view["problem"]["text"]
    assert not view["loaded"]
    panel.say("day", name="as_of", value="2101-01-01")
    panel.say("filter", name="status", values=["Valid", "Test"])
    view = panel.say("load", go_on=False)
    assert "not as they are now" in view["source"]["words"]
    frame = session.pull(status=["Valid", "Test"])
    assert sorted(panel.state.leads.table.ids_of("loaded").tolist()) == sorted(frame.index)
    other = session.pull(status="Caution").index[0]
    view = panel.say("ids", text=str(other))
    assert view["selected"]["where"] == "1 not among these leads of the archive"
    view = panel.say("source", archive=False)
    assert view["changed"]
    view = panel.say("load", go_on=False)
    assert view["source"]["words"] == ""
    assert panel.state.leads.frame is not None


def test_look_and_leads_say_that_an_archive_is_not_loaded(session, archive):
    archive.sync(session)
    panel = cvtr.LeadPanel(session, archive=archive)
    panel._state.handle("load", {"go_on": False})
    assert panel._state.jobs.wait()
    with pytest.raises(ArchiveError, match=r"panel\.archived"):
        _ = panel.leads
    assert len(panel.archived) == len(archive.leads())
    panel._state.handle("look", {"message": {"kind": "ask", "question": "findings", "by": ""}})
    assert "archive" in str(panel._state.look.view())
    with pytest.raises(ArgumentError):
        cvtr.LeadPanel(session, archive="leads/")


def test_leads_of_another_account_are_not_shown(sandbox, session, tmp_path, archive):
    with sandbox.connect(role="agency") as client:
        archive.sync(cvtr.LeadSession(client, progress=False))
    with pytest.raises(ArchiveError, match="no leads of this account"):
        cvtr.LeadPanel(session, archive=archive)


def test_a_masked_panel_shows_and_searches_nothing_personal(sandbox, tmp_path):
    with sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False, masked=True)
        archive = cvtr.Archive(tmp_path / "kept", personal="kept")
        try:
            archive.sync(cvtr.LeadSession(client, progress=False, masked=False))
        except ArchiveError:
            pytest.skip("this account may not keep personal data")
        one = archive.leads().to_pandas().iloc[0]
        panel = Driven(session, archive)
        panel.say("source", archive=True)
        panel.say("load", go_on=False)
        names = {c["name"] for c in panel.state.leads.table.catalogue()}
        assert not names & {"first_name", "last_name", "email", "telephone", "comment", "form", "email_key", "reason"}
        panel.say("search", text=str(one["email"]))
        assert panel.state.leads.table.matching == 0
        archive.close()


def test_the_table_alone_shows_an_archive(session, archive):
    archive.sync(session)
    table = cvtr.LeadTable(archive.leads(status="Caution"))
    assert table._state.jobs.wait()
    ids = table._state.table.page_ids
    table._state.handle("tick", {"ids": ids[:2], "on": True})
    assert table.selection.ids == ids[:2]
    with pytest.raises(ArchiveError, match="to_pandas"):
        _ = table.leads


def test_a_panel_keeps_its_leads_while_the_archive_is_synced(session, archive):
    archive.sync(session)
    leads = archive.leads()
    before = len(leads)
    session.run(session.plan(cvtr.mark_test("Test lead"), [int(leads.to_pandas().index[0])]), confirm=True)
    archive.sync(session, runs_only=True)
    assert len(archive.leads()) == before
    assert len(leads) == before, "leads that were given out before go on asking what they were made from"
