"""A kernel that is interrupted while it starts and resumes runs: ``python -m tests.runs.interrupted_start '<json>'``.

``url``, ``ids`` (four leads for each interrupt), ``part`` (which moments). Whatever was begun is resumed at the end. Prints, as
JSON, what is said of each lead: its outcome, or ``not_sent`` where no run knows it.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable

import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.sandbox import SandboxServer
from tests.runs.killed import QUICK


def interrupted(after: float, call: Callable[[], cvtr.Run]) -> cvtr.Run | None:
    """Call with a Ctrl-C after so many seconds."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, after)
            return call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:  # on a slow machine even before the call, or after it
        return None


def main() -> int:
    given = json.loads(sys.argv[1])

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, press)
    user, password, _ = SandboxServer.USERS["admin"]
    client = cvtr.connect(SANDBOX, user, password, url=given["url"], limits=cvtr.Limits(chunk=2, in_flight=4))
    session = cvtr.LeadSession(client, progress=False, patience=QUICK)
    told: dict[int, str] = {}
    groups = [given["ids"][n : n + 4] for n in range(0, len(given["ids"]), 4)]
    for number, ids in enumerate(groups):
        plan = session.plan(cvtr.reprocess(), ids)
        after = 0.0001 + 0.0006 * number + 0.00003 * given["part"]
        run = interrupted(after, lambda plan=plan: session.run(plan, confirm=True))
        if run is not None:
            told |= {int(i): str(o) for i, o in run.results.outcome.items()}
        for run_id in list(session.unfinished().index):
            interrupted(after, lambda run_id=run_id: session.resume(run_id))
    for run in list(session.runs.values()):
        run.wait()
    for run_id in list(session.unfinished().index):
        session.resume(run_id)
    for run_id in list(session.history().index):
        try:
            told |= {int(i): str(o) for i, o in session.recorded(run_id).outcome.items()}
        except CvtrError as error:
            print(error, file=sys.stderr)
    print(json.dumps({lead_id: told.get(lead_id, "not_sent") for lead_id in given["ids"]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
