"""The cache, compaction, keeping for a time, and what is wrong with files."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

import cvtr_widgets as cvtr
from cvtr_widgets.archive.windows import WindowSizes
from cvtr_widgets.errors import ArchiveError, ExportError
from tests.archive.conftest import equal_to_service

SMALL = WindowSizes(window=60, batch=20, part=50)


def cache_of(archive):
    (found,) = archive.folder.rglob("*.duckdb")
    return found


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    content = bytearray(path.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    path.write_bytes(content)


def of_another_version(path):
    about = path.with_suffix(".json")
    about.write_bytes(about.read_bytes().replace(b'"duckdb": "', b'"duckdb": "0.'))


def without_its_note(path):
    path.with_suffix(".json").unlink()


@pytest.mark.parametrize("spoil", [os.unlink, cut, flip, of_another_version, without_its_note])
def test_a_cache_that_cannot_be_used_is_made_again(session, archive, spoil):
    archive.sync(session)
    before = archive.leads().to_pandas()
    archive.close()
    spoil(cache_of(archive))
    assert archive.leads().to_pandas().equals(before)
    archive.close()
    equal_to_service(archive, session)


READER = """
import sys, cvtr_widgets as cvtr
archive = cvtr.Archive(sys.argv[1])
leads = archive.leads()
print(len(leads), flush=True)
sys.stdin.readline()
print(len(leads), len(archive.leads()), flush=True)
"""


def test_a_reader_in_another_kernel_is_not_locked_out(sandbox, session, archive):
    archive.sync(session)
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(archive.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout.readline() == "220\n"
        sandbox.server.arrive(5)
        archive.sync(session)
        archive.compact()
        assert len(archive.leads()) == 225
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "220 225\n"


def test_compaction_changes_nothing_but_the_number_of_files(sandbox, session, tmp_path):
    archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL)
    archive.sync(session)
    sandbox.server.change(sandbox.server.lead_ids(status="Caution")[0], status="Test")
    archive.sync(session)
    before, then = archive.leads().to_pandas().sort_index(), datetime.now(UTC)
    files, left = archive.compact()
    assert left < files
    assert left <= 2 + len({p.parent for p in archive.folder.rglob("versions/*/*.parquet")})
    assert archive.leads().to_pandas().sort_index().equals(before)
    assert archive.leads(as_of=then).to_pandas().sort_index().equals(before)
    equal_to_service(archive, session)


def test_what_is_kept_for_a_time_is_really_removed_then(sandbox, session, tmp_path):
    archive = cvtr.Archive(tmp_path / "leads", personal="kept", sizes=SMALL)
    archive.sync(session)
    archive.compact()  # replaced files hold the leads, too
    _ = len(archive.leads())
    leads = archive.leads().to_pandas()
    moment = datetime.now(UTC) - timedelta(days=20)
    old, new = (leads[leads["date"] < moment], leads[leads["date"] >= moment])
    assert len(old) > 20 < len(new)
    removed = archive.retain(20)
    assert removed.leads == len(old)
    assert set(archive.leads().to_pandas().index) == set(new.index)
    archive.close()
    gone = set(old["email"].dropna()) - set(new["email"].dropna())
    content = b"".join(
        str(table).encode() for path in archive.folder.rglob("*.parquet") for table in [rows_of(path)]
    )  # fmt: skip
    assert gone
    assert [email for email in gone if email.encode() in content] == []
    report = archive.sync(session, everything=True)
    assert (report.new, report.complete) == (0, True)
    assert set(archive.leads().to_pandas().index) <= set(new.index)
    assert archive.manifest().removals[0]["leads"] == len(old)
    archive.retain(5)
    archive.retain(None)
    assert archive.leads().to_pandas()["date"].min() > datetime.now(UTC) - timedelta(days=5, minutes=5)
    assert any("were removed" in note for note in archive.leads().attrs["notes"])
    archive.close()


def rows_of(path):
    import pyarrow.parquet as pq

    return pq.read_table(path, partitioning=None).to_pylist()


def test_a_sync_puts_files_together_and_keeps_to_the_time(session, tmp_path):
    now = [datetime.now(UTC)]
    archive = cvtr.Archive(tmp_path / "leads", sizes=WindowSizes(window=30, batch=10, part=50), clock=lambda: now[0])
    report = archive.sync(session)
    assert len(archive.manifest().files) < 30
    assert any("will not last" in note for note in report.notes)
    archive.retain(40)
    left = len(archive.leads())
    now[0] += timedelta(days=15)
    report = archive.sync(session)
    assert report.leads == len(archive.leads()) < left
    assert any("were removed" in note for note in report.notes)
    archive.close()


def test_a_file_that_was_changed_is_found(session, archive):
    archive.sync(session)
    assert archive.check() == []
    first, second, *_ = sorted(archive.folder.rglob("*.parquet"))
    flip(first)
    second.unlink()
    problems = archive.check()
    assert any("other bytes" in p for p in problems)
    assert any("is missing" in p for p in problems)
    (archive.folder / archive.manifest().about["enterprise"]).parent.mkdir(exist_ok=True)
    manifest = next(archive.folder.rglob("manifest.json"))
    cut(manifest)
    with pytest.raises(ArchiveError, match="is damaged, or of a later version"):
        archive.leads()


@pytest.mark.filterwarnings("ignore:The request limit cannot be shared")  # its file cannot grow, either
def test_a_full_disk_loses_nothing(session, tmp_path):
    """The files of this process may not grow past a size, which is what a full disk does."""
    resource = pytest.importorskip("resource")
    import signal

    archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(progress):
        if progress.requests > 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))

    try:
        with pytest.raises(ArchiveError, match="cannot be written"):
            archive.sync(session, on_progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    assert archive.check() == []
    assert archive.sync(session).complete
    equal_to_service(archive, session)
    archive.close()


def test_a_clock_that_jumps_loses_nothing(sandbox, session, tmp_path):
    """The service's clock is believed where this machine's is far from it; leads stay in order whatever a clock says."""
    ahead = [0]
    archive = cvtr.Archive(tmp_path / "leads", sizes=SMALL, clock=lambda: datetime.now(UTC) + timedelta(days=ahead[0]))
    lead_id = sandbox.server.lead_ids(status="Caution")[0]
    for days, status in ((0, "Valid"), (4_000, "Invalid"), (-4_000, "Test"), (0, "Caution")):
        ahead[0] = days
        sandbox.server.change(lead_id, status=status)
        arrived = sandbox.server.arrive(1)
        assert archive.sync(session).complete
        assert archive.leads().to_pandas().loc[[lead_id, *arrived], "current_status"].iloc[0] == status
    equal_to_service(archive, session)
    assert archive.history(lead_id)["now"].dropna().loc[lambda s: s.isin(["Invalid", "Test", "Caution"])].tolist() == [
        "Invalid", "Test", "Caution"
    ]  # fmt: skip
    archive.close()


def test_export(session, archive, tmp_path):
    import pyarrow.parquet as pq

    archive.sync(session)
    leads = archive.leads(status="Valid")
    written = leads.export(tmp_path / "valid.parquet")
    assert pq.read_table(written).num_rows == len(leads)
    assert written.stat().st_mode & 0o077 == 0 or os.name != "posix"
    leads.export(tmp_path / "valid.csv")
    assert (tmp_path / "valid.csv").read_text(encoding="utf-8-sig").count("\n") == len(leads) + 1
    with pytest.raises((ArchiveError, ExportError), match="already"):
        leads.export(written)
    with pytest.raises(ArchiveError, match=r"\.parquet nor \.csv"):
        leads.export(tmp_path / "valid.xls")


def test_questions_from_several_threads(session, archive):
    archive.sync(session)
    leads, found = archive.leads(), []
    threads = [threading.Thread(target=lambda: found.append(int(cvtr.insight.breakdown(leads)["total"].sum()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [220] * 4


def test_the_command(sandbox, monkeypatch, tmp_path, journal_folder):
    from typer.testing import CliRunner

    from cvtr_widgets.cli.app import app

    user, password, _ = sandbox.server.users["admin"]
    for name, value in {"ENTERPRISE": "sandbox", "USERNAME": user, "PASSWORD": password, "URL": sandbox.url}.items():
        monkeypatch.setenv(f"CVTR_{name}", value)
    folder = str(tmp_path / "leads")

    def said(*words):
        done = CliRunner().invoke(app, ["archive", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "220 leads; 220 new" in said("sync", folder)
    assert "open leads" in said("sync", folder, "--cost")
    assert "leads       220" in said("info", folder)
    assert "files, now" in said("compact", folder)
    assert "as it was written" in said("check", folder)
    assert "220 leads in" in said("export", folder, str(tmp_path / "out.parquet"))
    assert "were removed" in said("compact", folder, "--keep-days", "10")
    cut(next((tmp_path / "leads").rglob("versions/*/*.parquet")))
    assert CliRunner().invoke(app, ["archive", "check", folder]).exit_code == 1


def test_times_are_the_services_where_this_machines_clock_is_far_off(tmp_path, journal_folder):
    from cvtr_widgets.sandbox import NetworkFault

    faults = [NetworkFault("*", "clock", seconds=10 * 86_400)]
    with cvtr.Sandbox(leads=30, seed=2, network=faults) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        archive = cvtr.Archive(tmp_path / "leads")
        archive.sync(session)
        ahead = archive.leads().to_pandas()["seen_at"] - datetime.now(UTC)
        assert ahead.min() > timedelta(days=9)
        archive.close()
        session.close()


def test_a_shared_disk_is_said(tmp_path):
    from cvtr_widgets import settings

    mounts = tmp_path / "mounts"
    shared, own = tmp_path / "team share", tmp_path / "team share" / "mine"
    listed = [f"/dev/sda1 {tmp_path.anchor} ext4 rw 0 0", f"host:/x {shared} nfs4 rw 0 0", f"/dev/sdb {own} xfs rw 0 0"]
    mounts.write_text("\n".join(line.replace("team share", "team\\040share") for line in listed) + "\n", encoding="utf-8")
    assert settings.on_shared_disk(shared / "leads", str(mounts)) == "it lies on a network disk (nfs4)"
    assert settings.on_shared_disk(own / "leads", str(mounts)) == ""
    assert settings.on_shared_disk(tmp_path / "leads", str(mounts)) == ""
    assert settings.on_shared_disk(shared, str(tmp_path / "none")) == ""
