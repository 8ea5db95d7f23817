"""Policies on data of another unit or another channel say so."""

from __future__ import annotations

import pytest

import qmectk

FAR = {"distance": {"between": (60.0, 90.0)}}


def test_features_of_another_size_are_told(tmp_path):
    near = qmectk.load("p1", devices=3, training_frames=30, frames=2)
    far = qmectk.load("p1", devices=3, training_frames=30, frames=2, channel=FAR)
    qmectk.train(near, "droo").save(tmp_path / "near.policy")  # warnings are errors here
    options = {"policy": str(tmp_path / "near.policy")}
    qmectk.solve(near, "droo", options=options, reference=False)
    with pytest.warns(UserWarning, match=r"sees of these frames is about .* its policy was trained on about [1-9]"):
        qmectk.solve(far, "droo", options=options, reference=False)
    with pytest.warns(UserWarning, match="networks learn from numbers about 1; is the unit of the data right"):
        qmectk.solve(far, "droo", reference=False)
