"""Learning a dialect from a capture, for notebooks and for the command: the join of ``learn`` with the dialect in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from cvtr_widgets import settings
from cvtr_widgets.api.origin import checked_origin
from cvtr_widgets.arguments import checked
from cvtr_widgets.dialect.default import default_dialect, load_dialect
from cvtr_widgets.dialect.reading import text_of_file
from cvtr_widgets.dialect.writing import write_text
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.learn import har
from cvtr_widgets.learn.identify_calls import Ask
from cvtr_widgets.learn.known import TypedWords
from cvtr_widgets.learn.lesson import Lesson, learn
from cvtr_widgets.selection.select import select


@checked
def learn_dialect(
    capture: str | Path,
    ids: Iterable[int] | str,
    *,
    enterprise: str | None = None,
    url: str | None = None,
    comment: str = TypedWords.comment,
    reason: str = TypedWords.reason,
    signature: str = TypedWords.signature,
    ask: Ask | None = None,
) -> Lesson:
    """What a HAR file of your own browser says about your service; nothing is written yet (see ``save_lesson``).

    Args:
        capture: the file that the developer tools saved.
        ids: the leads on which the actions were done, in any form that ``select`` takes.
        enterprise: its dialect file, if there is one, is what the lesson is compared with.
        url: its address, where that is not the usual one: each address has a dialect file of its own.
        comment: what was typed as a comment on the page; ``reason`` and ``signature`` likewise.
        reason: what was typed as a reason of one's own.
        signature: what was typed as a printed name.
        ask: called with a question and its options if two readings are possible; gives a number, or None for neither.
            Without it, such an entry is left out, and the notes say so.

    ``lesson.frame`` shows old and new value side by side, ``lesson.notes`` what is open.

    Raises:
        CaptureError: not a capture that can be used; says how to make one.
    """
    path = Path(capture).expanduser()
    known = settings.dialect_path(enterprise, checked_origin(url) if url else "") if enterprise else None
    dialect = load_dialect(known) if known else default_dialect()
    return learn(har.read(path), select(ids).ids, dialect, typed=TypedWords(comment, reason, signature), ask=ask)


@checked
def save_lesson(
    lesson: Lesson, enterprise: str, *, url: str | None = None, to: str | Path | None = None, day: date | None = None
) -> Path:
    """Write what was learned into the enterprise's dialect file (or ``to``), each entry as seen on ``day`` (today).

    Entries of the file that the capture does not show stay as they are.

    Raises:
        CaptureError: nothing was learned. DialectError: the file cannot be read or written.
    """
    if not lesson.proposals:
        raise CaptureError("Nothing was learned, so nothing is written. Capture at least one action.")
    origin = checked_origin(url) if url else ""
    found = settings.dialect_path(enterprise, origin) or settings.dialect_file(enterprise, origin)
    path = Path(to).expanduser() if to is not None else found
    existing = text_of_file(path) if path.exists() else ""
    write_text(path, lesson.text(enterprise, day or date.today(), existing))  # noqa: DTZ011  the user's own day
    load_dialect(path)
    return path


def ask_by_input(question: str, options: Sequence[str]) -> int | None:
    """Ask in a terminal or a notebook cell. An empty answer means neither."""
    lines = [question, *(f"  {n}. {option}" for n, option in enumerate(options, 1)), "Number, or nothing for none of them: "]
    text = input("\n".join(lines)).strip()
    return int(text) - 1 if text.isdigit() and 1 <= int(text) <= len(options) else None
