"""What proves an action: before-values decide."""

from __future__ import annotations

import dataclasses

import pytest

from cvtr_widgets.actions import catalogue
from cvtr_widgets.actions.read_back_proof import Observation, Proof, ProofResult, prove
from cvtr_widgets.models import NOT_SENT, Choice, Lead, Outcome
from cvtr_widgets.runs.decide_outcome import settle, unread

CAUTION = Lead(1, status="Caution", reason=None, category=None, comment=None, delivery="Not Delivered", processing_counter=1)
RETURNED = dataclasses.replace(
    catalogue.mark_invalid("Returned", "No budget"), reason_choice=Choice("Returned", 3), category_choice=Choice("No budget", 4)
)


def seen(lead: Lead | None = CAUTION, *, delivered: bool | None = None, **changes) -> Observation:
    return Observation(None if lead is None else Lead(lead.id, lead.state._replace(**changes)), delivered)


@pytest.mark.parametrize(
    ("after", "finding"),
    [
        (seen(status="Invalid", reason="Returned", category="No budget"), ProofResult.PROVEN),
        (seen(), ProofResult.UNCHANGED),
        (seen(status="Invalid"), ProofResult.OTHERWISE),
        (seen(status="Invalid", reason="Returned", category="Other"), ProofResult.OTHERWISE),
        (seen(status="Valid", reason="Other"), ProofResult.OTHERWISE),
        (seen(status="Invalid", reason=NOT_SENT, category=NOT_SENT), ProofResult.UNPROVABLE),
        (seen(None), ProofResult.OTHERWISE),
    ],
)
def test_a_flag_is_proven_by_status_reason_and_category(after, finding):
    assert prove(RETURNED, seen(), after).finding is finding


def test_what_stood_so_before_proves_nothing():
    there = seen(status="Invalid", reason="Returned", category="No budget")
    assert prove(RETURNED, there, there).finding is ProofResult.UNPROVABLE


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (seen(delivered=False), seen(delivered=True, delivery="Delivered"), ProofResult.PROVEN),
        (seen(delivered=False), seen(delivered=True), ProofResult.AT_ODDS),  # check and field contradict each other: for now
        (seen(delivered=False), seen(delivered=False), ProofResult.UNCHANGED),
        (seen(delivered=True, delivery="Delivered"), seen(delivered=True, delivery="Delivered"), ProofResult.UNPROVABLE),
        (seen(delivery=NOT_SENT, delivered=False), seen(delivery=NOT_SENT, delivered=True), ProofResult.PROVEN),
        (seen(delivery=NOT_SENT), seen(delivery=NOT_SENT), ProofResult.UNPROVABLE),
    ],
)
def test_delivered_is_proven_by_the_check_and_the_field_together(before, after, finding):
    assert prove(catalogue.mark_delivered(), before, after).finding is finding


@pytest.mark.parametrize(
    ("counter", "at_rest", "finding"),
    [
        (2, True, ProofResult.PROVEN), (2, False, ProofResult.UNDER_WAY), (2, None, ProofResult.UNPROVABLE),
        (1, True, ProofResult.UNCHANGED), (NOT_SENT, True, ProofResult.UNPROVABLE),
    ],
)  # fmt: skip
def test_reprocessing_is_proven_by_the_counter_and_rest(counter, at_rest, finding):
    assert prove(catalogue.reprocess(), seen(), seen(processing_counter=counter), at_rest=at_rest).finding is finding


def test_a_delete_is_proven_only_where_the_service_says_itself_that_the_lead_is_gone():
    assert prove(catalogue.delete(), seen(), Observation(None, gone=True)).finding is ProofResult.PROVEN
    assert prove(catalogue.delete(), seen(), seen(None)).finding is ProofResult.AT_ODDS
    assert prove(catalogue.delete(), seen(), seen()).finding is ProofResult.UNCHANGED


@pytest.mark.parametrize(
    ("said", "finding", "final", "outcome"),
    [
        ("yes", ProofResult.PROVEN, False, Outcome.CONFIRMED), ("no", ProofResult.PROVEN, True, Outcome.CONFIRMED),
        ("nothing", ProofResult.PROVEN, False, Outcome.CONFIRMED), ("queued", ProofResult.PROVEN, False, Outcome.CONFIRMED),
        ("yes", ProofResult.UNCHANGED, False, None), ("yes", ProofResult.UNCHANGED, True, Outcome.CONTRADICTED),
        ("yes", ProofResult.OTHERWISE, True, Outcome.CONTRADICTED), ("yes", ProofResult.UNDER_WAY, True, Outcome.ACCEPTED),
        ("yes", ProofResult.UNPROVABLE, False, Outcome.ACCEPTED),
        ("no", ProofResult.UNCHANGED, False, None), ("no", ProofResult.UNCHANGED, True, Outcome.REFUSED), ("no", ProofResult.UNPROVABLE, True, Outcome.REFUSED),
        ("nothing", ProofResult.UNCHANGED, False, None), ("nothing", ProofResult.UNCHANGED, True, Outcome.UNKNOWN),
        ("nothing", ProofResult.UNPROVABLE, False, Outcome.UNKNOWN),
        ("queued", ProofResult.UNCHANGED, False, None), ("queued", ProofResult.UNCHANGED, True, Outcome.ACCEPTED),
        ("queued", ProofResult.UNPROVABLE, False, Outcome.ACCEPTED),
        # What contradicts itself is read again; what goes on doing so proves nothing.
        ("yes", ProofResult.AT_ODDS, False, None), ("yes", ProofResult.AT_ODDS, True, Outcome.ACCEPTED),
        ("queued", ProofResult.AT_ODDS, False, None), ("queued", ProofResult.AT_ODDS, True, Outcome.ACCEPTED),
        ("nothing", ProofResult.AT_ODDS, False, None), ("nothing", ProofResult.AT_ODDS, True, Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_what_was_said_and_what_is_seen_make_the_outcome(said, finding, final, outcome):
    settled = settle(said, "the service's words", Proof(finding, "what was seen"), final=final)
    assert (settled and settled.outcome) == outcome
    if settled is not None and said == "no" and outcome is Outcome.REFUSED:
        assert settled.detail == "the service's words"


def test_what_is_slow_by_nature_is_not_contradicted_by_not_being_seen_yet():
    unseen, other = (Proof(finding, "what was seen") for finding in (ProofResult.UNCHANGED, ProofResult.OTHERWISE))
    assert settle("yes", "", unseen, final=False, slow=True) is None
    found = settle("yes", "", unseen, final=True, slow=True, waited=60.0)
    assert found is not None
    assert (found.outcome, found.detail) == (Outcome.ACCEPTED, "the service said yes; not seen within 60 s: what was seen")
    assert settle("yes", "", other, final=True, slow=True).outcome is Outcome.CONTRADICTED


def test_what_could_not_be_read_back_is_never_confirmed():
    outcomes = {said: unread(said, "words", "error").outcome for said in ("yes", "no", "queued", "nothing")}
    assert outcomes == {
        "yes": Outcome.ACCEPTED, "no": Outcome.REFUSED, "queued": Outcome.ACCEPTED, "nothing": Outcome.UNKNOWN,
    }  # fmt: skip
