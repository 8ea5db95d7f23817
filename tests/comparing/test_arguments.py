"""What may be passed from Python, what is refused in one sentence, and what is given beside a study."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import qmectk
from qmectk.comparing import BackendEntry, ProblemEntry, Study, Watcher, load_study
from qmectk.comparing.studies.arguments import entries_of, problems_of
from qmectk.comparing.studies.planning import plan
from qmectk.comparing.studies.study import make_study
from qmectk.errors import InputError, MissingPackage

STUDY = """\
study: quick
problems: [small.yaml]
backends: [cd, random]
instances: 1
seeds: 2
time_limit: 5
references: false
warm_up: false
"""


@pytest.fixture
def study_file(small):
    path = small.with_name("study.yaml")
    path.write_text(STUDY)
    return path


def test_what_is_given_beside_a_study_replaces_what_it_says(study_file):
    for study in (study_file, str(study_file), load_study(study_file)):
        found = qmectk.compare(study, instances=2, seeds=[5], time_limit=4, jobs=2, target_gap=0.5).study
        assert (found.instances, found.seeds, found.time_limit, found.jobs) == (2, (5,), 4.0, 2)
        assert found.target_gap == 0.5
    frame = qmectk.compare(study_file, time_limit=None).frame
    assert frame["time_limit"].isna().all()  # None is no limit, and not what was left out
    assert len(frame) == 4
    for wrong, said in (({"backends": "cd"}, "names its backends itself"), ({"seeds": 0}, "number of seeds")):
        with pytest.raises(InputError, match=said):
            qmectk.compare(study_file, **wrong)


def test_what_is_left_out_is_one_seed_and_a_minute(small):
    study = make_study(backends=["cd"])
    assert (study.seeds, study.time_limit, study.jobs, study.target_gap) == ((0,), 60.0, 1, 1e-3)
    found = qmectk.compare(small, "cd", instances=1, references=False).study
    assert (found.seeds, found.time_limit, found.jobs) == ((0,), 60.0, 1)


@pytest.mark.parametrize("gap", [0, -1, float("nan"), float("inf"), True, "wide"])
def test_target_gaps_that_are_none(gap):
    with pytest.raises(InputError, match="target_gap"):
        make_study(backends=["cd"], target_gap=gap)


def test_the_target_gap_decides_no_run(small):
    keys = [
        [task.key for task in plan(make_study(backends=["cd"], target_gap=gap), [str(small)]).runs]
        for gap in (1e-3, 1e-2)
    ]
    assert keys[0] == keys[1]


@pytest.fixture
def mine(bad):
    """A backend class that nobody registered."""

    class Mine(bad.Polite):
        name = "mine"

    return Mine


def test_any_iterable_of_backends_and_problems(small, mine):
    named = [{"backend": "cd", "options": {}}, {"backend": "sa", "options": {}}]
    assert entries_of(name for name in ("cd", "sa")) == (["cd", "sa"], {})
    assert entries_of({"sa", "cd"})[0] == ["cd", "sa"]
    assert entries_of(np.array(["cd", "sa"]))[0] == ["cd", "sa"]
    assert entries_of({"cd": None, "sa": {}})[0] == named
    assert entries_of({mine, "cd"}) == (["cd", "mine"], {"mine": mine})
    assert entries_of([{"backend": mine}])[1] == {"mine": mine}
    entry = BackendEntry(backend="cd")
    assert entries_of(entry)[0] == [entry]
    options = entries_of({"random": {"samples": np.int64(3), "other": np.float64(0.5)}})[0][0]["options"]
    assert options == {"samples": 3, "other": 0.5}
    assert type(options["samples"]) is int
    assert problems_of(iter([small, "p1"])) == [str(small), "p1"]
    assert problems_of({"p1", "drift"}) == ["drift", "p1"]
    assert problems_of([{"file": "p1", "name": "first"}]) == [ProblemEntry(file="p1", name="first")]


def test_numbers_of_numpy(small):
    frame = qmectk.compare(
        (path for path in [small]),
        iter(["cd"]),
        instances=np.int64(1),
        seeds=np.int64(2),
        jobs=np.int32(1),
        time_limit=np.float32(5),
        memory_limit=np.int64(2_000_000_000),
        references=np.bool_(False),
    ).frame
    assert len(frame) == 2
    assert make_study(backends=["cd"], seeds=np.arange(3)).seeds == (0, 1, 2)
    assert make_study(backends=["cd"], seeds=range(2, 4)).seeds == (2, 3)
    assert make_study(backends=["sa"], penalty_sweep=np.array([0.5, 1.0])).penalty_sweep == (0.5, 1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"jobs": True}, "'jobs': must be a number, not true"),
        ({"instances": True}, "'instances': must be a number, not true"),
        ({"seeds": [True]}, "'seeds': must be a number, not true"),
        ({"retry": "no"}, "'retry' is True or False, not 'no'"),
        ({"store": 123}, "'store' takes the name of a file, not 123"),
        ({"store": b"x"}, "'store' takes the name of a file"),
        ({"store": True}, "'store' takes the name of a file, not True"),
        ({"store": ""}, "'store' takes the name of a file"),
        ({"store": "x" * 300 + ".db"}, "has more than 240 bytes"),
        ({"report": 5}, "'report' takes the name of a file, not 5"),
        ({"report": "no/where.html"}, "there is no folder no"),
        ({"report": "x" * 250 + ".md"}, "has more than 240 bytes"),
        ({"report": "a\0.md"}, "'report' takes the name of a file"),
        ({"problems": "x" * 5000}, "a problem cannot be 'xxx"),
        ({"problems": "x" * 300 + ".yaml"}, "File name too long"),
        ({"backends": np.array(3)}, "not a subclass"),
        ({"refresh": None}, "'refresh' takes names of backends, not None"),
        ({"refresh": 3}, "'refresh' takes names of backends, not 3"),
        ({"refresh": [qmectk.Backend]}, "'refresh' takes names of backends, not the class Backend"),
        ({"refresh": qmectk.Backend}, "'refresh' takes names of backends, not the class Backend"),
        ({"watcher": object()}, "'watcher' cannot be something of type object"),
        ({"watcher": Watcher}, "'watcher' is the class Watcher"),
        ({"executor": "threads"}, "'executor' cannot be 'threads'"),
        ({"executor": ThreadPoolExecutor}, "'executor' cannot be the class ThreadPoolExecutor"),
        ({"cluster": 5}, "takes the address of a Dask scheduler"),
        ({"backends": {"random": [1]}}, "the options of backend 'random' cannot be something of type list"),
        (
            {"backends": {"random": {"samples": [1]}}},
            "option 'samples' of backend 'random' takes one value, not something of type list",
        ),
        ({"backends": [{"options": {}}]}, "names no backend"),
        ({"backends": 5}, "not a subclass"),
        ({"time_limit": True}, "expected a number in s, not bool"),
        ({"gap": False}, "'gap': must be a number, not false"),
        ({"backends": "sa", "penalty_sweep": [0, -1]}, "greater than 0, not 0 (and 1 more)"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(small, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        qmectk.compare(**{"problems": small, "backends": "cd", "store": "runs.db", **arguments})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_two_classes_of_one_name_are_refused(small, mine):
    class Other(mine):
        pass

    with pytest.raises(InputError, match="two backend classes are called 'mine'"):
        qmectk.compare(small, [{"backend": mine, "preset": "a"}, {"backend": Other, "preset": "b"}])


def test_equal_presets_and_equal_problems_are_refused(small):
    presets = [BackendEntry(backend="random", options={"samples": n}, preset=p) for n, p in ((5, "five"), ("5", "V"))]
    instance, again = (qmectk.load("p1", devices=n, frames=1, training_frames=0).instances()[0] for n in (3, 4))
    for problems, backends, said in (
        (small, presets, r"random \(five\) and random \(V\) are the same backend with the same options"),
        ([small, small], "cd", "problem 'small' is given twice"),
        ([small, ProblemEntry(file=str(small), name="other")], "cd", "problems 'small' and 'other' are the same"),
        ([instance, again], "cd", "two instances are called '.*'; name them: {'first': one, 'second': other}"),
        ([small, ProblemEntry(file="p1", name="small")], "cd", "two problems are called 'small'.*name them in Python"),
        (None, "cd", "there is no problem"),
    ):
        with pytest.raises(InputError, match=said):
            qmectk.compare(problems, backends)


def test_problems_may_be_named(small, bad):
    instance, again = (qmectk.load("p1", devices=n, frames=1, training_frames=0).instances()[0] for n in (3, 4))
    given = {"first": instance, "second": again, "third": small}
    frame = qmectk.compare(given, bad.Polite, time_limit=5, references=False).frame
    assert frame["problem"].value_counts().to_dict() == {"first": 1, "second": 1, "third": 3}
    with pytest.raises(InputError, match="a problem cannot be called 5"):
        qmectk.compare({5: small}, "cd")


def test_instances_have_no_frames(small):
    with pytest.raises(InputError, match="how many frames of a problem, and an Instance has none"):
        qmectk.compare(qmectk.load(small).instances()[0], "cd", instances=5)


def test_files_that_are_no_study(small, study_file, tmp_path):
    (tmp_path / "untitled.yaml").write_text(STUDY.replace("study: quick\n", ""))
    for problems, said in (
        (tmp_path / "studdy.yaml", "did you mean 'study.yaml'?"),
        (tmp_path / "untitled.yaml", "a study needs the key 'study'"),
        ([small, study_file], "a study names its problems itself; give it alone"),
        (small, "there is no backend to compare"),
    ):
        with pytest.raises(InputError) as caught:
            qmectk.compare(problems)
        assert said in str(caught.value)


def test_new_names_replace_those_of_the_store(small, tmp_path):
    def named(problem, preset):
        asked = {"instances": 1, "time_limit": 5, "references": False, "store": tmp_path / "runs.db"}
        entry = BackendEntry(backend="random", options={"samples": 5}, preset=preset)
        return qmectk.compare(ProblemEntry(file=str(small), name=problem), entry, **asked).frame.iloc[0]

    first, second, third = named("old", "five"), named("new", "V"), named("new", None)
    assert (first["problem"], first["preset"]) == ("old", "five")
    assert (second["problem"], second["preset"]) == ("new", "V")
    assert third["preset"] is None
    assert first["started"] == second["started"] == third["started"]


def test_a_study_of_paths_is_a_study_of_files(small):
    assert Study(problems=[small], backends=["cd"]).problems == (ProblemEntry(file=str(small)),)


def test_what_is_not_installed_is_said_before_anything_runs(tmp_path, monkeypatch):
    for absent, what, asked in (
        ("cloudpickle", "comparisons need cloudpickle", {}),
        ("plotly", "reports need plotly", {"report": tmp_path / "r.html"}),
    ):
        monkeypatch.setattr("qmectk.extending.installed.installed", lambda name, absent=absent: name != absent)
        with pytest.raises(MissingPackage, match=what) as caught:
            qmectk.compare("p1", ["cd"], instances=1, **asked)
        assert caught.value.remedy == "run: pip install 'qmectk[compare]'"
