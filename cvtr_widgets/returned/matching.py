"""Which lead a row means: by exact comparison of its keys. What is only similar is shown, and never chosen.

E-mails, telephones and the like are held in memory while rows are matched, and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvtr_widgets.errors import SelectionError
from cvtr_widgets.models import LeadId
from cvtr_widgets.returned.columns import ROLE_WORDS
from cvtr_widgets.selection.lead_id import id_in

if TYPE_CHECKING:
    import pandas as pd

MATCHED, NOT_FOUND, SEVERAL, SIMILAR, DISAGREE, NO_KEY = (
    "matched", "not found", "several", "similar", "keys disagree", "no key",
)  # fmt: skip
"""What the search for one row's lead can end in."""
_FORMAT = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
_HASH_COLUMN = re.compile(r"(?:data|other)_(?:lead_?)hash")
Found = dict[str, list[LeadId]]
Fold = Callable[[str], str]


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
    # Nine digits tell nearly all numbers apart; country codes and trunk zeros are before them.
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdigit())
    return digits.lstrip("0")[-9:]


def folded_code(text: str) -> str:
    """A lead hash or sub id without what Excel and typing change: case, width, leading zeros, hyphens, spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]", "", plain).lstrip("0")


_FOLDS: dict[str, Fold] = {
    "email": folded_email, "telephone": folded_telephone, "lead_hash": folded_code, "sub_id": folded_code,
}  # fmt: skip


class LeadIndex:
    """Leads by e-mail, telephone, lead hash and sub id. ``ignore_case``: addresses that differ in case only are the same."""

    def __init__(
        self,
        leads: pd.DataFrame | None,
        *,
        ignore_case: bool,
        roles: Collection[str] = ("email", "telephone"),
        by_id: pd.DataFrame | None = None,
    ) -> None:
        """``leads`` are searched for what rows name; ``roles``: by which of it. ``by_id``: leads that were read by their ids;
        the other keys of their rows are compared with them, and nothing else is looked for there.

        Raises:
            SelectionError: the frame is masked, was not loaded to its end, or lacks a column.
        """
        self.loaded: frozenset[LeadId] = frozenset()
        self._ignore_case = ignore_case
        self._roles = tuple(role for role in roles if role in _FOLDS)
        self._values: dict[str, tuple[list[LeadId], list[object]]] = {}
        self._exact: dict[str, Found] = {role: {} for role in _FOLDS}
        self._near: dict[str, Found] = {}
        self._own: dict[str, dict[LeadId, str]] = {role: {} for role in _FOLDS}
        self.searched = leads is not None
        if leads is not None:
            _must_be_whole(leads)
            self._add(leads)
        if by_id is not None:
            self._add_by_id(by_id)

    def _add(self, leads: pd.DataFrame) -> None:
        ids = [int(i) for i in leads.index]
        self.loaded = frozenset(ids)
        for role in self._roles:
            values = leads[column_of(leads, role)].tolist()
            self._values[role] = (ids, values)
            self._exact[role] = _by(ids, values, lambda text, role=role: self._key(role, text))  # type: ignore[misc]

    def _add_by_id(self, leads: pd.DataFrame) -> None:
        ids = [int(i) for i in leads.index]
        self.loaded |= frozenset(ids)
        for role in self._roles:
            values = leads[column_of(leads, role)].tolist()
            pairs = zip(ids, values, strict=True)
            self._own[role] = {lead_id: self._key(role, v) for lead_id, v in pairs if isinstance(v, str) and v.strip()}

    def _key(self, role: str, text: str) -> str:
        if role == "telephone":
            return telephone(text)
        return text.strip().casefold() if role == "email" and self._ignore_case else text.strip()

    def match(self, keys: dict[str, str]) -> Match:
        """The lead that a row means. ``keys``: role -> text; all that are given must mean the same lead."""
        given = {role: text for role, text in keys.items() if text}
        if not given:
            return Match(NO_KEY, why="the row names no lead")
        sets: dict[str, set[LeadId]] = {}
        for role, text in given.items():
            if wrong := _swapped(role, text):
                return Match(NO_KEY, why=wrong)
            if role == "id":
                lead_id = id_in(text)
                if not isinstance(lead_id, int):
                    return Match(NO_KEY, why=f"the id {lead_id}")
                sets[role] = {lead_id}
            else:
                sets[role] = set(self._exact[role].get(self._key(role, text), ()))
        # The id names the lead; its other columns are held against that lead's own values, although it is not among the leads
        # that were searched.
        for lead_id in sets.get("id", ()):  # its own values count, too, where it was read by its id
            for role, text in given.items():
                if self._own.get(role, {}).get(lead_id) == self._key(role, text):
                    sets[role].add(lead_id)
        return self._of(sets, given)

    def _of(self, sets: dict[str, set[LeadId]], given: dict[str, str]) -> Match:
        if "id" not in sets and not self.searched:
            return Match(NO_KEY, why="the row has no lead id; its lead can be found where leads are loaded that it may be among")
        # Not "keys disagree": that would say something about a lead which nobody has seen.
        if "id" in sets and len(sets) > 1 and not sets["id"] <= self.loaded:
            return Match(NOT_FOUND, why="the lead of this id was not found, so the rest was not compared")
        # Every key of the row must name the lead. A row whose e-mail is one lead's and whose telephone is another's is a
        # mistake in the file, and to choose would be guessing.
        common = set.intersection(*sets.values())
        if len(common) == 1:
            return Match(MATCHED, next(iter(common)), tuple(common))
        if common:
            return Match(SEVERAL, None, tuple(sorted(common)), f"{len(common)} leads match; none is chosen automatically")
        some = set().union(*sets.values())
        if some and len(sets) > 1:
            names = " and ".join(ROLE_WORDS[role] for role in sets)
            return Match(DISAGREE, None, tuple(sorted(some)), f"{names} do not name the same lead")
        # Only to show: a lead that is merely similar is chosen by the user or by nobody.
        near = {lead_id for role, text in given.items() if role != "id" for lead_id in self._nearly(role, text)}
        if near:
            return Match(SIMILAR, None, tuple(sorted(near)), f"{len(near)} similar, none the same; none is chosen automatically")
        return Match(NOT_FOUND, why="no lead that was searched has it")

    def _nearly(self, role: str, text: str) -> list[LeadId]:
        """Leads of which this is similar. What that takes is made when it is first asked for."""
        if role not in self._near:
            ids, values = self._values.get(role, ([], []))
            self._near[role] = _by(ids, values, _FOLDS[role])
        # An address of nothing but marks folds to @ alone, and would be similar to every other such address.
        folded = _FOLDS[role](text)
        return self._near[role].get(folded, []) if folded.strip("@") else []


def _must_be_whole(leads: pd.DataFrame) -> None:
    if leads.attrs.get("masked"):
        raise SelectionError("These leads are masked, so nobody can be found by e-mail or telephone. Name leads by id.")
    # "The only lead with this address" is only true of all leads.
    if leads.attrs.get("coverage", {}).get("why"):
        raise SelectionError(
            "These leads were not loaded completely, and one that is missing may have the same e-mail or telephone. "
            "Load all of them (session.pull with narrower filters), then match again."
        )
    if leads.index.name != "lead_id":
        raise SelectionError("leads= takes a frame as session.pull() gives it, with its index lead_id.")


def column_of(leads: pd.DataFrame, role: str) -> str:
    """The column of a frame of leads that holds what a role names.

    Raises:
        SelectionError: it has none.
    """
    if role == "lead_hash":
        found = [str(name) for name in leads.columns if _HASH_COLUMN.fullmatch(str(name))]
        if len(found) == 1:
            return found[0]
    elif role in leads.columns:
        return role
    raise SelectionError(
        f"These leads have no column of {ROLE_WORDS[role]}s, so no lead can be found by it. Leave that column of the file out: "
        f"columns={{{role!r}: None}}."
    )


def _swapped(role: str, text: str) -> str:
    """Why a text cannot be what its column says; empty where it can."""
    if role == "email" and "@" not in unicodedata.normalize("NFKC", text):
        return "the e-mail column holds no e-mail address"
    if role == "telephone" and not any(c.isdigit() for c in text):
        return "the telephone column holds no number"
    if role == "telephone" and "@" in text:
        return "the telephone column holds an e-mail address"
    return ""


def _by(ids: Iterable[LeadId], values: Iterable[object], key: Fold) -> Found:
    found: Found = defaultdict(list)
    for lead_id, value in zip(ids, values, strict=True):
        if isinstance(value, str) and value.strip() and (text := key(value)):
            found[text].append(lead_id)
    return dict(found)
