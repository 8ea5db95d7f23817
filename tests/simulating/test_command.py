"""``qmectk simulate`` and ``qmectk show``: what they print, write and refuse, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from qmectk_cli.main import main


@dataclass(frozen=True)
class Outcome:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def cli(capfd):
    """Run a command in this process."""

    def call(*arguments):
        capfd.readouterr()
        return Outcome(main([str(argument) for argument in arguments]), *capfd.readouterr())

    return call


def started(*arguments):
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "qmectk_cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_command_prints_json_and_writes_files(cli, file, tmp_path):
    done = cli("simulate", file, "--slots", 30, "--json", "--trace", tmp_path / "t.csv", "--set", "arrivals=4")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["done"] == 30
    assert found["preset"] == "calibrated"
    assert found["settings"] == {"arrivals": 4}
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 31


def test_plain_rules_stand_beside_a_controller(cli, file, tmp_path):
    asked = ["simulate", file, "--slots", 30, "--floors"]
    done = cli(*asked, "--plot", tmp_path / "beside.png")
    assert done.returncode == 0, done.stderr
    assert "floor: local-only  floor: offload-all" in done.stdout
    assert (tmp_path / "beside.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(cli(*asked, "--json").stdout)
    reported = {one["backend"]: one for one in found["floors"]}
    alone = json.loads(cli("simulate", file, "--slots", 30, "-b", "offload-all", "--json").stdout)
    assert reported["offload-all"]["averages"] == alone["averages"]
    assert cli(*asked, "--V", "1,10").returncode == 2


def test_command_prints_a_sweep_with_bound(cli, file):
    done = cli("simulate", file, "--slots", 40, "--V", "1,100", "--bound")
    assert done.returncode == 0, done.stderr
    for word in ("V = 1", "V = 100", "gap x V", "backlog / V", "power"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("problem", "keys", "goal", "sense"),
    [("meqc-ye", "devices=3", "cost", -1), (None, "arrivals=4", "utility", 1)],
)
def test_a_goal_short_of_its_bound_has_a_positive_gap(cli, file, problem, keys, goal, sense):
    arguments = ("simulate", problem or file, "--slots", 400, "--V", "0.01,1", "--bound", "--set", keys)
    found = json.loads(cli(*arguments, "--json").stdout)["runs"]
    printed = next(line for line in cli(*arguments).stdout.splitlines() if line.startswith("gap x V")).split()[3:]
    for run, text in zip(found, printed, strict=True):
        short = run["horizon"][goal] - run["second_half"][goal]
        assert float(text) == pytest.approx(sense * short * run["settings"]["V"], rel=1e-3)
        assert float(text) > 0  # a cost above its bound, a utility below


def test_command_says_what_is_wrong(cli, file):
    for arguments, words in (
        (("--V", "a"), "not a list of numbers"),
        (("--trace", "t.txt"), "cannot tell a format"),
        (("--backend", "exactt"), "did you mean 'exact'"),
        (("--set", "V"), "key=value"),
    ):
        done = cli("simulate", file, *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs POSIX signals")
def test_command_can_be_interrupted_and_resumed(file, tmp_path):
    state = tmp_path / "state.npz"
    arguments = ["simulate", file, "--checkpoint", state, "--json", "--slots"]
    process = started(*arguments, 4_000_000)
    for _ in range(600):  # the first checkpoint means that it is in the middle of its work
        if state.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "--resume" in err
    done = json.loads(out)["done"]
    assert done > 0
    process = started(*arguments, done + 10, "--resume")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["done"] == done + 10


def test_show_prints_and_draws(cli, file, tmp_path):
    pytest.importorskip("matplotlib")
    done = cli("show", file, "--out", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert "server capacity" in done.stdout
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    found = json.loads(cli("show", "p1", "--json").stdout)
    assert found["tables"][0]["headers"][:2] == ["device", "h"]
    assert cli("show", file, "--frame", 7).returncode == 2


def test_a_controller_beyond_the_bound_is_said_with_both_numbers(cli):
    found = cli("simulate", "drift", "--slots", "40", "--V", "100000", "--bound")
    said = " ".join(found.stdout.split())
    assert "queues end as empty as they began" in said
    assert "Warning: this controller's utility of" in said
    assert "leaves work unserved" in said
