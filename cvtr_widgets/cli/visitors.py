"""Voilà: recognising a visitor by a cookie, and ending kernels that nobody uses.

Voilà starts a kernel for each visit, and cannot lead a visitor back to one. So a browser gets a random name in a cookie, its
kernels keep their journal under that name, and a run of an earlier visit is found there. A page that is left ends no kernel: a
run in it would end with it. Kernels that have been idle for a while, with no page open, are ended by the server; a run counts as
activity, for it tells its progress.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

COOKIE = "cvtr_visitor"
IDLE = 600
"""Seconds after which a kernel without a page and without a run is ended."""
COOKIE_DAYS = 30
"""Days for which a browser is known again after its last visit."""
CONFIG = {"voila.py": "from cvtr_widgets.cli.visitors import know_again\n\nc.VoilaConfiguration.prelaunch_hook = know_again\n"}
"""A file for Jupyter's configuration folder."""


def options(idle: int = IDLE) -> list[str]:
    """Options of the server that end idle kernels (``idle``: seconds)."""
    cull = "--MappingKernelManager.cull_"
    return [f"{cull}idle_timeout={idle}", f"{cull}interval={max(1, idle // 10)}", f"{cull}connected=False"]


def know_again(handler: Any, notebook: Any, cwd: str) -> Any:  # noqa: ARG001  Voilà gives it by name
    """What Voilà calls before a visitor's kernel starts: gives the notebook with a first cell that names the visitor.

    The name is random and says nothing of the person; whoever has the cookie sees the runs, so scripts cannot read it.
    """
    name = handler.get_cookie(COOKIE) or ""
    if not re.fullmatch("[0-9a-f]{32}", name):
        name = secrets.token_hex(16)
    handler.set_cookie(
        COOKIE, name, expires_days=COOKIE_DAYS, path=handler.base_url, httponly=True, samesite="Lax",
        secure=handler.request.protocol == "https",
    )  # fmt: skip
    from nbformat import v4

    notebook.cells.insert(0, v4.new_code_cell(f"import os\nos.environ['CVTR_VISITOR'] = {name!r}"))  # type: ignore[no-untyped-call]
    return notebook
