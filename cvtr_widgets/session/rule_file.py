"""Rule files: which leads, what to do with them, and how many at most; as TOML that people read and change."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cvtr_widgets import safe_files
from cvtr_widgets.actions import catalogue
from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import Action, ActionKind
from cvtr_widgets.reader_limits import DIALECT_BYTES

Name = Annotated[str, Field(min_length=1, max_length=200)]
Days = Annotated[float, Field(ge=0, le=36_500)]
Named = Annotated[int, Field(ge=1)] | Name
ALLOWED = tuple(str(row.kind) for row in catalogue.ROWS.values() if row.danger != "count")
"""What a rule may do. Deleting is not among it: a rule finds its leads by itself, and nothing brings a deleted lead back."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RuleLeads(_Part):
    """Which leads: all of these must hold. Ages are in days, by the lead's creation."""

    campaigns: tuple[Named, ...] = ()
    publishers: tuple[Named, ...] = ()
    status: Literal["Valid", "Invalid", "Caution", "Test"] | None = None
    delivery: Literal["Delivered", "Not Delivered"] | None = None
    older_than_days: Days | None = None
    newer_than_days: Days | None = None

    @model_validator(mode="after")
    def _narrow(self) -> RuleLeads:
        if not self.campaigns and self.status is None:
            raise ValueError("name campaigns, a status, or both: a rule is never about all leads")
        if None not in {self.older_than_days, self.newer_than_days} and self.older_than_days >= self.newer_than_days:  # type: ignore[operator]
            raise ValueError("older_than_days must be less than newer_than_days")
        return self


def _allowed(do: str) -> str:
    if do not in ALLOWED:
        raise ValueError(f"a rule may do one of {', '.join(ALLOWED)}")
    return do


class RuleAction(_Part):
    """What to do: ``do`` and what that action asks."""

    do: Annotated[str, AfterValidator(_allowed)]
    reason: Name | None = None
    category: Name | None = None
    comment: Annotated[str, Field(max_length=10_000)] | None = None
    integrations: tuple[Annotated[int, Field(ge=1)], ...] = ()

    def action(self) -> Action:
        """The action.

        Raises:
            PlanError: something that it needs is missing, or it takes no such thing.
        """
        given = {n: v for n in ("reason", "category", "comment", "integrations") if (v := getattr(self, n))}
        asks = catalogue.ROWS[ActionKind(self.do)].asks
        if strange := next((name for name in given if name not in asks), None):
            raise PlanError(f"[action] {self.do} takes no {strange}. Take it out of the rule.")
        if "reason" in asks and "reason" not in given:
            raise PlanError(f"[action] {self.do} needs a reason. Add one: reason = '...'.")
        return catalogue.make(ActionKind(self.do), **given)


class RuleLimits(_Part):
    """How many. ``most``: leads that the rule may match; with more it stops, or takes the oldest (``when_more``).
    ``times_usual``: with more than so many times what it matched in the middle of its last ten runs (counted as 10 at least)
    it stops. ``usual``: what that is, where you know it.
    """

    most: Annotated[int, Field(ge=1, le=1_000_000)]
    when_more: Literal["stop", "oldest"] = "stop"
    times_usual: Annotated[float, Field(gt=1, le=1_000)] = 10.0
    usual: Annotated[int, Field(ge=1)] | None = None


class Rule(_Part):
    """A rule file. ``enterprise``: where it may run, if it says so."""

    name: Name
    why: Annotated[str, Field(max_length=10_000)] = ""
    enterprise: Name | None = None
    leads: RuleLeads
    action: RuleAction
    limits: RuleLimits

    @property
    def words(self) -> str:
        """What it is about, for people: ``status Caution, older than 3 days: Test, reason Test lead; at most 200 leads``."""
        wanted, action, limits = (text for _, text in self.parts[:3])
        return f"{wanted}: {action}; {limits}"

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """What it says, part by part: (``Leads``, ...), (``Action``, ...), (``Limits``, ...), and where it may run if so said."""
        wanted, limits = self.leads, self.limits
        which = [f"status {wanted.status}"] if wanted.status else []
        which += [str(wanted.delivery)] if wanted.delivery else []
        which += [f"{what} {', '.join(map(str, named))}" for what, named in (
            ("campaigns", wanted.campaigns), ("publishers", wanted.publishers),
        ) if named]  # fmt: skip
        ages = (("older", wanted.older_than_days), ("newer", wanted.newer_than_days))
        which += [f"{how} than {days:g} days" for how, days in ages if days is not None]
        more = "the oldest first" if limits.when_more == "oldest" else "else it stops"
        usual = "the usual number" if limits.usual is None else f"the usual {limits.usual:,}"
        most = f"at most {catalogue.count_of(limits.most)}, {more}, and not over {limits.times_usual:g} times {usual}"
        found = (
            ("Leads", ", ".join(which)),
            ("Action", catalogue.describe(self.action.action(), looked_up=False)),
            ("Limits", most),
        )
        return found if self.enterprise is None else (*found, ("Enterprise", f"{self.enterprise} only"))


def read_rule(path: str | Path) -> Rule:
    """A rule file.

    Raises:
        PlanError: it cannot be read, or says something that a rule cannot say; names the place.
    """
    return rule_in(safe_files.read(path, PlanError, most=DIALECT_BYTES, what="rule file"), Path(path).name)


def rule_in(content: bytes, name: str) -> Rule:
    """The rule that a file of this name and content holds.

    Raises:
        PlanError: as ``read_rule``.
    """
    name = name[:80]
    if len(content) > DIALECT_BYTES:
        raise PlanError(f"The rule file {name!r} is larger than {safe_files.size(DIALECT_BYTES)}. Give a smaller one.")
    try:
        said = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PlanError(f"The rule file {name!r} is not TOML: {shown(error)}. Correct it.") from None
    try:
        rule = Rule.model_validate(_tuples(said))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if isinstance(part, str) and part.islower()) or "the file"
        why = {"missing": "is missing", "extra_forbidden": "is not known"}.get(first["type"], f"cannot be so: {first['msg']}")
        raise PlanError(f"The rule file {name!r}: {place} {shown(why)}. Correct it (see docs/unattended.md).") from None
    rule.action.action()
    return rule


def _tuples(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _tuples(value) for name, value in said.items()}
    # Pydantic takes no list for a tuple in its strict mode, and a rule is a frozen value.
    return tuple(said) if isinstance(said, list) else said
