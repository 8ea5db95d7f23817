"""A relaxation bounds a problem with bits only where no row hides one of them in its rounding."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk import Instance, Quality
from qmectk.language import Language

pytest.importorskip("cvxpy")


class Hidden(Instance):
    """max sum x under ``small x + large y <= large side``: a bit is worth `small` of a row whose terms are `large`."""

    label = "hidden"

    def __init__(self, small: float, large: float) -> None:
        self.small, self.large = small, large

    def declare(self, m: Language) -> None:
        x, y = m.var("x", 3, kind="binary"), m.var("y", lower=1.0, upper=4.0)
        m.maximize(m.sum(x))
        m.le(m.dot(np.full(3, self.small), x) + self.large * y, self.large + 1.5 * self.small, "row")


@pytest.mark.parametrize(("small", "large", "optimal"), [(0.5, 8.0, False), (1e-9, 1e9, False), (1.0, 1.0, False)])
def test_no_point_beyond_the_optimum_of_one_is_called_optimal(small: float, large: float, optimal: bool) -> None:
    found = qmectk.solve(Hidden(small, large), "cvxpy", reference=False)
    assert (found.quality is Quality.OPTIMAL) == optimal


def test_the_message_says_why_nothing_is_proved() -> None:
    found = qmectk.solve(Hidden(1e-9, 1e9), "cvxpy", reference=False)
    assert found.bound is None
    assert "span more than 1e9" in found.message
    assert qmectk.solve(Hidden(0.5, 8.0), "cvxpy", reference=False).bound == pytest.approx(1.5, rel=1e-5)
