"""What a sync reads, keeps, and says."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

import cvtr_widgets as cvtr
from cvtr_widgets.archive.windows import WindowSizes
from cvtr_widgets.errors import ArchiveBusy, ArchiveError, ServiceError
from cvtr_widgets.sandbox import Mishap
from tests.archive.conftest import equal_to_service

SMALL = WindowSizes(window=60, batch=30, part=50)


def presence(archive, ids):
    return archive.leads(deleted=True).to_pandas().loc[ids, "presence"].astype("object").tolist()


@pytest.mark.parametrize("sizes", [WindowSizes(), SMALL], ids=["at once", "in small parts"])
def test_an_archive_holds_what_the_service_holds(session, tmp_path, sizes):
    archive = cvtr.Archive(tmp_path / "leads", sizes=sizes)
    report = archive.sync(session)
    assert (report.complete, report.new, report.leads) == (True, 220, 220)
    equal_to_service(archive, session)
    again = archive.sync(session)
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
    equal_to_service(archive, session)


def test_changes_arrivals_and_deletions_flow_in(sandbox, session, archive):
    archive.sync(session)
    ids = sandbox.server.lead_ids(status="Caution")
    before = datetime.now(UTC)
    sandbox.server.change(ids[0], status="Invalid", reason="Returned")
    sandbox.server.delete(ids[1])
    arrived = sandbox.server.arrive(3)
    report = archive.sync(session)
    assert (report.new, report.changed, report.deleted, report.not_found) == (3, 1, 1, 0)
    equal_to_service(archive, session)
    assert set(arrived) <= set(archive.leads().to_pandas().index)
    assert presence(archive, [ids[1]]) == ["deleted"]
    then = archive.leads(as_of=before).to_pandas()
    assert then.loc[ids[:2], "current_status"].tolist() == ["Caution", "Caution"]
    assert not set(arrived) & set(then.index)
    changes = archive.history(ids[0])
    row = changes[changes["field"] == "current_status"].iloc[0]
    assert (row["was"], row["now"], row["seen_before"] < before < row["seen_at"]) == ("Caution", "Invalid", True)
    assert archive.history(ids[1])["what"].tolist() == ["first seen", "deleted"]


@pytest.mark.parametrize("status", [403, 410])
def test_a_lead_that_may_not_be_read_is_not_said_to_be_deleted(sandbox, session, archive, status):
    archive.sync(session)
    leads = session.pull(status="Valid", delivery="Delivered", created_before=datetime.now(UTC) - timedelta(days=20))
    hidden = int(leads.index[leads["updated"] < datetime.now(UTC) - timedelta(days=20)][0])
    sandbox.server.delete(hidden)

    def forbid(progress):  # it is gone from the lists, and its own address says something else than "not found"
        if progress.step == "a share of the rest" and progress.done == progress.total:
            sandbox.server.mishaps = [Mishap("leads", "status", status=status, lead=hidden)]

    report = archive.sync(session, on_progress=forbid)
    assert sandbox.server.mishaps
    sandbox.server.mishaps = []
    assert (report.deleted, report.not_found) == (0, 1)
    assert any(str(hidden) in note for note in report.notes)
    assert presence(archive, [hidden]) == ["there"]
    seen = archive.leads().to_pandas()["seen_at"]
    assert any("1 leads of the archive were not read" in note for note in archive.leads().attrs["notes"])
    assert seen[hidden] < report.began < seen.drop(hidden).min()


def test_own_runs_flow_in_and_history_names_them(sandbox, session, archive):
    archive.sync(session)
    ids = sandbox.server.lead_ids(status="Caution")[:3]
    run = session.run(session.plan(cvtr.mark_invalid(reason="Returned", category="No budget"), ids), confirm=True)
    before = len(sandbox.server.requests)
    report = archive.sync(session, runs_only=True)
    assert (report.read, report.changed) == (3, 3)
    assert len(sandbox.server.requests) < before + 15
    equal_to_service(archive, session)
    for lead_id in ids:
        changed = archive.history(lead_id).set_index("field")
        assert changed.loc["current_status", "run_id"] == run.id
    other = sandbox.server.lead_ids(status="Valid")[0]
    sandbox.server.change(other, status="Test")
    archive.sync(session)
    assert archive.history(other).set_index("field").loc["current_status", "run_id"] is None


def test_a_sync_that_is_stopped_goes_on(session, tmp_path):
    archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL)
    stop, heard = threading.Event(), []

    def hear(progress):
        heard.append(progress)
        if progress.requests > 3:
            stop.set()

    report = archive.sync(session, on_progress=hear, cancel=stop)
    assert not report.complete
    assert 0 < report.leads < 220
    assert any("did not read everything" in note for note in archive.leads().attrs["notes"])
    assert heard[-1].seconds is not None
    report = archive.sync(session)
    assert report.complete
    equal_to_service(archive, session)


def test_what_came_before_the_service_failed_is_kept(sandbox, session, tmp_path):
    archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL)

    def fail(progress):
        if progress.requests > 3:
            sandbox.server.mishaps = [Mishap("leads", "status", status=403)]

    with pytest.raises(ServiceError):
        archive.sync(session, on_progress=fail)
    sandbox.server.mishaps = []
    assert 0 < len(archive.leads()) < 220
    assert archive.sync(session).complete
    equal_to_service(archive, session)


def test_two_at_once_one_works_and_the_other_is_told(sandbox, session, archive):
    said = []

    def hear(_progress):
        if not said:
            with pytest.raises(ArchiveBusy, match="sync again") as error:
                cvtr.Archive(archive.folder).sync(session)
            said.append(str(error.value))
            assert len(archive.leads()) == 0  # questions are answered meanwhile

    archive.sync(session, on_progress=hear)
    assert said
    equal_to_service(archive, session)


def test_a_sync_takes_no_more_requests_than_were_announced(sandbox, session, archive):
    archive.sync(session)
    for lead_id in sandbox.server.lead_ids()[:6]:
        sandbox.server.change(lead_id, status="Invalid")
    cost = archive.cost(session)
    before = len(sandbox.server.requests)
    report = archive.sync(session)
    made = [seen for seen in sandbox.server.requests[before:] if "/leads" in seen.path]
    assert len(made) <= cost.requests
    assert report.changed == 6


def test_where_ids_are_no_filter_all_leads_are_listed_instead(tmp_path, journal_folder):
    with cvtr.Sandbox(leads=220, seed=4, id_filter=False) as sandbox, sandbox.connect() as client:
        session, archive = cvtr.LeadSession(client, progress=False), cvtr.Archive(tmp_path / "leads")
        archive.sync(session)
        for lead_id in sandbox.server.lead_ids()[::40]:
            sandbox.server.change(lead_id, status="Invalid")
        before = len(sandbox.server.requests)
        assert archive.sync(session).changed > 0
        assert len(sandbox.server.requests) - before < 90  # and not one for each of 220 leads
        equal_to_service(archive, session)
        archive.close()
        session.close()


def test_accounts_and_sandboxes_never_mix(session, sandbox, archive, journal_folder):
    archive.sync(session)
    with cvtr.Sandbox(leads=30, seed=9) as other:
        second = cvtr.LeadSession(other.connect(), progress=False)
        archive.sync(second)
        assert len(archive.leads()) == 30
        assert len(archive.stores) == 2
        with pytest.raises(ArchiveError, match="several parts"):
            cvtr.Archive(archive.folder).leads()
        sizes = sorted(len(cvtr.Archive(archive.folder, store=name).leads()) for name in archive.stores)
        assert sizes == [30, 220]
        second.close()
        second.client.close()


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_everything_is_its_owners_alone(session, tmp_path):
    old = os.umask(0)
    try:
        archive = cvtr.Archive(tmp_path / "new" / "leads")
        archive.sync(session)
        _ = len(archive.leads())
    finally:
        os.umask(old)
    for path in [tmp_path / "new", *(tmp_path / "new").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path.name
    archive.close()


PERSON = ("first_name", "last_name", "email", "telephone", "comment")


@pytest.mark.parametrize("personal", ["none", "hashed", "kept"])
def test_no_personal_byte_where_none_is_to_be_kept(sandbox, session, tmp_path, personal):
    ids = sandbox.server.lead_ids()
    # what people type where nobody expects it
    record = sandbox.server.record(ids[0])
    sandbox.server.change_record(ids[0], publisherSubId=f"mail {record['email']}")
    sandbox.server.change_record(ids[1], publisherSubId=f"{sandbox.server.record(ids[1])['firstName']} called")
    sandbox.server.change_record(ids[2], landingPageUrl="https://x.example/?e=jane@typed.example&t=02071234567")
    sandbox.server.change(ids[3], status="Invalid", reason="as jane@typed.example said, 020 7123 4567")
    archive = cvtr.Archive(tmp_path / "leads", personal=personal)
    archive.sync(session)
    _ = len(archive.leads())
    archive.close()
    content = b"".join(unpacked(path) for path in sorted((tmp_path / "leads").rglob("*")) if path.is_file())
    leads = session.pull()
    texts = {str(v) for name in PERSON[2:] for v in leads[name].dropna()} | {"jane@typed.example", "7123 4567"}
    names = {f"{a} {b}" for a, b in zip(leads["first_name"], leads["last_name"], strict=True)}
    found = [text for text in texts | names if text and text.encode() in content]
    if personal == "kept":
        assert found
    else:
        assert found == []
        first = {str(v) for v in leads["first_name"].dropna() if len(str(v)) > 3}
        assert [name for name in first if name.encode() in content] == []
    kept = archive.leads().to_pandas()
    assert kept.loc[ids[0], "sub_id"] == (leads.loc[ids[0], "sub_id"] if personal == "kept" else kept.loc[ids[0], "sub_id"])
    if personal == "hashed":
        same = leads["email"].str.casefold().dropna()
        assert kept["email_key"].nunique() == same.nunique()
        assert set(kept["email_domain"].dropna()) == {e.rpartition("@")[2] for e in same}
    if personal == "kept":
        assert kept["email"].equals(leads.loc[kept.index, "email"])
    archive.close()


def unpacked(path) -> bytes:
    """The bytes of a file, and what is in them where they are compressed."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path, partitioning=None)
        content += "\n".join(str(column.to_pylist()) for column in table.columns).encode()
    if path.suffix == ".duckdb":
        import duckdb

        with duckdb.connect(str(path), read_only=True) as connection:
            for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
                content += str(connection.sql(f"SELECT * FROM {name}").fetchall()).encode()
    return content


def test_what_personal_means_is_chosen_once(session, tmp_path, open_session):
    cvtr.Archive(tmp_path / "leads", personal="hashed").sync(session)
    with pytest.raises(ArchiveError, match="made with personal='hashed'"):
        cvtr.Archive(tmp_path / "leads", personal="none").sync(session)
    assert cvtr.Archive(tmp_path / "leads").sync(session).complete
    with pytest.raises(ArchiveError, match="shortens them"):
        cvtr.Archive(tmp_path / "masked", personal="kept").sync(open_session(masked=True))


def test_another_key_is_noticed(session, tmp_path, monkeypatch):
    cvtr.Archive(tmp_path / "leads", personal="hashed").sync(session)
    monkeypatch.setenv("CVTR_SETTINGS", str(tmp_path / "another"))
    with pytest.raises(ArchiveError, match="key of another user or machine"):
        cvtr.Archive(tmp_path / "leads").sync(session)


def test_a_service_that_ignores_dates_is_read_whole(sandbox, tmp_path, journal_folder):
    words = tmp_path / "words.toml"
    words.write_text('[filters]\ncreated_after = "since"\ncreated_before = "until"\n')
    user, password, _ = sandbox.server.users["admin"]
    with cvtr.connect("sandbox", user, password, url=sandbox.url, dialect=words) as client:
        session = cvtr.LeadSession(client, progress=False)
        archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL)
        for _ in range(2):
            report = archive.sync(session)
            assert report.complete
            assert any("does not filter by creation date" in note for note in report.notes)
            equal_to_service(archive, session)
            sandbox.server.change(sandbox.server.lead_ids()[-1], status="Test")
            sandbox.server.arrive(1)
        session.close()


def test_the_time_before_the_archive_began_is_not_guessed(session, archive):
    with pytest.raises(ArchiveError, match="nothing yet"):
        archive.leads()
    archive.sync(session)
    with pytest.raises(ArchiveError, match="it begins on"):
        archive.leads(as_of="2020-01-01")


def test_a_frame_that_does_not_fit_is_refused_with_its_size(session, archive):
    archive.sync(session)
    leads = archive.leads()
    with pytest.raises(ArchiveError, match=r"220 leads would take [\d,]+ KB"):
        leads.to_pandas(most=10_000)
    assert 0.5 < leads.size() / leads.to_pandas().memory_usage(deep=True).sum() < 2


def test_without_the_extra_the_error_names_it(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ArchiveError, match=r"cvtr-widgets\[archive\]"):
        cvtr.Archive(tmp_path)
