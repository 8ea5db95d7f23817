"""Code that is not the core's: whatever it raises is a fault of that code, and ends no program.

Backends, problems and hooks of plugins are called inside ``charged_to``, or where nothing in particular can be said
(a problem is asked everywhere) their name is read off the traceback by ``culprit``.
"""

from __future__ import annotations

import contextlib
import sys
from types import TracebackType
from typing import Any

from ..errors import BackendFailed, QmectkError, described
from ..timing.deadline import Expired
from ..timing.interrupting import Stop, noticed, watching

#: Entry-point group of plugins.
GROUP = "qmectk"


class Crashed(BackendFailed):
    """Code from outside ended in an exception that says nothing to users.

    Attributes
    ----------
    account
        The exception in words.
    """

    def __init__(self, whose: str, error: BaseException) -> None:
        self.account = described(error)
        super().__init__(f"{whose} crashed: {self.account}")


class charged_to:
    """Run a block of a plugin's code: what leaves it is ``Crashed``, naming `whose` it is.

    Every exception counts, also those that are no ``Exception`` (SystemExit, asyncio.CancelledError, GeneratorExit).
    Three kinds pass: a QmectkError that says by its class what it is about, KeyboardInterrupt, which is the user's, and
    Expired, the time limit's. When Ctrl-C was pressed meanwhile, whatever was raised is the interruption: of an import,
    say, or of compiled code.

    Examples
    --------
    >>> with charged_to("backend 'mine'"):
    ...     raise SystemExit(3)
    Traceback (most recent call last):
    qmectk.extending.foreign.Crashed: backend 'mine' crashed: SystemExit: 3
    """

    def __init__(self, whose: str) -> None:
        self._whose = whose

    def __enter__(self) -> None:
        self._own: contextlib.AbstractContextManager[Stop] | None = None
        around = watching()  # thousands of blocks are run one by one: one watch over all of them is enough
        if around is None:
            self._own = noticed()
            around = self._own.__enter__()
        self._ctrl_c, self._before = around, around.presses

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            self._own.__exit__(None, None, None)
        says = isinstance(error, QmectkError) and type(error) is not QmectkError
        if error is None or says or isinstance(error, (KeyboardInterrupt, Expired)):
            return
        if self._ctrl_c.presses > self._before:
            raise KeyboardInterrupt
        raise Crashed(self._whose, error) from error


def culprit(error: BaseException) -> str:
    """The plugin of another distribution that the core called when `error` was raised; "" when there was none.

    A command that a plugin added is called by click and not by the core, so what it raises is not meant here.
    """
    theirs, asked, found = _others(), False, ""
    trace = error.__traceback__
    while trace is not None:
        package = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if package == "qmectk":
            asked = True
        elif asked and package in theirs:
            found = theirs[package]
        trace = trace.tb_next
    return found


def _others() -> dict[str, str]:
    """Top-level packages of the plugins that are not qmectk's own, with the names of their distributions."""
    import importlib.metadata  # slow, and only needed when something went wrong

    found: dict[str, str] = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        distribution: Any = getattr(point, "dist", None)
        if distribution is None or distribution.name != "qmectk":
            found[point.module.partition(".")[0]] = distribution.name if distribution is not None else point.name
    plugins = sys.modules.get("qmectk.plugins")
    if plugins is not None and plugins.registry.cache_info().currsize:
        known = plugins.registry()
        for name, one in known.backends.items():
            if known.origin.get(name) != "qmectk":
                found.setdefault(one.__module__.partition(".")[0], known.origin.get(name, ""))
    return found
