"""What decides about leads is written down once: the largest id, the digits of an id, the limits on requests."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

from cvtr_widgets.models import STATUS_WORDS, Outcome, Verdict

PACKAGE = Path(__file__).resolve().parents[2] / "cvtr_widgets"
ONCE = {
    r"2 \*\* 63|9_?223_?372": {"models.py", "sandbox/data/store.py"},  # the sandbox knows nothing of ours
    r"\[1-9\]\[0-9\]\{0,1[78]\}": {"selection/lead_id.py"},
    r"\b3_?000\b": {"request_limits.py", "sandbox/server.py", "sandbox/__main__.py"},
}

# A page, a type and a picture cannot take a word from Python; these copies are compared with it.
COPIES = {
    "panel/static/table_cells.js": (
        r"OUTCOME_LOOKS = \{(.*?)\};",
        r"""(?:^|[\s{])"?([a-z][a-z ]*)"?:""",
        {w.label for w in (*Verdict, *Outcome)} | {o.label_so_far for o in Outcome},
    ),
    "insight/chart_colours.py": (
        r"OUTCOME_COLOURS = \{(.*?)\}",
        r'"([a-z][a-z ]*)":',
        {w for o in Outcome for w in (o.label, o.label_so_far)},
    ),
    "session/rule_file.py": (r"status: Literal\[(.*?)\]", r'"(.*?)"', set(STATUS_WORDS)),
}


def code_of(path: Path) -> str:
    """A module without its comments and docstrings, a space between any two tokens."""
    kept, fresh = [], True
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.NL}:
            fresh = True
        elif token.type != tokenize.COMMENT and not (fresh and token.type == tokenize.STRING):
            kept.append(token.string)
            fresh = False
    return " ".join(kept)


def test_each_rule_is_written_once():
    code = {path.relative_to(PACKAGE).as_posix(): code_of(path) for path in PACKAGE.rglob("*.py")}
    for pattern, places in ONCE.items():
        found = {name for name, text in code.items() if re.search(pattern, text)}
        assert found == places, f"{pattern} is in {sorted(found)}: take it from {sorted(places)}"


def test_copies_are_equal():
    for name, (where, word, expected) in COPIES.items():
        (text,) = re.findall(where, (PACKAGE / name).read_text(encoding="utf-8"), re.DOTALL)
        assert set(re.findall(word, text)) == expected, name
