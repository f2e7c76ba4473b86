"""The canary: the first write of an action at a live enterprise goes to one lead only, and is read back, before the rest goes.

Nobody has documented the bodies of the writing calls. So each is proven where it is used: one lead, the exact request shown,
the lead read before and after, and some of the other leads too, which must not have moved. What was proven is noted in the
user's dialect file with day, address and account.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.catalogue import ROWS, Family, family_of
from cvtr_widgets.actions.read_back_proof import Observation, read_back
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.lead_service import write_gate_of
from cvtr_widgets.arguments import shown
from cvtr_widgets.dialect.writing import mark_proven
from cvtr_widgets.errors import CvtrError, LiveWritesRefused, PlanError
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.models import NOT_SENT, Action, Lead, LeadId, Outcome, Signature
from cvtr_widgets.plans.fingerprint import fingerprint_of
from cvtr_widgets.plans.how_selected import runs_of, words_of
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import BEFORE, PlanEntry, differences

if TYPE_CHECKING:
    from cvtr_widgets.runs.run import Run

BYSTANDERS = 50
"""Other leads of the plan that are read after the canary: none of them may have changed."""
YOUR_NAME = "(your printed name)"
"""Stands for the signature in a request that is shown before it was given."""


@dataclass(frozen=True)
class CanaryReport:
    """One lead's first write, before it is sent (``sent`` False) or after.

    ``plan`` is the plan for that one lead (it is what a signature signs), ``rest`` the plan for all others. ``request`` is
    the exact request without the token; ``before`` and ``after`` what can be read of the lead (nothing personal);
    ``entries`` the dialect's entries that are not proven; ``asks`` sentences to be answered with yes before it is sent.
    ``ok``: the lead is as intended and no bystander moved; ``differs``: what is not so. ``also`` lists fields of the lead
    that changed besides. ``file`` is where the proof was written; ``advice`` says what to do next.
    """

    plan: Plan
    rest: Plan
    action: Action
    lead_id: LeadId
    request: str
    entries: tuple[str, ...]
    asks: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any] | None = None
    sent: bool = False
    ok: bool = False
    outcome: Outcome | None = None
    differs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    file: Path | None = None
    advice: str = ""
    run: Run | None = None

    def __repr__(self) -> str:
        state = "not sent yet" if not self.sent else "as intended" if self.ok else "NOT as intended"
        return f"<CanaryReport lead {self.lead_id}, {catalogue.describe(self.action).partition(', ')[0]}: {state}>"

    @property
    def text(self) -> str:
        """The report in words, for a page or a terminal."""
        lines = [f"First write of this action here: to lead {self.lead_id} only.", *self.asks, "", self.request, ""]
        if not self.sent:
            return "\n".join([*lines, self.advice])
        shown = [
            f"  {name.replace('_', ' ')}: {self.before.get(name)} -> {(self.after or {}).get(name)}"
            for name in self.before
            if self.before.get(name) != (self.after or {}).get(name)
        ]
        said = ["The lead is as intended."] if self.ok else ["The lead is NOT as intended:", *(f"  {d}" for d in self.differs)]
        return "\n".join([*lines, *said, *(["Changed:", *shown] if shown else ["Nothing about it changed."]), self.advice])


def plan_actions(plan: Plan) -> list[Action]:
    """The different actions that a plan would send."""
    different = {(e.group, e.integrations): e for e in plan.sendable}
    return list(dict.fromkeys(plan.action(e) for e in different.values()))


def unproven(client: Convertr, plan: Plan) -> tuple[str, ...]:
    """Entries of the dialect that a plan rests on and that no run of this account has proven at this address."""
    return tuple(dict.fromkeys(name for action in plan_actions(plan) for name in client.unproven(action)))


def request_shown(client: Convertr, one: Plan, signature: str | Signature | None = None) -> str:
    """The exact request of a plan for one lead, without the token: with the signature, or with a place held for it."""
    entry = one.entries[0]
    action = one.action(entry)
    signed: Signature | None = None
    if isinstance(signature, Signature):
        signed = signature
    elif one.needs_signature:
        name = " ".join(signature.split()) if isinstance(signature, str) else ""
        signed = Signature(name or YOUR_NAME, one.statement, datetime.now(client.zone), one.fingerprint)
    return client.preview(action, [entry.lead_id], signed)


def propose(
    client: Convertr, plan: Plan, lead_id: LeadId | None = None, signature: str | Signature | None = None
) -> CanaryReport:
    """The canary of a plan's first unproven action, not sent. ``signature``: the name that the request is shown with.

    Raises:
        PlanError: every action of the plan is proven, or that lead is not one that the plan sends.
    """
    waiting = [e for e in plan.sendable if client.unproven(plan.action(e))]
    if lead_id is not None:
        # True is an int to Python, and True == 1 would choose lead 1.
        waiting = [e for e in waiting if type(lead_id) is not bool and isinstance(lead_id, int) and e.lead_id == lead_id]
    if not waiting:
        what = (
            "no action of it needs proving"
            if lead_id is None
            else f"lead {shown(lead_id, 40)} is not one that this plan would send unproven"
        )
        raise PlanError(f"This plan has no canary: {what}. Run the plan itself.")
    group = waiting[0].group
    # The lead with the most integrations proves the most.
    chosen = max((e for e in waiting if e.group == group), key=lambda e: len(e.integrations))
    action = plan.action(chosen)
    one, rest = _parted(plan, chosen)
    asks = [one.statement]
    if asked := ROWS[action.kind].first_write:
        asks.append(asked)
    if action.integrations:
        asks.append("The ticked integrations really receive this lead, and what they received cannot be taken back.")
    return CanaryReport(
        plan=one, rest=rest, action=action, lead_id=chosen.lead_id, request=request_shown(client, one, signature),
        entries=client.unproven(action), asks=tuple(asks), before=readable(chosen.before),
        advice=f"Nothing has been sent. To send it: session.canary(plan, confirm={1 if one.needs_count else True}).",
    )  # fmt: skip


def _parted(plan: Plan, chosen: PlanEntry) -> tuple[Plan, Plan]:
    def only(keep: Callable[[PlanEntry], bool]) -> Plan:
        entries = tuple(e for e in plan.entries if keep(e))
        how = [word or "" for e, word in zip(plan.entries, words_of(plan.how_selected, plan.total), strict=True) if keep(e)]
        left = {e.lead_id for e in entries}
        groups = tuple((action, tuple(i for i in ids if i in left)) for action, ids in plan.groups)
        part = dataclasses.replace(
            plan, groups=groups, entries=entries, how_selected=runs_of(how), made_at=datetime.now(UTC)
        )  # fmt: skip
        return dataclasses.replace(part, fingerprint=fingerprint_of(part))

    return only(lambda e: e is chosen), only(lambda e: e is not chosen)


def readable(observation: Observation) -> dict[str, Any]:
    """What can be read of a lead, as plain values; the text of comments is not repeated."""
    lead = observation.lead
    if lead is None:
        return {"found": False}
    values: dict[str, Any] = {"found": True, "delivery check": observation.delivered}
    for name in BEFORE:
        value = getattr(lead, name)
        if value is NOT_SENT:
            continue
        values[name] = "(a text)" if name.endswith("comment") and value else value
    return values


def send(
    client: Convertr,
    report: CanaryReport,
    start: Callable[[Plan, bool | int, str | Signature | None], Run],
    *,
    confirm: bool | int,
    signature: str | Signature | None,
    journal: Journal,
) -> CanaryReport:
    """Send a proposed canary, read back, judge, and write down what was proven.

    ``start`` runs a plan that may only go to that lead.

    Raises:
        as ``session.start``; ServiceError where the other leads cannot be read before: nothing was sent then.
    """
    # Some other leads of the plan are read before and after: a request that is misunderstood may reach more leads than the one
    # named, or another one.
    others = _bystanders(client, report.rest)
    # The gate opens for this one action on this one lead, and closes whatever happens.
    write_gate_of(client).one_lead(report.action, report.lead_id)
    try:
        run = start(report.plan, confirm, signature)
        run.wait()
    finally:
        write_gate_of(client).no_lead()
    row = run.results.loc[report.lead_id]
    outcome, attempts = Outcome(str(row["outcome"])), int(str(row["attempts"]))
    before = report.plan.entries[0].before
    after, unread = _now(client, report)
    # Confirmed is not enough: the answer must have been understood, and nobody else may have changed.
    differs = [] if outcome is Outcome.CONFIRMED else [f"{outcome}: {row['detail']}"]
    if outcome not in {Outcome.NOT_SENT, Outcome.SKIPPED}:
        differs += unread + _misheard(journal, run.id, report.lead_id) + _moved(client, others)
    ok = not differs
    file, trouble = _written(client, report.action, before, after) if ok else (None, "")
    journal.write(run.id, "canary", {"ok": ok, "lead": report.lead_id, "entries": list(report.entries)})
    return dataclasses.replace(
        report, sent=outcome is not Outcome.SKIPPED and attempts > 0, ok=ok, outcome=outcome, differs=tuple(differs),
        after=readable(after), before=readable(before), also=tuple(differences(before, after)), file=file, run=run,
        advice=_advice(report, ok=ok, file=file, trouble=trouble), request=request_shown(client, report.plan, run.signature),
    )  # fmt: skip


def _advice(report: CanaryReport, *, ok: bool, file: Path | None, trouble: str) -> str:
    if ok:
        kept = f"Noted as proven in {file}." if file else f"Proven for this session. {trouble}".strip()
        left = report.rest.will_change
        return f"{kept} The other {catalogue.count_of(left)} can go now: session.run(report.rest, ...)." if left else kept
    way = ROWS[report.action.kind].undone_by
    return (
        "The rest was not sent. Look at this lead on the platform; it can be put right by hand"
        + (f" ({way})" if way != "nothing" else "")
        + ". Then teach cvtr_widgets how your service takes this action: cvtr-widgets learn (see docs/connect.md)."
    )


def _now(client: Convertr, report: CanaryReport) -> tuple[Observation, list[str]]:
    """The lead as it is now, and what kept it from being read."""
    wanted_id = report.lead_id
    try:
        lead = client.fetch([wanted_id]).get(wanted_id)
        asked = family_of(report.action) is Family.DELIVERY and lead is not None
        return Observation(lead, client.is_delivered([wanted_id]).get(wanted_id) if asked else None), []
    except CvtrError as error:
        return Observation(None), [f"the lead could not be read afterwards: {error}"]


def _misheard(journal: Journal, run_id: str, lead_id: LeadId) -> list[str]:
    """Whether the answer was not a clear yes: then the answer's entries are wrong, even where the lead is as intended."""
    heard = [e.data for e in journal.each(run_id, kinds=("answer",))]
    if not heard or heard[-1].get("then") != "TAKE":
        return ["the answer was not understood as a yes"]
    if lead_id in [*heard[-1].get("no", ()), *heard[-1].get("nothing", ())]:
        return ["the answer's word for this lead was not understood as a yes"]
    return []


def _bystanders(client: Convertr, rest: Plan) -> dict[LeadId, Lead]:
    """Other leads of the plan as they are just before the canary is sent."""
    return client.fetch([e.lead_id for e in rest.sendable][:BYSTANDERS])


def _moved(client: Convertr, before: Mapping[LeadId, Lead]) -> list[str]:
    """Other leads that are not as they were: the request may have been understood as being about them, too."""
    if not before:
        return []
    try:
        now = client.fetch(list(before))
    except CvtrError as error:
        return [f"the other leads could not be read afterwards: {error}"]
    moved = [lead_id for lead_id, lead in before.items() if differences(Observation(lead), Observation(now.get(lead_id)))]
    if not moved:
        return []
    named = ", ".join(str(i) for i in moved[:5])
    return [f"{catalogue.count_of(len(moved))} to which nothing was sent changed at the same time, such as {named}"]


def _written(client: Convertr, action: Action, before: Observation, after: Observation) -> tuple[Path | None, str]:
    """Note what the canary has shown, in this session and in the user's dialect file."""
    kinds = shown_by(client, action, before, after)
    write_gate_of(client).proven(kinds)
    enterprise = client.identity.enterprise
    path = client.dialect.source or settings.dialect_file(enterprise, client.identity.origin)
    try:
        mark_proven(path, client.dialect, kinds, enterprise, write_gate_of(client).where, datetime.now(client.zone).date())
    except CvtrError as error:
        return None, f"It could not be noted for later: {error}"
    return path, ""


# What must have been read back for a place in the body, or a word, to count as verified; by the last part of its name.
_SEEN_IN = {
    "flag": "status", "listed_reason": "reason", "own_reason": "reason", "category": "category", "comment": "comment",
}  # fmt: skip
_NEVER_SEEN = {"signature", "integrations", "confirmation", "fixed", "queue", "many"}
"""What no reading of the lead shows: it went out with a request that did what was intended, and that is all that is known."""


def shown_by(client: Convertr, action: Action, before: Observation, after: Observation) -> dict[str, str]:
    """Entry -> ``verified`` where it was read back, ``sent`` where nothing that can be read shows it."""
    seen = read_back(action, before, after)
    kinds: dict[str, str] = {}
    for name in client.entries_used(action):
        part = name.rsplit(".", 1)[-1]
        field = _SEEN_IN.get(part) if ".body." in name else None
        if family_of(action) is Family.REPLACEMENT and ".body." in name:
            field = {"reason": "replacement", "comment": "replacement_comment"}.get(part)
        unseen = part in _NEVER_SEEN or (field is not None and field not in seen)
        kinds[name] = "sent" if unseen else "verified"
    kinds |= dict.fromkeys(client.dialect.evidence_of(_read_entries(action, seen, after)), "verified")
    # What was read back here before stays so.
    return kinds | dict.fromkeys(write_gate_of(client).verified(kinds), "verified")


def _read_entries(action: Action, seen: set[str], after: Observation) -> list[str]:
    """The entries by which the lead was read, and which this run has shown to be right."""
    names = ["fields.id", *(f"fields.{name}" for name in sorted(seen))]
    if family_of(action) is Family.DELIVERY and after.delivered is not None:
        names += ["calls.is_delivered.path", "calls.is_delivered.body.leads", "calls.is_delivered.answer"]
    elif family_of(action) is Family.PROCESSING:
        names += ["fields.processing_counter", "fields.processr_status", "processr.at_rest"]
    return names


def must_be_proven(client: Convertr, plan: Plan, *, canary: bool) -> tuple[str, ...]:
    """Refuse a plan that rests on unproven entries, or (``canary`` False) let it through and give those entries.

    Raises:
        LiveWritesRefused: it rests on unproven entries and ``canary`` is not switched off.
    """
    from cvtr_widgets.api.write_gate import refusal

    entries = unproven(client, plan)
    if entries and canary:
        raise LiveWritesRefused(refusal(client.identity.enterprise, entries))
    write_gate_of(client).waive(entries)
    return entries
