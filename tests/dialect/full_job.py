"""The full job of all eight actions on one service, held against the truth that the sandbox keeps."""

from __future__ import annotations

import pandas as pd

import cvtr_widgets as cvtr
from cvtr_widgets.sandbox import SandboxServer

PATIENT = cvtr.Patience(settle=10.0, doubt=0.2, queue=20.0, resend=0.05)
N = 3


def run(session: cvtr.LeadSession, action: cvtr.Action, ids: list[int], **more) -> pd.DataFrame:
    plan = session.plan(action, ids)
    assert plan.will_change == len(ids), plan.frame[["verdict", "why"]]
    confirm = plan.will_change if plan.needs_count else True
    signature = "Ana Example" if plan.needs_signature else None
    results = session.run(plan, confirm=confirm, signature=signature, **more).results
    assert list(results.index) == ids
    return results


def all_eight(session: cvtr.LeadSession, server: SandboxServer, *, accepted: frozenset[str] = frozenset()) -> None:
    """Carry out each action and compare with what then is so. ``accepted``: actions that this service cannot prove."""

    def leads(**where) -> list[int]:
        plain = [i for i in server.lead_ids(**where, limit=400) if i not in used]
        found = [i for i in plain if server.lead(i)["reason"] is None and server.lead(i)["replacement"] is None]
        used.update(found[:N])
        return found[:N]

    used: set[int] = set()

    def check(action: cvtr.Action, ids: list[int], **truth) -> None:
        results = run(session, action, ids)
        wanted = "accepted" if str(action.kind) in accepted else "confirmed"
        assert set(results["outcome"]) == {wanted}, results[["outcome", "detail"]].to_string()
        for lead_id in ids:
            so = server.lead(lead_id)
            assert {k: so[k] for k in truth} == truth
            assert len(server.effects(lead_id)) == 1

    check(
        cvtr.mark_invalid("Returned", category="No budget", comment="asked again; naïve & co"),
        leads(status="Caution"),
        status="Invalid",
        reason="Returned",
        category="No budget",
        comment="asked again; naïve & co",
    )
    check(
        cvtr.mark_invalid("Asked not to be called"),
        leads(status="Caution"),
        status="Invalid",
        reason="Asked not to be called",
        category=None,
    )
    campaign = server.lead(server.lead_ids(status="Caution")[0])["campaign_id"]
    jobs = list(session.integrations(campaign).index)
    check(
        cvtr.mark_valid("Details verified", integrations=jobs),
        leads(status="Caution", campaign=campaign),
        status="Valid",
        reason="Details verified",
        integrations_sent=jobs,
        delivery="Delivered",
    )
    check(cvtr.mark_test("Test lead", comment="ours"), leads(status="Invalid"), status="Test", reason="Test lead", comment="ours")
    check(cvtr.mark_delivered(), leads(status="Valid", delivery="Not Delivered"), delivery="Delivered", advertiser_billable=True)
    check(
        cvtr.mark_undelivered(), leads(status="Valid", delivery="Delivered"), delivery="Not Delivered", advertiser_billable=False
    )
    marked = leads(status="Caution")
    check(
        cvtr.mark_other("Replacement", comment="for a returned lead"),
        marked,
        replacement="Replacement",
        replacement_comment="for a returned lead",
    )
    results = run(session, cvtr.mark_other("None"), marked)
    assert set(results["outcome"]) == {"accepted" if "other" in accepted else "confirmed"}, results["detail"].to_list()
    assert all(server.lead(i)["replacement"] is None for i in marked)
    check(cvtr.reprocess(), leads(status="Valid"), processing_counter=2)
    gone = leads(status="Invalid")
    check(cvtr.delete(), gone, deleted=True)
    assert sum(1 for i in server.lead_ids() if server.effects(i)) == len(used) - len(gone)  # nobody else was touched
