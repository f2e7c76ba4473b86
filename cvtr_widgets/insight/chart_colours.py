"""The colours of all charts and reports: of lead statuses, of outcomes, and of anything else that is told apart."""

from __future__ import annotations

COLOURS = {"Valid": "#009E73", "Caution": "#E69F00", "Invalid": "#D55E00", "Test": "#999999", "other": "#56B4E9"}
"""One colour per state, told apart also in grey and by the colour-blind (Okabe and Ito)."""
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
"""For anything else that is told apart: the colours of Okabe and Ito."""
OUTCOME_COLOURS = {
    "contradicted": "#B22222", "unknown": "#E69F00", "not settled yet": "#E69F00", "refused": "#D55E00",
    "confirmed": "#009E73", "accepted": "#56B4E9", "skipped": "#999999", "not sent": "#CCCCCC",
}  # fmt: skip
"""Told apart also by the colour-blind (Okabe and Ito); each bar has its name beside it."""
