"""What step 3 shows of a plan and of a run, as JSON values."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets.actions.catalogue import count_of, describe
from cvtr_widgets.insight.run_effect import notable_detail
from cvtr_widgets.models import FAILED_OUTCOMES, HashedText, Outcome, Progress, RunState, Verdict
from cvtr_widgets.panel.table.cells import plain
from cvtr_widgets.panel.visitor_words import for_reader
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_entries import duration
from cvtr_widgets.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

OUTCOME_SENTENCES = {
    Outcome.CONTRADICTED: "The service said yes, but the leads say otherwise. Look at these first.",
    Outcome.UNKNOWN: "Sent, but no reliable answer came, and reading did not settle it. Look at them before you repeat it.",
    Outcome.REFUSED: "The service said no.",
    Outcome.CONFIRMED: "Sent, and confirmed when read back.",
    Outcome.ACCEPTED: "The service said yes; nothing that can be read proves it.",
    Outcome.SKIPPED: "Not sent: see each lead’s detail.",
    Outcome.NOT_SENT: "The run ended before these were sent. Safe to plan again.",
}
WHOLE = frozenset(RunState) - {RunState.CANCELLED, RunState.CANCELLING, RunState.FAILED}
"""Where what was planned is, as far as is known, also what is or was done."""
UNREAD = "The service said yes; these were not read back, as you chose."
BROKEN_OFF = "The service said yes; the run broke off before anything was read that proves it."
WAYS = {
    "all": "every lead",
    "doubtful": "only those in doubt",
    "sample:100": "those in doubt and a sample of 100",
    "none": "none",
}
"""What is read back after a run, by the way's name (``runs.mode``)."""


def plan_view(plan: Plan, verify: str, read_at: str, shown: Sequence[str]) -> dict[str, Any]:
    """A plan. ``verify``: the way chosen; ``shown``: the verdicts that the table is narrowed to."""
    counts = plan.counts
    tiles = [[str(v), counts[str(v)], v.label] for v in Verdict if counts[str(v)] or v is Verdict.WILL_CHANGE]
    return {
        "short": plan.short,
        "fingerprint": plan.fingerprint,
        "tiles": tiles,
        "cost": plan.cost.sentence if plan.will_change else "",
        "warnings": [*_comments(plan), *(plain(w, 600) for w in plan.warnings)],
        "money": list(plan.money),
        "groups": _groups(plan),
        "statement": plan.statement if plan.will_change else "",
        "button": plan.button,
        "will_change": plan.will_change,
        "needs_tick": plan.needs_tick,
        "needs_count": plan.needs_count,
        "needs_signature": plan.needs_signature,
        "include": plan.include_cannot_tell,
        "verify": verify,
        "ways": [[way, f"{WAYS[way]} ({cost.requests:,} requests)"] for way, cost in plan.costs.items() if way in WAYS],
        "left_out": len(plan.left_out),
        "read_at": read_at,
        "filter": list(shown),
    }


def _groups(plan: Plan) -> list[str]:
    """Where a plan has several actions or reasons, what is done to how many."""
    counted: Counter[str] = Counter()
    for action, number in plan.by_group:
        counted[describe(dataclasses.replace(action, comment=None))] += number
    return [f"{number:,} × {plain(words, 200)}" for words, number in counted.items()] if len(plan.by_group) > 1 else []


def _comments(plan: Plan) -> list[str]:
    """The comments that go out, as far as they are known here: a resumed run may have only their hashes."""
    found: Counter[str] = Counter()
    for action, number in plan.by_group:
        if action.comment and not isinstance(action.comment, HashedText):
            found[action.comment] += number
    return [f"With the comment “{plain(comment, 300)}” on {count_of(number)}." for comment, number in found.items()]


def run_view(
    run: Run,
    firsts: Sequence[Run],
    progress: Progress,
    left: int,
    shown: Sequence[str],
    results: pd.DataFrame | None = None,
    sums: Sequence[str] = (),
) -> dict[str, Any]:
    """A run. ``firsts``: runs of one lead before it, which belong to the same plan; ``left``: leads for "Again";
    ``results`` and ``sums`` (see ``run_changes``): those of a run that has ended.
    """
    counts = Counter(run.counts)
    for one in firsts:
        counts.update(one.counts)
    skipped = "" if results is None else _skipped(results)
    return {
        "id": run.id,
        "state": state_words(run),
        "what": f"{'This run' if run.state in WHOLE else 'Planned for this run'}: {what_of(run, firsts)}.",
        "done": progress.done,
        "total": progress.total,
        "line": progress_line(progress),
        "message": plain(progress.message or _doing(progress), 300),
        "finished": run.finished,
        "cancelling": run.state is RunState.CANCELLING,
        "paused": run.paused,
        "verify": "" if str(run.verify) == "all" else f"Read back: {WAYS.get(str(run.verify), str(run.verify))}.",
        "head": run.journal_head,
        "sums": list(sums),
        "sent": _sent_words(run, progress, counts),
        "counts": [[str(o), counts[str(o)], o.label, _why(o, run, skipped)] for o in OUTCOME_SENTENCES if counts[str(o)]],
        "error": "" if run.error is None else plain(for_reader(str(run.error)), 600),
        "again": _again(left, run),
        "filter": list(shown),
    }


def _again(left: int, run: Run) -> str:
    """What the button that repeats says of these leads: no more doubt than there is."""
    if not left:
        return ""
    was = "was" if left == 1 else "were"
    failed = {outcome for outcome in FAILED_OUTCOMES if run.counts.get(str(outcome))}
    plain_words = {Outcome.NOT_SENT: f"that {was} not sent", Outcome.REFUSED: f"that {was} refused"}
    what = plain_words.get(next(iter(failed))) if len(failed) == 1 else None
    return f"Repeat for the {count_of(left)} {what or 'not known to have gone through'}"


def state_words(run: Run) -> str:
    """How a run ended; one that was cancelled when all had been sent was not cancelled in anything."""
    if run.state is RunState.DONE and run.cancelled_too_late:
        return "done: Cancel came too late"
    return "only checked" if run.only_checks and run.state is RunState.CANCELLED else str(run.state)


def _sent_words(run: Run, progress: Progress, counts: Counter[str]) -> str:
    """How many leads are out, of a run that is being or was cancelled, or that only checks what is in doubt."""
    total, kept = f"of {count_of(progress.total)}", counts[str(Outcome.NOT_SENT)]
    if run.only_checks and run.state is RunState.CANCELLED:  # it came to its end; one that failed did not check them all
        return f"The leads in doubt were checked. {kept:,} {total} were not sent, and this run cannot be resumed any more."
    if run.state is RunState.CANCELLING and not kept and progress.out <= progress.sent:
        return "Everything has been sent already; it is being read back."
    if run.state is RunState.CANCELLING:
        more = progress.out - progress.sent  # their sending is noted, and Cancel may still hold them back
        said = f"Stopping after the leads in flight. {progress.sent:,} {total} have already been sent; they stay sent"
        return f"{said}, and so do up to {more:,} on their way." if more > 0 else f"{said}."
    if run.state is RunState.DONE and run.cancelled_too_late:
        return "Cancel came too late to hold anything back: everything was sent."
    if run.state is not RunState.CANCELLED:
        return ""
    # Not the rest of all: a lead that had changed since the plan was held back, and is neither.
    return f"Cancelled: {progress.out:,} {total} had been sent, {kept:,} had not."


def _skipped(results: pd.DataFrame) -> str:
    """Why leads were skipped: ``not found``; with numbers where there are several reasons: ``not found (3), already so (2)``."""
    details = results.loc[results["outcome"] == str(Outcome.SKIPPED), "detail"]
    found = Counter(str(detail).partition(":")[0] for detail in details)
    said = [(plain(words, 60), n) for words, n in found.most_common()]
    return said[0][0] if len(said) == 1 else ", ".join(f"{words} ({n:,})" for words, n in said)


def _why(outcome: Outcome, run: Run, skipped: str) -> str:
    if outcome is Outcome.SKIPPED and skipped:
        return f"{skipped}. Nothing was sent."
    if outcome is Outcome.CONFIRMED and any(action.integrations for action, _ in run.plan.groups):
        return f"{OUTCOME_SENTENCES[outcome]} What the integrations received cannot be read."
    if outcome is Outcome.ACCEPTED and run.state is RunState.FAILED:
        return BROKEN_OFF
    return UNREAD if outcome is Outcome.ACCEPTED and str(run.verify) == "none" else OUTCOME_SENTENCES[outcome]


def what_of(run: Run, firsts: Sequence[Run] = ()) -> str:
    """What a run did, whatever steps 1 and 2 show now: ``Test, reason mine (own words): 12 leads``."""
    found: Counter[str] = Counter()
    for one in (*firsts, run):
        for action, number in one.plan.by_group:
            found[plain(describe(action), 200)] += number
    return "; ".join(f"{words}: {count_of(number)}" for words, number in found.items())


def _doing(progress: Progress) -> str:
    """What a run that says nothing itself is at."""
    if progress.state is RunState.SENDING:
        return "Sending, and reading back." if progress.out else "Reading the leads once more before they are sent."
    return "Everything is sent; reading back." if progress.state is RunState.READING_BACK else ""


def progress_line(progress: Progress) -> str:
    """``200 of 298 · 41 a second · about 3 s left``."""
    parts = [f"{progress.done:,} of {progress.total:,}"]
    if progress.sent > progress.done:
        parts = [f"{progress.sent:,} of {progress.total:,} sent, {progress.done:,} settled"]
    if progress.state in {RunState.CANCELLING, RunState.PAUSED}:
        return parts[0]  # the time left was that of all leads, or of a run that goes on
    if progress.rate >= 0.5:
        parts.append(f"{progress.rate:,.0f} a second")
    if progress.seconds_left is not None and progress.done < progress.total:
        parts.append(f"about {duration(progress.seconds_left)} left")
    return " · ".join(parts)


def all_results(runs: Sequence[Run]) -> pd.DataFrame:
    """The results of runs that belong together, in their order."""
    import pandas as pd

    frames = [run.results for run in runs]
    if len(frames) == 1:
        return frames[0]
    found = pd.concat([frame.astype({"action": "object"}) for frame in frames])
    return found.astype({"action": "category"})


def exported(results: pd.DataFrame) -> pd.DataFrame:
    """Results as a file of the panel has them: a lead that went well has no comment, as on the screen. (``run.results`` says of
    each which of its fields were read back.)
    """
    return results.assign(detail=notable_detail(results).fillna(""))


def alarms_first(results: pd.DataFrame, *, finished: bool = True) -> pd.DataFrame:
    """What needs a person's eye stands on top; within an outcome the input's order stays. A lead that went well has no comment.
    ``finished`` False: somebody carries the run out just now, so that what is not read back is in no doubt yet.
    """
    order = {str(o): n for n, o in enumerate(Outcome)}
    places = results["outcome"].astype("object").map(order)
    ordered = results.iloc[places.to_numpy().argsort(kind="stable")]
    shown = exported(ordered)
    if finished:
        return shown
    words = shown["outcome"].astype("object").map(lambda o: Outcome(o).label_so_far)
    return shown.assign(outcome=words, detail=shown["detail"].astype("object").str.removeprefix("in doubt: "))
