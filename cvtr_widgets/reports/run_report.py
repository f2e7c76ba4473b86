"""The content of a run's report: sentences, facts and frames. ``html`` and ``excel`` only lay it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal

from cvtr_widgets.actions.catalogue import ROWS, Family, count_of, family_of
from cvtr_widgets.frames.masking import shortener
from cvtr_widgets.insight.run_effect import notable_detail, run_effect, state_words, why_not
from cvtr_widgets.models import FAILED_OUTCOMES, HashedText, Outcome, Verdict
from cvtr_widgets.plans.plan_entries import job_words
from cvtr_widgets.reports.expected_money import DONE, expected_money, money_notes
from cvtr_widgets.reports.run_facts import RunFacts

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.insight.finding import Findings
    from cvtr_widgets.plans.plan import Plan

Level = Literal["well", "partly", "alarm"]
UNSETTLED = "On its way when this report was made: being sent, not read back yet, or without a reliable answer."
MEANINGS = {
    Outcome.CONTRADICTED: "The service said yes, and reading says otherwise. Look at these first.",
    Outcome.UNKNOWN: "Sent, but it is not known yet what became of them. Check again before you repeat anything.",
    Outcome.REFUSED: "The service said no.",
    Outcome.CONFIRMED: "Sent, and confirmed when read back.",
    Outcome.ACCEPTED: "The service said yes; nothing that was read proves it.",
    Outcome.SKIPPED: "Not sent: left out by a rule, or already set.",
    Outcome.NOT_SENT: "Not sent.",
}
ATTENTION = tuple(map(str, FAILED_OUTCOMES))
LEAD_COLUMNS = ("campaign_id", "publisher", "integrations", "detail")
NOT_READ = "(not read)"
UNSOUGHT = "Nothing was checked, because no leads were given to this report."


@dataclass(frozen=True)
class RunReport:
    """What a report says. ``sandbox``: nothing in the run was real. ``sentences`` say what must not be overlooked, worst first.
    ``facts`` and ``checks`` are pairs of name and text. ``findings`` is None where nothing was looked for; ``findings_of`` says
    in which leads, or why not; ``statuses``: before and after, a row a lead;
    ``people``: the leads that need a look with what is personal, None where that was not asked for.
    """

    run_id: str
    sandbox: bool
    level: Level
    headline: str
    sentences: tuple[str, ...]
    statement: str
    facts: tuple[tuple[str, str], ...]
    checks: tuple[tuple[str, str], ...]
    actions: pd.DataFrame
    outcomes: pd.DataFrame
    changes: pd.DataFrame
    proofs: pd.DataFrame
    left_alone: pd.DataFrame
    money: pd.DataFrame
    money_notes: tuple[str, ...]
    integrations: pd.DataFrame
    findings: pd.DataFrame | None
    findings_of: str
    people: pd.DataFrame | None
    leads: pd.DataFrame
    statuses: pd.DataFrame
    zone: tzinfo


def run_report(
    told: RunFacts,
    *,
    zone: tzinfo,
    found: Findings | None = None,
    found_in: str = "",
    leads: pd.DataFrame | None = None,
    personal: bool = False,
) -> RunReport:
    """The report of a run. ``found``: findings to show, and ``found_in`` a sentence on the leads that they are of, or why there
    are none; ``leads``: with ``personal``, whose names and addresses to show.
    """
    plan, results = told.plan, told.results
    counts = {str(o): int(n) for o, n in results["outcome"].value_counts().items()}
    changes = run_effect(results)
    for name in ("before", "after"):
        changes[name] = changes[name].replace("", NOT_READ)
    outcomes = dict(zip(results.index.tolist(), results["outcome"].astype(str).tolist(), strict=True))
    table = _alarms_first(_lead_table(results, leads, personal=personal))
    level, headline = _headline(told, counts)
    return RunReport(
        run_id=told.run_id, sandbox=plan.sandbox, level=level, headline=headline, sentences=_sentences(told, counts),
        statement=plan.statement, facts=_facts(told, zone), checks=_checks(told),
        actions=_actions(told, personal=personal), outcomes=_outcomes(counts, finished=told.finished), changes=changes,
        proofs=_proofs(results), left_alone=why_not(results), money=expected_money(plan, outcomes), money_notes=money_notes(plan),
        integrations=_integrations(plan, results), findings=None if found is None else found.frame,
        findings_of=found_in or (UNSOUGHT if found is None else ""),
        leads=table,
        people=table[table["outcome"].isin(ATTENTION)] if personal else None,
        statuses=results[["before_status", "after_status"]], zone=zone,
    )  # fmt: skip


def at_zone(moment: datetime, zone: tzinfo) -> str:
    """A time with its offset: ``2026-11-27 21:31:10+01:00``."""
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds")


# -- what must not be overlooked ------------------------------------------------------------------------------------------


def _headline(told: RunFacts, counts: dict[str, int]) -> tuple[Level, str]:
    """The state of the run in one sentence, worst first."""
    if told.problems:
        return "alarm", "The journal is not intact, so what this report says may not be true."
    if counts.get("contradicted"):
        return "alarm", f"For {count_of(counts['contradicted'])} the service said yes, and reading says otherwise."
    if not told.finished:
        return "alarm", "This run has not ended. The report shows how far it was when the report was made."
    if counts.get("unknown"):
        return "alarm", f"For {count_of(counts['unknown'])} it is not known what became of them."
    if counts.get("not_sent") or told.state == "failed":
        broke = "The run broke off" if told.state == "failed" else "The run was ended early"
        return "partly", f"{broke}: {count_of(counts.get('not_sent', 0))} not sent."
    if counts.get("refused"):
        return "partly", f"The service refused {count_of(counts['refused'])}."
    if counts.get("skipped", 0) > told.plan.counts[str(Verdict.ALREADY_SO)]:
        return "partly", "Some leads were left out by a rule; all others are settled."
    if counts.get("accepted"):
        return "well", "Every lead is settled; for some, only the service's own yes is known."
    return "well", "Every lead is settled, and was read back or was already set."


def _sentences(told: RunFacts, counts: dict[str, int]) -> tuple[str, ...]:
    said = [f"Journal: {problem}." for problem in told.problems] + list(told.unsettled)
    if not told.finished:
        said.append("Make the report again once the run has ended.")
    said += [
        f"{count_of(counts[str(outcome)])} {_word(outcome, finished=told.finished)}: {_meaning(outcome, finished=told.finished)}"
        for outcome in FAILED_OUTCOMES
        if counts.get(str(outcome))
    ]
    if told.verify != "all":
        said.append(f"Not every lead was read back, as you chose (verify={told.verify}).")
    if any(action.integrations for action, _ in told.plan.by_group):
        said.append("What the integrations received cannot be read.")
    return tuple(said)


# -- facts ----------------------------------------------------------------------------------------------------------------


def _facts(told: RunFacts, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """Who, where, when."""
    plan, results = told.plan, told.results
    first, last = results["started_at"].min(), results["finished_at"].max()
    runner = plan.account or (f"user:{plan.user_id}" if plan.user_id is not None else "not noted")
    facts = [
        ("Enterprise", plan.enterprise + (f" ({plan.origin})" if plan.origin else "")),
        ("Run by", runner),
        ("Planned by", runner if plan.provenance is None else plan.provenance.account),
    ]
    if plan.provenance is not None:
        facts.append(("Plan saved", at_zone(plan.provenance.saved_at, zone)))
    if plan.rule:
        facts.append(("Rule", plan.rule))
    signed = told.signature
    facts += [
        ("Signed by", "nobody" if signed is None else signed.name),
        *([] if signed is None else [("Signed", at_zone(signed.signed_at, zone)), ("Signed under", signed.meaning)]),
        ("Leads read for the plan", at_zone(plan.read_at, zone)),
        ("Run begun", at_zone(told.begun, zone)),
        ("First lead sent", _moment(first, zone)),
        ("Last lead settled", _moment(last, zone)),
        ("State", told.state),
        ("Leads", f"{plan.total:,} in the plan, {plan.will_change:,} to be sent"),
        ("Read back", told.verify),
        ("Policy", f"checked, mark {plan.policy}" if plan.policy else "none at this enterprise"),
    ]
    made = plan.exception
    if made is not None:
        facts.append(
            (
                "Exception from the policy",
                f"for {count_of(len(made.leads))} by {made.name} ({made.account}), {at_zone(made.made_at, zone)}: {made.reason}",
            )
        )
    return tuple(facts)


def _moment(moment: Any, zone: tzinfo) -> str:
    """A time of the results; NaT where there is none."""
    return at_zone(moment.to_pydatetime(), zone) if str(moment) != "NaT" else "none"


def _checks(told: RunFacts) -> tuple[tuple[str, str], ...]:
    """What this report can be held against."""
    return (
        ("Run", told.run_id),
        ("Fingerprint of the plan", told.plan.fingerprint),
        ("Journal head", told.journal_head or "not noted yet"),
        ("Taken from", told.source),
    )


# -- tables ---------------------------------------------------------------------------------------------------------------


def _actions(told: RunFacts, *, personal: bool) -> pd.DataFrame:
    """Each group of the plan: ``action reason category comment leads to_send``."""
    import pandas as pd

    sent = dict.fromkeys(range(len(told.plan.groups)), 0)
    for entry in told.plan.sendable:
        sent[entry.group] += 1
    rows = []
    for number, (action, ids) in enumerate(told.plan.groups):
        own_words = action.reason and not action.reason_choice and family_of(action) is not Family.REPLACEMENT
        comment = action.comment
        hidden = "kept as a hash only" if isinstance(comment, HashedText) else "yes, not shown here"
        rows.append({
            "action": ROWS[action.kind].label, "reason": f"{action.reason} (own words)" if own_words else action.reason or "",
            "category": action.category or "",
            "comment": "" if comment is None else comment if personal and not isinstance(comment, HashedText) else hidden,
            "leads": len(ids), "to_send": sent[number],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _word(outcome: Outcome, *, finished: bool) -> str:
    return outcome.label if finished else outcome.label_so_far


def _meaning(outcome: Outcome, *, finished: bool) -> str:
    return UNSETTLED if outcome is Outcome.UNKNOWN and not finished else MEANINGS[outcome]


def _outcomes(counts: dict[str, int], *, finished: bool) -> pd.DataFrame:
    """All outcomes: ``outcome leads means``."""
    import pandas as pd

    return pd.DataFrame({
        "outcome": [_word(o, finished=finished) for o in Outcome], "leads": [counts.get(str(o), 0) for o in Outcome],
        "means": [_meaning(o, finished=finished) for o in Outcome],
    })  # fmt: skip


def _proofs(results: pd.DataFrame) -> pd.DataFrame:
    """By what it is known that leads are done: ``outcome detail leads``."""
    done = results.loc[results["outcome"].isin(DONE), ["outcome", "detail"]]
    found = done.astype("object").groupby(["outcome", "detail"], dropna=False).size().rename("leads").reset_index()
    return found.sort_values("leads", ascending=False, kind="stable", ignore_index=True)


def _integrations(plan: Plan, results: pd.DataFrame) -> pd.DataFrame:
    """Leads sent to each integration job, by outcome: ``integration outcome leads``; a lead may have been sent to several."""
    import pandas as pd

    sent = results.loc[results["integrations"].notna(), ["outcome"]]
    # Not from the results' own words: a name may have a comma in it.
    jobs = {e.lead_id: [job_words(job, plan.integration_names) for job in e.integrations] or ["none"] for e in plan.sendable}
    went = pd.Series([jobs[lead_id] for lead_id in sent.index], sent.index, dtype="object")
    each = sent.assign(integration=went, outcome=sent["outcome"].astype(str))
    made = each.explode("integration").groupby(["integration", "outcome"], observed=True).size().rename("leads").reset_index()
    return made if len(made) else pd.DataFrame({"integration": [], "outcome": [], "leads": []})


def _alarms_first(table: pd.DataFrame) -> pd.DataFrame:
    """By outcome, and leads that are alike together: easier to read, and half as large when compressed."""
    order = {str(o): n for n, o in enumerate(Outcome)}
    keys = [name for name in ("outcome", "action", "before", "after", "campaign_id", "publisher") if name in table.columns]
    return table.sort_values(keys, key=lambda column: column.map(order) if column.name == "outcome" else column, kind="stable")


def _lead_table(results: pd.DataFrame, leads: pd.DataFrame | None, *, personal: bool) -> pd.DataFrame:
    """All leads, a row each, without columns in which there is nothing; with ``personal`` also the comment, and what the frame
    of leads says of the person.
    """
    kept = [name for name in LEAD_COLUMNS if results[name].notna().any()]
    table = results[["action", "outcome"]].astype("object")
    for when in ("before", "after"):
        table[when] = state_words(results, when).replace("", NOT_READ)
    results = results.assign(detail=notable_detail(results))  # the others are told once, in ``proofs``
    table = table.join(results[[*kept, *(["comment"] if personal else [])]])
    if personal and leads is not None:
        people = leads.loc[~leads.index.duplicated(), _person_columns(leads)]
        table = table.join(people.rename(columns={name: f"{name}_of_lead" for name in table.columns}))
    return table


def _person_columns(leads: pd.DataFrame) -> Sequence[str]:
    return [name for name in map(str, leads.columns) if shortener(name) is not None]


def made_at(zone: tzinfo) -> str:
    """Now, for the foot of a report."""
    return at_zone(datetime.now(UTC), zone)
