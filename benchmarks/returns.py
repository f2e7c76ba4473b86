"""How long 10,000 rows of a returns file take to be matched in memory: ``python benchmarks/returns.py``."""

from __future__ import annotations

import random
import time

import pandas as pd

from cvtr_widgets.returned.matching import LeadIndex

LEADS, ROWS, MOST = 100_000, 10_000, 2.0


def main() -> None:
    chance = random.Random(1)
    mails = [f"{chance.choice('abcdef')}.{n // 2}{chance.choice(['', '+x'])}@example{n % 50}.org" for n in range(LEADS)]
    leads = pd.DataFrame({"email": mails, "telephone": [f"+44 20 {n:08d}" for n in range(LEADS)]})
    leads.index = pd.Index(range(1, LEADS + 1), name="lead_id")
    rows = [chance.choice(mails) if chance.random() < 0.8 else chance.choice(mails).upper() for _ in range(ROWS)]
    started = time.perf_counter()
    index = LeadIndex(leads, ignore_case=False)
    indexed = time.perf_counter()
    found = [index.match({"email": row}).state for row in rows]
    ended = time.perf_counter()
    states = {state: found.count(state) for state in set(found)}
    print(f"{LEADS:,} leads indexed in {indexed - started:.2f} s, {ROWS:,} rows matched in {ended - indexed:.3f} s: {states}")
    assert ended - started < MOST, "slower than it may be"


if __name__ == "__main__":
    main()
