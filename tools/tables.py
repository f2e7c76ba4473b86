"""Writes the tables of README.md and docs/*.md from the code: ``python tools/tables.py``; ``--check`` only looks.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``; everything else in a page is written by hand.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cvtr_widgets import errors
from cvtr_widgets.actions.catalogue import ROWS
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.frames.leads import FRAME_COLUMNS
from cvtr_widgets.models import Outcome, Verdict
from cvtr_widgets.panel.link.class_names import CLASS_NAMES

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import api_reference  # noqa: E402  it stands beside this file
from api_reference import prose  # noqa: E402

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PLACE = re.compile(r"(<!-- table: (?P<name>[\w -]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
DANGER = {
    "plain": "one button that names the count",
    "tick": "tick box",
    "signature": "printed name and tick box",
    "count": "tick box and the number of leads typed",
}
VERDICTS = {
    Verdict.WILL_CHANGE: "would be sent; `now` and `then` say what changes",
    Verdict.ALREADY_SO: "already set in everything the action changes; not sent",
    Verdict.NOT_ELIGIBLE: "Convertr's rule for this action excludes it, or it has changed since a saved plan or a rule "
    "chose it; not sent",
    Verdict.NOT_FOUND: "deleted, or not visible to this account",
    Verdict.NOT_ALLOWED: "this account has no right to do that, or the policy forbids it",
    Verdict.CANNOT_TELL: "the service's answers contradict each other or lack the field; left out unless you include it",
}
OUTCOMES = {
    Outcome.CONFIRMED: "sent; what proves this action was read at the service afterwards, and was not so before",
    Outcome.ACCEPTED: "the service said yes, and it is not proven; `detail` says why: not sent by the service, not seen in "
    "time, or not read back",
    Outcome.CONTRADICTED: "the service said yes, and reading says otherwise after waiting: an alarm, shown first",
    Outcome.REFUSED: "the service said no for this lead; `detail` has its words",
    Outcome.SKIPPED: "not sent: any verdict but `will_change`, or changed by somebody since the plan; `detail` says which",
    Outcome.UNKNOWN: "sent, no reliable answer, and reading twice could not settle it; never sent again by itself",
    Outcome.NOT_SENT: "the run was cancelled or stopped before it; safe to plan again",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n" for line in lines)


def actions() -> str:
    """The eight actions."""
    rows = [
        (row.label, f"`{_maker(kind)}`", row.effect, row.eligible, DANGER[row.danger], row.proof, row.undone_by)
        for kind, row in ROWS.items()
    ]
    return table(("action", "call", "effect", "eligible", "asks for", "proved by", "undone by"), rows)


def _maker(kind: str) -> str:
    name = kind if kind in {"reprocess", "delete"} else f"mark_{kind}"
    import cvtr_widgets

    words = ", ".join(inspect.signature(getattr(cvtr_widgets, name)).parameters)
    return f"{name}({words})"


def verdicts() -> str:
    """Verdicts of a plan."""
    return table(("verdict", "means"), [(f"`{v}`", VERDICTS[v]) for v in Verdict])


def outcomes() -> str:
    """Outcomes of a run."""
    return table(("outcome", "means"), [(f"`{o}`", OUTCOMES[o]) for o in OUTCOMES])


def error_tree() -> str:
    """All errors, with what they mean."""
    found = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, CvtrError)]
    rows = []
    for error in found:
        about = (error.__doc__ or "").split("\n")[0]
        rows.append((f"`{error.__name__}`", f"`{error.__mro__[1].__name__}`", about))
    return table(("error", "is a", "means"), rows)


def columns() -> str:
    """Columns of a leads frame."""
    return table(("column", "dtype", "what"), [(f"`{c.name}`", c.dtype, c.about) for c in FRAME_COLUMNS])


def class_names() -> str:
    """Stable class names of the panel."""
    return table(("class", "on", "what"), [(f"`{n}`", where, what) for n, (where, what) in CLASS_NAMES.items()])


def settings() -> str:
    """Environment variables, from the docstring that is the reference."""
    from cvtr_widgets import settings as module

    lines = [line for line in (module.__doc__ or "").splitlines() if line.startswith("|")]
    return "\n".join(lines).replace("``", "`") + "\n"


def messages() -> str:
    """What goes wrong, and what is said then; each case is made to happen."""
    sys.path.insert(0, str(ROOT / "docs"))
    from bad_input import messages as happened
    from bad_input import shown

    rows = [(name, f"`{type(error).__name__}`", shown(error)) for name, error in happened()]
    return table(("what happens", "error", "what it says"), rows)


def faults(group: str) -> str:
    """Faults and what becomes of the leads, from what the tests of each cell expect."""
    sys.path.insert(0, str(ROOT))
    from tests.faults.catalogue import CALLS
    from tests.faults.catalogue import ROWS as FAULTS

    head = ("fault", *(call.removeprefix("leads-bulk-") for call in CALLS))
    rows = [(row.name, *(row.outcome(c) if c in row.on else "" for c in CALLS)) for row in FAULTS if row.group == group]
    return table(head, rows)


def dialect() -> str:
    """The reference of the dialect file."""
    from cvtr_widgets.dialect.reference import markdown

    return markdown()


def questions() -> str:
    """The questions of ``cvtr.insight``, from their docstrings."""
    from cvtr_widgets import insight

    calls = [insight.breakdown, insight.over_time, insight.until_delivered, insight.reasons, insight.compare, insight.money]
    calls += [insight.recent, insight.beside_statistics, insight.run_effect, insight.why_not, insight.runs_by, insight.findings]
    calls += [insight.table]
    return "".join(f"### `{_call(call)}`\n\n{prose(inspect.getdoc(call) or '')}\n\n" for call in calls)


def _call(call: Callable[..., object]) -> str:
    signature = inspect.signature(call)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    words = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return f"insight.{call.__name__}{words}"


def limits() -> str:
    """How much each reader takes, and why."""
    from cvtr_widgets.reader_limits import ALL

    return table(("reader", "what", "at most", "because"), [(r.reader, r.what, f"{r.most:,} {r.unit}", r.why) for r in ALL])


def said_of(path: Path) -> str:
    """What a module says of itself at its beginning: the docstring in Python, the first comment in JavaScript."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return ast.get_docstring(ast.parse(text)) or ""
    comment = re.match(r"(?://[^\n]*\n)*", text)
    return re.sub(r"^// ?", "", comment[0] if comment else "", flags=re.MULTILINE)


def tree() -> str:
    """Each module of the package with the first sentence that it says of itself, by folder."""
    root = ROOT / "cvtr_widgets"
    files = [path for path in root.rglob("*") if path.suffix in {".py", ".js"} and not path.name.endswith(".min.js")]
    rows = []
    for path in sorted(files, key=lambda p: (p.parent.relative_to(root).parts, p.name != "__init__.py", p.name)):
        first = re.split(r"(?<=\.)\s", said_of(path).replace("``", "`").replace("\n", " "))[0].strip()
        name = path.relative_to(root).as_posix()
        rows.append(
            (f"**{name.removesuffix('__init__.py') or 'cvtr_widgets'}**" if path.name == "__init__.py" else f"`{name}`", first)
        )
    return table(("module", "what it is"), rows)


def layers() -> str:
    """The layers, from the contract that holds them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return "".join(
        f"{n}. {' | '.join(f'`{name}`' for name in layer.split(' | '))}\n" for n, layer in enumerate(contract["layers"], 1)
    )


TABLES: dict[str, Callable[[], str]] = {
    "layers": layers,
    "actions": actions,
    "verdicts": verdicts,
    "outcomes": outcomes,
    "errors": error_tree,
    "columns": columns,
    "class names": class_names,
    "settings": settings,
    "messages": messages,
    "network faults": lambda: faults("network"),
    "service faults": lambda: faults("service"),
    "dialect": dialect,
    "questions": questions,
    "limits": limits,
    "functions": api_reference.functions,
    "objects": api_reference.classes,
    "values": api_reference.values,
    "frames": api_reference.frames,
    "tree": tree,
}


def filled(text: str) -> str:
    """A page with its tables as they are now."""
    return PLACE.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}{found[3]}", text)


def main(words: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are not current."""
    old = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            old.append(page.name)
            if "--check" not in words:
                page.write_text(filled(text), encoding="utf-8")
    print(f"{'not current' if '--check' in words else 'written'}: {', '.join(old) or 'none'}")
    return 1 if old and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
