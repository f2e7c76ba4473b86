"""What other people's words may not carry on: e-mails, telephones, tokens, and ids of leads. Standard library only.

The service's words reach errors, results, notes and the screen. All of them pass a ``Redactor`` first, which also knows the
secrets of its own connection. Whatever is struck leaves a visible mark, so that nobody takes the rest for the whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import quote, quote_plus

LONGEST_WORDS = 300
"""Characters of the service's words that are kept."""
EMAIL, PHONE, SECRET, NUMBER = "[e-mail]", "[telephone]", "[secret]", "[number]"
_AT = r"(?:@|%40|&#64;|＠)"
# The part before the @ may hold an apostrophe (o'brien@), or be nothing else.
_EMAIL = re.compile(rf"(?:[^\s@<>\"(),;:=]+|[=:]){_AT}[^\s@<>\"'(),;:=]+", re.IGNORECASE)
# A word that announces a secret, and the secret. What follows "token" may also be an ordinary word: "token expired".
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_NAMED = re.compile(
    r"(\b\w*(?:token|passw(?:or)?d|pwd|secret|api_?key|authorization|cookie|mfa_?code|otp)\w*[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+",
    re.IGNORECASE,
)
# What a machine made up: 20 characters or more without a space, digits and letters mixed.
_OPAQUE = re.compile(r"(?<![\w/.-])(?=[\w+/=.~-]*\d)(?=[\w+/=.~-]*[A-Za-z])[\w+=~-][\w+/=.~-]{19,}")
_TIME = r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_DATE = re.compile(rf"(?<!\d)(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}){_TIME}(?!\d)")
_DOTTED = re.compile(r"(?<![\w.])\+?\d{1,4}(?:\.\d{1,4}){2,5}(?![\w.]*\d)")
_PHONE = re.compile(r"(?<![\w.])(?:\+|\(\+?)?\d(?:[\s()\-/]{0,3}\d){6,}(?!\w)")
# Ids of leads have five digits and more today. A number that says what it is may stay.
_NUMBER = re.compile(
    r"(?:(?P<lead>\bleads?(?:\s+ids?)?\s*[#:=]?\s*)\d{1,19}(?!\d))|"
    r"(?P<named>\b(?:campaign|publisher|advertiser|channel|form|job|batch|reason|category|integration|limit|code|error|run)s?"
    r"(?:\s+(?:id|no\.?|number))?\s*[#:=]?\s*)?(?<![\d.,])(?P<digits>\d{5,})(?!\d)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")


def said(text: object, *, ids: Collection[int] = (), secrets: Iterable[str] = (), most: int = LONGEST_WORDS) -> str:
    """Somebody else's words on one line, at most ``most`` characters, without e-mails, telephones, tokens, the ``secrets``
    given, and numbers that may be ids of leads other than ``ids``. Empty where it is not text.
    """
    if not isinstance(text, str):
        return ""
    begun = text[: 20 * most]
    if len(begun) < len(text):  # a page of megabytes is not searched; half a word may be half a secret
        begun = begun.rpartition(" ")[0]
    text = _on_one_line(begun)
    for secret in sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True):
        text = text.replace(secret, SECRET)
    text = _BEARER.sub(lambda m: f"{m[1]} {SECRET}", text)
    text = _NAMED.sub(lambda m: f"{m[1]}{SECRET}", text)
    text = _EMAIL.sub(EMAIL, text)
    text = _OPAQUE.sub(lambda m: m[0] if _DATE.fullmatch(m[0]) else SECRET, text)
    text = _numbers(text, ids)
    return text if len(text) <= most else text[: most - 1] + "…"


def _on_one_line(text: str) -> str:
    """Without what is not seen: it could part an e-mail in two."""
    return "".join(c if c.isprintable() else "" if unicodedata.category(c) == "Cf" else " " for c in text).strip()


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
        digits = _DIGITS.findall(match[0])[-1]
        mine = len(digits) < 20 and int(digits) in ids
        return match[0] if mine or match["named"] else (match["lead"] or "") + NUMBER

    def phone(match: re.Match[str]) -> str:
        if match[0].isdigit():  # without a sign of a telephone: a number
            return match[0]
        numbers = _DIGITS.findall(match[0])
        lone = all(len(n) >= 5 for n in numbers)  # "160185 160186" is a list of ids, not one telephone
        return match[0] if lone and len(numbers) > 1 and match[0][0] != "+" else PHONE

    return _NUMBER.sub(number, _PHONE.sub(phone, _DOTTED.sub(NUMBER, text)))


def personal(text: str) -> bool:
    """Whether a short text could be somebody's: it holds an e-mail, seven digits or more, or a token."""
    many = len(_DIGITS.sub("", text)) + 7 <= len(text)
    return many or _EMAIL.search(text) is not None or said(text, most=10_000) != _on_one_line(text)


def size_of(text: object) -> str:
    """What a repr shows of a text that may be somebody's: that it is there, and how long it is."""
    return f"<{len(text):,} characters>" if isinstance(text, str) else repr(text)


class Redactor:
    """The one way for words of one service. It knows the secrets of its own connection, and strikes them."""

    MOST = 60
    """Secrets that are remembered: tokens are renewed once an hour."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"<Redactor, {len(self._secrets)} secrets>"

    def know(self, *secrets: object) -> None:
        """These are never to be seen: a password, a token, a cookie."""
        for secret in secrets:
            if isinstance(secret, str) and len(secret) >= 4:
                for form in (secret, quote(secret, safe=""), quote_plus(secret)):
                    self._secrets.pop(form, None)
                    self._secrets[form] = None
        while len(self._secrets) > self.MOST:
            self._secrets.pop(next(iter(self._secrets)), None)

    def said(self, text: object, *, ids: Collection[int] = (), most: int = LONGEST_WORDS) -> str:
        """See ``said``."""
        return said(text, ids=ids, secrets=tuple(self._secrets), most=most)
