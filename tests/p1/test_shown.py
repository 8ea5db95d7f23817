"""What people see of a frame of P1."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import qmectk


def test_the_table_speaks_in_symbols():
    problem = qmectk.load("p1", devices=4, frames=1, training_frames=0)
    one = problem.frame(0)
    table = one.describe()[0]
    assert table.headers == ("device", "h", "h [dB]", "w", "local", "alone", "tau alone")
    rows = np.array(table.rows)
    assert rows[:, 1] == pytest.approx(problem.trace[0])
    assert rows[:, 3].tolist() == [1.0, 1.5, 1.0, 1.5]
    tau = np.linspace(1e-6, 1 - 1e-6, 100_001)
    for k in range(4):
        worth = one.scale[k] * tau * np.log1p(one.snr[k] * (1 - tau) / tau)
        assert rows[k, 5] == pytest.approx(worth.max(), rel=1e-5)
        assert rows[k, 6] == pytest.approx(tau[worth.argmax()], abs=2e-4)
    faint = problem.instance([0.0, 1e-14, 1e-12, 1e-6])  # signal-to-noise ratios of 0, 2e-18, 2e-14 and 0.02
    reported = np.array(faint.describe()[0].rows)[:, 6]
    assert reported[:3] == pytest.approx(np.sqrt(faint.snr[:3] / 2.0), rel=1e-3)


def test_the_picture_has_the_optimum():
    one = qmectk.load("p1", devices=3, frames=1, training_frames=0).frame(0)
    figure = Figure()
    one.picture(figure)
    best = qmectk.solve(one, reference=False)
    left, middle, right = figure.axes
    assert "(optimal)" in figure.get_suptitle()
    assert sum(bar.get_height() for bar in middle.patches) == pytest.approx(1.0)
    assert sum(bar.get_height() for bar in right.patches) == pytest.approx(best.objective)
    assert len(left.patches) == 3
