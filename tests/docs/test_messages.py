"""Bad input and bad days, one by one: each gives one clear error of ours that says what to do next.

docs/errors.md has what really happened; ``test_docs.py`` holds that it is current.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.bad_input import CASES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
ROWS = {
    cells[0]: cells[1:] for line in PAGE.read_text(encoding="utf-8").splitlines() if len(cells := line[2:-2].split(" | ")) == 3
}
NEXT = re.compile(
    r"\b(Check|Connect|Pass|Give|Ask|Wait|Try|Choose|Narrow|Confirm|To continue|Make a new|Plan again|Tick|rename|pass)\b"
)


@pytest.mark.parametrize("name", CASES)
def test_what_goes_wrong_is_said_with_the_way_out(name):
    kind, text = ROWS[name]
    assert kind != "`CvtrError`"
    assert NEXT.search(text), text
    assert not re.search(r"sandbox-admin|Bearer|access_token|secret", text)
