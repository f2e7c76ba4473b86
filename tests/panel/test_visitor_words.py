"""What visitors of a page without cells are told, where a notebook's user is told of a call."""

from __future__ import annotations

import pytest

from cvtr_widgets.panel.visitor_words import for_reader

PASSWORD = (
    "Before the first signature of a session your password is asked for again. In a cell of its own: "
    "session.confirm_password() (in the panel: panel.session.confirm_password()); then sign."
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Connect again, then use session.resume().", "Connect again, then use the list of your runs (load this page again)."),
        (
            PASSWORD,
            PASSWORD.partition(" In a cell")[0] + " That cannot be done on this page. Ask whoever runs it.",
        ),
        ("Correct CVTR_PASSWORD.", "Correct CVTR_PASSWORD."),
    ],
)
def test_a_visitor_is_told_of_places_on_the_page(monkeypatch, text, told):
    assert for_reader(text) == text
    monkeypatch.setenv("VOILA_KERNEL_ID", "1")
    assert for_reader(text) == told
