"""Leads without an address among leads that share one: pandas numbers their groups otherwise."""

from __future__ import annotations

import pandas as pd

from cvtr_widgets.insight.finding import Look
from cvtr_widgets.insight.rules.duplicates import OFFICE, _later


def test_leads_without_an_ip_do_not_stop_the_rule() -> None:
    shared = 4 * OFFICE
    addresses = [*(["10.0.0.1"] * shared), *(f"10.1.{n // 250}.{n % 250}" for n in range(20 * shared)), *([None] * shared)]
    leads = pd.DataFrame({"other_ip": addresses, "campaign_id": 1}, index=pd.Index(range(1, len(addresses) + 1), name="lead_id"))
    repeated, first = _later(leads, "other_ip", "IP address", Look())
    assert repeated.sum() == shared - 1
    assert set(first.values()) == {1}
