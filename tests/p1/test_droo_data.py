"""DROO's published channels and optima (github.com/revenol/DROO, MIT licence), where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "droo"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="DROO's data set is not beside this checkout")


def problem_of(devices: int, frames: int) -> qmectk.Problem:
    text = f"""
problem: p1
devices: {devices}
frames: {frames}
constants: {{efficiency: 0.7}}
channel: {{model: file, path: data_{devices}.mat, variable: input_h}}
"""
    return parse(text, folder=FOLDER)


def published(devices: int, frames: int) -> np.ndarray:
    from scipy.io import loadmat

    return loadmat(FOLDER / f"data_{devices}.mat")["output_obj"][:frames, 0] * 1e-6  # bit/s to Mbit/s


@pytest.mark.parametrize(
    ("devices", "backend", "frames"), [(8, "exhaustive", 500), (8, "dual", 5000), (5, "dual", 5000)]
)
def test_published_optima(devices, backend, frames):
    solution = qmectk.solve(problem_of(devices, frames), backend)
    assert solution.quality is qmectk.Quality.OPTIMAL
    found = np.array([one.objective for one in solution.solutions])
    # the stored optimum carries the tolerance of the bisection behind it
    np.testing.assert_allclose(found, published(devices, frames), rtol=2e-6)


def test_highs_proves_the_published_optima():
    solution = qmectk.solve(problem_of(8, 20), "highs", reference=False)
    assert solution.termination is qmectk.Termination.PROVED
    assert not solution.faults
    found = np.array([one.objective for one in solution.solutions])
    np.testing.assert_allclose(found, published(8, 20), rtol=3e-6)
