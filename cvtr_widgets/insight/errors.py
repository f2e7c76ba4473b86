"""The error of this folder."""

from __future__ import annotations

from cvtr_widgets.errors import CvtrError


class InsightError(CvtrError):
    """A question about leads cannot be answered with this frame or these arguments."""
