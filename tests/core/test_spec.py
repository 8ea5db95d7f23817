"""Problem files are hostile until validated: one clear sentence with the line, and nothing is ever executed."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.documents import load, parse
from qmectk.documents.yaml_text import MAX_BYTES, read_yaml
from qmectk.errors import InputError

from .refused import GOOD, sentence


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
