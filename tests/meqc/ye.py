"""Ye's problem with chosen settings, and one whose numbers can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

import qmectk
from qmectk_problems.meqc_ye.costs import Costs, Terms
from qmectk_problems.meqc_ye.problem import MeqcYe

FORMS = ("published", "serial", "parallel")


def load(**settings: Any) -> MeqcYe:
    found = qmectk.load("meqc-ye", **{"frames": 1, "training_frames": 0, **settings})
    assert isinstance(found, MeqcYe)
    return found


def by_hand(form: str, *, least: float = 0.0, deadline: float = 1e3) -> Terms:
    """aL = 10, b = 4 and c = 0.2 with weights of 1 and no energy."""
    one = np.ones(1)
    both = np.array([[4.0, 1e6]])
    allowed = np.array([[True, False]])
    costs = Costs(
        10.0 * one, 0.0 * one, both, 0.0 * both, 0.2 * one, 0.0 * one, deadline * one, allowed, np.zeros((1, 7))
    )
    return Terms(costs, form, 1.0, 1.0, 0.0, least)  # type: ignore[arg-type]
