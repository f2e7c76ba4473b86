"""Files and folders, safely: read what is a file and no larger than allowed; write beside and rename; keep to this user.

A pipe, a device or a socket under a file's name is refused: it would be waited for without end. What is written appears as a
whole or not at all, so that a crash, a full disk or an error on the way leaves the old file. A symbolic link is not followed
unless the caller says so: what it leads to was not named by anybody here.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cvtr_widgets.errors import CvtrError

FOLDER, FILE = 0o700, 0o600
"""Rights of what is this user's alone."""
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@contextlib.contextmanager
def opened(path: str | os.PathLike[str], error: type[CvtrError], *, most: int, what: str = "file") -> Iterator[IO[bytes]]:
    """A file for reading, after a look at what it is.

    Args:
        path: where it is.
        error: what to raise.
        most: bytes that it may have.
        what: what it should be, for the message.

    Raises:
        CvtrError: (``error``) there is none, it is no regular file, or it is larger.
    """
    place = Path(path)
    name = repr(place.name[:80])
    try:
        # O_NONBLOCK: opening a pipe nobody writes to would wait; it has no effect on files.
        handle = os.open(place, os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise error(f"The {what} {name} cannot be read: there is no file at that place. Check the path.") from None
    except (OSError, ValueError) as cause:
        why = getattr(cause, "strerror", None) or "no usable path"
        raise error(f"The {what} {name} cannot be read ({why}). Check its path and rights.") from None
    with open(handle, "rb") as file:  # noqa: PTH123  from a descriptor
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise error(
                f"The {what} {name} cannot be read: it is {kind_of(found.st_mode)}, not a file. "
                "Save what it gives to a file, and give that."
            )
        if found.st_size > most:
            raise error(f"The {what} {name} is larger than {size(most)}. Give a smaller one.")
        yield file


def read(path: str | os.PathLike[str], error: type[CvtrError], *, most: int, what: str = "file") -> bytes:
    """What is in a file.

    Raises:
        CvtrError: (``error``) as ``opened``; also where the file grew past ``most`` while it was read.
    """
    with opened(path, error, most=most, what=what) as file:
        try:
            content = file.read(most + 1)
        except OSError as cause:
            raise error(f"The {what} {Path(path).name!r} cannot be read ({cause.strerror}). Check the disk.") from None
    if len(content) > most:
        raise error(f"The {what} {Path(path).name!r} is larger than {size(most)}. Give a smaller one.")
    return content


def kind_of(mode: int) -> str:
    """What a path leads to, in words."""
    kinds = (
        (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
    )  # fmt: skip
    return next((word for test, word in kinds if test(mode)), "something else")


def size(count: int) -> str:
    """A number of bytes, to be read."""
    return f"{count / 1e6:,.0f} MB" if count >= 1_000_000 else f"{count / 1e3:,.0f} KB"


def write(
    path: str | os.PathLike[str],
    pieces: Iterable[bytes],
    error: type[CvtrError],
    *,
    private: bool,
    follow_symlink: bool = False,
) -> Path:
    """Write a file beside its place and rename it into it: it is there as a whole, or the old one stays.

    Args:
        path: the file; one that is there is replaced, and keeps its rights unless ``private``.
        pieces: what to write, made while it is written; an error on the way leaves nothing behind.
        error: what to raise.
        private: readable by this user only, whatever stood there; else as the umask says.
        follow_symlink: where ``path`` is a symbolic link, write to where it leads.

    Raises:
        CvtrError: (``error``) it cannot be written, or something other than a file is in its place.
    """
    place = Path(path)
    name = repr(place.name[:80])
    try:
        place, mode = _target(place, error, follow_symlink=follow_symlink)
        if private:
            private_folder(place.parent, error)
        rights = FILE if private else 0o666
        beside = place.with_name(f".{place.name[:80]}-{secrets.token_hex(6)}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS | getattr(os, "O_NOFOLLOW", 0), rights)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123  from a descriptor
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None and not private:
                with contextlib.suppress(OSError):
                    beside.chmod(mode)
            beside.replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except (OSError, ValueError) as cause:
        why = getattr(cause, "strerror", None) or "no usable path"
        raise error(f"{name} cannot be written ({why}). Close it elsewhere, or choose another place.") from None
    return place


def _target(place: Path, error: type[CvtrError], *, follow_symlink: bool) -> tuple[Path, int | None]:
    """Where to write, and the rights of the file that is there."""
    if place.is_symlink():
        if not follow_symlink:
            raise error(
                f"{place.name[:80]!r} is a symbolic link, which is not followed. Give the path it leads to, or another name."
            )
        place = place.resolve()
    try:
        found = place.stat()
    except FileNotFoundError:
        return place, None
    if not stat.S_ISREG(found.st_mode):
        raise error(f"{place.name[:80]!r} is {kind_of(found.st_mode)}, not a file. Choose another name.")
    if not os.access(place, os.W_OK):
        raise error(f"{place.name[:80]!r} is write-protected. Choose another name, or allow writing.")
    return place, stat.S_IMODE(found.st_mode)


def private_folder(folder: Path, error: type[CvtrError] | None = None) -> None:
    """Make a folder, and those above it that are missing, for this user only. One that is there stays as it is.

    Raises:
        CvtrError: (``error``; without it OSError) it cannot be made.
    """
    missing = []
    place = folder
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    try:
        for one in reversed(missing):
            one.mkdir(mode=FOLDER, exist_ok=True)
        folder.mkdir(mode=FOLDER, exist_ok=True)
    except OSError as cause:
        if error is None:
            raise
        raise error(f"The folder {folder.name[:80]!r} cannot be made ({cause.strerror}). Choose another place.") from None


def own_folder(folder: Path) -> None:
    """``private_folder`` for a folder that only this package uses: one of ours that is there already is closed to others."""
    private_folder(folder)
    with contextlib.suppress(OSError):
        if os.name == "posix" and folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077:
            folder.chmod(FOLDER)


def own_file(path: Path) -> None:
    """Make a file, empty, for this user only, before a library opens it; one that is there is closed to others."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, FILE))
        return
    with contextlib.suppress(OSError):
        if os.name == "posix" and path.stat().st_uid == os.getuid() and path.stat().st_mode & 0o077:
            path.chmod(FILE)
