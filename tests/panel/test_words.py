"""What is read in the panel is words: no name of a column, an action or a state as the program has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cvtr_widgets as cvtr
from cvtr_widgets.actions.catalogue import ROWS

KINDS = "|".join(str(kind) for kind in ROWS)
RAW = re.compile(rf"[a-z]_[a-z]|(^|[,:;] )({KINDS})( |$)")

CALL = re.compile(r"\bsession\.\w+\(")
"""What can be typed in a cell is meant as it stands."""


def texts(shown: Any) -> Iterator[str]:
    """Every text of a view that is more than one word: a single one is a key, which the page does not show."""
    parts = shown.values() if isinstance(shown, dict) else shown if isinstance(shown, (list, tuple)) else ()
    for part in parts:
        yield from texts(part)
    if isinstance(shown, str) and " " in shown and not shown.startswith("Form: "):  # a form's fields have their own names
        yield shown


def raw(driven) -> list[str]:
    tables = [driven.state.table(name).message() for name in ("leads", "plan", "results")]
    return [text for text in texts([driven.view(), tables]) if RAW.search(CALL.sub("", text))]


def test_no_raw_key_is_shown_before_during_and_after_runs(driven):
    ids = driven.server.lead_ids(status="Valid")[:3]
    driven.say("load", go_on=False)
    driven.say("detail", id=str(ids[0]))
    assert raw(driven) == []
    driven.plan([*ids, 999_999_999], "invalid", reason="listed:Returned", category="No budget")
    assert raw(driven) == []
    driven.say("confirm", on=True)
    driven.run()
    assert raw(driven) == []
    driven.say("undo_run")
    assert raw(driven) == []
    driven.say("start_over")
    driven.session.run(driven.session.plan(cvtr.mark_valid("Good lead"), ids), confirm=True)
    driven.session.run(driven.session.plan(cvtr.mark_undelivered(), ids), confirm=True, signature="A Name")
    driven.say("past_undo_look")
    driven.say("load", go_on=False)
    assert raw(driven) == []
    runs = [text.partition(", ")[2] for value, text in driven.view()["undo"]["choices"] if value.startswith("run:")]
    assert [text.partition(":")[0] for text in runs][-2:] == ["Valid, reason Good lead", "Invalid, reason Returned / No budget"]
