"""How many leads a line that was not taken may stand for: its numbers, but for those that are surely something else.

The count must not be too low, or leads are lost unseen, and a mail's date, signature and telephone number must not look like
fourteen lost leads. So a number only goes uncounted where its form says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.id_sizes import FACTOR

_MONTH: Final = (
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vrier|mar(?:ch|s)?|m[äa]rz|apr(?:il)?|avril|(?-i:May|Mai|mai)|june?|juni|juin"
    r"|july?|juli|juillet|aug(?:ust)?|ao[ûu]t|sep(?:t(?:ember|embre)?)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[cz](?:ember)?"
    r"|d[ée]cembre)\b\.?"
)
_DAY: Final = r"[0-3]?[0-9](?:st|nd|rd|th|\.)?"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
_GAP: Final = r"[ \t\xa0()./-]{0,3}"
_LABELLED: Final = (
    r"\b(?:tel|telephone|telefon|phone|mobile?|mob|handy|cell|fax|direct|call(?: me)?|reach me)\b[ \t.:/]*"
    rf"(?:(?:on|at|unter)[ \t]+)?\(?0(?:{_GAP}[0-9]){{6,14}}(?!\w)"
)
_TELEPHONES: Final = (
    _LABELLED,
    # Only +1 and +7 have one digit, and eleven in all: "+1 167460 167461" is no telephone number.
    rf"(?<![\w+])\+(?:[17](?:{_GAP}[0-9]){{10}}|[2-9][0-9](?:{_GAP}[0-9]){{6,13}})(?![\w]|{_GAP}[0-9])",
    rf"(?<![\w+])00[1-9][0-9]{{0,2}}[ \t()./-](?:{_GAP}[0-9]){{6,13}}(?![\w]|{_GAP}[0-9])",
)
_DATES: Final = (
    rf"(?<![\w,-]){_DAY}(?: of)?[ \t]+{_MONTH}(?:,?[ \t]+{_YEAR}(?![\w-]))?",
    rf"\b{_MONTH}[ \t]+{_DAY}(?![\w-]|,[0-9])(?:,?[ \t]+{_YEAR}(?![\w-]))?",
    rf"\b{_MONTH}[ \t]+{_YEAR}(?![\w-])",
    rf"(?<![\w.,/-]){_YEAR}-[01][0-9]-[0-3][0-9](?![\w-])",
    rf"(?<![\w.,/-])[0-3]?[0-9](?P<mark>[./-])[0-3]?[0-9](?P=mark)(?:{_YEAR}|[0-9]{{2}})(?![\w/-])",
    r"(?<![\w.,:-])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![\w:-])",
)
_NAMES: Final = (
    r"(?<![\w.@+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"\b(?:https?://|www\.)(?!\S{0,300}lead)[^\s,;]+",
    r"\b(?:campaign|kampagne|ticket|invoice|week|kw)(?:[ \t]+(?:id|no\.?|number))?[ \t]*(?:[:#][ \t]*)?[0-9]+(?![\w.,/-])",
)
_COUNT: Final = (  # "12, 13 leads" and "12 and 13 leads" may name them
    r"(?<![\w.,/-])(?<![0-9,;][ \t])(?<!\band[ \t])[0-9]{1,4}[ \t]+(?:more\b|(?:[^\W\d_]+[ \t]+)?(?:leads?|ids?)\b)"
    r"(?![ \t]*(?:[:#][ \t]*)?[0-9])"
)
_SOMETHING_ELSE = re.compile("|".join((*_TELEPHONES, *_DATES, *_NAMES, _COUNT)), re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\w.@/-])[0-9]+(?![\w.@/-]|,[0-9])|[0-9]{4,}")
_LONGEST: Final = 18
"""Digits that a lead id can have."""
_DIGIT = re.compile(r"[0-9]")
_OF_LEADS = re.compile(r"\b(?:leads?|also|return|reject|delete|reprocess|p\.?s|forgot|missed|missing)\b", re.IGNORECASE)


def without_other_numbers(line: str) -> str:
    """A line without numbers that are surely no lead's: telephone numbers, dates, times, e-mail addresses, counts of leads."""
    return _SOMETHING_ELSE.sub(" ", line) if _DIGIT.search(line) else line


def leads_in(line: str, *, signed: bool = False, ids: Sequence[LeadId] = ()) -> int:
    """How many leads a line may stand for at most.

    ``signed``: it stands below the end of a letter in which ``ids`` were taken. Beside words, only numbers like these can be
    leads there, unless the line speaks of leads: who signs has a street and a house number.
    """
    rest = without_other_numbers(line)
    if not _DIGIT.search(rest):
        return 0
    numbers = _NUMBERS.findall(rest)
    if signed and ids and any(c.isalpha() for c in rest) and not _OF_LEADS.search(rest):
        low, high = min(ids), max(ids)
        return sum(1 for one in numbers if len(one) <= _LONGEST and low <= FACTOR * int(one) and int(one) <= FACTOR * high)
    return max(1, len(numbers))
