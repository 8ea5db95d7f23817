"""YAML text to plain data, with the line of every key, and limits on what a file may ask of us."""

from __future__ import annotations

import os
from typing import Any

import yaml

from ..errors import InputError
from ..intake import read_text

#: Largest problem file. The shipped ones are under 3 kB; data belongs into .npz, .mat or .csv files.
MAX_BYTES = 1_000_000
#: Most nodes a file may expand to, aliases included ("billion laughs" files grow without bound).
MAX_NODES = 200_000
#: Deepest nesting.
MAX_DEPTH = 20

Path = tuple[str | int, ...]


def read_file(path: str | os.PathLike[str]) -> str:
    """The text of a problem or study file; InputError in one sentence where there is none."""
    return read_text(path, MAX_BYTES, "put data into a .npz, .mat or .csv file")


def read_yaml(text: str, source: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """Data of a mapping file and the 1-based line of each key path.

    Raises
    ------
    InputError
        For bad syntax, a top level that is not a mapping, duplicate keys, unknown tags and oversized files.
    """
    if len(text.encode()) > MAX_BYTES:
        raise InputError(f"{source} is larger than {MAX_BYTES // 1000} kB", "put data into a .npz, .mat or .csv file")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Path, int] = {}
        if node is not None:
            _walk(node, (), lines, [0], source)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(_syntax(error, source)) from error
    except RecursionError as error:
        raise InputError(f"{source} is nested too deeply") from error
    except ValueError as error:  # yaml's own constructors, for "2026-13-45" and the like
        raise InputError(f"{source} has a value that YAML cannot read: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{source} must be a mapping of keys to values", "start it with 'problem: p1'")
    return data, lines


def _walk(node: Any, path: Path, lines: dict[Path, int], count: list[int], source: str) -> None:
    count[0] += 1
    if count[0] > MAX_NODES:
        raise InputError(f"{source} has more than {MAX_NODES} values", "put data into a .npz, .mat or .csv file")
    if len(path) > MAX_DEPTH:
        raise InputError(f"{source} is nested more than {MAX_DEPTH} levels deep")
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{source}, line {key.start_mark.line + 1}: keys must be plain words")
            if key.value in seen:
                raise InputError(f"{source}, line {key.start_mark.line + 1}: '{key.value}' is given twice")
            seen.add(key.value)
            lines[(*path, key.value)] = key.start_mark.line + 1
            _walk(value, (*path, key.value), lines, count, source)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*path, i), lines, count, source)


def _syntax(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "could not determine a constructor for the tag" in problem:
        problem = f"tags that make objects are refused ({problem.split(chr(39))[1]})"
    return f"{source}{where}: {problem}"
