"""``qmectk export``: what is written states the same problem."""

from __future__ import annotations

import numpy as np
import pytest

from qmectk import Instance, Quadratic
from qmectk.documents import load
from qmectk_cli.writers import lower, write_lp, write_mps

dimod = pytest.importorskip("dimod")


class Knapsack(Instance):
    """max 3x0 + 4x1 + 2x2 + z, 2x0 + 3x1 + x2 + z <= 4, z an integer in [-1, 2]."""

    label = "knapsack"

    def declare(self, m):
        x = m.var("x", 3, kind="binary")
        z = m.var("z", kind="integer", lower=-1, upper=2)
        m.maximize(m.dot(np.array([3.0, 4.0, 2.0]), x) + z)
        m.le(m.dot(np.array([2.0, 3.0, 1.0]), x) + z, 4, "room")


@pytest.fixture
def instance(small):
    return load(small).instances()[0]


@pytest.fixture
def quadratic(instance):
    return lower(instance, Quadratic, {"grid": "4"}).view


def points(view, count=20):
    """Random 0-1 points of a quadratic view."""
    return np.random.default_rng(1).integers(0, 2, (count, view.width)).astype(float)


def test_cqm_round_trip(run, small, tmp_path, quadratic):
    path = tmp_path / "p.cqm"
    done = run("export", small, "--out", path, "-o", "grid=4")
    assert done.code == 0
    assert "CQM" in done.out
    assert "restriction of p1[frame 0]" in done.out
    with path.open("rb") as file:
        model = dimod.ConstrainedQuadraticModel.from_file(file)
    labels = quadratic.labels()
    assert list(model.variables) == labels
    for z in points(quadratic):
        sample = dict(zip(labels, z, strict=True))
        assert model.objective.energy(sample) == pytest.approx(-quadratic.objective.value(z)[0], abs=1e-9)
        for constraint in quadratic.constraints:
            held = model.constraints[constraint.name].lhs.energy(sample)
            assert held == pytest.approx(constraint.form.value(z)[0], abs=1e-9)


def test_lp_round_trip(run, small, tmp_path, quadratic):
    path = tmp_path / "p.lp"
    done = run("export", small, "--format", "lp", "--out", path, "-o", "grid=4")
    assert done.code == 0
    text = path.read_text()
    assert text.startswith("\\ restriction of p1[frame 0]")
    model = dimod.lp.loads(text)
    labels = [label.replace("[", "_").replace("]", "") for label in quadratic.labels()]
    for z in points(quadratic):
        energy = model.objective.energy(dict(zip(labels, z, strict=True)))
        assert energy == pytest.approx(-quadratic.objective.value(z)[0], rel=1e-6, abs=1e-6)
    assert len(model.constraints) == len(quadratic.constraints)


def test_a_package_that_a_format_needs_is_named(run, small, tmp_path, monkeypatch):
    monkeypatch.setattr("qmectk.extending.installed.installed", lambda module: module != "dimod")
    done = run("export", small, "--out", tmp_path / "p.lp", "-o", "grid=4")
    assert done.code == 3
    assert "need dimod" in done.err
    assert "qmectk[annealing]" in done.err


def test_bqm_and_qubo_state_the_same_model(run, small, tmp_path):
    assert run("export", small, "--out", tmp_path / "p.bqm", "-o", "grid=4").code == 0
    done = run("export", small, "--out", tmp_path / "p.qubo", "-o", "grid=4")
    assert "heuristic form" in done.out
    with (tmp_path / "p.bqm").open("rb") as file:
        model = dimod.BinaryQuadraticModel.from_file(file)
    offset, labels, entries = 0.0, {}, {}
    for line in (tmp_path / "p.qubo").read_text().splitlines():
        parts = line.split()
        if parts[:2] == ["#", "offset"]:
            offset = float(parts[2])
        elif parts[:2] == ["#", "variable"]:
            labels[int(parts[2])] = parts[3]
        elif parts[0] != "#":
            entries[int(parts[0]), int(parts[1])] = float(parts[2])
    assert all(i <= j for i, j in entries)
    rng = np.random.default_rng(0)
    for _ in range(10):
        z = rng.integers(0, 2, len(labels))
        text = offset + sum(value * z[i] * z[j] for (i, j), value in entries.items())
        assert text == pytest.approx(model.energy({labels[i]: z[i] for i in labels}), rel=1e-9, abs=1e-7)


def test_other_frames(run, small, tmp_path):
    assert "frame 2]" in run("export", small, "--out", tmp_path / "p.cqm", "--frame", 2).out
    done = run("export", small, "--out", tmp_path / "p.cqm", "--frame", 3)
    assert done.code == 2
    assert "frames 0 to 2" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "p.mps"], "is not linear"),
        (["--out", "p.xyz"], "cannot tell a format from 'p.xyz'"),
        (["--out", "p.qubo", "-o", "gird=4"], "did you mean 'grid'?"),
        (["--out", "no/p.qubo"], "there is no folder"),
        (["--out", "p.x", "--format", "sat"], "'sat' is not one of"),
    ],
)
def test_refusals(run, small, monkeypatch, arguments, says):
    monkeypatch.chdir(small.parent)
    done = run("export", small, *arguments)
    assert done.code == 2
    assert says in done.err
    assert [path.name for path in small.parent.iterdir()] == ["small.yaml"]


@pytest.mark.parametrize(("write", "suffix"), [(write_lp, "lp"), (write_mps, "mps")])
def test_a_linear_problem_is_exact_and_solves_to_its_optimum(write, suffix, tmp_path):
    pytest.importorskip("pyomo")
    highspy = pytest.importorskip("highspy")
    path = tmp_path / f"k.{suffix}"
    assert "exact form of knapsack" in write(Knapsack(), {}, path)
    highs = highspy.Highs()
    highs.silent()
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    # any two things fill the room with z = -1, 0 or 1, and each pair is worth 6
    assert highs.getInfo().objective_function_value == pytest.approx(6.0)
