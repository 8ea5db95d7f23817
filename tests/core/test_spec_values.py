"""Keys and values of a problem file: what is misspelt, out of range or in the wrong unit has a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qmectk
from qmectk.documents import load, resolve
from qmectk.documents.units import to_si
from qmectk.errors import InputError

from .refused import GOOD, sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("devices: 3\n", "'problem' must name a problem family"),
        ("problem: [p1]\n", "'problem' must name a problem family"),
        ("problem: p2\ndevices: 3\n", "my.yaml, line 1: there is no problem 'p2'; did you mean 'p1'?"),
        ("problem: p1\n", "'devices' is missing"),
        (GOOD + "devises: 4\n", "my.yaml, line 3: there is no key 'devises'; did you mean 'devices'?"),
        (GOOD + "constants:\n  powr: 3 W\n", "my.yaml, line 4: there is no key 'powr'; did you mean 'power'?"),
        (GOOD + "zzz: 1\n", "there is no key 'zzz'; known here: changes, channel, constants, crowd, devices"),
        ("problem: p1\ndevices: 0\n", "my.yaml, line 2: 'devices': must be greater than or equal to 1, not 0"),
        ("problem: p1\ndevices: -3\n", "line 2: 'devices': must be greater than or equal to 1, not -3"),
        ("problem: p1\ndevices: 2.5\n", "line 2: 'devices': must be a valid integer"),
        ("problem: p1\ndevices: many\n", "line 2: 'devices': must be a valid integer"),
        ("problem: p1\ndevices: .nan\n", "line 2: 'devices': must be a"),
        (GOOD + "seed: -1\n", "line 3: 'seed': must be greater than or equal to 0, not -1"),
        (GOOD + "frames: 0\n", "line 3: 'frames': must be greater than or equal to 1, not 0"),
        (GOOD + "weights: [1, 2]\n", "'weights' has 2 numbers for 3 devices"),
        (GOOD + "weights: [1, 2, -1]\n", "line 3"),
        (GOOD + "weights: [1, 2, .nan]\n", "line 3: 'weights.2': expected a finite number"),
        (GOOD + "weights: [1, true, 2]\n", "line 3: 'weights.1': expected a number, not bool"),
        (GOOD + "weights: alternate\n", "line 3: 'weights': must be 'alternating', or must be a valid list"),
        (GOOD + "weights: {a: 1}\n", "line 3: 'weights': must be 'alternating', or must be a valid list"),
        (GOOD + "channel: {path: " + "x" * 300 + ".csv}\n", "File name too long"),
        (GOOD + "channel: {model: file}\n", "line 3: 'channel.path' is missing"),
        ("problem: p1\ndevices: true\n", "line 2: 'devices': must be a number, not true"),
        (GOOD + "frames: yes\n", "line 3: 'frames': must be a number, not true"),
        (GOOD + "channel: {path: g.csv, skip: true}\n", "line 3: 'channel.skip': must be a number, not true"),
        (GOOD + "channel: {path: g.csv, columns: [1, 2, true]}\n", "'channel.columns': must be a number, not true"),
        ("problem: drift\narrivals: 1e30\n", "line 2: 'arrivals': must be less than or equal to 1000000000000000"),
        (GOOD + "constants: {power: 3 m}\n", "line 3: 'constants.power': '3 m' has the wrong unit; this takes 'W'"),
        (GOOD + "constants: {power: three}\n", "'three' is not a number with a unit (for example '1 W')"),
        (GOOD + "constants: {power: .inf}\n", "'constants.power': expected a finite number"),
        (GOOD + "constants: {power: -1 W}\n", "'constants.power': must be greater than 0"),
        (GOOD + "constants: {power: 0}\n", "'constants.power': must be greater than 0"),
        (GOOD + "constants: {efficiency: 1.5}\n", "'constants.efficiency': must be less than or equal to 1"),
        (GOOD + "constants: {overhead: 0.5}\n", "'constants.overhead': must be greater than or equal to 1"),
        (GOOD + "constants: {energy_coefficient: [1e-26, 1e-26]}\n", "has 2 numbers for 3 devices"),
        (GOOD + "constants: {noise: true}\n", "expected a number in W, not bool"),
        (GOOD + "constants: []\n", "'constants'"),
        (GOOD + "channel: {model: rayliegh}\n", "has no model 'rayliegh'; did you mean 'rayleigh'?"),
        (GOOD + "channel: {distance: [1, 2]}\n", "has 2 numbers for 3 devices"),
        (GOOD + "channel: {distance: {between: [5 m, 2 m]}}\n", "the first distance must not exceed the second"),
        (GOOD + "channel: {carier: 1 GHz}\n", "there is no key 'carier'; did you mean 'carrier'?"),
        (GOOD + "channel: {model: correlated, doppler: -1 Hz}\n", "must be greater than or equal to 0"),
        (GOOD + "channel: {path: nowhere.csv}\n", "there is no file nowhere.csv"),
    ],
)
def test_bad_keys_and_values_have_a_sentence(text: str, words: str) -> None:
    assert words in sentence(text)


def test_the_first_mistake_is_told_with_the_number_of_the_others() -> None:
    assert "(and 2 more)" in sentence("problem: p1\ndevices: 0\nseed: -1\nframes: 0\n")


@pytest.mark.parametrize(
    ("value", "unit", "result"),
    [
        ("2 MHz", "Hz", 2e6),
        ("915 MHz", "Hz", 915e6),
        ("2.5 m", "m", 2.5),
        ("3 W", "W", 3.0),
        ("3000 mW", "W", 3.0),
        ("1e-10 W", "W", 1e-10),
        (" 10 ms ", "s", 0.01),
        ("5", "m", 5.0),
        (5, "m", 5.0),
        ("0.5", "", 0.5),
        ("50 %", "", 0.5),
    ],
)
def test_units_are_converted(value: Any, unit: str, result: float) -> None:
    assert to_si(value, unit) == pytest.approx(result)


@pytest.mark.parametrize(
    "value",
    ["2 MHz", "m", "1 m + 1 m", "__import__('os')", "1e999 m", "nan m", "1 m**99999", "inf", True, None, [1], {}],
)
def test_what_is_no_length_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"unit|number|finite"):
        to_si(value, "m")


def test_problem_files_are_found_or_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("p1").name == "p1"
    assert load("problems/p1.yaml").name == "p1"  # how the documentation writes it, from any folder
    with pytest.raises(InputError, match=r"there is no problem file or shipped problem 'p11'; did you mean 'p1'\?"):
        resolve("p11")
    with pytest.raises(InputError, match=r"there is no file mine\.yaml"):
        resolve("mine.yaml")
    (tmp_path / "mine.yaml").write_text(GOOD)
    with pytest.raises(InputError, match=r"there is no file mien\.yaml; did you mean 'mine\.yaml'\?"):
        resolve("mien.yaml")
    with pytest.raises(InputError, match=r"is a folder; name a \.yaml file in it"):
        resolve(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not a text file in UTF-8"):
        load(tmp_path / "binary.yaml")


def test_overrides_are_validated_too() -> None:
    assert qmectk.load("p1", devices=4, frames=2).params.frames == 2
    with pytest.raises(InputError, match="'devices': must be greater than or equal to 1, not 0"):
        qmectk.load("p1", devices=0)
    with pytest.raises(InputError, match="there is no key 'device'; did you mean 'devices'"):
        qmectk.load("p1", device=3)


def test_a_key_may_have_the_name_of_a_parameter_of_load() -> None:
    """`target` is a key of two families, and a family of one's own may have `source` or `folder`."""
    assert qmectk.load("drift", target=0.5).params.target == 0.5  # type: ignore[attr-defined]
    assert qmectk.load("attention", variant="general", target=0.5).params.target == 0.5  # type: ignore[attr-defined]
    for name in ("source", "folder", "text", "overrides"):
        with pytest.raises(InputError, match=f"there is no key '{name}'"):
            qmectk.load("p1", **{name: 1})
