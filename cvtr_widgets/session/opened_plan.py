"""A plan that somebody else made and saved: every lead read again, what is different shown, and a new plan of this account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cvtr_widgets.actions.catalogue import DELIVERIES
from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked
from cvtr_widgets.errors import PlanOutOfDate
from cvtr_widgets.models import Action, Identity, Lead, LeadId, Provenance, Verdict
from cvtr_widgets.plans import plan_file
from cvtr_widgets.plans.make_plan import make_plan, read_leads, resolve
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import PlanEntry, differences, job_words
from cvtr_widgets.plans.plan_file import PlanFile
from cvtr_widgets.plans.plan_file_writer import Remark
from cvtr_widgets.plans.policy_exception import excepted
from cvtr_widgets.plans.policy_per_lead import NEVER, POLICY
from cvtr_widgets.plans.read_age import JournalPlace
from cvtr_widgets.session.lead_loader import PlanLists
from cvtr_widgets.session.policy_check import PolicyCheck

if TYPE_CHECKING:
    import pandas as pd

HELD = "it has changed since the plan was saved"
BY_POLICY = "because of the policy, its "


@dataclass(frozen=True, slots=True)
class Difference:
    """A lead that is not as it was when the plan was saved: ``what`` is different, and both readings in words."""

    lead_id: LeadId
    action: str
    what: str = field(repr=False)
    saved_verdict: str = ""
    verdict: str = ""
    saved_now: str = field(default="", repr=False)
    now: str = field(default="", repr=False)
    held_back: bool = True


@dataclass(frozen=True)
class OpenedPlan:
    """A plan file as this account sees it. ``plan`` is a new plan of this account, made of leads read just now: look at it, sign
    it and run it as any plan. Leads that are not as they were when it was saved are in ``differences``.

    ``provenance``: who made it (by login), when and why. ``remarks``: with which it was sent back, oldest first; such a plan can
    be looked at and is not run. ``notes``: sentences that whoever signs should read.
    """

    plan: Plan
    provenance: Provenance
    remarks: tuple[Remark, ...]
    notes: tuple[str, ...]
    changed: tuple[Difference, ...] = field(repr=False)
    _file: PlanFile = field(repr=False)
    _identity: Identity = field(repr=False)

    def __repr__(self) -> str:
        back = ", sent back" if self.remarks else ""
        return f"<OpenedPlan {self.plan.short} made by {self.provenance.account}{back}: {len(self.changed):,} leads differ>"

    @property
    def differences(self) -> pd.DataFrame:
        """One row a lead that is not as it was when the plan was saved; index ``lead_id`` (int64), in the plan's order.

        Columns: ``action`` (text), ``difference`` (text: what has changed, from what to what; comments without their words),
        ``saved_verdict verdict`` (text: then and now), ``saved_now now`` (text: the lead's state in words, then and now),
        ``held_back`` (bool: it is not sent, because it has changed). Empty where every lead is as it was.
        """
        import pandas as pd

        names = {
            "action": "action", "difference": "what", "saved_verdict": "saved_verdict", "verdict": "verdict",
            "saved_now": "saved_now", "now": "now",
        }  # fmt: skip
        data = {name: pd.Series([getattr(d, of) for d in self.changed], dtype="object") for name, of in names.items()}
        frame = pd.DataFrame(data)
        frame["held_back"] = pd.Series([d.held_back for d in self.changed], dtype="bool")
        frame.index = pd.Index([d.lead_id for d in self.changed], dtype="int64", name="lead_id")
        return frame

    @checked
    def send_back(self, path: str | Path, remark: str, *, overwrite: bool = False) -> Path:
        """Write the plan as its maker saved it, with your remark (and who you are, by login): it is not to be run as it is.

        Raises:
            PlanError: the remark is empty. ExportError: the file cannot be written, or is there already.
        """
        return plan_file.sent_back(self._file, Path(path), remark, self._identity, overwrite=overwrite)

    def with_remark(self, remark: str) -> bytes:
        """The content of what ``send_back`` writes.

        Raises:
            PlanError: the remark is empty.
        """
        return plan_file.with_remark(self._file, remark, self._identity)


def open_plan(
    client: Convertr,
    held: PlanFile,
    check: PolicyCheck,
    *,
    include_changed: bool,
    place: JournalPlace | None,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> OpenedPlan:
    """A plan file that was read, as this account sees it."""
    saved, mine = held.plan, client.identity
    _must_be_here(saved, mine)
    lists, rules = PlanLists(client), check.rules((action for action, _ in saved.groups), cancelled=cancelled)
    for action, _ in saved.groups:
        _must_be_listed(action, lists)
    ids = [e.lead_id for e in saved.entries]
    deliveries = [e.lead_id for e in saved.entries if saved.groups[e.group][0].kind in DELIVERIES]
    reading = read_leads(client, ids, deliveries, place=place, on_progress=on_progress, cancelled=cancelled)
    notes = list(_notes(client, held))
    same_view = saved.masked == mine.masked

    def made_now(stays: dict[LeadId, str]) -> Plan:
        made = make_plan(
            client, lists, saved.groups, reading=reading, include_cannot_tell=saved.include_cannot_tell, notes=notes,
            held=stays, provenance=held.provenance, rules=rules, undoes=saved.undoes, how_selected=saved.how_selected,
            cancelled=cancelled,
        )  # fmt: skip
        return made if saved.exception is None else excepted(made, saved.exception, rules, client)

    # Twice, if something has changed: the first plan finds the differences, the second holds those leads back.
    plan = made_now({})
    found = _differences(saved, plan, same_view=same_view)
    # What only the policy forbids is said as such, not as a change of the lead.
    changes = {lead: f"{HELD}: {what}" for lead, what in found.items() if not what.startswith(BY_POLICY)}
    stays = {} if include_changed else changes
    if stays:  # what is held back leaves room under a cap to others
        plan = made_now(stays)
        by_policy = {
            lead: what for lead, what in _differences(saved, plan, same_view=same_view).items() if what.startswith(BY_POLICY)
        }
        found = {i: what for i in ids if (what := found[i] if i in changes else by_policy.get(i, ""))}
    sent = {e.lead_id for e in plan.sendable}
    before, now = ({e.lead_id: e for e in entries} for entries in (saved.entries, plan.entries))
    changed = tuple(
        Difference(
            lead, str(saved.groups[before[lead].group][0].kind), what, str(before[lead].verdict), str(now[lead].verdict),
            before[lead].now, now[lead].now, held_back=lead not in sent,
        )
        for lead, what in found.items()
    )  # fmt: skip
    return OpenedPlan(plan, held.provenance, held.remarks, tuple(notes), changed, held, mine)


def _must_be_here(saved: Plan, mine: Identity) -> None:
    """Refuse the plan of another platform: its ids are those of other leads."""
    names = ("enterprise", "origin", "sandbox", "world")
    if any(getattr(saved, name) != getattr(mine, name) for name in names):
        where = saved.origin or saved.enterprise
        raise PlanOutOfDate(
            f"This plan was made at {where}, and this session is at {mine.origin or mine.enterprise}: its lead ids would "
            "mean other leads here. Connect there, and open it again."
        )


def _must_be_listed(action: Action, lists: PlanLists) -> None:
    """Refuse an action whose words would now be sent as something else."""
    now, _ = resolve(action, lists)
    if now != action:
        raise PlanOutOfDate(
            f"The service's list of reasons has changed since the plan was saved: {action.reason!r} would be sent as "
            "something else now. Have the plan made again."
        )


def _notes(client: Convertr, held: PlanFile) -> list[str]:
    made = held.provenance
    said = [f"Made by {made.account} at {made.saved_at:%Y-%m-%d %H:%M} UTC: {made.why}"]
    said += [f"Sent back by {one.account} at {one.at:%Y-%m-%d %H:%M} UTC: {one.text}" for one in held.remarks]
    if held.plan.dialect_hash != client.dialect_hash:
        said.append("The dialect here differs from the plan maker's: this session sends what its own dialect says.")
    if held.plan.masked != client.identity.masked:
        said.append(
            "You and the plan's maker do not see the same personal data, so the persons behind the leads were not compared."
        )
    return said


def _differences(saved: Plan, now: Plan, *, same_view: bool) -> dict[LeadId, str]:
    """What has changed of each lead, in words."""
    found: dict[LeadId, str] = {}
    for old, new in zip(saved.entries, now.entries, strict=True):
        before, after = old.before, new.before
        if not same_view:
            # One of the two accounts sees names shortened, so the same person would look like another.
            before, after = _unmarked(before), _unmarked(after)
        changed = differences(before, after)
        if old.integrations != new.integrations:
            changed.append(f"integrations changed from {_jobs(saved, old)} to {_jobs(now, new)}")
        if old.verdict is not new.verdict:
            by_policy = not changed and new.verdict is Verdict.NOT_ALLOWED and new.why.startswith((POLICY, NEVER))
            changed.append(
                f"{BY_POLICY if by_policy else ''}verdict changed from {old.verdict.label} to {new.verdict.label}"
                + (f" ({new.why})" if new.why else "")
            )
        if changed:
            found[old.lead_id] = "; ".join(changed)
    return found


def _unmarked(observation: Observation) -> Observation:
    """Without the mark of the person."""
    lead = observation.lead
    return observation if lead is None else observation._replace(lead=Lead(lead.id, lead.state))


def _jobs(plan: Plan, entry: PlanEntry) -> str:
    return ", ".join(job_words(job, plan.integration_names) for job in entry.integrations) or "none"
