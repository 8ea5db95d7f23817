"""``qmectk verify``: an answer is worth what it measures."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def answer(run, small, tmp_path):
    """A function that writes an honest answer after `change(data)` and verifies it."""

    def verify(change, *arguments, frames=None, backend="exact"):
        path = tmp_path / "answer.json"
        run("solve", small, "--backend", backend, "--out", path, *(("--frames", frames) if frames else ()))
        data = json.loads(path.read_text())
        data = change(data) or data
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return run("verify", path, small, *arguments)

    return verify


def keep(data):
    return None


def improved(data):
    data["objective"] *= 1 + 1e-4


def shifted(data):
    data["values"]["tau"][1][0] += 0.25


def bare(data):
    return {"values": data["values"]}


@pytest.mark.parametrize("frames", [None, 1])
@pytest.mark.parametrize("backend", ["exact", "local-only"])
def test_an_honest_answer_holds(answer, frames, backend):
    done = answer(keep, "--json", frames=frames, backend=backend)
    assert done.code == 0, done.err
    assert done.json["holds"] is True
    assert done.json["refuted"] == []
    assert done.json["gap"] <= (1e-9 if backend == "exact" else 1)


def test_a_bare_point_is_scored(answer):
    done = answer(bare, "--json")
    assert done.code == 0
    assert done.json["quality"] == "optimal"
    assert done.json["claimed"]["quality"] is None


def test_a_lying_objective_is_refuted(answer):
    done = answer(improved)
    assert done.code == 5
    assert "it claims an objective of" in done.err
    assert "refuted" in done.out


def test_a_point_that_claims_feasibility_is_refuted_by_name(answer):
    done = answer(shifted)
    assert done.code == 5
    assert "violates a constraint by 0.25" in done.err
    assert "time" in done.out


def test_an_infeasible_point_without_claims_exits_6(answer):
    def change(data):
        shifted(data)
        return bare(data)

    done = answer(change, "--json")
    assert done.code == 6
    assert done.json["violations"]["time"] == {
        "amount": pytest.approx(0.25),
        "relative": pytest.approx(0.25),  # of the 1 that the time may add up to
        "frame": 1,
    }


def test_a_beaten_bound_is_refuted(answer):
    def change(data):
        data["bound"] *= 0.99
        del data["gap"]

    done = answer(change)
    assert done.code == 5
    assert "beats" in done.err


def test_a_false_optimum_is_refuted_by_the_reference(answer):
    def change(data):
        data["quality"], data["gap"] = "optimal", 0.0
        data["mean_ratio"] = 1.0

    done = answer(change, backend="local-only")
    assert done.code == 5
    assert "it claims to be optimal" in done.err
    assert "mean_ratio" in done.err
    alone = answer(change, "--no-reference", backend="local-only")
    assert alone.code == 0
    assert "gap" not in alone.out


def test_a_half_bit_violates_integrality(answer):
    def change(data):
        data["values"]["x"][0][0] = 0.5
        return bare(data)

    done = answer(change)
    assert done.code == 6
    assert "x: integrality" in done.err


def test_the_number_of_frames_can_be_asked_for(answer):
    assert answer(keep, "--frames", 3).code == 0
    done = answer(keep, "--frames", 2)
    assert done.code == 2
    assert "has 3 frames and --frames asks for 2" in done.err


def drop(data):
    del data["values"]["tau"]


def rename(data):
    data["values"]["taw"] = data["values"].pop("tau")


def ragged(data):
    data["values"]["tau"][0].pop()


def text(data):
    data["values"]["tau"][0][0] = "0.1"


def uneven(data):
    data["values"]["a"].pop()


def no_values(data):
    data["values"] = None


def wrong_kind(data):
    data["objective"] = [1]


def lying_frames(data):
    data["frames"] = 10**9


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop, "'tau' are missing"),
        (rename, "no variable 'taw'; did you mean 'tau'?"),
        (ragged, "not of one shape"),
        (text, "not all numbers"),
        (uneven, "disagree about the number of frames"),
        (no_values, "no point to score"),
        (wrong_kind, "'objective' must be a number, not a list"),
        (lying_frames, "'frames' says"),
        (lambda d: "{", "line 1: not JSON"),
        (lambda d: "[1, 2]", "must be one JSON object"),
        (lambda d: '{"values": {"a": NaN}}', "NaN is not a number that JSON has"),
        (lambda d: '{"values": {"a": -Infinity}}', "not a number that JSON has"),
        (lambda d: '{"values": {"a": 1}, "values": {}}', "'values' is given twice"),
        (lambda d: json.dumps(d).replace('"violation": ', '"violation": 1e999, "x": '), "not finite"),
        (lambda d: '{"values": {"a": 1' + "0" * 5000 + "}}", "digits"),
        (lambda d: '{"values": ' + "[" * 100_000, "nested too deeply"),
        (lambda d: '{"values": {"a": [[[1]]], "tau": 1, "x": 1, "local": 1, "offload": 1}}', "has shape"),
    ],
)
def test_hostile_files_get_one_sentence(answer, change, says):
    done = answer(change)
    assert done.code == 2, done.err
    assert done.out == ""
    assert says in done.err
    assert done.err.startswith("Error: answer.json")
    assert done.err.count("\n") == 1


def test_a_file_too_large_is_not_read(run, small, tmp_path, monkeypatch):
    from qmectk_cli import answer_file

    monkeypatch.setattr(answer_file, "MOST_BYTES", 10)
    (tmp_path / "a.json").write_text('{"values": {}}')
    done = run("verify", tmp_path / "a.json", small)
    assert done.code == 2
    assert "larger than" in done.err


@pytest.mark.filterwarnings("default")
def test_an_answer_for_another_frame_is_noticed(answer):
    def change(data):
        data["problem"] = "p1[frame 77]"

    done = answer(change, frames=1)
    assert done.code == 0
    assert "Warning: the answer is for 'p1[frame 77]'" in done.err
