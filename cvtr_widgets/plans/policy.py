"""The rules of the house: what may not be done at this enterprise, whatever the platform allows. Checked in every plan."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cvtr_widgets import safe_files, settings
from cvtr_widgets.actions.catalogue import count_of
from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import NotConfirmed, SettingsError
from cvtr_widgets.models import ActionKind, Identity, Lead
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.reader_limits import DIALECT_BYTES

Kind = Literal["valid", "invalid", "test", "delivered", "undelivered", "other", "reprocess", "delete"]


class TwoPersons(BaseModel):
    """Plans of more leads than this are run by another login than the one that made and saved them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    above_leads: Annotated[int, Field(ge=0)]


class Policy(BaseModel):
    """What ``policy.toml`` says. ``never``: actions that are not done at all. ``max_age_days``: action -> how old a lead may be,
    by its creation; one whose age is not known counts as too old.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    never: list[Kind] = []
    max_age_days: dict[Kind, Annotated[float, Field(ge=0, le=36_500)]] = {}
    two_persons: TwoPersons | None = None
    mark: str = ""
    """Hash of the file."""

    def against(self, kind: ActionKind, lead: Lead | None, now: datetime) -> str:
        """Why this action must not be done to this lead; empty where it may be."""
        if str(kind) in self.never:
            return f"policy: {kind} is never done here"
        days = next((most for name, most in self.max_age_days.items() if name == str(kind)), None)
        if days is None or lead is None:
            return ""
        created = _moment(lead.created)
        if created is None:
            return f"policy: {kind} only up to {days:g} days of age, and the lead's age is not known"
        return f"policy: {kind} only up to {days:g} days of age" if now - created > timedelta(days=days) else ""

    def second_person(self, plan: Plan, runs: Identity) -> None:
        """Refuse a plan that needs another person than its maker, told apart by login.

        Raises:
            NotConfirmed: the maker would run it.
        """
        most = None if self.two_persons is None else self.two_persons.above_leads
        if most is None or plan.will_change <= most:
            return
        maker = runs.account if plan.provenance is None else plan.provenance.account
        if maker == runs.account:
            raise NotConfirmed(
                f"The policy asks for two persons above {count_of(most)}, and this plan of {count_of(plan.will_change)} was made "
                "by this very account. Save it (plan.save) and have somebody else open and run it."
            )


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
        if "mark" in said:
            raise SettingsError(f"The policy {path.name!r}: mark is not known. Correct it.")
        return Policy.model_validate({**said, "mark": hashlib.sha256(content).hexdigest()[:16]})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The policy {path.name!r}: {shown(place)}: {first['msg']}. Correct it (see docs/sharing.md)."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"The policy {path.name!r} is not TOML: {shown(error)}. Correct it.") from None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
