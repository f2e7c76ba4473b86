"""Learning a lead's fields by showing: leads are read, changed on the platform's own page, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked_calls
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.frames.masking import masked_value
from cvtr_widgets.learn.identify_calls import Ask
from cvtr_widgets.learn.lesson import Lesson
from cvtr_widgets.learn.shown_values import BeforeAndAfter, Shown, learn_shown
from cvtr_widgets.models import LeadId

if TYPE_CHECKING:
    import pandas as pd


@checked_calls
class LeadWatch:
    """Some leads as they were when watching began; made by ``session.watch``. Reads only."""

    def __init__(self, client: Convertr, lead_ids: Sequence[LeadId], *, masked: bool) -> None:
        if not lead_ids:
            raise CaptureError("No lead is named. Give the ids of one to ten leads that you can look at on the platform's page.")
        if len(lead_ids) > MOST_WATCHED:
            raise CaptureError(f"{len(lead_ids)} leads are more than you can compare by eye. Give at most {MOST_WATCHED}.")
        self._client = client
        self._masked = masked
        self._before = {lead: client.lead(lead) for lead in lead_ids}

    def __repr__(self) -> str:
        return f"<LeadWatch of {len(self._before)} leads>"

    def changed(self) -> pd.DataFrame:
        """What changed in these leads since watching began; they are read now.

        One row for each place of each lead. Index ``lead_id`` (int64); ``place`` (text, as a dialect file names it), ``before``
        and ``now`` (text; empty where there is nothing; masked for accounts that may not see personal data).

        Raises:
            NotFound: a lead is no longer there.
        """
        import pandas as pd

        rows = [(lead, *change) for lead, reading in self._readings().items() for change in reading.changes()]
        shown = [[self._word(place, value) for value in values] for _, place, *values in rows]
        data = {"place": [r[1] for r in rows], "before": [s[0] for s in shown], "now": [s[1] for s in shown]}
        return pd.DataFrame(data, index=pd.Index([r[0] for r in rows], dtype="int64", name="lead_id"), dtype="object")

    def learn(self, shown: Shown, *, ask: Ask | None = None) -> Lesson:
        """Which places of a lead hold what the platform's page shows; the leads are read now, nothing is written yet.

        Args:
            shown: field -> lead -> what the page shows for it (None if it shows nothing), such as
                ``{"reason": {160185: "Wrong phone", 160186: "Not reached"}}``. Fields: ``status``, ``delivery`` and
                ``replacement`` in the words of this package (Valid, Not Delivered, Replacement ...); ``reason``, ``category``,
                ``comment``, ``replacement_comment``, ``second_check_status``, ``qa_status``, ``currency`` as shown.
            ask: called with a question and the places where several fit; gives a number, or None for none of them. Without it
                such a field is left as it is, and ``lesson.notes`` says so.

        Give two leads with different values, or change the leads between ``session.watch`` and this: then only places that
        changed with them count. ``lesson.frame`` shows old and new entries; ``cvtr.save_lesson(lesson, enterprise)`` writes
        them, each as seen today. They hold for the next ``connect()``.

        Raises:
            CaptureError: no such field, an unknown word, or a lead that is not watched. NotFound: a lead is gone.
        """
        return learn_shown(shown, self._readings(), self._client.dialect, ask)

    def _readings(self) -> Mapping[LeadId, BeforeAndAfter]:
        return {lead: BeforeAndAfter.of(before, self._client.lead(lead)) for lead, before in self._before.items()}

    def _word(self, place: str, value: object) -> str:
        text = "" if value is None else str(value)[:MOST_SHOWN]
        return masked_value(place, text) if self._masked else text


MOST_WATCHED = 10
MOST_SHOWN = 200
"""Characters of a value that are shown."""
