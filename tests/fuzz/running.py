"""Running ``qmectk`` in this process as the shell would: its streams are files, its folder is its own."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qmectk_cli.main import main

#: Folder of caches within the folder of a case.
CACHE = "cache"


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int | str
    out: str
    err: str


def as_given(argument: str) -> str:
    """An argument as Python has it from the system, where bytes that are no text become surrogates of their own."""
    return os.fsdecode(argument.encode("utf-8", "surrogatepass"))


@contextlib.contextmanager
def streams() -> Iterator[tuple[Path, Path]]:
    """File descriptors 1 and 2, and Python's streams on them, are two files meanwhile; C code prints there as well."""
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as folder, contextlib.ExitStack() as stack:
        paths = Path(folder) / "out", Path(folder) / "err"
        for number, name, path in ((1, "stdout", paths[0]), (2, "stderr", paths[1])):
            old = getattr(sys, name)
            with contextlib.suppress(OSError, ValueError):
                old.flush()
            kept = os.dup(number)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, number)
            os.close(file)
            new = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8", write_through=True)
            setattr(sys, name, new)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
            stack.callback(setattr, sys, name, old)
        yield paths


def run(arguments: Sequence[str], folder: Path) -> Outcome:
    """The exit code and what was printed. What escapes from ``main`` is the code: a traceback for users."""
    back, cache = Path.cwd(), os.environ.get("QMECTK_CACHE_DIR")
    os.chdir(folder)
    os.environ["QMECTK_CACHE_DIR"] = str(folder / CACHE)
    try:
        with warnings.catch_warnings(), streams() as (out, err):
            warnings.resetwarnings()
            warnings.simplefilter("default")
            code: int | str
            try:
                code = main([as_given(argument) for argument in arguments])
            except Exception as error:
                code = f"{type(error).__name__} escapes: {error}"
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            texts = [path.read_bytes().decode("utf-8", "backslashreplace") for path in (out, err)]
    finally:
        os.chdir(back)
        if cache is None:
            os.environ.pop("QMECTK_CACHE_DIR")
        else:
            os.environ["QMECTK_CACHE_DIR"] = cache
    return Outcome(code, *texts)
