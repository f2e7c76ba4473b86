"""A page's messages are heard in the subshell that they name, whichever one the kernel has answered last."""

from __future__ import annotations

from typing import Any

NAME = "_reply_subshell_id"


class _Forgetful:
    """An attribute that is never there, however often it is set."""

    def __get__(self, comm: object, _kind: type | None = None) -> Any:
        raise AttributeError(NAME)

    def __set__(self, comm: object, subshell_id: Any) -> None:
        pass


def forget_subshells(comm: Any) -> None:
    """Let this comm remember no subshell.

    ipykernel 7 remembers, per comm, the subshell of the last message sent and hands all that comes to that one. The subshell of
    a page that was just loaded is gone a moment later, and then every press would be refused, for good: only another message of
    the kernel's own would name another one. Removing what is remembered after each message leaves a moment in which it is there.
    """
    kind: Any = type(comm)
    if comm is None or isinstance(vars(kind).get(NAME), _Forgetful):
        return
    # Not set to None: None would send every press to the main shell, and the panel would be deaf while a cell runs.
    vars(comm).pop(NAME, None)
    comm.__class__ = type(kind)(kind.__name__, (kind,), {NAME: _Forgetful()})
