"""What this package keeps is its user's alone: under any umask, and where it was there before with wider rights."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cvtr_widgets.sandbox import SandboxServer

JOB = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
import cvtr_widgets as cvtr
from cvtr_widgets import settings
from cvtr_widgets.dialect.default import default_dialect
from cvtr_widgets.dialect.writing import mark_proven
from datetime import date
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.journal_folder import journal_folder

base = Path(sys.argv[2])
number = sys.argv[3]
session = cvtr.LeadSession(cvtr.Sandbox().connect(), progress=False)
picked = session.select([int(sys.argv[4])])
run = session.run(session.plan(cvtr.mark_invalid(reason="Duplicate"), picked), confirm=True)
cvtr.to_csv(run.results, base / f"results-{number}.csv")
session.export_journal(base / f"bundle-{number}.jsonl", run.id)
session.close()
Journal(journal_folder() / "live" / "runs-acme-7.sqlite").close()
settings.machine_key()
mark_proven(settings.dialect_file("acme"), default_dialect(), {}, "acme", "x", date(2026, 1, 2))
"""


def kept_open(folder: Path) -> dict[str, str]:
    """What others could look into."""
    return {
        str(p.relative_to(folder)): oct(p.stat().st_mode & 0o777)
        for p in [folder, *folder.rglob("*")]
        if (p.stat().st_mode & 0o777) != (0o700 if p.is_dir() else 0o600)
    }


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
def test_what_is_kept_is_closed_to_others(tmp_path):
    folders = {name: tmp_path / name.lower() for name in ("CVTR_JOURNAL", "CVTR_SHARED", "CVTR_SETTINGS")}

    with SandboxServer(leads=40, seed=2) as server:
        leads = server.lead_ids(status="Caution")
        environ = {**os.environ, "CVTR_SANDBOX_URL": server.url, **{name: str(folder) for name, folder in folders.items()}}

        def work(umask: str, number: int) -> None:
            """One job in a process of its own."""
            words = [sys.executable, "-c", JOB, umask, str(tmp_path), str(number), str(leads[number])]
            done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr

        work("000", 1)
        for folder in folders.values():
            assert len(list(folder.rglob("*"))) >= 2
            assert kept_open(folder) == {}
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o777 if path.is_dir() else 0o666)
        work("022", 2)
        for folder in folders.values():
            assert kept_open(folder) == {}
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()}
    # Exports as the umask says; a bundle holds what the journal holds.
    assert modes["results-1.csv"] == 0o666
    assert modes["results-2.csv"] == 0o644
    assert modes["bundle-1.jsonl"] == modes["bundle-2.jsonl"] == 0o600


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path):
    from cvtr_widgets.journal.journal import Journal

    theirs = tmp_path / "team"
    theirs.mkdir()
    theirs.chmod(0o755)
    (theirs / "notes.txt").touch()
    Journal(theirs / "live" / "runs-acme-7.sqlite").close()
    assert theirs.stat().st_mode & 0o777 == 0o755
    assert kept_open(theirs / "live") == {}
