"""One lead in a plan: what it was before, what would become of it and why, in words; and what a plan costs.

Making one reads nothing and writes nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from cvtr_widgets.actions.catalogue import then_of
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.models import NOT_SENT, Action, Lead, LeadId, LeadState, Verdict, alike, seal

BEFORE = (
    "status", "reason", "category", "comment", "delivery", "replacement", "replacement_comment", "processr_status",
    "processing_counter", "billable_for_publisher", "billable_for_advertiser",
)  # fmt: skip
"""The fields of a lead that a plan rests on: if one of them has changed, the lead is held back."""
AT_STAKE = ("campaign_id", "advertiser_payout", "publisher_payout", "currency")
"""What else holds a lead back when it changes: what it is billed by, and to whom."""
_money: Callable[[LeadState], tuple[Any, ...]] = operator.attrgetter(*AT_STAKE[1:])
_NO_MONEY = (NOT_SENT, NOT_SENT, None)
_watched: Callable[[LeadState], tuple[Any, ...]] = operator.attrgetter(*BEFORE)
_COMMENTS = tuple(place for place, name in enumerate(BEFORE) if name.endswith("comment"))


class SharedEntry(NamedTuple):
    """What leads of a plan share that stand alike: few of these, many leads.

    ``state`` None: not found; ``delivered``: the delivery check's word. ``integrations``: those of the action that are on
    these leads' campaign.
    """

    group: int
    verdict: Verdict
    why: str
    now: str
    then: str
    state: LeadState | None
    delivered: bool | None = None
    integrations: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Without reasons and comments."""
        return f"SharedEntry(group={self.group}, {self.verdict}, {self.state!r})"


class PlanEntry(NamedTuple):
    """One lead in a plan, with what it shares with others. ``person``: as in ``Lead``."""

    lead_id: LeadId
    alike: SharedEntry
    person: str = ""

    def __repr__(self) -> str:
        """Id and verdict; what would change is in ``now`` and ``then``."""
        return f"Entry({self.lead_id}, {self.verdict})"

    @property
    def group(self) -> int:
        """Which of the plan's groups it is in."""
        return self.alike.group

    @property
    def verdict(self) -> Verdict:
        """What would happen to it."""
        return self.alike.verdict

    @property
    def why(self) -> str:
        """The reason of the verdict, in words."""
        return self.alike.why

    @property
    def now(self) -> str:
        """Its state, in words."""
        return self.alike.now

    @property
    def then(self) -> str:
        """The state that it would have, in words."""
        return self.alike.then

    @property
    def integrations(self) -> tuple[int, ...]:
        """Those of the action that are on this lead's campaign."""
        return self.alike.integrations

    @property
    def before(self) -> Observation:
        """How the lead was when the plan was made."""
        state = self.alike.state
        return Observation(None if state is None else Lead(self.lead_id, state, self.person), self.alike.delivered)


@dataclass(frozen=True, slots=True)
class Cost:
    """What running the plan takes: ``requests``, expected ``seconds``, and a ``sentence``. ``after``: what else is waited for."""

    requests: int
    seconds: float
    way: str
    after: str = ""

    @property
    def sentence(self) -> str:
        """Such as ``12 requests, about 6 s (read by id filter)``."""
        way = self.way if self.way == "one by one" else f"by {self.way}"
        requests = f"{self.requests:,} request{'' if self.requests == 1 else 's'}"
        return f"{requests}, about {duration(self.seconds)} (read {way}){self.after}."


def duration(seconds: float) -> str:
    """Seconds in words: ``6 s``, ``4 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def before_values(alike: SharedEntry) -> Sequence[Any] | None:
    """What a plan rests on for leads that stand alike, as JSON values: ``BEFORE`` in order, the delivery check's word, the
    campaign's id, and the payouts with their currency where the service sends any.

    Comments are hashes, and ``{}`` is what the service does not send. None: they were not found.
    """
    state = alike.state
    if state is None:
        return None
    return _as_values(*_watched(state), alike.delivered, state.campaign_id, money=_money(state))


# typed: True, 1 and 1.0 are equal to Python, and three different texts in a fingerprint.
@lru_cache(maxsize=4096, typed=True)
def _as_values(*state: Any, money: tuple[Any, ...]) -> Sequence[Any]:
    values = [{} if value is NOT_SENT else value for value in state]
    if money != _NO_MONEY:
        values += [{} if v is NOT_SENT else str(v) if isinstance(v, Decimal) else v for v in money]
    # Hashed, so that a fingerprint can be checked from a journal that keeps no comments.
    for place in _COMMENTS:
        if isinstance(values[place], str):
            values[place] = str(seal(values[place]))
    return tuple(values)


def differences(before: Observation, now: Observation) -> list[str]:
    """What has changed between two readings of a lead, in words; the delivery check only where both have it."""
    if (before.lead is None) != (now.lead is None):
        return ["it is no longer found" if now.lead is None else "it is found now"]
    if before.lead is None or now.lead is None:
        return []
    changed = []
    # States are compared as wholes first: nearly all leads are as they were.
    for name in () if before.lead.state == now.lead.state else BEFORE:
        old, new = getattr(before.lead, name), getattr(now.lead, name)
        if not alike(old, new):
            # Results and journals hold these words, and a comment may name a person.
            shown = "" if name.endswith("comment") else f" from {_plain(old)} to {_plain(new)}"
            changed.append(f"{name.replace('_', ' ')} changed{shown}")
    if before.lead.state != now.lead.state:
        changed += _at_stake(before.lead.state, now.lead.state)
    # A hash of name, e-mail address and telephone. An id that has come to mean another person must not be sent.
    if before.lead.person and now.lead.person and before.lead.person != now.lead.person:
        changed.append("the person behind it changed (name, e-mail address or telephone)")
    if before.delivered is not None and now.delivered is not None and before.delivered != now.delivered:
        changed.append(f"the delivery check changed to {'delivered' if now.delivered else 'not delivered'}")
    return changed


def _at_stake(before: LeadState, now: LeadState) -> list[str]:
    """Changes of what is billed and to whom. What was not known before cannot have changed."""
    names = AT_STAKE[:3] if (before.advertiser_payout, before.publisher_payout) == (NOT_SENT, NOT_SENT) else AT_STAKE
    changed = []
    for name in names:
        old, new = getattr(before, name), getattr(now, name)
        unknown = old is NOT_SENT or (name == "campaign_id" and old is None)
        if not unknown and old != new:
            said = name.removesuffix("_id").replace("_", " ")
            changed.append(f"{said} changed from {_plain(old)} to {_plain(new)}")
    return changed


def _plain(value: Any) -> str:
    return "(not sent)" if value is NOT_SENT else "empty" if value in {None, ""} else str(value)


def now_words(observation: Observation) -> str:
    """A lead's present state in words: ``Caution · Not Delivered``."""
    lead = observation.lead
    if lead is None:
        return ""
    parts = [str(v) for v in (lead.status, lead.delivery) if isinstance(v, str)]
    if lead.replacement and lead.replacement is not NOT_SENT:
        parts.append(str(lead.replacement))
    return " · ".join(parts)


def job_words(job: int, names: Mapping[int, str]) -> str:
    """An integration job for people: ``CRM (535)``, or its id alone where its name is not known."""
    return f"{names[job]} ({job})" if job in names else str(job)


def then_words(action: Action, integrations: Mapping[int, str], chosen: tuple[int, ...]) -> str:
    """The state that a lead would have: ``Invalid · Returned / No budget``."""
    words = then_of(action)
    if action.integrations:
        words += " → " + (", ".join(integrations.get(i, str(i)) for i in chosen) or "no integration")
    return words
