"""Which columns of a lead are personal: left out, kept as hashes, or kept, as ``personal`` of an archive says."""

from __future__ import annotations

from cvtr_widgets.frames.leads import FRAME_COLUMNS, LeadColumn

PERSONAL_COLUMNS = ("first_name", "last_name", "email", "telephone", "comment", "replacement_comment")
"""Columns that are kept only where personal data is kept."""
HASH_KEYS = {"email_key": "email", "telephone_key": "telephone"}
"""64-bit keyed hashes, and what of."""


def kept_columns(personal: str) -> list[LeadColumn]:
    """The columns of a frame of leads that are kept."""
    return [c for c in FRAME_COLUMNS if personal == "kept" or c.name not in PERSONAL_COLUMNS]
