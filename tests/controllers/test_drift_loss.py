"""Learning on the drift-plus-penalty bound: its gradient, its networks and circuits, and what they come to."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.documents import parse
from qmectk.errors import InputError, Refused
from qmectk.views.decisions import onto_capped_simplex as declared_projection
from qmectk.worlds.copies import decisions_of
from qmectk_controllers.drift_loss import DriftLoss
from qmectk_controllers.encoders.qnn import Filters, Qnn, amplitudes
from qmectk_controllers.options_spreading import FlatOptions, PriceOptions, QnnOptions
from qmectk_controllers.projection import fit, onto_capped_simplex
from qmectk_controllers.seeing import seen_of
from qmectk_controllers.spreading import Spreading

POWER = "{problem: drift, weights: {throughput: 0, power: 1}, target: null}"
SMALL = "{problem: drift, weights: {throughput: 0, power: 1}, target: null, devices: 4, servers: 2, server_cpu: 8e9}"


@pytest.fixture(autouse=True)
def _one_thread():
    from qmectk_learned.threads import one_thread

    with one_thread():
        yield


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_gradient_through_the_projection(seed):
    """Central differences, from rows within, on and far beyond the simplex, with servers full and not."""
    rng = np.random.default_rng(seed)
    y = torch.tensor(rng.normal(0.3, 0.5, (2, 4, 3)), requires_grad=True)
    load = torch.tensor(rng.uniform(0.0, 2.0, (2, 4, 3)))
    room = torch.tensor([[0.3, 1.0, np.inf], [2.0, 0.5, 1.0]])
    assert torch.autograd.gradcheck(lambda x: fit(onto_capped_simplex(x), load, room), y, eps=1e-7, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), spread=st.floats(0.01, 5.0))
def test_the_projection_is_the_declared_one(seed, spread):
    y = np.random.default_rng(seed).normal(0.2, spread, (5, 3, 4))
    assert np.allclose(onto_capped_simplex(torch.from_numpy(y)).numpy(), declared_projection(y))


def kron(matrices):
    return functools.reduce(np.kron, matrices)


def directly(state, angles):
    """<Z> of every qubit behind one filter, gate by gate on all 16 amplitudes, from the Pauli matrices."""
    x, y, z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    one = np.eye(2)
    for layer in angles:
        for qubit, turns in enumerate(layer):
            for angle, pauli in zip(turns, (x, y, z), strict=True):
                gate = np.cos(angle / 2) * one - 1j * np.sin(angle / 2) * pauli
                state = kron([gate if k == qubit else one for k in range(4)]) @ state
        for qubit in range(3):
            both = kron([np.diag([0.0, 1.0]) if k in (qubit, qubit + 1) else one for k in range(4)])
            state = (np.eye(16) - 2.0 * both) @ state
    return [float(np.real(state.conj() @ kron([z if k == q else one for k in range(4)]) @ state)) for q in range(4)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), layers=st.integers(1, 3))
def test_a_filter_is_its_gates(seed, layers):
    rng = np.random.default_rng(seed)
    bank = Filters(2, layers)
    bank.angles.data = torch.from_numpy(rng.uniform(0, 6.3, (2, layers, 4, 3)).astype(np.float32))
    row = rng.normal(size=20).astype(np.float32)
    states = amplitudes(torch.from_numpy(row)[None])[0].double().numpy()
    assert states.shape == (2, 16)
    found = bank(torch.from_numpy(row)[None])[0].detach().numpy().reshape(2, 2, 2)
    for patch, state in enumerate(states):
        for number in range(2):
            each = directly(state.astype(complex), bank.angles[number].detach().double().numpy())
            assert found[patch, number] == pytest.approx([np.mean(each[:2]), np.mean(each[2:])], abs=1e-5)


def test_amplitudes_have_norm_one_and_lose_the_scale():
    row = torch.arange(40.0)[None]
    assert torch.allclose(amplitudes(row).norm(dim=-1), torch.ones(1, 3))
    assert torch.allclose(amplitudes(row), amplitudes(1000.0 * row))
    assert amplitudes(torch.zeros(1, 5))[0, 0, 0] == 1.0


def test_as_printed_rz_and_cz_are_silent():
    """They commute with the measurement: a filter of one layer is four rotations, its RZ angles have no gradient."""
    row = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    for layers, silent in ((1, True), (2, False)):
        bank = Filters(3, layers)
        bank(row).square().sum().backward()
        first = bank.angles.grad[:, 0]
        assert bool(first[..., 2].abs().max() < 1e-5) == silent
        assert first[..., :2].abs().max() > 1e-3
        entangled = bank(row)
        bank._cz.fill_(1.0)
        assert torch.allclose(entangled, bank(row), atol=1e-5) == silent


def test_the_printed_architecture_leaves_two_numbers():
    assert Qnn(50, (1, 1), 1).width == 2
    assert Qnn(50, (4, 8), 2).width == 32


@pytest.mark.parametrize(
    "options",
    [PriceOptions(randomised=True), PriceOptions(network="pair"), PriceOptions(encoder="qnn"), QnnOptions()],
)
def test_a_training_that_goes_on_ends_with_the_same_weights(options):
    def learner(slots=6):
        import dataclasses

        return DriftLoss(parse(SMALL), dataclasses.replace(options, slots=slots, copies=4), 5)

    whole, begun, other = learner(), learner(), learner()
    for number in range(6):
        whole.update(number, np.random.default_rng([1, number]))
        if number < 3:
            begun.update(number, np.random.default_rng([1, number]))
    other.load(begun.arrays())
    for number in range(3, 6):
        other.update(number, np.random.default_rng([1, number]))
    for name, array in whole.arrays().items():
        assert np.array_equal(array, other.arrays()[name]), name
    acts = whole.policy()
    again = Spreading.load(acts.spec, acts.arrays())
    view = decisions_of(parse(SMALL).frame(0))
    assert np.array_equal(acts.decide(view, None).share, again.decide(view, None).share)
    with pytest.raises(ValueError, match="Error"):
        Spreading.load({**acts.spec, "network": "mlp", "scale": False, "sigmoid": False}, acts.arrays())


def trained(text, options, seed=0):
    learner = DriftLoss(parse(text), options, seed)
    for number in range(learner.updates):
        learner.update(number, np.random.default_rng([2, number]))
    return learner.policy()


def long_run(problem, decide, slots=300):
    """Power [W], backlog [tasks] and throughput of the second half, two copies."""
    rng = np.random.default_rng(9)
    copies = problem.copies(2, rng)
    records = []
    for slot in range(slots):
        found = copies.step(decide(copies.decisions), rng).records
        if slot >= slots // 2:
            records.append([found[name].mean() for name in ("power", "backlog", "throughput")])
    return np.mean(records, axis=0)


def best_channel(decisions):
    rate = decisions.arrays["rate"]
    return decisions.spreading(rate == rate.max(axis=-1, keepdims=True))


def test_a_short_training_saves_power_over_the_best_channel():
    policy = trained(POWER, PriceOptions(slots=100, copies=8))
    power, backlog, _ = long_run(parse(POWER), lambda now: policy.decide(now, None))
    other, _, _ = long_run(parse(POWER), best_channel)
    assert power < 0.96 * other
    assert backlog < 15.0
    # what it has learned is not bound to a number of devices or servers, nor to a V
    larger = parse(POWER, devices=14, servers=4, V=2000)
    assert policy.refuses(larger.copies(1, np.random.default_rng(0)).decisions) == ""
    power, backlog, carried = long_run(larger, lambda now: policy.decide(now, None))
    assert carried == pytest.approx(70, rel=0.03)
    assert power < 0.9 * long_run(larger, best_channel)[0]


def test_devices_and_servers_have_no_numbers_for_equivariant_networks():
    copies = parse(SMALL).copies(3, np.random.default_rng(0))
    copies.scatter(np.random.default_rng(1))
    rows, columns = np.array([2, 0, 3, 1]), np.array([1, 0])
    for network in ("price", "pair"):
        policy = DriftLoss(parse(SMALL), PriceOptions(network=network, copies=2), 0).policy()
        before = policy.decide(copies.decisions, None).share
        kept = copies.arrays()
        copies.load({**kept, "backlog": kept["backlog"][:, rows], "gain": kept["gain"][:, rows][:, :, columns]})
        after = policy.decide(copies.decisions, None).share
        copies.load(kept)
        assert np.allclose(after, before[:, rows][:, :, columns], atol=1e-5)
        assert not np.allclose(after, before, atol=1e-3)


def test_the_printed_loss_saves_all_power_and_serves_nobody():
    """Its queues do not depend on the decision; with a weight on power alone the best is never to send."""
    options = FlatOptions(slots=150, copies=8, learning_rate=1e-2, form="published")
    policy = trained(SMALL, options)
    power, _, throughput = long_run(parse(SMALL), lambda now: policy.decide(now, None), slots=200)
    assert power < 0.05
    assert throughput < 3.0  # of 20 that arrive


def test_flat_networks_refuse_other_sizes_and_choices_are_refused_by_all():
    policy = DriftLoss(parse(SMALL), FlatOptions(copies=2), 0).policy()
    assert policy.refuses(decisions_of(parse(SMALL).frame(0))) == ""
    assert "4 devices and 2 servers alone, and there are 10 and 3" in policy.refuses(
        decisions_of(parse(POWER).frame(0))
    )
    choices = parse("{problem: meqc-ye}")
    with pytest.raises(Refused, match="spreads devices over servers"):
        DriftLoss(choices, PriceOptions(copies=2), 0)
    assert "makes a choice" in policy.refuses(decisions_of(choices.frame(0)))
    with pytest.raises(InputError, match="restarts"):
        PriceOptions(restarts=2.0)


def test_published_form_sees_what_is_published():
    assert FlatOptions().features == "log"
    assert FlatOptions(form="published").features == "published"
    assert FlatOptions(form="published", features="log").features == "log"


@pytest.mark.parametrize("name", ["price-net", "qnn", "dnn"])
def test_presets_train_and_act_in_simulations(name, tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    problem = parse(SMALL)
    options = {"slots": 10, "copies": 4}
    policy = qmectk.train(problem, name, options=options, out=tmp_path / "a.policy")
    assert len(policy.curve) == 10
    run = qmectk.simulate(problem, name, slots=5, options={"policy": str(tmp_path / "a.policy")}, reference=False)
    assert run.done == 5
    seen = seen_of(decisions_of(problem.frame(0)), policy.policy.spec["features"])
    assert seen.value.shape == (1, 4, 2)
