"""Errors, interruptions and warnings as one line on stderr, and the exit code each of them means."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from qmectk.errors import InputError, PluginError, QmectkError, debugging, described
from qmectk.extending.foreign import culprit
from qmectk.presenting.quoting import short, visible
from qmectk.timing.interrupting import Stop

#: What shells report for a process ended by SIGINT and by SIGPIPE.
INTERRUPTED, BROKEN_PIPE = 130, 141


class ClosedPipe(Exception):
    """No program reads our stdout any more. Click would end the process itself on the BrokenPipeError below it."""


@dataclass
class Session:
    """What commands share: whether tracebacks are wanted, and when the command began (``time.perf_counter``)."""

    debug: bool = False
    began: float = field(default_factory=time.perf_counter)

    @classmethod
    def from_environment(cls) -> Session:
        """Debugging as the environment variable ``QMECTK_DEBUG`` says."""
        return cls(debugging())

    def left(self, limit: float | None, parts: int = 1) -> float | None:
        """What the command has left of its time limit, for one of `parts` equal pieces of work.

        At least a hundredth of it; the core refuses what is no limit.
        """
        if limit is None or not limit > 0.0:
            return limit
        return max(limit - (time.perf_counter() - self.began), 0.01 * limit) / parts


#: Most characters of a sentence on stderr; what others say may be endless.
LONGEST_LINE = 4000

#: What is no word, nor a path that people write.
LONG_WORD = re.compile(r"\S{500,}")

#: Said of Ctrl-C by commands that keep nothing.
NOTHING_KEPT = "there is no answer; --time-limit SECONDS stops with the best answer found so far"


def say(text: str) -> None:
    """One line on stderr, in which a terminal finds nothing to obey; silence when stderr is closed."""
    with contextlib.suppress(OSError, ValueError):
        print(_cut(" ".join(text.split())), file=sys.stderr, flush=True)


def _cut(line: str) -> str:
    """A line of a bearable length, as what was typed may stand in it, in which a terminal finds nothing to obey."""
    return short(LONG_WORD.sub(lambda word: short(word[0]), line), LONGEST_LINE)


@contextlib.contextmanager
def stopped_in_order() -> Iterator[None]:
    """Treat a request to end (SIGTERM) and a closed terminal (SIGHUP) like Ctrl-C: say what is kept, clean up."""

    def stop(number: int, frame: Any) -> None:
        ctrl_c = signal.getsignal(signal.SIGINT)
        if isinstance(ctrl_c, Stop):
            ctrl_c(number, frame)  # it is noted, and waits where Ctrl-C would
        else:
            raise KeyboardInterrupt

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError):  # not the main thread: its owner decides
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def one_line_warnings(session: Session) -> Iterator[None]:
    """Show warnings as ``Warning: ...`` on stderr, with the place they come from only when debugging."""

    def show(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
        where = f" ({category.__name__} at {filename}:{lineno})" if session.debug else ""
        say(f"Warning: {message}{where}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def report(error: BaseException, session: Session, interrupted: bool = False) -> int:
    """Say what went wrong and return the exit code.

    An error of unknown origin after Ctrl-C is the interruption: of an import, say, or of compiled code.
    """
    if isinstance(error, (ClosedPipe, BrokenPipeError)):
        _forget_stdout()
        return BROKEN_PIPE
    raised = error.__context__ or error if isinstance(error, click.Abort) else error  # click's word for Ctrl-C
    plugin = "" if isinstance(error, (QmectkError, click.ClickException)) else culprit(raised)
    if isinstance(error, SystemExit) and not plugin:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if session.debug and not isinstance(error, click.ClickException):
        print(visible("".join(traceback.format_exception(error))), file=sys.stderr, end="")
    if isinstance(error, click.ClickException):
        said = io.StringIO()
        error.show(said)  # usage and all, with what was typed, however long it is
        for line in said.getvalue().splitlines():
            click.echo(_cut(line), err=True)
        return error.exit_code
    known = isinstance(error, (QmectkError, OSError, MemoryError))
    if (interrupted and not known) or (isinstance(error, (KeyboardInterrupt, click.Abort)) and not plugin):
        kept = str(raised) if isinstance(raised, KeyboardInterrupt) else ""
        say(f"Interrupted: {kept or NOTHING_KEPT}")
        return INTERRUPTED
    if isinstance(error, QmectkError):
        say(f"Error: {error}")
        return error.exit_code
    if plugin:
        say(f"Error: the plugin '{plugin}' crashed: {described(raised)}")
        return PluginError.exit_code
    if isinstance(error, MemoryError):
        say(f"Error: there is not enough memory{f' ({error})' if str(error) else ''}; make the problem smaller")
        return InputError.exit_code
    if isinstance(error, OSError):
        about = f"{short(error.filename)}: " if error.filename else ""
        say(f"Error: the system refuses: {about}{error.strerror or error}")
        if error.errno == errno.ENOSPC:
            _forget_stdout()
        return InputError.exit_code
    again = "" if session.debug else "; rerun with --debug and report the traceback"
    say(f"Error: this is a bug in qmectk or a plugin ({described(error)}){again}")
    return 1


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
