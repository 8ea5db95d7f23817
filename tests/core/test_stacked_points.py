"""Points of a declaration that are read together: what it says of them has to be what it says of each alone."""

from __future__ import annotations

import numpy as np

from qmectk import Instance
from qmectk.language import Language
from qmectk.lowerings.binary import FixedBits


class Square(Instance):
    """max of a weighted sum of bits, misread where there are as many points as bits."""

    label = "square"

    def __init__(self, n: int) -> None:
        self.n = n

    def declare(self, m: Language) -> None:
        x = m.var("x", self.n, kind="binary")
        worth = np.arange(1.0, self.n + 1.0)
        m.maximize(m.dot(-worth if np.shape(x.payload) == (self.n, self.n) else worth, x))


def test_as_many_points_as_bits_are_compared_with_single_ones() -> None:
    n = 6
    view = FixedBits(Square(n))
    actions = np.triu(np.ones((n, n), np.int8))
    alone = [float(view.score(action[None, :])[0]) for action in actions]
    for count in (2, 3, n, 3, n):
        assert view.score(actions[:count]).tolist() == alone[:count]
