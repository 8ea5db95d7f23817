"""An interrupted simulation goes on as if nothing had happened; a checkpoint of another one is refused."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest

from qmectk import Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.simulating import Interrupted, simulate
from qmectk.simulating.checkpoint import flatten, load, rebuild, save
from qmectk.simulating.loop import Loop
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


CHANGES = {
    "scalar": lambda a: a.update({"record/objective": np.zeros(())}),
    "list": lambda a: a.update(about=np.array("[]")),
    "number": lambda a: a.update(about=np.array("3")),
    "no slot": lambda a: a.pop("state/slot"),
    "text": lambda a: a.update({"record/objective": np.array(["x"])}),
    "longer": lambda a: a.update({"record/objective": np.zeros(9)}),
    "nothing": lambda a: a.clear(),
    "more": lambda a: a.update(more=np.zeros(3)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_checkpoint_is_never_gone_on_from(small, tmp_path, cache, change):
    """One that the user named is refused and stays; one of ours costs a warning, is put aside, and is made anew."""
    file = tmp_path / "state.npz"
    whole = simulate(small, "greedy", slots=5, reference=False, checkpoint_file=file)
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    CHANGES[change](arrays)
    np.savez(file, **arrays)
    before = file.read_bytes()
    with pytest.raises(InputError, match=r"state\.npz is no checkpoint to go on from: .*; leave --resume out"):
        simulate(small, "greedy", slots=5, reference=False, checkpoint_file=file, resume=True)
    assert file.read_bytes() == before

    def damaged_default(loop, *rest, **more):
        loop.path.parent.mkdir(parents=True, exist_ok=True)
        loop.path.write_bytes(before)
        return run(loop, *rest, **more)

    run = Loop.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "run", damaged_default)
        with pytest.warns(UserWarning, match="is damaged .*; it is kept as .*damaged, and the simulation starts anew"):
            anew = simulate(small, "greedy", slots=5, reference=False, resume=True)
    same(whole, anew)
    (kept,) = (cache / "simulations").glob("*.damaged")
    assert kept.read_bytes() == before


@pytest.mark.parametrize("resume", [True, False])
def test_a_device_or_fifo_is_no_checkpoint(small, tmp_path, resume):
    os.mkfifo(tmp_path / "fifo.npz")
    (tmp_path / "null.npz").symlink_to("/dev/null")
    for name in ("fifo.npz", "null.npz"):
        with pytest.raises(InputError, match="is no regular file, and a checkpoint is read again"):
            simulate(small, "greedy", slots=3, checkpoint_file=tmp_path / name, resume=resume)
    assert not (tmp_path / "fifo.npz").is_file()
    assert (tmp_path / "null.npz").is_symlink()
