"""Which leads of the results have a comment on the screen."""

from __future__ import annotations

import pandas as pd

import cvtr_widgets as cvtr
from cvtr_widgets.panel.steps.processing_view import alarms_first


def test_a_lead_that_went_well_has_no_comment_and_whatever_else_is_said_stays():
    with cvtr.Sandbox(leads=60) as sandbox:
        client = sandbox.connect()
        session = cvtr.LeadSession(client, progress=False)
        plan = session.plan(cvtr.mark_invalid(reason="Returned", category="No budget"), session.pull().index[:20])
        run = session.run(plan, confirm=True)
        run.wait()
        results = run.results
        session.close()
        client.close()
    confirmed = results[results["outcome"] == "confirmed"]
    assert len(confirmed)
    assert confirmed["detail"].str.startswith("read back: ").all()
    shown = alarms_first(results)
    assert (shown.loc[confirmed.index, "detail"] == "").all()
    others = results[results["outcome"] != "confirmed"]
    pd.testing.assert_series_equal(shown.loc[others.index, "detail"], others["detail"])

    odd = results.assign(detail=[f"{d}; no reliable answer came (timeout)" for d in results["detail"]])
    pd.testing.assert_series_equal(alarms_first(odd)["detail"].sort_index(), odd["detail"].sort_index())
