"""Policies beside problems they were not trained on, and functions and modules of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import qmectk
from qmectk.attempts.differing import differences
from qmectk.errors import InputError, QmectkError


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    qmectk.train(qmectk.load("p1", devices=4, training_frames=40, frames=2), "droo", out=tmp_path / "a.policy")
    return tmp_path / "a.policy"


def test_a_misfit_names_every_difference_with_both_values(kept: Path) -> None:
    other = qmectk.load("p1", devices=6, frames=1, constants={"efficiency": 0.51})
    with pytest.raises(QmectkError) as caught:
        qmectk.solve(other, "droo", options={"policy": str(kept)}, reference=False)
    said = str(caught.value)
    assert "the policy is for 4 bits and 4 features, and a frame has 6 bits and 6 features" in said
    assert "it was trained on devices 4, here 6; constants.efficiency 0.7, here 0.51" in said
    assert "\n" not in said


def test_what_fits_and_differs_is_told(kept: Path) -> None:
    other = qmectk.load("p1", devices=4, frames=2, seed=1, constants={"efficiency": 0.51})
    found = qmectk.solve(other, "droo", options={"policy": str(kept)}, reference=False)
    assert found.info["training"]["differs"] == "seed 0, here 1; constants.efficiency 0.7, here 0.51"
    same = qmectk.load("p1", devices=4, frames=7)
    again = qmectk.solve(same, "droo", options={"policy": str(kept)}, reference=False)
    assert "differs" not in again.info["training"]


def test_another_family_is_the_only_difference_said() -> None:
    assert differences({"problem": "p1", "devices": 3}, {"problem": "meqc", "tasks": 9}) == [
        "problem 'p1', here 'meqc'"
    ]
    assert differences({"a": {"b": 1}, "c": [1, 2]}, {"a": {}, "c": [1, 3]}) == [
        "a.b 1, here unset",
        "c [1, 2], here [1, 3]",
    ]


def test_a_function_and_a_module_see_gains() -> None:
    problem = qmectk.load("p1", devices=4, training_frames=0, frames=3)
    gains = np.stack([one.binary().view.observed() for one in problem.instances()])
    seen: list[Any] = []

    def strongest(h: Any) -> Any:
        seen.append(h)
        return h >= np.sort(h)[-2]

    found = qmectk.solve(problem, qmectk.policy_backend("strongest", strongest), reference=False)
    np.testing.assert_array_equal(np.stack(seen), gains)
    np.testing.assert_array_equal(found.values["x"], gains >= np.sort(gains, axis=1)[:, -2:-1])

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, h: torch.Tensor) -> torch.Tensor:
            assert h.dtype == torch.float32
            return torch.sigmoid(self.layer(torch.log(h) + 13.0))

    net = Own()
    found = qmectk.solve(problem, qmectk.policy_backend("own", net), reference=False)
    with torch.no_grad():
        expected = net(torch.as_tensor(gains).float()).numpy() > 0.5
    np.testing.assert_array_equal(found.values["x"], expected)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (nn.Linear(4, 2), "answers 2 numbers for 4 bits"),
        (nn.Linear(7, 4), "cannot answer: RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
        (lambda h: np.full(4, np.nan), "answers NaN for 4 bits"),
        (lambda h: "yes", "cannot answer: ValueError: could not convert string"),
        (lambda h: None, "answers 1 numbers for 4 bits"),
        (lambda h: h.missing, "cannot answer: AttributeError"),
    ],
)
def test_a_function_that_does_not_fit_a_frame_is_told_so(made: Any, words: str) -> None:
    problem = qmectk.load("p1", devices=4, training_frames=0, frames=1)
    with pytest.raises(InputError, match=rf"^policy 'mine' was given a frame of shape \(4,\) and {words}"):
        qmectk.solve(problem, qmectk.policy_backend("mine", made), reference=False)


def test_a_function_and_a_module_stand_beside_floors_and_other_backends() -> None:
    problem = qmectk.load("p1", devices=4, training_frames=20, frames=3)
    strongest = qmectk.policy_backend("strongest", lambda h: h >= np.sort(h)[-2])
    net = qmectk.policy_backend("net", nn.Sequential(nn.Linear(4, 4), nn.Sigmoid()))
    frame = qmectk.compare(problem, ["exact", strongest, net], floors=True, time_limit=20).frame
    assert (frame["status"] == "ok").all()
    alone = qmectk.solve(problem, strongest)
    assert frame.loc[frame["backend"] == "strongest", "objective"].tolist() == [s.objective for s in alone.solutions]


@pytest.mark.parametrize("change", [b'"bits": 4', b'"backend": "droo"', b'"learning_rate"'])
def test_facts_that_were_altered_are_damage(kept: Path, change: bytes) -> None:
    content = (kept / "policy.json").read_bytes()
    assert change in content
    (kept / "policy.json").write_bytes(content.replace(change, change.replace(b"4", b"5").replace(b"rate", b"rape")))
    if (kept / "policy.json").read_bytes() == content:
        (kept / "curve.csv").write_text("frame\n1\n")
    with pytest.raises(InputError, match="is damaged") as caught:
        qmectk.load_policy(kept)
    assert "\n" not in str(caught.value)
