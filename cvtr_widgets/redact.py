"""What other people's words may not carry on: e-mails, telephones, tokens, and ids of leads. Standard library only.

The service's words reach errors, results, the journal and the screen. All of them pass ``said`` first. Whatever is struck
leaves a visible mark, so that nobody takes the rest for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

LONGEST = 300
"""Characters of the service's words that are kept."""
EMAIL, PHONE, SECRET, LEAD = "[e-mail]", "[telephone]", "[secret]", "[number]"
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+(?:@|%40)[^\s@<>\"'(),;:=]+", re.IGNORECASE)
# A word that announces a secret, and the secret. What follows "token" may also be an ordinary word: "token expired".
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_NAMED = re.compile(
    r"(\b\w*(?:token|passw(?:or)?d|pwd|secret|api_?key|authorization|mfa_?code|otp)\w*[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+",
    re.IGNORECASE,
)
# What a machine made up: 20 characters or more without a space, digits and letters mixed.
_OPAQUE = re.compile(r"(?<![\w/.-])(?=[\w+/=.~-]*\d)(?=[\w+/=.~-]*[A-Za-z])[\w+=~-][\w+/=.~-]{19,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_PHONE = re.compile(r"(?<![\w.])(?:\+|\(\+?)?\d(?:[\s()\-/]{0,3}\d|\.\d(?=\d*\.)){6,}(?!\w)")
# Ids of leads have five digits and more today. A number that says what it is may stay.
_NUMBER = re.compile(
    r"(?P<named>\b(?:campaign|publisher|advertiser|channel|form|job|batch|reason|category|integration|limit|code|error|run)s?"
    r"(?:\s+(?:id|no\.?|number))?\s*[#:=]?\s*)?(?<![\d.,])(?P<digits>\d{5,})(?![\d])",
    re.IGNORECASE,
)


def said(text: object, *, ids: Collection[int] = (), secrets: Iterable[str] = (), most: int = LONGEST) -> str:
    """Somebody else's words on one line, at most ``most`` characters, without e-mails, telephones, tokens, the ``secrets``
    given, and numbers that may be ids of leads other than ``ids``. Empty where it is no text.
    """
    if not isinstance(text, str):
        return ""
    # Cut late, or half a secret would be no match; cut early, or a page of megabytes would be searched.
    text = "".join(c if c.isprintable() else " " for c in text[: 20 * most]).strip()
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):
        text = text.replace(secret, SECRET)
    text = _BEARER.sub(lambda m: f"{m[1]} {SECRET}", text)
    text = _NAMED.sub(lambda m: f"{m[1]}{SECRET}", text)
    text = _EMAIL.sub(EMAIL, text)
    text = _OPAQUE.sub(lambda m: m[0] if _DATE.fullmatch(m[0]) else SECRET, text)
    text = _numbers(text, ids)
    return text if len(text) <= most else text[: most - 1] + "…"


def _numbers(text: str, ids: Collection[int]) -> str:
    """Telephones and ids; dates stay."""
    parts: list[str] = []
    end = 0
    for date in _DATE.finditer(text):
        parts += [_between(text[end : date.start()], ids), date[0]]
        end = date.end()
    return "".join([*parts, _between(text[end:], ids)])


def _between(text: str, ids: Collection[int]) -> str:
    def number(match: re.Match[str]) -> str:
        mine = len(match["digits"]) < 19 and int(match["digits"]) in ids
        return match[0] if mine or match["named"] else LEAD

    def phone(match: re.Match[str]) -> str:
        if match[0].isdigit():  # without a sign of a telephone: a number
            return match[0]
        numbers = re.findall(r"\d+", match[0])
        lone = all(len(n) >= 5 for n in numbers)  # "160185, 160186" is a list of ids, not one telephone
        return match[0] if lone and len(numbers) > 1 else PHONE

    return _NUMBER.sub(number, _PHONE.sub(phone, text))


def personal(text: str) -> bool:
    """Whether a short text could be somebody's: it holds an e-mail, seven digits or more, or a token."""
    return (
        len(re.findall(r"\d", text)) >= 7
        or "@" in text
        or said(text, most=10_000) != "".join(c if c.isprintable() else " " for c in text).strip()
    )


def length(text: object) -> str:
    """What a repr shows of a text that may be somebody's: that it is there, and its length."""
    return f"<{len(text):,} characters>" if isinstance(text, str) else repr(text)
