"""Writing a plan file: the plan, who made it, why, and the remarks with which it was sent back, under one hash."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cvtr_widgets import safe_files
from cvtr_widgets.arguments import is_text
from cvtr_widgets.errors import ArgumentError, ExportError, PlanError
from cvtr_widgets.models import HashedText, Provenance
from cvtr_widgets.plans.canonical_json import canonical
from cvtr_widgets.plans.fingerprint import must_be_whole
from cvtr_widgets.plans.plan_content import PlanContent
from cvtr_widgets.plans.plan_data import plan_data, plan_parts

KIND, VERSION = "cvtr-plan", 1
SAVED: set[str] = set()
"""Fingerprints of the plans that this process has saved: others may have run them since."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What was said when a plan was sent back: by which login (``account``, ``user_id`` as in ``Identity``), and when."""

    account: str
    user_id: int | None
    at: datetime
    text: str = field(repr=False)


def save(plan: PlanContent, path: Path, why: str, *, overwrite: bool) -> Path:
    """Write a plan file; see ``Plan.save``."""
    written = safe_files.write(path, _made(plan, why), ExportError, private=True, overwrite=overwrite)
    SAVED.add(plan.fingerprint)
    return written


def saved(plan: PlanContent, why: str) -> bytes:
    """The content of a plan file, for somebody who keeps it elsewhere; otherwise as ``save``."""
    made = b"".join(_made(plan, why))
    SAVED.add(plan.fingerprint)
    return made


def _made(plan: PlanContent, why: str) -> list[bytes]:
    text = words("why", why, "Say in a sentence what the plan is for: plan.save(path, why='...').")
    if any(isinstance(action.comment, HashedText) for action, _ in plan.groups):
        raise PlanError(
            "A comment of this plan is known only as a hash, so nobody could run it. Plan again, then save that plan."
        )
    must_be_whole(plan, plan)
    found = Provenance(
        plan.fingerprint, plan.made_at, plan.account or f"user:{plan.user_id}", plan.user_id, datetime.now(UTC), text
    )
    return pieces(plan, found, ())


def pieces(plan: PlanContent, provenance: Provenance, remarks: Sequence[Remark]) -> list[bytes]:
    """What is in a plan file."""
    said = [{**dataclasses.asdict(one), "at": one.at.isoformat()} for one in remarks]
    head = {
        "file": KIND, "version": VERSION, "why": provenance.why, "saved_at": provenance.saved_at.isoformat(),
        "made_by": provenance.account, "says": plan.statement, "counts": plan.counts, "masked": plan.masked,
        "remarks": said, "plan": plan_data(plan, keep_comments=True), "leads": list(plan_parts(plan)),
    }  # fmt: skip
    body = canonical(head)[:-1].encode()
    end = f',"sha256":"{hashlib.sha256(body).hexdigest()}"}}\n'.encode()
    return [body, end]


def words(name: str, given: Any, advice: str) -> str:
    """A sentence that the user has to give, checked."""
    try:
        is_text(name, given)
    except ArgumentError as error:
        raise PlanError(str(error)) from None
    text = str(given).strip()
    if not text:
        raise PlanError(f"{name} is empty. {advice}")
    return text
