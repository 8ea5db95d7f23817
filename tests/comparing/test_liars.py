"""Backends that lie about bounds or change what they were handed: reported in their own rows, and in nobody else's."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Reply, Termination


class Braggart(Backend):
    """Calls the first point it sees optimal."""

    name, accepts, proves = "braggart", (Binary,), True

    def solve(self, view, budget, rng):
        zeros = np.zeros((1, view.n), np.int8)
        bound = view.sense * float(view.score(zeros)[0])
        return Reply(zeros[0], Termination.PROVED, bound=bound, proof="trust me")


class Scribbler(Backend):
    """Makes its instance easier."""

    name, accepts = "scribbler", (Binary,)

    def solve(self, view, budget, rng):
        view.instance.snr[...] *= 10.0
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


def test_a_false_proof_is_refuted_by_the_reference(small):
    frame = qmectk.compare(small, [Braggart, "cd"], instances=3, time_limit=10).frame.set_index(["backend", "frame"])
    lies = frame.loc["braggart"]
    beaten = lies["objective"] < lies["reference_objective"] * (1 - 1e-6)
    assert beaten.any()
    assert (lies.loc[beaten, "status"] == "failed").all()
    assert lies.loc[beaten, "reason"].str.contains("is refuted by the reference, which measures").all()
    assert not (lies.loc[beaten, "quality"] == "optimal").any()
    assert np.allclose(lies["bound"], frame.loc["cd", "bound"])
    assert (frame.loc["cd", "status"] == "ok").all()


@pytest.mark.parametrize("warm_up", [True, False])
def test_a_changed_instance_is_measured_for_nobody(small, warm_up):
    asked = {"instances": 3, "time_limit": 10, "jobs": 1, "warm_up": warm_up}
    alone = qmectk.compare(small, ["cd"], **asked).frame
    frame = qmectk.compare(small, [Scribbler, "cd"], **asked).frame
    changed = frame[frame["backend"] == "scribbler"]
    assert (changed["status"] == "failed").all()
    assert changed["reason"].str.contains(r"it changed its instance \(snr").all()
    assert changed["objective"].isna().all()
    honest = frame[frame["backend"] == "cd"]
    assert (honest["status"] == "ok").all()
    assert honest["objective"].tolist() == alone["objective"].tolist()
    assert honest["gap"].tolist() == alone["gap"].tolist()
