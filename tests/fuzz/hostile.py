"""Backends that reply with anything: whatever they say, ``qmectk.solve`` answers, and 'optimal' is only what is."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import qmectk
from qmectk import Backend, Binary, Reply, Termination
from qmectk.errors import QmectkError
from qmectk.testing.instances import Knapsack, OneBit, Squares
from qmectk.views import QUBO, Algebraic, Quadratic

from .case import Call
from .provers import NEAR

#: Longest sentence about a backend, in characters.
LONGEST = 1500


class Unruly:
    """An object whose every use raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("unruly")

    def __len__(self) -> int:
        raise OSError("no length")

    def __repr__(self) -> str:
        raise ValueError("no words")

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        raise MemoryError

    def __float__(self) -> float:
        raise ArithmeticError

    def __bool__(self) -> bool:
        raise TypeError("neither")


def _nested() -> Any:
    out: Any = []
    for _ in range(3000):
        out = [out]
    return out


def _circle() -> Any:
    out: dict[str, Any] = {}
    out["again"] = out
    return out


#: What is put where something else is due.
THINGS: tuple[Callable[[], Any], ...] = (
    *(lambda: None, lambda: 0, lambda: -1, lambda: 1.5, lambda: float("nan"), lambda: float("inf"), lambda: -1e308),
    *(lambda: 10**400, lambda: True, lambda: "", lambda: "1101", lambda: "\x1b[31m\ud800", lambda: b"\x00", list, dict),
    *(
        lambda: [[]],
        lambda: [0, [1]],
        lambda: [None] * 5,
        lambda: {"x": 1},
        lambda: np.zeros(0),
        lambda: np.zeros((2, 2)),
    ),
    *(
        lambda: np.full(6, np.nan),
        lambda: np.full(6, 1e300),
        lambda: np.zeros(6, complex),
        lambda: np.zeros(6, "M8[s]"),
    ),
    *(
        lambda: np.array(["a"] * 6),
        lambda: np.array([object()] * 6),
        lambda: np.float64("nan"),
        lambda: np.zeros(6, bool),
    ),
    *(Unruly, _nested, _circle, lambda: (i for i in range(3)), lambda: range(6), lambda: lambda: 0, lambda: Reply),
    *(
        lambda: "x" * 200_000,
        lambda: dict.fromkeys(range(20000), "y"),
        lambda: {1: {2: float("nan")}},
        lambda: {"a": Unruly()},
    ),
    *(
        lambda: Termination.PROVED,
        lambda: np.ones(6),
        lambda: np.ones(5),
        lambda: np.ones(1),
        lambda: {"x": np.ones(6)},
    ),
    *(lambda: np.int64(3), lambda: np.float32(1e-3), lambda: -0.0, lambda: 1e-320, lambda: {"x": [0.5] * 6}, lambda: 2),
)

ERRORS: tuple[Callable[[], BaseException], ...] = (
    *(lambda: RuntimeError("\x1b[31mred\n\n\x00"), lambda: ValueError(), lambda: MemoryError(), lambda: SystemExit(0)),
    *(
        lambda: SystemExit("bye"),
        lambda: asyncio.CancelledError("stopped"),
        lambda: GeneratorExit(),
        lambda: StopIteration(),
    ),
    *(lambda: RecursionError(), lambda: KeyError(Unruly), lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")),
    *(
        lambda: OSError(28, "No space left on device"),
        lambda: BaseException("bare"),
        lambda: AssertionError(),
        lambda: Warning(),
    ),
    *(lambda: FloatingPointError("x" * 100_000), lambda: ExceptionGroup("two", [ValueError("a"), OSError("b")])),
    *(
        lambda: BaseExceptionGroup("worse", [asyncio.CancelledError(), ValueError("a")]),
        lambda: ImportError("no module"),
    ),
)


def _instance(which: int) -> Any:
    return (Knapsack.drawn(6, 1), Squares.drawn(4, 6), OneBit())[which]


def _reply(rng: np.random.Generator, view: Any) -> Any:
    """A Reply in which one or more parts are not what they should be."""
    thing = lambda: THINGS[int(rng.integers(len(THINGS)))]()  # noqa: E731
    n = getattr(view, "n", 6)
    honest: Any = rng.integers(0, 2, n if isinstance(n, int) else 6).astype(float)
    if rng.random() < 0.3:
        honest = {"x": honest}
    parts = {
        "point": honest,
        "termination": Termination(rng.choice([t.value for t in Termination])),
        "bound": float(rng.normal() * 10.0 ** rng.integers(-3, 4)),
        "proof": "words",
        "tolerance": float(rng.choice([0.0, 1e-6, 1e-3, 1e-2])),
        "objective": None,
        "message": "",
        "info": {},
    }
    for name in rng.choice(list(parts), int(rng.integers(0, 3)), replace=False):
        parts[str(name)] = thing()
    return Reply(**parts)


def _backend(seed: int, accepts: type, proves: bool) -> type[Backend]:
    class Hostile(Backend):
        name = "hostile"

        def solve(self, view: Any, budget: Any, rng: np.random.Generator) -> Any:
            draw = np.random.default_rng(seed)
            what = int(draw.integers(12))
            thing = THINGS[int(draw.integers(len(THINGS)))]
            if what < 2:
                raise ERRORS[int(draw.integers(len(ERRORS)))]()
            if what == 2:
                return thing()
            if what == 3:
                budget.incumbent(thing(), thing(), point=thing())
            if what == 4:
                budget.report(thing(), thing(), thing())
            if what == 5:
                for name, value in list(vars(view).items()):
                    if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.kind == "f":
                        value[...] = draw.normal(size=value.shape)
                    elif draw.random() < 0.3:
                        setattr(view, name, thing())
            if what == 6:
                warnings.simplefilter("error")
                warnings.warn("\x1b[31m\ud800", stacklevel=1)
            if what == 7:
                np.seterr(all="raise")
            if what == 8:
                budget.seconds = budget.gap = thing()
            return _reply(draw, view)

    Hostile.accepts, Hostile.proves = (accepts,), proves
    return Hostile


def make(rng: np.random.Generator) -> Call:
    """One hostile backend on one small problem whose optimum is known."""
    seed, which = int(rng.integers(2**31)), int(rng.integers(3))
    accepts = (Binary, Binary, QUBO, Algebraic, Quadratic)[int(rng.integers(5))]
    proves, reference = bool(rng.random() < 0.7), bool(rng.random() < 0.6)

    def run(folder: Path) -> list[str]:
        instance = _instance(which)
        right = instance.known_optimum()
        before = np.geterr()
        try:
            with warnings.catch_warnings():
                solution = qmectk.solve(instance, _backend(seed, accepts, proves), reference=reference, time_limit=5)
        except QmectkError as error:
            return [] if str(error).strip() and len(str(error)) <= LONGEST else [f"no sentence: {str(error)[:200]!r}"]
        except BaseException as error:
            if type(error).__name__ == "Hang":
                raise
            return [f"escapes: {type(error).__name__}"]
        finally:
            np.seterr(**before)
        json.dumps(solution.as_dict(), allow_nan=False)
        wrong = [f"a fault of {len(text)} characters" for text in solution.faults if len(text) > LONGEST]
        slack = NEAR * abs(right) + 1e-9
        if solution.quality.value == "optimal":
            if abs(solution.objective - right) > slack:
                wrong.append(f"false optimum: {solution.objective!r} for {right!r}")
            if not reference:
                wrong.append("a third party's own proof makes 'optimal' without a reference")
        bound = solution.bound
        if reference and bound is not None and solution.sense * (right - bound) > slack + 2e-3 * abs(right):
            wrong.append(f"false bound: {bound!r} is certified, {right!r} can be had")
        return wrong

    return Call(run, f"seed {seed}, instance {which}, {accepts.__name__}, proves {proves}, reference {reference}")
