"""Whom ``exact`` asks: qmectk's own provers first, whatever others promise."""

from __future__ import annotations

import qmectk
from qmectk import Backend, Binary, Reply, Termination
from qmectk.plugins import registry
from qmectk_exact.exact import provers


class Boaster(Backend):
    """Of another distribution; promises a proof in no time."""

    name, accepts, proves = "boaster", (Binary,), True

    @classmethod
    def effort(cls, signature):
        return 1e-12

    def solve(self, view, budget, rng):
        return Reply(None, Termination.PROVED)


def test_provers_of_other_distributions_are_asked_last(monkeypatch):
    known = registry()
    monkeypatch.setitem(known.backends, "boaster", Boaster)
    monkeypatch.setitem(known.origin, "boaster", "acme")
    problem = qmectk.load("p1", devices=4, frames=1, training_frames=0)
    asked = [backend.name for backend in provers(problem.frame(0))]
    assert len(asked) > 1
    assert asked[-1] == "boaster"
    assert qmectk.solve(problem, "exact").quality == "optimal"
