"""A kernel that ends in the middle of a run: ``python -m tests.runs.killed '<json>'``.

``url``, ``ids``, ``action`` (see ACTIONS), ``chunk``; then either ``step`` and ``nth`` (it kills itself there) or neither (it is
killed from outside). ``hold``: nothing gets past that step. ``resume``: go on with that run instead. Prints the run's id when the run has been noted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.sandbox import SandboxServer

COMMENT = "Agreed with Zoë on the telephone"
ACTIONS = {
    "invalid": lambda: cvtr.mark_invalid("Returned", "No budget", COMMENT),
    "test": lambda: cvtr.mark_test("Test lead"),
    "deliver": cvtr.mark_delivered,
    "reprocess": cvtr.reprocess,
    "delete": cvtr.delete,
    "replacement": lambda: cvtr.mark_other("Replacement"),
}
QUICK = cvtr.Patience(settle=0.6, doubt=0.2, queue=3.0, resend=0.02, plan_age=0)


def main() -> int:
    given = json.loads(sys.argv[1])
    count, lock = 0, threading.Lock()

    def on_step(name: str) -> None:
        nonlocal count
        if name == given.get("hold"):
            threading.Event().wait()
        if name != given.get("step"):
            return
        with lock:
            count += 1
            if count == given.get("nth", 1):
                os.kill(os.getpid(), signal.SIGKILL)

    user, password, _ = SandboxServer.USERS["admin"]
    client = cvtr.connect(
        SANDBOX,
        user,
        password,
        url=given["url"],
        limits=cvtr.Limits(chunk=given.get("chunk", 5), page=10, in_flight=given.get("in_flight", 8)),
    )
    session = cvtr.LeadSession(client, progress=False, patience=QUICK, on_step=on_step)
    if given.get("resume"):
        run = session.resume(given["resume"], comment=COMMENT, wait=False)
    else:
        action = ACTIONS[given["action"]]()
        plan = session.plan(action, given["ids"])
        signature = "Ana Lopes" if plan.needs_signature else None
        run = session.start(plan, confirm=plan.will_change if plan.needs_count else True, signature=signature)
    print(run.id, flush=True)
    run.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
