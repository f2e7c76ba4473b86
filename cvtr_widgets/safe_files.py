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
from collections.abc import Callable, Iterable, Iterator
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
        CvtrError: (``error``) there is none, it is not a regular file, or it is larger.
    """
    place = Path(path).expanduser()
    name = repr(place.name[:80])
    try:
        # O_NONBLOCK: opening a pipe nobody writes to would wait; it has no effect on files.
        handle = os.open(place, os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise error(f"The {what} {name} cannot be read: there is no file at this path. Check it.") from None
    except (OSError, ValueError) as cause:
        why = getattr(cause, "strerror", None) or "no usable path"
        raise error(f"The {what} {name} cannot be read ({why}). Check its path and rights.") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise error(
            f"The {what} {name} cannot be read: it is {kind_of(found.st_mode)}, not a file. "
            "Save what it gives to a file, and give that."
        )
    with open(handle, "rb") as file:  # noqa: PTH123  from a descriptor
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
    private: bool = False,
    overwrite: bool = False,
    follow_symlink: bool = False,
    durable: bool = False,
) -> Path:
    """Write a file beside its place and rename it into it: it is there as a whole, or what was there stays.

    Args:
        path: the file.
        pieces: what to write, made while it is written; an error on the way leaves nothing behind.
        error: what to raise.
        private: readable by this user only, whatever stood there and whatever the umask says; else as the umask says, and
            as the file that is replaced was.
        overwrite: replace a file that is there.
        follow_symlink: where ``path`` is a symbolic link, write to where it leads.
        durable: the folder is flushed to the disk, too, so that the file's name survives a loss of power.

    Raises:
        CvtrError: (``error``) it cannot be written, or something is in its place that may not be replaced.
    """
    place = Path(path).expanduser()
    name = repr(place.name[:80])
    try:
        place, rights = _target(place, error, overwrite=overwrite, follow_symlink=follow_symlink)
        beside = place.with_name(f".{place.name[:80]}-{secrets.token_hex(6)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(beside, flags, FILE if private else 0o666)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123  from a descriptor
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            if private or rights is not None:
                with contextlib.suppress(OSError):  # some file systems keep no rights
                    beside.chmod(FILE if private or rights is None else rights)
            if not _put(beside, place, overwrite=overwrite):
                raise error(_TAKEN.format(name))
            if durable:
                flush_folder(place.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except (OSError, ValueError) as cause:
        why = getattr(cause, "strerror", None) or "no usable path"
        raise error(f"{name} cannot be written ({why}). Close it elsewhere, or choose another place.") from None
    return place


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can do that."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot
        handle = os.open(folder, os.O_RDONLY | _FLAGS)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_TAKEN = "The file {} already exists and was left as it is. Give another name, or pass overwrite=True."


def _put(beside: Path, place: Path, *, overwrite: bool) -> bool:
    """Into its place. False: nothing may be replaced, and something came there meanwhile."""
    if not overwrite:
        try:
            os.link(beside, place)  # unlike a renaming, never takes the place of another file
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if place.exists():
                return False
        else:
            beside.unlink()
            return True
    beside.replace(place)
    return True


def _target(place: Path, error: type[CvtrError], *, overwrite: bool, follow_symlink: bool) -> tuple[Path, int | None]:
    """Where to write, and the rights of the file that is there."""
    if place.is_symlink():
        if not follow_symlink:
            raise error(
                f"{place.name[:80]!r} is a symbolic link, which is not followed. Give the path it points to, or another name."
            )
        place = place.resolve()
    try:
        found = place.stat()
    except FileNotFoundError:
        return place, None
    if not stat.S_ISREG(found.st_mode):
        raise error(f"{place.name[:80]!r} is {kind_of(found.st_mode)}, not a file. Choose another name.")
    if not overwrite:
        raise error(_TAKEN.format(repr(place.name[:80])))
    if not os.access(place, os.W_OK):
        raise error(f"{place.name[:80]!r} is write-protected. Choose another name, or allow writing.")
    return place, stat.S_IMODE(found.st_mode)


# -- what is this user's alone --------------------------------------------------------------------------------------------


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only, whatever the umask says. One that is there
    stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    place = folder
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was quicker
            one.mkdir(mode=FOLDER)
            one.chmod(FOLDER)
    if not folder.is_dir():
        folder.mkdir()  # says what is in its place


def close_folder(folder: Path, ours: Callable[[str], bool]) -> None:
    """``make_folder``, and where it was there before with wider rights, take them back. ``ours``: whether a name in it is one
    that this package gave; a folder that holds anything else is somebody's choice, and its rights are left alone.

    Raises:
        OSError: it cannot be made.
    """
    make_folder(folder)
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        found = folder.stat()
        wider = found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX
        if wider and found.st_uid == os.getuid() and all(ours(one.name) for one in folder.iterdir()):
            folder.chmod(FOLDER)


def close_file(path: Path, *, make: bool = False) -> None:
    """Close a file of ours to others; with ``make``, make it so, empty, before a library opens it with rights of its own.

    Raises:
        OSError: it cannot be made.
    """
    if make:
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, FILE)
            with contextlib.suppress(OSError), contextlib.closing(os.fdopen(handle, "wb")):
                path.chmod(FILE)  # under a umask that takes our own rights away
            return
    if os.name == "posix":
        with contextlib.suppress(OSError):
            found = path.stat()
            if found.st_mode & 0o077 and found.st_uid == os.getuid():
                path.chmod(FILE)
