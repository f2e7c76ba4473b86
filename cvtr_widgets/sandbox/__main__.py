"""``python -m cvtr_widgets.sandbox``: the sandbox in a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from cvtr_widgets.sandbox.server import SandboxServer


def main() -> int:
    """Serve until SIGTERM, Ctrl-C, or (with ``--stop-with-stdin``) the end of the standard input."""
    parser = argparse.ArgumentParser(prog="python -m cvtr_widgets.sandbox", description="The Convertr sandbox on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--leads", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    parser.add_argument("--rate-limit", type=int, default=3_000, help="requests per five minutes")
    parser.add_argument("--no-id-filter", action="store_true", help="the id filter is silently ignored")
    parser.add_argument("--stop-with-stdin", action="store_true")
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)  # an answer whose time has come does not wait for another one's making
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell that starts it in the background has Ctrl-C ignored
        signal.signal(number, lambda *_: stop.set())
    server = SandboxServer(
        given.leads, given.seed, given.latency, given.port, rate_limit=given.rate_limit, id_filter=not given.no_id_filter
    )
    with server:
        sys.stdout.write(f"Sandbox with {given.leads:,} leads at {server.url}\n")
        sys.stdout.flush()
        # The standard input ends with the process that started this one, even if that is killed: no sandbox is left behind.
        if given.stop_with_stdin:

            def follow() -> None:
                sys.stdin.read()
                stop.set()

            threading.Thread(target=follow, daemon=True).start()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
