"""A sync is killed (SIGKILL) at random moments, while leads arrive, change and are deleted; the cache is spoilt in between."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyarrow", reason="the archive is an extra")

import cvtr_widgets as cvtr
from tests.archive.conftest import equal_to_service, until
from tests.archive.syncing import SIZES

ROOT = Path(__file__).resolve().parents[2]


class Syncing:
    """Children that sync, one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.archive.syncing"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout.readline() == "ready\n"

    def begin(self, **given) -> int:
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def status(self) -> int:
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture
def syncing():
    children = Syncing()
    yield children
    children.close()


def spoil(folder: Path, dice: random.Random) -> None:
    """Delete or cut the DuckDB files."""
    for path in folder.rglob("*.duckdb"):
        if dice.random() < 0.5:
            path.unlink()
        else:
            os.truncate(path, int(path.stat().st_size * dice.random()))


def disturb(server, dice: random.Random) -> None:
    """What goes on at the platform meanwhile."""
    ids = server.lead_ids()
    server.arrive(dice.randrange(1, 4))
    server.delete(ids[dice.randrange(len(ids))])
    for lead_id in dice.sample(ids, 5):
        if lead_id in server.lead_ids():
            server.change(lead_id, status=dice.choice(["Valid", "Invalid", "Caution"]))


def killed(kills: int, seed: int, syncing: Syncing, folder: Path, journal: Path) -> None:
    dice = random.Random(seed)
    died = 0
    with cvtr.Sandbox(leads=250, seed=seed) as sandbox:
        session = cvtr.LeadSession(sandbox.connect(), progress=False)
        archive = cvtr.Archive(folder, sizes=SIZES)
        for n in range(kills):
            child = syncing.begin(url=sandbox.url, folder=str(folder))
            handle = os.pidfd_open(child)
            requests, files = len(sandbox.server.requests), len(list(folder.rglob("*.parquet")))
            enough, written = requests + dice.randrange(8, 60), files + dice.randrange(1, 20)
            by_files = dice.random() < 0.5

            def due(handle=handle, enough=enough, written=written, by_files=by_files) -> bool:
                if select.select([handle], [], [], 0)[0]:
                    return True  # it has ended
                return len(list(folder.rglob("*.parquet"))) >= written if by_files else len(sandbox.server.requests) >= enough

            begun = min(enough, requests + 8)
            until(lambda begun=begun, due=due: len(sandbox.server.requests) >= begun or due())
            disturb(sandbox.server, dice)
            until(due)
            with contextlib.suppress(ProcessLookupError):  # it has ended
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
            died += os.WIFSIGNALED(syncing.status())
            if n % 2 and archive.stores:
                _ = len(archive.leads())  # so that there is a cache
                archive.close()
                spoil(folder, dice)
        assert died > kills / 3, "hardly one was killed before its end"
        report = archive.sync(session, everything=True)
        assert report.complete, report.notes
        equal_to_service(archive, session)
        gone = archive.leads(deleted=True).to_pandas()
        gone = gone.index[gone["presence"].astype("object") == "deleted"]
        assert not set(gone) & set(sandbox.server.lead_ids())
        versions = archive._connection()[0].sql(
            "SELECT lead_id, count(*) AS n, count(DISTINCT version) AS m FROM every GROUP BY lead_id HAVING n > m"
        )
        assert versions.fetchall() == []  # no version twice
        manifest = archive.manifest()
        named = {file.name for file in manifest.files} | {name for name, _ in manifest.replaced}
        (store,) = folder.iterdir()
        assert {p.relative_to(store).as_posix() for p in store.rglob("*.parquet")} == named  # nothing is left behind
        archive.close()
        session.close()
        session.client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork")
def test_ten_kills_lose_nothing_and_double_nothing(syncing, tmp_path, journal_folder):
    killed(10, 1, syncing, tmp_path / "leads", journal_folder)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 22))
def test_two_hundred_kills(seed, syncing, tmp_path, journal_folder):
    killed(10, seed, syncing, tmp_path / "leads", journal_folder)
