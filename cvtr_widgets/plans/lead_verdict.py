"""The verdict on one lead: whether an action may be done to it in the state that it is in, and why not."""

from __future__ import annotations

from cvtr_widgets.actions.catalogue import ROWS, Family, family_of
from cvtr_widgets.actions.read_back_proof import Observation, delivered_now, leads_to_delivered, stands
from cvtr_widgets.models import Action, Identity, Lead, Verdict


def judge(action: Action, observation: Observation, identity: Identity) -> tuple[Verdict, str]:
    """The verdict on one lead, and why."""
    lead = observation.lead
    if lead is None:
        return Verdict.NOT_FOUND, "deleted, or not visible to you"
    # Only a plain no counts. Where the service does not say who may delete, it decides when it is asked to.
    if ROWS[action.kind].needs_right and identity.may_delete is False:
        return Verdict.NOT_ALLOWED, "this account has no right to delete leads"
    family = family_of(action)
    if family is Family.DELIVERY:
        return _judge_delivery(action, observation, lead)
    # A lead that is Valid already is still sent to the integrations that were ticked, so it is not left out then.
    if family in {Family.FLAG, Family.REPLACEMENT} and not action.integrations and stands(action, lead):
        what = "the mark and its comment" if family is Family.REPLACEMENT else "status, reason, category and comment"
        return Verdict.ALREADY_SO, f"{what} are set this way"
    return Verdict.WILL_CHANGE, ""


def _judge_delivery(action: Action, observation: Observation, lead: Lead) -> tuple[Verdict, str]:
    target = leads_to_delivered(action)
    now = delivered_now(observation)
    if now is None:
        known = observation.delivered is not None
        return Verdict.CANNOT_TELL, (
            "the delivery check and the delivery field contradict each other"
            if known
            else "the service does not say whether it is delivered"
        )
    if now is target:
        return Verdict.ALREADY_SO, f"it is {'Delivered' if target else 'Not Delivered'}"
    if not isinstance(lead.status, str):
        return Verdict.CANNOT_TELL, "the service does not give its Current Status"
    # Convertr's older pages say so of Delivered and Undelivered. What it does with other leads among these is not documented.
    if lead.status != "Valid":
        return Verdict.NOT_ELIGIBLE, f"only Valid leads can be marked this way; this one is {lead.status}"
    return Verdict.WILL_CHANGE, ""
