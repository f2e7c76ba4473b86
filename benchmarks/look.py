"""How quick Look is: each question, a brush until its leads are selected and shown, and all findings, by rule.

    python benchmarks/look.py                  # 100,000 and 1,000,000 leads, and the goals that are missed
    python benchmarks/look.py 100000           # one size
    python benchmarks/look.py --cpu            # the processor's time, where others use the machine too
    python benchmarks/look.py 1000000 brush    # only brushes and clicks, each checked against an independent query

A brush is measured in the kernel, from the page's message to the messages that answer it (selection, counts, a page of rows).
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from cvtr_widgets.insight.chart_view import chart_message
from cvtr_widgets.insight.look_state import QUESTIONS
from cvtr_widgets.panel.state import PanelState

GOALS = {100_000: {"question": 0.5, "findings": 10.0, "brush": 0.3}, 1_000_000: {"question": 3.0, "findings": 60.0, "brush": 0.3}}


def frame_of(count: int, seed: int = 1) -> pd.DataFrame:
    """Leads of a bad month, repeated, with an e-mail address, a telephone number and a fingerprint of its own for each."""
    with cvtr.Sandbox(story="bad_month", leads=10_000, seed=seed) as sandbox, sandbox.connect() as client:
        part = cvtr.LeadSession(client, progress=False).pull()
    leads = pd.concat([part] * (count // len(part)))
    leads.index = pd.RangeIndex(1, len(leads) + 1, name="lead_id").astype("int64")
    leads.attrs = part.attrs
    for name in part.columns:
        if isinstance(part[name].dtype, pd.CategoricalDtype):
            leads[name] = leads[name].astype("category")
    dice = random.Random(seed)
    domains = ("gmail.com", "firm.example", "gmial.com")
    texts = {
        "email": [f"person.{n}@{dice.choice(domains)}" for n in range(count)],
        "telephone": [f"+44 7{dice.randrange(10**9):09d}" for _ in range(count)],
        "other_fingerprint": [f"{dice.getrandbits(128):032x}" for _ in range(count)],
        "sub_id": [f"sub-{dice.randrange(2_000)}" for _ in range(count)],
    }
    return leads.assign(**{name: pd.Series(values, index=leads.index, dtype="object") for name, values in texts.items()})


clock = time.perf_counter


def seconds(step: Callable[[], object]) -> float:
    began = clock()
    step()
    return clock() - began


class Report:
    """Lines as they are measured, and which goals were missed."""

    def __init__(self, count: int) -> None:
        self.missed: list[str] = []
        self._goals = GOALS.get(count, {})
        print(f"{count:,} leads", flush=True)

    def add(self, what: str, took: float, goal: str = "") -> None:
        most = self._goals.get(goal)
        late = most is not None and took > most
        print(f"  {what}: {took:.3f} s{f', goal {most} s: MISSED' if late else ''}", flush=True)
        self.missed += [what] if late else []


def questions(leads: pd.DataFrame, report: Report) -> None:
    """The charts of Look by their first groups and by sub-id, with what goes to the page; and the questions of ``insight``."""
    for question, (_, groups, maker) in QUESTIONS.items():
        if maker is None:
            continue
        for by in dict.fromkeys((groups[0], "sub_id" if "sub_id" in groups else groups[-1])):
            report.add(f"{question} by {by}", seconds(lambda m=maker, b=by: json.dumps(chart_message(m(leads, b)))), "question")
    half = leads["date"] >= leads["date"].median()
    asked = {
        "breakdown": lambda: insight.breakdown(leads), "over_time": lambda: insight.over_time(leads),
        "reasons": lambda: insight.reasons(leads), "money": lambda: insight.money(leads),
        "compare": lambda: insight.compare(leads[half], leads[~half]),
        "until_delivered": lambda: insight.until_delivered(leads, "publisher"),
    }  # fmt: skip
    for name, ask in asked.items():
        report.add(f"insight.{name}", seconds(ask), "question")


def brushes(leads: pd.DataFrame, report: Report, times: int = 30) -> None:
    """Random periods, as the page says them: each one's selection is compared with a query of its own."""
    with cvtr.Sandbox(leads=10) as sandbox, sandbox.connect() as client:
        state = PanelState(cvtr.LeadSession(client, progress=False))
        state.leads._loaded = leads  # as if it had been read
        state.leads._reframe()
        state.look.ask("over_time", "day")
        state.look.wait(600)
        chart = state.look.chart
        days = sorted({row["date"] for row in chart.records()})
        wall = leads["date"].dt.tz_convert(client.zone).dt.strftime("%Y-%m-%dT00:00:00")
        dice, took = random.Random(1), []
        for _ in range(times):
            first, last = sorted(dice.choices(days, k=2))
            message = {"kind": "brush", "field": "date", "first": first, "last": last}

            def brush(message: dict = message) -> None:
                state.handle("look", {"message": message})
                json.dumps([state.view(), state.table("leads").message()], default=str)

            took.append(seconds(brush))
            wanted = np.sort(leads.index.to_numpy()[((wall >= first) & (wall <= last)).to_numpy(dtype=bool)])
            assert np.array_equal(np.sort(state.leads.picked.array), wanted), (first, last)
        report.add("brush until selected and shown, median", statistics.median(took), "brush")
        report.add("brush until selected and shown, slowest", max(took), "brush")
        state.jobs.wait()


def findings(leads: pd.DataFrame, report: Report) -> None:
    """All rules together, and each alone."""
    began, spent = [clock()], []
    told = []

    def tell(_done: int, _of: int, rule: str) -> None:
        now = clock()
        spent.append(now - began[0])
        told.append(rule)
        began[0] = now

    whole = seconds(lambda: insight.findings(leads, on_progress=tell))
    for rule, took in zip(told, spent[1:], strict=False):
        report.add(f"findings: {rule}", took)
    report.add("all findings", whole, "findings")


PARTS = {"questions": questions, "brush": brushes, "findings": findings}


def main(words: list[str]) -> int:
    global clock  # noqa: PLW0603  one clock for the whole of a measurement
    if "--cpu" in words:
        clock = time.process_time
    sizes = [int(w) for w in words if w.isdigit()] or list(GOALS)
    parts = [PARTS[w] for w in words if w in PARTS] or list(PARTS.values())
    missed = []
    for count in sizes:
        leads, report = frame_of(count), Report(count)
        for part in parts:
            part(leads, report)
        missed += [f"{what} at {count:,}" for what in report.missed]
    print("missed: " + (", ".join(missed) or "none"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
