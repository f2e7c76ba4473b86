"""The rules that look for what is wrong: each a function (leads, look) -> findings, with its statistics and its words."""

from __future__ import annotations

from cvtr_widgets.insight.finding import Rule
from cvtr_widgets.insight.rules.billing import delivered_then_invalid, wrongly_billed
from cvtr_widgets.insight.rules.bursts import bursts
from cvtr_widgets.insight.rules.duplicates import duplicates
from cvtr_widgets.insight.rules.email_domains import email_domains
from cvtr_widgets.insight.rules.flip_flops import flip_flops
from cvtr_widgets.insight.rules.near_duplicates import near_duplicates
from cvtr_widgets.insight.rules.score_thresholds import thresholds
from cvtr_widgets.insight.rules.telephones import telephones
from cvtr_widgets.insight.rules.unusual_rates import unusual_rates
from cvtr_widgets.insight.rules.unusual_reasons import collected_reasons

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        duplicates, near_duplicates, email_domains, telephones, bursts, unusual_rates, collected_reasons, thresholds, flip_flops,
        wrongly_billed, delivered_then_invalid,
    )
}  # fmt: skip
"""The rules by name, in the order in which they run."""
