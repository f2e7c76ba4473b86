"""Personal data of leads in the archive: left out, hashed with a key, or kept.

With ``personal="none"`` and ``"hashed"`` no name, e-mail address or telephone number is written. Texts that somebody typed
(a reason in own words, a sub id) are looked into as well: one that holds something personal is replaced by a keyed hash, so that
equal ones stay equal and can be counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cvtr_widgets import redact
from cvtr_widgets.frames.leads import FRAME_COLUMNS
from cvtr_widgets.insight.rules.duplicates import folded

if TYPE_CHECKING:
    import pandas as pd

TYPED = ("reason", "category", "sub_id", "failed_jobs", "replacement", "data_country")
"""Texts that are kept and that somebody may have typed."""
STATES = ("processr_status", "current_status", "delivery", "qa_status", "second_check_status", "currency", "channel")
"""Words of the service: looked into as well, since nothing says what a service writes there."""
SHORTEST = 3
"""Letters of a name that is looked for in other texts: shorter ones are in every word."""


class PersonalHasher:
    """Hashes with one key. ``known``: listed reasons and categories, which are nobody's words."""

    def __init__(self, key: bytes, known: Iterable[str] = ()) -> None:
        self._key = key
        self._known = frozenset(known)
        self._looked: dict[str, bool] = {}

    @property
    def id(self) -> str:
        """What tells keys apart, and does not give them away."""
        return self._hash("key", "id").hex()

    def _hash(self, what: str, text: str) -> bytes:
        return hashlib.blake2b(
            text.encode(errors="surrogatepass"), key=self._key, person=f"cvtr-{what}".encode()[:16], digest_size=8
        ).digest()

    def keys(self, what: str, values: pd.Series[Any]) -> list[int | None]:
        """The 64-bit keys of e-mail addresses or telephone numbers, folded as duplicates are compared; None where there is
        nothing to compare.
        """
        found = folded(values.astype("object"), what).tolist()
        return [int.from_bytes(self._hash(what, text), "big", signed=True) if isinstance(text, str) else None for text in found]

    def hidden(self, text: str) -> str:
        """What replaces a text that is not kept."""
        return f"(hidden {self._hash('text', text).hex()})"

    def covered(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with every text that holds something personal replaced."""
        made = frame.copy(deep=False)
        people = self._people(frame)
        for name in (*TYPED, *STATES):
            if name in made.columns:
                made[name] = self._column(frame[name], people)
        return made

    def _column(self, values: pd.Series[Any], people: list[frozenset[str]]) -> pd.Series[Any]:
        import pandas as pd

        texts = values.astype("object").tolist()
        changed = False
        for place, text in enumerate(texts):
            if isinstance(text, str) and text not in self._known and self._of_somebody(text, people[place]):
                texts[place] = self.hidden(text)
                changed = True
        return pd.Series(texts, index=values.index, dtype="object") if changed else values

    def _of_somebody(self, text: str, person: frozenset[str]) -> bool:
        if text not in self._looked:
            # Reasons repeat, comments do not: emptied now and then instead of growing with the archive.
            if len(self._looked) > 100_000:
                self._looked.clear()
            self._looked[text] = redact.personal(text)
        if self._looked[text]:
            return True
        # Names are looked for inside of words, too: one text too many is hidden rather than one too few.
        low = text.casefold()
        return any(word in low for word in person)

    @staticmethod
    def _people(frame: pd.DataFrame) -> list[frozenset[str]]:
        """For each lead what names its person: parts of the name, the address, what stands before its ``@``."""
        columns = [frame[name].tolist() for name in ("first_name", "last_name", "email", "telephone")]
        found = []
        for first, last, email, telephone in zip(*columns, strict=True):
            words = [w for text in (first, last, telephone) if isinstance(text, str) for w in (text, *text.split())]
            if isinstance(email, str):
                words += [email, email.rpartition("@")[0]]
            found.append(frozenset(w.casefold().strip() for w in words if len(w.strip()) >= SHORTEST))
        return found

    @staticmethod
    def form(frame: pd.DataFrame) -> list[str | None]:
        """What the form collected and what this version does not know, as a JSON object a lead; None where there is nothing."""
        ours = {c.name for c in FRAME_COLUMNS}
        names = [str(name) for name in frame.columns if name not in ours]
        columns = [frame[name].tolist() for name in names]
        made: list[str | None] = []
        for row in zip(*columns, strict=True) if names else ((),) * len(frame):
            said = {name: value for name, value in zip(names, row, strict=True) if isinstance(value, str)}
            made.append(json.dumps(said, ensure_ascii=False, sort_keys=True) if said else None)
        return made
