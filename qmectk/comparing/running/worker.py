"""A worker process from inside: set up outside the clock, convert and solve on the clock, measure after it.

A worker is reused for runs of its contender, so everything here is written for the second run to find what the first
one found: a fresh instance, the same threads, nothing on stdout, the memory limit lifted. Who waits for the outcome
(:mod:`.workers`) learns when a phase begins, and keeps the deadlines.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from ...attempts.answers import read_reply
from ...attempts.asking import ask, outstayed
from ...attempts.checksums import Checksums
from ...attempts.settling import settled
from ...backend import Backend, LearnedBackend
from ...errors import QmectkError, described
from ...instance import Instance
from ...judging.auditing import Audit, audited
from ...judging.certificate import Reference
from ...judging.judge import judge
from ...options import build
from ...plugins import registry
from ...routing.planner import find_route, follow_route
from ...routing.route import Route
from ...seeds import Stream, generator
from ...solution import Solution
from ...status import Termination
from ...timing.budget import Budget
from ...views.base import Fidelity
from ..horizons import bounded, controlled
from ..studies.penalties import audit
from .events import Events
from .outcome import failed_row, run_row
from .preparing import certify, train_policy
from .process_state import ProcessState
from .runs import SOONER, Task
from .surroundings import Output, Threads, machine, memory_limited, versions
from .worker_cache import backend_named, chain_of, forget, instance_of, ready, receive

#: Seconds of the unmeasured solve before the first run of a kind in a worker.
WARM_UP = 0.25

#: Exit code of a worker that cannot answer: a run has closed its end of the pipe.
CUT_OFF = 76

#: Kinds of runs whose warm-up is remembered.
MOST_WARM = 640

#: Tells who waits: what is known of a run ("facts"), or that a phase of it begins ("phase").
Tell = Callable[[str, Any], None]

_warm: set[tuple[Any, ...]] = set()
_output: Output | None = None
_threads: Threads | None = None
_state: ProcessState | None = None


def serve(pipe: Connection, folder: str, threads: int, environment: Mapping[str, str]) -> None:
    """Answer tasks until the parent closes the pipe. This is the main function of a worker process."""
    start(folder, threads, environment)
    process = os.getpid()

    def tell(kind: str, content: Any) -> None:
        if os.getpid() != process:
            os._exit(0)  # a run has forked, and its copy came back with it
        try:
            pipe.send((kind, content))
        except OSError:
            os._exit(CUT_OFF)

    while True:
        try:
            task, payloads = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        receive(payloads)
        outcome = execute(task, tell)
        tell("done", (outcome, _spoiled()))


def _spoiled() -> bool:
    """Whether the run that ended just now has left something for the next one."""
    try:
        return _state is not None and bool(_state.found())
    except BaseException:  # it has left so much that not even this works
        return True


def start(folder: str, threads: int, environment: Mapping[str, str]) -> None:
    """Prepare this process: called once in every worker before its first run."""
    global _output, _threads, _state
    os.environ.clear()  # the server that workers are forked from may be older than the last change of it
    os.environ.update(environment)
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
    _state = ProcessState()


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent goes, however it goes.

    The parent is the fork server, which ends when no process holds the pipe to it any more. A stopped worker must not.
    """
    if sys.platform == "linux":
        import ctypes
        from multiprocessing import forkserver

        server: Any = forkserver._forkserver
        if server._forkserver_alive_fd is not None:
            os.close(server._forkserver_alive_fd)
            server._forkserver_alive_fd = None
        library = ctypes.CDLL(None)
        library.prctl(1, signal.SIGKILL)
        library.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what a backend's children leave behind becomes ours to end


def execute(task: Task, tell: Tell) -> dict[str, Any]:
    """Run a task; whatever happens inside, short of the end of the process, is in the result."""
    began, started = time.perf_counter(), datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    if _output is not None:
        _output.attach()
    facts: dict[str, Any] = {"started": started, "machine": machine()}
    try:
        backend_class = (
            registry().backend(task.backend) if task.kind in ("reference", "bound") else backend_named(task.backend)
        )
        facts["versions"] = versions(backend_class)
        tell("facts", facts)
        found = _TODO[task.kind](task, backend_class, tell)
    except MemoryError as error:
        found = failed_row("memory", described(error).replace("MemoryError", "out of memory", 1))
    except QmectkError as error:
        found = failed_row("refused", str(error))
    except BaseException as error:  # also KeyboardInterrupt: Ctrl-C is held back here, so the backend raised it
        found = failed_row("failed", described(error))
    printed = _output.text() if _output is not None else ""
    if printed:
        found["output"] = printed
    return {**facts, **found, "wall_seconds": time.perf_counter() - began}


def _begun(task: Task, backend_class: type[Backend]) -> tuple[Backend, dict[str, Any]]:
    """A backend that can answer, with what its training took; imports and first calls are over."""
    backend_class.check_installed()
    options = build(backend_class.Options, task.options)
    backend, training = ready(task, backend_class, options)
    if task.warm_up:
        _warm_up(task, backend_class, backend, options)
    return backend, training


def _horizon(task: Task, backend_class: type[Backend], tell: Tell) -> dict[str, Any]:
    backend, training = _begun(task, backend_class)
    if _state is not None:
        _state.measuring()
    tell("phase", "solving")
    return controlled(task, backend_class, backend, training)


def _run(task: Task, backend_class: type[Backend], tell: Tell) -> dict[str, Any]:
    backend, training = _begun(task, backend_class)
    limits = task.limits
    known = chain_of(task, backend_class)
    instance = instance_of(task)
    if _state is not None:
        _state.measuring()
    tell("phase", "solving")
    with memory_limited(limits.memory_limit):
        began = time.perf_counter()
        route = _converted(instance, known, task, backend_class)
        conversion = time.perf_counter() - began
        before = Checksums([route.instance])
        rng = generator(Stream.BACKEND, task.seed, task.frame)
        events = Events(task.sense)
        budget = Budget(limits.time_limit, gap=limits.gap, recorder=events)
        budget.forgiven = SOONER * limits.grace
        began = time.perf_counter()
        replies = ask(backend, [route.view], budget, [rng])
        seconds = time.perf_counter() - began
    ended = outstayed(replies)
    if ended and _state is not None:
        _state.unfinished = True
    if ended and replies[0].point is None:
        return failed_row("timeout", limits.overtime)
    if not replies:
        return failed_row("failed", f"backend '{task.backend}': solve_many returned no reply")
    tell("phase", "reading")  # calls the problem's own code
    answer = read_reply(route, replies[0], backend_class, seconds, budget.compilation_seconds)
    altered = before.changed()
    if altered:  # nothing that is measured on it can be believed
        nothing: dict[str, Any] = {"values": None, "bound": None, "claimed": None}
        answer = replace(answer, termination=Termination.FAILED, faults=(altered, *answer.faults), **nothing)
        events = Events(task.sense)
        forget(task)
    compilation = answer.compilation_seconds
    reference = Reference.restored(task.reference) if task.reference else None
    solution = judge(
        answer,
        backend=task.backend,
        options=task.options,
        seed=task.seed,
        gap=limits.gap,
        reference=reference,
        vouched=registry().ships(backend_class),
    )
    second = _second(task, solution, instance, tell) if task.audited else None
    own = answer.bound if not answer.faults else None
    final = (seconds, solution.objective if solution.feasible else None, own)
    carried = backend_class.proves and Fidelity.BOUNDS in route.fidelity
    trajectory = events.rows(
        lambda point: _worth(route, point), lambda bound: route.lift_bound(bound) if carried else None, final
    )
    return run_row(
        solution,
        events=trajectory,
        training=training,
        conversion_seconds=conversion,
        compilation_seconds=compilation,
        solve_seconds=max(0.0, seconds - compilation),
        penalties=audit(route, task),
        second=second,
    )


def _second(task: Task, solution: Solution, instance: Instance, tell: Tell) -> Audit | None:
    """What another prover makes of a proof; None for what is none."""
    if solution.termination is not Termination.PROVED or solution.own_faults:
        return None
    tell("phase", "auditing")
    try:
        budget = Budget(task.limits.time_limit, gap=task.limits.gap)
        return audited(solution, instance, registry(), budget, task.seed)
    except BaseException as error:  # what goes wrong here is no fault of the run's
        return Audit("", "open", message=described(error))


def _converted(instance: Instance, known: Route | None, task: Task, backend_class: type[Backend]) -> Route:
    """The instance along the known chain, or along whichever works for it."""
    if known is None:
        return find_route(instance, backend_class, registry(), task.options)
    return follow_route(known, instance, backend_class, registry(), task.options)


def _worth(route: Route, point: Any) -> float | None:
    """The measured objective of a point an event brought, None when it is not feasible."""
    try:
        _, found = settled(route.instance, route.lift(point))
    except BaseException:  # an event is a courtesy; a bad one is no reason to lose the run
        return None
    return found.objective if found.feasible else None


def _warm_up(task: Task, backend_class: type[Backend], backend: Backend, options: Any) -> None:
    """Imports, compilation and first-call costs, paid once per worker and charged to no run."""
    key = task.contender
    if key in _warm:
        return
    seconds = WARM_UP if task.limits.time_limit is None else min(WARM_UP, task.limits.time_limit)
    extra = backend_class(options)
    if isinstance(backend, LearnedBackend):
        extra = copy.deepcopy(backend) if task.horizon is not None else backend
    try:
        # the run's own instance and generator: a backend that dies on them dies here, and its row says so rightly
        route = find_route(instance_of(task), backend_class, registry(), task.options)
        rng = generator(Stream.BACKEND, task.seed, task.frame)
        with memory_limited(task.limits.memory_limit):
            reply = extra.solve_many([route.view], Budget(seconds, gap=task.limits.gap), [rng])
        judge(read_reply(route, reply[0], backend_class, 0.0), backend=task.backend, options={}, seed=0)
    except MemoryError:
        raise
    except BaseException:
        pass  # the measured run will say it
    if _threads is not None:
        _threads.pin()  # libraries that were loaded just now
    if len(_warm) > MOST_WARM:
        _warm.clear()
    _warm.add(key)


_TODO = {"run": _run, "horizon": _horizon, "reference": certify, "bound": bounded, "training": train_policy}
