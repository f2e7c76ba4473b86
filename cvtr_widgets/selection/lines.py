"""Lines of typed or pasted text: a list of ids, the cells of a table, or prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.id_column import heading, other_heading
from cvtr_widgets.selection.id_sizes import alike
from cvtr_widgets.selection.lead_id import SHORT_ID, SPACES, trimmed

_WORDS = re.compile(r"[^\W\d_]+")
_NUMBERS = re.compile(r"(?<![\w.@/-])[0-9]+(?![\w.@/-]|,[0-9])")
_NOT = re.compile(
    r"\b(?:not|no|nor|never|none|\w+n't|dont|cannot|except\w*|exclu\w*|excl|without|ignor\w*|disregard\w*|skip\w*|omit\w*"
    r"|keep\w*|kept|leav\w*|left out|hold|held|spare|but|other than|instead|apart from|already|unless|unwanted|stop"
    r"|nicht|kein\w*|ohne|au\u00dfer|behalten|ausgenommen|ausgeschlossen|ausschlie\u00dfen|bereits|schon"
    r"|pas|sauf|sans|exclure|exclus|ignorer|d\u00e9j\u00e0|garder|salvo|excepto|excluir|nunca|sin|mantener"
    r"|non|tranne|eccetto|esclus\w*|gi\u00e0|senza|mantenere|niet|geen|behalve|zonder|uitgezonderd|reeds|behouden"
    r"|inte|ej|utom|f\u00f6rutom|utan|beh\u00e5ll|redan"
    r"|nie|bez|opr\u00f3cz|z wyj\u0105tkiem|ju\u017c|pomi\u0144|n\u00e3o|exceto)\b",
    re.IGNORECASE,
)
_COURTEOUS_NOT = re.compile(
    r"\b(?:hesitate|do not reply|no ?reply|intended recipient|no rush|no hurry|no worries|no problem)\b", re.IGNORECASE
)
HARMLESS: Final = frozenset(
    [
        "and",
        "&",
        "+",
        "und",
        "et",
        "thanks",
        "thank",
        "you",
        "please",
        "pls",
        "hi",
        "hello",
        "dear",
        "all",
        "team",
        "cheers",
        "regards",
        "kind",
        "many",
        "these",
        "those",
        "the",
        "following",
        "are",
        "is",
        "lead",
        "leads",
        "id",
        "ids",
    ]
)
"""Words amid ids that say nothing of which of them are meant."""
_JUDGES = re.compile(
    r"(?:in)?valid\w*|good|bad|genuine|fake|examples?|refund\w*|credit\w*|postpon\w*|bill\w*|ok|okay|below|above|best|done|wrong|errors?|cancel\w*|delet\w*|remov\w*|skip\w*|old|new|dup\w*|already|deliver\w*|undeliver\w*"
    r"|return\w*|reject\w*|accept\w*|approv\w*|caution|tests?|later|yes|maybe|paid|unpaid|hold|pending|minus|replac\w*|only"
    r"|until|to|through|till?|from|range|bis|von|statt|au\u00dfer|if|or|of|vs|was|were|had|has|than|then|over|under|per|a|an|in|on|by",
    re.IGNORECASE,
)
"""Words that may say which of the ids beside them are meant, or that the numbers are something else."""
_ITEMS = re.compile(r"[,;|]")
_FEWEST = 3
_BRACKETED = re.compile(r"(\s*)[\[({]([0-9\s,\"'#]*)[\])}](\s*)")
_MARKED = re.compile(r"[ \t]*(?:([-+*\u2022\u2023\u25aa\u00b7\u2013])[ \t\xa0]+|((?:>[ \t]?)+))(?=#?[1-9])")
_NUMBERED = re.compile(r"[ \t]*([0-9]{1,6})([.)])[ \t\xa0]+(#?[1-9][0-9]{3,18})[ \t]*[,;.]?[ \t]*(?:\r?\n)?")
_SPACED = re.compile(r"#?[0-9]+(?:[ \t]+#?[0-9]+)+\s*")
_GREETED = re.compile(r"\b(?:team|hi|hello|dear|all|many|kind)\s+#?[0-9]", re.IGNORECASE)
"""*Team 7* and *all 7* are no leads."""
_POLITE = re.compile(r"\bbest (?:regards|wishes)\b|\bbest\W*$", re.IGNORECASE)
_COUNTED = re.compile(r"\b[0-9]+\s+(?:leads?|ids?|lead\s+ids?)\b", re.IGNORECASE)


_ASKS: Final = frozenset({"return", "reject", "delete", "reprocess"})
_ASKING: Final = frozenset({"can", "could", "kindly", "also", "too", "both"})
_LONG: Final = 10_000
"""From here on a number is no count of leads that somebody asks for."""


def negation(line: str) -> str:
    """The words of a line that may say that ids are not meant; else nothing."""
    found = _NOT.search(line.replace("’", "'").replace("ʼ", "'"))
    return found[0].strip() if found is not None and negates(line) else ""


def negates(line: str) -> bool:
    """Whether words of a line may say that ids are not meant."""
    return _NOT.search(line.replace("’", "'").replace("ʼ", "'")) is not None and not _COURTEOUS_NOT.search(line)


_EMPTY: Final = frozenset({"", "n/a", "na", "none", "null", "nan", "tbc", "tbd", "also", "plus", "best", "many"})
_TAKING: Final = HARMLESS | {
    *("return", "delete", "flag", "bill", "mark", "recheck", "take", "to", "as", "discussed", "agreed", "below", "above", "for"),
    *("we", "would", "like", "want", "back", "of", "here", "number", "numbers", "need"),
}
_SIGNED: Final = frozenset(
    {
        *("thanks", "thank", "regards", "cheers", "best", "sincerely", "danke", "grüsse", "gruss", "gruesse", "mfg", "merci"),
        *("cordialement", "saludos", "saluti", "groeten"),  # as casefold() gives them
    }
)
_NAMES_LEADS: Final = frozenset({"lead", "leads", "id", "ids"})
_ELSE = re.compile(
    r"\b(?:sums?|totals?|averages?|avg|mean|median|revenues?|turnover|amounts?|scores?|campaigns?|suppliers?|publishers?|budgets?"
    r"|prices?|costs?|phones?|telephones?|invoices?|owners?|accounts?|orders?|tickets?)\b"
    r"|\b(?:my (?:number|phone|mobile|extension)|call me|reach me)\b",
    re.IGNORECASE,
)


_FOREIGN = re.compile(r"\b(?:salesforce|sfdc|hubspot|marketo|pardot|eloqua|zoho|crm|external)\b", re.IGNORECASE)
_SAYS_ID = re.compile(r"\bids?\b", re.IGNORECASE)
_NOT_MEANT = re.compile(
    r"\b(?:examples?|samples?|such as|like this|others? than)\b|\be\.g\."
    r"|\b(?:these|those|they|leads|ids|following) (?:are|were|look) (?:all )?"
    r"(?:fine|ok|okay|good|correct|valid|genuine|approved|accepted)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:i meant?|correction|corrected|scratch that|typo|oops|my mistake|should (?:be|have been|read))\b"
    r"|\b(?:edit|edited|update|updated)\s*:|\bsorry,? (?:it|not|wrong)\b",
    re.IGNORECASE,
)
_RULED = re.compile(r"([-_=*~\u2014\u2013])\1+")
_SAYS_OF = re.compile(r"(?:[(\[-]\s*)?(?:is|are|was|were|=)\s", re.IGNORECASE)
_ANNOTATED = re.compile(r"#?[0-9]+\s+[^\W\d_]")
_INDENTED = re.compile(r"([ \t]*)#?[0-9]+[ \t]*")


def _words_of(line: str) -> list[str]:
    return [trimmed(word).strip(".,:;!?()\"'-\u2013").casefold() for word in line.split()]


def says_nothing(line: str) -> bool:
    """Whether a line of words changes nothing for the ids below it: a courtesy, *and*, or an empty cell."""
    return all(word in HARMLESS or word in _EMPTY for word in _words_of(line))


def signs_off(line: str) -> bool:
    """Whether a line of words is the end of a letter: what follows is who wrote it."""
    words = _words_of(line)
    return len(words) <= 4 and not _SIGNED.isdisjoint(words)


def names_leads(line: str) -> bool:
    """Whether a line of words plainly says that leads to take are below it: *Please return these leads*."""
    words = _words_of(line)
    acts = "return" in words or "delete" in words
    return all(word in _TAKING for word in words) and (not _NAMES_LEADS.isdisjoint(words) or (acts and "these" in words))


def heads_something_else(line: str) -> bool:
    """Whether a line of words says that something else than leads is below it: *Annual revenue*, *Campaign Acme*."""
    if other_heading(line):
        return True
    foreign = _FOREIGN.search(line) is not None and _SAYS_ID.search(line) is not None
    return len(line.split()) <= 4 and (foreign or _ELSE.search(line) is not None)


def says_not_meant(line: str) -> bool:
    """Whether a line of words above ids says that they are an example, or leads of which nothing is wrong."""
    return _NOT_MEANT.search(line) is not None


def corrects(line: str) -> bool:
    """Whether a line corrects what was said before: *sorry, I meant*."""
    return _CORRECTS.search(line) is not None


def is_ruled_off(line: str) -> bool:
    """Whether a line is a rule such as ``--``, below which something else begins, like who wrote the mail."""
    return _RULED.fullmatch(line) is not None


def counts_leads(line: str) -> bool:
    """Whether a line may say how many leads there are: *Leads: 155000*."""
    label, colon, rest = line.partition(":")
    return (
        bool(colon)
        and _words_of(label)[-1:] in (["leads"], ["ids"])
        and other_heading(label)
        and SHORT_ID.fullmatch(trimmed(rest)) is not None
    )


def says_of_above(line: str) -> bool:
    """Whether a line of words goes on about the number above it: *is the campaign*."""
    return _SAYS_OF.match(line) is not None


def says_of_its_number(line: str) -> bool:
    """Whether a line says something of the one number that it begins with: *167457 duplicate*."""
    return _ANNOTATED.match(line) is not None and numbers_in(line) == 1


def is_outline(lines: Sequence[str]) -> bool:
    """Whether numbers stand below each other in two depths, again and again, as leads below their campaigns do."""
    found = [(len(one[1].expandtabs()), len(line.rstrip())) for line in lines if (one := _INDENTED.fullmatch(line)) is not None]
    # Numbers that are aligned at their right edge are indented by what they lack in digits.
    if len({end for _, end in found}) < 2:
        return False
    least = min(depth for depth, _ in found)
    return sum(1 for (before, _), (after, _) in pairwise(found) if before == least < after) > 1


def heads_columns(lines: Sequence[str], numbers: Sequence[int]) -> str:
    """The first line, where it has a word for each of the numbers that stand in every line below it: *Duplicate Original*.

    ``numbers``: how many stand in each line of nothing but numbers.
    """
    first = next((line for line in lines if trimmed(line)), "")
    words = [word for word in _words_of(first) if word]
    plain = all(word.isalpha() for word in words) and trimmed(first)[-1:].isalpha()
    alike = len(numbers) > 1 and set(numbers) == {len(words)} and len(words) > 1
    return first if alike and plain and not names_leads(first) and not says_nothing(first) else ""


def harmless(words: Sequence[str], line: str) -> bool:
    """Whether words amid ids change nothing: courtesies and *and*; a number before *leads* is a count."""
    plain = [trimmed(w).strip(".,:;!?()").casefold() for w in words]
    if _GREETED.search(line) or trimmed(line).endswith("+"):
        return False
    polite = _POLITE.search(line) is not None
    return all(w in HARMLESS or (polite and w == "best") for w in plain) and not _COUNTED.search(line)


def why_not_harmless(line: str) -> str:
    """Why courtesies amid ids are not harmless in this line; nothing where another word is the cause."""
    if (count := _COUNTED.search(line)) is not None:
        return f"“{count[0]}” counts leads and does not name them"
    if (greeting := _GREETED.search(line)) is not None:
        return f"“{greeting[0]}” in it may be something else than a lead"
    return "“+” behind it may say that more are meant" if trimmed(line).endswith("+") else ""


def asks_for_ids(line: str) -> bool:
    """Whether a line plainly asks for the leads in it: *please return 167457 and 167458, thanks*.

    All its words are courtesies, but for one of a few that ask, so that none is left that could say *not* or name something
    else; and all its numbers are too long to be a count.
    """
    pieces = re.split(r"[\s,;]+", line.strip())
    words = [word for p in pieces if not _is_id(p) and (word := trimmed(p).strip(".,:;!?()").casefold())]
    numbers = [int(p.lstrip("#")) for p in pieces if _is_id(p)]
    asks = sum(1 for w in words if w in _ASKS)
    polite = all(w in HARMLESS or w in _ASKS or w in _ASKING for w in words)
    long = bool(numbers) and min(numbers) >= _LONG and alike(numbers)
    return asks == 1 and polite and long and not why_not_harmless(line)


def ids_around_a_word(line: str) -> list[LeadId] | None:
    """The ids of a list in one line in which a single item holds a stray word; None where the word may concern the others.

    The list is separated by commas, semicolons or bars, and the word is neither its first piece nor in front of a number: there
    it would be a label for what follows. The item with the word is not taken. At least three ids have to be left.
    """
    items = [item for item in map(trimmed, _ITEMS.split(line)) if item]
    strays = [n for n, item in enumerate(items) if not _only_ids(item)]
    # One stray word may be a slip. Several are a sentence, and a sentence may mean the opposite.
    # A word at the end may be said of all before it.
    last = bool(strays) and strays[0] == len(items) - 1 and not any(map(_is_id, items[-1].split()))
    if len(strays) != 1 or strays[0] == 0 or last or negates(line) or _COUNTED.search(line):
        return None
    pieces = items[strays[0]].split()
    words = [p for p in pieces if not _is_id(p)]
    # "old 167457" says something of that id, and perhaps of all behind it; "167457 thanks" does not.
    label = any(_is_id(p) for p in pieces[pieces.index(words[0]) :])
    if label or len(words) > 2 or not all(map(_says_nothing, words)):
        return None
    ids = [int(p.lstrip("#")) for n, item in enumerate(items) if n != strays[0] for p in item.split() if p != "#"]
    return ids if len(ids) >= _FEWEST else None


def _is_id(piece: str) -> bool:
    return SHORT_ID.fullmatch(piece) is not None


def _only_ids(item: str) -> bool:
    return all(map(_is_id, item.split()))


def _says_nothing(word: str) -> bool:
    bare = word.strip(".!()\"'")
    named = other_heading(bare) or other_heading(bare.rstrip("s")) or heading(bare) is not None
    # What is not on any list of ours says nothing, such as a name; so the lists err on the side of refusing: each word that may
    # judge is on them.
    return bare.isalpha() and bare.istitle() and not named and _JUDGES.fullmatch(bare) is None


def is_bracketed_list(text: str) -> bool:
    """Whether a text is nothing but one list of numbers in brackets, as Python and JSON write it."""
    return _BRACKETED.fullmatch(text) is not None


def unwrapped(text: str) -> str:
    """A text without the brackets of a Python or JSON list, and without the marks of a list in a mail or a chat.

    Brackets go where nothing but one list stands in the text; bullets and the ``>`` of a quoted mail where two lines or more
    begin with the same one (a single ``> 167457`` may say *greater than*; ``+`` beside ``-`` says what changed).
    """
    if (list_ := _BRACKETED.fullmatch(text)) is not None:
        return f"{list_[1]}{list_[2]}{list_[3]}"
    lines = text.splitlines(keepends=True)
    if (bare := _without_their_numbers(lines)) is not None:
        return bare
    marked = [_MARKED.match(line) for line in lines]
    marks = [one[1] or ">" for one in marked if one is not None]
    if len(marks) < 2 or len(set(marks)) > 1:
        return text
    # What has a bullet of its own is one thing: "* 167457 155000" is no part of a list that goes on in the next line.
    pairs = (_SPACED.fullmatch(line[one.end() :]) for line, one in zip(lines, marked, strict=True) if one is not None)
    if marks[0] != ">" and any(pairs):
        return text
    # What is quoted was said before; where the answer has numbers, too, these are the ones that are meant, perhaps.
    if marks[0] == ">" and any(_INDENTED.fullmatch(line.rstrip("\r\n")) for line in lines):
        return text
    return "".join(line[one.end() :] if one is not None else line for line, one in zip(lines, marked, strict=True))


def _without_their_numbers(lines: Sequence[str]) -> str | None:
    """Lines that each hold one number behind ``1.``, ``2.``, ... or ``1)``, ``2)``, ..., without these; None for others."""
    found = [_NUMBERED.fullmatch(line) for line in lines if line.strip()]
    if len(found) < 2 or not all(found):
        return None
    numbered = [one for one in found if one is not None]
    counted = [int(one[1]) for one in numbered] == list(range(1, len(numbered) + 1))
    return "".join(f"{one[3]}\n" for one in numbered) if counted and len({one[2] for one in numbered}) == 1 else None


def numbers_in(line: str) -> int:
    """How many numbers of a line can be lead ids."""
    return len(_NUMBERS.findall(line))


def names_ids_beside_something(line: str) -> bool:
    """Whether a line without numbers is the header of a table: a cell of it says lead ids, others say something else."""
    if heading(line) is not None or other_heading(line):
        return False
    cells = [trimmed(c) for c in re.split(r"\t|[;|]| {2,}|,\s?", line) if trimmed(c)]
    if len(cells) < 2:  # one space between all columns
        cells = [c for c in line.split() if trimmed(c)]
        if not any(heading(c) in (0, 1) and ("_" in c or heading(c) == 1) for c in cells):
            return False
    if re.search(r"[0-9]", line) or len(cells) < 2 or line.rstrip(SPACES).endswith((":", ".", "!", "?")):
        return False
    named = [c for c in cells if heading(c) is not None]
    others = [c for c in cells if heading(c) is None]
    return bool(named) and (any(other_heading(c) for c in others) or any("_" in c for c in cells) or len(line.split("  ")) > 1)
