"""The policy: rules from a file about what may not be done at this enterprise, whatever the platform allows."""

from __future__ import annotations

import hashlib
import math
import tomllib
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from cvtr_widgets import safe_files, settings
from cvtr_widgets.actions.catalogue import count_of, short_name
from cvtr_widgets.arguments import shown
from cvtr_widgets.days import day_begins
from cvtr_widgets.errors import NotConfirmed, PlanOutOfDate, SettingsError
from cvtr_widgets.models import Action, ActionKind, Identity
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.reader_limits import DIALECT_BYTES

Kind = Literal["valid", "invalid", "test", "delivered", "undelivered", "other", "reprocess", "delete"]
Group = Literal["publisher", "campaign", "advertiser", "all"]
Name: TypeAlias = Annotated[int, Field(ge=1)] | Annotated[str, Field(min_length=1, max_length=200)]
"""An id, or a name as the platform writes it (capital and small letters are equal)."""
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


def _exact(value: Any) -> Any:
    """A number of a TOML file as the decimal that was written; ``true`` is none."""
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Amount: TypeAlias = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=10**12)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TwoPersons(_Part):
    """Plans of more leads than ``above_leads``, or of more money than ``above_amount`` says for a currency, are run by another
    login than the one that made and saved them. Currencies are never added; one that is not named, and a payout that is not
    known, count as above.
    """

    above_leads: Annotated[int, Field(ge=0)] | None = None
    above_amount: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Amount] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> TwoPersons:
        if self.above_leads is None and not self.above_amount:
            raise ValueError("give above_leads, above_amount or both")
        return self

    def why(self, plan: Plan) -> str:
        """Why a plan needs two persons; empty where one is enough."""
        if self.above_leads is not None and plan.will_change > self.above_leads:
            return f"above {count_of(self.above_leads)}, and this plan has {count_of(plan.will_change)}"
        for currency, amount in at_stake(plan).items() if self.above_amount else ():
            most = (self.above_amount or {}).get(currency)
            if amount is None:
                return "where a payout is not known, and this plan has such leads"
            # A currency that the policy forgot must not be the way around it.
            if most is None and amount:
                return f"in a currency that it does not name, and this plan has leads in {currency or 'a currency not stated'}"
            if most is not None and amount > most:
                return f"above {most:,} {currency}, and the leads of this plan come to {amount:,} {currency}"
        return ""


class AllowedReasons(_Part):
    """Which reasons an action may have: for the leads of some advertisers, or of all of them (``advertisers`` left out)."""

    action: Literal["valid", "invalid", "test", "other"]
    advertisers: list[Name] = []
    allowed: Annotated[list[Text], Field(min_length=1)]

    def forbids(self, action: Action) -> bool:
        """Whether the reason of this action is not among those allowed; whose lead it is, is not looked at."""
        names = {name.lower() for name in self.allowed}
        return str(action.kind) == self.action and (action.reason or "").lower() not in names


class Cap(_Part):
    """At most so many leads by publisher, campaign or advertiser (``by``), or in all, within a period.

    ``actions`` and ``reasons`` (left out: any reason) say what is counted; ``only``: for these publishers (campaigns,
    advertisers) alone. ``period``: the calendar day, week (from Monday) or month; ``days``: the last so many days, up to now.
    ``leads``: a number; ``percent``: of the leads that came in within the period, rounded down.
    """

    name: Text
    actions: Annotated[list[Kind], Field(min_length=1)]
    reasons: list[Text] = []
    by: Group
    only: list[Name] = []
    period: Literal["day", "week", "month"] | None = None
    days: Annotated[int, Field(ge=1, le=3_660)] | None = None
    leads: Annotated[int, Field(ge=0)] | None = None
    percent: Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Cap:
        for first, second in (("period", "days"), ("leads", "percent")):
            if (getattr(self, first) is None) == (getattr(self, second) is None):
                raise ValueError(f"say either {first} or {second}")
        if self.by == "all" and self.only:
            raise ValueError('by = "all" has no groups: leave only out')
        return self

    def is_about(self, kind: str, reason: str | None) -> bool:
        """Whether this action is counted."""
        return kind in self.actions and (not self.reasons or (reason or "").lower() in {one.lower() for one in self.reasons})

    def since(self, now: datetime, zone: tzinfo) -> datetime:
        """When the period began that ``now`` is in, in UTC."""
        if self.days is not None:
            return now - timedelta(days=self.days)
        today: date = now.astimezone(zone).date()
        first = {"day": today, "week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}
        return day_begins(first[self.period or "day"], zone)

    def most(self, came_in: int | None) -> int:
        """How many leads are allowed; ``came_in``: of which number, for a cap in per cent."""
        if self.leads is not None:
            return self.leads
        # Exact, and rounded down: as floats, 0.29 * 100 is a little less than 29 and would be cut to 28.
        return math.floor(Fraction(self.percent or 0) * (came_in or 0) / 100)

    @property
    def words(self) -> str:
        """The cap as a sentence has it: ``"Returns": at most 10 % Invalid (Returned) by publisher a month``."""
        number = f"{self.leads:,}" if self.leads is not None else f"{self.percent:f} % of the leads that came in"
        what = "/".join(map(short_name, self.actions)) + (f" ({', '.join(self.reasons)})" if self.reasons else "")
        whose = "in all" if self.by == "all" else f"by {self.by}"
        when = f"a {self.period}" if self.period else f"in the last {self.days} days"
        return f'"{self.name}": at most {number} {what} {whose} {when}'


class Exceptions(_Part):
    """Who may make an exception. ``allowed``: whether there are any; ``by``: printed names (empty: anybody)."""

    allowed: bool = True
    by: list[Text] = []


class Policy(_Part):
    """What ``policy.toml`` says. ``never``: actions that are not done at all. ``max_age_days``: action -> how old a lead may be,
    by its creation; one whose age is not known counts as too old. ``zone``: in which days, weeks and months begin (empty: the
    session's). ``count_requests``: how many requests may go into counting leads for caps in per cent, for one plan.
    ``password_before_signing``: the first signature of a session takes the password again.
    """

    never: list[Kind] = []
    max_age_days: dict[Kind, Annotated[float, Field(ge=0, le=36_500)]] = {}
    two_persons: TwoPersons | None = None
    reasons: list[AllowedReasons] = []
    caps: list[Cap] = []
    exceptions: Exceptions = Exceptions()
    zone: str = ""
    count_requests: Annotated[int, Field(ge=1, le=100_000)] = 300
    password_before_signing: bool = False
    mark: str = ""
    """Hash of the file."""

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key if value else ""
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("it is not a time zone; use one like Europe/London") from None

    @field_validator("caps")
    @classmethod
    def _named_once(cls, value: list[Cap]) -> list[Cap]:
        if len({cap.name for cap in value}) < len(value):
            raise ValueError("two caps have the same name")
        return value

    @property
    def judges_leads(self) -> bool:
        """Whether it may forbid something for one lead that it allows for another, or an action altogether."""
        return bool(self.never or self.max_age_days or self.reasons)

    def oldest(self, kind: ActionKind) -> timedelta | None:
        """How old a lead may be for this action; None: of any age."""
        days = next((most for name, most in self.max_age_days.items() if name == str(kind)), None)
        return None if days is None else timedelta(days=days)

    def must_allow_exceptions(self, name: str) -> None:
        """Refuse an exception that this person must not make.

        Raises:
            PlanOutOfDate: as said.
        """
        names = {" ".join(one.split()).casefold() for one in self.exceptions.by}
        if not self.exceptions.allowed:
            raise PlanOutOfDate("The policy allows no exceptions. Leave these leads out.")
        if names and name.casefold() not in names:
            raise PlanOutOfDate(f"The policy only allows {' or '.join(self.exceptions.by)} to make exceptions. Ask them.")

    def second_person(self, plan: Plan, runs: Identity) -> None:
        """Refuse a plan that needs another person than its maker, told apart by login.

        Raises:
            NotConfirmed: the maker would run it.
        """
        why = "" if self.two_persons is None else self.two_persons.why(plan)
        # By login, because that is all that the service vouches for: a printed name can be typed by anybody.
        maker = runs.account if plan.provenance is None else plan.provenance.account
        if why and maker == runs.account:
            raise NotConfirmed(
                f"The policy asks for two people {why}. This plan was made by this same account: save it (plan.save) and have "
                "somebody else open and run it."
            )


def at_stake(plan: Plan) -> dict[str, Decimal | None]:
    """The payouts of the leads that a plan sends, by currency (empty: not stated), whatever its actions: those of advertisers or
    those of publishers, whichever are more. None: a payout is not known.
    """
    sides: dict[str, list[Decimal]] = {}
    unknown = set()
    for entry in plan.sendable:
        state = entry.alike.state
        currency = "" if state is None else state.currency or ""
        both = sides.setdefault(currency, [Decimal(0), Decimal(0)])
        for side, name in enumerate(("advertiser_payout", "publisher_payout")):
            payout = getattr(state, name, None)
            if isinstance(payout, Decimal):
                both[side] += payout
            else:
                # One payout that is not known makes the whole currency unknown: a sum without it would be too small, and let
                # through what needs two persons.
                unknown.add(currency)
    return {currency: None if currency in unknown else max(both) for currency, both in sides.items()}


def read_policy(identity: Identity) -> Policy:
    """The policy of an enterprise: ``CVTR_POLICY``, else ``policies/<enterprise>.toml`` in the settings' folder; an empty one
    where there is no file.

    Raises:
        SettingsError: the file says something that a policy cannot say. Nothing is planned or sent then.
    """
    path = settings.policy_path(identity.enterprise, identity.origin)
    return Policy() if path is None else policy_of(path)


def policy_of(path: Path) -> Policy:
    """A policy file.

    Raises:
        SettingsError: as ``read_policy``.
    """
    content = safe_files.read(path, SettingsError, most=DIALECT_BYTES, what="policy")
    try:
        said = tomllib.loads(content.decode("utf-8-sig"))
        # The mark is the hash of the file. One that the file gives itself would pass for that of another policy.
        if "mark" in said:
            raise SettingsError(f"The policy {path.name!r}: mark is not known. Correct it.")
        return Policy.model_validate({**said, "mark": hashlib.sha256(content).hexdigest()[:16]})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The policy {path.name!r}: {shown(place)}: {first['msg']}. Correct it (see docs/policies.md)."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"The policy {path.name!r} is not TOML: {shown(error)}. Correct it.") from None
