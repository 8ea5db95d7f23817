"""Conditions on runs: what is not known, percentages, printed headings, and what cannot be meant."""

from __future__ import annotations

import json

import pytest

from qmectk.comparing.storage.conditions import check_found, sql_condition
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.errors import InputError


@pytest.fixture
def store(tmp_path):
    said = {"problem": "p", "instance": "p 0", "frame": 0, "seed": 0, "sense": 1, "options": "{}", "unit": "points"}
    with Store(tmp_path / "runs.db") as opened:
        for key, backend, preset, gap in (("1", "sa", "few", 0.02), ("2", "sa", None, 0.005), ("3", "cd", None, None)):
            more = {"backend": backend, "preset": preset, "gap": gap, "solve_seconds": 0.5}
            opened.finish({"run_id": key, "status": "ok", "reason": "salt and vinegar", **said, **more})
        yield opened


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("preset!=few", ["2", "3"]),
        ("preset!=none", ["1"]),
        ("gap!=0.02", ["2", "3"]),
        ("gap>1 %", ["1"]),
        ("gap<=0.5%", ["2"]),
        ("solve>0.1", ["1", "2", "3"]),
        ("reason=salt and vinegar", ["1", "2", "3"]),
        ("gap<inf", ["1", "2"]),
    ],
)
def test_conditions(store, condition, found):
    assert frame_of(store, where=[condition])["run_id"].tolist() == found


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("backend==sa", "'==' is no comparison here; write 'backend=sa'"),
        ("gap>0.1 and gap<0.2", "is more than one condition ('and')"),
        ("backend=sa && seed=0", "is more than one condition ('&&')"),
        ("gap>nan", "write 'gap=none'"),
        ("gap=NaN", "write 'gap=none'"),
        ("gap<none", "compares with what is not known"),
        ("gap>x %", "holds numbers, not 'x %'"),
        ("sovle>1", "did you mean 'solve'?"),
    ],
)
def test_what_is_no_condition(condition, said):
    with pytest.raises(InputError) as caught:
        sql_condition([condition])
    assert said in str(caught.value)


def test_values_that_no_run_has(store):
    with pytest.raises(InputError) as caught:
        check_found(store, ["seed=0", "backend=nobody"])
    assert str(caught.value) == "no run has backend 'nobody'; there are: cd, sa"
    check_found(store, ["status=failed", "backend=cd", "preset=few", "gap=5"])  # an answer, though an empty one


def test_listing_counts_what_it_leaves_out(store, command):
    store.close()
    limited = json.loads(command("runs", "--store", "runs.db", "--json", "--limit", "1").stdout)
    assert (limited["runs"], limited["left_out"], len(limited["rows"])) == (3, 2, 1)
    whole = json.loads(command("runs", "--store", "runs.db", "--json").stdout)
    assert (whole["runs"], whole["left_out"], len(whole["rows"])) == (3, 0, 3)
    assert command("runs", "--store", "runs.db", "--where", "gap>1 %").stdout.splitlines()[-1] == "1 run"
    refused = command("runs", "--store", "runs.db", "--where", "backend=nobody")
    assert refused.returncode == 2
    assert refused.stderr == "Error: no run has backend 'nobody'; there are: cd, sa\n"
    empty = command("runs", "--store", "runs.db", "--where", "status=failed")
    assert (empty.returncode, empty.stdout) == (0, "0 runs\n")
