"""The delivery check where the service takes fewer leads at once than it is asked about."""

from __future__ import annotations

import pytest

from cvtr_widgets.errors import RequestRefused
from tests.api.scripted import Reply, Request, Scripted

PATH = "/api/v4/is-lead-delivered"
IDS = list(range(101, 151))


def takes(most: int, status: int):
    def answer(request: Request) -> Reply:
        leads = request.json["leads"]
        if len(leads) > most:
            return Reply(status, {"detail": f"At most {most} leads."})
        return Reply(200, {"leads": [{"id": i, "delivered": i % 2 == 0} for i in leads]})

    return answer


@pytest.mark.parametrize("status", [413, 422])
@pytest.mark.parametrize("most", [1, 7, 20, 49])
def test_a_check_of_too_many_leads_is_asked_again_in_halves(scripted: Scripted, connect, status, most):
    scripted.answers["POST", PATH] = takes(most, status)
    assert connect().is_delivered(IDS) == {i: i % 2 == 0 for i in IDS}


def test_what_was_learnt_of_the_number_is_kept(scripted: Scripted, connect):
    scripted.answers["POST", PATH] = takes(20, 413)
    client = connect()
    client.is_delivered(IDS)
    before = len(scripted.asked(PATH))
    client.is_delivered(IDS)
    sizes = [len(asked.json["leads"]) for asked in scripted.asked(PATH)[before:]]
    assert sorted(sizes) == [11, 13, 13, 13]


def test_one_lead_that_is_refused_alone_fails_the_check_and_teaches_no_number(scripted: Scripted, connect):
    def answer(request: Request) -> Reply:
        leads = request.json["leads"]
        if IDS[0] in leads:
            return Reply(422, {"detail": "leads: no such lead."})
        return Reply(200, {"leads": [{"id": i, "delivered": True} for i in leads]})

    scripted.answers["POST", PATH] = answer
    client = connect()
    with pytest.raises(RequestRefused, match="no such lead"):
        client.is_delivered(IDS)
    before = len(scripted.asked(PATH))
    assert client.is_delivered(IDS[1:]) == dict.fromkeys(IDS[1:], True)
    assert len(scripted.asked(PATH)) == before + 1


def test_another_refusal_is_not_asked_in_halves(scripted: Scripted, connect):
    scripted.answers["POST", PATH] = Reply(400, {"detail": "Bad request."})
    with pytest.raises(RequestRefused):
        connect().is_delivered(IDS)
    assert len(scripted.asked(PATH)) == 1
