"""YAML text to plain data, with the line of every key, and limits on what a file may ask of us.

The text is read once, event by event; what is too deep, too long or not plain is refused where it stands.
"""

from __future__ import annotations

import os
from typing import Any

import yaml

from ..errors import InputError
from ..files.intake import read_text
from ..presenting.quoting import short, visible
from ..sections.validation import Path
from .scalars import KNOWN, NoScalar, scalar

#: Largest problem file. The shipped ones are under 3 kB; data belongs into .npz, .mat or .csv files.
MAX_BYTES = 1_000_000
#: Most nodes a file may expand to, aliases included ("billion laughs" files grow without bound).
MAX_NODES = 200_000
#: Deepest nesting.
MAX_DEPTH = 20
#: Most directives for tags; libyaml compares each with all others, and a problem file needs none.
MAX_DIRECTIVES = 20


#: What to do about too much of it.
_REMEDY = "put data into a .npz, .mat or .csv file"

#: Ten times as fast where PyYAML comes with the parser in C.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: str | os.PathLike[str]) -> str:
    """The text of a problem or study file; InputError in one sentence where there is none."""
    return read_text(path, MAX_BYTES, _REMEDY)


def read_yaml(text: str, source: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """Data of a mapping file and the 1-based line of each key path.

    Raises
    ------
    InputError
        For bad syntax, a top level that is not a mapping, duplicate keys, tags that make objects, numbers that cannot
        be read, and oversized files.
    """
    reader = _Reader(text, source)
    data = reader.document()
    if not isinstance(data, dict):
        raise InputError(f"{source} must be a mapping of keys to values", "start it with 'problem: p1'")
    return data, reader.lines


def read_value(text: str, source: str) -> Any:
    """One value of any kind, as it may stand in a file; for what is given on the command line."""
    return _Reader(text, source).document()


class _Reader:
    """Recursive descent over the events of one document, never deeper than :data:`MAX_DEPTH`."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.lines: dict[Path, int] = {}
        self.count = 0
        #: anchor -> value, and how many nodes and levels it has
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.deepest = 0
        try:
            self.raw = text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{source} has characters that no file can hold") from error
        if len(self.raw) > MAX_BYTES:
            raise InputError(f"{source} is larger than {MAX_BYTES // 1000} kB", _REMEDY)
        if self.raw.count(b"%TAG") > MAX_DIRECTIVES:
            raise InputError(f"{source} has more than {MAX_DIRECTIVES} %TAG directives", "leave them out")
        try:
            self.loader = _LOADER(text)
        except yaml.YAMLError as error:
            raise self._syntax(error) from error

    def document(self) -> Any:
        """The value of the one document there is; None for an empty text."""
        try:
            self.loader.get_event()  # the stream begins
            if self.loader.check_event(yaml.StreamEndEvent):
                return None
            self.loader.get_event()
            value = self._value(self.loader.get_event(), ())
            self.loader.get_event()
            if not self.loader.check_event(yaml.StreamEndEvent):
                raise self._refusal(self.loader.get_event(), ": a second document begins", "keep one in a file")
        except yaml.YAMLError as error:
            raise self._syntax(error) from error
        return value

    def _value(self, event: Any, path: Path) -> Any:
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        before, deepest = self.count, self.deepest
        self._counted(event, 1, len(path))
        self.deepest = len(path)
        if isinstance(event, yaml.ScalarEvent):
            value: Any = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, "seq")
            value = []
            while not isinstance(item := self.loader.get_event(), yaml.SequenceEndEvent):
                value.append(self._value(item, (*path, len(value))))
        else:
            self._check_tag(event, "map")
            value = self._mapping(path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.count - before, self.deepest - len(path))
        self.deepest = max(self.deepest, deepest)
        return value

    def _mapping(self, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(key := self.loader.get_event(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise self._refusal(key, ": keys must be plain words")
            name = key.value
            if name in own or (name == "<<" and merged):
                raise self._refusal(key, f": '{short(name)}' is given twice")
            self.lines[(*path, name)] = _line(key)
            value = self._value(self.loader.get_event(), (*path, name))
            if name != "<<" or not key.implicit[0]:  # in quotes it is a key like any other
                own[name] = value
                continue
            for one in reversed(value if isinstance(value, list) else [value]):
                if not isinstance(one, dict):
                    raise self._refusal(key, ": '<<' takes a mapping, or a list of mappings")
                merged.update(one)
        return {**merged, **own}

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag not in KNOWN:
            raise self._object(event, tag)
        try:
            return scalar(tag, event.value, self.loader)
        except NoScalar as error:
            raise self._refusal(event, f" {error}") from error

    def _check_tag(self, event: Any, kind: str) -> None:
        tag = event.tag
        if tag not in (None, "!", f"tag:yaml.org,2002:{kind}"):
            raise self._object(event, tag)

    def _object(self, event: Any, tag: str) -> InputError:
        return self._refusal(event, f": tags that make objects are refused ({short(tag)})")

    def _alias(self, event: Any, path: Path) -> Any:
        if event.anchor not in self.anchors:
            raise self._refusal(event, f": found undefined alias '{short(event.anchor)}'")
        value, nodes, levels = self.anchors[event.anchor]
        self._counted(event, nodes, len(path) + levels)
        self.deepest = max(self.deepest, len(path) + levels)
        return value

    def _counted(self, event: Any, nodes: int, depth: int) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            raise self._refusal(event, f": the file has more than {MAX_NODES} values", _REMEDY)
        if depth > MAX_DEPTH:
            raise self._refusal(event, f": nested more than {MAX_DEPTH} levels deep")

    def _refusal(self, event: Any, what: str, remedy: str = "") -> InputError:
        return InputError(f"{self.source}, line {_line(event)}{what}", remedy)

    def _syntax(self, error: yaml.YAMLError) -> InputError:
        mark = getattr(error, "problem_mark", None)
        position = getattr(error, "position", None)
        line = mark.line if mark is not None else None
        if isinstance(position, int):  # a character that YAML does not take
            line = self.raw[:position].count(b"\n")
        where = f", line {line + 1}" if line is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        return InputError(f"{self.source}{where}: {visible(problem)}")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
