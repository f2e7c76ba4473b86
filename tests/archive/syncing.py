"""Syncs in processes that can be killed: ``python -m tests.archive.syncing``.

Reads lines of JSON (``url folder``) and forks a child for each, which syncs; prints the child's process id, then, when it has
ended, its status. One process prepares what all children need, so that each begins at once.
"""

from __future__ import annotations

import json
import os
import sys

import duckdb  # noqa: F401
import pandas as pd  # noqa: F401
import pyarrow.parquet  # noqa: F401

import cvtr_widgets as cvtr
from cvtr_widgets.archive.archive import Archive
from cvtr_widgets.archive.windows import WindowSizes
from cvtr_widgets.connection import SANDBOX
from cvtr_widgets.sandbox import SandboxServer

SIZES = WindowSizes(window=60, batch=20, part=40)


def sync(url: str, folder: str) -> None:
    user, password, _ = SandboxServer.USERS["admin"]
    client = cvtr.connect(SANDBOX, user, password, url=url, limits=cvtr.Limits(page=10))
    with client:
        Archive(folder, sizes=SIZES).sync(cvtr.LeadSession(client, progress=False))


def main() -> int:
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                sync(**json.loads(line))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
