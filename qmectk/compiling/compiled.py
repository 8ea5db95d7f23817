"""Numba's disk cache for functions that call each other across files.

Numba keeps compiled code on disk, so that a second process starts at once, and throws it away when the function's own
file changes. What the function calls is compiled into it, and numba does not look at the files of those callees: after
an edit there the old code would go on running. So the stamp by which numba knows its cache gets the time and size of
every file of the group, and of this one, added to it: whichever changes, the whole group is compiled anew.

Importing this module imports numba; the rest of the core does not. From then on the time numba takes to compile, which
is seconds once on a machine, is charged to budgets as compilation. Nothing can end numba in the middle of it, so where
a time limit runs (:mod:`..timing.deadline`) another process compiles, and this one waits for it until its time is up.
The other process goes on then: a later call finds on disk what it made.
"""

from __future__ import annotations

import gc
import importlib
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.core.types.misc import unliteral

from ..timing.budget import just_in_time_ended, just_in_time_started
from ..timing.deadline import Expired, held, hold, overdue, release, running, waiting_for
from ..timing.interrupting import postponed
from .early import LOOK, begun
from .inner_code import InnerCompiler

F = TypeVar("F", bound=Callable[..., Any])

#: What another process runs: it reads its path, and what to compile.
PROGRAM = """import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from qmectk.compiling.compiled import compile_named
compile_named(*pickle.load(sys.stdin.buffer))
"""

#: Said of what waits for it when its time is up.
COMPILING = "code was compiled, once on this machine; that goes on, so it will be there in a minute"


#: How all are compiled: without the interpreter lock, and division by zero gives inf or NaN, as in numpy.
USUAL: Any = {"nogil": True, "error_model": "numpy"}


class SourceGroup:
    """The files of one folder whose compiled functions call each other, and how they are compiled.

    No fastmath: inf and NaN count, and allowances for rounding count on the order of operations as written. Division
    by zero gives inf or NaN, as in numpy. The interpreter lock is released while compiled code runs.

    Parameters
    ----------
    file
        ``__file__`` of the module that makes the group.
    names
        The other files of its folder that belong to it ("fixed_action.py"); every ``.py`` file when none is named.

    Raises
    ------
    FileNotFoundError
        When a named file is not there.
    """

    def __init__(self, file: str, *names: str) -> None:
        own = Path(file)
        files = {own, *(own.with_name(name) for name in names)} if names else {own, *own.parent.glob("*.py")}
        self.stamp = tuple((path.name, *_changed(path)) for path in [*sorted(files), Path(__file__)])

    def compiled(self, function: F) -> F:
        """A compiled function, callable from Python too."""
        return cast(F, self._entry(function))

    def inner(self, function: F) -> F:
        """A compiled function that only compiled functions call: no Python entry, which takes less time to compile."""
        return cast(F, _inner(function))

    def uncounted(self, function: F) -> F:
        """An inner function that makes no array, gets none from what it calls and returns none.

        It is compiled without counts of references, which takes a fifth less time.
        """
        return cast(F, _inner(function, _nrt=False))

    def bare(self, function: F) -> F:
        """A compiled function, callable from Python too, that like an uncounted one has only the arrays it is given."""
        return cast(F, self._entry(function, _nrt=False))

    def merged(self, function: F) -> F:
        """A function that becomes part of the compiled functions that call it, and is not compiled by itself."""
        return cast(F, self._entry(function, inline="always"))

    def _entry(self, function: Callable[..., Any], **options: Any) -> Any:
        """A function that is compiled for Python when Python calls it, and for its callers as an inner one."""
        dispatcher = numba.njit(function, cache=True, **USUAL, **options)
        # numba has no public way to add to the stamp; without these attributes (NUMBA_DISABLE_JIT) nothing is cached
        cache_file: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        if hasattr(cache_file, "_source_stamp"):
            dispatcher._cache.load_overload = _at_once(dispatcher._cache)
            cache_file._source_stamp = (cache_file._source_stamp, self.stamp)
            dispatcher.compile = _within_limits(function, dispatcher.compile)
            called = _inner(function, **options)
            dispatcher.get_call_template, dispatcher.get_overload = called.get_call_template, called.get_overload
        return dispatcher


def _inner(function: Callable[..., Any], **options: Any) -> Any:
    """A function that only compiled functions call."""
    wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher = numba.njit(function, pipeline_class=InnerCompiler, **wrappers, **USUAL, **options)
    if hasattr(dispatcher, "get_call_template"):
        dispatcher.get_call_template = _once_for_literals(dispatcher.get_call_template)
    return dispatcher


def _at_once(cache: Any) -> Callable[[Any, Any], Any]:
    """``load_overload`` of a cache that imports nothing of what numba knows to compile: that takes half a second."""

    def load(sig: Any, context: Any) -> Any:
        prepare_to_load()
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(sig, context)

    return load


def prepare_to_load() -> None:
    """Load what code on disk calls, the runtime and the secrets of hashing. numba imports the rest when it compiles."""
    rtsys.initialize(cpu_target.target_context)
    importlib.import_module("numba.cpython.hashing")


def _once_for_literals(call_template: Callable[..., Any]) -> Callable[..., Any]:
    """``get_call_template`` of a dispatcher that compiles nothing anew because an argument is written as a number."""

    def template(args: Any, kws: Any) -> Any:
        plain = {name: unliteral(kind) for name, kind in kws.items()}
        return call_template(tuple(unliteral(kind) for kind in args), plain)

    return template


class _Missing(Exception):
    """Nothing is on disk, and there is a time limit."""


def _within_limits(function: Callable[..., Any], compile_here: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``compile`` of a dispatcher that has another process compile where a time limit runs."""
    named = function.__module__ != "__main__" and function.__qualname__ == function.__name__

    def compile(sig: Any) -> Any:
        _here.elsewhere = named and running()
        try:
            return compile_here(sig)
        except _Missing:
            _wait_for(function.__module__, function.__name__, sig)
            _here.elsewhere = False  # what is still not there, as the cache cannot be written, is compiled here
            return compile_here(sig)
        finally:
            _here.elsewhere = False  # other functions of numba are compiled where they are called

    return compile


#: Other processes that compile, by what was asked of them.
_others: dict[bytes, subprocess.Popen[bytes]] = {}
_beginning = threading.Lock()

#: Of a thread: whether what it compiles next is to be compiled by another process.
_here = threading.local()


def _wait_for(module: str, name: str, sig: Any) -> None:
    """Have another process compile a function, and wait until it has ended."""
    what = pickle.dumps((module, name, sig))
    just_in_time_started()
    try:
        with held(), _beginning:
            if what not in _others:
                _others[what] = begun(PROGRAM, pickle.dumps(sys.path), what)
            other = _others[what]
        with waiting_for(COMPILING):
            while other.poll() is None:
                if overdue():
                    raise Expired
                time.sleep(LOOK)
        _others.pop(what, None)
    except Expired as end:
        end.meanwhile = COMPILING
        raise
    finally:
        just_in_time_ended()


def compile_named(module: str, name: str, sig: Any) -> None:
    """Compile a function for arguments of these types, into the disk cache."""
    getattr(importlib.import_module(module), name).compile(sig)


class _Charge(event.Listener):  # type: ignore[misc]  # numba is untyped here
    """Has budgets charged for what numba compiles. Numba compiles one function after the other, callees within.

    Until then Python looks for no garbage: there is little of it, and the search takes up to a fifth of the time.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._collects = False

    def on_start(self, event: Any) -> None:
        self._depth += 1
        if self._depth == 1:
            if getattr(_here, "elsewhere", False):
                raise _Missing
            just_in_time_started()
            self._collects = gc.isenabled()
            gc.disable()

    def on_end(self, event: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            if self._collects:
                gc.enable()
            just_in_time_ended()


class _Undisturbed(event.Listener):  # type: ignore[misc]  # numba is untyped here
    """Has Ctrl-C wait until a function is compiled or read from disk: in the middle of it LLVM forgets it, or crashes.

    The second Ctrl-C does not wait.
    """

    def __init__(self) -> None:
        self._mine = threading.local()  # a lock that another thread waits for is not this one's

    def on_start(self, event: Any) -> None:
        self._mine.depth = getattr(self._mine, "depth", 0) + 1
        if self._mine.depth == 1:
            hold()
            self._mine.block = postponed()
            self._mine.stop = self._mine.block.__enter__()

    def on_end(self, event: Any) -> None:
        self._mine.depth -= 1
        if self._mine.depth == 0:
            self._mine.block.__exit__(None, None, None)
            release()
            self._mine.stop.deliver()


event.register("numba:compile", _Charge())
event.register("numba:compiler_lock", _Undisturbed())


def _changed(path: Path) -> tuple[int, int]:
    """When a file was changed [ns], and its size [bytes]."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size
