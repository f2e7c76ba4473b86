"""Which file is the journal of an account."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cvtr_widgets.models import Identity
from cvtr_widgets.settings import safe_name


def journal_file(folder: Path, identity: Identity) -> Path:
    """The journal of one account at one address. All sandboxes of a user share one: what is in it says of which sandbox."""
    if identity.sandbox:
        return folder / "sandbox" / f"runs-{safe_name(identity.enterprise)}-{_user(identity)}.sqlite"
    whose = hashlib.sha256(f"{identity.enterprise}|{identity.origin}|{identity.account}".encode()).hexdigest()[:16]
    return folder / "live" / f"runs-{safe_name(identity.enterprise)}-{whose}.sqlite"


def older_journal(folder: Path, identity: Identity) -> Path | None:
    """The journal that older versions kept for this enterprise and user, at whatever address; None if there is none.

    They kept one for all tokens: that is nobody's.
    """
    if identity.sandbox or identity.user_id is None:
        return None
    path = folder / "live" / f"runs-{safe_name(identity.enterprise)}-{identity.user_id}.sqlite"
    return path if path.is_file() else None


def _user(identity: Identity) -> str:
    return str(identity.user_id or safe_name(identity.username))
