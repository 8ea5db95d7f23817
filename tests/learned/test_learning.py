"""Learning: the loop, its batching, its determinism, and what it reaches."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.adam import adam as torch_adam

import qmectk
from qmectk.errors import InputError, Refused
from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk_learned.adam import Adam
from qmectk_learned.backends import Droo, Ugq
from qmectk_learned.networks import Shape, build
from qmectk_learned.online import Online
from qmectk_learned.policy import Policy
from qmectk_learned.replay import Replay
from qmectk_learned.threads import one_thread

BOTH = pytest.mark.parametrize("backend", [Droo, Ugq], ids=["droo", "ugq"])


def finish(run: Online) -> dict[str, Any]:
    with one_thread():
        while not run.finished:
            run.advance()
    arrays, plain = run.state()
    del plain["progress"]["seconds"]
    return {"plain": plain, **{name: array.tobytes() for name, array in arrays.items()}}


def test_the_plugin_imports_no_torch() -> None:
    code = "import sys, qmectk_learned.plugin; print(*sorted({'torch', 'numba', 'safetensors'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@BOTH
@pytest.mark.parametrize(
    "more", [{}, {"adaptive": True, "adapt_every": 32, "interval": 7, "epochs": 2}], ids=["default", "adaptive"]
)
def test_batches_do_what_the_loop_over_single_frames_does(backend: Any, more: dict[str, Any], p1_views: Any) -> None:
    views, _ = p1_views(training=150)
    options = backend.Options(**more)
    assert finish(Online(views, options, 5)) == finish(Online(views, options, 5, step=1))


@BOTH
def test_the_same_seed_gives_the_same_policy_bit_for_bit(backend: Any, p1_views: Any) -> None:
    views, _ = p1_views()
    one, again, other = (finish(Online(views, backend.Options(), seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


@BOTH
def test_training_beats_chance_and_lowers_the_loss(backend: Any, p1_views: Any, train: Any, answers: Any) -> None:
    views, unseen = p1_views(training=1000, frames=200)
    trained, facts = train(backend, views)
    assert facts["last_loss"] < 0.6 * facts["first_loss"]
    everything = ((np.arange(32)[:, None] >> np.arange(5)) & 1).astype(np.int8)
    scores = np.stack([view.score(everything) for view in unseen])
    best = scores.max(axis=1)
    # one candidate a frame: the network alone, against the mean over all actions
    alone = backend(backend.Options(candidates=1))
    alone._trained = trained._trained
    own = np.array([view.score(x[None])[0] for view, x in zip(unseen, answers(alone, unseen), strict=True)])
    assert (own / best).mean() > max(0.95, (scores.mean(axis=1) / best).mean())
    several = np.array([view.score(x[None])[0] for view, x in zip(unseen, answers(trained, unseen), strict=True)])
    assert (several / best).mean() > 0.99


@BOTH
def test_an_answer_depends_on_its_frame_and_generator_only(backend: Any, p1_views: Any, train: Any) -> None:
    views, unseen = p1_views(frames=40)
    trained, _ = train(backend, views)

    def rngs() -> list[np.random.Generator]:
        return [np.random.default_rng([9, i]) for i in range(len(unseen))]

    together = [r.point.tolist() for r in trained.solve_many(unseen, Budget(), rngs())]
    single = [trained.solve(v, Budget(), r).point.tolist() for v, r in zip(unseen, rngs(), strict=True)]
    backwards = [r.point.tolist() for r in trained.solve_many(unseen[::-1], Budget(), rngs()[::-1])]
    assert together == single == backwards[::-1]


@pytest.mark.parametrize("name", ["droo", "ugq"])
def test_solve_sets_the_policy_beside_the_optimum(name: str) -> None:
    problem = qmectk.load("p1", devices=4, training_frames=400, frames=30)
    solution = qmectk.solve(problem, name)
    assert solution.termination is Termination.CONVERGED
    assert solution.feasible
    assert not solution.faults
    assert solution.info["training"]["training_frames"] == 400
    assert solution.as_dict()["mean_ratio"] > 0.98
    assert solution.bound is not None


@pytest.mark.parametrize(("network", "quantizer"), [("mlp", "knn"), ("mlp", "opn"), ("gru", "op"), ("mlp", "ugq")])
@pytest.mark.parametrize("n", [1, 3])
def test_any_binary_view_will_do(network: Any, quantizer: Any, n: int, toy: Any, train: Any, answers: Any) -> None:
    draw = np.random.default_rng(0)
    views = [toy(draw.normal(size=n)) for _ in range(400)]
    options = {"network": network, "quantizer": quantizer, "interval": 5, "history": 2}
    trained, _ = train(Droo, views[:350], **options)
    points = answers(trained, views[350:])
    right = np.array([(view.worth > 0) == point for view, point in zip(views[350:], points, strict=True)])
    assert right.mean() > 0.9


def test_frames_without_a_completion_teach_nothing_and_get_no_point(toy: Any, train: Any) -> None:
    closed = [toy([1.0, -1.0], lambda actions: np.zeros(len(actions), bool)) for _ in range(40)]
    trained, facts = train(Droo, closed)
    assert "last_loss" not in facts
    reply = trained.solve(closed[0], Budget(), np.random.default_rng(0))
    assert reply.point is None
    assert "no candidate had a feasible completion" in reply.message


def test_frames_of_another_size_are_refused(toy: Any, train: Any) -> None:
    trained, _ = train(Droo, [toy([1.0, -1.0])] * 20)
    with pytest.raises(Refused, match="2 bits"):
        trained.solve(toy([1.0]), Budget(), np.random.default_rng(0))
    with pytest.raises(Refused, match="not finite"):
        trained.solve(toy([1.0, np.nan]), Budget(), np.random.default_rng(0))


def test_solving_untrained_is_refused(toy: Any) -> None:
    with pytest.raises(Refused, match="has not been trained"):
        Droo().solve(toy([1.0]), Budget(), np.random.default_rng(0))


def test_solving_ends_with_the_budget_but_never_empty(p1_views: Any, train: Any, ending: Any) -> None:
    views, unseen = p1_views(frames=20)
    trained, _ = train(Droo, views)
    rngs = [np.random.default_rng(i) for i in range(20)]
    assert 1 <= len(trained.solve_many(unseen, ending(0), rngs)) < 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 1},
        {"batch": 10**6},
        {"history": 0},
        {"history": 10**6},
        {"qubits": 10**6},
        {"learning_rate": 0.0},
        {"learning_rate": 1e300},
        {"dropout": 1.0},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Ugq.Options(**wrong)


def test_the_global_state_of_torch_is_left_alone(p1_views: Any, train: Any, answers: Any) -> None:
    views, unseen = p1_views()
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        answers(train(Ugq, views)[0], unseen)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("betas", "epsilon"), [((0.9, 0.999), 1e-8), ((0.5, 0.9), 1e-3), ((0.0, 0.0), 1.0)])
def test_adam_is_adam(betas: tuple[float, float], epsilon: float) -> None:
    own = build(Shape("mlp", 3, 3, 2), 1).double()
    mine = Adam(own, 0.01, 1e-4, betas=betas, epsilon=epsilon)
    weights, mean, square = mine.weights.clone(), mine.mean.clone(), mine.square.clone()
    steps = torch.tensor(0.0)
    settings: dict[str, Any] = {"amsgrad": False, "maximize": False, "beta1": betas[0], "beta2": betas[1]}
    settings["eps"] = epsilon
    draw = torch.Generator().manual_seed(0)
    for _ in range(30):
        mine.step(own(torch.randn(8, 2, 3, generator=draw, dtype=torch.float64)).square().mean())
        # the step gradient before decay was added to it
        gradient = [mine.gradient - 1e-4 * weights]
        torch_adam([weights], gradient, [mean], [square], [], [steps], lr=0.01, weight_decay=1e-4, **settings)
        assert torch.allclose(mine.weights, weights, rtol=0.0, atol=1e-9)
    assert torch.equal(torch.cat([p.detach().reshape(-1) for p in own.parameters()]), mine.weights)


def test_relaxed_actions_do_not_depend_on_the_batch() -> None:
    contexts = np.random.default_rng(0).random((37, 2, 4), dtype=np.float32)
    policy = Policy(Shape("gru", 4, 4, 2, 0.1), 3)
    with one_thread():
        whole = policy.relaxed(contexts)
        assert whole == pytest.approx(np.concatenate([policy.relaxed(c[None]) for c in contexts]), abs=1e-6)
    assert ((whole > 0) & (whole < 1)).all()


def test_the_memory_is_a_ring() -> None:
    memory = Replay(5, (1, 1), 1)
    frames = np.arange(12, dtype=np.float32).reshape(12, 1, 1)
    for start, stop in ((0, 3), (3, 4), (4, 12)):
        memory.add(frames[start:stop], np.ones((stop - start, 1), np.int8))
    assert sorted(memory.seen.ravel()) == [7, 8, 9, 10, 11]
    assert memory.seen[11 % 5].item() == 11
    assert len(memory) == 5


def test_heads_that_do_not_share_the_qubits_out_are_refused() -> None:
    with pytest.raises(InputError, match="4 heads of attention do not share 6 qubits out evenly"):
        qmectk.solve("p1", "qaroo", frame=0, reference=False, options={"qubits": 6})
