"""What goes to the page is the shortened form of the scripts as they stand."""

from __future__ import annotations

import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.panel.link import page


@pytest.mark.parametrize("names", [page.SCRIPTS, page.STYLES])
def test_the_shortened_form_was_made_from_the_files_as_they_stand(names):
    written = page.whole(names)
    assert page.static(page.SHORT[names]).startswith(page.mark_of(written)), "run: python3 dev.py page"
    assert page.page(names) != written


def test_it_is_what_the_panel_sends():
    assert cvtr.LeadPanel._esm.startswith(page.mark_of(page.whole(page.SCRIPTS)))
    assert len((cvtr.LeadPanel._esm + cvtr.LeadPanel._css).encode()) < 85_000
