"""The eight actions as rows: what each is called, asks, demands and does, what proves it and what takes it back.

Sources are Convertr's help pages on Flag/Manage. What they don't say (eligibility of six of the eight, for example) is
not invented here: where no rule is known, none is applied.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

from cvtr_widgets.arguments import listed, quoted
from cvtr_widgets.errors import PlanError
from cvtr_widgets.models import Action, ActionKind

Danger = Literal["plain", "tick", "signature", "count"]


class Family(enum.StrEnum):
    """How an action is judged, proved and taken back; a new action is a row of one of these."""

    FLAG = "flag"
    DELIVERY = "delivery"
    REPLACEMENT = "replacement"
    PROCESSING = "processing"
    DELETION = "deletion"


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action: all that differs between actions is said here, and read from here by everything else.

    ``call``: the dialect's call that carries it out. ``asks``: fields of the form. ``danger``: what the user must do before it
    runs (``plain``: one button that names the count; ``tick``: a tick box; ``signature``: printed name and tick; ``count``: tick
    and the number typed). ``target``: the status or delivery it leads to. ``verb``: as on the button, with ``{n}`` for "298
    leads". ``statement``: the sentence that is confirmed or signed. ``then``: the state it leads to, where that is no ``target``.
    ``final``: why nothing takes it back
    (empty: something does). ``needs_right``: without that right of the account it is not offered. ``warning``: said where it is
    planned. ``first_write``: said before the first write at an enterprise. ``unbills``: the sides that are not billed for the
    lead any more; ``bills``: those that are from then on. ``recalculated``: the contracts decide again what is billable.
    """

    kind: ActionKind
    family: Family
    call: str
    label: str
    asks: tuple[str, ...]
    danger: Danger
    target: str
    verb: str
    statement: str
    effect: str
    eligible: str
    proof: str
    undone_by: str
    then: str = ""
    final: str = ""
    needs_right: bool = False
    repeatable: bool = True
    warning: str = ""
    first_write: str = ""
    bills: tuple[str, ...] = ()
    unbills: tuple[str, ...] = ()
    recalculated: bool = False


_FLAG_PROOF = "Current Status and reason (category and comment where the service sends them)"
_DELIVERY_PROOF = "is-lead-delivered, and the delivery field where the service sends one"
_BOTH = ("advertiser", "publisher")

ROWS: dict[ActionKind, ActionRow] = {
    row.kind: row
    for row in (
        ActionRow(
            ActionKind.VALID, Family.FLAG, "flag", "Mark as Valid", ("reason", "comment", "integrations"), "tick", "Valid",
            "Mark {n} as Valid", "I mark {n} as {described}.",
            "Current Status becomes Valid; the ticked integrations of the lead's campaign receive it; billable is "
            "recalculated from the contracts.",
            "any lead (meant for Invalid and Caution)", _FLAG_PROOF, "another flag; what an integration received stays sent",
            recalculated=True,
        ),
        ActionRow(
            ActionKind.INVALID, Family.FLAG, "flag", "Mark as Invalid", ("reason", "category", "comment"), "tick", "Invalid",
            "Mark {n} as Invalid", "I mark {n} as {described}.",
            "Current Status becomes Invalid; not billable to either side.",
            "any lead", _FLAG_PROOF, "another flag", unbills=_BOTH,
        ),
        ActionRow(
            ActionKind.TEST, Family.FLAG, "flag", "Mark as Test", ("reason", "comment"), "plain", "Test",
            "Mark {n} as Test", "I mark {n} as {described}.",
            "Current Status becomes Test.",
            "any lead", _FLAG_PROOF, "another flag", unbills=_BOTH,
        ),
        ActionRow(
            ActionKind.DELIVERED, Family.DELIVERY, "deliver", "Mark as Delivered", (), "signature", "Delivered",
            "Mark {n} as Delivered", "I mark {n} as delivered; {they} {become} billable to the advertiser.",
            "Delivery becomes Delivered and the lead is billable to the advertiser; nothing is sent to an integration.",
            "Valid and Not Delivered", _DELIVERY_PROOF, "Mark as Undelivered",
            warning="Mark as Delivered sends nothing to an integration: only Valid with ticked integrations does.",
            bills=("advertiser",),
        ),
        ActionRow(
            ActionKind.UNDELIVERED, Family.DELIVERY, "undeliver", "Mark as Undelivered", (), "signature", "Not Delivered",
            "Mark {n} as Undelivered", "I mark {n} as undelivered; {they} {are} no longer billable to the advertiser.",
            "Delivery becomes Not Delivered and the lead is no longer billable to the advertiser.",
            "Valid and Delivered", _DELIVERY_PROOF, "Mark as Delivered", unbills=("advertiser",),
        ),
        ActionRow(
            ActionKind.OTHER, Family.REPLACEMENT, "metadata", "Mark as Other (Replacement)", ("reason", "comment"), "plain", "",
            "Mark {n} as {reason}", "I {mark} {n}.",
            "The replacement mark is set (Replacement) or taken away (None); the status stays as it is.",
            "any lead", "the replacement field where the service sends one", '`mark_other("None")`', then="{replacement}",
        ),
        ActionRow(
            ActionKind.REPROCESS, Family.PROCESSING, "reprocess", "Reprocess Leads", (), "tick", "",
            "Reprocess {n}", "I reprocess {n}; {they} {count} as new for contracts, and this cannot be undone.",
            "All jobs and value transforms run again; a reprocessed lead counts as a new one for contracted volumes.",
            "any lead", "the processing counter went up and the Processr status came to rest", "nothing",
            then="processed again", final="reprocessing cannot be undone", repeatable=False,
            warning="A reprocessed lead counts as a new one for contracted volumes. This cannot be undone.",
            first_write="This really reprocesses one lead. It then counts as a new lead for contracts. This cannot be undone.",
            recalculated=True,
        ),
        ActionRow(
            ActionKind.DELETE, Family.DELETION, "delete", "Delete Leads", (), "count", "",
            "Delete {n}", "I delete {n}; this cannot be undone.",
            "The lead leaves the campaign and all reports and no longer counts.",
            "any lead, for accounts with that right", "the service itself says that the lead is gone, while another can be read",
            "nothing", then="deleted", final="a deleted lead cannot be brought back", needs_right=True,
            warning="Deleted leads cannot be brought back.",
            first_write="This really deletes one lead. It cannot be brought back.", unbills=_BOTH,
        ),
    )
}  # fmt: skip


def kinds_of(family: Family) -> tuple[ActionKind, ...]:
    """The actions of one family, in the order of the rows."""
    return tuple(row.kind for row in ROWS.values() if row.family is family)


def family_of(action: Action) -> Family:
    """How an action is judged, proved and taken back."""
    return ROWS[action.kind].family


FLAGS = kinds_of(Family.FLAG)
DELIVERIES = kinds_of(Family.DELIVERY)

OTHER_REASONS = ("Replacement", "None")
RETURNED = "Returned"
"""The one Invalid reason that asks for a category."""


def _clean(text: str | None, what: str = "A comment") -> str | None:
    if text is not None and not isinstance(text, str):
        raise PlanError(f"{what} is text, not {quoted(text)} ({type(text).__name__}). Write it in quotes.")
    return None if text is None else text.strip() or None


def _job_ids(given: Any) -> tuple[int, ...]:
    wrong = "Integrations are ids of integration jobs, such as integrations=[535]; see session.integrations(campaign)."
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise PlanError(f"{wrong} {quoted(given)} is {type(given).__name__}.")
    found = listed(given, "integrations")
    for job in found:
        if isinstance(job, bool) or not isinstance(job, Integral) or job <= 0:
            raise PlanError(f"{wrong} {quoted(job)} is none.")
    return tuple(dict.fromkeys(int(job) for job in found))


def _need_reason(reason: str | None, label: str) -> str:
    found = _clean(reason, "A reason")
    if found is None:
        raise PlanError(f"{label} needs a reason. Choose one from the list (session.reasons(...)) or give your own words.")
    return found


def mark_valid(reason: str, comment: str | None = None, integrations: Iterable[int] = ()) -> Action:
    """Mark as Valid. ``reason``: a listed one (``session.reasons("valid")``) or your own words. ``integrations``: ids of
    integration jobs that receive the leads; each lead gets those that are on its campaign.

    Any lead may be flagged: Convertr documents no rule, only that it is meant for Invalid and Caution ("What the actions do" in
    ``docs/convertr.md``).

    Raises:
        PlanError: no reason is given, something else than text, or integrations that are not ids.
    """
    jobs = _job_ids(integrations)
    return Action(ActionKind.VALID, _need_reason(reason, "Mark as Valid"), comment=_clean(comment), integrations=jobs)


def mark_invalid(reason: str, category: str | None = None, comment: str | None = None) -> Action:
    """Mark as Invalid: not billable to either side. The reason Returned needs a ``category``; no other reason takes one
    (documented, see "What the actions do" in ``docs/convertr.md``). Any lead may be flagged: no rule is documented.

    Raises:
        PlanError: no reason is given, something else than text, or a category that is missing or does not belong there.
    """
    reason = _need_reason(reason, "Mark as Invalid")
    category = _clean(category, "A category")
    returned = reason.lower() == RETURNED.lower()
    if returned and category is None:
        raise PlanError("The reason Returned needs a category. Choose one of session.categories().")
    if not returned and category is not None:
        raise PlanError(f"Only the reason Returned takes a category, not {quoted(reason)}. Leave the category out.")
    return Action(ActionKind.INVALID, reason, category, _clean(comment))


def mark_test(reason: str, comment: str | None = None) -> Action:
    """Mark as Test. ``reason``: a listed one (``session.reasons("test")``) or your own words. Any lead may be flagged: Convertr
    documents no rule.

    Raises:
        PlanError: no reason is given, or something else than text.
    """
    return Action(ActionKind.TEST, _need_reason(reason, "Mark as Test"), comment=_clean(comment))


def mark_delivered() -> Action:
    """Mark as Delivered: billable to the advertiser; sends nothing to an integration. Needs a signature when it is run.

    For leads that are Valid and Not Delivered, as Convertr documents ("What the actions do" in ``docs/convertr.md``); a plan
    leaves the others out as ``not_eligible``.
    """
    return Action(ActionKind.DELIVERED)


def mark_undelivered() -> Action:
    """Mark as Undelivered: not billable to the advertiser. Needs a signature when it is run.

    For leads that are Valid and Delivered, as Convertr documents ("What the actions do" in ``docs/convertr.md``); a plan leaves
    the others out as ``not_eligible``.
    """
    return Action(ActionKind.UNDELIVERED)


def mark_other(reason: str = "Replacement", comment: str | None = None) -> Action:
    """Mark as Other: ``"Replacement"``, or the text ``"None"`` to remove the mark; the status stays. Any lead may be marked:
    Convertr documents no rule.

    Raises:
        PlanError: another reason, or a comment that is not text.
    """
    match = {r.lower(): r for r in OTHER_REASONS}.get(reason.strip().lower()) if isinstance(reason, str) else None
    if match is None:
        raise PlanError(
            f"Mark as Other takes the reasons 'Replacement' and 'None', not {quoted(reason)}. Use one of these texts."
        )
    return Action(ActionKind.OTHER, match, comment=_clean(comment))


def reprocess() -> Action:
    """Reprocess: all jobs run again, and the lead counts as a new one for contracted volumes (documented). Cannot be undone. Any
    lead may be reprocessed: Convertr documents no rule.
    """
    return Action(ActionKind.REPROCESS)


def delete() -> Action:
    """Delete: the lead leaves its campaign and all reports. Cannot be undone; to run it, confirm with the number of leads. Needs
    an account with the right Delete Leads, as Convertr documents ("Who may" in ``docs/convertr.md``).
    """
    return Action(ActionKind.DELETE)


def count_of(number: int) -> str:
    """``"1 lead"``, ``"298 leads"``."""
    return f"{number:,} lead{'' if number == 1 else 's'}"


def make(kind: ActionKind, **fields: Any) -> Action:
    """The action of that kind from what its form asks (``ActionRow.asks``); other fields are left out.

    Raises:
        PlanError: something is missing or cannot be.
    """
    maker: Callable[..., Action] = _MAKERS[kind]
    return maker(**{name: fields[name] for name in ROWS[kind].asks if name in fields})


_MAKERS: dict[ActionKind, Callable[..., Action]] = {
    ActionKind.VALID: mark_valid,
    ActionKind.INVALID: mark_invalid,
    ActionKind.TEST: mark_test,
    ActionKind.DELIVERED: mark_delivered,
    ActionKind.UNDELIVERED: mark_undelivered,
    ActionKind.OTHER: mark_other,
    ActionKind.REPROCESS: reprocess,
    ActionKind.DELETE: delete,
}


def short_name(kind: str) -> str:
    """What an action is called in a list, such as ``Invalid`` or ``Mark as Delivered``; the kind itself where no row has it, as
    in the journal of a newer version.
    """
    row = next((row for row in ROWS.values() if row.kind == kind), None)
    if row is None:
        return kind
    return row.target if row.family is Family.FLAG else row.label


def describe(action: Action, *, looked_up: bool = True) -> str:
    """The action in words, such as ``Invalid, reason Returned / No budget, comment "..."``. ``looked_up``: whether it was seen
    that the service lists its reason, or does not (own words).
    """
    row = ROWS[action.kind]
    words = short_name(action.kind)
    if action.reason:
        own = "" if action.reason_choice or not looked_up or row.family is Family.REPLACEMENT else " (own words)"
        words += f", reason {action.reason}{own}" + (f" / {action.category}" if action.category else "")
    if action.integrations:
        words += f", {len(action.integrations)} integration{'' if len(action.integrations) == 1 else 's'}"
    return words


def button(action: Action, number: int) -> str:
    """What the last button says, such as ``Mark 298 leads as Invalid``."""
    reason = "not a Replacement" if action.reason == "None" else (action.reason or "")
    return ROWS[action.kind].verb.format(n=count_of(number), reason=reason)


def statement(action: Action, number: int) -> str:
    """The sentence that is confirmed or signed."""
    they, are, become, count = ("it", "is", "becomes", "counts") if number == 1 else ("they", "are", "become", "count")
    mark = "set the mark Replacement on" if action.reason == "Replacement" else "take the mark Replacement from"
    return ROWS[action.kind].statement.format(
        n=count_of(number), they=they, are=are, become=become, count=count, mark=mark, described=describe(action)
    )


def then_of(action: Action) -> str:
    """The state that the action leads to, such as ``Invalid · Returned / No budget``."""
    row = ROWS[action.kind]
    replacement = "Replacement" if action.reason == "Replacement" else "no Replacement mark"
    if row.then:
        return row.then.format(replacement=replacement)
    reason = f" · {action.reason}" + (f" / {action.category}" if action.category else "") if action.reason else ""
    return row.target + reason
