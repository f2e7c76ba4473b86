"""Where files live, which environment variables count, the time zone shown, and the limits.

| variable | meaning |
| --- | --- |
| ``CVTR_ENTERPRISE`` | the enterprise, when ``connect()`` is not told |
| ``CVTR_URL`` | its address, where that is not ``https://<enterprise>.cvtr.io`` |
| ``CVTR_USERNAME`` ``CVTR_PASSWORD`` | its account; sent to the address of these two variables and to no other |
| ``CVTR_TOKEN`` | a token from the platform instead of user and password (single sign-on only); sent to that address alone |
| ``CVTR_DIALECT`` | path of a dialect file |
| ``CVTR_POLICY`` | path of a policy file |
| ``CVTR_SETTINGS`` | folder of this user's settings: dialects, policies, and how advertisers write returns files |
| ``CVTR_JOURNAL`` | folder of the journals of runs |
| ``CVTR_JOURNAL_COMMENTS`` | ``1``: comments are kept in the journal in full, not only as a hash |
| ``CVTR_VISITOR`` | under Voilà, who visits: set by the demo from a cookie; the journal is kept by it |
| ``CVTR_SHARED`` | folder, on this machine, in which your kernels share the request limit |
| ``CVTR_TIMEZONE`` | zone in which times are shown, such as ``Europe/London`` (default: this machine's) |
| ``CVTR_CHUNK`` ``CVTR_IN_FLIGHT`` ``CVTR_REQUESTS`` | leads a write, requests at once (at most 9), requests per 5 minutes |
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from dateutil.tz import gettz, tzlocal

from cvtr_widgets import safe_files
from cvtr_widgets.errors import CvtrError, SettingsError
from cvtr_widgets.request_limits import Limits

Given = ParamSpec("Given")
Result = TypeVar("Result")
APP = "cvtr-widgets"
MAX_IN_FLIGHT = 9
"""Convertr asks for fewer than 10 requests at once."""


def zone(environ: Mapping[str, str] = os.environ) -> tzinfo:
    """The one zone in which times are shown: CVTR_TIMEZONE, else this machine's, with its past and coming changes of the clock.

    Raises:
        SettingsError: ``CVTR_TIMEZONE`` names no zone.
    """
    name = environ.get("CVTR_TIMEZONE", "")
    if not name:
        return _machine_zone(environ.get("TZ", "").lstrip(":"))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"CVTR_TIMEZONE is {name!r}, which is not a time zone. Use one like Europe/London.") from None


def _machine_zone(named: str) -> tzinfo:
    """The zone that TZ or /etc/localtime names; where these are not as usual (Windows), what the system tells of it."""
    local = Path(os.path.realpath(named if named.startswith("/") else "/etc/localtime"))
    folders = local.parts
    key = "/".join(folders[folders.index("zoneinfo") + 1 :]) if "zoneinfo" in folders else None
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if named and not named.startswith("/"):
            return ZoneInfo(named)
        with local.open("rb") as file:
            return ZoneInfo.from_file(file, key=key)
    found: tzinfo = gettz(named or None) or tzlocal()
    return found


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    # isdigit() alone takes “²”, which int() refuses, and the digits of other scripts.
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} is {text[:40]!r}. Give a whole number from {low} to {high}, or unset it.")
    return int(text)


def limits(environ: Mapping[str, str] = os.environ) -> Limits:
    """The limits in force: Convertr's documented ones, unless the environment gives others.

    Raises:
        SettingsError: a variable is not a number in its range.
    """
    usual = Limits()
    return Limits(
        chunk=_number(environ, "CVTR_CHUNK", usual.chunk, 1, 500),
        in_flight=_number(environ, "CVTR_IN_FLIGHT", usual.in_flight, 1, MAX_IN_FLIGHT),
        # One version of Convertr's page allows 3,000 requests, another 3,800; nobody has published a larger number.
        requests=_number(environ, "CVTR_REQUESTS", usual.requests, 1, 3_800),
    )


def under_voila(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this kernel belongs to a visitor of a Voilà page: several people may use one account's environment."""
    return environ.get("SERVER_SOFTWARE", "").startswith("voila/") or bool(environ.get("VOILA_KERNEL_ID"))


_own_sandboxes: set[str] = set()


def note_own_sandbox(url: str) -> None:
    """A sandbox runs in this process, and ends with it."""
    _own_sandboxes.add(url)


def is_own_sandbox(url: str) -> bool:
    """Whether the sandbox at this address was started by this process."""
    return url in _own_sandboxes


def visitor_known(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a visitor of a Voilà page who comes back is known again (``cli/visitors.py``), and their runs with them."""
    return under_voila(environ) and bool(environ.get("CVTR_VISITOR"))


def told_to_visitors(act: Callable[Given, Result]) -> Callable[Given, Result]:
    """Print the sentence of an error of ours under Voilà, which shows visitors nothing else of it than that a cell failed."""

    @functools.wraps(act)
    def telling(*args: Given.args, **named: Given.kwargs) -> Result:
        try:
            return act(*args, **named)
        except CvtrError as error:
            if under_voila():
                sys.stdout.write(f"{error}\n")
            raise

    return telling


def keep_comments(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the journal keeps comments in full.

    Raises:
        SettingsError: ``CVTR_JOURNAL_COMMENTS`` is neither 0 nor 1.
    """
    return _number(environ, "CVTR_JOURNAL_COMMENTS", 0, 0, 1) == 1


NETWORK_DISKS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "sshfs", "s3fs",
    "gcsfuse", "blobfuse2", "ncpfs", "davfs",
})  # fmt: skip
"""File systems that several machines reach, by the names that Linux gives them."""


def throw_away(folder: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Why files in this folder will not last, in words; empty where nothing says so."""
    if environ.get("BINDER_LAUNCH_HOST") or environ.get("BINDER_SERVICE_HOST"):
        return "this is a Binder machine, whose disk is deleted at the end"
    place = folder.expanduser().resolve()
    if any(place.is_relative_to(Path(p).resolve()) for p in (tempfile.gettempdir(), "/dev/shm")):  # noqa: S108
        return "it is in a folder for temporary files"
    return ""


def on_shared_disk(folder: Path, mounts: str = "/proc/self/mounts") -> str:
    """Why files in this folder lie on a disk that other machines reach, in words; empty where nothing says so.

    ``mounts``: the system's list of file systems (Linux; elsewhere only a network path of Windows is recognised).
    """
    place = folder.expanduser().resolve()
    if str(place).startswith("\\\\"):
        return "it lies on a network drive"
    try:
        lines = [line.split(" ") for line in Path(mounts).read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    # A space in a path is written as \040. The longest path that holds the folder is its file system.
    found = [(line[1].replace("\\040", " "), line[2]) for line in lines if len(line) > 2]
    holding = [(len(point), kind) for point, kind in found if place.is_relative_to(point)]
    kind = max(holding)[1] if holding else ""
    return f"it lies on a network disk ({kind})" if kind.removeprefix("fuse.") in NETWORK_DISKS else ""


def shared_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in which kernels share the request limit: ``CVTR_SHARED``, else in this user's state folder."""
    given = environ.get("CVTR_SHARED", "")
    return Path(given).expanduser() if given else platformdirs.user_state_path(APP) / "limits"


def dialect_path(enterprise: str, origin: str = "", environ: Mapping[str, str] = os.environ) -> Path | None:
    """The dialect file of an enterprise at an address: ``CVTR_DIALECT``, else ``dialect_file`` where that is there, else None.

    Raises:
        SettingsError: ``CVTR_DIALECT`` names a file that is not there.
    """
    given = environ.get("CVTR_DIALECT", "")
    if given:
        path = Path(given).expanduser()
        if not path.is_file():
            raise SettingsError(f"CVTR_DIALECT names {given!r}, and there is no such file. Correct or unset it.")
        return path
    path = dialect_file(enterprise, origin, environ)
    return path if _is_there(path) else None


def _is_there(path: Path) -> bool:
    """Whether there is such a file. That it cannot be seen is not taken for "no": it may hold what must be obeyed.

    Raises:
        SettingsError: the folder may not be looked into.
    """
    try:
        return path.is_file()
    except OSError as error:
        raise SettingsError(
            f"The settings in {path.parent} cannot be looked at: {error.strerror}. Give yourself permission, or choose another "
            "folder with CVTR_SETTINGS."
        ) from None


def dialect_file(enterprise: str, origin: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """Where the dialect file of an enterprise is kept, whether it is there or not: ``<settings>/dialects/<enterprise>.toml``
    for its usual address, a file of its own for any other ``origin``.
    """
    folder = settings_folder(environ) / "dialects"
    if origin in {"", usual_origin(enterprise)}:
        return folder / f"{safe_name(enterprise)}.toml"
    mark = hashlib.sha256(f"{enterprise}|{origin}".encode()).hexdigest()[:8]
    return folder / f"{safe_name(enterprise)}-at-{safe_name(origin.partition('://')[2])}-{mark}.toml"


def policy_path(enterprise: str, origin: str = "", environ: Mapping[str, str] = os.environ) -> Path | None:
    """The policy of an enterprise at an address: ``CVTR_POLICY``, else ``<settings>/policies/<enterprise>.toml`` (another name
    for another address, as for dialects); None if there is none.

    Raises:
        SettingsError: ``CVTR_POLICY`` names a file that is not there.
    """
    if given := environ.get("CVTR_POLICY", ""):
        path = Path(given).expanduser()
        if not path.is_file():
            raise SettingsError(f"CVTR_POLICY names {given!r}, and there is no such file. Correct or unset it.")
        return path
    path = settings_folder(environ) / "policies" / dialect_file(enterprise, origin, environ).name
    return path if _is_there(path) else None


def returns_path(enterprise: str, origin: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """Where it is kept how each advertiser of an enterprise writes returns files: ``<settings>/returns/<enterprise>.json``
    (another name for another address, as for dialects). All sandboxes of one enterprise share one: their ports change.
    """
    return settings_folder(environ) / "returns" / dialect_file(enterprise, origin, environ).with_suffix(".json").name


SETTINGS = frozenset({"key", "dialects", "policies", "returns"})
"""What the folder of settings holds."""


def settings_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of this user's settings: ``CVTR_SETTINGS``, else the usual one of this system."""
    given = environ.get("CVTR_SETTINGS", "")
    return Path(given).expanduser() if given else platformdirs.user_config_path(APP)


def machine_key(environ: Mapping[str, str] = os.environ) -> bytes:
    """A random key of this user on this machine, for hashes that nobody else can test guesses against. Made when first asked
    for; where it cannot be kept, one for this process.
    """
    path = settings_folder(environ) / "key"
    with suppress(OSError):
        safe_files.close_folder(path.parent, lambda name: name in SETTINGS)
        made = secrets.token_bytes(32)
        with tempfile.NamedTemporaryFile(dir=path.parent) as file:  # readable by its owner only
            file.write(made)
            file.flush()
            with suppress(FileExistsError):  # whoever was first: a link never replaces a file
                os.link(file.name, path)
        safe_files.close_file(path)
        found = path.read_bytes()
        if len(found) == len(made):
            return found
    return _PROCESS_KEY


_PROCESS_KEY = secrets.token_bytes(32)


def usual_origin(enterprise: str) -> str:
    """``https://acme.cvtr.io`` for ``acme``."""
    return f"https://{enterprise}.cvtr.io"


def safe_name(text: str) -> str:
    """``text`` made fit for a file name."""
    return re.sub(r"[^\w.-]", "_", text)[:80] or "_"
