"""What a plan holds of the policy that it was checked against, and how the journal and plan files keep that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from cvtr_widgets.models import Action, LeadId


@dataclass(frozen=True, slots=True)
class PolicyException:
    """An exception from the policy for some leads of one plan: ``name`` is the printed name of whoever makes it, ``reason`` why;
    ``account`` and ``user_id``: the login that entered it (as in ``Identity``); ``leads``: for which leads.
    """

    name: str = field(repr=False)
    reason: str = field(repr=False)
    account: str
    user_id: int | None
    made_at: datetime
    leads: tuple[LeadId, ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """How far a lead of runs can be taken back to what it was before the first of them. ``way``: exact, nearest (``why`` says
    what would not come back) or impossible (``why`` says the reason). ``conflict``: who else changed it, or that several of the
    runs did (empty: nobody, one). ``runs``: those that sent it, oldest first; ``action``: what takes it back.
    """

    lead_id: LeadId
    way: Literal["exact", "nearest", "impossible"]
    why: str = field(default="", repr=False)
    conflict: str = ""
    runs: tuple[str, ...] = ()
    action: Action | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CapCount:
    """A cap of the policy for one group of leads when a plan is made: ``cap`` and ``name`` of the group (``group`` is
    its id, 0 for all leads), ``most`` leads allowed (``of`` so many that came in; None for a cap in numbers) ``since`` (UTC), of
    which ``done`` were by runs from here and ``planned`` are in the plan; ``over`` are not allowed, ``excepted`` are sent by an
    exception.
    """

    cap: str
    group: int
    name: str
    most: int
    of: int | None
    since: datetime
    done: int = 0
    planned: int = 0
    over: int = 0
    excepted: int = 0


class UnderPolicy(Protocol):
    """The part of a plan that this module writes down."""

    @property
    def policy(self) -> str:
        """The hash of the policy that it was checked against."""

    @property
    def undoes(self) -> tuple[str, ...]:
        """The runs that it takes back."""

    @property
    def caps(self) -> tuple[CapCount, ...]:
        """How the policy's caps stood."""

    @property
    def exception(self) -> PolicyException | None:
        """An exception that was made for it."""

    @property
    def good_until(self) -> datetime | None:
        """How long it is good."""


def policy_values(plan: UnderPolicy) -> dict[str, Any]:
    """What a fingerprint covers of the policy, and of what the plan takes back; only what is there."""
    said: dict[str, Any] = {"policy": plan.policy, "undoes": list(plan.undoes)}
    said["caps"] = [[one.cap, one.group, one.most, one.of, one.since.isoformat()] for one in plan.caps]
    if plan.exception is not None:
        said["exception"] = {n: str(v) for n, v in dataclasses.asdict(plan.exception).items()}
    if plan.good_until is not None:
        said["good_until"] = plan.good_until.isoformat()
    return {name: value for name, value in said.items() if value}


def policy_data(plan: UnderPolicy) -> dict[str, Any]:
    """How the policy's caps stood, an exception, how long the plan is good, and what it takes back; only what is there."""
    said: dict[str, Any] = {"undoes": list(plan.undoes)}
    said["caps"] = [{**dataclasses.asdict(one), "since": one.since.isoformat()} for one in plan.caps]
    if (made := plan.exception) is not None:
        said["exception"] = {**dataclasses.asdict(made), "made_at": made.made_at.isoformat(), "leads": list(made.leads)}
    said["good_until"] = "" if plan.good_until is None else plan.good_until.isoformat()
    return {name: value for name, value in said.items() if value}


def policy_from(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a plan again that ``policy_data`` wrote."""
    made, until = said.get("exception"), said.get("good_until")
    return {
        "undoes": tuple(said.get("undoes", ())),
        "caps": tuple(CapCount(**{**one, "since": datetime.fromisoformat(one["since"])}) for one in said.get("caps", ())),
        "exception": None if made is None else PolicyException(
            **{**made, "made_at": datetime.fromisoformat(made["made_at"]), "leads": tuple(made["leads"])}
        ),
        "good_until": None if until is None else datetime.fromisoformat(until),
    }  # fmt: skip
