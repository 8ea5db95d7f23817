"""Controllers over horizons: the same paths for all, everything stored, nothing repeated, whatever happens to a run."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import qmectk
from qmectk.comparing.statistics import differences, losses, summarize_horizons
from qmectk.comparing.storage.store import Store
from qmectk.comparing.storage.table import frame_of
from qmectk.errors import InputError

#: One queue, so that what is in it is not too much for 40 slots.
STABLE = 1.0
#: Columns that a clock decides.
TIMED = ("conversion_seconds", "compilation_seconds", "solve_seconds", "wall_seconds", "started", "run_id")


def small_drift():
    return qmectk.documents.parse("{problem: drift, devices: 3, servers: 2, arrivals: 3, training_frames: 5, seed: 7}")


def problem(shop):
    return shop.ShopProblem(shop.ShopParams(problem="shop", training_frames=5))


def timeless(frame):
    """What must not depend on how and where a run was made."""
    out = frame.drop(columns=[*TIMED, "machine", "versions"]).copy()
    for row in out.index[out["horizon"].notna()]:
        facts = json.loads(out.at[row, "horizon"])
        for name in ("seconds", "ms_per_slot", "median_ms"):
            facts.pop(name)
        if facts["bound"]:
            facts["bound"].pop("seconds", None)
        out.at[row, "horizon"] = json.dumps(facts)
    return out


def test_a_row_is_what_simulate_does():
    drift, names = small_drift(), ["capacity", "random-server"]
    result = qmectk.compare(drift, names, slots=40, paths=[3, 5], seeds=[4], stable_below=STABLE)
    rows = result.to_pandas()
    assert len(rows) == 2 * 2
    assert (rows["status"] == "ok").all(), rows["reason"].tolist()
    for row in rows.itertuples():
        alone = qmectk.simulate(
            drift.with_settings({"seed": row.path}), row.backend, slots=40, seed=row.seed, horizon=True
        )
        assert row.objective == row.utility == pytest.approx(alone.means(0.5)["utility"], rel=1e-12)
        queue = alone.queues()["backlog"]
        assert [row.backlog_quarter, row.backlog_half, row.backlog_end] == pytest.approx(
            [queue["quarter"], queue["half"], queue["end"]], rel=1e-12
        )
        assert row.slot_gap == pytest.approx(alone.gap()[0], abs=1e-9)
        assert row.horizon_bound == pytest.approx(alone.horizon["utility"], rel=1e-9)
        assert row.horizon_gap == pytest.approx((row.horizon_bound - row.objective) / abs(row.horizon_bound), rel=1e-9)
        assert row.bits_per_joule == pytest.approx(alone.derived["bits_per_joule"], rel=1e-9)
        drawn = json.loads(row.trajectory)
        assert drawn["slot"] == list(range(40))
        assert drawn["power"] == pytest.approx(alone.records["power"], rel=1e-5)
    # the same arrivals for whoever decides, others on another path
    assert (rows.groupby("path")["arrived"].nunique() == 1).all()
    assert rows["arrived"].nunique() == 2


def test_one_row_whatever_the_processes(tmp_path):
    asked = {"slots": 40, "paths": 2, "seeds": 2, "stable_below": STABLE}
    one = qmectk.compare(small_drift(), ["capacity", "random-server"], jobs=1, **asked).frame
    two = qmectk.compare(small_drift(), ["capacity", "random-server"], jobs=2, store=tmp_path / "r.db", **asked).frame
    assert timeless(one).equals(timeless(two))
    again = qmectk.compare(small_drift(), ["capacity", "random-server"], store=tmp_path / "r.db", **asked).frame
    assert again.equals(two)


def test_differences_are_paired(shop):
    frame = qmectk.compare(
        problem(shop), [shop.Cheapest, shop.Chancy], slots=40, paths=4, seeds=2, stable_below=9
    ).frame
    (row,) = differences(frame).to_dict(orient="records")
    wide = frame.pivot(index=["frame", "seed"], columns="backend", values="objective")
    apart = wide["cheapest"] - wide["chancy"]
    assert row["pairs"] == 8
    assert row["objective"] == pytest.approx(apart.mean())
    assert row["objective_low"] <= row["objective"] <= row["objective_high"]
    # path by path the difference varies less than either mean does
    assert row["objective_high"] - row["objective_low"] <= np.ptp(apart)


def test_who_does_not_stand_is_ranked_below_all_who_do(shop):
    """Whoever serves nobody earns most and is beyond the bound; whoever serves too many has the shortest queue."""
    backends = [shop.Nobody, shop.Everybody, shop.Cheapest, shop.Chancy]
    result = qmectk.compare(problem(shop), backends, slots=80, paths=2, stable_below=STABLE)
    rows = result.to_pandas()
    assert rows.groupby("backend")["stands"].all().to_dict() == {
        "cheapest": True, "chancy": True, "nobody": False, "everybody": False,
    }  # fmt: skip
    nobody = rows[rows["backend"] == "nobody"]
    assert (nobody["objective"] == 0.0).all()
    assert (nobody["horizon_gap"] < 0.0).all()
    assert (nobody["gap"] == 0.0).all()
    assert not (nobody["quality"] == "optimal").any()
    assert nobody["reason"].str.contains("above 1").all()
    assert rows.loc[rows["backend"] == "everybody", "reason"].str.contains("violates a constraint").all()
    summary = result.summary()
    assert summary["contender"].tolist()[:2] == ["chancy", "cheapest"]
    assert summary["stands"].tolist() == [True] * 2 + [False] * 2
    table = losses(result.frame)
    assert np.isinf(table[["nobody", "everybody"]]).all().all()
    assert np.isfinite(table[["cheapest", "chancy"]]).all().all()
    text = str(result)
    assert text.index("chancy") < text.index("nobody")
    assert "These do not stand" in text


def test_one_bad_path_is_enough_to_fall(shop):
    """A controller that is best on most paths and unstable on one is below one that stands on all."""
    frame = qmectk.compare(
        problem(shop), [shop.Chancy, shop.Cheapest], slots=80, paths=4, stable_below=STABLE, references=False
    ).frame
    assert summarize_horizons(frame)["contender"].tolist() == ["chancy", "cheapest"]
    worse = frame.copy()
    row = worse.index[(worse["backend"] == "chancy") & (worse["frame"] == 2)][0]
    worse.loc[row, ["quality", "reason"]] = ["infeasible", "its queue grew"]
    assert summarize_horizons(worse)["contender"].tolist() == ["cheapest", "chancy"]
    assert np.isinf(losses(worse)["chancy"]).all()
    crashed = frame.copy()
    bare = json.dumps({"slots": 80, "settings": {}})
    crashed.loc[row, ["status", "horizon", "objective", "quality"]] = ["crashed", bare, np.nan, None]
    assert summarize_horizons(crashed)["contender"].tolist() == ["cheapest", "chancy"]
    assert np.isinf(losses(crashed)["chancy"]).all()


def test_the_threshold_decides_no_run(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_TEST_MARKS", str(tmp_path / "marks"))
    asked = {"slots": 40, "paths": 1, "store": tmp_path / "r.db", "references": False, "warm_up": False}
    for below, stands in ((1e-9, False), (STABLE, True)):
        rows = qmectk.compare(problem(shop), shop.Cheapest, stable_below=below, **asked).to_pandas()
        assert rows["stands"].tolist() == [stands]
        assert len((tmp_path / "marks").read_text().split()) == 40


@pytest.mark.parametrize(
    ("how", "status", "says"),
    [
        ("raise", "failed", "in slot 20 backend 'breaks' crashed: RuntimeError: the till is empty"),
        ("die", "crashed", "ended its process with exit code 9"),
        ("hang", "timeout", "its time limit ended after 20 of 40 slots"),
    ],
)
def test_what_happens_to_a_controller_is_its_row(shop, how, status, says):
    backends = [{"backend": shop.Breaks, "options": {"how": how}}, shop.Cheapest]
    limit = 4 if how == "hang" else 20  # on a busy machine a healthy one takes a second
    frame = qmectk.compare(
        problem(shop),
        backends,
        slots=40,
        paths=2,
        time_limit=limit,
        grace=1,
        stable_below=STABLE,
        jobs=2,
        warm_up=False,
    ).frame
    broken, well = (frame[frame["backend"] == name] for name in ("breaks", "cheapest"))
    assert (broken["status"] == status).all(), broken["reason"].tolist()
    assert broken["reason"].str.contains(says, regex=False).all(), broken["reason"].tolist()
    assert (well["status"] == "ok").all()
    assert not summarize_horizons(frame).set_index("contender").loc["breaks", "stands"]
    assert broken["reference_bound"].tolist() == [-1.25, -1.25]


def test_a_time_limit_is_for_all_slots(shop):
    slow = {"backend": shop.Cheapest, "options": {"seconds": 0.05}}
    (row,) = qmectk.compare(problem(shop), [slow], slots=400, time_limit=1, references=False).frame.to_dict(
        orient="records"
    )
    assert row["status"] == "timeout"
    assert row["quality"] == "infeasible"
    done = json.loads(row["horizon"])["done"]
    assert 1 <= done < 400
    assert row["reason"] == f"its time limit ended after {done} of 400 slots"


def test_a_policy_is_trained_once_for_all_paths_and_charged(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_TEST_MARKS", str(tmp_path / "marks"))
    result = qmectk.compare(problem(shop), [shop.Apprentice], slots=40, paths=3, seeds=2, references=False)
    frame = result.frame
    assert (frame["status"] == "ok").all(), frame["reason"].tolist()
    assert (frame["training_seconds"] == 7.0).all()
    assert result.summary()["training"].tolist() == [7.0]
    marks = (tmp_path / "marks").read_text().splitlines()
    assert len(set(marks)) == 1
    assert marks[0].endswith("on 5 frames")
    # what it keeps from slot to slot ends with its horizon: the second seed is the first one again
    assert frame.groupby("frame")["trajectory"].nunique().tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("target", "asked", "says"),
    [
        ("meqc", {"slots": 40}, "meqc has no memory: its frames do not depend on each other"),
        ("p1", {"slots": 40}, "p1 has no memory"),
        ("drift", {"slots": 40, "instances": 3}, "either 'slots' of a simulation or 'instances'"),
        ("drift", {"paths": 3}, "say how long they are with 'slots: 1000'"),
        ("drift", {"sweep": {"V": [1, 2]}}, "say how long they are with 'slots: 1000'"),
        ("drift", {"slots": 40, "paths": [1, 1]}, "a path is given twice"),
        ("drift", {"slots": 40, "paths": 0}, "the number of paths must be between 1 and"),
        ("drift", {"slots": 3}, "slots"),
        ("drift", {"slots": 40, "audit": 0.5}, "horizons are simulated"),
        ("drift", {"slots": 40, "sweep": {"W": [1]}}, "problem 'drift' has no 'W'"),
        ("drift", {"slots": 40, "sweep": {"V": []}}, "a sweep is over one key with its values"),
        ("drift", {"slots": 40, "sweep": {"V": [1.0, 1.0]}}, "given twice"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(target, asked, says):
    with pytest.raises(InputError, match="(?s)" + says.replace("'", ".")) as caught:
        qmectk.compare(target, ["capacity"], **asked)
    assert "\n" not in str(caught.value)


def test_an_instance_has_no_horizon():
    with pytest.raises(InputError, match="an Instance is one slot and has no horizon"):
        qmectk.compare(small_drift().frame(0), ["capacity"], slots=40)


def kept(folder):
    """What is stored of each run's records."""
    with Store(folder / "runs.db", create=False) as store:
        return dict(frame_of(store)[["run_id", "trajectory"]].itertuples(index=False))


def test_killed_studies_go_on(environment, process, tmp_path):
    """kill -9 at any moment loses the runs in flight, and the same command repeats nothing that is stored."""
    arguments = ["compare", "shop.yaml", "-b", "cheapest", "-o", "cheapest.seconds=0.01", "--slots", "40", "--paths"]
    arguments += ["0..3", "--no-reference", "--store", "runs.db", "--stable-below", "1"]
    (tmp_path / "shop.yaml").write_text("{problem: shop}")
    environment["QMECTK_TEST_MARKS"] = str(tmp_path / "marks")
    killed = subprocess.Popen(
        [sys.executable, "-m", "qmectk_cli.main", *arguments],
        env=environment, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in itertools.count():
        with contextlib.suppress(FileNotFoundError):
            if (tmp_path / "marks").read_text().count("slot") > 60:  # within the second path
                break
        assert killed.poll() is None
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    stored = kept(tmp_path)
    assert 1 <= len(stored) < 4
    before = (tmp_path / "marks").read_text().count("slot")
    again = process(*arguments)
    assert again.returncode == 0, again.stderr
    assert "4/4" in again.stdout, again.stdout
    warm = 1  # one unmeasured slot of the new worker
    assert (tmp_path / "marks").read_text().count("slot") - before <= 40 * (4 - len(stored)) + warm
    assert len(kept(tmp_path)) == 4
    assert stored.items() <= kept(tmp_path).items()


def test_from_the_command_line(command, process, tmp_path):
    (tmp_path / "shop.yaml").write_text("{problem: shop}")
    arguments = ["compare", "shop.yaml", "-b", "cheapest", "--slots", "40", "--set", "training_frames=3"]
    found = process(*arguments, "--paths", "0..1", "--V", "1,1.5", "--json")
    assert found.returncode == 0, found.stderr
    rows = json.loads(found.stdout)["horizons"]
    assert [row["problem"] for row in rows] == [f"shop (training_frames=3) (V={V})" for V in ("1", "1.5")]
    assert [(row["paths"], row["slots"], row["stands"]) for row in rows] == [(2, 40, False)] * 2  # 40 say nothing
    assert {"objective_low", "quarter", "horizon_gap", "training", "records", "derived"} <= rows[0].keys()
    refused = command("compare", "meqc", "-b", "greedy", "--slots", "40")
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: meqc has no memory")
    assert refused.stderr.count("\n") == 1
