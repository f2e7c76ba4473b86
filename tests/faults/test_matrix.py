"""Each fault at each call that it makes sense for: what becomes of the leads, and the invariants."""

from __future__ import annotations

import pytest

from tests.faults.catalogue import CELLS
from tests.faults.cells import carry_out_cell

EVERYDAY = {"leads-bulk-flag", "leads-bulk-reprocess", "is-lead-delivered"}


def _cells():
    for row, call in CELLS:
        # What takes a second or more is tried every day with one call only.
        rare = call != "leads-bulk-flag" if row.own is not None or row.slow or row.hurried else call not in EVERYDAY
        yield pytest.param(row, call, id=f"{row.name}-{call}", marks=[pytest.mark.long] if rare else [])


@pytest.mark.parametrize(("row", "call"), list(_cells()))
def test_what_becomes_of_the_leads(bench, row, call):
    assert carry_out_cell(row, call, bench) == row.outcome(call)
