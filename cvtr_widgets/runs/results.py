"""The results of a run as a frame. Nothing personal is in it but what the user wrote as a comment."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cvtr_widgets.actions.read_back_proof import Observation
from cvtr_widgets.models import NOT_SENT, HashedText, Lead, LeadId, LeadState, Outcome, Signature
from cvtr_widgets.plans.how_selected import words_of
from cvtr_widgets.plans.plan_entries import job_words
from cvtr_widgets.runs.decide_outcome import BROKE_OFF

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.plans.plan import Plan
    from cvtr_widgets.plans.plan_entries import PlanEntry
    from cvtr_widgets.runs.replay import LeadProgress

RESULT_COLUMNS = (
    "action", "reason", "category", "comment", "integrations", "outcome", "detail",
    "before_status", "after_status", "before_delivery", "after_delivery",
    "campaign_id", "campaign", "publisher", "attempts", "http_status", "started_at", "finished_at", "signed_by",
    "planned_by", "run_by", "how_selected", "policy_exception", "run_id", "chunk",
)  # fmt: skip
WAITS = "not sent yet"
NOT_KEPT = "(not kept)"
"""In the place of a comment that the journal has only as a hash: there was one."""


class GroupFacts(NamedTuple):
    """What holds for all leads of one group of a run. ``jobs``: names of integration jobs by id; None for an action without."""

    action: str
    reason: str | None
    run_id: str
    signed_by: str | None
    category: str | None
    comment: str | None
    jobs: Mapping[int, str] | None
    planned_by: str | None = None
    run_by: str | None = None
    exception: str | None = None
    how_selected: str | None = None


@dataclass(slots=True)
class ResultRow:
    """What became of one lead in a run. Filled in as the run goes on; ``entry`` is the lead in the plan.

    ``names``: campaign and publisher, where only a later reading told them; ``done``: whether it has its outcome.
    """

    entry: PlanEntry
    about: GroupFacts = field(repr=False)
    outcome: Outcome = Outcome.NOT_SENT
    detail: str = WAITS
    after_status: str | None = None
    after_delivery: str | None = None
    names: tuple[str | None, str | None] | None = None
    attempts: int = 0
    http_status: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    chunk: int | None = None
    done: bool = False

    @property
    def lead_id(self) -> LeadId:
        """Which lead."""
        return self.entry.lead_id

    @property
    def observation(self) -> Observation:
        """How the plan saw the lead."""
        return self.entry.before

    def see(self, now: Observation) -> None:
        """Note what was read after the lead was sent, or when it was held back."""
        lead = now.lead
        if lead is None:
            self.after_status = self.after_delivery = None
            return
        self.after_status, self.after_delivery = _text(lead.status), delivery_words(lead, now.delivered)
        before = self.entry.alike.state
        if before is None or not (before.campaign and before.publisher):
            campaign, publisher = self.names or (None, None)
            # The first name told is kept: a campaign that is renamed while the run goes on must not have two names in one frame.
            self.names = (campaign or lead.campaign, publisher or lead.publisher)

    def end(self, why: str) -> None:
        """The run has ended, and this lead has no outcome of its own. ``why``: for those that were not sent."""
        self.done = True
        if self.outcome is not Outcome.NOT_SENT:
            self.detail = BROKE_OFF
        # Sent, and proven not to be applied: not the same as never tried, for whoever looks for the lead in the service's logs.
        elif self.attempts:
            tried = f"status {self.http_status}" if self.http_status else "no answer"
            self.detail = f"{why}; an earlier try was not applied ({tried})"
        else:
            self.detail = why

    def name(self, which: Literal["campaign", "publisher"]) -> str | None:
        """The campaign's or the publisher's name, as first told."""
        lead = self.entry.alike.state
        told = None if lead is None else lead.campaign if which == "campaign" else lead.publisher
        return told or (None if self.names is None else self.names[0 if which == "campaign" else 1])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def delivery_words(lead: Lead | LeadState | None, checked: bool | None) -> str | None:
    """The delivery field, else what the delivery check said."""
    if lead is None:
        return None
    # The field before the check: it is part of the record that was read, while the check is another request, a moment later.
    if lead.delivery is not NOT_SENT and lead.delivery:
        return str(lead.delivery)
    return None if checked is None else "Delivered" if checked else "Not Delivered"


def _sent_to(row: ResultRow) -> str | None:
    """The integration jobs that a lead was sent to; ``none`` where the action asked for some and its campaign has none of them.
    None for what was not sent, and for actions without integrations.
    """
    names = row.about.jobs
    if names is None or not row.attempts:
        return None
    return sys.intern(", ".join([job_words(job, names) for job in row.entry.integrations]) or "none")


def results_frame(rows: Sequence[ResultRow]) -> pd.DataFrame:
    """Results of a run, one row per input lead in the input's order.

    Index ``lead_id`` (int64). Columns: ``action`` (category), ``outcome`` (category: ``contradicted``, ``unknown``, ``refused``,
    ``confirmed``, ``accepted``, ``skipped``, ``not_sent``), ``reason category comment`` (text; a comment of which the journal has
    only the hash is ``(not kept)``), ``integrations`` (text: the jobs that the lead was sent to, such as ``CRM (535)``, by the id
    alone where no name is known; or ``none``), ``detail`` (text: the service's words, or why it ended so),
    ``before_status after_status before_delivery after_delivery`` (text), ``campaign_id`` (Int64),
    ``campaign publisher`` (text), ``attempts`` (int64: how often it was sent), ``http_status`` (Int64),
    ``started_at finished_at`` (UTC), ``signed_by`` (text: the printed name; missing for leads that were not to be sent),
    ``planned_by run_by`` (text: the logins that made and ran the plan, such as ``user:7``; they differ where it was opened from a
    file), ``how_selected`` (text, as in the plan's frame; missing where that is not known), ``policy_exception`` (text: by whom
    and why, for leads that an exception from the policy let through), ``run_id`` (text), ``chunk`` (Int64: its number).
    """
    import pandas as pd

    def col(name: str) -> list[Any]:
        return [getattr(r, name) for r in rows]

    def about(name: str) -> list[Any]:
        return [getattr(r.about, name) for r in rows]

    def before(name: str) -> list[Any]:
        return [None if (lead := r.entry.alike.state) is None else getattr(lead, name) for r in rows]

    outcomes = [str(o) for o in Outcome]
    data: dict[str, Any] = {
        "action": pd.Categorical(about("action")),
        "reason": pd.Series(about("reason"), dtype="object"),
        "category": pd.Series(about("category"), dtype="object"),
        "comment": pd.Series(about("comment"), dtype="object"),
        "integrations": pd.Series([_sent_to(r) for r in rows], dtype="object"),
        "outcome": pd.Categorical([str(r.outcome) for r in rows], categories=outcomes, ordered=False),
        "detail": pd.Series(col("detail"), dtype="object"),
        "before_status": pd.Series([_text(v) for v in before("status")], dtype="object"),
        "after_status": pd.Series(col("after_status"), dtype="object"),
        "before_delivery": pd.Series(
            [delivery_words(r.entry.alike.state, r.entry.alike.delivered) for r in rows], dtype="object"
        ),
        "after_delivery": pd.Series(col("after_delivery"), dtype="object"),
        "campaign_id": pd.array(before("campaign_id"), dtype="Int64"),
        "campaign": pd.Series([r.name("campaign") for r in rows], dtype="object"),
        "publisher": pd.Series([r.name("publisher") for r in rows], dtype="object"),
        "attempts": pd.Series(col("attempts"), dtype="int64"),
        "http_status": pd.array(col("http_status"), dtype="Int64"),
        "started_at": pd.to_datetime(pd.Series(col("started_at"), dtype="object"), utc=True).dt.as_unit("us"),
        "finished_at": pd.to_datetime(pd.Series(col("finished_at"), dtype="object"), utc=True).dt.as_unit("us"),
        "signed_by": pd.Series(about("signed_by"), dtype="object"),
        "planned_by": pd.Series(about("planned_by"), dtype="object"),
        "run_by": pd.Series(about("run_by"), dtype="object"),
        "how_selected": pd.Series(about("how_selected"), dtype="object"),
        "policy_exception": pd.Series(about("exception"), dtype="object"),
        "run_id": pd.Series(about("run_id"), dtype="object"),
        "chunk": pd.array(col("chunk"), dtype="Int64"),
    }
    frame = pd.DataFrame(data, columns=list(RESULT_COLUMNS))
    frame.index = pd.Index([r.lead_id for r in rows], dtype="int64", name="lead_id")
    return frame


def rows_of(
    plan: Plan, run_id: str, signature: Signature | None, fates: Mapping[LeadId, LeadProgress]
) -> dict[LeadId, ResultRow]:
    """A row for each lead of a plan, in its order; with what the journal knows of it, where it does."""
    signed_by = signature.name if signature else None
    run_by = plan.account or (None if plan.user_id is None else f"user:{plan.user_id}")
    planned_by = run_by if plan.provenance is None else plan.provenance.account
    sent = [
        GroupFacts(
            str(action.kind), action.reason, run_id, signed_by, action.category,
            NOT_KEPT if isinstance(action.comment, HashedText) else action.comment,
            plan.integration_names if action.integrations else None,
            planned_by, run_by,
        )
        for action, _ in plan.groups
    ]  # fmt: skip
    skipped = [about._replace(signed_by=None) for about in sent]
    made = plan.exception
    words, by_exception = ("", frozenset[int]()) if made is None else (f"{made.name}: {made.reason}", frozenset(made.leads))
    excepted = [about._replace(exception=words) for about in sent]
    known: dict[tuple[int, str | None], GroupFacts] = {}

    def with_how(about: GroupFacts, how: str | None) -> GroupFacts:
        found = known.get((id(about), how))
        if found is None:
            found = known[id(about), how] = about._replace(how_selected=how)
        return found

    rows: dict[LeadId, ResultRow] = {}
    sendable = {entry.lead_id for entry in plan.sendable}
    for entry, how in zip(plan.entries, words_of(plan.how_selected, plan.total), strict=True):
        wanted_id = entry.lead_id
        if wanted_id in sendable:
            about = with_how((excepted if wanted_id in by_exception else sent)[entry.group], how)
            row = rows[wanted_id] = ResultRow(entry, about)
            if fates:
                _take_fate(row, fates.get(wanted_id))
        else:
            verdict = entry.verdict.label
            detail = sys.intern(f"{verdict}: {entry.why}" if entry.why else verdict)
            rows[wanted_id] = ResultRow(entry, with_how(skipped[entry.group], how), Outcome.SKIPPED, detail)
    return rows


def _take_fate(row: ResultRow, fate: LeadProgress | None) -> None:
    if fate is None:
        return
    row.attempts, row.chunk, row.http_status, row.started_at = fate.attempts, fate.chunk, fate.http_status, fate.started_at
    if fate.stage == "settled":
        row.outcome, row.detail, row.finished_at = fate.outcome, fate.detail, fate.finished_at
        row.after_status, row.after_delivery, row.done = fate.status, fate.delivery, True
    elif fate.stage != "not_sent":
        row.outcome, row.detail = Outcome.UNKNOWN, f"in doubt: {fate.so_far}; not read back yet"
