"""A plan: what an action would do to each lead, as a value with a fingerprint. Making one writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cvtr_widgets.arguments import checked
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.plans.plan_content import PlanContent
from cvtr_widgets.plans.plan_file_writer import save
from cvtr_widgets.plans.plan_frame import plan_frame, undo_frame

if TYPE_CHECKING:
    import pandas as pd


class Plan(PlanContent):
    """What would happen to each lead. Frozen; ``run`` executes exactly this.

    ``groups`` are pairs of action and lead ids in order; ``entries`` one per lead; ``warnings`` and ``money`` are
    sentences; ``read_at`` is when the leads were read and ``fresh`` whether that was for this plan. ``costs`` says what each
    way of reading back would cost (``cost`` is that of ``all``). ``left_out``: leads that were asked for and that no action
    can restore, with the reason (undo only). ``world``, ``origin``, ``account``: as in ``Identity``; the last two are empty in
    plans out of journals that did not keep them. ``masked``: as in ``Identity``. ``provenance``: of plans that were opened
    from a file. ``rule``: the name of the rule that chose the leads. ``how_selected``: how the leads were selected, as (words,
    number of leads in a row); empty where that is not known. ``policy``: the mark of the policy that it was checked against,
    ``caps`` how its caps stood then, ``exception`` an exception from it, ``good_until`` when the first of the leads will be too
    old by it (None: never). ``undoes``: the runs that this plan takes back, and ``ways`` how far each lead can be
    restored (see ``undo``). ``integration_names``: what the integration jobs of its actions were called when it was made, by id;
    without those whose name is not known. ``moment``: when the leads were read, by this process's clocks (None: not by this
    process).
    """

    @property
    @columns_of(plan_frame)
    def frame(self) -> pd.DataFrame:
        """What would happen to each lead, one row a lead."""
        return plan_frame(self)

    @property
    @columns_of(undo_frame)
    def undo(self) -> pd.DataFrame:
        """How far each lead of the runs can be taken back; empty for a plan that undoes nothing."""
        return undo_frame(self.ways)

    @checked
    def save(self, path: str | Path, *, why: str, overwrite: bool = False) -> Path:
        """Write the plan to a file that somebody else can open, look at and sign: ``session.open_plan(path)``.

        Args:
            path: where; usually with the ending ``.cvtr-plan``. Only you can read the file; pass it on as you like.
            why: what it is for, in a sentence or two, for whoever opens it.
            overwrite: replace a file that is there.

        The file holds lead ids, states, payouts and the actions with their comments; no names, e-mails or telephones of leads.

        Raises:
            PlanError: ``why`` is empty, or a comment of the plan is not known. PlanOutOfDate: the plan was changed since it was
            made. ExportError: the file cannot be written, or is there already.
        """
        return save(self, Path(path), why, overwrite=overwrite)
