"""What a second sync costs over real HTTP, after some of the leads have changed: requests announced, made, and refused (429).

python benchmarks/second_sync.py --leads 100000        (needs the extra: pip install 'cvtr-widgets[archive]')

The sandbox answers at this machine's speed; the limit of requests is the platform's, 3,000 in five minutes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import cvtr_widgets as cvtr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--changed", type=float, default=0.01, help="the share of leads that change between the two")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cvtr-sync-") as folder, cvtr.Sandbox(leads=given.leads, seed=1) as sandbox:
        session = cvtr.LeadSession(sandbox.connect(), progress=False)
        archive = cvtr.Archive(Path(folder) / "leads")
        start = time.perf_counter()
        print(f"first:  {archive.sync(session)}, {time.perf_counter() - start:.0f} s", flush=True)
        ids = archive.leads().relation.project("lead_id").fetchnumpy()["lead_id"].tolist()
        changed = random.Random(1).sample(ids, int(given.leads * given.changed))
        for lead_id in changed:
            sandbox.server.change(lead_id, status="Invalid")
        cost = archive.cost(session)
        before = len(sandbox.server.requests)
        start = time.perf_counter()
        report = archive.sync(session)
        seen = sandbox.server.requests[before:]
        refused = sum(request.status == 429 for request in seen)
        print(f"second: {report}, {time.perf_counter() - start:.0f} s")
        print(
            f"announced {cost.requests:,} requests, made {len(seen):,}; {refused} answers of 429; {len(changed):,} leads changed"
        )
        archive.close()
        session.close()


if __name__ == "__main__":
    main()
