"""A sandbox, sessions and an archive in folders of their own."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from tests.runs.conftest import QUICK, journal_folder, open_session, session, until

__all__ = ["QUICK", "journal_folder", "open_session", "session", "until"]


@pytest.fixture
def sandbox():
    with cvtr.Sandbox(leads=220, seed=4) as running:
        yield running


@pytest.fixture
def archive(tmp_path):
    with_care = cvtr.Archive(tmp_path / "leads")
    yield with_care
    with_care.close()


@pytest.fixture
def equal():
    return equal_to_service


def equal_to_service(archive: cvtr.Archive, session: cvtr.LeadSession) -> None:
    """The archive holds every lead of the service once, as it is there now, and nothing is wrong with its files."""
    import pandas as pd

    mine, theirs = archive.leads().to_pandas(), session.pull()
    assert mine.index.is_unique
    assert sorted(mine.index) == sorted(theirs.index)
    columns = [c for c in theirs.columns if c in mine.columns]
    assert {"date", "current_status", "delivery", "reason", "publisher_payout", "sub_id", "score"} <= set(columns)
    pd.testing.assert_frame_equal(
        mine[columns].sort_index(), theirs[columns].sort_index(), check_categorical=False, check_dtype=False
    )
    assert archive.check() == []
