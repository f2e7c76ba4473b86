"""Numbers whose digits stand in groups: ``167,457``, ``16,74,571``, ``167 457``, ``447911 123456``. None is taken for ids.

Whether such a text is one number or several ids cannot be told, so it is refused and counted, and never guessed.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, TypeAlias

from cvtr_widgets.selection.id_sizes import FACTOR, alike

_WIDTHS: Final = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""All spaces of Unicode within a line but the plain one: programs write some of them between digits."""

# A whole cell or word.
THOUSANDS = re.compile(rf"#?[0-9]{{1,3}}(?:([,.'’{_WIDTHS} ])[0-9]{{3}})(?:\1[0-9]{{3}})*")
LAKHS = re.compile(rf"#?[0-9]{{1,2}}(?:([,.'’{_WIDTHS} ])[0-9]{{2}})(?:\1[0-9]{{2}})*\1[0-9]{{3}}")
"""India's groups: ``16,74,571`` is 1674571."""
MAY_BE_THOUSANDS: Final = "may be one number with thousands or several ids: write one id a line, without separators inside"
MAY_BE_LAKHS: Final = "may be one number with separators or several ids: write one id a line, without separators inside"

# Within a line, where commas also stand between ids.
COMMA_THOUSANDS: Final = r"#?(?:[0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,2}(?:,[0-9]{3})+)"
COMMA_LAKHS: Final = r"#?[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
NO_BREAK = re.compile(
    rf"(?<![0-9])[0-9]{{1,3}}(?:[{_WIDTHS}'’][0-9]{{3}})+(?![0-9])"
    rf"|(?<![0-9])[0-9]{{1,2}}(?:[{_WIDTHS}'’][0-9]{{2}})+[{_WIDTHS}'’][0-9]{{3}}(?![0-9])"
    r"|(?<![0-9])[0-9]{1,3}(?: {2,}[0-9]{3})+(?![0-9])"
)
"""Nobody puts such spaces between two ids, and two plain ones may be one that is wide."""

# Within a line, where single spaces also stand between ids.
_RUN = re.compile(r"(?<![\w./@-])#?[0-9]+(?:[ ,][0-9]+)+(?![\w/@-]|\.[0-9])")
_SPACED_THOUSANDS = re.compile(r"#?[0-9]{1,3}(?: [0-9]{3})+")
_SPACED_LAKHS = re.compile(r"#?[0-9]{1,2}(?: [0-9]{2}){1,2} [0-9]{3}")
_SHORT = re.compile(r"(?<![0-9])[0-9]{1,3}(?: [0-9]{1,3})*(?![0-9])")
_PARTS = re.compile(r"(?<![0-9])(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,2}(?: [0-9]{2}){1,2} [0-9]{3})(?![0-9])")
MAYBE_SPACED = re.compile(r"(?<![0-9])[0-9]{1,3} [0-9]{3}(?![0-9])|(?<![0-9])[0-9]{1,2} [0-9]{2} [0-9]{3}(?![0-9])")
"""A quick look: a text without this has no numbers with spaces inside."""
_SHORT_RUN = re.compile(r"(?:^|[,;|\t])[ ]*#?([0-9]{4,9}(?: #?[0-9]{4,9}){1,3}) *(?=$|[,;|\t\r])", re.MULTILINE)
_WIDE_SPACE = re.compile(rf"(?<=[0-9]{{4}})[{_WIDTHS}](?=#?[0-9]{{4}})")
_TWO_LONG = re.compile(r"[0-9]{4} #?[0-9]{4}")
_ALONE = re.compile(r"#?[0-9]{4,9}(?: #?[0-9]{4,9}){1,3}")
MAY_BE_TELEPHONE: Final = "may be one telephone number or ids: nothing but a space stands between numbers unlike in size"
_PIECES: Final = 4
"""From so many groups of three on, it would be a number that no lead id has reached."""

Span: TypeAlias = tuple[int, int]


def is_spaced_thousands(text: str) -> bool:
    """Whether the whole of a text may be a number with spaces between its thousands."""
    return _SPACED_THOUSANDS.fullmatch(text) is not None


def may_be_telephone(text: str) -> bool:
    """Whether numbers with single spaces between them may be one telephone number: ``447911 123456``.

    That is so where two neighbours have as many digits and one is more than twice the other. Those with more or fewer digits
    are told apart by their size later, and in a longer row nobody would write one telephone number.
    """
    if _ALONE.fullmatch(text) is None:
        return False
    numbers = [int(piece.lstrip("#")) for piece in text.split(" ")]
    return any(
        len(str(one)) == len(str(other)) and max(one, other) > FACTOR * min(one, other) for one, other in pairwise(numbers)
    )


def has_telephones(block: str) -> bool:
    """Whether there may be a telephone number with a space in it, in a text of nothing but numbers."""
    return any(may_be_telephone(found[1]) for found in _SHORT_RUN.finditer(block))


def why_doubtful(part: str) -> tuple[str, int]:
    """The reason for a part that ``without_spaced_numbers`` left out, and how many leads it may stand for."""
    spaces = part.count(" ")
    return (MAY_BE_TELEPHONE, spaces + 1) if may_be_telephone(part) else (MAY_BE_THOUSANDS, max(1, spaces // 2))


def without_spaced_numbers(line: str) -> tuple[str, list[str]]:
    """A line without its parts that may be numbers with spaces inside or several ids, and those parts: not to be taken."""
    line = _WIDE_SPACE.sub(" ", line)
    grouped = MAYBE_SPACED.search(line) is not None
    if not grouped and not _TWO_LONG.search(line):
        return line, []
    spans = [span for run in _RUN.finditer(line) for span in _of_a_run(line, run.start(), run.end(), grouped=grouped)]
    kept, at = [], 0
    for start, end in spans:
        kept.append(line[at:start])
        at = end
    return " , ".join([*kept, line[at:]]), [line[start:end] for start, end in spans]


def _of_a_run(line: str, start: int, end: int, *, grouped: bool) -> list[Span]:
    """The doubtful parts of numbers with single spaces or bare commas between them. ``grouped`` False: the line has no groups of
    digits, so that only a telephone number is doubtful.
    """
    parts: list[Span] = []
    for piece in line[start:end].split(","):
        parts.append((start, start + len(piece)))
        start += len(piece) + 1
    if not grouped:
        return [part for part in parts if may_be_telephone(line[part[0] : part[1]])]
    doubtful = [(part, _doubtful(line, *part)) for part in parts]
    if not any(spans for _, spans in doubtful):
        return []
    # 167,457 167 458: beside groups of digits, a short number is another group.
    short = {part for part in parts if _SHORT.fullmatch(line[part[0] : part[1]].lstrip("#"))}
    return [span for part, spans in doubtful for span in (spans or ([part] if part in short else []))]


def _doubtful(line: str, start: int, end: int) -> list[Span]:
    """The doubtful parts of numbers with single spaces between them."""
    run = line[start:end]
    pieces = run.lstrip("#").split(" ")
    numbers = list(map(int, pieces))
    if len(pieces) == 1:
        return []
    if may_be_telephone(run) or _SPACED_LAKHS.fullmatch(run) or (len(pieces) < _PIECES and is_spaced_thousands(run)):
        return [(start, end)]
    long = [number for piece, number in zip(pieces, numbers, strict=True) if len(piece) > 3]
    if not long:
        return [(start, end)] if _like_groups(numbers) else []
    found: list[Span] = []
    for part in _SHORT.finditer(line, start, end):
        # 998 999 1000 1001 are neighbours; 167 457 beside 167458 are not.
        if FACTOR * max(map(int, part[0].split())) < min(long):
            found += [match.span() for match in _PARTS.finditer(line, *part.span())]
    return found


def _like_groups(numbers: list[int]) -> bool:
    """Whether numbers below 1,000 look like the groups of larger ones: 1 674 571 2 345 678, or 167 457 168 123.

    Ids below 1,000 that stand in order and are alike cannot be such groups; all others could.
    """
    rising = sorted(set(numbers))
    return numbers not in (rising, rising[::-1]) or not alike(numbers)
