"""Plan files: a plan written down for somebody else to look at, sign and run.

The file is JSON whose last member is the SHA-256 of every byte before it, so that any byte that was changed, added or lost is
noticed. What that proves: the file is as it was saved. What it cannot prove: who saved it. Whoever can write the file can make
another one with another maker's id in it; that is why whoever opens a plan has every lead read again, and signs what is shown
then.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError, PlanError, PlanOutOfDate
from cvtr_widgets.models import Identity, Provenance
from cvtr_widgets.plans.fingerprint import is_as_made
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.plan_file_writer import KIND, VERSION, Remark, pieces, words
from cvtr_widgets.plans.plan_from_data import plan_from
from cvtr_widgets.reader_limits import PLAN_BYTES

_END = re.compile(rb',"sha256":"([0-9a-f]{64})"\}\n\Z')
_DAMAGED = (
    "This plan file is not as it was saved: something in it was changed, added or lost. Ask for it again; nothing was done."
)


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file holds: the plan as its maker saw it, where it comes from, and the remarks with which it was sent back."""

    plan: Plan
    provenance: Provenance
    remarks: tuple[Remark, ...] = ()


def sent_back(held: PlanFile, path: Path, remark: str, whose: Identity, *, overwrite: bool) -> Path:
    """Write the plan again with one more remark: it is not to be run as it is.

    Raises:
        PlanError: the remark is empty. ExportError: it cannot be written, or is there and ``overwrite`` is not set.
    """
    return safe_files.write(path, [with_remark(held, remark, whose)], ExportError, private=True, overwrite=overwrite)


def with_remark(held: PlanFile, remark: str, whose: Identity) -> bytes:
    """The content of what ``sent_back`` writes.

    Raises:
        PlanError: the remark is empty.
    """
    text = words("remark", remark, "Say what is to be changed.")
    said = Remark(whose.account, whose.user_id, datetime.now(UTC), text)
    return b"".join(pieces(held.plan, held.provenance, (*held.remarks, said)))


def read(path: str | Path) -> PlanFile:
    """A plan file, if it is as it was saved.

    Raises:
        PlanOutOfDate: a byte of it was changed. PlanError: it is not a plan file, or a newer version's.
    """
    return held_in(safe_files.read(path, PlanError, most=PLAN_BYTES, what="plan file"), Path(path).name)


def held_in(content: bytes, name: str) -> PlanFile:
    """What the content of a plan file says; otherwise as ``read``."""
    if len(content) > PLAN_BYTES:
        raise PlanError(
            f"{name[:80]!r} is larger than {safe_files.size(PLAN_BYTES)}, so it cannot be a plan file. Give another one."
        )
    # The hash stands last, over all bytes before it, so that any change is found before anything is parsed. It protects against
    # accidents and careless edits; somebody who can compute a hash can make a new one, which is why the leads are read again
    # when the file is opened.
    found = _END.search(content)
    if found is None:
        if content[:20].startswith(b'{"file":"cvtr-plan"'):
            raise PlanOutOfDate(_DAMAGED)
        raise PlanError(f"{name[:80]!r} is not a plan file. Give one that plan.save() wrote.")
    if hashlib.sha256(content[: found.start()]).hexdigest().encode() != found[1]:
        raise PlanOutOfDate(_DAMAGED)
    try:
        said = orjson.loads(content)
        if said["file"] != KIND or said["version"] != VERSION:
            raise PlanError("This plan file was written by another version of cvtr_widgets. Use the same version, or plan again.")
        held = _held(said)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise PlanError(f"This plan file cannot be understood ({type(error).__name__}). Have it saved again.") from None
    # Beside the file's hash: that what was parsed gives the fingerprint that the maker saw.
    if not is_as_made(held.plan) or held.plan.total != said["plan"]["entries"]:
        raise PlanOutOfDate(_DAMAGED)
    return held


def _held(said: Mapping[str, Any]) -> PlanFile:
    plan = dataclasses.replace(plan_from(said["plan"], said["leads"]), masked=said["masked"])
    remarks = tuple(Remark(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in said["remarks"])
    saved_at, back = datetime.fromisoformat(said["saved_at"]), bool(remarks)
    found = Provenance(plan.fingerprint, plan.made_at, said["made_by"], plan.user_id, saved_at, said["why"], back)
    return PlanFile(plan, found, remarks)
