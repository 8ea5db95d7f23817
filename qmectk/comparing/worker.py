"""One run in a worker process: set up outside the clock, convert and solve on the clock, measure after it.

A worker is reused, so everything here is written for the second run to find what the first one found: a fresh
instance, the same threads, nothing on stdout, the memory limit lifted. Deadlines are kept by the kernel (an alarm
whose default action ends the process), so code that never looks at the clock or holds the interpreter cannot
outstay them.
"""

from __future__ import annotations

import contextlib
import datetime
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..backend import Backend, LearnedBackend
from ..budget import Budget
from ..errors import NoRoute, QmectkError, described
from ..handed import Handed
from ..judge import judge
from ..options import build
from ..plugins import registry
from ..problem import Instance
from ..route import Route, find_route
from ..run import read_reply
from ..settling import settled
from ..status import Termination
from ..views.base import Fidelity
from .events import Events
from .holding import backend_named, chain_of, forget, instance_of, ready, receive
from .leftovers import Leftovers
from .outcome import failed_row, run_row
from .penalties import audit
from .preparing import certify, train_policy
from .reference import as_solution
from .runs import Task
from .surroundings import Output, Threads, alarm, machine, memory_limited, versions

#: Seconds of the unmeasured solve before the first run of a kind in a worker.
WARM_UP = 0.25

#: Exit code of a worker that leaves its task to its successor: something of an earlier run is left in it.
RETIRED = 75

#: Kinds of runs whose warm-up is remembered.
MOST_WARM = 640

_warm: set[tuple[Any, ...]] = set()
_output: Output | None = None
_threads: Threads | None = None
_leftovers: Leftovers | None = None
_soiled = ""


def start(
    payloads: Mapping[str, bytes], folder: str | None, threads: int, environment: Mapping[str, str] | None = None
) -> None:
    """Prepare this process: called once in every worker before its first run."""
    global _output, _threads, _leftovers
    if environment is not None:  # the server that workers are forked from may be older than its last change
        os.environ.clear()
        os.environ.update(environment)
    receive(payloads)
    if folder is not None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a backend that hangs could not run a handler
        _die_with_parent()
        if hasattr(os, "setsid"):  # a signal to a whole group, from a terminal or from a backend, stays on its side
            with contextlib.suppress(OSError):
                os.setsid()
        if "fork" in multiprocessing.get_all_start_methods():
            # semaphores that libraries make on import are then nameless, and a killed worker leaves none behind
            multiprocessing.set_start_method("fork", force=True)
        _output = Output(folder)
    _threads = Threads(threads)
    if folder is not None:
        _leftovers = Leftovers(watch_threads=threads == 1)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent goes, however it goes."""
    if sys.platform == "linux":
        import ctypes

        library = ctypes.CDLL(None)
        library.prctl(1, signal.SIGKILL)
        library.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what a backend's children leave behind becomes ours to end


def execute(task: Task) -> dict[str, Any]:
    """Run a task; whatever happens inside, short of the end of the process, is in the result."""
    global _soiled
    if _leftovers is not None and (_soiled or _leftovers.worked_while_idle()):
        os._exit(RETIRED)
    began, started = time.perf_counter(), datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    if _output is not None:
        _output.attach()
    facts: dict[str, Any] = {"started": started, "machine": machine()}
    try:
        backend_class = registry().backend(task.backend) if task.kind == "reference" else backend_named(task.backend)
        facts["versions"] = versions(backend_class)
        if _output is not None:
            _output.begin(facts)
        found = _TODO[task.kind](task, backend_class)
    except MemoryError as error:
        found = failed_row("memory", described(error).replace("MemoryError", "out of memory", 1))
    except QmectkError as error:
        found = failed_row("refused", str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a backend may even raise SystemExit
        found = failed_row("failed", described(error))
    finally:
        alarm(None)
    printed = _output.text() if _output is not None else ""
    if printed:
        found["output"] = printed
    seconds = time.perf_counter() - began
    if _leftovers is not None:
        _soiled = _leftovers.found()
        _leftovers.idle()
    return {**facts, **found, "wall_seconds": seconds}


def _run(task: Task, backend_class: type[Backend]) -> dict[str, Any]:
    backend_class.check_installed()
    limits = task.limits
    alarm(None if limits.deadline is None else limits.setup_limit)
    options = build(backend_class.Options, task.options)
    with _output.setting_up() if _output is not None else contextlib.nullcontext():
        backend, training = ready(task, backend_class, options)
        if task.warm_up:
            _warm_up(task, backend_class, backend, options)
    known = chain_of(task, backend_class)
    instance = instance_of(task)
    if _leftovers is not None:
        _leftovers.measuring()
    alarm(limits.deadline)
    with memory_limited(limits.memory_limit):
        began = time.perf_counter()
        route = _converted(instance, known, task, backend_class)
        conversion = time.perf_counter() - began
        handed = Handed([route.instance])
        rng = np.random.default_rng([task.seed, task.frame])
        events = Events(task.sense)
        budget = Budget(limits.time_limit, gap=limits.gap, recorder=events)
        began = time.perf_counter()
        replies = backend.solve_many([route.view], budget, [rng])
        seconds = time.perf_counter() - began
    alarm(limits.patience)  # reading a reply calls the problem's own code
    reply = replies[0] if isinstance(replies, (list, tuple)) and replies else replies
    answer = read_reply(route, reply, backend_class, seconds, budget.compilation_seconds)
    altered = handed.changed()
    if altered:  # nothing that is measured on it can be believed
        nothing: dict[str, Any] = {"values": None, "bound": None, "claimed": None}
        answer = replace(answer, termination=Termination.FAILED, faults=(altered, *answer.faults), **nothing)
        events = Events(task.sense)
        forget(task)
    compilation = answer.compilation_seconds
    reference = as_solution(task.reference) if task.reference else None
    solution = judge(
        answer,
        backend=task.backend,
        options=task.options,
        seed=task.seed,
        gap=limits.gap,
        reference=reference,
        vouched=registry().ships(backend_class),
    )
    own = answer.bound if not answer.faults else None
    final = (seconds, solution.objective if solution.feasible else None, own)
    carried = backend_class.proves and Fidelity.BOUNDS in route.fidelity
    told = events.rows(
        lambda point: _worth(route, point), lambda bound: route.lift_bound(bound) if carried else None, final
    )
    return run_row(
        solution,
        events=told,
        training=training,
        conversion_seconds=conversion,
        compilation_seconds=compilation,
        solve_seconds=max(0.0, seconds - compilation),
        penalties=audit(route, task),
    )


def _converted(instance: Instance, known: Route | None, task: Task, backend_class: type[Backend]) -> Route:
    """The instance along the known chain, or along whichever works for it."""
    if known is not None:
        with contextlib.suppress(NoRoute):
            return known.again(instance, backend_class.max_bits)
    return find_route(instance, backend_class, registry(), task.options)


def _worth(route: Route, point: Any) -> float | None:
    """The measured objective of a point an event brought, None when it is not feasible."""
    try:
        _, found = settled(route.instance, route.lift(point))
    except Exception:  # an event is a courtesy; a bad one is no reason to lose the run
        return None
    return found.objective if found.feasible else None


def _warm_up(task: Task, backend_class: type[Backend], backend: Backend, options: Any) -> None:
    """Imports, compilation and first-call costs, paid once a worker and charged to nobody."""
    key = task.contender
    if key in _warm:
        return
    seconds = WARM_UP if task.limits.time_limit is None else min(WARM_UP, task.limits.time_limit)
    extra = backend if isinstance(backend, LearnedBackend) else backend_class(options)
    try:
        # the run's own instance and generator: a backend that dies on them dies here, and its row says so rightly
        route = find_route(instance_of(task), backend_class, registry(), task.options)
        rng = np.random.default_rng([task.seed, task.frame])
        with memory_limited(task.limits.memory_limit):
            reply = extra.solve_many([route.view], Budget(seconds, gap=task.limits.gap), [rng])
        judge(read_reply(route, reply[0], backend_class, 0.0), backend=task.backend, options={}, seed=0)
    except MemoryError:
        raise
    except (Exception, SystemExit):
        pass  # the measured run will say it
    if _threads is not None:
        _threads.pin()  # libraries that were loaded just now
    if len(_warm) > MOST_WARM:
        _warm.clear()
    _warm.add(key)


_TODO = {"run": _run, "reference": certify, "training": train_policy}
