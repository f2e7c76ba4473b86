"""Benches, and a journal of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.bench import Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One world for a whole file: starting one takes longer than most runs."""
    made = Bench(9_000)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def journal(tmp_path, monkeypatch) -> None:
    """A journal of its own, so that a test reads what its own run wrote."""
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path / "journal"))
