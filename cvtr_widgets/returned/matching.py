"""Which lead a row means: by what stands there, exactly. What is only similar is shown, and never chosen.

E-mails and telephones are held in memory while rows are matched, and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.lead_id import id_in

if TYPE_CHECKING:
    import pandas as pd

MATCHED, NOT_FOUND, SEVERAL, SIMILAR, DISAGREE, NO_KEY = (
    "matched", "not found", "several", "similar", "keys disagree", "no key",
)  # fmt: skip
"""What the search for one row's lead can end in."""
_FORMAT = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
Found = dict[str, list[LeadId]]


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one row. ``candidates``: leads that match, or are similar; ``lead_id`` only where one is meant."""

    state: str
    lead_id: LeadId | None = None
    candidates: tuple[LeadId, ...] = ()
    why: str = field(default="", repr=False)


def folded_email(text: str) -> str:
    """An address without what often differs by accident: case, width of letters, dots and +tag of the local part."""
    local, _, domain = unicodedata.normalize("NFKC", text).casefold().strip().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def telephone(text: str) -> str:
    """A number without spaces and marks."""
    return _FORMAT.sub("", text)


def folded_telephone(text: str) -> str:
    """The digits, without what stands before a number in one place and not in another."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdigit())
    return digits.lstrip("0")[-9:]


class LeadIndex:
    """Leads by e-mail and telephone. ``ignore_case``: addresses that differ in case only are the same."""

    def __init__(self, leads: pd.DataFrame | None, *, ignore_case: bool) -> None:
        """Raises SelectionError: the frame is masked, was not loaded to its end, or has not these columns."""
        self.loaded: frozenset[LeadId] = frozenset()
        self._ignore_case = ignore_case
        self._exact: dict[str, Found] = {"email": {}, "telephone": {}}
        self._near: dict[str, Found] = {"email": {}, "telephone": {}}
        if leads is None:
            return
        if leads.attrs.get("masked"):
            raise SelectionError("These leads are masked, so that nobody can be found by e-mail or telephone. Name leads by id.")
        if leads.attrs.get("coverage", {}).get("why"):
            raise SelectionError(
                "These leads were not loaded to their end, and one that is missing may have the same e-mail or telephone. "
                "Load all of them (session.pull with narrower filters), then match again."
            )
        if leads.index.name != "lead_id" or not {"email", "telephone"} <= set(leads.columns):
            raise SelectionError("leads= takes a frame as session.pull() gives it, with its columns email and telephone.")
        ids = [int(i) for i in leads.index]
        self.loaded = frozenset(ids)
        for role in ("email", "telephone"):
            values = leads[role].tolist()
            self._exact[role] = _by(ids, values, lambda text, role=role: self._key(role, text))
            self._near[role] = _by(ids, values, folded_email if role == "email" else folded_telephone)

    def _key(self, role: str, text: str) -> str:
        if role == "telephone":
            return telephone(text)
        return text.strip().casefold() if self._ignore_case else text.strip()

    def match(self, keys: dict[str, str]) -> Match:
        """The lead that a row means. ``keys``: role -> text; all that are given must mean the same lead."""
        given = {role: text for role, text in keys.items() if text}
        if not given:
            return Match(NO_KEY, why="the row names no lead")
        sets: dict[str, set[LeadId]] = {}
        for role, text in given.items():
            if role == "id":
                own = id_in(text)
                if not isinstance(own, int):
                    return Match(NO_KEY, why=f"the id {own}")
                sets[role] = {own}
            elif role == "email" and "@" not in text:
                return Match(NO_KEY, why="the e-mail column holds no e-mail address")
            else:
                sets[role] = set(self._exact[role].get(self._key(role, text), ()))
        return self._of(sets, given)

    def _of(self, sets: dict[str, set[LeadId]], given: dict[str, str]) -> Match:
        if "id" in sets and len(sets) > 1 and not sets["id"] <= self.loaded:
            return Match(NOT_FOUND, why="the lead of this id is not among the loaded ones, so that the rest was not compared")
        common = set.intersection(*sets.values())
        if len(common) == 1:
            return Match(MATCHED, next(iter(common)), tuple(common))
        if common:
            return Match(SEVERAL, None, tuple(sorted(common)), f"{len(common)} leads match; none is chosen by itself")
        some = set().union(*sets.values())
        if some and len(sets) > 1:
            return Match(DISAGREE, None, tuple(sorted(some)), f"{', '.join(sets)} do not name the same lead")
        near = {own for role, text in given.items() if role != "id" for own in self._near[role].get(_folded(role, text), ())}
        if near:
            return Match(SIMILAR, None, tuple(sorted(near)), f"{len(near)} similar, none the same; none is chosen by itself")
        return Match(NOT_FOUND, why="no lead of those looked at has it")


def _folded(role: str, text: str) -> str:
    return folded_email(text) if role == "email" else folded_telephone(text)


def _by(ids: Iterable[LeadId], values: Iterable[object], key: object) -> Found:
    found: Found = defaultdict(list)
    for own, value in zip(ids, values, strict=True):
        if isinstance(value, str) and value.strip() and (text := key(value)):  # type: ignore[operator]
            found[text].append(own)
    return dict(found)
