"""Large models under a time limit: arrays first, the library's model only where there is time for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Budget
from qmectk.documents.files import parse
from qmectk.errors import NoRoute, Refused
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk_annealing import hasty as module
from qmectk_annealing.couplings import Couplings, WrittenOut
from qmectk_annealing.dense import DenseOptions, WriteOut

dimod = pytest.importorskip("dimod")
pytest.importorskip("dwave.samplers")


def attention(n: int, **more: Any) -> Any:
    text = ", ".join(f"{key}: {value}" for key, value in {"k": max(n // 4, 1), **more}.items())
    return parse(f"{{problem: attention, {text}, blocks: {{model: generator, n: {n}, d: 2}}}}").instances()[0]


@pytest.mark.parametrize("variant", ["published", "salient", "concave", "general"])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_arrays_and_model_are_the_same(variant: str, n: int) -> None:
    view = WriteOut().apply(attention(n, variant=variant).factored().view, DenseOptions(), None).view
    assert isinstance(view, WrittenOut)
    states = np.random.default_rng(n).integers(0, 2, (20, n)).astype(np.int8)
    energies = view.energies(states)
    assert "model" not in vars(view)
    np.testing.assert_allclose(energies, view.model.energies((states, view.labels)), rtol=1e-12, atol=1e-9)
    assert view.labels == list(view.model.variables)
    assert view.interactions == view.model.num_interactions
    again = Couplings.of(view.model)
    np.testing.assert_allclose(again.flips(states), view.couplings.flips(states), atol=1e-9)
    assert again.neighbours() == view.couplings.neighbours()


@pytest.mark.parametrize("sparse", [False, True])
def test_a_descent_ends_in_a_minimum_and_never_rises(sparse: bool) -> None:
    rng = np.random.default_rng(3)
    upper = np.triu(rng.normal(size=(60, 60)), 1)
    couplings = Couplings(rng.normal(size=60), upper + upper.T, 1.5)
    couplings = couplings.sparse() if sparse else couplings
    for _ in range(5):
        start = rng.integers(0, 2, 60)
        end = couplings.descent(start, Budget())
        assert couplings.energies(end)[0] <= couplings.energies(start)[0]
        assert couplings.flips(end).min() > -1e-9
        assert couplings.descent(end, Budget()).tolist() == end.tolist()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has 100 couplings counts as large."""
    monkeypatch.setattr(module, "LARGE", 100)


SAMPLERS = {"sa": {}, "tabu": {}, "steepest-descent": {}, "decompose": {"size": 20}, "leap-hybrid": {"solver": "mock"}}


@pytest.mark.parametrize("name", SAMPLERS)
def test_without_time_for_the_library_a_descent_is_the_answer(
    name: str, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALL", 1e12)
    found = qmectk.solve(attention(50), name, options=SAMPLERS[name], time_limit=100, reference=False)
    assert found.feasible
    assert found.termination.value == ("converged" if name == "steepest-descent" else "budget")
    made: list[Any] = []
    monkeypatch.setattr(WrittenOut, "model", property(lambda self: made.append(self)))
    assert qmectk.solve(attention(50), name, options=SAMPLERS[name], time_limit=100, reference=False).feasible
    assert made == []


@pytest.mark.parametrize("name", ["sa", "tabu", "decompose"])
def test_with_time_the_library_goes_on_from_there(name: str, large: None) -> None:
    found = qmectk.solve(attention(50), name, options=SAMPLERS[name], time_limit=100)
    assert (found.feasible, found.termination.value) == (True, "converged")
    assert found.gap < 0.05


def test_what_is_too_large_is_refused_before_a_model_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dwave.system")
    monkeypatch.setattr(WrittenOut, "model", property(lambda self: pytest.fail("a model was made")))
    monkeypatch.setattr(dimod, "BinaryQuadraticModel", lambda *arguments: pytest.fail("a model was made"))
    with pytest.raises(Refused, match="44850 couplings"):
        qmectk.solve(attention(300), "dwave-qpu", options={"solver": "mock"}, reference=False)
    with pytest.raises(NoRoute, match="takes at most 156"):
        find_route(attention(300), registry().backend("qaoa"), registry())


def test_a_view_says_what_its_model_does() -> None:
    model = dimod.BQM({"a": 1.0, "b": -2.0}, {("a", "b"): 0.5}, 3.0, "BINARY")
    view = QUBO(model, {}, lambda sample: True)
    assert (view.labels, view.interactions) == (["a", "b"], 1)
    assert view.energies(np.array([[1, 1], [0, 0]], np.int8)).tolist() == [2.5, 3.0]
