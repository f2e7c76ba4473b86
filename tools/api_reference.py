"""The reference of all public calls, from their signatures and docstrings; ``tools/tables.py`` puts it into docs/api.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import cvtr_widgets as cvtr
from cvtr_widgets.archive.archived_leads import ArchivedLeads
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.insight.finding import Finding, Findings
from cvtr_widgets.journal.hash_chain import JournalReport
from cvtr_widgets.learn.lesson import Lesson
from cvtr_widgets.models import Progress, Signature
from cvtr_widgets.plans import plan_frame
from cvtr_widgets.plans.plan_entries import PlanEntry
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.returned.returns_file import Returns
from cvtr_widgets.runs import history, results
from cvtr_widgets.runs.history import LastRun
from cvtr_widgets.runs.options import Patience
from cvtr_widgets.session import service_frames
from cvtr_widgets.session.canary import CanaryReport
from cvtr_widgets.session.lead_loader import LeadDetail
from cvtr_widgets.session.lead_watch import LeadWatch
from cvtr_widgets.session.opened_plan import OpenedPlan

CALLS = (
    "connect", "select", "mark_valid", "mark_invalid", "mark_test", "mark_delivered", "mark_undelivered", "mark_other",
    "reprocess", "delete", "returns", "to_csv", "to_excel", "learn_dialect", "save_lesson",
)  # fmt: skip
CLASSES: tuple[tuple[str, type], ...] = (
    ("client", cvtr.Convertr), ("session", cvtr.LeadSession), ("selection", cvtr.Selection), ("plan", cvtr.Plan),
    ("run", cvtr.Run), ("opened", OpenedPlan), ("returned", Returns), ("window", cvtr.Window),
    ("panel", cvtr.LeadPanel), ("look", cvtr.LookPanel),
    ("table", cvtr.LeadTable), ("sandbox", cvtr.Sandbox), ("watch", LeadWatch), ("lesson", Lesson),
    ("archive", cvtr.Archive), ("archived", ArchivedLeads), ("findings", Findings),
)  # fmt: skip
VALUES: tuple[type, ...] = (
    Limits,
    Patience,
    Progress,
    Signature,
    PlanEntry,
    LeadDetail,
    LastRun,
    CanaryReport,
    JournalReport,
    Finding,
)
FRAMES: dict[Callable[..., Any], str] = {
    lead_columns: "leads", plan_frame.plan_frame: "a plan", plan_frame.undo_frame: "an undo", results.results_frame: "results",
    history.history_frame: "the history", history.unfinished_frame: "unfinished runs",
    service_frames.dialect_frame: "the dialect", service_frames.doctor_frame: "the doctor",
}  # fmt: skip
"""Frames that several calls give: their columns are described where they are made, and printed once."""


class _Optional:
    """Shown for what is a function when it is left out."""

    def __repr__(self) -> str:
        return "..."


OPTIONAL = _Optional()


def functions() -> str:
    """The functions of ``cvtr_widgets``."""
    return "".join(_entry(f"cvtr.{name}", getattr(cvtr, name)) for name in CALLS)


def classes() -> str:
    """What the objects offer: methods and properties, those of their bases too."""
    return "".join(_class(name, kind) for name, kind in CLASSES)


def values() -> str:
    """Values that are given and taken."""
    return "".join(f"### `{kind.__name__}`\n\n{prose(inspect.getdoc(kind) or '')}\n\n" for kind in VALUES)


def frames() -> str:
    """Frames with their columns."""
    each = ((title, _doc(made).partition("\n\n")[2]) for made, title in FRAMES.items() if made is not lead_columns)
    return "".join(f"### Columns of {title}\n\n{_columns(columns)}\n" for title, columns in each)


def _columns(text: str) -> str:
    index, _, rest = text.partition("Columns:")
    rows = [("index ", *one) for one in described(index)] + [("", *one) for one in described(rest)]
    lines = (f"| {i}{', '.join(f'`{n}`' for n in names)} | {dtype} | {_line(about)} |\n" for i, names, dtype, about in rows)
    last = rest[rest.rindex(")") + 1 :].strip(" .\n")
    return f"| column | dtype | what |\n| --- | --- | --- |\n{''.join(lines)}" + (f"\n{_line(last)}.\n" if last else "")


DTYPES = ("text", "category", "boolean", "bool", "int64", "Int64", "float64", "Decimal", "UTC", "datetime64", "date", "object")
"""What docs/frames.md calls the dtypes of columns."""
_COLUMN = re.compile(rf"((?:``[\w<>* ]+``(?:, |,? and )?)+) \(({'|'.join(DTYPES)})\b[:;,]? ?")


def described(text: str) -> Iterator[tuple[list[str], str, str]]:
    """The columns that a docstring describes, as (names, dtype, what it is): ````started ended```` `(UTC: when ...)`."""
    text = " ".join(text.split())
    for found in _COLUMN.finditer(text):
        end, depth = found.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield re.findall(r"[\w<>*]+", found[1].replace(" and ", " ")), found[2], text[found.end() : end - 1]


def _class(name: str, kind: type) -> str:
    out = [f"## `{name}`: `{kind.__name__}`\n\n{prose(inspect.getdoc(kind) or '')}\n\n"]
    seen = [(member, found) for member, found in _members(kind) if _doc(found)]
    shown = [(m, f) for m, f in seen if isinstance(f, property) or not callable(f)]  # cached ones are not callable
    if shown:
        out.append("| property | what |\n| --- | --- |\n")
        out += [f"| `{name}.{m}` | {_line(_doc(f))} |\n" for m, f in shown]
        out.append("\n")
    out += [_entry(f"{name}.{m}", f) for m, f in seen if callable(f) and not isinstance(f, property)]
    return "".join(out)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties, in the order in which they are written, bases last. Not those of widgets and mappings."""
    told: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith("cvtr_widgets"):
            continue
        for name, found in vars(base).items():
            kept = inspect.isfunction(found) or isinstance(found, (property, classmethod, staticmethod)) or hasattr(found, "func")
            if kept and not name.startswith("_") and name not in told:
                told.add(name)
                yield name, getattr(found, "__func__", found)


def _doc(found: Any) -> str:
    call = getattr(found, "fget", None) or getattr(found, "func", None) or found
    if (made := getattr(call, "made_by", None)) is None:
        return inspect.getdoc(found) or inspect.getdoc(call) or ""
    title = FRAMES[made]
    said, raises, errors = call.own_doc.partition("\n\nRaises:\n")
    place = "frames.md" if made is lead_columns else f"#columns-of-{title.replace(' ', '-')}"
    return f"{said}\n\nColumns: those of [{title}]({place}).{raises}{errors}"


def _entry(name: str, call: Callable[..., Any]) -> str:
    return f"### `{name}{_words(call)}`\n\n{prose(_doc(call))}\n\n"


def _words(call: Callable[..., Any]) -> str:
    signature = inspect.signature(call)
    bare = [
        p.replace(annotation=inspect.Parameter.empty, default=OPTIONAL if inspect.isfunction(p.default) else p.default)
        for p in signature.parameters.values()
        if p.name not in {"self", "cls"}
    ]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")


def prose(text: str) -> str:
    """A docstring as Markdown: its arguments as a list, its other sections with bold heads."""
    made, listing = [], False
    for line in text.replace("``", "`").splitlines():
        head = re.fullmatch(r"(Args|Returns|Raises):", line)
        if head:
            listing = head[1] != "Returns"
            made += [f"**{'Arguments' if head[1] == 'Args' else head[1]}**", ""]
        elif line.startswith("    "):
            item = re.match(r"    (\w[\w, ]*): (.*)", line) if listing else None
            made.append(f"- `{item[1]}`: {item[2]}" if item else "  " + line.strip() if listing else line[4:])
        else:
            made.append(line)
    return "\n".join(made)
