"""A Convertr look-alike on this machine: the same calls, rules and faults, with made-up leads."""

from cvtr_widgets.sandbox.faults.draw import Chaos
from cvtr_widgets.sandbox.faults.faults import Mishap, NetworkFault
from cvtr_widgets.sandbox.server import SandboxServer

__all__ = ["Chaos", "Mishap", "NetworkFault", "SandboxServer"]
