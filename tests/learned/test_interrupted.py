"""A training step that the time limit ends leaves no trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk.timing.deadline import Expired
from qmectk.views.scoring import ManyScorer
from qmectk_learned.backends import Droo, Ugq
from qmectk_learned.online import Online
from qmectk_learned.threads import one_thread

from .conftest import Toy


class Counted(Toy):
    """Ends a budget when it has been scored so often."""

    budget: Budget | None = None
    left = 0

    def score(self, actions: Any) -> Any:
        Counted.left -= 1
        if Counted.left == 0 and Counted.budget is not None:
            Counted.budget.seconds = 0.0
        return super().score(actions)


def views(count: int) -> list[Any]:
    rng = np.random.default_rng(1)
    return [Counted(rng.normal(size=6)) for _ in range(count)]


def end_after(scores: int) -> Budget:
    Counted.budget, Counted.left = Budget(1e6), scores
    return Counted.budget


@pytest.mark.parametrize("backend", [Droo, Ugq])
def test_a_step_that_is_ended_is_done_again_with_the_same_result(backend: Any) -> None:
    def after(*interruptions: int) -> dict[str, Any]:
        Counted.budget = None
        with one_thread():
            run = Online(views(40), backend.Options(interval=5, batch=4), 7)
            for scores in interruptions:
                budget = end_after(scores)
                with pytest.raises(Expired):
                    run.advance(budget)
                run.advance()
            while not run.finished:
                run.advance()
        arrays, plain = run.state()
        return {"plain": plain, **{name: array.tobytes() for name, array in arrays.items()}}

    assert after(1, 4, 2) == after()


def test_scores_end_with_the_time() -> None:
    rng = np.random.default_rng(0)
    chosen = views(3)
    actions = rng.integers(0, 2, (3, 50, 6)).astype(np.int8)
    whole = ManyScorer()(chosen, actions, Budget())
    np.testing.assert_allclose(whole, [view.score(rows) for view, rows in zip(chosen, actions, strict=True)])
    part = ManyScorer()(chosen, actions, end_after(4))  # three views: the first piece, and one more view
    np.testing.assert_allclose(part[:, 0], whole[:, 0])
    assert np.isneginf(part[:, -1]).all()


def test_an_answer_needs_one_candidate_only() -> None:
    trained = Droo(Droo.Options(batch=4))
    stream = views(30)
    trained.train(lambda: stream, "interrupted", Budget(), np.random.default_rng(0))
    (reply,) = trained.solve_many(stream[:1], end_after(1), [np.random.default_rng(0)])
    assert reply.point is not None
    assert reply.termination is Termination.CONVERGED


@pytest.mark.parametrize(("feasible", "bit"), [((0, 1), 0), ((1,), 1), ((), None)])
def test_without_a_policy_all_bits_are_equal_where_that_can_be_completed(feasible: Any, bit: int | None) -> None:
    class Picky(Toy):
        def score(self, actions: Any) -> Any:
            return np.where(np.isin(actions, feasible).all(axis=1), super().score(actions), -np.inf)

    found = Droo().untrained(Picky(np.ones(6)))
    assert (found is None) if bit is None else np.array_equal(found, np.full(6, bit))


def test_a_training_that_saw_no_frame_writes_no_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr("qmectk_learned.cache.Entry.write", lambda self, *content: written.append(content))
    backend, ended = Droo(), Budget(1e-6)
    backend.train(lambda: views(40), "no problem", ended, np.random.default_rng(1))
    assert written == []
    assert backend.solve(views(1)[0], ended, np.random.default_rng(2)).point is not None


def test_a_state_holds_the_frames_that_are_remembered_and_no_others() -> None:
    def begun() -> Online:
        return Online(views(40), Droo.Options(interval=5, batch=4, memory=1024), 7)

    with one_thread():
        run, again = begun(), begun()
        for _ in range(3):
            run.advance()
        arrays, plain = run.state()
        assert {len(arrays[f"memory.{name}"]) for name in ("seen", "actions", "numbers", "bits")} == {len(run.memory)}
        again.restore(arrays, plain)
        for one in (run, again):
            while not one.finished:
                one.advance()
    assert all(np.array_equal(a, b) for a, b in zip(run.state()[0].values(), again.state()[0].values(), strict=True))
