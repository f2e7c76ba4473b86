"""What the user did from this machine stands in the table, once there is something."""

from __future__ import annotations

import re

import pytest

from cvtr_widgets.panel.table.note_columns import ago
from tests.panel.test_state import caution


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (130, "2 min ago"), (7_300, "2 h ago"), (90_000, "1 day ago"), (400_000, "4 days ago")],
)
def test_how_long_ago(seconds, words):
    assert ago(seconds) == words


def test_after_a_run_its_leads_say_so_and_no_others(driven, tmp_path, monkeypatch):
    driven.say("load", go_on=False)
    driven.view()
    ids = caution(driven, 2)
    driven.plan(ids, "test", reason="own", own_reason="mine")
    assert driven.run() == {"confirmed": 2}
    driven.view()
    message = driven.state.table("leads").message()
    titles = [column["title"] for column in message["columns"] if column["look"] != "id"]
    place = titles.index("By you")
    said = {row["id"]: row["cells"][place] for row in message["rows"]}
    mine = {str(lead_id) for lead_id in ids}
    assert {lead_id for lead_id, text in said.items() if text} == mine & said.keys()
    for lead_id in mine & said.keys():
        assert re.fullmatch(r"Test (just now|1 min ago), (\d{4}-\d\d-\d\d )?\d\d:\d\d", said[lead_id])
