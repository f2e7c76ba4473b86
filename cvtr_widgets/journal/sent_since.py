"""Which leads this account has sent something to since a place in the journal was noted, whatever the clock did meanwhile."""

from __future__ import annotations

from cvtr_widgets.journal.hash_chain import FIRST_HASH
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.run_lock import locked_runs
from cvtr_widgets.models import LeadId
from cvtr_widgets.plans.read_age import JournalPlace

START = JournalPlace(0, FIRST_HASH, ())
"""The place before the first entry."""


def place_in(journal: Journal) -> JournalPlace:
    """How far the journal is written now.

    Raises:
        JournalError: it cannot be read.
    """
    number, found = journal.last()
    # Looked for after the last entry was read: what a run notes that starts in between has a higher number.
    return JournalPlace(number, found, locked_runs(journal.path))


def sent_since(journal: Journal, place: JournalPlace) -> set[LeadId] | None:
    """The leads to which any run may have sent something since: those of each intent noted later, and those whose intent was
    noted before while their outcome was not. None: the place is not in this journal, so that nothing can be told.

    Raises:
        JournalError: the journal cannot be read.
    """
    if journal.hash_at(place.number) != place.hash:
        return None
    # By the numbers of entries, not by their times: a clock may be set back between a plan and its run.
    found = {i for entry in journal.each(after=place.number, kinds=("intent",)) for i in entry.data["leads"]}
    for run in place.sending:
        open_ = set[LeadId]()
        for entry in journal.each(run, kinds=("intent", "outcome")):
            if entry.number > place.number:
                break
            if entry.kind == "intent":
                open_.update(entry.data["leads"])
            else:
                open_.difference_update(row[0] for row in entry.data["rows"])
        found |= open_
    return found
