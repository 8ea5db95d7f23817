"""Problem files are hostile until validated: one clear sentence with the line, and nothing is ever executed."""

from __future__ import annotations

import contextlib
import io
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import InputError
from qmectk.spec import load, parse, resolve
from qmectk.spec.units import to_si
from qmectk.spec.yaml_text import MAX_BYTES, read_yaml

GOOD = "problem: p1\ndevices: 3\n"


def sentence(text: str, **overrides: Any) -> str:
    """What parsing `text` is refused with."""
    with pytest.raises(InputError) as caught:
        parse(text, source="my.yaml", **overrides)
    message = str(caught.value)
    assert "\n" not in message
    assert "pydantic" not in message.lower()
    return message


# ---- YAML -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("problem: p1\ndevices: [1, 2\n", "my.yaml, line 3: "),
        ("problem: p1\n\tdevices: 3\n", "my.yaml, line 2: "),
        ("- problem: p1\n", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("p1", "must be a mapping of keys to values"),
        ("problem: p1\ndevices: 3\ndevices: 4\n", "my.yaml, line 3: 'devices' is given twice"),
        ("problem: p1\nconstants:\n  power: 1\n  power: 2\n", "my.yaml, line 4: 'power' is given twice"),
        ("? [a, b]\n: 1\n", "my.yaml, line 1: keys must be plain words"),
        ("problem: p1\nseed: 2026-13-45\n", "has a value that YAML cannot read"),
        ("problem: *nothing\n", "line 1: found undefined alias"),
        ("problem: p1\n---\nproblem: p1\n", "line 2: "),
        ("a: &a\n  b: *a\n", "my.yaml"),
        (f"problem: p1\nx: {'[' * 30}{']' * 30}\n", "nested more than 20 levels deep"),
        (f"problem: p1\nx: {'[' * 5000}{']' * 5000}\n", "nested"),
        ("problem: 'p1\n", "line 2: "),
        ("problem: p1\n\x00\n", "my.yaml"),
    ],
)
def test_bad_yaml_has_a_sentence(text: str, words: str) -> None:
    assert words in sentence(text)


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch owned']",
        "!!python/object:qmectk.problem.Problem {}",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!mine {}",
    ],
)
def test_tags_that_make_objects_are_refused(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = sentence(f"problem: p1\ndevices: {tag}\n")
    assert "line 2" in message
    assert "tags that make objects are refused" in message
    assert list(tmp_path.iterdir()) == []


def test_alias_bombs_end_quickly() -> None:
    """Each line refers to the one before nine times: 9^9 values when expanded."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 10)]
    start = time.perf_counter()
    assert "more than 200000 values" in sentence("problem: p1\n" + "\n".join(lines))
    assert time.perf_counter() - start < 10


def test_long_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    assert "larger than 1000 kB" in sentence(GOOD + "#" * MAX_BYTES)
    path = tmp_path / "big.yaml"
    path.write_text(GOOD + "#" * MAX_BYTES)
    with pytest.raises(InputError, match="larger than 1000 kB; put data into"):
        load(path)


def test_lines_are_known_for_every_key() -> None:
    data, lines = read_yaml("a: 1\nb:\n  c: [1,\n    2]\n  d: {e: 3}\n", "text")
    assert data == {"a": 1, "b": {"c": [1, 2], "d": {"e": 3}}}
    assert lines[("b", "c")] == 3
    assert lines[("b", "c", 1)] == 4
    assert lines[("b", "d", "e")] == 5


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_problem_or_a_sentence(text: str) -> None:
    for candidate in (text, GOOD + text):
        with contextlib.suppress(InputError):
            parse(candidate)


@settings(max_examples=60, deadline=None)
@given(
    key=st.sampled_from(["devices", "seed", "frames", "weights", "constants", "channel", "training_frames"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_is_a_problem_or_a_sentence(key: str, value: Any) -> None:
    with contextlib.suppress(InputError):
        parse(GOOD, **{key: value})


# ---- keys and values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("devices: 3\n", "'problem' must name a problem family"),
        ("problem: [p1]\n", "'problem' must name a problem family"),
        ("problem: p2\ndevices: 3\n", "my.yaml, line 1: there is no problem 'p2'; did you mean 'p1'?"),
        ("problem: p1\n", "'devices' is missing"),
        (GOOD + "devises: 4\n", "my.yaml, line 3: there is no key 'devises'; did you mean 'devices'?"),
        (GOOD + "constants:\n  powr: 3 W\n", "my.yaml, line 4: there is no key 'powr'; did you mean 'power'?"),
        (GOOD + "zzz: 1\n", "there is no key 'zzz'; known here: channel, constants, devices"),
        ("problem: p1\ndevices: 0\n", "my.yaml, line 2: 'devices': must be greater than or equal to 1, not 0"),
        ("problem: p1\ndevices: -3\n", "line 2: 'devices': must be greater than or equal to 1, not -3"),
        ("problem: p1\ndevices: 2.5\n", "line 2: 'devices': must be a valid integer"),
        ("problem: p1\ndevices: many\n", "line 2: 'devices': must be a valid integer"),
        ("problem: p1\ndevices: .nan\n", "line 2: 'devices': must be a"),
        (GOOD + "seed: -1\n", "line 3: 'seed': must be greater than or equal to 0, not -1"),
        (GOOD + "frames: 0\n", "line 3: 'frames': must be greater than or equal to 1, not 0"),
        (GOOD + "weights: [1, 2]\n", "'weights' has 2 numbers for 3 devices"),
        (GOOD + "weights: [1, 2, -1]\n", "line 3"),
        (GOOD + "weights: [1, 2, .nan]\n", "line 3"),
        (GOOD + "weights: alternate\n", "line 3"),
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


# ---- files ----------------------------------------------------------------------------------------


def gains_file(path: Path, array: Any, key: str = "h") -> None:
    """Write `array` in the format of the file's name."""
    array = np.asarray(array)
    if path.suffix == ".csv":
        np.savetxt(path, array, delimiter=",")
    elif path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, **{key: array})
    else:
        from scipy.io import savemat

        savemat(path, {key: array})


def with_file(folder: Path, name: str, more: str = "", rest: str = "") -> Any:
    (folder / "p.yaml").write_text(f"problem: p1\ndevices: 2\nframes: 2\n{rest}channel: {{path: {name}{more}}}\n")
    return load(folder / "p.yaml")


FORMATS = ["csv", "npy", "npz", "mat"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_gains_come_from_a_file_beside_the_problem(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    gains = np.array([[1e-6, 2e-6], [3e-6, 4e-6], [5e-6, 6e-6]])
    gains_file(data / f"h.{suffix}", gains)
    monkeypatch.chdir("/")  # a relative path means relative to the YAML file, wherever one stands
    problem = with_file(tmp_path, f"data/h.{suffix}")
    np.testing.assert_array_equal(problem.trace, gains[:2])
    (_, second) = problem.instances()
    np.testing.assert_allclose(second.gain, problem.arrays(gains[1])[2])
    assert problem.with_frames(3).trace.shape == (3, 2)
    with pytest.raises(InputError, match=r"h.* has 3 rows, and training_frames \+ frames asks for 4"):
        problem.with_frames(4)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([[1e-6, -2e-6], [1e-6, 1e-6]], "has the gain -2e-06 in row 0, column 1"),
        ([[1e-6, 1e-6], [np.nan, 1e-6]], "has the gain nan in row 1, column 0"),
        ([[1e-6, np.inf], [1e-6, 1e-6]], "has the gain inf in row 0, column 1"),
        ([[1e-6, 1e-6, 1e-6], [1e-6, 1e-6, 1e-6]], "has 3 columns for 2 devices"),
        ([[1e-6, 1e-6]], "has 1 rows, and training_frames + frames asks for 2"),
    ],
)
def test_bad_gains_have_a_sentence(suffix: str, gains: Any, words: str, tmp_path: Path) -> None:
    gains_file(tmp_path / f"h.{suffix}", gains)
    with pytest.raises(InputError) as caught:
        with_file(tmp_path, f"h.{suffix}")
    assert words in str(caught.value)


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_pickles_are_never_loaded(suffix: str, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    array = np.array([[Bomb(str(owned))]], dtype=object)
    if suffix == "npy":
        np.save(tmp_path / "h.npy", array, allow_pickle=True)
    else:
        np.savez(tmp_path / "h.npz", h=array)
    with pytest.raises(InputError, match="holds Python objects, which are never loaded"):
        with_file(tmp_path, f"h.{suffix}")
    assert not owned.exists()


@pytest.mark.parametrize("name", ["h.npy", "h.npz", "h.csv", "h.mat"])
def test_a_pickle_under_another_name_is_never_loaded(name: str, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(str(owned))))
    with pytest.raises(InputError):
        with_file(tmp_path, name)
    assert not owned.exists()


@pytest.mark.parametrize("name", ["h.npy", "h.npz", "h.mat", "h.csv"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 broken", b"\xff\xfe\x00\x01" * 50, b"a,b\nc,d\n"])
def test_garbage_files_have_a_sentence(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        with_file(tmp_path, name)
    assert "h." in str(caught.value)


def test_a_text_array_is_no_gains(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.array([["a", "b"], ["c", "d"]]))
    with pytest.raises(InputError, match=r"h\.npy"):
        with_file(tmp_path, "h.npy")


def test_complex_amplitudes_are_no_gains(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.full((2, 2), 1e-3 + 1e-3j))
    with pytest.raises(InputError, match="holds complex numbers; power gains are real"):
        with_file(tmp_path, "h.npy")


def test_a_zip_bomb_is_no_gains(tmp_path: Path) -> None:
    """An .npz whose header promises far more than its size."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 2)})
    with zipfile.ZipFile(tmp_path / "h.npz", "w") as file:
        file.writestr("h.npy", header.getvalue() + b"\x00" * 64)
    with pytest.raises(InputError):
        with_file(tmp_path, "h.npz")


def test_the_array_is_named_or_found(tmp_path: Path) -> None:
    good, other = np.full((2, 2), 1e-6), np.full((2, 2), 2e-6)
    np.savez(tmp_path / "h.npz", mine=good, other=other)
    assert with_file(tmp_path, "h.npz", ", variable: other").trace[0, 0] == 2e-6
    with pytest.raises(InputError, match="holds several arrays; set 'variable' to one of mine, other"):
        with_file(tmp_path, "h.npz")
    with pytest.raises(InputError, match=r"has no array 'mien'; did you mean 'mine'\?"):
        with_file(tmp_path, "h.npz", ", variable: mien")
    np.savez(tmp_path / "d.npz", input_h=good, output_obj=other)
    assert with_file(tmp_path, "d.npz").trace[0, 0] == 1e-6


def test_a_csv_may_have_a_header(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("one, two\n1e-6, 2e-6\n3e-6, 4e-6\n")
    assert with_file(tmp_path, "h.csv").trace.tolist() == [[1e-6, 2e-6], [3e-6, 4e-6]]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "h.pkl").write_bytes(pickle.dumps([[1.0]]))
    with pytest.raises(InputError, match=r"h\.pkl must be a \.mat, \.npz, \.npy or \.csv file"):
        with_file(tmp_path, "h.pkl")
    with pytest.raises(InputError, match="there is no file"):
        with_file(tmp_path, "nothing.csv")


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
