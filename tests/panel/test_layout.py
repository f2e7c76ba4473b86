"""How the panel is placed is given as for every widget; what would do nothing is refused."""

from __future__ import annotations

import pytest
from ipywidgets import Layout

import cvtr_widgets as cvtr


def test_a_layout_is_taken_as_a_value_or_a_dict(sandbox_client):
    assert cvtr.LeadPanel(sandbox_client, layout={"width": "50%"}).layout.width == "50%"
    assert cvtr.LeadPanel(sandbox_client, layout=Layout(flex="2")).layout.flex == "2"
    assert cvtr.LeadPanel(sandbox_client, layout={"border": "1px solid"}).layout.border_top == "1px solid"


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"_view_name": "x"}, {"comm": "x"}, {"width": 300}, {1: "x"}, "50%", 7])
def test_a_wrong_layout_is_refused_with_what_to_give(sandbox_client, wrong):
    with pytest.raises(cvtr.CvtrError, match="width"):
        cvtr.LeadPanel(sandbox_client, layout=wrong)


@pytest.fixture(scope="module")
def sandbox_client():
    with cvtr.Sandbox(leads=20) as sandbox:
        client = sandbox.connect()
        yield client
        client.close()
