"""A read of leads that is stopped gives nothing: a lead that is absent from what it gives counts as deleted."""

from __future__ import annotations

import itertools

import pytest

from cvtr_widgets.errors import Cancelled
from tests.api.scripted import Reply, Request, Scripted


def small_pages(request: Request) -> Reply:
    """One lead a page, and no total: what comes is all that is known."""
    page = int(dict(request.query).get("page", 1))
    asked = [int(value) for key, value in request.query if key == "id[]"]
    return Reply(200, {"hydra:member": [{"id": i} for i in asked[page - 1 : page]]})


@pytest.mark.parametrize("asked", range(1, 8))
def test_a_read_that_is_stopped_on_the_way_gives_no_part(scripted: Scripted, connect, asked):
    search = {"hydra:mapping": [{"variable": "id[]"}]}
    scripted.answers["GET", "/api/v4/leads.jsonld"] = Reply(200, {"hydra:member": [], "hydra:search": search})
    scripted.answers["GET", "/api/v4/leads"] = small_pages
    client = connect()
    assert set(client.fetch_records([101, 102, 103])) == {101, 102, 103}
    count = itertools.count(1)
    stopped = []

    def once() -> bool:  # the limit lets it go on again: that must not make a part look whole
        stopped.append(next(count) == asked)
        return stopped[-1]

    try:
        found = client.fetch_records([101, 102, 103], cancelled=once)
    except Cancelled:
        assert any(stopped)
    else:
        assert set(found) == {101, 102, 103}
        assert not any(stopped)
