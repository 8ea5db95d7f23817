"""What leaves the program: JSON on stdout that nothing else can pollute, and files replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from qmectk.errors import InputError


def json_text(data: Mapping[str, Any]) -> str:
    """One JSON object, one top-level key a line: readable at the top, compact where the numbers are."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def print_json(data: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    click.echo(json_text(data), nl=False)


@contextlib.contextmanager
def stdout_kept_clean() -> Iterator[None]:
    """Send to stderr whatever is printed meanwhile, solver banners from C code included."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        with contextlib.suppress(OSError, ValueError):  # a stream may be closed, or be no file
            sys.__stdout__.flush()  # type: ignore[union-attr]
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
            stack.callback(_flush_c)  # runs first: what C code still holds must not reach stdout later
        yield


def _flush_c() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).fflush(None)


def check_target(path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that could not be written later, before any work is done.

    Raises
    ------
    InputError
        For an unknown suffix, a missing folder, a folder in its place, or no permission.
    """
    if path.suffix.lower() not in suffixes:
        wanted = " or ".join(suffixes)
        raise InputError(f"cannot tell a format from '{path.name}'", f"give the file a name that ends in {wanted}")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}", "create it first")
    if path.is_dir():
        raise InputError(f"{path} is a folder", "name a file in it")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"no permission to write into {path.parent}")


@contextlib.contextmanager
def replaced_at_once(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` with its suffix; it takes the place of `path` when the block succeeds."""
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    os.close(handle)
    made = Path(name)
    try:
        yield made
        mask = os.umask(0)
        os.umask(mask)
        made.chmod(0o666 & ~mask)  # as if it had been opened for writing
        made.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    finally:
        made.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """One JSON object in a file."""
    with replaced_at_once(path) as made:
        made.write_text(json_text(data), encoding="utf-8")
