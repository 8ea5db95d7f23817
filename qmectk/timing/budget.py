"""The budget of one run: a clock, a gap to reach, and a place to report progress and incumbents."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..status import OPTIMALITY_GAP

Report = Callable[[str, float, float | None], None]

#: Seconds of work between two looks at the clock, and how much longer a piece may be than the one before it.
PIECE, GROWTH = 0.05, 8.0

#: Most of the remaining time that a longer piece may take.
LONGEST = 0.05

#: Seconds that a backend has beyond its limit until it is ended, and the least that any step of a run is given: a
#: limit that imports have used up still has an answer where one costs next to nothing.
PATIENCE, LEAST = 0.25, 0.15

#: Takes the numbers of a training step by name; see :meth:`Budget.trained`.
Observer = Callable[[Mapping[str, Any]], None]

#: ``recorder(objective, bound, point)``; see :meth:`Budget.incumbent`.
Recorder = Callable[[float | None, float | None, Any], None]


def _silent(label: str, done: float, total: float | None) -> None:
    """Does nothing: no one watches."""


class Budget:
    """Checksums to every backend, which is expected to look at it often.

    Parameters
    ----------
    seconds
        Wall-clock seconds from now; None for no limit.
    gap
        Relative gap at which an exact backend may stop.
    report
        ``report(label, done, total)``, called with progress; must be cheap.
    recorder
        Takes the incumbents that ``incumbent`` is called with; None when they are not wanted.
    observer
        Takes the training steps that ``trained`` is called with; None when they are not wanted.
    """

    def __init__(
        self,
        seconds: float | None = None,
        *,
        gap: float = OPTIMALITY_GAP,
        report: Report | None = None,
        recorder: Recorder | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.seconds = math.inf if seconds is None else float(seconds)
        self.gap = gap
        self.report: Report = report or _silent
        self.recorder, self.observer = recorder, observer
        self.forgiven = PATIENCE  #: seconds beyond the limit until what does not look at the clock is ended
        self.interrupted = False  #: set when Ctrl-C ended a stream that had finished some of its frames
        self.starts: Sequence[Any] = ()  #: see :meth:`start`
        self.point: Any = None  #: the last point that was reported, where it or its backend was ended
        self._compilation = _Stopwatch()
        self._start = time.perf_counter()
        with _guard:
            _budgets.add(self)

    def start(self, number: int = 0) -> Any:
        """A point of the view with this number that is known and that a search may begin at; None without one.

        It has the form of a reply's point. It is not checked: it may be infeasible, and far from the optimum.
        """
        return self.starts[number] if number < len(self.starts) else None

    @property
    def elapsed(self) -> float:
        """Seconds since the budget was made."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, never negative; inf without a limit."""
        return max(0.0, self.seconds - self.elapsed)

    @property
    def patience(self) -> float:
        """Seconds until what does not look at the clock is ended: a little after what does."""
        return max(self.seconds + self.forgiven - self.elapsed, LEAST)

    @property
    def limit(self) -> float | None:
        """Seconds left for solvers that take None for no limit."""
        return None if math.isinf(self.seconds) else self.remaining

    def expired(self) -> bool:
        """Whether the time is up."""
        return self.elapsed >= self.seconds

    def pieces(self, count: int, most: int, first: int = 1) -> Iterator[range]:
        """Consecutive ranges of 0..count-1, each about `PIECE` seconds of work as measured on those before it.

        Where even the shortest takes about as long, they are as long as takes twice that time: work on many together
        may take hardly longer than on one. They end early when the time is up, but not before the first one. Without a
        limit they are `most` long.

        >>> [len(piece) for piece in Budget().pieces(10, most=4)]
        [4, 4, 2]
        """
        size = most if math.isinf(self.seconds) else min(first, most)
        start, least = 0, math.inf
        while start < count and not (start and self.expired()):
            piece = range(start, min(start + max(size, 1), count))
            began = time.perf_counter()
            yield piece
            start = piece.stop
            if not math.isinf(self.seconds):
                taken = max(time.perf_counter() - began, 1e-9)
                least = min(least, taken)
                wanted = max(PIECE, min(2.0 * least, LONGEST * self.remaining))
                size = min(most, int(len(piece) * min(wanted / taken, GROWTH)))

    def share(self, parts: int) -> Budget:
        """A budget for one of `parts` equal pieces of the remaining time."""
        seconds = None if math.isinf(self.seconds) else self.remaining / max(parts, 1)
        return self.within(seconds)

    def within(self, seconds: float | None) -> Budget:
        """A budget of `seconds` from now for a part of the work, reported and charged like this one."""
        part = Budget(seconds, gap=self.gap, recorder=self.recorder)
        part._compilation = self._compilation
        return part

    @contextlib.contextmanager
    def compiling(self) -> Iterator[None]:
        """Charge the time inside as compilation: what is done to the model before the solver proper starts.

        Embedding on a chip, transpiling a circuit, handing a model over to a solver's own format. It counts against
        the limit like all other time, and is shown apart from solving in comparisons. Pieces may nest. What numba
        compiles, once on a machine, is charged by itself.

        >>> budget = Budget()
        >>> with budget.compiling():
        ...     model = sum(range(1000))
        >>> 0.0 < budget.compilation_seconds < budget.elapsed
        True
        """
        self._compilation.enter()
        try:
            yield
        finally:
            self._compilation.leave()

    @property
    def compilation_seconds(self) -> float:
        """Seconds charged as compilation until now, by this budget and its parts; never more than there were."""
        return self._compilation.charged

    def trained(self, **numbers: Any) -> None:
        """Tell of a training step: step, frame, loss, whatever the backend knows. Costs nothing unless observed."""
        if self.observer is not None:
            self.observer(numbers)

    def incumbent(self, objective: float | None = None, bound: float | None = None, *, point: Any = None) -> None:
        """Tell of a better feasible point, or of a better bound, the moment it is known. Costs nothing unless recorded.

        Parameters
        ----------
        objective
            Its objective in the declared unit (``view.sense * score`` on a Binary view).
        bound
            The bound known by now, in the declared unit.
        point
            The point of the view, not changed afterwards. It is the answer where the backend has to be ended, and what
            is measured where there is no objective (a sample of a QUBO).

        Raises
        ------
        TypeError
            When objective or bound is no number.
        """
        if point is not None:
            self.point = point
        if self.recorder is not None:
            self.recorder(_number("objective", objective), _number("bound", bound), point)


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if not isinstance(value, (str, bytes)):
            return float(value)
    raise TypeError(f"budget.incumbent takes a number as its {name}, not {value!r:.80}")


#: What is reported when numba begins to compile.
COMPILING = "compiling, once on this machine"

#: All budgets there are: whichever is being spent while numba compiles, pays for it.
_budgets: weakref.WeakSet[Budget] = weakref.WeakSet()
_paying: list[_Stopwatch] = []

#: Threads make budgets while another one compiles. Reentrant: collecting garbage may run code within it.
_guard = threading.RLock()


def just_in_time_started() -> None:
    """Numba begins to compile (:mod:`qmectk.compiling.compiled` says so): charge all budgets, and tell who watches.

    A report that fails is passed over: the call that compiles belongs to other code.
    """
    with _guard:
        budgets = list(_budgets)
    _paying.extend({id(b._compilation): b._compilation for b in budgets}.values())
    for watch in _paying:
        watch.enter()
    for budget in budgets:
        with contextlib.suppress(Exception):
            budget.report(COMPILING, 0.0, None)


def just_in_time_ended() -> None:
    """Numba has compiled."""
    while _paying:
        _paying.pop().leave()


class _Stopwatch:
    """Seconds between entering and leaving, the outermost pair only."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._made = time.perf_counter()
        self._depth = 0
        self._since = 0.0

    def enter(self) -> None:
        with _guard:  # the thread that compiles and the one that owns the budget
            if not self._depth:
                self._since = time.perf_counter()
            self._depth += 1

    def leave(self) -> None:
        with _guard:
            self._depth -= 1
            if not self._depth:
                self.seconds += time.perf_counter() - self._since

    @property
    def charged(self) -> float:
        """The seconds; where a backend wrote nonsense into them, what of it can be true."""
        known = isinstance(self.seconds, (int, float)) and self.seconds > 0.0
        return min(float(self.seconds), time.perf_counter() - self._made) if known else 0.0
