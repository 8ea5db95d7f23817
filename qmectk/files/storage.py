"""Where qmectk keeps what it may throw away, and the one way in which all of it writes files.

A regular file is replaced in one step by a finished one: readers see the old one or the new one, never half of it.
Links are followed to the file they mean. What is no regular file (a device, a FIFO, standard output) is written into.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import InputError

#: Set this to keep trained policies and certified references in another folder.
ENVIRONMENT = "QMECTK_CACHE_DIR"

#: Seconds to wait until a process reads from a FIFO.
PATIENCE = 5.0

#: Links followed from a name to its file; what Linux follows (path_resolution(7)).
MOST_LINKS = 40

#: Bytes of the content for a device or FIFO that are held in memory; the rest waits in a temporary file.
HELD = 16_000_000


def cache_folder() -> Path:
    """The folder named by the environment variable, or the user's cache folder."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("qmectk"))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step; see :func:`replacing`."""
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file to write; what is in it becomes the content of `path` when the block ends without an error.

    A replaced file keeps its permissions and, where that is allowed, its owner. The file that is written meanwhile has
    a name that no process can know before, and is made anew: nothing that stands in its place is followed or kept.

    Raises
    ------
    OSError
        Naming `path`, when it cannot be written; it is then what it was.
    """
    path = os.fspath(path)
    try:
        place = _place(path)
        if place is not None:
            with _beside(place) as file:
                yield file
        else:
            with tempfile.SpooledTemporaryFile(HELD) as file:  # a failing block shall not leave half of it there
                yield file
                file.seek(0)
                with _opened(path) as target:
                    shutil.copyfileobj(file, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), path) from error


def written_into(path: str | os.PathLike[str]) -> bool:
    """Whether a name stands for what is written into and never replaced: a device, a FIFO, standard output."""
    try:
        return _place(os.fspath(path)) is None
    except OSError:
        return False


def check_kept(path: str | os.PathLike[str], what: str) -> None:
    """Refuse, before any work, a device, a FIFO or standard output for what is read again later.

    Raises
    ------
    InputError
        Naming it, and `what` cannot be kept there.
    """
    if written_into(path):
        raise InputError(f"{os.fspath(path)} is no regular file, and {what} is read again", "name a file")


def _place(path: str) -> Path | None:
    """The regular file that `path` leads to, or would become; None for what is to be written into."""
    end = _end(path)
    if _is_open(end):
        return None
    try:
        mode = os.stat(end).st_mode
    except FileNotFoundError:
        return Path(end)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return Path(end) if stat.S_ISREG(mode) else None


def _end(path: str) -> str:
    """Where the links of `path` lead, short of what the system has in place of open files."""
    for _ in range(MOST_LINKS):
        if not os.path.islink(path) or _is_open(path):
            break
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return path


def _is_open(end: str) -> bool:
    """Whether a name stands for a file that is open already, as /dev/stdout does through /proc/self/fd/1."""
    return os.path.realpath(os.path.dirname(end)).startswith("/proc/")


@contextlib.contextmanager
def _beside(place: Path) -> Iterator[IO[bytes]]:
    """A new file in the folder of `place`, which takes its place when the block succeeds."""
    before = place.stat() if place.exists() else None
    if before is not None and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, temporary = tempfile.mkstemp(prefix=".qmectk-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        if before is not None:
            with contextlib.suppress(OSError, AttributeError):  # root's business only
                os.chown(temporary, before.st_uid, before.st_gid)
        # mkstemp makes files that only their owner may read
        os.chmod(temporary, 0o666 & ~_umask() if before is None else stat.S_IMODE(before.st_mode))
        try:
            os.replace(temporary, place)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            shutil.copyfile(temporary, place)  # a single file that is mounted, as containers do, cannot be replaced
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _opened(path: str) -> IO[bytes]:
    """A device, FIFO or open file, to be written into."""
    folder, name = os.path.split(_end(path))
    if os.path.realpath(folder) == f"/proc/{os.getpid()}/fd" and name.isdecimal():
        return os.fdopen(os.dup(int(name)), "wb")  # opened a second time, it would be written from its start
    until = time.monotonic() + PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise OSError(errno.ENXIO, "no process reads from it") from error
        time.sleep(0.01)
    os.set_blocking(handle, True)
    return os.fdopen(handle, "wb")


@contextlib.contextmanager
def explained(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says while a user's file is written into a sentence.

    Raises
    ------
    InputError
        Naming `path`, and why it cannot be written.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) and "embedded null" not in str(error):
            raise
        raise InputError(f"cannot write {os.fspath(path)}: {getattr(error, 'strerror', None) or error}") from error


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse, before any work, a file that could not be written later.

    Raises
    ------
    InputError
        For a missing folder, a folder in its place, or no permission.
    """
    with explained(path):
        if os.path.isdir(path):
            raise InputError(f"{os.fspath(path)} is a folder", "name a file in it")
        place = _place(os.fspath(path))
        if place is None:
            writable = os.access(path, os.W_OK)
        else:
            if not place.parent.is_dir():
                raise InputError(f"there is no folder {place.parent}", "create it first")
            if not os.access(place.parent, os.W_OK):
                raise InputError(f"no permission to write into {place.parent}")
            writable = not place.exists() or os.access(place, os.W_OK)
        if not writable:
            raise InputError(f"no permission to write {os.fspath(path)}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
