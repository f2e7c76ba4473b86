"""What the journal's entries say, and how it is read again. Everything needed to resume a killed run.

Kinds: ``run`` (who, what, signed by whom), ``plan`` (leads with their verdicts, before-values, and the names of their campaigns
and publishers, 1,000 an entry), ``claim`` (who took a killed run over), ``intent`` (a chunk is about to be sent), ``answer``
(how that ended), ``outcome`` (leads that are settled), ``end``. The service's own words are never kept: they may hold anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal.hash_chain import Item, time_of
from cvtr_widgets.models import Signature
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_data import plan_data, plan_parts
from cvtr_widgets.plans.plan_from_data import plan_from


def opening(plan: Plan, signature: Signature | None, **more: Any) -> Item:
    """The ``run`` entry. ``more``: ``source``, ``verify``, ``owner``, ``keep_comments``."""
    keep = bool(more.pop("keep_comments", False))
    return "run", {
        "version": 1, **plan_data(plan, keep_comments=keep), "leads": plan.will_change, "planned": plan.counts,
        **({"sent_to": sent} if (sent := _sent_to(plan)) else {}),
        "signature": None if signature is None else {
            "name": signature.name, "at": signature.signed_at.isoformat(), "text": signature.meaning,
        },
        **more,
    }  # fmt: skip


def _sent_to(plan: Plan) -> dict[str, int]:
    """How many leads go to each integration job that was chosen, by its id, and how many to ``none`` of them."""
    found: Counter[str] = Counter()
    for entry in plan.sendable:
        if plan.groups[entry.group][0].integrations:
            found.update([str(job) for job in entry.integrations] or ["none"])
    return dict(found)


def plan_entries(plan: Plan) -> Iterator[Item]:
    """The ``plan`` entries: all leads of the plan, in its order."""
    return (("plan", part) for part in plan_parts(plan, names=True))


def plan_of(opened: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan again. Its cost, money and warnings are not kept; the fingerprint must be checked against ``fingerprint()``.

    Raises:
        JournalError: leads are missing.
    """
    plan = plan_from(opened, parts)
    if plan.total != opened["entries"]:
        raise JournalError(f"The journal holds {plan.total:,} of the run's {opened['entries']:,} leads. Plan again.")
    return plan


def signature_of(opened: Mapping[str, Any]) -> Signature | None:
    """The signature again."""
    said = opened.get("signature")
    if not said:
        return None
    return Signature(said["name"], said["text"], time_of(said["at"]), opened["fingerprint"])
