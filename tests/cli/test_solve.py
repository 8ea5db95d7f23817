"""``qmectk solve``: the table, the JSON, the file, the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {
    "problem", "backend", "options", "seed", "termination", "quality", "objective", "bound", "gap", "violation",
    "seconds", "route", "values",
}  # fmt: skip
STREAM_KEYS = {"frames", "mean_ratio", "worst_ratio", "share_optimal", "seconds_per_frame"}


def test_json_of_one_frame(run, small):
    done = run("solve", small, "-b", "cd", "-o", "restarts=4", "--frames", "1", "--seed", "7", "--json")
    assert done.code == 0
    assert done.json.keys() >= KEYS
    assert not done.json.keys() & STREAM_KEYS
    assert done.json["options"] == {"restarts": "4"}
    assert done.json["seed"] == 7
    assert done.json["quality"] in ("feasible", "optimal")
    assert len(done.json["values"]["x"]) == 4


def test_json_of_a_stream(run, small):
    done = run("solve", small, "--backend", "local-only", "--json")
    assert done.code == 0
    assert done.json.keys() >= KEYS | STREAM_KEYS
    assert done.json["frames"] == 3
    assert 0 < done.json["worst_ratio"] <= done.json["mean_ratio"] <= 1 + 1e-9
    assert [len(row) for row in done.json["values"]["x"]] == [4, 4, 4]


def test_a_frame_is_the_same_alone_as_among_the_others(run, small):
    together = run("solve", small, "--backend", "random", "--seed", "5", "--json").json
    alone = run("solve", small, "--backend", "random", "--seed", "5", "--frame", "2", "--json")
    assert alone.code == 0
    assert alone.err == ""
    assert alone.json["values"]["x"] == together["values"]["x"][2]
    assert together["values"]["x"][0] != together["values"]["x"][2]


@pytest.mark.parametrize("command", [["solve"], ["show"], ["export", "--out", "x.lp"]])
def test_a_frame_that_is_not_there_is_refused(run, small, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    done = run(*command, small, "--frame", "3")
    assert done.code == 2
    assert "there is no frame 3" in done.err
    assert "has frames 0 to 2" in done.err


def test_the_number_in_a_label_is_that_of_the_stream(run, small):
    text = small.read_text().replace("frames: 3", "frames: 3\ntraining_frames: 50")
    small.write_text(text)
    assert run("solve", small, "--frame", "2", "--json").json["problem"] == "p1[frame 52]"
    assert "the stream's 52 is number 2" in run("solve", small, "--frame", "52").err


def test_a_frame_beyond_those_of_the_file(run, small):
    assert run("solve", small, "--frames", "10", "--frame", "9").code == 0


def test_summary_leaves_the_values_out(run, small):
    assert run("solve", small, "--json", "--summary").json["values"] is None


def test_exact_is_the_default(run, small):
    done = run("solve", small, "--json")
    assert done.json["backend"] == "exact"
    assert done.json["quality"] == "optimal"


def test_stdout_is_json_and_nothing_else(process, small, third_party):
    done = process("solve", small, "--backend", "noisy", "--json", PYTHONPATH=third_party)
    assert done.code == 0, done.err
    assert done.json["backend"] == "noisy"
    assert done.out.startswith("{")
    assert done.out.count("banner") == 0
    assert "a banner from C" in done.err
    assert "a banner from python" in done.err


def test_no_answer_leaves_stdout_empty(run, small):
    done = run("solve", small, "--backend", "nobody", "--json")
    assert done.code == 2
    assert done.out == ""


def test_table_of_a_stream_says_what_the_ratio_is_measured_against(run, small):
    done = run("solve", small, "--backend", "cd")
    assert done.code == 0
    assert "measured against exact via" in done.out
    for word in ("problem", "backend", "route", "objective", "Mbit/s", "bound", "proved by", "gap", "quality"):
        assert word in done.out


def test_table_of_one_frame_shows_the_point(run, small):
    done = run("solve", small, "--backend", "cd", "--frames", "1")
    assert "offload" in done.out
    assert "\nratio " not in done.out


def test_piped_output_is_plain_ascii(process, small):
    done = process("solve", small, "--backend", "cd", PYTHONIOENCODING="ascii", FORCE_COLOR="", TERM="xterm-256color")
    assert done.code == 0
    assert done.out.isascii()
    assert "\x1b" not in done.out


def test_the_file_holds_what_the_json_prints(run, small, tmp_path):
    out = tmp_path / "answer.json"
    out.write_text("old")
    done = run("solve", small, "--backend", "cd", "--json", "--out", out)
    assert json.loads(out.read_text()) == done.json
    assert [path.name for path in tmp_path.glob("*answer*")] == ["answer.json"]


def test_the_file_comes_with_the_table(run, small, tmp_path):
    done = run("solve", small, "--backend", "cd", "--out", tmp_path / "a.json")
    assert "objective" in done.out
    assert (tmp_path / "a.json").is_file()


@pytest.mark.parametrize(
    ("name", "says"), [("a.txt", "ends in .json"), ("no/a.json", "there is no folder"), ("d.json", "is a folder")]
)
def test_a_file_that_cannot_be_written_is_refused_before_the_work(run, small, tmp_path, name, says, monkeypatch):
    import qmectk

    monkeypatch.setattr(qmectk, "solve", lambda *a, **k: pytest.fail("it solved first"))
    (tmp_path / "d.json").mkdir()
    done = run("solve", small, "--out", tmp_path / name)
    assert done.code == 2
    assert says in done.err


def test_a_failed_backend_exits_5(run, small, monkeypatch):
    import qmectk

    class Crashing(qmectk.Backend):
        name, accepts = "crashing", (qmectk.Binary,)

        def solve(self, view, budget, rng):
            raise ZeroDivisionError("no devices left")

    monkeypatch.setitem(_registry().backends, "crashing", Crashing)
    done = run("solve", small, "--backend", "crashing", "--json")
    assert done.code == 5
    assert "no devices left" in done.err
    assert done.json["termination"] == "failed"
    assert done.json["values"] is None


def test_no_feasible_point_exits_6(run, small, monkeypatch):
    import qmectk

    class Empty(qmectk.Backend):
        name, accepts = "empty", (qmectk.Binary,)

        def solve(self, view, budget, rng):
            return qmectk.Reply(None, qmectk.Termination.BUDGET, message="I gave up")

    monkeypatch.setitem(_registry().backends, "empty", Empty)
    done = run("solve", small, "--backend", "empty")
    assert done.code == 6
    assert "no feasible point" in done.err
    assert "I gave up" in done.err


def test_retrain_is_for_backends_that_train(run, small):
    done = run("solve", small, "--backend", "cd", "--retrain")
    assert done.code == 2
    assert "does not train" in done.err


def test_no_reference_leaves_the_bound_unknown(run, small):
    done = run("solve", small, "--backend", "cd", "--no-reference", "--json")
    assert done.json["bound"] is None
    assert done.json["reference"] is None


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)


def test_a_closed_pipe_is_quiet(small):
    done = shell(f"{sys.executable} -m qmectk_cli.main solve {small} --backend cd | true; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == ""
    assert done.stdout == "141\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_no_bug(small):
    done = shell(f"{sys.executable} -m qmectk_cli.main solve {small} --backend cd --json > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "Error: the system refuses: No space left on device\n"


def test_time_that_ends_early_is_said(run, small):
    done = run("solve", small, "--backend", "cd", "--time-limit", "1e-9", "--json")
    assert done.code == 0
    assert done.json["frames"] == 1
    assert done.json["termination"] == "budget"
    assert "Warning: 1 of 3 frames are answered" in done.err


def _registry():
    from qmectk.plugins import registry

    return registry()
