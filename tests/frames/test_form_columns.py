"""Form fields whose names nearly coincide keep columns of their own."""

from __future__ import annotations

from cvtr_widgets.frames.form_data import FormData


def test_form_fields_that_differ_in_case_keep_columns_of_their_own():
    forms = FormData()
    forms.add([[{"name": "Email", "value": "a@x.example"}, {"name": "email", "value": "b@x.example"}]])
    forms.add([[{"name": "email", "value": "c@x.example"}]])
    columns = forms.columns(2)
    assert {name: list(values) for name, values in columns.items()} == {
        "data_email": ["a@x.example", None],
        "data_email_2": ["b@x.example", "c@x.example"],
    }
