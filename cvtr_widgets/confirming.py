"""Whether a plan is confirmed as it must be: by yes, by the number of leads, by a signature under this very plan."""

from __future__ import annotations

from collections.abc import Callable

from cvtr_widgets.errors import NotConfirmed
from cvtr_widgets.models import Signature
from cvtr_widgets.runs.plan import Plan


def confirmed(
    plan: Plan, confirm: bool | int, signature: str | Signature | None, sign: Callable[[Plan, str], Signature]
) -> Signature | None:
    """The signature under a plan that is confirmed as it must be (None: it takes none).

    Raises:
        NotConfirmed: confirmation, count or signature is missing or does not fit.
    """
    if not plan.will_change:
        return None
    if plan.needs_count:
        if confirm is True or confirm is False or confirm != plan.will_change:
            raise NotConfirmed(
                f"This plan deletes, which cannot be undone. Confirm with the number of leads: confirm={plan.will_change}."
            )
    elif confirm is not True:
        raise NotConfirmed(f"Not confirmed. To go on, pass confirm=True to: {plan.statement}")
    if not plan.needs_signature:
        if signature is not None:
            raise NotConfirmed("This plan is not signed. Leave the signature out.")
        return None
    if signature is None:
        raise NotConfirmed(f'This needs your signature: pass signature="Your Printed Name" to: {plan.statement}')
    signed = sign(plan, signature) if isinstance(signature, str) else signature
    if signed.fingerprint != plan.fingerprint:
        raise NotConfirmed("This signature belongs to another plan. Sign this one.")
    return signed
