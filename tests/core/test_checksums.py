"""Backends that write into what they are handed: found out, and their answers are worth nothing."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.documents
from qmectk import Budget, Quality, Reply, SharedBudget, Termination
from qmectk.attempts.checksums import Checksums

from .fakes import backend, solved, stream


@dataclasses.dataclass
class Table:
    """Numbers within an instance."""

    rows: tuple[Any, ...]
    scale: float = 1.0


class Thing:
    """Stands for an instance."""

    unit = "bit"

    def __init__(self) -> None:
        self.gain = np.ones(3)
        self.count = 3
        self.ratio = float("nan")
        self.table = Table((np.zeros((2, 2)), [1, 2]))
        self.by_name: dict[str, Any] = {"a": np.arange(3)}
        self.odd = np.array([1, "x", None], dtype=object)
        self.problem = np.ones(2)

    def measure(self) -> float:
        return float(self.gain.sum())

    @cached_property
    def total(self) -> float:
        return float(self.gain.sum())


CHANGES: dict[str, tuple[Callable[[Thing], Any], str]] = {
    "an array in place": (lambda t: np.multiply(t.gain, 10, out=t.gain), "gain"),
    "another array": (lambda t: setattr(t, "gain", t.gain * 2), "gain"),
    "another shape": (lambda t: setattr(t, "gain", t.gain.reshape(1, 3)), "gain"),
    "a number": (lambda t: setattr(t, "count", 4), "count"),
    "nan to a number": (lambda t: setattr(t, "ratio", 1.0), "ratio"),
    "an array in a tuple in a dataclass": (lambda t: t.table.rows[0].fill(1), "table"),
    "a list in a tuple in a dataclass": (lambda t: t.table.rows[1].append(3), "table"),
    "a number in a dataclass": (lambda t: setattr(t.table, "scale", 2.0), "table"),
    "an array in a dictionary": (lambda t: t.by_name["a"].fill(7), "by_name"),
    "an entry that is gone": (lambda t: t.by_name.clear(), "by_name"),
    "an attribute that is gone": (lambda t: delattr(t, "count"), "count"),
    "an array of objects": (lambda t: t.odd.__setitem__(1, "y"), "odd"),
    "the measure itself": (lambda t: setattr(t, "measure", lambda: 1e9), "measure"),
    "what the class says": (lambda t: setattr(t, "unit", "Mbit"), "unit"),
    "the class": (lambda t: setattr(t, "__class__", type("Other", (Thing,), {})), "its class"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen(what: str) -> None:
    change, name = CHANGES[what]
    thing = Thing()
    before = Checksums([Thing(), thing])
    assert before.changed() == ""
    change(thing)
    assert before.changed() == f"it changed its instance ({name})"
    assert before.changes() == [name]


def test_results_that_are_kept_are_no_change() -> None:
    thing = Thing()
    before = Checksums([thing])
    assert thing.total == 3.0
    thing.__dict__["_kept"] = [1, 2]
    thing.by_name["b"] = 3
    thing.problem[0] = 7.0  # the problem keeps results of its own
    thing.gain = thing.gain.copy()
    assert before.changed() == ""


def test_an_array_that_many_share_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import qmectk.attempts.checksums as module

    looked: list[int] = []
    whole = module._checksum
    monkeypatch.setattr(module, "_checksum", lambda array, *rest: looked.append(id(array)) or whole(array, *rest))
    instances = qmectk.documents.parse("problem: p1\ndevices: 3\nframes: 5\n").instances()
    Checksums(instances)
    assert looked.count(id(vars(instances[0])["trace"])) == 1
    assert len(looked) == len(set(looked))


def test_of_a_long_stream_the_ends_and_some_between_are_looked_at() -> None:
    things = [Thing() for _ in range(1000)]
    before = Checksums(things)
    assert len(before._before) <= 80
    for k in (0, 999):
        things[k].count = 9
        assert before.changed() == "it changed its instance (count)"
        things[k].count = 3
    assert before.changed() == ""
    for thing in things:
        thing.gain *= 2.0
    assert before.changes() == ["gain"]


def test_looking_costs_next_to_nothing() -> None:
    (instance,) = qmectk.documents.parse("problem: p1\ndevices: 10\nframes: 1\n").instances()
    least = float("inf")
    for _ in range(200):
        start = time.perf_counter()
        Checksums([instance]).changed()
        least = min(least, time.perf_counter() - start)
    assert least < 2e-4  # 14 us on an ordinary core; a loaded one is slower


# ---- whole runs -------------------------------------------------------------------------------------


def louder(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
    """Makes the channels ten times better, and answers that."""
    view.instance.gain[...] *= 10.0
    return Reply(np.ones(view.n, np.int8), Termination.CONVERGED)


@pytest.mark.parametrize("frames", [1, 4])
def test_answers_on_an_altered_instance_are_worth_nothing(frames: int) -> None:
    found = qmectk.solve(stream(frames), backend(louder))
    assert found.termination is Termination.FAILED
    assert (found.quality, found.values, found.objective, found.certificate) == (Quality.NONE, None, None, None)
    assert found.own_faults == ("it changed its instance (gain)",)
    assert found.reference is None  # a reference of the altered instance would be no better
    assert getattr(found, "frames", 1) == frames


def test_the_arrays_of_a_view_are_those_of_the_instance() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        np.multiply(view.snr, 10.0, out=view.snr)
        return Reply(None, Termination.CONVERGED)

    problem = qmectk.documents.parse("problem: p1\ndevices: 3\nframes: 1\n")
    found = qmectk.solve(problem, backend(solve, accepts=(SharedBudget,)))
    assert found.own_faults == ("it changed its instance (snr)",)
    assert found.termination is Termination.FAILED


def test_a_reply_that_changes_the_instance_while_it_is_read_is_caught() -> None:
    class Point:
        def __init__(self, gain: Any) -> None:
            self.gain = gain

        def __array__(self, *_: Any, **__: Any) -> Any:
            self.gain *= 10.0
            return np.ones(len(self.gain), np.int8)

    found = solved(backend(lambda view, *_: Reply(Point(view.instance.gain), Termination.CONVERGED)))
    assert found.own_faults == ("it changed its instance (gain)",)


def test_a_crash_after_a_change_tells_both() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        view.instance.load[:] = 0.0
        raise ValueError("oops")

    found = solved(backend(solve), frames=2)
    assert found.faults == ("it changed its instance (load)", "backend 'fake' crashed: ValueError: oops")


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int8, np.complex128])
@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.__setitem__((17, 3), a[17, 3] + 1),
        lambda a: a.__setitem__((-1, -1), a[-1, -1] + 1),
        lambda a: a.__imul__(2),
        lambda a: a.sort(axis=0),
        lambda a: a.sort(axis=1),
        lambda a: a.__setitem__(slice(None), a[::-1].copy()),
        lambda a: a.__setitem__((slice(None), [0, 1]), a[:, [1, 0]]),
        lambda a: a.__setitem__([0, 1], a[[1, 0]]),
    ],
)
def test_changes_in_large_arrays_show(kind: type, change: Any) -> None:
    class Large:
        table = np.random.default_rng(0).integers(1, 60, size=(5003, 8)).astype(kind)

    instance = Large()
    instance.table = Large.table.copy()
    before = Checksums([instance])
    assert before.changed() == ""
    change(instance.table)
    assert before.changed() == "it changed its instance (table)"
