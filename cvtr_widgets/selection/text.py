"""Typed and pasted text -> a selection. Numbers are never taken out of prose.

Ids are separated by commas, semicolons, spaces, tabs, bars or lines. A line that holds anything but ids, damaged numbers
and the words *lead*, *id* and *#* is refused whole: in “not 12, 13” or “Campaign 44064” no number may be taken for a lead.
Only where one item of a list of at least three ids holds a word that says nothing of the others, these are taken, and where
all words plainly ask for these leads: “please return 167457 and 167458”.
Brackets around a list and the bullets of its lines are not part of it.
A comma separates, but ``167,457`` is refused: it may be one id with a thousands separator.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import LeadId, Origin, Rejected
from cvtr_widgets.reader_limits import TEXT_BYTES, TEXT_ROWS
from cvtr_widgets.selection.grouped_digits import (
    COMMA_LAKHS,
    COMMA_THOUSANDS,
    NO_BREAK,
    why_doubtful,
    without_spaced_numbers,
)
from cvtr_widgets.selection.id_column import Table, find_column, heading, other_heading
from cvtr_widgets.selection.id_sizes import alike
from cvtr_widgets.selection.lead_counts import leads_in, without_other_numbers
from cvtr_widgets.selection.lead_id import SHORT_ID, SPACES, ZERO_WIDTH, host_in, id_in, is_numberlike, trimmed
from cvtr_widgets.selection.lines import (
    asks_for_ids,
    corrects,
    counts_leads,
    harmless,
    heads_columns,
    heads_something_else,
    ids_around_a_word,
    is_outline,
    is_ruled_off,
    names_ids_beside_something,
    names_leads,
    negates,
    negation,
    numbers_in,
    says_not_meant,
    says_nothing,
    says_of_above,
    says_of_its_number,
    signs_off,
    unwrapped,
    why_not_harmless,
)
from cvtr_widgets.selection.odd_ids import KnownIds, with_odd_set_aside
from cvtr_widgets.selection.plain_lists import only_numbers, quick_ids
from cvtr_widgets.selection.selection import Selection
from cvtr_widgets.selection.structured_text import selected, structured
from cvtr_widgets.selection.table_rows import take
from cvtr_widgets.selection.wrapped_lists import first_of, why_by_turns, why_no_list

Tell = Callable[[int, int], None]

_BLOCK: Final = 4_000
_LOOK: Final = 20
_ENDS: Final = re.escape(SPACES + ";|")
_SOFT: Final = re.escape(ZERO_WIDTH + "\"'“”„‘’")
_BEFORE: Final = rf"(?:(?<![^{_ENDS}])[{_SOFT}]*|[{_SOFT}]+)"
_GROUPED: Final = rf"{_BEFORE}{COMMA_THOUSANDS}(?=[{_SOFT}]*(?:$|[{_ENDS}]|,(?:$|[{_ENDS}{_SOFT}])))"
_SCIENTIFIC: Final = rf"(?<![^{_ENDS},])[{_SOFT}]*[+-]?[0-9]+,[0-9]+[eE][+-]?[0-9]+(?=[{_SOFT}]*(?:$|[{_ENDS},]))"
_NUMBER = re.compile(r"[0-9]")
_ONE_OR_NONE = re.compile(r"\s*#?[0-9]*\s*")
_DECIMAL: Final = rf"(?<![^{_ENDS},])[{_SOFT}]*#?[1-9][0-9]{{3,18}},00?(?=[{_SOFT}]*(?:$|[{_ENDS}]))"
_LAKHS: Final = rf"{_BEFORE}{COMMA_LAKHS}(?=[{_SOFT}]*(?:$|[{_ENDS}]|,))"
_PRINTED = re.compile(r"\s*(?:(?:Name|Length|Freq): .*dtype: \w+|dtype: \w+|\[[0-9]+ rows x [0-9]+ columns\])\s*")
_WIDE = re.compile(r"\s*#?[0-9]+(?: {2,}#?[0-9]+)+\s*")
_ASKED = re.compile(r"\b(?:return|reject|delete|reprocess)\b", re.IGNORECASE)
_ENDS_LIST = re.compile(r"[#0-9,;\s]*[0-9]{4}[,;\s]+(?:and\s+)?#?[0-9]{4,18}\.\s*")
_FULL_STOP = re.compile(r"(?<=[0-9])[.!?]+\s*$")
_LABELLED = re.compile(r"([^\d:]{2,60}):")
_MANY_LAKHS = re.compile(r"(?<![0-9])[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3},[0-9]{1,2},(?:[0-9]{2},)*[0-9]{3}(?![0-9])")
_TOKEN = re.compile(rf"{_SCIENTIFIC}|{_DECIMAL}|{_LAKHS}|{_GROUPED}|[^{re.escape(SPACES)},;|]+")
_LABEL = re.compile(r"(?<![\w.@/#-])@?(?:lead[ _-]?)?(?:id(?:s|\(s\))?|lead)[\"']?\s*[:=]\s*", re.IGNORECASE)
_LABELS: Final = frozenset({"", "#", "id", "ids", "id(s)", "@id", "lead", "leadid", "lead_id", "lead-id", "leadids", "leadid(s)"})

_WRAPPED = re.compile(r"\A\s*1[.)]\s|[-*>\u2022\u2023\u25aa\u00b7\u2013\[({]")


def parse_ids(
    text: str,
    *,
    origin: Origin = "typed",
    on_progress: Tell | None = None,
    include_odd: bool = False,
    known: KnownIds | None = None,
    accepted: Iterable[LeadId] = (),
) -> Selection:
    """The lead ids in ``text``; never raises for what it holds.

    Ids that do not look like the others are in ``set_aside``, unless ``include_odd``. ``known``: what is known of the
    enterprise's ids. ``accepted``: odd ids that the user has added already.

    ``#123``, ``123.0`` and addresses ending in ``/api/v4/leads/123`` are ids too. A line *Lead ID* is a header; below one
    such as *Campaign ID* nothing is taken. Columns copied from a spreadsheet with their header are read as a table.
    ``on_progress`` is called with (lines done, all lines).
    """
    found = _parsed(text, origin, on_progress, known)
    return found if include_odd else with_odd_set_aside(found, known, accepted=accepted)


def _too_long(text: str) -> str:
    """Why a text is too long to be read, else nothing."""
    if len(text) > TEXT_BYTES:
        return f"has more than {TEXT_BYTES:,} characters: give it in parts"
    if len(text) > TEXT_ROWS and sum(map(text.count, "\n\r ,;\t|")) > TEXT_ROWS:
        return f"has more than {TEXT_ROWS:,} lines, words or numbers: give it in parts"
    return ""


def _parsed(text: str, origin: Origin, on_progress: Tell | None, known: KnownIds | None) -> Selection:
    if why := _too_long(text):
        return Selection.of((), origin, rejected=[Rejected("the whole text", shown(trimmed(text[:200])), why)])
    if (told := structured(text)) is not None:
        return selected(told, origin, known)
    # A look for any mark at all first: most texts have none.
    if _WRAPPED.search(text):
        text = unwrapped(text)
    if only_numbers(text):  # one a line, so that there is nothing to tell a table by
        return _line_by_line(text.splitlines(), origin, on_progress)
    # A table is looked for first: its header says which column holds ids, and its lines alone do not.
    pasted = _as_table(text, origin, known)
    if pasted is None:
        lines = text.splitlines()
        refused = _columns(lines, origin)
        return _line_by_line(lines, origin, on_progress) if refused is None else refused
    return pasted


def _line_by_line(lines: Sequence[str], origin: Origin, on_progress: Tell | None) -> Selection:
    reading = _Reading()
    for start in range(0, len(lines), _BLOCK):
        if on_progress is not None:
            on_progress(start, len(lines))
        block = lines[start : start + _BLOCK]
        # A million pasted ids are read block by block in one pass of C code. A block with anything but plain numbers is read
        # line by line, with the same result; a test holds the two ways against each other.
        # Below a heading of something else no number counts, which the quick way would not know.
        quick = None if reading.under else quick_ids("\n".join(block))
        if quick is not None:
            reading.ids += quick
        else:
            for number, line in enumerate(block, start + 1):
                reading.line(number, line)
    if on_progress is not None:
        on_progress(len(lines), len(lines))
    reading.settle()
    return Selection.of(reading.ids, origin, rejected=reading.rejected, notes=reading.all_notes())


def careful_ids(text: str) -> Selection:
    """As ``parse_ids`` for text without tables, line by line: what the quick way is measured against."""
    reading = _Reading()
    for number, line in enumerate(text.splitlines(), 1):
        reading.line(number, line)
    reading.settle()
    return Selection.of(reading.ids, "typed", rejected=reading.rejected, notes=reading.all_notes())


@dataclass
class _Reading:
    """What has been read so far. ``under``: the heading of something else, below which no number is a lead. ``top``: words above
    the first ids that say nothing of them. ``below``: lines with numbers below ``under``. ``signed``: a letter's end
    came after the ids, so numbers below ``under`` are of who wrote it; ``ruled``: a rule such as ``--`` did. ``annotated``: lines
    refused that say something of their one number. ``headed``: the heading of something else that was the last line.
    """

    ids: list[LeadId] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hosts: dict[str, int] = field(default_factory=dict)
    under: str = ""
    top: str = ""
    below: int = 0
    signed: bool = False
    ruled: bool = False
    annotated: int = 0
    headed: str = ""

    def line(self, number: int, line: str) -> None:
        """Read one line."""
        bare = trimmed(line)
        if not bare:
            return
        # Most lines are one id and nothing else; all other questions are asked of the rest.
        if not self.under and SHORT_ID.fullmatch(bare):
            self.headed = ""
            self.ids.append(int(bare.lstrip("#")))
            return
        if self._heading(number, bare):
            return
        if self.ids and self._ends_list(bare):
            self._begin_other(bare)
        if not _NUMBER.search(bare) and self._words(number, line, bare):
            return
        if self.under:
            self.below += 1
            self._refuse(number, line, f"stands under “{self.under}”, which does not say that these are leads to take")
            return
        # A no-break space within a number is how many programs write thousands: 167 457 would be read as two leads, both real.
        # India's groups that follow each other without a space are one long row of commas.
        if counts_leads(bare):
            self._refuse(number, line, "may say how many leads there are, and not which")
            return
        if NO_BREAK.search(line) or _MANY_LAKHS.search(line):
            self._refuse(number, line, "has numbers with thousands separators: write the ids without them")
            return
        self._tokens(number, line)
        # "Keep: 167457," may go on in the next line.
        if (label := _LABELLED.match(bare)) and (negates(label[1]) or heads_something_else(label[1])):
            self.under, self.below = shown(label[1], 30), 1

    def _ends_list(self, bare: str) -> bool:
        """Whether a line ends the list above it, whatever numbers are below; where it corrects that list, none of it is taken."""
        if corrects(bare):
            self._take_back(bare, f"stand above “{shown(bare, 30)}”, which may correct them")
            return True
        self.ruled = self.ruled or is_ruled_off(bare)
        return is_ruled_off(bare)

    def _begin_other(self, words: str) -> None:
        self.under, self.below = shown(words, 30), 0

    def _words(self, number: int, line: str, bare: str) -> bool:
        """Read a line of words: it may say whether the ids below it, or those above it, are meant."""
        self.signed = self.signed or bool(self.ids and not self.under and signs_off(bare))
        if not any(c.isalpha() for c in bare) or says_nothing(bare):
            return False
        if negates(bare):
            self._begin_other(bare)
            self._refuse(number, line, "may say that the ids beside it are not meant")
            return True
        if names_leads(bare):
            self.under = ""
            return False
        if self.under:
            self._refuse(number, line, "is not a lead id")
            return True
        if self.ids and says_of_above(bare):
            self._take_back(bare, f"stand above “{shown(bare, 30)}”, which may say what they are")
        # Words amid a list begin another one, and whose numbers these are nobody has said.
        if heads_something_else(bare) or self.ids or says_not_meant(bare):
            self._begin_other(bare)
        else:
            self.top = self.top or shown(bare, 30)
        self._refuse(number, line, "is not a lead id")
        return True

    def settle(self) -> None:
        """Take nothing of what the words below it, or the headings of all parts together, make doubtful."""
        if not self.ids:
            return
        # Where most numbers are told apart by words, those that have none beside them may have them in another line.
        if self.annotated > 1 and 2 * self.annotated >= len(self.ids):
            self._take_back("", "stand amid lines that say something of their numbers, so it is unclear which are meant")
            return
        # Below "Lead ID" all are meant, which somebody has said.
        if not self.notes and (why := why_by_turns(self.ids)):
            self.rejected.append(Rejected("the ids", first_of(self.ids), why, len(set(self.ids))))
            self.ids = []
            return
        if not self.under:
            return
        if negates(self.under) and not self.below:
            why = f"stand above “{self.under}”, which may say that they are not meant"
        elif self.top and self.below and not self.signed:
            why = f"stand in one of several parts, and “{self.top}” does not say that these are leads to take"
        else:
            return
        self._take_back(self.top or self.under, why)

    def _take_back(self, words: str, why: str) -> None:
        self.rejected.append(Rejected("the ids above", shown(words, 30), why, len(self.ids)))
        self.ids = []

    def _heading(self, number: int, bare: str) -> bool:
        above, self.headed = self.headed, ""
        if heading(bare) is not None:
            if above:
                self._begin_other(f"{above}, {bare}")
                self._refuse(number, bare, "is one of several headings below each other, so that cells of a table are, too")
                return True
            self.under = ""
            self.notes.append(f"Line {number}, “{shown(bare, 30)}”, is a header.")
            return True
        if other_heading(bare):
            self._begin_other(bare)
            self.headed = bare
            self._refuse(number, bare, "is the heading of something other than lead ids")
            return True
        return False

    def _tokens(self, number: int, line: str) -> None:
        ids: list[LeadId] = []
        bad: list[Rejected] = []
        hosts: list[str] = []
        # Before the line is taken apart at its spaces: after that nobody can tell "167 457" from two ids.
        rest, doubtful = without_spaced_numbers(line)
        bad += [Rejected(f"line {number}", shown(part), *why_doubtful(part)) for part in doubtful]
        rest = _without_full_stop(rest)
        asked = bool(_ASKED.search(rest)) and asks_for_ids(rest)
        for token in _TOKEN.findall(_LABEL.sub(" ", rest)):
            found = id_in(token)
            if isinstance(found, int):
                ids.append(found)
                if "/" in token and (host := host_in(token)):
                    hosts.append(host)
            elif is_numberlike(token):
                bad.append(Rejected(f"line {number}", shown(trimmed(token)), found))
            elif ids and (bare := trimmed(token)) and not bare.strip(":="):
                self._refuse(number, line, f"“{shown(bare, 30)}” between its numbers may say what one is of the other")
                return
            # A word that is none of the known ones may say that these ids are not meant, so the whole line is refused, with the
            # reason.
            elif not asked and not harmless([token], line) and trimmed(token).strip(":=").casefold() not in _LABELS:
                if (around := ids_around_a_word(rest)) is not None:
                    self._take_around(number, line, around)
                else:
                    self._refuse(number, line, _why_refused(token, str(found), line))
                return
        if not ids and not bad and trimmed(_LABEL.sub(" ", line)).strip(",;|:=" + SPACES):
            self._refuse(number, line, "holds no lead id")
        self.ids += ids
        self.rejected += bad
        for host in hosts:
            self.hosts[host] = self.hosts.get(host, 0) + 1

    def _take_around(self, number: int, line: str, ids: list[LeadId]) -> None:
        """Take a list with a word in it, but for the item that holds the word."""
        self.ids += ids
        left = numbers_in(line) - len(ids)
        why = "has a word among its ids; the ids were taken"
        self.rejected.append(Rejected(f"line {number}", shown(trimmed(line)), why, max(0, left)))

    def _refuse(self, number: int, line: str, why: str) -> None:
        leads = leads_in(line, signed=self.signed or self.ruled, ids=self.ids)
        self.annotated += says_of_its_number(trimmed(line))
        words = len(trimmed(line).split()) > 1 and any(letter.isalpha() for letter in line)
        self.rejected.append(Rejected(f"line {number}", shown(trimmed(line)), why, leads, words))

    def all_notes(self) -> list[str]:
        """What the reader should know."""
        hosts = [f"{n:,} of the ids were in addresses of {shown(h, 60)}." for h, n in self.hosts.items()]
        if len(hosts) > 1:
            hosts.append("Ids of different addresses may be different leads: check that all are meant.")
        return [*self.notes, *hosts]


def _without_full_stop(line: str) -> str:
    """A line without the mark behind its last number, where it is a sentence or a list of numbers; ``1.`` numbers a line."""
    sentence = _ENDS_LIST.fullmatch(line) is not None or _ASKED.search(line) is not None
    return _FULL_STOP.sub("", line) if sentence else line


def _why_refused(token: str, found: str, line: str) -> str:
    """Why a line is refused in which a word is none of the known ones."""
    if harmless([token], "") and (why := why_not_harmless(line)):
        return f"{why}. Nothing of this line was taken"
    if trimmed(token) == trimmed(line):
        return found
    if word := negation(line):
        return f"“{word}” in it may say that its ids are not meant. Nothing of this line was taken"
    if not any(c.isalnum() for c in token):  # a dash says less than the word behind it
        token = next((w for w in line.split() if any(c.isalpha() for c in w) and not harmless([w], "")), token)
    return f"“{shown(trimmed(token), 30)}” in it {found}. Nothing of this line was taken"


def _as_table(text: str, origin: Origin, known: KnownIds | None) -> Selection | None:
    """Cells copied from a spreadsheet or a CSV file, if the first line is their header with lead ids in it; or several columns
    of which nothing says what they are.
    """
    lines = text.splitlines(keepends=True)
    filled = [line for line in lines[:_LOOK] if line.strip(SPACES + ZERO_WIDTH)]
    if "\t" in text and (tabbed := next((line for line in filled if _heads(line.rstrip("\r\n"), "\t", bare=True)), "")):
        first = tabbed.rstrip("\r\n")
    else:
        first = filled[0].rstrip("\r\n") if filled else ""
    delimiter = (
        "\t" if _heads(first, "\t", bare=True) else next((d for d in ";,|" if _heads(first, d) and _all_alike(lines, d)), "")
    )
    if not delimiter:
        return None

    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        reader = csv.reader(lines, delimiter=delimiter)
        before = 0
        for row in reader:
            yield before + 1, row
            before = reader.line_num

    table = Table(rows, origin=origin, known=known)
    try:
        # Tabs only come from a spreadsheet; commas and bars are also in sentences.
        unsure = "" if delimiter == "\t" else _unsure(table)
        # A separator with a space behind it is how sentences are written, and no program writes a table so.
        if unsure and f"{delimiter} " in first:  # a sentence
            return None
        if unsure:
            raise SelectionError(f"“{unsure}” holds nothing but numbers that can be ids, too")
        return take(table, find_column(table))
    except (SelectionError, csv.Error) as error:
        why = f"is not a table of leads: {error}"
        leads = sum(1 for line in lines if _NUMBER.search(without_other_numbers(line)))
        return Selection.of((), origin, rejected=[Rejected("the whole text", shown(trimmed(first)), why, leads)])


def _heads(line: str, delimiter: str, *, bare: bool = False) -> bool:
    """Whether a line is a header: a cell of it says lead ids, and the others are words."""
    cells = [cell for c in line.split(delimiter) if (cell := trimmed(c).strip("\"'"))]
    others = [cell for cell in cells if heading(cell) is None]
    words = all(any(c.isalpha() for c in cell) and not isinstance(id_in(cell), int) for cell in others)
    # pandas writes the name of its index alone into a second row of headings
    wide = len(cells) > 1 or (bare and delimiter in line.strip(" \r\n"))
    return wide and len(others) < len(cells) and words and not (delimiter == "|" and "||" in line)


def _all_alike(lines: Sequence[str], delimiter: str) -> bool:
    """Whether each line has as many cells as the first: then it is a table, and no list with a word above it."""
    try:
        return len({len(row) for row in csv.reader(lines, delimiter=delimiter) if row}) == 1
    except csv.Error:
        return False


def _unsure(table: Table) -> str:
    """Another column that may be the one meant: it holds nothing but ids, and its heading does not say what it is."""
    (_, head), *below = list(table.rows())
    for place, name in enumerate(head):
        held = [row[place] for _, row in below if place < len(row) and trimmed(row[place])]
        ids = bool(held) and all(isinstance(id_in(cell), int) for cell in held)
        if trimmed(name) and heading(name) is None and not other_heading(name) and ids:
            return shown(trimmed(name), 30)
    return ""


def _leads_of(line: str) -> int:
    """How many leads a line may stand for: as many as it has ids that look alike, else one, as a row of a table."""
    rest = without_other_numbers(line)
    ids = [one for p in _TOKEN.findall(rest) if isinstance(one := id_in(p), int)]
    return len(ids) if ids and alike(ids) else int(bool(_NUMBER.search(rest)))


def _columns(lines: Sequence[str], origin: Origin) -> Selection | None:
    """Columns of a table that nothing says enough of: nothing is taken. None where the text is a list or prose."""
    if all(_ONE_OR_NONE.fullmatch(line) for line in lines):
        return _outline(lines, origin) if any(line[:1] in {" ", "\t"} for line in lines) and is_outline(lines) else None
    header = next((line for line in lines if names_ids_beside_something(line)), "")
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        pieces = [p for p in _TOKEN.findall(_LABEL.sub(" ", line)) if trimmed(p)]
        if pieces and all(isinstance(id_in(p), int) or is_numberlike(p) for p in pieces):
            rows.append((line, pieces))
    printed = any(_PRINTED.fullmatch(line) for line in lines)
    why = "this is what pandas prints, and its columns cannot be told apart" if printed else why_no_list(rows)
    several = {len(pieces) for _, pieces in rows if len(pieces) > 1}
    plain = {line for line, _ in rows}
    beside = any(any(c.isalpha() for c in line) and numbers_in(line) in several for line in lines if line not in plain)
    if not why and several and ("," not in "".join(lines)) and (beside or any(_WIDE.fullmatch(line) for line in lines)):
        why = "these look like columns of a table, and nothing says which of them are lead ids"
    header = header or heads_columns(lines, [len(pieces) for _, pieces in rows])
    if header and not why:
        why = f"“{shown(trimmed(header), 40)}” is the header of columns that cannot be told apart"
    if not why:
        return None
    why = f"{why}: copy the column of lead ids alone, or the table from Excel with its header. Nothing was taken"
    return _refused_whole(lines, origin, why)


def _outline(lines: Sequence[str], origin: Origin) -> Selection:
    why = "some lines are indented, as leads are below their campaigns, and nothing says which are lead ids"
    return _refused_whole(lines, origin, f"{why}: copy the lead ids alone. Nothing was taken")


def _refused_whole(lines: Sequence[str], origin: Origin, why: str) -> Selection:
    refused = [
        Rejected(f"line {n}", shown(trimmed(line)), why, _leads_of(line)) for n, line in enumerate(lines, 1) if trimmed(line)
    ]
    return Selection.of((), origin, rejected=refused)
