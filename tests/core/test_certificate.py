"""Certificates: gaps, tolerances, and where they are met."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmectk.judging.certificate import (
    EXACTLY,
    MOST_TOLERANCE,
    WITHIN_ROUNDING,
    Certificate,
    relative_gap,
    tolerance_fault,
)
from qmectk.status import FEASIBILITY_TOLERANCE
from qmectk.testing.instances import WaterFilling


@pytest.mark.parametrize(
    ("objective", "bound", "sense", "gap"),
    [
        (9.0, 10.0, 1, 0.1),
        (11.0, 10.0, -1, 0.1),
        (-11.0, -10.0, 1, 0.1),
        (10.0, 10.0, 1, 0.0),
        (10.5, 10.0, 1, -0.05),
        (-0.5, 0.0, 1, 1.0),
        (-1e-30, 0.0, 1, 1.0),
        (0.0, 0.0, -1, 0.0),
        (0.9e-13, 1e-13, 1, 0.1),
        (1.0, math.inf, 1, math.inf),
        (math.nan, 1.0, 1, math.inf),
    ],
)
def test_relative_gaps(objective: float, bound: float, sense: int, gap: float) -> None:
    assert relative_gap(objective, bound, sense) == pytest.approx(gap)


def test_a_certificate_forgives_its_tolerance_only() -> None:
    certificate = Certificate(10.0, "branch and bound", "highs", 1e-6)
    assert not certificate.refuted_by(10.0 + 1e-5, 1)
    assert certificate.refuted_by(10.0 + 1e-4, 1)
    assert not certificate.refuted_by(9.0, 1)
    assert certificate.refuted_by(9.0, -1)
    assert certificate.as_dict() == {"bound": 10.0, "kind": "branch and bound", "source": "highs", "tolerance": 1e-6}


def test_a_certificate_at_its_edges() -> None:
    zero, one, four = (Certificate(bound, "enumeration", "hand", 0.0) for bound in (0.0, 1.0, 4.0))
    assert not zero.beaten_by(0.0, 1)  # as good is not better
    assert one.beaten_by(1.5, 1)
    assert not one.beaten_by(1.5, 1, 0.5)
    assert one.refuted_by(2.0, 1, violation=EXACTLY)  # worth at most 2e-5
    assert not one.refuted_by(2.0, 1, violation=WITHIN_ROUNDING)
    assert EXACTLY < WITHIN_ROUNDING < FEASIBILITY_TOLERANCE  # feasible, and no refutation
    assert four.met_by(3.0, 1, 0.25)
    assert not four.met_by(3.0, 1, 0.25 - 1e-12)
    assert tolerance_fault(MOST_TOLERANCE) == ""


def test_the_suite_s_closed_forms_are_right() -> None:
    """Water filling against a fine grid of water levels."""
    filling = WaterFilling.drawn(5)
    levels = np.linspace(0.05, 3, 200_000)
    power = np.maximum(levels[:, None] - 1 / filling.gain, 0)
    level = np.argmin(np.abs(power.sum(axis=1) - 1))
    assert filling.known_optimum() == pytest.approx(np.log1p(filling.gain * power[level]).sum(), rel=1e-4)
