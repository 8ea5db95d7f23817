"""Scalars of YAML as plain values: text, numbers, true, false and null; what is ambiguous or too large is refused."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from ..presenting.quoting import shown

_PREFIX = "tag:yaml.org,2002:"

#: Tags of what a file may hold; every other tag would make an object.
KNOWN = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null", "timestamp", "merge"))

#: What a tag stands for, in words.
_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "timestamp": "a date"}


class NoScalar(ValueError):
    """Text that is not what its tag says; the message goes on after the line ("has a value that ...")."""


def scalar(tag: str, text: str, maker: Any) -> Any:
    """The value of a scalar.

    Parameters
    ----------
    tag
        One of :data:`KNOWN`.
    maker
        A loader of PyYAML, for its numbers and dates.

    Raises
    ------
    NoScalar
        For text that does not fit its tag, numbers that YAML 1.1 reads otherwise than people do, and too large ones.
    """
    kind = tag.removeprefix(_PREFIX)
    if kind == "null":
        return None
    if kind not in _WORDS:
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in text):
            raise NoScalar(f"has a text with characters that no file can hold: {shown(text)}")
        return text
    if kind in ("int", "float") and (read := _otherwise(kind, text)):
        raise NoScalar(f"has the value {shown(text)}, which YAML reads {read}: write it as a plain number or in quotes")
    try:
        made = getattr(maker, f"construct_yaml_{kind}")(yaml.ScalarNode(tag, text))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, yaml.YAMLError) as error:
        raise NoScalar(f"has a value that YAML cannot read as {_WORDS[kind]}: {shown(text)}") from error
    if kind == "int" and abs(made) > sys.float_info.max:
        raise NoScalar(f"has a number that is too large: {shown(text, 20)}")
    return text if kind == "timestamp" else made  # nothing here takes dates, and a title may look like one


def _otherwise(kind: str, text: str) -> str:
    """How YAML 1.1 reads a number that people, and YAML 1.2, read in base 10."""
    if ":" in text:
        return "in base 60"
    digits = text.lstrip("+-")
    return "in base 8" if kind == "int" and digits[:1] == "0" and digits[1:2].isdigit() else ""
