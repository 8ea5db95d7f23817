"""D-Wave's chips and services, offline: real topologies, dwave-system's mock in the place of the hardware."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Budget
from qmectk.errors import InputError, Refused
from qmectk.testing.instances import Squares
from qmectk_annealing.chip import Chip
from qmectk_annealing.leap import LeapHybrid, LeapOptions
from qmectk_annealing.qpu import DWaveQpu, QpuOptions

dimod = pytest.importorskip("dimod")
pytest.importorskip("dwave.system")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DWAVE_API_TOKEN", raising=False)
    monkeypatch.setattr("dwave.cloud.config.load_config", lambda *a, **k: {})


def clique(n: int, seed: int = 0) -> QUBO:
    rng = np.random.default_rng(seed)
    row, column = np.triu_indices(n, 1)
    model = dimod.BQM.from_numpy_vectors(rng.normal(size=n), (row, column, rng.normal(size=len(row))), 0.0, "BINARY")
    return QUBO(model, {}, lambda sample: True)


@pytest.mark.parametrize(("solver", "topology"), [("mock", "pegasus"), ("mock-zephyr", "zephyr")])
def test_chains_are_connected_and_every_coupling_has_a_coupler(solver: str, topology: str) -> None:
    import networkx as nx

    chip, view = Chip("test", solver), clique(40)
    assert chip.sampler.properties["topology"]["type"] == topology
    chains = chip.embedding(view.model, 30.0).chains
    used = [q for chain in chains.values() for q in chain]
    assert len(used) == len(set(used))
    assert all(nx.is_connected(chip.graph.subgraph(chain)) for chain in chains.values())
    for u, v in view.model.quadratic:
        assert any(chip.graph.has_edge(p, q) for p in chains[u] for q in chains[v])


def test_a_reply_tells_chains_and_timing() -> None:
    reply = DWaveQpu(QpuOptions(solver="mock", reads=20)).solve(clique(12), Budget(), np.random.default_rng(0))
    info = reply.info
    assert info["mock"] is True
    assert info["longest_chain"] >= 1
    assert info["chain_strength"] > 0
    assert "qpu_access_time" in info["timing_us"]
    assert info["samples"] == 20


@pytest.mark.parametrize(("solver", "largest"), [("mock", 180), ("mock-zephyr", 184)])
def test_largest_cliques(solver: str, largest: int) -> None:
    chip = Chip("test", solver)
    assert len(chip.embedding(clique(largest).model, 5.0).chains) == largest
    with pytest.raises(Refused, match="decompose"):
        chip.embedding(clique(largest + 1).model, 5.0)


@pytest.mark.parametrize("backend", ["dwave-qpu", "leap-hybrid"])
def test_without_a_token_it_says_what_to_do(backend: str) -> None:
    with pytest.raises(Refused, match=r"API token.*DWAVE_API_TOKEN.*solver=mock") as caught:
        qmectk.solve(Squares.drawn(3, 4), backend, reference=False)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("solver", ["mock-torus", "mock-pegasus-1", "mock-zephyr-99"])
def test_unknown_mocks(solver: str) -> None:
    with pytest.raises(InputError):
        Chip("test", solver)


def test_leap_respects_the_least_time() -> None:
    with pytest.raises(Refused, match="at least 1 s"):
        qmectk.solve(Squares.drawn(3, 4), "leap-hybrid", options={"solver": "mock", "seconds": 0.5}, reference=False)


def test_the_mock_of_leap_draws_from_the_seed() -> None:
    def sample(seed: int) -> list[int]:
        view = clique(30)
        reply = LeapHybrid(LeapOptions(solver="mock")).solve(view, Budget(), np.random.default_rng(seed))
        return [int(reply.point[name]) for name in view.model.variables]

    drawn = [sample(seed) for seed in range(4)]
    assert sample(0) == drawn[0]
    assert any(other != drawn[0] for other in drawn)


def test_decomposing_takes_more_bits_than_the_chip() -> None:
    from qmectk_annealing.decompose import Decompose, DecomposeOptions

    view = clique(60)
    options = DecomposeOptions(sampler="qpu", solver="mock-pegasus-2", size=8, starts=1, passes=3)
    reply = Decompose(options).solve(view, Budget(), np.random.default_rng(0))
    assert reply.info["pieces"] >= 8
    assert reply.info["longest_chain"] >= 1
    assert reply.info["timing_us"]["qpu_access_time"] > 0
