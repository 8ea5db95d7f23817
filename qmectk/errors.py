"""Everything qmectk refuses, each with one sentence and a remedy.

The exit codes are the command line's contract and are documented in ``docs/cli.md``:

====  =====================================================================
code  meaning
====  =====================================================================
0     the question was answered
1     a bug in qmectk (please report it)
2     the command or a file it names cannot be used as written
3     a Python package that the request needs is not installed
4     no route: this backend cannot take this problem or instance
5     a backend failed: it crashed, or its reply was malformed or refuted
6     no feasible point was found (infeasible, or the budget ended first)
130   interrupted
====  =====================================================================
"""

from __future__ import annotations

import os


class QmectkError(Exception):
    """Base of every error qmectk raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in one sentence.
    remedy
        What to do about it; printed after the message.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class InputError(QmectkError):
    """A file, an option or an argument that cannot be used as written."""

    exit_code = 2


class UnknownName(InputError):
    """A name that is not registered; the message carries the nearest one."""


class MissingPackage(QmectkError):
    """A backend or a lowering needs a package that is not installed."""

    exit_code = 3


class NoRoute(QmectkError):
    """No chain of lowerings leads from the problem to a view the backend accepts."""

    exit_code = 4


class NotExpressible(NoRoute):
    """A reading met an operator that its target has no form for (``log1p is not quadratic``)."""


class Refused(NoRoute):
    """A backend declines an instance for a stated reason (too many bits, for example)."""


class BackendFailed(QmectkError):
    """A backend crashed, replied nonsense, or made a claim that the core refuted."""

    exit_code = 5


class Infeasible(QmectkError):
    """The instance has no feasible point, or none was found."""

    exit_code = 6


class PluginError(QmectkError):
    """A plugin registered something it may not (a duplicate name, a wrong signature)."""

    exit_code = 5


#: Longest account of an exception of a plugin's code; more does not help and would be kept with every answer.
LONGEST_ACCOUNT = 400


def described(error: BaseException) -> str:
    """What an exception of a plugin's code says, in the form ``ValueError: no licence``. Never raises.

    The report of a crash must not crash: ``__str__`` is code of the exception's author.

    >>> described(ValueError("no licence"))
    'ValueError: no licence'
    """
    try:
        said = str(error)
    except BaseException as another:  # also SystemExit: what an exception says when asked ends no program
        said = f"(its message cannot be read: {type(another).__name__})"
    more = " (and so on)" if len(said) > LONGEST_ACCOUNT else ""
    return type(error).__name__ + (f": {said[:LONGEST_ACCOUNT]}{more}" if said else "")


def debugging() -> bool:
    """Whether the environment variable ``QMECTK_DEBUG`` asks for tracebacks."""
    return os.environ.get("QMECTK_DEBUG", "").lower() not in ("", "0", "false", "no", "off")
