"""Solutions as people and programs read them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Certificate, Quality, Solution, StreamSolution, Termination
from qmectk.errors import (
    BackendFailed,
    Infeasible,
    InputError,
    MissingPackage,
    NoRoute,
    NotExpressible,
    PluginError,
    QmectkError,
    Refused,
    UnknownName,
)
from qmectk.solution import plain

KEYS = [
    "problem", "backend", "options", "seed", "termination", "quality", "objective", "bound", "gap", "violation",
    "seconds", "route", "values",
]  # fmt: skip
STREAM_KEYS = ["frames", "mean_ratio", "worst_ratio", "share_optimal", "seconds_per_frame"]


def made(objective: float | None = 9.0, bound: float | None = 10.0, **changes: Any) -> Solution:
    certificate = Certificate(bound, "enumeration", "exhaustive", 1e-9) if bound is not None else None
    quality = Quality.NONE if objective is None else Quality.FEASIBLE
    solution = Solution(
        "toy", "cd", {}, 0, Termination.CONVERGED, quality, objective, "Mbit/s", 1, 0.0, certificate,
        None if objective is None else {"x": np.array([1.0, 0.0])}, 0.5, [],
    )  # fmt: skip
    return replace(solution, **changes)


def stream(*solutions: Solution, sense: int = 1) -> StreamSolution:
    first = solutions[0]
    shared = {name: getattr(first, name) for name in Solution.__dataclass_fields__}
    parts = tuple(replace(s, sense=sense) for s in solutions)
    return StreamSolution(**{**shared, "sense": sense}, frames=len(parts), solutions=parts)


def test_json_has_the_documented_keys_and_only_numbers_that_json_knows() -> None:
    odd = made(
        violation=math.inf, options={"depth": np.int64(3)}, info={"curve": np.array([1.0, math.nan]), "who": made}
    )
    text = odd.to_json()
    assert "NaN" not in text
    assert "Infinity" not in text
    data = json.loads(text)
    assert set(KEYS) <= set(data)
    assert data["violation"] is None
    assert data["options"] == {"depth": 3}
    assert data["info"]["curve"] == [1.0, None]
    assert "function made" in data["info"]["who"]
    assert data["values"] == {"x": [1.0, 0.0]}
    assert data["sense"] == "maximize"
    assert data["gap"] == pytest.approx(0.1)
    assert made().to_json(indent=2).startswith("{\n")


def test_a_gap_needs_a_feasible_point_and_a_bound() -> None:
    assert made().gap == pytest.approx(0.1)
    assert made(bound=None).gap is None
    assert made(objective=None).gap is None
    assert made(quality=Quality.INFEASIBLE).gap is None
    assert made(objective=10.0 + 1e-12).gap == 0.0  # rounding is no negative gap


def test_a_stream_has_ratios() -> None:
    found = stream(made(9.0), made(10.0, quality=Quality.OPTIMAL), made(8.0))
    data = json.loads(found.to_json())
    assert set(KEYS + STREAM_KEYS) <= set(data)
    assert data["frames"] == 3
    assert data["mean_ratio"] == pytest.approx(0.9)
    assert data["worst_ratio"] == pytest.approx(0.8)
    assert data["share_optimal"] == pytest.approx(1 / 3)
    assert data["share_feasible"] == 1.0
    assert data["seconds_per_frame"] == pytest.approx(0.5 / 3)


def test_the_worst_ratio_of_a_minimisation_is_the_largest() -> None:
    found = stream(made(11.0), made(13.0), sense=-1)
    assert found.as_dict()["worst_ratio"] == pytest.approx(1.3)
    assert found.as_dict()["sense"] == "minimize"


def test_a_ratio_is_not_made_up() -> None:
    found = stream(made(9.0), made(None), made(9.0, bound=None), made(9.0, quality=Quality.INFEASIBLE))
    assert np.isnan(found.ratios).tolist() == [False, True, True, True]
    data = found.as_dict()
    assert data["mean_ratio"] is None
    assert data["worst_ratio"] is None
    assert data["share_feasible"] == 0.5


def test_ratios_at_a_bound_of_zero() -> None:
    assert stream(made(0.0, 0.0)).ratios.tolist() == [1.0]
    assert np.isnan(stream(made(-1.0, 0.0)).ratios).all()


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (np.float64(0.5), 0.5),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (True, True),
        (math.inf, None),
        (float("nan"), None),
        ((1, (2.0, None)), [1, [2.0, None]]),
        ({1: np.zeros((2, 2))}, {"1": [[0.0, 0.0], [0.0, 0.0]]}),
        ("text", "text"),
        (Termination.PROVED, "proved"),
        (complex(1, 2), "(1+2j)"),
    ],
)
def test_plain_values(value: Any, result: Any) -> None:
    found = plain(value)
    assert found == result
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(result))


def test_a_solution_of_the_shipped_problem_has_all_of_it() -> None:
    problem = qmectk.load("p1", frames=2, training_frames=0)
    data = json.loads(qmectk.solve(problem, "exact").to_json())
    assert set(KEYS + STREAM_KEYS) <= set(data)
    assert data["quality"] == "optimal"
    assert data["mean_ratio"] == pytest.approx(1.0, abs=1e-6)
    assert data["unit"] == "Mbit/s"


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {
        QmectkError: 1, InputError: 2, UnknownName: 2, MissingPackage: 3, NoRoute: 4, NotExpressible: 4, Refused: 4,
        BackendFailed: 5, PluginError: 5, Infeasible: 6,
    }  # fmt: skip
    assert {kind: kind.exit_code for kind in codes} == codes
    assert str(InputError("a is wrong", "write b")) == "a is wrong; write b"
    assert str(InputError("a is wrong")) == "a is wrong"


def test_the_public_names_exist() -> None:
    for name in qmectk.__all__:
        assert getattr(qmectk, name) is not None
        assert name in dir(qmectk)
    with pytest.raises(AttributeError, match="module 'qmectk' has no attribute 'slove'"):
        qmectk.slove  # noqa: B018
