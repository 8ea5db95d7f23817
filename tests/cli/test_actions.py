"""``qmectk verify`` with actions alone: the problem completes the rest, whatever file they are in."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qmectk


@pytest.fixture
def optima(small):
    return qmectk.sample(small, optimum=True)


def write(folder, name, bits):
    path = folder / name
    if path.suffix == ".csv":
        np.savetxt(path, bits, delimiter=",", fmt="%d")
    elif path.suffix == ".npy":
        np.save(path, bits)
    elif path.suffix == ".mat":
        from scipy.io import savemat

        savemat(path, {"output_mode": bits, "input_h": bits + 1.0})
    else:
        path.write_text(json.dumps({"values": {"x": bits.tolist()}}))
    return path


@pytest.mark.parametrize("name", ["x.csv", "x.npy", "x.mat", "x.json"])
def test_bits_are_completed_and_scored(run, small, tmp_path, optima, name):
    bits = optima["x"].astype(int)
    found = run("verify", write(tmp_path, name, bits), small, "--json").json
    assert (found["frames"], found["quality"], found["holds"]) == (3, "optimal", True)
    assert found["objective"] == pytest.approx(optima["optimum"].mean(), rel=1e-9)
    worse = run("verify", write(tmp_path, name, 1 - bits), small).out
    assert "quality    feasible" in worse
    assert "mean 0." in worse
    assert "the best one for its action" in worse


def test_one_frame_of_bits_and_whole_rows(run, small, tmp_path, optima):
    found = run("verify", write(tmp_path, "one.json", optima["x"][0].astype(int)), small, "--json").json
    assert found["objective"] == pytest.approx(optima["optimum"][0], rel=1e-9)
    whole = np.column_stack([optima[name] for name in ("a", "tau", "x", "local", "offload")])
    np.savetxt(tmp_path / "whole.csv", whole, delimiter=";", fmt="%.17g", header="a;b;c", comments="# ")
    assert run("verify", tmp_path / "whole.csv", small, "--json").json["quality"] == "optimal"


def test_what_the_problem_does_not_let_be_is_said(run, tmp_path):
    file = tmp_path / "ye.yaml"
    file.write_text("{problem: meqc-ye, devices: 15, frames: 3}")
    found = run("verify", write(tmp_path, "home.csv", np.zeros((3, 15), int)), file, "--json").json
    assert found["quality"] in ("feasible", "optimal")
    assert any("does not let the action be as it is in frame 0" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,0,1\n0,1,1", "has 4 bits, and this one has 3"),
        ("1,0,1,0\n0,1,0.5,0", "x.csv has 0.5 in line 2, column 3"),
        ("1,0,1,0\n0,1,0", "line 2 has 3 cells"),
        ("", "x.csv is empty"),
    ],
)
def test_what_is_no_action_is_refused(run, small, tmp_path, rows, says):
    (tmp_path / "x.csv").write_text(rows)
    done = run("verify", tmp_path / "x.csv", small)
    assert done.code == 2
    assert says in done.err


def test_half_of_an_answer_is_not_completed(run, small, tmp_path):
    (tmp_path / "a.json").write_text('{"values": {"a": [0.5, 0.5, 0.5]}}')
    assert "'tau' are missing" in run("verify", tmp_path / "a.json", small).err
    (tmp_path / "x.json").write_text('{"values": {"x": [1, 0, 0, 1]}}')
    done = run("solve", small, "--start", tmp_path / "x.json", "--frame", "0")
    assert "'a' are missing" in done.err
