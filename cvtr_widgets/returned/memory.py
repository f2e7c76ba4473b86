"""How each advertiser writes returns files, remembered from the user's choices: which column is which, and what a wording means.

Kept in a file of this user's settings that its owner alone can read. It holds names of columns, wordings and listed reasons, and
nothing of a lead: a wording in which there is an address or a number of somebody is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvtr_widgets import redact, safe_files
from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import SettingsError
from cvtr_widgets.models import Identity
from cvtr_widgets.returned.columns import ROLES
from cvtr_widgets.settings import SETTINGS, returns_path

VERSION = 1
MOST_BYTES = 4_000_000
MOST = 500
"""Wordings and columns that are kept of one advertiser."""
LONGEST = 200
"""Characters that a wording or a column's name may have to be kept."""
Target = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Habits:
    """How one advertiser writes: role -> column (None: no column says it), and wording -> (reason, category)."""

    columns: Mapping[str, str | None] = field(default_factory=dict)
    reasons: Mapping[str, Target] = field(default_factory=dict)


def path_of(identity: Identity) -> Path:
    """The file of an enterprise."""
    # Apart from the real enterprise of that name: what was tried on a sandbox must not decide about real rows.
    if identity.sandbox:
        return returns_path(f"{identity.enterprise}-sandbox")
    return returns_path(identity.enterprise, identity.origin)


def habits_of(identity: Identity, advertiser: str) -> Habits:
    """What is remembered of an advertiser; empty where nothing is.

    Raises:
        SettingsError: the file is there and cannot be used.
    """
    # Under a name without case and double spaces: who writes "ACME ltd" next month means the same advertiser.
    said = _read(path_of(identity)).get(_named(advertiser), {})
    columns = {role: name for role, name in said.get("columns", {}).items() if role in ROLES}
    reasons = {wording: (pair[0], pair[1]) for wording, pair in said.get("reasons", {}).items()}
    return Habits(columns, reasons)


def remember(
    identity: Identity, advertiser: str, columns: Mapping[str, str | None], reasons: Mapping[str, Target | None]
) -> list[str]:
    """Add to what is remembered of an advertiser; a wording with None is forgotten. Gives sentences about what was not kept.

    Raises:
        SettingsError: the file cannot be read or written.
    """
    path = path_of(identity)
    notes: list[str] = []
    everything = _read(path)
    mine = everything.setdefault(_named(advertiser), {"columns": {}, "reasons": {}})
    # A wording such as "asked by ann@example.com" would keep somebody's address in a file of settings for years.
    hidden = [name for name in columns.values() if name is not None and not _may_be_kept(name)]
    hidden += [text for text, target in reasons.items() if target is not None and not _may_be_kept(text)]
    if hidden:
        notes.append(
            f"Not remembered: {len(hidden):,} columns or wordings that hold an address, a long number, or more than {LONGEST} "
            "characters."
        )
    mine["columns"] |= {role: name for role, name in columns.items() if name not in hidden}
    for text, target in reasons.items():
        if target is None:
            mine["reasons"].pop(text, None)
        elif text not in hidden:
            mine["reasons"][text] = list(target)
    if max(map(len, mine.values())) > MOST:
        raise SettingsError(f"More than {MOST} wordings of one advertiser cannot be remembered. Leave advertiser= out.")
    _write(path, everything)
    return notes


def forget(identity: Identity, advertiser: str) -> bool:
    """Forget all of an advertiser; gives whether there was something.

    Raises:
        SettingsError: the file cannot be read or written.
    """
    path = path_of(identity)
    everything = _read(path)
    if everything.pop(_named(advertiser), None) is None:
        return False
    _write(path, everything)
    return True


def advertisers(identity: Identity) -> list[str]:
    """Of whom something is remembered."""
    return sorted(_read(path_of(identity)))


def _may_be_kept(text: str) -> bool:
    return len(text) <= LONGEST and not redact.personal(text)


def _named(advertiser: str) -> str:
    return " ".join(advertiser.split()).casefold()


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content = safe_files.read(path, SettingsError, most=MOST_BYTES, what="file of returns")
    # Whatever is wrong with it ends in the one error below: a half-read memory would map wordings to what nobody chose.
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        said = json.loads(content)
        if said["version"] == VERSION and all(_is_whole(one) for one in said["advertisers"].values()):
            found: dict[str, Any] = said["advertisers"]
            return found
    raise SettingsError(
        f"{shown(path)} is damaged, or another version wrote it. Repair it or delete it; you then map the wordings again."
    )


def _is_whole(one: Any) -> bool:
    names = all(isinstance(k, str) and (v is None or isinstance(v, str)) for k, v in one["columns"].items())
    return names and all(
        isinstance(k, str) and len(v) == 2 and isinstance(v[0], str) and (v[1] is None or isinstance(v[1], str))
        for k, v in one["reasons"].items()
    )


def _write(path: Path, everything: Mapping[str, Any]) -> None:
    text = json.dumps({"version": VERSION, "advertisers": everything}, ensure_ascii=False, indent=1, sort_keys=True)
    try:
        safe_files.close_folder(path.parent, lambda name: name.endswith(".json"))
        safe_files.close_folder(path.parent.parent, lambda name: name in SETTINGS)
    except OSError as error:
        raise SettingsError(
            f"{shown(path)} cannot be written: {error.strerror}. Choose another folder with CVTR_SETTINGS."
        ) from None
    safe_files.write(path, [text.encode()], SettingsError, private=True, overwrite=True)
