"""The limit for the whole of an exchange, however slowly its pieces come."""

from __future__ import annotations

import time

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.api.transport import Timeouts
from cvtr_widgets.errors import NoAnswer
from cvtr_widgets.sandbox import NetworkFault


def test_an_answer_at_one_byte_at_a_time_is_given_up_in_time():
    with cvtr.Sandbox(leads=20, network=[]) as sandbox, sandbox.connect(timeouts=Timeouts(5, 5, 3)) as client:
        lead_id = sandbox.server.lead_ids()[0]
        sandbox.server.network = [NetworkFault("lead-notes", "trickle", seconds=0.5)]
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="in time"):
            client.lead_notes(lead_id)
        assert time.monotonic() - started < 60  # four attempts of 3 s with their pauses; each answer would take minutes
        sandbox.server.network = []
        assert isinstance(client.lead_notes(lead_id), list)
