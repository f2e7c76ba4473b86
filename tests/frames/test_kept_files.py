"""A file that was there outlives an export that fails, and is never replaced by one that was not told so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError, ExportError
from cvtr_widgets.learn.scrub import scrub

FRAME = pd.DataFrame({"outcome": ["confirmed"]}, index=pd.Index([11001], name="lead_id"))
HAR = (
    '{"log": {"entries": [{"request": {"url": "https://a.example/api/v4/leads", "method": "GET"}, "response": {"status": 200}}]}}'
)


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
    with cvtr.Sandbox(leads=20, seed=1) as sandbox:
        client = sandbox.connect()
        session = cvtr.LeadSession(client, progress=False)
        yield session.export_journal
        session.close()
        client.close()


@pytest.fixture(params=["csv", "excel", "bundle", "scrub"])
def write(request, tmp_path):
    """Each way to write a file that the user names."""
    if request.param == "bundle":
        return request.getfixturevalue("bundle")
    if request.param == "scrub":
        source = tmp_path / "source.har"
        source.write_text(HAR)
        return lambda path, **more: scrub(source, path, **more)
    call = {"csv": cvtr.to_csv, "excel": cvtr.to_excel}[request.param]
    return lambda path, **more: call(FRAME, path, **more)


def test_nothing_is_overwritten_unnamed(write, tmp_path):
    path = tmp_path / "mine"
    path.write_text("a year of work")
    with pytest.raises(ExportError, match="overwrite=True"):
        write(path)
    assert path.read_text() == "a year of work"
    write(path, overwrite=True)
    assert path.read_bytes()[:14] != b"a year of work"
    assert not list(tmp_path.glob(".mine*"))


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_a_symbolic_link_is_not_followed(write, tmp_path):
    target, link, nowhere = tmp_path / "target", tmp_path / "link", tmp_path / "dangling"
    target.write_text("somebody's")
    link.symlink_to(target)
    nowhere.symlink_to(tmp_path / "made")
    for path in (link, nowhere):
        for more in ({}, {"overwrite": True}):
            with pytest.raises(ExportError, match="symbolic link"):
                write(path, **more)
    assert target.read_text() == "somebody's"
    assert link.is_symlink()
    assert not (tmp_path / "made").exists()


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_a_link_is_followed_where_that_was_said(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("mine")
    target.chmod(0o640)
    link.symlink_to(target)
    cvtr.to_csv(FRAME, link, overwrite=True, follow_symlink=True)
    assert "confirmed" in target.read_text()
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes elsewhere")
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None)], ids=["folder", "pipe"])
def test_what_is_no_file_is_left_alone(write, tmp_path, make):
    path = tmp_path / "there"
    make(path)
    with pytest.raises(ExportError, match="not a file"):
        write(path, overwrite=True)


def test_a_capture_that_breaks_half_way_leaves_what_was_there(tmp_path):
    source, target = tmp_path / "broken.har", tmp_path / "copy.har"
    source.write_text(HAR[:-3])
    target.write_text("the copy of yesterday")
    with pytest.raises(CvtrError):
        scrub(source, target, overwrite=True)
    assert target.read_text() == "the copy of yesterday"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken.har", "copy.har"]


FULL_DISK = """
import resource, signal, sys
import pandas as pd, cvtr_widgets as cvtr
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
frame = pd.DataFrame({"outcome": ["confirmed"] * 20_000})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # as a full disk: the writing breaks off half-way
for call in (cvtr.to_csv, cvtr.to_excel):
    try:
        call(frame, sys.argv[1], overwrite=True)
    except cvtr.CvtrError as error:
        print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="a limit on files as POSIX has it")
def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "results.csv"
    path.write_text("the results of yesterday")
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be written") == 2
    assert path.read_text() == "the results of yesterday"
    assert [p.name for p in tmp_path.iterdir()] == ["results.csv"]
