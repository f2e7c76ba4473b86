"""What findings find, what they raise without cause, and how long they take.

``python benchmarks/by_hand/findings.py [rates|worlds|speed]``

rates:  2,000 sub-ids of log-normal sizes (median 33 leads) with a base rate of 10 %, twenty of them planted at 35 %, for several
        natural spreads rho; and a few large publishers, one of them planted.
worlds: clean worlds of the sandbox, and bad months.
speed:  all findings over 100,000 leads, by rule.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter

import numpy as np
import pandas as pd

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from cvtr_widgets.insight.intervals import benjamini_hochberg
from cvtr_widgets.insight.rules.unusual_rates import LEAST_HITS, LEAST_LEADS
from cvtr_widgets.insight.unusual_rate_statistics import judge

LEAST = {"least_leads": LEAST_LEADS, "least_hits": LEAST_HITS}
SEEDS = 30


def over(k, n):
    judged = judge(list(range(len(k))), k, n, **LEAST)
    adjusted = benjamini_hochberg([one.p for one in judged])
    return {one.key for one, p in zip(judged, adjusted, strict=True) if p <= 0.05}


def rates() -> None:
    print("groups | median | rho | false in a clean world | clean worlds with none | found of planted | false beside them")
    for groups, median, planted in ((2_000, 33, 20), (400, 33, 10), (12, 800, 1), (6, 800, 1), (4, 800, 1)):
        for rho in (0.0, 0.01, 0.03):
            clean, found, false = [], [], []
            for seed in range(SEEDS):
                dice = np.random.default_rng(seed)
                n = np.maximum(3, dice.lognormal(np.log(median), 1.0, groups)).astype(int)
                size = 1 / rho - 1 if rho else 0
                k = dice.binomial(n, dice.beta(0.1 * size, 0.9 * size, groups) if rho else np.full(groups, 0.1))
                clean.append(len(over(k, n)))
                large = np.flatnonzero(n >= 60)
                bad = dice.choice(large, min(planted, len(large)), replace=False)
                k[bad] = dice.binomial(n[bad], 0.35)
                raised = over(k, n)
                found.append(len(raised & set(bad.tolist())))
                false.append(len(raised - set(bad.tolist())))
            none, mean = clean.count(0), [f"{np.mean(one):.2f}" for one in (clean, found, false)]
            print(f"{groups} | {median} | {rho} | {mean[0]} | {none}/{SEEDS} | {mean[1]} of {planted} | {mean[2]}", flush=True)


def worlds() -> None:
    for story in ("clean", "bad_month"):
        counts, rules = [], Counter()
        for seed in range(SEEDS):
            with cvtr.Sandbox(story=story, leads=4_000, seed=seed) as sandbox, sandbox.connect() as client:
                leads = cvtr.LeadSession(client, progress=False).pull()
            findings = insight.findings(leads)
            counts.append(len(findings))
            rules.update(f.rule for f in findings)
        print(f"{story}: {sum(counts) / SEEDS:.2f} findings on average, {counts.count(0)} of {SEEDS} with none; {dict(rules)}")


def speed(count: int = 100_000) -> None:
    with cvtr.Sandbox(story="bad_month", leads=10_000) as sandbox, sandbox.connect() as client:
        part = cvtr.LeadSession(client, progress=False).pull()
    dice = random.Random(1)
    leads = pd.concat([part] * (count // len(part)))
    leads.index = pd.RangeIndex(1, len(leads) + 1, name="lead_id")
    leads.attrs = part.attrs
    for name in part.columns:
        if isinstance(part[name].dtype, pd.CategoricalDtype):
            leads[name] = leads[name].astype("category")
    text = {"index": leads.index, "dtype": "object"}
    leads["email"] = pd.Series(
        [f"person.{n}@{dice.choice(('gmail.com', 'firm.example', 'gmial.com'))}" for n in range(count)], **text
    )
    leads["telephone"] = pd.Series([f"+44 7{dice.randrange(10**9):09d}" for _ in range(count)], **text)
    leads["other_fingerprint"] = pd.Series([f"{dice.getrandbits(128):032x}" for _ in range(count)], **text)
    leads["sub_id"] = pd.Series([f"sub-{dice.randrange(2_000)}" for _ in range(count)], **text)
    for name in insight.RULES:
        began = time.perf_counter()
        insight.findings(leads, [name])
        print(f"{name}: {time.perf_counter() - began:.2f} s")
    began = time.perf_counter()
    found = insight.findings(leads)
    print(f"all {len(found)} findings over {count:,} leads: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    for what in sys.argv[1:] or ["rates", "worlds", "speed"]:
        {"rates": rates, "worlds": worlds, "speed": speed}[what]()
