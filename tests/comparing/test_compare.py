"""What a comparison promises: the same instances for all, everything measured, nothing repeated."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import qmectk
from qmectk.comparing import BackendEntry, load_study
from qmectk.comparing.storage.schema import COLUMNS, STATUSES
from qmectk.errors import InputError


def test_every_backend_gets_the_same_instances(small):
    result = qmectk.compare(small, ["exact", "cd", "random"], seeds=2, time_limit=10)
    frame = result.frame
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == len(result) == 3 * 3 * 2
    assert set(frame["status"]) == {"ok"} <= set(STATUSES)
    for _, part in frame.groupby("frame"):
        assert part["instance"].nunique() == 1
        assert part["reference_bound"].nunique() == 1
        own = qmectk.solve(qmectk.load(small), "exact").solutions[int(part["frame"].iloc[0])]
        assert part["reference_objective"].iloc[0] == pytest.approx(own.objective, rel=1e-9)
    assert (frame.loc[frame["backend"] == "exact", "quality"] == "optimal").all()
    assert (frame["gap"] >= 0).all()


def test_a_run_is_what_solve_does(small):
    result = qmectk.compare(small, ["random"], seeds=[5], time_limit=10)
    alone = qmectk.solve(qmectk.load(small), "random", seed=5)
    assert result.frame["objective"].tolist() == [s.objective for s in alone.solutions]
    assert len(set(result.frame["objective"])) == 3
    for row in result.frame.itertuples():
        assert qmectk.solve(small, "random", seed=5, frame=row.frame).objective == row.objective


def test_rows_say_everything(small):
    row = qmectk.compare(small, ["sa"], instances=1, time_limit=10).frame.iloc[0]
    assert json.loads(row["machine"]).keys() == {"cpu", "cores", "memory", "os", "python"}
    assert {"qmectk", "numpy", "dimod"} <= json.loads(row["versions"]).keys()
    for name in ("conversion_seconds", "solve_seconds", "wall_seconds"):
        assert row[name] > 0
    assert row["wall_seconds"] > row["solve_seconds"] + row["conversion_seconds"]
    assert math.isnan(row["training_seconds"])
    assert row["started"].startswith("20")
    assert row["unit"] == "Mbit/s"
    assert row["sense"] == 1


def test_anytime_events_rise_to_the_measured_end(small):
    frame = qmectk.compare(small, ["cd", "greedy", "exhaustive", "highs", "local-only"], time_limit=20).frame
    for row in frame.itertuples():
        events = json.loads(row.events)
        assert events, row.backend
        seconds, incumbents = [e[0] for e in events], [e[1] for e in events]
        assert seconds == sorted(seconds)
        assert seconds[-1] <= row.compilation_seconds + row.solve_seconds + 1e-5
        assert incumbents == sorted(incumbents)
        assert incumbents[-1] == pytest.approx(row.objective, rel=1e-6)
    assert any(len(json.loads(e)) > 1 for e in frame.loc[frame["backend"] == "greedy", "events"])
    assert json.loads(frame.loc[frame["backend"] == "highs", "events"].iloc[0])[-1][2] is not None


def test_nothing_is_run_twice(small, bad, tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_TEST_MARKS", str(tmp_path / "marks"))
    asked = {"seeds": 2, "time_limit": 5, "references": False, "warm_up": False, "store": tmp_path / "runs.db"}
    marks = tmp_path / "marks"
    first = qmectk.compare(small, [bad.Polite], instances=2, **asked)
    assert len(marks.read_text().split()) == 4
    again = qmectk.compare(small, [bad.Polite], instances=2, **asked)
    assert len(marks.read_text().split()) == 4
    assert again.frame.equals(first.frame)
    longer = qmectk.compare(small, [bad.Polite, "local-only"], instances=3, **asked)
    assert len(marks.read_text().split()) == 6  # the third frame only
    assert len(longer) == 12
    qmectk.compare(small, [bad.Polite, "local-only"], instances=3, refresh="polite", **asked)
    assert len(marks.read_text().split()) == 12
    qmectk.compare(small, [bad.Polite, "local-only"], instances=3, **asked)
    assert len(marks.read_text().split()) == 12  # a refresh is once


def test_other_limits_and_options_are_other_runs(small, tmp_path):
    store = tmp_path / "runs.db"
    keys = set()
    for time_limit, samples in ((5, 1), (6, 1), (5, 3)):
        chosen = [BackendEntry(backend="random", options={"samples": samples})]
        frame = qmectk.compare(small, chosen, instances=1, time_limit=time_limit, store=store).frame
        keys.add(frame["run_id"].iloc[0])
    assert len(keys) == 3
    text = qmectk.compare(
        small, [BackendEntry(backend="random", options={"samples": "3"})], instances=1, time_limit=5, store=store
    )
    assert text.frame["run_id"].iloc[0] in keys


def test_training_is_charged_once_and_apart(small, bad, tmp_path):
    frame = qmectk.compare(small, ["droo", bad.Pupil], seeds=2, time_limit=10, jobs=2, store=tmp_path / "r.db").frame
    assert (frame["status"] == "ok").all(), frame["reason"].tolist()
    droo = frame[frame["backend"] == "droo"]
    assert (droo.groupby("seed")["training_seconds"].nunique() == 1).all()
    assert droo["training_seconds"].nunique() == 2  # a policy a seed
    assert (droo["solve_seconds"] < droo["training_seconds"]).all()
    alone = qmectk.solve(qmectk.load(small), "droo", seed=1)
    assert droo.loc[droo["seed"] == 1, "objective"].tolist() == [s.objective for s in alone.solutions]
    assert alone.info["training"]["cached"]
    pupil = frame[frame["backend"] == "pupil"]
    assert (pupil["training_seconds"] == 123.0).all()
    assert (pupil["solve_seconds"] < 123.0).all()  # on a busy machine, too


def test_compilation_is_charged_apart_and_within_the_limit(small, bad):
    frame = qmectk.compare(small, [bad.Compiler, bad.Polite], instances=2, time_limit=10, warm_up=False).frame
    assert (frame["status"] == "ok").all(), frame["reason"].tolist()
    made = frame[frame["backend"] == "compiler"]
    assert (made["compilation_seconds"] >= 0.1).all()
    assert (made["solve_seconds"] >= 0.05).all()
    assert (made["compilation_seconds"] + made["solve_seconds"] <= made["wall_seconds"]).all()
    assert (frame.loc[frame["backend"] == "polite", "compilation_seconds"] == 0.0).all()
    alone = qmectk.solve(qmectk.load(small), bad.Compiler, reference=False)
    assert 0.3 <= alone.compilation_seconds <= alone.seconds - 0.1499
    assert sum(s.compilation_seconds for s in alone.solutions) == pytest.approx(alone.compilation_seconds)
    assert json.loads(alone.to_json())["compilation_seconds"] == alone.compilation_seconds


def test_frames_that_depend_on_each_other_are_marked(bad):
    correlated = qmectk.documents.parse(
        "{problem: p1, devices: 3, frames: 2, training_frames: 1, channel: {model: correlated, doppler: 5 Hz}}"
    )
    frame = qmectk.compare([correlated, qmectk.load("meqc-ye"), "drift"], bad.Polite, instances=1, time_limit=5).frame
    assert frame.groupby("problem")["coupled"].first().to_dict() == {"drift": 0, "meqc-ye": 1, "p1": 1}


def test_a_problem_and_a_backend_may_be_objects(bad):
    problem = qmectk.load("p1", frames=2, devices=3, training_frames=0)
    frame = qmectk.compare([problem, problem.instances()[0]], bad.Polite, time_limit=5).frame
    assert len(frame) == 3
    assert set(frame["status"]) == {"ok"}
    refused = qmectk.compare(problem, "droo", time_limit=5).frame
    assert set(refused["status"]) == {"refused"}
    assert "none to train on" in refused["reason"].iloc[0]


def test_penalties_are_audited_and_swept():
    problem = qmectk.load("p1", devices=3, frames=2)
    result = qmectk.compare(problem, ["sa", "cd"], time_limit=10, penalty_sweep=[0.01, 3.0], warm_up=False)
    frame = result.frame
    assert set(frame.loc[frame["backend"] == "cd", "penalties"].isna()) == {True}
    audits = [json.loads(text) for text in frame.loc[frame["backend"] == "sa", "penalties"]]
    assert {audit["factor"] for audit in audits} == {0.01, 3.0}
    for audit in audits:
        assert audit["multipliers"]
        assert audit["sufficient"] is (audit["factor"] == 3.0), audit["how"]
    curve = result.penalties()
    assert curve["factor"].tolist() == [0.01, 3.0]
    assert curve["share_feasible"].iloc[0] < curve["share_feasible"].iloc[1]
    assert curve["sufficient"].tolist() == [0.0, 1.0]


def test_sufficiency_by_hand():
    import dimod

    from qmectk.comparing.studies.penalties import sufficiency
    from qmectk.views import QUBO

    def at_most_one(sample):
        return sample["a"] + sample["b"] <= 1

    for weight, expected in ((0.5, False), (1.0, False), (1.5, True)):  # at 1 a violation ties with the optimum
        model = dimod.BinaryQuadraticModel({"a": -1.0, "b": -1.0}, {("a", "b"): weight}, 0.0, "BINARY")
        assert sufficiency(QUBO(model, {"one": weight}, at_most_one))["sufficient"] is expected
    large = dimod.BinaryQuadraticModel(dict.fromkeys(range(20), 1.0), {}, 0.0, "BINARY")
    assert sufficiency(QUBO(large, {"one": 1.0}, lambda sample: True))["sufficient"] is None


STUDY = """\
study: two heuristics
problems:
  - small.yaml
  - {file: small.yaml, set: {devices: 3, weights: [1, 1, 1]}, name: smaller}
backends:
  - cd
  - {backend: random, options: {samples: 5}, preset: five}
  - random
instances: 2
seeds: [1, 7]
time_limit: 2 s
memory_limit: 2 GB
store: runs.db
"""


def test_a_study_file_says_the_same(small, tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    result = qmectk.compare(tmp_path / "study.yaml")
    assert len(result) == 2 * 3 * 2 * 2
    assert (tmp_path / "runs.db").is_file()
    assert set(result.frame["problem"]) == {"small", "smaller"}
    assert set(result.frame["preset"].dropna()) == {"five"}
    assert set(result.frame["seed"]) == {1, 7}
    assert set(result.frame["time_limit"]) == {2.0}
    assert result.study.memory_limit == 2e9
    assert repr(result).startswith("<Comparison 'two heuristics': 24 runs")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("instances: 2", "instanzes: 2", "line 9: there is no key 'instanzes'; did you mean 'instances'?"),
        ("time_limit: 2 s", "time_limit: 2 MHz", "line 11: 'time_limit'"),
        ("seeds: [1, 7]", "seeds: [1, 1]", "a seed is given twice"),
        ("preset: five", "presett: five", "did you mean 'preset'?"),
        ("instances: 2", "instances: -1", "greater than or equal to 1"),
        ("  - random\n", "  - cd\n", "backend 'cd' is given twice"),
        ("  - cd\n", "  - cdd\n", "there is no backend 'cdd'; did you mean 'cd'?"),
        ("samples: 5", "sampels: 5", "has no option 'sampels'; did you mean 'samples'?"),
        ("samples: 5", "samples: many", "takes a whole number, not 'many'"),
        ("  - small.yaml", "  - smal.yaml", "did you mean 'small.yaml'?"),
        ("devices: 3,", "devicse: 3,", "did you mean 'devices'?"),
        ("name: smaller", "name: small", "two problems are called 'small'"),
        ("study: two heuristics", "studdy: x", "starts with its title"),
        ("store: runs.db", "store: !!python/object:os.system {}", "tags that make objects are refused"),
    ],
)
def test_mistakes_in_a_study_file(small, tmp_path, old, new, said):
    path = tmp_path / "study.yaml"
    assert old in STUDY
    path.write_text(STUDY.replace(old, new))
    with pytest.raises(InputError) as caught:
        qmectk.compare(load_study(path))
    assert said in str(caught.value)
    assert not (tmp_path / "runs.db").exists()


def test_mistakes_in_python(small):
    for arguments, said in (
        ({"backends": "exat"}, "did you mean 'exact'?"),
        ({"backends": []}, "at least 1 item"),
        ({"backends": "cd", "seeds": 0}, "number of seeds"),
        ({"backends": "cd", "time_limit": -1}, "time_limit"),
        ({"backends": "cd", "memory_limit": 2}, "at least 1 MB, written with its unit"),
        ({"backends": "cd", "memory_limit": "1e30 GB"}, "at most 1 PB"),
        ({"backends": "cd", "time_limit": 1e300}, "less than or equal to 3"),
        ({"backends": "sa", "penalty_sweep": [1, 1]}, "a penalty factor is given twice"),
        ({"backends": "cd", "retry": True}, "without a store"),
        ({"backends": "cd", "refresh": "cd"}, "without a store"),
        ({"backends": "cd", "refresh": "sa"}, "in this study 'sa'"),
        ({"backends": "cd", "report": "x.pdf"}, "cannot tell a format"),
        ({"backends": "cd", "penalty_sweep": [1.0]}, "takes penalties"),
        ({"backends": np.zeros}, "not a subclass"),
    ):
        with pytest.raises(InputError) as caught:
            qmectk.compare(small, **arguments)
        assert said in str(caught.value), arguments


def test_an_option_of_one_problem_only_is_refused_by_its_name():
    with pytest.raises(InputError, match=r"backend 'sa' on drift has no option 'grid'"):
        qmectk.compare(["p1", "drift"], [BackendEntry(backend="sa", options={"grid": 4})])


def test_floors_run_beside_contenders_that_are_not_among_them(small):
    untaught = qmectk.load(small, training_frames=0)
    result = qmectk.compare(untaught, ["cd", "local-only"], floors=True, time_limit=10)
    presets = result.frame.groupby("backend", sort=False)["preset"].first().to_dict()
    assert presets == {"cd": None, "local-only": None, "offload-all": "floor"}  # no training frames to decide m on
    assert (result.frame["status"] == "ok").all()
    trained = qmectk.load(small, training_frames=5)
    found = qmectk.compare(trained, ["cd"], floors=True, instances=2, time_limit=10).frame
    assert set(found["backend"]) == {"cd", "local-only", "offload-all", "fixed-m"}
    alone = qmectk.solve(trained, "fixed-m", frames=2)
    assert found.loc[found["backend"] == "fixed-m", "objective"].tolist() == [s.objective for s in alone.solutions]
