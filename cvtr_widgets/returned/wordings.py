"""Wordings of a returns file -> listed reasons. What is neither listed nor mapped by the user stays unmapped."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from cvtr_widgets.actions.catalogue import RETURNED, mark_invalid
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import quoted
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import Action, ActionKind

Target = tuple[str, str | None]
Given = Mapping[str, str | tuple[str, str] | tuple[str, None] | None]


class Wordings:
    """What wordings mean here. ``notes``: of what was remembered, what the service does not list any more."""

    def __init__(self, client: Convertr) -> None:
        self.reasons = [c.name for c in client.flag_reasons(ActionKind.INVALID)]
        self.categories = [c.name for c in client.reason_categories()]
        self.notes: list[str] = []
        self._listed = {name.lower(): name for name in self.reasons}
        self._named = {name.lower(): name for name in self.categories}
        self._given: dict[str, Target] = {}

    def copy(self) -> Wordings:
        """Another one that can be mapped further, and leaves this one as it is."""
        made = copy.copy(self)
        made._given, made.notes = dict(self._given), list(self.notes)
        return made

    def remembered(self, habits: Mapping[str, Target]) -> None:
        """Take what was mapped for an earlier file, as far as the service still lists it."""
        for wording, (reason, category) in habits.items():
            known = self.known(reason, category)
            if known is not None:
                self._given[plain_wording(wording)] = known
            else:
                said = f"{reason} / {category}" if category else reason
                self.notes.append(
                    f"{quoted(wording)} was mapped to {quoted(said)}, which the service does not list any more. Map it again."
                )

    def map(self, given: Given) -> dict[str, Target | None]:
        """Take what the user says now; a wording with None is not mapped any more. Gives it as it is kept.

        Raises:
            PlanError: a reason or category is not listed, or they do not go together. No category is ever made.
        """
        kept: dict[str, Target | None] = {}
        for wording, target in given.items():
            text = plain_wording(str(wording))
            if target is None:
                kept[text] = None
                continue
            reason, category = (target, None) if isinstance(target, str) else self._pair(wording, target)
            known = self.known(reason, category)
            if known is None:
                said = f"{reason} / {category}" if category else reason
                raise PlanError(
                    f"reasons={{{quoted(wording)}: ...}}: the service does not list {quoted(said)}. Reasons: "
                    f"{', '.join(self.reasons)}; categories of Returned: {', '.join(self.categories)}."
                )
            kept[text] = known
        # Only after all of it has been understood: a call that is refused has changed nothing.
        for text, found in kept.items():
            if found is None:
                self._given.pop(text, None)
            else:
                self._given[text] = found
        return kept

    @staticmethod
    def _pair(wording: Any, target: Any) -> tuple[str, str | None]:
        pair = tuple(target) if isinstance(target, (tuple, list)) else ()
        if len(pair) == 2 and isinstance(pair[0], str) and (pair[1] is None or isinstance(pair[1], str)):
            return pair[0], pair[1]
        raise PlanError(f"reasons={{{quoted(wording)}: ...}} takes a reason, or (reason, category), not {quoted(target)}.")

    def targets(self) -> list[tuple[Target, str]]:
        """All that a wording can be mapped to, with its words."""
        found: list[tuple[Target, str]] = []
        for reason in self.reasons:
            if reason.lower() == RETURNED.lower():
                found += [((reason, category), f"{reason} / {category}") for category in self.categories]
            else:
                found.append(((reason, None), reason))
        return found

    def is_mapped(self, wording: str) -> bool:
        """Whether the user has mapped it, now or for an earlier file."""
        return plain_wording(wording) in self._given

    def known(self, reason: str, category: str | None) -> Target | None:
        """A reason and category as the service lists them; None where it does not, or where they do not belong together."""
        found = self._listed.get(reason.strip().lower())
        named = self._named.get(category.strip().lower()) if category else None
        takes_category = found is not None and found.lower() == RETURNED.lower()
        # Only Returned takes a category, and needs one; a pair that does not go together is refused here and not by the service,
        # in the middle of a run.
        if found is None or takes_category != bool(category) or (category and named is None):
            return None
        return found, named

    def target(self, wording: str, category: str) -> Target | None:
        """What a row's reason and category mean: what the user has mapped, else what is listed; None where it is neither."""
        # What the user has mapped comes before what is listed: "Duplicate" in this file may mean another listed reason.
        mapped = self._given.get(plain_wording(as_one(wording, category)))
        return mapped or (self.known(wording, category or None) if wording else None)

    def action(self, wording: str, category: str, comment: str) -> Action | None:
        """The action of a row; None where its wording is not mapped."""
        known = self.target(wording, category)
        return None if known is None else mark_invalid(known[0], known[1], comment or None)


def as_one(wording: str, category: str) -> str:
    """What is mapped: the wording of a row, with that of its category where it has one, such as ``Returned / too small``."""
    return " / ".join(filter(None, (wording, category)))


def plain_wording(text: str) -> str:
    """A wording without case and without double spaces: what is mapped once is the same however it is typed."""
    return re.sub(r"\s+", " ", text).strip().casefold()
