"""NaN and infinity in a declaration are refused by name, by every backend alike, before anybody computes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Instance
from qmectk.attempts.answers import Answer
from qmectk.errors import InputError
from qmectk.judging.judge import judge
from qmectk.language import Language
from qmectk.plugins import registry
from qmectk.status import Termination

NAN, INF = float("nan"), float("inf")


class Stated(Instance):
    """Three bits and whatever is stated of them."""

    label = "stated"

    def __init__(self, state: Callable[[Language, Any], None], **bounds: Any) -> None:
        self.state, self.bounds = state, bounds

    def declare(self, m: Language) -> None:
        x = m.var("x", 3, kind="binary", **self.bounds)
        if self.state.__name__ != "objective":
            m.maximize(m.sum(x))
        self.state(m, x)


def objective(value: Any) -> Callable[[Language, Any], None]:
    def objective(m: Language, x: Any) -> None:
        m.maximize(value(m, x))

    return objective


CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "dot": (objective(lambda m, x: m.dot([6.0, NAN, 4.0], x)), {}, r"in the objective is nan \(element 1\)"),
    "infinite": (objective(lambda m, x: m.dot([6.0, 1.0, -INF], x)), {}, r"in the objective is -inf \(element 2\)"),
    "added": (objective(lambda m, x: m.sum(x) + NAN), {}, "in the objective is nan"),
    "inside": (objective(lambda m, x: m.square(m.sum(x) - NAN)), {}, "in the objective is nan"),
    "power": (objective(lambda m, x: m.power(m.sum(x), NAN)), {}, "in the objective is nan"),
    "matrix": (
        lambda m, x: m.le(np.array([[1.0, 2.0, 3.0], [NAN, 0.0, 0.0]]) @ x, 4, "rows"),
        {},
        r"constraint 'rows' is nan \(element 1, 0\)",
    ),
    "right side": (lambda m, x: m.le(m.sum(x), NAN, "limit"), {}, "constraint 'limit' is nan"),
    "no limit": (lambda m, x: m.le(m.sum(x), INF, "limit"), {}, "'limit' is inf; .*leave out what has no limit"),
    "greater": (lambda m, x: m.ge(m.sum(x), -INF, "least"), {}, "constraint 'least' is -inf"),
    "equal": (lambda m, x: m.eq(x, [0, NAN, 1], "fixed"), {}, r"constraint 'fixed' is nan \(element 1\)"),
    "lower": (lambda m, x: None, {"lower": NAN}, r"a bound of variable 'x' is nan"),
    "upper": (lambda m, x: None, {"upper": [1, 1, NAN]}, r"a bound of variable 'x' is nan \(element 2\)"),
}
BACKENDS = [name for name in ("exact", "highs", "cd", "exhaustive", "sa") if name in registry().backends]


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_by_name(case: str, name: str) -> None:
    if registry().backends[name].missing():
        pytest.skip(f"{name} is not installed")
    state, bounds, words = CASES[case]
    with pytest.raises(InputError, match=words):
        qmectk.solve(Stated(state, **bounds), name)


def test_bounds_may_be_infinite_and_crossed() -> None:
    found = qmectk.solve(Stated(lambda m, x: None, lower=-INF, upper=INF), "exhaustive", reference=False)
    assert found.objective == 3.0
    assert not qmectk.solve(Stated(lambda m, x: None, lower=0.7, upper=0.2), "exhaustive", reference=False).feasible


def test_a_later_frame_is_refused_where_it_is_judged() -> None:
    """Frames after the first are not looked at before they are solved; their answers are."""
    bad = Stated(CASES["dot"][0])
    for values in ({"x": np.ones(3)}, None):
        with pytest.raises(InputError, match="in the objective is nan"):
            judge(Answer(bad, [], Termination.CONVERGED, values), backend="fake", options={}, seed=0)
