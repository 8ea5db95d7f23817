"""What contenders are called: after their preset, and only without one after their options."""

from __future__ import annotations

import json

import pandas as pd

from qmectk.comparing.statistics import nearest_to_default, prepare, sweep_curve

from .frames import row


def labels(*entries):
    """Labels of (backend, options, preset)."""
    frame = pd.DataFrame([row(backend=b, options=json.dumps(o), preset=p) for b, o, p in entries])
    return prepare(frame)["contender"].tolist()


def test_a_preset_names_its_contender_even_without_namesakes():
    assert labels(("random", {"samples": 100}, "best of 100"), ("exact", {}, None)) == ["random (best of 100)", "exact"]


def test_options_tell_only_those_apart_that_are_called_alike():
    plain, tuned = ("sa", {}, None), ("sa", {"sweeps": 10}, "quick")
    assert labels(plain, tuned) == ["sa", "sa (quick)"]
    assert labels(plain, tuned, ("sa", {"beta": 2}, None)) == ["sa (defaults)", "sa (quick)", "sa (beta=2)"]
    # two studies used the same word for different options
    assert labels(tuned, ("sa", {"sweeps": 20}, "quick")) == ["sa (quick, sweeps=10)", "sa (quick, sweeps=20)"]


def test_one_contender_of_several_names_is_called_after_its_options():
    assert labels(("sa", {"k": 1}, "x"), ("sa", {"k": 1}, "y")) == ["sa", "sa"]
    assert labels(("sa", {"k": 1}, "x"), ("sa", {"k": 1}, None)) == ["sa (x)", "sa (x)"]


def test_a_run_without_a_version_has_the_only_one_there_is():
    versions = [
        pd.DataFrame([row(version=one, seed=k) for k, one in enumerate(of)]) for of in (["1", None], ["1", "2"])
    ]
    assert [prepare(frame)["contender"].nunique() for frame in versions] == [1, 2]


def test_a_preset_like_another_label_stays_its_own():
    assert len(set(labels(("sa", {"k": 1}, None), ("sa", {"k": 2}, None), ("sa", {"j": 1}, "k=1")))) == 3


def test_a_sweep_adds_the_factor_to_the_preset_and_a_family_leaves_it_out():
    audit = json.dumps({"sufficient": True})
    frame = pd.DataFrame(
        [
            row(options=json.dumps(o | {"penalty": f}), preset=p + f"penalty {f}", penalties=audit)
            for o, p in (({}, ""), ({"sweeps": 10}, "quick, "))
            for f in ("0.1", "1")
        ]
    )
    assert prepare(frame)["contender"].tolist() == [
        "a (penalty 0.1)",
        "a (penalty 1)",
        "a (quick, penalty 0.1)",
        "a (quick, penalty 1)",
    ]
    curve = sweep_curve(frame)
    assert list(zip(curve["backend"], curve["factor"], strict=True)) == [
        ("a", 0.1),
        ("a", 1.0),
        ("a (quick)", 0.1),
        ("a (quick)", 1.0),
    ]
    assert nearest_to_default(frame)["contender"].tolist() == ["a (penalty 1)", "a (quick, penalty 1)"]


def test_versions_follow_only_where_there_are_several():
    def called(*versions):
        return prepare(pd.DataFrame([row(version=one, seed=k) for k, one in enumerate(versions)]))["contender"].tolist()

    assert called("1", "1") == ["a", "a"]
    assert called("1", "0.2.0 0123456789abcdef") == ["a (qmectk 1)", "a (qmectk 0.2.0 01234567)"]
    assert called("1", "2", None) == ["a (qmectk 1)", "a (qmectk 2)", "a (version unknown)"]


def test_labels_that_are_taken_are_numbered():
    # options called like one setting, twice
    clash = [("sa", {"k": 1}, None), ("sa", {"k": 2}, None), ("sa", {"j": 1}, "k=1"), ("sa (k=1)", {}, None)]
    assert labels(*clash) == ["sa (k=1)", "sa (k=2)", "sa (k=1) #2", "sa (k=1) #3"]


def test_options_are_the_same_in_any_order_and_words_stand_as_they_are():
    orders = ('{"k": 1, "way": "best"}', '{"way": "best", "k": 1}', '{"k": 1, "way": "first"}')
    frame = pd.DataFrame([row(options=text, seed=k) for k, text in enumerate(orders)])
    assert prepare(frame)["contender"].tolist() == ["a (way=best)", "a (way=best)", "a (way=first)"]
