"""The bench: one backend run on the cases, with everything it does to its surroundings observed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..attempts.answers import Answer
from ..attempts.checksums import Checksums
from ..attempts.run import run
from ..backend import Backend
from ..errors import MissingPackage, NoRoute
from ..instance import Instance
from ..judging.judge import judge
from ..plugins import check_backend_class, registry
from ..solution import Solution
from ..timing.budget import Budget, Recorder
from .instances import Case, cases, shipped_cases
from .watching import left_behind, random_states, silenced

#: Where learned backends keep their policies; the bench points it at a folder of its own.
CACHE_VARIABLE = "QMECTK_CACHE_DIR"

SEED = 3


@dataclass(frozen=True)
class SuiteConfig:
    """How to test one backend.

    Attributes
    ----------
    options
        Options to run it with, where the defaults are too slow for small instances.
    time_limit, time_tolerance
        Seconds it is given on the slow cases, and seconds more it may take.
    deterministic
        False for a backend whose answers cannot be repeated (a sampler on real hardware); it is then not
        asked to repeat them.
    incumbent
        False for a backend that may end at the time limit without a point on easy instances (one that only
        proves bounds, for example).
    cases
        More instances to test it on: a backend for a view of its own brings problems that have that view. Those with a
        small sibling (`warm`) are for the time limit.
    skip
        Clause -> reason. For work in progress: where the environment variable CI is set, a skipped clause
        counts as a failure.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    time_limit: float = 1.0
    time_tolerance: float = 1.5
    deterministic: bool = True
    incumbent: bool = True
    cases: tuple[Case, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Observation:
    """One run of the backend on one case.

    Attributes
    ----------
    refused
        Why it does not take this case; None when it does.
    crash
        An exception that left the run.
    answers, solutions
        What it answered, and what the core makes of it without a reference.
    seconds, compilation_seconds
        Wall-clock time of the run, and what of it the backend charged as compilation.
    printed
        What appeared on standard output.
    changed, random_state, left_behind
        Attributes of the instances and of their problem that it changed, generators it drew from, threads and
        processes it left.
    """

    case: Case
    instances: Sequence[Instance]
    refused: str | None = None
    crash: BaseException | None = None
    answers: list[Answer] = field(default_factory=list)
    solutions: list[Solution] = field(default_factory=list)
    seconds: float = 0.0
    compilation_seconds: float = 0.0
    printed: str = ""
    changed: list[str] = field(default_factory=list)
    random_state: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)

    @property
    def taken(self) -> bool:
        """Whether the backend has a route to this case."""
        return self.refused is None

    def __iter__(self) -> Iterator[tuple[Instance, Answer, Solution]]:
        return iter(zip(self.instances, self.answers, self.solutions, strict=False))


class Bench:
    """One backend under test.

    Parameters
    ----------
    backend
        A registered name, or a Backend class.
    config
        How to test it.
    """

    def __init__(self, backend: str | type[Backend], config: SuiteConfig | None = None) -> None:
        self.config = config or SuiteConfig()
        self.registered = isinstance(backend, str)
        self.backend = registry().backend(backend) if isinstance(backend, str) else backend
        check_backend_class(self.backend)
        self._folder = tempfile.mkdtemp(prefix="qmectk-testing-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._seen: dict[str, Observation] = {}

    @property
    def name(self) -> str:
        """The backend's name."""
        return self.backend.name

    def standard(self, *, feasible: bool | None = None, one_bit: bool = False) -> list[Observation]:
        """The standard runs of the cases it takes; each case is run once and remembered."""
        wanted = [
            case
            for case in self._cases()
            if (feasible is None or case.feasible is feasible) and (case.one_bit or not one_bit)
        ]
        return [seen for seen in map(self._once, wanted) if seen.taken]

    def _cases(self) -> list[Case]:
        """The suite's own cases and the config's; the shipped problems only where none of those has a route."""
        chosen = [*cases(), *(own for own in self.config.cases if own.warm is None)]
        if any(case.feasible and self._once(case).taken for case in chosen):
            return chosen
        return [*chosen, *shipped_cases()]

    def first(self) -> Observation | None:
        """The standard run of the first case it takes."""
        return next((seen for seen in map(self._once, self._cases()) if seen.taken), None)

    def _once(self, case: Case) -> Observation:
        if case.name not in self._seen:
            self._seen[case.name] = self.look(case)
        return self._seen[case.name]

    def refusals(self) -> list[str]:
        """Why it does not take the cases it does not take."""
        self.standard()
        return [f"{name}: {seen.refused}" for name, seen in self._seen.items() if not seen.taken]

    def look(
        self,
        case: Case,
        *,
        seed: int = SEED,
        time_limit: float | None = None,
        options: Mapping[str, Any] | None = None,
        fresh: bool = False,
        recorder: Recorder | None = None,
    ) -> Observation:
        """Run it on a case and watch.

        Parameters
        ----------
        fresh
            With an empty cache, so that a learned backend trains again.
        recorder
            Called with its incumbents.
        """
        seen = Observation(case, case.instances())
        before, problem = Checksums(seen.instances), Checksums([seen.instances[0].problem])
        states = random_states()
        threads = set(threading.enumerate())
        children = {process.pid for process in multiprocessing.active_children()}
        raw = {**self.config.options, **(options or {})}
        with self.cache(fresh), silenced() as printed:
            start = time.perf_counter()
            budget = Budget(time_limit, recorder=recorder)
            # a backend is to end by itself: the core ends it only after what counts as a failure
            budget.forgiven = self.config.time_tolerance + 1.0
            try:
                done = run(seen.instances, self.backend, raw, registry(), budget, seed)
            except (NoRoute, MissingPackage) as error:
                seen.refused = str(error)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # sys.exit in a backend must not end the suite
                seen.crash = error
            else:
                seen.answers = done.answers
                seen.solutions = [judge(a, backend=self.name, options=raw, seed=seed) for a in done.answers]
            seen.seconds = time.perf_counter() - start
            seen.compilation_seconds = budget._compilation.seconds  # as charged, not what can be true of it
        seen.printed = printed.text
        seen.changed = [*before.changes(), *(f"{name} of the problem" for name in problem.changes())]
        seen.random_state = [name for name, state in random_states().items() if states[name] != state]
        seen.left_behind = left_behind(threads, children)
        return seen

    @contextlib.contextmanager
    def cache(self, fresh: bool = False) -> Iterator[None]:
        """Learned policies go to this bench's own folder, or to an empty one."""
        with contextlib.ExitStack() as stack:
            folder = self._folder
            if fresh:
                folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            before = os.environ.get(CACHE_VARIABLE)
            os.environ[CACHE_VARIABLE] = folder
            try:
                yield
            finally:
                if before is None:
                    del os.environ[CACHE_VARIABLE]
                else:
                    os.environ[CACHE_VARIABLE] = before
