"""YAML that is hostile, or that YAML 1.1 reads otherwise than people do: one short sentence with the line, soon."""

from __future__ import annotations

import contextlib
import math
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmectk.documents import load, parse
from qmectk.documents.yaml_text import MAX_DEPTH, read_value, read_yaml
from qmectk.errors import InputError

from .refused import GOOD, sentence

DIGITS = "9" * 400


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("!!int ''", "my.yaml, line 3 has a value that YAML cannot read as a whole number: ''"),
        ("!!int x", "has a value that YAML cannot read as a whole number: 'x'"),
        ("!!float ''", "has a value that YAML cannot read as a number: ''"),
        ("!!bool maybe", "has a value that YAML cannot read as true or false: 'maybe'"),
        ("!!timestamp soon", "has a value that YAML cannot read as a date: 'soon'"),
        ("2026-13-45", "has a value that YAML cannot read as a date: '2026-13-45'"),
        ("2026-02-30T25:00:00", "has a value that YAML cannot read as a date"),
        ("!!binary aGk=", "line 3: tags that make objects are refused (tag:yaml.org,2002:binary)"),
        ("!!set {a, b}", "line 3: tags that make objects are refused"),
        ("!!omap [a: 1]", "line 3: tags that make objects are refused"),
        ("!!pairs [a: 1]", "line 3: tags that make objects are refused"),
        ("!!int [1]", "line 3: tags that make objects are refused"),
        ("!!seq {a: 1}", "line 3: tags that make objects are refused"),
        ("=", "line 3: tags that make objects are refused"),
        (DIGITS, "line 3 has a number that is too large: '99999999999999999999'..."),
        (f"-{DIGITS}", "line 3 has a number that is too large"),
        ("9" * 5000, "line 3 has a value that YAML cannot read as a whole number"),
        (f"0x{'f' * 5000}", "line 3 has a number that is too large"),
        (f"0b{'1' * 5000}", "line 3 has a number that is too large"),
        ("12:30:45", "line 3 has the value '12:30:45', which YAML reads in base 60"),
        ("1:30.5", "which YAML reads in base 60"),
        ("010", "line 3 has the value '010', which YAML reads in base 8"),
        ("-017", "which YAML reads in base 8"),
        ('"\\uD83D"', "my.yaml, line 3"),
        ('"a\\0b"', "line 3 has a text with characters that no file can hold: 'a\\x00b'"),
        ("\x1b[31m", "my.yaml, line 3: unacceptable character"),
        ("\ud800", "my.yaml has characters that no file can hold"),
        ("*self", "line 3: found undefined alias 'self'"),
        ("{<<: 3}", "line 3: '<<' takes a mapping, or a list of mappings"),
        (f"{'[' * 30}{']' * 30}", "line 3: nested more than 20 levels deep"),
        ("{a: " * 30 + "}" * 30, "line 3: nested more than 20 levels deep"),
        ("[" * 100_000, "line 3: nested more than 20 levels deep"),
    ],
    ids=count(),
)
def test_values_that_are_none_have_a_sentence(value: str, words: str) -> None:
    message = sentence(f"{GOOD}seed: {value}\n")
    assert words in message
    assert len(message) < 300


def test_nesting_through_aliases_counts() -> None:
    lines = ["a0: &a0 [x]", *(f"a{k}: &a{k} [*a{k - 1}]" for k in range(1, 40))]
    with pytest.raises(InputError, match=rf"line {MAX_DEPTH}: nested more than {MAX_DEPTH} levels deep"):
        read_yaml("\n".join(lines), "my.yaml")


def test_directives_are_few() -> None:
    """Each is compared with all others: fifty thousand of them take a minute."""
    text = "".join(f"%TAG !a{i}! x\n" for i in range(1000)) + f"---\n{GOOD}"
    assert "more than 20 %TAG directives" in sentence(text)


def test_a_second_document_is_refused_at_its_line() -> None:
    assert "my.yaml, line 3: a second document begins" in sentence(f"{GOOD}---\na: 1\n")


def test_anchors_merge_keys_and_their_lines() -> None:
    text = 'base: &b {x: 1, y: 2}\nmore: &m {y: 3}\nuse:\n  <<: [*b, *m]\n  x: 4\nplain: {"<<": 1}\nagain: *b\n'
    data, lines = read_yaml(text, "my.yaml")
    assert data["use"] == {"x": 4, "y": 2} == yaml.safe_load(text.replace('plain: {"<<": 1}', ""))["use"]
    assert data["plain"] == {"<<": 1}
    assert data["again"] == data["base"]
    assert lines["use", "x"] == 5
    assert lines["again",] == 7


def test_dates_are_text() -> None:
    assert read_value("2026-01-02", "value") == "2026-01-02"


@pytest.mark.parametrize("key", ["x" * 300_000, "\\e]0;pwned\\a", "\\u202e" * 1000], ids=count())
def test_long_and_hostile_keys_are_quoted_in_part(key: str) -> None:
    message = sentence(f'{GOOD}? "{key}"\n: 1\n')
    assert "line 3: there is no key" in message
    assert len(message) < 400
    assert message.isprintable()


@pytest.mark.parametrize("key", ["devices", "weights", "constants", "channel", "seed", "problem"])
def test_long_values_are_quoted_in_part(key: str) -> None:
    text = "problem: p1\ndevices: 3\n".replace(f"{key}: ", f"was_{key}: ")
    message = sentence(f"{text}{key}: {'x' * 300_000}\n")
    assert len(message) < 600


@pytest.mark.parametrize("value", [10**5000, -(10**400), "9" * 5000, float("nan"), b"\xff", object()], ids=count())
def test_values_from_python_are_refused_in_a_sentence_too(value: Any) -> None:
    for text in ("problem: p1\ndevices: 3\nframes: 1\n",):
        for key in ("devices", "constants"):
            given_value = value if key == "devices" else {"power": value}
            with pytest.raises(InputError) as caught:
                parse(text, **{key: given_value})
            assert len(str(caught.value)) < 600


def test_files_in_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path).name == "p1"
    for content in (GOOD.encode("utf-16"), b"\xff\xfe\x00", b"problem: p1\ndevices: \xe4\n"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is not a text file in UTF-8"):
            load(path)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_both_parsers_of_pyyaml_agree(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, loader):
        pytest.skip("PyYAML without its parser in C")
    monkeypatch.setattr("qmectk.documents.yaml_text._LOADER", getattr(yaml, loader))
    assert read_yaml('a: 1\nb: {c: [x, "y", ~]}\nd: &d 1.5\ne: *d\n', "t") == (
        {"a": 1, "b": {"c": ["x", "y", None]}, "d": 1.5, "e": 1.5},
        {
            (): 1,
            ("a",): 1,
            ("b",): 2,
            ("b", "c"): 2,
            ("b", "c", 0): 2,
            ("b", "c", 1): 2,
            ("b", "c", 2): 2,
            ("d",): 3,
            ("e",): 4,
        },
    )
    assert "line 2" in sentence("problem: p1\nx: [1, 2\n") or "line 3" in sentence("problem: p1\nx: [1, 2\n")
    assert "my.yaml, line 2: unacceptable character" in sentence("problem: p1\n\x00\n")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3).filter(lambda k: k != "<<"), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(plain)
def test_what_is_written_is_read_again(value: Any) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=False)
    assert read_yaml(text, "t")[0] == {"value": value}


scalars = st.one_of(
    st.from_regex(r"[-+]?[0-9_:.,exobEXOB+-]{1,12}", fullmatch=True),
    st.text(max_size=12),
    st.sampled_from(["!!int", "!!float", "!!bool", "!!null", "!!str", "!!timestamp", "!!binary", "!", "!!x"]).flatmap(
        lambda tag: st.text("0123456789.:-+eE_abx", max_size=6).map(lambda text: f"{tag} '{text}'")
    ),
)


@settings(max_examples=300, deadline=None)
@example("!!int ''")
@example("1:99:99")
@example("0_8")
@example("-_")
@given(scalars)
def test_any_scalar_is_a_plain_value_or_a_sentence(text: str) -> None:
    with contextlib.suppress(InputError):
        value = read_value(text, "t")
        assert isinstance(value, (str, int, float, bool, list, dict, type(None)))
        if isinstance(value, int) and not isinstance(value, bool):
            assert math.isfinite(float(value))
