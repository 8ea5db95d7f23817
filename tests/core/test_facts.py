"""What is kept of a backend's own words: there is a limit, and nothing in them can cost the user the answer."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from qmectk import Budget, Quality, Reply, Termination
from qmectk.errors import LONGEST_ACCOUNT, described
from qmectk.presenting.facts import MOST_INFO, MOST_WORDS, facts, length, words
from qmectk.solution import plain

from .fakes import backend, solved


class Mute:
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def answered(**members: Any) -> Any:
    return solved(backend(lambda view, *_: Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, **members)))


# ---- info -------------------------------------------------------------------------------------------


def test_what_is_short_is_kept_as_it_is() -> None:
    info = {"nodes": 7, "root": np.float64(0.5), "chip": {"qubits": [1, 2]}, "none": None, "trace": [0.5] * 500}
    assert facts(info) == info


def test_what_is_too_long_is_left_out_and_named() -> None:
    found = answered(info={"nodes": 7, "trace": list(range(10_000_000, 10_100_000)), "method": "walk"})
    assert found.quality is Quality.FEASIBLE
    assert found.faults == ()
    assert found.info == {"nodes": 7, "method": "walk", "left_out": ["trace: too long"]}
    assert len(found.to_json()) < 2 * MOST_INFO


@pytest.mark.parametrize(
    "long",
    ["x" * MOST_INFO, np.zeros(MOST_INFO), {str(k): k for k in range(MOST_INFO)}, [[0.0] * 1000] * 1000, 1 << 10**6],
    ids=["text", "array", "dictionary", "rows", "number"],
)
def test_length_is_about_that_of_json(long: Any) -> None:
    assert length(long) > MOST_INFO
    assert facts({"long": long, "k": 1}) == {"k": 1, "left_out": ["long: too long"]}


def test_lengths_are_those_of_json() -> None:
    value = {"a": [1.25e-17 / 3, 123456, None, True], "b": {"c": "text"}}
    assert len(json.dumps(value)) <= length(value) <= 2 * len(json.dumps(value))


def test_many_short_entries_are_kept_as_long_as_there_is_room() -> None:
    found = facts({f"entry {k}": "x" * 500 for k in range(1000)})
    left = found.pop("left_out")
    assert 100 < len(found) < 140
    assert len(left) == 21
    assert left[-1] == f"{1000 - len(found) - 20} more: too long"


def test_what_holds_itself_is_left_out() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert answered(info={"endless": endless, "k": 1}).info == {"k": 1, "left_out": ["endless: too long"]}


def test_what_cannot_be_written_costs_nobody_the_answer() -> None:
    found = answered(info={"mute": Mute(), "k": 1})
    assert found.quality is Quality.FEASIBLE
    assert json.loads(found.to_json())["info"] == {"mute": "(Mute that cannot be written: RuntimeError)", "k": 1}
    assert plain({Mute(): 1}) == {"(Mute that cannot be written: RuntimeError)": 1}


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "all", [1], Mute(), 50 * "x"])
def test_a_share_is_a_number_from_0_to_1(share: Any) -> None:
    found = answered(info={"share_feasible": share, "samples": 3})
    assert found.faults == ()
    assert found.info == {"samples": 3, "left_out": ["share_feasible: not a number from 0 to 1"]}


@pytest.mark.parametrize("share", [0, 1, 0.25, np.float32(0.5), np.int64(1), Fraction(1, 4)])
def test_a_share_that_is_one_is_kept(share: Any) -> None:
    found = facts({"share_feasible": share})
    assert found == {"share_feasible": float(share)}
    assert isinstance(found["share_feasible"], float)


# ---- words ------------------------------------------------------------------------------------------


def test_messages_and_proofs_have_an_end() -> None:
    found = answered(message="m" * 10**6)
    assert len(found.message) < MOST_WORDS + 20
    assert answered(message=7).message == "7"
    assert answered(message=None).message == ""
    assert "cannot be written" in answered(message=Mute()).message
    assert words("short") == "short"


class Silent(ValueError):
    """An exception that breaks who asks what it says."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit(3), RecursionError()])
def test_an_exception_that_cannot_be_told_is_told(error: BaseException) -> None:
    said = described(Silent(error))
    assert said == f"Silent: (its message cannot be read: {type(error).__name__})"

    def crashes(*_: Any) -> Any:
        raise Silent(error)

    found = solved(backend(crashes))
    assert found.termination is Termination.FAILED
    assert found.faults == (f"backend 'fake' crashed: {said}",)


def test_a_long_account_is_cut() -> None:
    assert described(ValueError("short")) == "ValueError: short"
    assert len(described(ValueError("x" * 10**6))) < LONGEST_ACCOUNT + 50


def test_a_point_that_breaks_its_lift_in_silence_is_a_fault() -> None:
    class Point:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise Silent(RuntimeError("no"))

    found = solved(backend(lambda *_: Reply(Point(), Termination.CONVERGED)))
    assert "its point cannot be read" in found.faults[0]
    assert found.quality is Quality.NONE


@pytest.mark.parametrize("field", ["bound", "tolerance", "objective"])
@pytest.mark.parametrize("value", [10**400, Mute()], ids=["too large", "mute"])
def test_a_number_that_is_none_is_a_fault(field: str, value: Any) -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8), Termination.PROVED, **{"bound": 1e9, field: value})

    found = solved(backend(solve, proves=True))
    assert found.termination is Termination.FAILED
    assert "cannot be read" in found.faults[0]
