"""Options of a run: how long it waits, what it reads back, and whom it tells."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from cvtr_widgets.models import Progress
from cvtr_widgets.plans.verify_mode import Verify

STEPS = (
    "opened", "read", "before intent", "intent", "answered", "answer noted", "read back", "before outcome", "outcome",
    "before end", "ended",
)  # fmt: skip
"""The steps of a run, as ``on_step`` is told of them."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``settle``: how long a yes may take to be seen before it counts as contradicted; ``doubt``: the wait
    between the two readings that settle doubt; ``queue``: how long a queued action is looked for; ``resend``: the
    pause before a write that was not applied goes out again; ``plan_age``: leads that the plan read longer ago are read
    again before they are sent (0: always; more than 20 is taken as 20). What cannot be undone is always read again.
    """

    settle: float = 4.0
    doubt: float = 3.0
    queue: float = 60.0
    resend: float = 0.5
    plan_age: float = 20.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run goes. ``on_step`` is called with the name of each step (see ``STEPS``) and is there for tests. ``check`` is
    called in the transaction that notes the run, before anything is noted; what it raises keeps the run from starting.
    """

    verify: Verify = dataclasses.field(default_factory=lambda: Verify("all"))
    patience: Patience = dataclasses.field(default_factory=Patience)
    on_progress: Callable[[Progress], None] | None = None
    on_step: Callable[[str], None] | None = None
    source: str = ""
    keep_comments: bool = False
    check: Callable[[], None] = lambda: None
