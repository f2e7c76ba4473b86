"""``python -m cvtr_widgets.cli``, and what ``cvtr-widgets`` calls: the commands, once they are imported."""

from __future__ import annotations

import os
import signal
from types import FrameType


def _leave(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)


def main() -> None:
    """Import the commands, and run them. A signal during the import ends with its own code: an exception thrown into somebody's
    import would be told as a crash.
    """
    usual = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    from cvtr_widgets.cli.app import main as commands

    for number, handler in usual.items():
        signal.signal(number, handler)
    commands()


if __name__ == "__main__":
    main()
