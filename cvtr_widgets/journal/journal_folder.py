"""Where journals are kept, and which file is the journal of an account."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from cvtr_widgets.models import Identity
from cvtr_widgets.settings import APP, safe_name, under_voila


def journal_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the journals: ``CVTR_JOURNAL``, else this user's state folder; under Voilà one of the visitor's own."""
    given = environ.get("CVTR_JOURNAL", "")
    folder = Path(given).expanduser() if given else platformdirs.user_state_path(APP) / "journal"
    if not under_voila(environ):
        return folder
    # Runs of one visitor are never offered to another, though both work with the same account. CVTR_VISITOR is from a cookie of
    # the browser (cli/visitors.py): whoever comes back finds their runs. Without it the kernel is all that is known.
    return folder / "visitors" / safe_name(environ.get("CVTR_VISITOR") or environ.get("VOILA_KERNEL_ID") or str(os.getpid()))


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
