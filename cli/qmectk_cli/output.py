"""What leaves the program: JSON on stdout that nothing else can pollute, and files replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from qmectk.errors import InputError
from qmectk.files.storage import check_output, explained, replace_file, replacing, written_into
from qmectk.presenting.quoting import visible

from .failures import say


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


def check_target(path: Path, suffixes: tuple[str, ...]) -> Path:
    """Refuse a file that could not be written later, before any work is done; ``-`` is standard output.

    Raises
    ------
    InputError
        For an unknown suffix, a missing folder, a folder in its place, or no permission.
    """
    if str(path) == "-":
        path = Path("/dev/stdout")
    known = path.suffix.lower() in suffixes or (len(suffixes) == 1 and written_into(path))
    if not known:  # what has one format only can go to a device or a FIFO of any name
        wanted = " or ".join(suffixes)
        raise InputError(f"cannot tell a format from '{path.name}'", f"give the file a name that ends in {wanted}")
    check_output(path)
    return path


def echo(text: str) -> None:
    """One line on stdout in which a terminal finds nothing to obey."""
    click.echo(visible(text))


def wrote(path: Path, what: str = "") -> None:
    """Tell what was written, on stderr when that was standard output itself."""
    (say if str(path) == "/dev/stdout" else echo)(f"wrote {path}{f': {what}' if what else ''}")


class Postponed:
    """Files that cannot be written must not cost what was found: it is printed first, and the error raised then."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """Keep what goes wrong inside for :meth:`settle`."""
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            self.error = self.error or error

    def settle(self) -> None:
        """Raise the first thing that went wrong."""
        if self.error is not None:
            raise self.error


@contextlib.contextmanager
def replaced_at_once(path: Path) -> Iterator[Path]:
    """The name of a temporary file with the suffix of `path`; what is in it becomes `path` when the block succeeds."""
    with explained(path), tempfile.TemporaryDirectory(prefix="qmectk-") as folder:
        made = Path(folder) / f"made{path.suffix}"
        yield made
        with made.open("rb") as source, replacing(path) as target:
            shutil.copyfileobj(source, target)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """One JSON object in a file."""
    with explained(path):
        replace_file(path, json_text(data).encode())
