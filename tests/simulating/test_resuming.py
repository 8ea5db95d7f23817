"""An interrupted simulation goes on as if nothing had happened; a checkpoint of another one is refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from qmectk import Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.simulating import Interrupted, simulate
from qmectk.simulating.checkpoint import flatten, load, rebuild, save
from qmectk.views.capacity import Capacity

from .small import same


class Stopper(Backend):
    """Interrupts itself once, as Ctrl-C would."""

    name, accepts = "stopper", (Capacity,)
    left = 0

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        type(self).left -= 1
        if type(self).left == 0:
            raise KeyboardInterrupt
        y = np.zeros(view.shape)
        y[:, rng.integers(view.shape[1])] = 0.3
        return Reply(y, Termination.CONVERGED)


def test_resumed_is_as_undisturbed(small, tmp_path):
    file = tmp_path / "state.npz"
    Stopper.left = -1
    undisturbed = simulate(small, Stopper, slots=600, reference=False)
    Stopper.left = 300  # in the second batch
    with pytest.raises(Interrupted) as stop:
        simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file)
    assert stop.value.simulation.done == 299
    assert not stop.value.simulation.complete
    resumed = simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file, resume=True)
    same(undisturbed, resumed)
    same(undisturbed, simulate(small, Stopper, slots=600, reference=False, checkpoint_file=file, resume=True))


def test_resumed_with_the_exact_solver_is_as_undisturbed(small, tmp_path):
    file = tmp_path / "state.npz"
    whole = simulate(small, slots=80)
    part = simulate(small, slots=30, checkpoint_file=file)
    assert part.complete
    same(whole, simulate(small, slots=80, checkpoint_file=file, resume=True))


def test_time_limit_leaves_a_run_to_resume(small, cache):
    part = simulate(small, slots=100_000, time_limit=0.5)
    assert 0 < part.done < 100_000
    assert not part.complete
    kept = list((cache / "simulations").glob("*.npz"))
    assert len(kept) == 1
    more = simulate(small, slots=part.done + 20, resume=True)
    assert more.complete
    same(simulate(small, slots=part.done + 20), more)
    assert not list((cache / "simulations").glob("*.npz"))  # complete: nothing is left behind


def test_a_checkpoint_of_another_run_is_refused(small, tmp_path):
    file = tmp_path / "state.npz"
    simulate(small, slots=5, checkpoint_file=file)
    with pytest.raises(InputError, match="another problem, backend, option or seed"):
        simulate(small, "greedy", slots=9, checkpoint_file=file, resume=True)
    file.write_bytes(b"not an archive")
    with pytest.raises(InputError, match="no checkpoint"):
        simulate(small, slots=9, checkpoint_file=file, resume=True)


@dataclass(frozen=True)
class Inner:
    z: float
    names: tuple[int, ...]


@dataclass(frozen=True)
class Outer:
    count: int
    flag: bool
    array: np.ndarray
    inner: Inner
    table: dict
    nothing: None = None


def test_states_survive_without_pickle(tmp_path):
    state = Outer(3, True, np.arange(4.0), Inner(0.5, (1, 2)), {"a": np.eye(2), "b": 2})
    save(tmp_path / "s.npz", "f", 0, state, {})
    template = Outer(0, False, np.zeros(4), Inner(0.0, (0, 0)), {"a": np.zeros((2, 2)), "b": 0})
    _, back, _ = load(tmp_path / "s.npz", "f", template)
    assert (back.count, back.flag, back.inner) == (3, True, Inner(0.5, (1, 2)))
    assert isinstance(back.count, int)
    assert np.array_equal(back.array, state.array)
    assert np.array_equal(back.table["a"], np.eye(2))
    with pytest.raises(InputError, match="cannot be kept"):
        list(flatten({"a": object()}))
    assert rebuild(None, {}) is None
