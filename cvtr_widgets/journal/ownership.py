"""Whether a run in a journal is this account's, at this address.

Runs of others are never offered, resumed, undone or counted as this user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cvtr_widgets.models import Identity
from cvtr_widgets.plans.plan import Plan

Whose = Literal["mine", "not known", "another"]
UNKNOWN_ADVICE = (
    "was recorded by an older version, which did not note at which address it was made. It cannot be resumed or undone, because "
    "its leads may be those of another platform. See session.recorded(run_id), look at these leads on the platform, then plan "
    "again."
)


def whose(identity: Identity, said: Mapping[str, Any]) -> Whose:
    """Whose a run is, by its ``run`` entry. ``not known``: everything that was noted fits, but address and account were not."""
    mine = (identity.enterprise, identity.user_id, identity.sandbox, identity.world)
    if (said.get("enterprise"), said.get("user_id"), said.get("sandbox"), said.get("world", "")) != mine:
        return "another"
    if not said.get("origin") and not said.get("account"):
        # A sandbox's world says more than its address: no two have the same.
        return "mine" if identity.world else "not known"
    return "mine" if (said.get("origin"), said.get("account")) == (identity.origin, identity.account) else "another"


def made_by(identity: Identity, plan: Plan) -> bool:
    """Whether a plan was made by this account at this address."""
    return all(
        getattr(plan, name) == getattr(identity, name)
        for name in ("enterprise", "user_id", "sandbox", "world", "origin", "account")
    )
