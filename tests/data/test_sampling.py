"""Frames that leave as arrays come back as the same problem."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import loadmat

import qmectk
from qmectk.documents import load, parse
from qmectk.errors import InputError
from qmectk_cli.main import main

P1 = "{problem: p1, seed: 3, devices: 4, training_frames: 2, frames: 3}"
FAMILIES = {
    "p1": (P1, "{problem: p1, channel: {path: FILE}}"),
    "drift": (
        "{problem: drift, seed: 3, devices: 3, servers: 2, frames: 3, training_frames: 2}",
        "{problem: drift, recorded: {path: FILE}}",
    ),
    "meqc": (
        "{problem: meqc, seed: 3, users: 3, servers: 2, frames: 3, training_frames: 2}",
        "{problem: meqc, recorded: {path: FILE}}",
    ),
    "meqc-ye": (
        "{problem: meqc-ye, seed: 3, devices: 3, frames: 3, training_frames: 2}",
        "{problem: meqc-ye, seed: 3, recorded: {path: FILE}}",
    ),
    "attention": (
        "{problem: attention, seed: 3, frames: 3, k: 3, blocks: {model: generator, n: 12, d: 2}}",
        "{problem: attention, k: 3, blocks: {path: FILE}}",
    ),
}


def command(tmp_path, text, *arguments):
    (tmp_path / "from.yaml").write_text(text)
    assert main(["sample", str(tmp_path / "from.yaml"), *arguments]) == 0


@pytest.mark.parametrize("end", ["npz", "mat"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_written_file_poses_the_same_frames(tmp_path, family, end):
    drawn, read = FAMILIES[family]
    command(tmp_path, drawn, "--optimum", "--out", str(tmp_path / f"data.{end}"))
    again = parse(read.replace("FILE", f"data.{end}"), folder=tmp_path)
    here, there = parse(drawn), qmectk.sample(again, optimum=True)
    assert again.params.frames == here.params.frames  # taken from the file, as the numbers of devices and servers are
    found = qmectk.sample(here, optimum=True)
    assert found.keys() == there.keys()
    for name, array in found.items():
        assert np.array_equal(array, there[name]), name
    one = here.frame(1).measure({v: found[v][1] for v in here.frame(1).signature.variables})
    assert one.feasible
    assert one.objective == pytest.approx(found["optimum"][1], rel=1e-9)
    assert found["bound"] == pytest.approx(found["optimum"], rel=1e-6)


def test_frames_are_those_that_solve_has(tmp_path):
    problem = parse(P1)
    found = qmectk.sample(problem, 2)
    assert list(found) == ["h", "w"]
    assert np.array_equal(found["h"], problem.trace[2:4])
    assert np.array_equal(found["w"], [[1, 1.5, 1, 1.5]] * 2)
    taught = qmectk.sample(problem, 4, training=True, optimum=True)
    assert np.array_equal(taught["h"][:2], problem.trace[:2])
    assert np.array_equal(taught["h"][2], problem.trace[2])
    assert taught["optimum"][2] == pytest.approx(qmectk.solve(problem, frame=0).objective, rel=1e-9)
    with pytest.raises(InputError, match="no frames to train on"):
        qmectk.sample(parse("{problem: p1, devices: 2}"), training=True)
    late = parse("{problem: p1, devices: 3, frames: 2, observe: {delay: 1}}")
    assert np.array_equal(qmectk.sample(late)["seen"][1], late.trace[0])


def test_a_matlab_file_has_the_published_layout(tmp_path, capfd):
    command(tmp_path, P1, "--frames", "2", "--optimum", "--out", str(tmp_path / "d.mat"), "--json")
    assert '"output_mode": [2, 4]' in capfd.readouterr().out
    written, found = loadmat(tmp_path / "d.mat"), qmectk.sample(parse(P1), 2, optimum=True)
    assert np.array_equal(written["input_h"], found["h"])
    assert np.array_equal(written["output_mode"], found["x"])
    assert np.array_equal(written["output_a"], found["a"][:, None])  # DROO's are columns, and its rates in bit/s
    assert written["output_obj"][:, 0] == pytest.approx(1e6 * found["optimum"])


def test_frames_of_several_sizes_and_unproved_ones(tmp_path):
    crowd = load("p1", devices=6, frames=4, crowd={"fewest": 1})
    with pytest.raises(InputError, match="not of one shape"):
        qmectk.sample(crowd)
    with pytest.warns(UserWarning, match=r"of 3000 frames have no proven optimum"):
        found = qmectk.sample(load("p1", frames=3000), optimum=True, time_limit=0.01)
    assert np.isnan(found["optimum"][-1])
