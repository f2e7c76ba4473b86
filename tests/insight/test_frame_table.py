"""``insight.table``: counts to search, sort and save; leads and what is personal are refused, and nothing of it is saved."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from cvtr_widgets.errors import InsightError


@pytest.fixture(scope="module")
def leads():
    with cvtr.Sandbox(story="bad_month", leads=2_000, seed=2) as sandbox, sandbox.connect() as client:
        yield cvtr.LeadSession(client, progress=False).pull()


def told(widget, **there):
    """What a widget sends to a page that says hello."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))  # where a page would be
    widget._handle_custom_msg({"kind": "hello", **there}, [])
    return sent


def test_rows_and_the_bundle_of_itables_travel_as_messages_and_are_not_saved(leads):
    counts = insight.breakdown(leads, by="publisher")
    widget = insight.table(counts, "By publisher")
    (message, _), (tables, (script, style)) = told(widget)
    assert message["columns"][:2] == ["publisher", "total"]
    assert [row["publisher"] for row in message["rows"]] == counts.index.tolist()
    assert [row["invalid"] for row in message["rows"]] == counts["invalid"].tolist()
    assert tables == {"kind": "tables"}
    assert b"DataTable" in script
    assert b".dt-search" in style
    assert b"url(http" not in style  # nothing is loaded from elsewhere
    assert [content["kind"] for content, _ in told(insight.table(counts), tables=True)] == ["table"]
    saved = json.dumps({name: str(value) for name, value in widget.get_state().items()})
    assert len(saved) < 50_000
    assert not [name for name in counts.index if name in saved or name in repr(widget)]


def test_every_frame_of_counts_can_be_shown(leads):
    half = leads["date"] >= leads["date"].median()
    found = insight.findings(leads)
    for counts in (
        insight.breakdown(leads, by=["publisher", "week"]), insight.over_time(leads), insight.reasons(leads), insight.money(leads),
        insight.compare(leads[half], leads[~half]), insight.until_delivered(leads, "publisher"), found, found.frame,
        leads["current_status"].value_counts(), pd.crosstab(leads["campaign"], [leads["current_status"], leads["delivery"]]),
    ):  # fmt: skip
        (message, _), *_ = told(insight.table(counts), tables=True)
        json.dumps(message, allow_nan=False)
        assert len(message["rows"]) == len(counts)
        assert len(set(message["columns"])) == len(message["columns"])


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (lambda leads: leads, "LeadTable"), (lambda leads: leads.reset_index(), "LeadTable"), (lambda leads: leads["score"], "LeadTable"),
        (lambda leads: leads.reset_index(drop=True)[["email"]], "email is personal"),
        (lambda leads: leads["other_fingerprint"].value_counts(), "personal"), (lambda leads: [1], "takes a frame"),
        (lambda leads: pd.DataFrame({"n": range(5_001)}), "too many"),
    ],
)  # fmt: skip
def test_leads_and_what_is_personal_are_refused(leads, part, words):
    with pytest.raises(InsightError, match=words):
        insight.table(part(leads))
