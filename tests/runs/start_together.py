"""A process that starts a plan made in another one, when it is told to: ``python -m tests.runs.start_together URL PLAN``.

``PLAN`` is a pickled plan. Prints ``ready``; at a line on its input it starts the plan, and prints ``ran`` or the error's name.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import cvtr_widgets as cvtr
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.sandbox import SandboxServer
from tests.runs.killed import QUICK


def main() -> int:
    url, path = sys.argv[1:]
    plan = pickle.loads(Path(path).read_bytes())
    user, password, _ = SandboxServer.USERS["admin"]
    with cvtr.connect(SANDBOX, user, password, url=url, limits=cvtr.Limits(chunk=2)) as client:
        session = cvtr.LeadSession(client, progress=False, patience=QUICK)
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            session.run(plan, confirm=True)
        except CvtrError as error:
            print(type(error).__name__)
        else:
            print("ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
