"""The whole lesson: from a capture to the entries of a dialect, each with its old value and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from cvtr_widgets.dialect.model import Dialect, shown
from cvtr_widgets.dialect.reading import parse_dialect
from cvtr_widgets.dialect.schema import CALLS
from cvtr_widgets.dialect.writing import with_entries
from cvtr_widgets.errors import CaptureError, DialectError
from cvtr_widgets.frames.described import TEXT, frame_of
from cvtr_widgets.frames.field_map import plain_word
from cvtr_widgets.learn.answering import AnswerWords, Changed, learn_answer, learn_check
from cvtr_widgets.learn.har import Capture
from cvtr_widgets.learn.identify_calls import WHAT, Ask, calls_in
from cvtr_widgets.learn.known import KnownLists, Listed, TypedWords, known_from
from cvtr_widgets.learn.lead_fields import LeadFields
from cvtr_widgets.learn.reads import learn_reads
from cvtr_widgets.learn.write_requests import Seen, Table, learn_call

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Proposal:
    """One entry: what the dialect says now, what the capture says, and why. ``same``: they are equal; ``proven``: and a run
    has proven it, which says more than a capture.
    """

    entry: str
    old: str
    new: str
    why: str
    table: Mapping[str, Any]
    proven: bool = False

    @property
    def same(self) -> bool:
        """Whether the capture bears out what the dialect says already."""
        return self.old == self.new


@dataclass
class Lesson:
    """``proposals`` in the dialect's order; ``missing``: calls that the capture does not show; ``notes``: what is open."""

    proposals: list[Proposal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: int = 0
    open: list[tuple[str, Any]] = field(default_factory=list, repr=False)

    @property
    def frame(self) -> pd.DataFrame:
        """Index ``entry`` (text: dotted name); ``old new`` (text: JSON), ``why`` (text), ``same`` (bool). Nothing personal."""
        rows = ({"entry": p.entry, "old": p.old, "new": p.new, "why": p.why, "same": p.same} for p in self.proposals)
        return frame_of(rows, {"entry": TEXT, "old": TEXT, "new": TEXT, "why": TEXT, "same": "bool"}, "entry")

    def text(self, name: str, day: date, existing: str = "") -> str:
        """The dialect file: the entries learned, each as seen on that day, laid over a file that is there already."""
        word = f"seen {day.isoformat()}"
        changes = {p.entry: {**p.table, "evidence": word} for p in self.proposals if not p.proven}
        return with_entries(existing, changes, name=name)


class Questions:
    """Counts the questions; without anybody to ask, the answer is none."""

    def __init__(self, ask: Ask | None) -> None:
        self.count = 0
        self._ask = ask

    def __call__(self, question: str, options: Sequence[str]) -> int | None:
        """The number of the option chosen; None for none of them."""
        self.count += 1
        return None if self._ask is None else self._ask(question, options)


def learn(
    capture: Capture, ids: Sequence[int], dialect: Dialect, *, typed: TypedWords | None = None, ask: Ask | None = None
) -> Lesson:
    """What a capture teaches, as changes to ``dialect``.

    Raises:
        CaptureError: it is of another site, or shows no action on the leads given.
    """
    asking = Questions(ask)
    known = known_from(capture.exchanges, ids, typed or TypedWords())
    calls = calls_in(known, asking)
    if not set(calls) - {"is_delivered"}:
        raise CaptureError(
            "This capture shows no action on the leads given, only reading. Do each action once while it is being recorded, "
            "and save it after the last one."
        )
    lesson = Lesson(missing=[name for name in CALLS if name not in calls])
    entries = learn_reads(capture, known, dialect)
    base = entries["base"]["value"] if "base" in entries else dialect.base
    # Words of all calls together: the lists of yes and no in a dialect are shared by its calls.
    words: dict[str, list[Any]] = {}
    marks: dict[int, str] = {}
    changed = LeadFields(known, lambda name: dialect.value("fields", name), asking).changed
    for name in (n for n in CALLS if n in calls):
        marks.update(_one_call(lesson, entries, words, name, calls, known, str(base), dialect, asking, changed))
    _keep_apart(lesson, words, dialect)
    for kind, said in words.items():
        old = list(dialect.value("words", kind))
        # By type, too: in Python True == 1, and to a service they are different words.
        new = [w for w in said if not any(type(w) is type(o) and w == o for o in old)]
        entries[f"words.{kind}"] = {"values": old + new if kind in {"yes", "no"} else said}
    entries.update(_fields(lesson, calls, marks, known, dialect, asking))
    lesson.notes += [f"{WHAT[name]}: not in this capture" for name in lesson.missing]
    lesson.questions = asking.count
    lesson.proposals = proposals(entries, dialect)
    must_parse(lesson, dialect)
    return lesson


def _one_call(
    lesson: Lesson, entries: dict[str, Table], words: dict[str, list[Any]], name: str, calls: Mapping[str, Seen],
    known: KnownLists, base: str, dialect: Dialect, ask: Ask, changed: Changed,
) -> dict[int, str]:  # fmt: skip
    seen = calls[name]
    keys = {slot: entry.key for slot, entry in dialect.calls[name].body.items()}
    found = learn_call(name, seen, known, base, keys, ask)
    if name == "is_delivered":
        answer, said = learn_check(seen, _truth(calls))
        if said[True] and said[False]:
            words["delivered"], words["not_delivered"] = said[True], said[False]
    else:
        answer, told = learn_answer(seen, known, base, changed)
        _take_words(lesson, words, told, WHAT[name], dialect)
    found.entries.update(answer)
    entries.update({f"calls.{name}.{part}": table for part, table in found.entries.items()})
    lesson.notes += [f"{WHAT[name]}: {note}" for note in found.notes]
    return found.flags


def _listed_word(dialect: Dialect, kind: str, word: Any) -> bool:
    return any(plain_word(one) == plain_word(word) for one in dialect.value("words", kind))


def _take_words(lesson: Lesson, words: dict[str, list[Any]], told: AnswerWords, what: str, dialect: Dialect) -> None:
    """A word means yes where leads of which it was said changed, and no where none of them did. Which one it is where the
    capture does not show it is what the dialect says; a word that it does not know stays unknown.
    """
    said = {"yes": [*told.yes], "no": [w for w in told.no if not any(plain_word(w) == plain_word(y) for y in told.yes)]}
    for word in told.no:
        if word not in said["no"] or _listed_word(dialect, "yes", word):
            lesson.notes.append(f"{what}: {str(word)[:40]!r} was also said of a lead on which nothing changed")
            said["no"] = [w for w in said["no"] if w is not word]
    lesson.open += [(what, word) for word in told.open]
    for kind, new in said.items():
        words.setdefault(kind, []).extend(w for w in new if w not in words[kind])


def _keep_apart(lesson: Lesson, words: dict[str, list[Any]], dialect: Dialect) -> None:
    """No word is in both lists, not together with the dialect's own either; and what is still open is said."""
    for what, word in lesson.open:
        if not any(_listed_word(dialect, kind, word) or word in words.get(kind, ()) for kind in ("yes", "no")):
            lesson.notes.append(
                f"{what}: it was answered {str(word)[:40]!r}, and the leads were not read before and after; whether that means "
                "yes is left open"
            )
    learned = {kind: list(said) for kind, said in words.items()}  # as it was: a word that is in both goes out of both
    for kind, other in (("yes", "no"), ("no", "yes")):
        for word in learned.get(kind, ()):
            mine = any(plain_word(word) == plain_word(one) for one in learned.get(other, ()))
            if mine or _listed_word(dialect, other, word):
                words[kind] = [w for w in words[kind] if w is not word]
                note = f"the word {str(word)[:40]!r} is used for yes and for no; left as it is"
                lesson.notes += [] if note in lesson.notes else [note]


def _truth(calls: Mapping[str, Seen]) -> dict[int, bool]:
    """Whether the lead of each delivery check was delivered then: as the actions before and after it would have it."""
    moves = sorted(
        (e.number, lead_id, name == "deliver")
        for name in ("deliver", "undeliver")
        for e, w in calls.get(name, ())
        for lead_id in w.ids
    )
    truth: dict[int, bool] = {}
    for exchange, where in calls.get("is_delivered", ()):
        mine = [(number, to) for number, lead_id, to in moves if lead_id in where.ids]
        before = [to for number, to in mine if number < exchange.number]
        after = [to for number, to in mine if number > exchange.number]
        if before:
            truth[exchange.number] = before[-1]
        elif after:
            # Nothing was done to it before the check, and what was done later changed something: it was the opposite then.
            truth[exchange.number] = not after[0]
    return truth


def _fields(
    lesson: Lesson, calls: Mapping[str, Seen], marks: Mapping[int, str], known: KnownLists, dialect: Dialect, ask: Ask
) -> dict[str, Table]:
    fields = LeadFields(known, lambda name: dialect.value("fields", name), ask)
    fields.learn_id()
    flags = calls.get("flag", ())
    if flags:
        reasons: dict[int, Listed | None] = {}
        for exchange, _ in flags:
            values = [v for _, v in _flat(exchange.sent)]
            # A name or an IRI is unmistakable. A bare number may be anything, so it only counts if nothing else names a reason.
            mine = [r for r in known.lists.get("reasons", ()) if r.flag in {marks.get(exchange.number), ""}]
            row = next((r for r in mine for v in values if r.form_in(v) in {"name", "iri"}), None)
            row = row or next((r for r in mine for v in values if r.form_in(v) is not None), None)
            if row is not None or known.typed.reason in values:
                reasons[exchange.number] = None if known.typed.reason in values else row
        fields.learn_flags(fields.changes(flags), marks, reasons)
    fields.learn_delivery(fields.changes(calls.get("deliver", ())), fields.changes(calls.get("undeliver", ())))
    fields.learn_replacement(fields.changes(calls.get("metadata", ())), marks)
    fields.learn_processing(fields.changes(calls.get("reprocess", ())))
    lesson.notes += fields.lesson.notes
    return fields.lesson.entries


def _flat(value: Any) -> list[tuple[str, Any]]:
    from cvtr_widgets.learn.exchange import leaves

    return list(leaves(value))


def proposals(entries: Mapping[str, Table], dialect: Dialect, why: str = "") -> list[Proposal]:
    """Entries beside what the dialect says now; ``why`` instead of the usual reason."""
    found = []
    for name, table in entries.items():
        try:
            old = dialect.entry(*name.split("."))
        except DialectError:
            old = {}
        before = shown(old) if isinstance(old, dict) and old else "" if isinstance(old, dict) else shown({"value": old})
        proven = isinstance(old, dict) and str(old.get("evidence", "")).startswith("verified") and before == shown(table)
        found.append(Proposal(name, before, shown(table), why or _why(name), table, proven))
    return found


def _why(entry: str) -> str:
    kind = entry.split(".", maxsplit=1)[0]
    return {
        "calls": "as this call was sent and answered",
        "fields": "as the lead changed when the action was done",
        "words": "as answers and leads say it",
    }.get(kind, "as the page reads")


def must_parse(lesson: Lesson, dialect: Dialect) -> None:
    """What was learned must make a dialect; a call that does not is left as it was."""
    while True:
        try:
            parse_dialect(lesson.text("learned", date(2000, 1, 1)), "the dialect learned", over=dialect)
        except DialectError as error:
            # One call that no dialect file can describe must not cost what the others teach. It is dropped, and the rest is
            # tried again.
            bad = next((c for c in CALLS if f"calls.{c}." in str(error)), None)
            if bad is None or not any(p.entry.startswith(f"calls.{bad}.") for p in lesson.proposals):
                raise CaptureError(f"What this capture shows makes no dialect: {error}") from None
            lesson.proposals = [p for p in lesson.proposals if not p.entry.startswith(f"calls.{bad}.")]
            lesson.notes.append(f"{WHAT[bad]}: what was seen cannot be said in a dialect file, so it was left as it was")
        else:
            return
