"""Asking for a password or a code in the terminal or the notebook, without showing what is typed."""

from __future__ import annotations

import getpass
import sys

from cvtr_widgets import settings


def ask_unseen(prompt: str) -> str:
    """Ask without echo. An empty answer where there is nobody to ask (a scheduled notebook, Voilà)."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    in_kernel = hasattr(shell, "kernel") and not settings.under_voila()
    if not in_kernel and not (sys.stdin and sys.stdin.isatty()):
        return ""
    try:
        return getpass.getpass(prompt)
    except (NotImplementedError, EOFError):  # a kernel whose front end takes no input
        return ""
