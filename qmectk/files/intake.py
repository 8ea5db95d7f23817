"""How files of other people are opened: regular files up to a size, never what has no end or waits for a writer."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO

from ..errors import InputError

#: What is said of a name that is no file, by what it is instead.
_KINDS = {
    stat.S_IFIFO: ("a FIFO", "write what comes out of it into a file, and name that"),
    stat.S_IFCHR: ("a device", "name a file"),
    stat.S_IFBLK: ("a device", "name a file"),
    stat.S_IFSOCK: ("a socket", "name a file"),
    stat.S_IFDIR: ("a folder", "name a file in it"),
}

#: Bytes that are read at a time.
PIECE = 1_000_000


class Unreadable(InputError, ValueError):
    """A file that cannot be read; pydantic's validators take it for their own, so that the line is reported, too."""


@contextlib.contextmanager
def opened(path: str | os.PathLike[str], limit: int, remedy: str = "") -> Iterator[IO[bytes]]:
    """A regular file of at most `limit` bytes, open for reading.

    Parameters
    ----------
    limit
        Most bytes it may have.
    remedy
        What to do about a larger one.

    Raises
    ------
    Unreadable
        In one sentence, for a file that is missing, larger, not to be read, or none: a folder, a FIFO, a device.
    """
    path = os.fspath(path)
    if "\0" in path:
        raise Unreadable("the name of a file has a null character")
    # neither waits for the other end of a FIFO nor takes a terminal
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        _check(path, os.stat(path), limit, remedy)  # opening a device may already do something
        with os.fdopen(os.open(path, flags), "rb") as file:
            _check(path, os.fstat(file.fileno()), limit, remedy)
            yield file
    except FileNotFoundError as error:
        raise Unreadable(f"there is no file {path}") from error
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {error.strerror or error}") from error


def read_bytes(path: str | os.PathLike[str], limit: int, remedy: str = "") -> bytes:
    """All of a regular file of at most `limit` bytes; see :func:`opened`."""
    content = bytearray()
    with opened(path, limit, remedy) as file:
        while piece := file.read(PIECE):  # asked for `limit` bytes, Python would allocate them
            content += piece
            if len(content) > limit:  # it grows while it is read, or does not say how long it is (/proc)
                raise _too_large(os.fspath(path), limit, remedy)
    return bytes(content)


def read_text(path: str | os.PathLike[str], limit: int, remedy: str = "") -> str:
    """A text file in UTF-8, with or without a byte-order mark; see :func:`opened`."""
    try:
        return read_bytes(path, limit, remedy).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{os.fspath(path)} is not a text file in UTF-8") from error


def _check(path: str, found: os.stat_result, limit: int, remedy: str) -> None:
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        what, instead = _KINDS.get(kind, ("no file", "name a file"))
        raise Unreadable(f"{path} is {what}", instead)
    if found.st_size > limit:
        raise _too_large(path, limit, remedy)


def _too_large(path: str, limit: int, remedy: str) -> Unreadable:
    size = f"{limit // 1_000_000} MB" if limit > 1_000_000 else f"{limit // 1000} kB"
    return Unreadable(f"{path} is larger than {size}", remedy)
