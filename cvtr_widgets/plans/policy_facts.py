"""A policy with what it is held against: what runs from here did, what came in, and what things are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from cvtr_widgets.models import LeadId
from cvtr_widgets.plans.policy import Cap, Policy

_NONE: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Done:
    """What a run from here did, or may still do, to a lead; ``until``: when it was settled (None: it is still open)."""

    run_id: str
    lead_id: LeadId
    kind: str
    reason: str | None
    publisher_id: int | None
    campaign_id: int | None
    until: datetime | None


@dataclass(frozen=True)
class PolicyFacts:
    """A policy, and what it is held against: ``done``: by runs from here, since the earliest period began; ``came_in``: by cap,
    how many leads of each group came in; ``advertisers``: campaign -> advertiser; ``names``: "publisher" (...) -> id -> name.
    """

    policy: Policy = field(default_factory=Policy)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    zone: tzinfo = UTC
    done: Collection[Done] = ()
    came_in: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    advertisers: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def advertiser_of(self, campaign: int | None) -> int | None:
        """The advertiser of a campaign; None: not known."""
        return None if campaign is None else self.advertisers.get(campaign)

    def is_one_of(self, by: str, group: int, wanted: Iterable[int | str]) -> bool:
        """Whether the policy means this group, by its id or its name (upper or lower case)."""
        name = self.names.get(by, _NONE).get(group, "").lower()
        return any(one == group if isinstance(one, int) else one.lower() == name for one in wanted)

    def group(self, cap: Cap, publisher: int | None, campaign: int | None) -> int | None:
        """Whose a lead is, as a cap groups leads; 0 for a cap over all. None: not known."""
        match cap.by:
            case "publisher":
                return publisher
            case "campaign":
                return campaign
            case "advertiser":
                return self.advertiser_of(campaign)
        return 0

    def used(self, cap: Cap) -> Callable[[int], set[LeadId]]:
        """The leads that count already in the period, by group. Those of which the journal does not say whose they are count for
        every group.
        """
        since = cap.since(self.now, self.zone)
        found: dict[int, set[LeadId]] = defaultdict(set)
        anybody: set[LeadId] = set()
        for one in self.done:
            if not cap.is_about(one.kind, one.reason) or (one.until is not None and one.until < since):
                continue
            group = self.group(cap, one.publisher_id, one.campaign_id)
            # On the safe side: a lead of nobody known could be anybody's, so it takes room everywhere.
            (anybody if group is None else found[group]).add(one.lead_id)
        return lambda group: found[group] | anybody

    def most(self, cap: Cap, group: int) -> tuple[int, int | None]:
        """How many leads of a group are allowed, and of how many that is."""
        of = None if cap.percent is None else self.came_in.get(cap.name, _NONE).get(group, 0)
        return cap.most(of), of

    def counts_for(self, cap: Cap, group: int) -> bool:
        """Whether a cap is about this group."""
        return not cap.only or self.is_one_of(cap.by, group, cap.only)

    def called(self, cap: Cap, group: int) -> str:
        """A group in words: its name, else its id."""
        return "this enterprise" if cap.by == "all" else self.names.get(cap.by, _NONE).get(group) or f"{cap.by} {group}"


def moment_of(value: object) -> datetime | None:
    """When a lead came in, as the service or a frame says it; None where that is not a time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value != value:  # noqa: PLR0124  pandas' missing time
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
