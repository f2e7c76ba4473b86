"""Undo of the selection goes back by what was selected, not by what was pressed."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "press", [("invert", {"ids": []}), ("tick", {"ids": [], "on": True}), ("tick", {"ids": [], "on": False})]
)
def test_a_press_on_a_page_without_rows_is_no_step(driven, press):
    ids = driven.server.lead_ids()[:3]
    driven.say("load", go_on=False)
    driven.say("tick", ids=[str(one) for one in ids], on=True)
    driven.say("select_none")
    driven.say("marked_only", on=True)  # so that no row is shown
    what, fields = press
    driven.say(what, **fields)
    driven.say("undo_selection")
    assert set(driven.state.leads.picked.ids) == set(ids)
