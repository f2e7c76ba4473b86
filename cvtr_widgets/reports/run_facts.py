"""The facts of a run for its report, whether the run is in memory or only in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from cvtr_widgets.models import Signature
from cvtr_widgets.plans.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunFacts:
    """A run at one moment. ``results``: as ``run.results``, with as many rows as the plan has leads. ``state``: ``done``,
    ``cancelled``, ``failed``, or in words how far it has come; ``finished``: whether it has ended. ``unsettled``: sentences that
    say why it is not over, or broke off. ``problems``: what a check of the journal found. ``source``: where this is known from.
    """

    run_id: str
    plan: Plan
    results: pd.DataFrame
    signature: Signature | None
    begun: datetime
    state: str
    finished: bool
    verify: str
    journal_head: str
    source: str
    unsettled: Sequence[str] = ()
    problems: Sequence[str] = field(default=())
