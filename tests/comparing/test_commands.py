"""``qmectk compare`` and ``qmectk runs`` as people and scripts use them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from qmectk.comparing.storage.table import export
from qmectk.errors import InputError


def test_compare_then_list_then_export(command, process, small, tmp_path):
    asked = ["compare", "small.yaml", "-b", "exact", "-b", "random", "-o", "random.samples=3", "--seeds", "2"]
    asked += ["--time-limit", "10", "--store", "runs.db"]
    done = process(*asked)
    assert done.returncode == 0, done.stderr
    assert "12 runs are kept in runs.db" in done.stdout
    assert "exact" in done.stdout
    again = command(*asked, "--json", "--report", "report.md")
    assert again.returncode == 0, again.stderr
    data = json.loads(again.stdout)
    assert data["runs"] == 12
    assert data["status"] == {"ok": 12}
    assert data["backends"][0]["share_optimal"] == 1.0
    assert "random" in (tmp_path / "report.md").read_text()
    listed = command("runs", "--store", "runs.db", "--where", "backend=random", "--where", "seed=1")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines()[-1] == "3 runs"
    for name in ("out.csv", "out.parquet"):
        done = command("runs", "--store", "runs.db", "--export", name)
        assert done.stdout == f"wrote {name}: 12 runs\n"
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 13
    rows = json.loads(command("runs", "--store", "runs.db", "--json", "--where", "seed=0").stdout)["rows"]
    assert len(rows) == 6
    assert rows[0]["training_seconds"] is None


def test_a_study_file_on_the_command_line(command, small, tmp_path):
    (tmp_path / "study.yaml").write_text(
        "study: sweep\nproblems: [{file: small.yaml, set: {frames: 1}}]\nbackends: [sa]\ntime_limit: 5\n"
    )
    done = command("compare", "study.yaml", "-o", "sa.reads=4", "--penalty-sweep", "0.1,3", "--no-reference")
    assert done.returncode == 0, done.stderr
    assert "penalty factor" in done.stdout
    assert done.stdout.count("sa (penalty") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["small.yaml"], "there is no backend to compare"),
        (["small.yaml", "-b", "exat"], "there is no backend 'exat'; did you mean 'exact'?"),
        (["smal.yaml", "-b", "cd"], "did you mean 'small.yaml'?"),
        (["small.yaml", "-b", "cd", "-o", "restarts=2"], "write '-o BACKEND.restarts=2'"),
        (["small.yaml", "-b", "cd", "-o", "dc.restarts=2"], "did you mean 'cd'?"),
        (["small.yaml", "-b", "cd", "--report", "x.pdf"], "cannot tell a format"),
        (["small.yaml", "-b", "cd", "--store", "small.yaml"], "is not a store of qmectk"),
        (["small.yaml", "-b", "sa", "--penalty-sweep", "a,b"], "is not a list of numbers"),
        (["small.yaml", "-b", "cd", "--time-limit", "-1"], "time_limit"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_2(command, small, arguments, said):
    before = small.read_text()
    done = command("compare", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert small.read_text() == before


def test_runs_of_no_store(command):
    done = command("runs", "--store", "nowhere.db")
    assert done.returncode == 2
    assert "there is no store nowhere.db" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [("study: x\nproblems: [p1\nbackends: [cd]\n", "bad.yaml"), ("study: x\nstudy: y\n", "'study'"), ("", "bad.yaml")],
)
def test_a_study_that_cannot_be_read_says_so(command, tmp_path, text, said):
    (tmp_path / "bad.yaml").write_text(text)
    done = command("compare", "bad.yaml")
    assert done.returncode == 2
    assert said in done.stderr
    assert "no backend to compare" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["quik.yaml"], "there is no file quik.yaml; did you mean 'quick.yaml'?"),
        (["nope.yaml", "p1"], "there is no file nope.yaml"),
        (["untitled.yaml"], "untitled.yaml: a study needs the key 'study', its title; add 'study: my study'"),
        (["untitled.yaml", "-b", "cd"], "untitled.yaml: a study needs the key 'study'"),
        (["small.yaml", "small.yaml", "-b", "cd"], "problem 'small' is given twice; leave one of them out"),
        (["quick.yaml", "--target-gap", "0"], "'target_gap': must be greater than 0"),
        (["small.yaml", "-b", "sa", "--penalty-sweep", "0,-1"], "has the factor 0; write factors above 0"),
    ],
)
def test_files_and_numbers_that_cannot_be_meant(command, small, tmp_path, arguments, said):
    (tmp_path / "quick.yaml").write_text("study: quick\nproblems: [small.yaml]\nbackends: [cd]\n")
    (tmp_path / "untitled.yaml").write_text("problems: [small.yaml]\nbackends: [cd]\n")
    done = command("compare", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_report_named_here_is_the_only_one(command, small, tmp_path):
    (tmp_path / "quick.yaml").write_text(
        "study: quick\nproblems: [small.yaml]\nbackends: [cd]\ninstances: 1\nreferences: false\nreport: own.md\n"
    )
    done = command("compare", "quick.yaml", "--report", "other.md", "--target-gap", "0.01", "--json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "other.md").is_file()
    assert not (tmp_path / "own.md").exists()


def test_a_report_that_cannot_be_written_loses_nothing(command, small, tmp_path):
    """The disk is full: the table is printed, the store named, and the report lies where there is room."""
    (tmp_path / "full.html").symlink_to("/dev/full")
    asked = ["compare", "small.yaml", "-b", "greedy", "--instances", "1", "--no-reference", "--time-limit", "5s"]
    done = command(*asked, "--store", "runs.db", "--report", "full.html")
    assert done.returncode == 2
    assert "greedy" in done.stdout
    assert "1 run is kept in runs.db" in done.stdout
    assert "wrote" not in done.stdout
    said = done.stderr.splitlines()[-1]
    assert said.startswith("Error: cannot write full.html: No space left on device; the report is in ")
    report = Path(said.split("the report is in ")[1].removesuffix(" instead"))
    assert "greedy" in report.read_text()
    shutil.rmtree(report.parent)
    assert (tmp_path / "full.html").is_symlink()


def test_the_report_replaces_nothing_but_itself(tmp_path, monkeypatch):
    """Somebody else in the folder may make links, but cannot know where the report is written before it is whole."""
    from qmectk.comparing.report import write

    (tmp_path / "victim").write_text("precious")
    (tmp_path / f".r.md.{os.getpid()}.part").symlink_to("victim")
    monkeypatch.setitem(write.WRITERS, ".md", lambda content: "the report")
    monkeypatch.setattr(write, "gather", lambda *arguments: None)
    write.write_report(None, tmp_path / "r.md")
    assert (tmp_path / "victim").read_text() == "precious"
    assert (tmp_path / "r.md").read_text() == "the report"
    with pytest.raises(InputError, match=r"cannot write .*victim/r\.md"):
        write.write_report(None, tmp_path / "victim" / "r.md")


def test_no_cell_of_an_export_is_a_formula(tmp_path):
    import pandas as pd

    frame = pd.DataFrame(
        {"problem": ["=cmd|'/c calc'!A0", "+1", "@a", "-x", "\tt", "p1"], "gap": [-0.5, 0, 1, 2, 3, 4]}
    )
    export(frame, tmp_path / "o.csv")
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines == ["problem,gap", "'=cmd|'/c calc'!A0,-0.5", "'+1,0.0", "'@a,1.0", "'-x,2.0", "'\tt,3.0", "p1,4.0"]
