"""Options and names: text in, values out, and the nearest name for a misspelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from qmectk.errors import InputError, UnknownName
from qmectk.options import NoOptions, at_least, build, check_threads, convert, fields_of, option, refuse_unknown
from qmectk.presenting.names import nearest, unknown


@dataclass(frozen=True)
class Options:
    reads: int = option(10, "number of reads")
    rate: float = option(0.5, "learning rate")
    fast: bool = option(False, "hurry")
    name: str = option("x", "a label")
    depth: int | None = option(None, "layers; none for all")
    kind: Literal["gru", "mlp"] = option("gru", "network")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)
        if self.name == "bad":
            raise ValueError("a bad name")


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        ("3", int, 3),
        (3, int, 3),
        ("-3", int, -3),
        ("0.5", float, 0.5),
        ("1e-3", float, 1e-3),
        (2, float, 2.0),
        ("true", bool, True),
        ("No", bool, False),
        ("1", bool, True),
        (True, bool, True),
        ("none", int | None, None),
        ("null", int | None, None),
        (None, int | None, None),
        ("4", int | None, 4),
        ("text", str, "text"),
        ("gru", Literal["gru", "mlp"], "gru"),
    ],
)
def test_values_are_converted(value: Any, kind: Any, result: Any) -> None:
    found = convert("option", value, kind)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ("many", int, "option 'o' takes a whole number, not 'many'"),
        ("3.5", int, "option 'o' takes a whole number, not '3.5'"),
        (3.5, int, "option 'o' takes a whole number, not '3.5'"),
        (True, int, "option 'o' takes a whole number, not 'True'"),
        ("", int, "option 'o' takes a whole number, not ''"),
        ("fast", float, "option 'o' takes a number, not 'fast'"),
        ("nan", float, "option 'o' must be a finite number, not 'nan'"),
        ("inf", float, "option 'o' must be a finite number, not 'inf'"),
        ("maybe", bool, "option 'o' takes true or false, not 'maybe'"),
        ("many", int | None, "option 'o' takes a whole number or none, not 'many'"),
        ("gur", Literal["gru", "mlp"], "option 'o' cannot be 'gur'; did you mean 'gru'?"),
        ("qqq", Literal["gru", "mlp"], "option 'o' cannot be 'qqq'; choose from gru, mlp"),
    ],
)
def test_values_that_do_not_fit_have_a_sentence(value: Any, kind: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        convert("o", value, kind)
    assert str(caught.value) == sentence


def test_a_dataclass_is_built_from_text() -> None:
    made = build(Options, {"reads": "7", "depth": "2", "unknown": "left to the caller"})
    assert made == Options(reads=7, depth=2)
    assert build(NoOptions, {"reads": 7}) == NoOptions()
    with pytest.raises(InputError, match="option 'reads' must be at least 1, not 0"):
        build(Options, {"reads": "0"})
    with pytest.raises(InputError, match="these options are refused: a bad name"):
        build(Options, {"name": "bad"})


def test_fields_have_help() -> None:
    (first, *_) = fields_of(Options)
    assert (first.name, first.type, first.default, first.help) == ("reads", int, 10, "number of reads")


def test_unknown_options_name_the_nearest() -> None:
    refuse_unknown("backend 'sa'", {"reads": 1}, ["reads", "rate"])
    with pytest.raises(InputError, match=r"backend 'sa' has no option 'raeds'; did you mean 'reads'\?"):
        refuse_unknown("backend 'sa'", {"raeds": 1}, ["reads", "rate"])
    with pytest.raises(InputError, match="has no option 'zzz'; it knows rate, reads"):
        refuse_unknown("backend 'sa'", {"zzz": 1}, ["reads", "rate"])
    with pytest.raises(InputError, match="has no option 'zzz'; it has no options"):
        refuse_unknown("backend 'sa'", {"zzz": 1}, [])


def test_nearest_names() -> None:
    assert nearest("exhuastive", ["exact", "exhaustive", "cd"]) == "exhaustive"
    assert nearest("zzz", ["exact", "cd"]) is None
    assert nearest("cd", []) is None
    error = unknown("backend", "hihgs", ["highs", "cd"])
    assert isinstance(error, UnknownName)
    assert str(error) == "there is no backend 'hihgs'; did you mean 'highs'?"
    assert error.exit_code == 2


@pytest.mark.parametrize("count", [0, -1, 10**6, 2**63 - 1])
def test_no_and_very_many_threads_are_refused(count: int) -> None:
    """HiGHS ends the process where the system starts no thread more."""
    check_threads(None)
    check_threads(8)
    with pytest.raises(InputError, match="'threads' must be at"):
        check_threads(count)
