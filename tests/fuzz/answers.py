"""Answer files for ``verify``: right ones, and what becomes of them in other hands."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from . import edges
from .case import Command
from .damage import damaged
from .documents import text, tree
from .families import FILES
from .running import run

#: JSON texts of values: types, nesting and numbers at the edge.
VALUES = (
    *("null", "true", "false", "0", "-0", "-0.0", "1", "1e308", "1e400", "-1e400", "NaN", "Infinity", "-Infinity"),
    *("5e-324", "1" + "0" * 400, "9" * 5000, '""', '"1"', '"nan"', "[]", "[[]]", "{}", "[null]", "[true]", '["1"]'),
    *(
        "[1, [2]]",
        "[[1], [2, 3]]",
        "[{}]",
        "[" * 40 + "]" * 40,
        "[" * 100_000,
        '{"a": ' * 5000,
        '"\\ud800"',
        '"\\u0000"',
    ),
    *('"\\u001b[2J"', "[0, 0, 0]", "[1, 1, 1]", "[0.5, 0.5, 0.5]", "[1e-7, 1, 1]", "[1e300, 1, 1]", "[NaN, 0, 0]"),
    *('{"__class__": 1}', "01", "1.", ".5", "+1", "0x1", "'a'", "[1,]", "[,1]", "1 2", "// x\n1", "/* x */ 1", "1e5"),
    *("[" + "0," * 100_000 + "0]", '"' + "x" * 300_000 + '"', "[[0, 0, 0]]", "[[0, 0, 0], [0, 0, 0]]", "2", "3", "1.5"),
)
KEYS = (
    "values",
    "objective",
    "bound",
    "gap",
    "violation",
    "frames",
    "quality",
    "problem",
    "unit",
    "",
    "\u001b[31m",
    "x",
)


@cache
def _right(family: str) -> str:
    """A right answer to both frames of a family's problem, as JSON."""
    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as name:
        folder = Path(name)
        (folder / "p.yaml").write_text(text(tree(FILES[family])))
        return run(("solve", "p.yaml", "-b", "cd", "--json"), folder).out


def _changed(node: Any, rng: np.random.Generator, marks: list[str]) -> Any:
    """A copy of the JSON value with a mark somewhere in it; marks are replaced by raw text afterwards."""
    if isinstance(node, dict) and node and rng.random() < 0.9:
        key = str(rng.choice(list(node)))
        if rng.random() < 0.15:
            return {(edges.pick(rng, KEYS) if k == key else k): v for k, v in node.items()}
        if rng.random() < 0.15:
            return {k: v for k, v in node.items() if k != key}
        return {**node, key: _changed(node[key], rng, marks)}
    if isinstance(node, list) and node and rng.random() < 0.7:
        i = int(rng.integers(len(node)))
        what = rng.random()
        if what < 0.1:
            return node[:i] + node[i + 1 :]
        if what < 0.2:
            return [*node, node[i]]
        return [*node[:i], _changed(node[i], rng, marks), *node[i + 1 :]]
    marks.append(edges.pick(rng, VALUES))
    return f"@mark {len(marks) - 1}@"


def make(rng: np.random.Generator) -> Command:
    """``verify`` of an answer that somebody changed."""
    family = str(rng.choice(list(FILES)))
    data = json.loads(_right(family))
    if rng.random() < 0.5:  # most of an answer is what verify does not look at
        data = {key: data[key] for key in ("values", "objective", "bound", "gap", "problem") if key in data}
    marks: list[str] = []
    for _ in range(int(rng.integers(1, 3))):
        if isinstance(data, dict):
            data = _changed(data, rng, marks)
    whole = json.dumps(data)
    for i, mark in enumerate(marks):
        whole = whole.replace(f'"@mark {i}@"', mark)
    if rng.random() < 0.1:
        whole = whole[:-1] + ', "' + edges.pick(rng, KEYS) + '": ' + edges.pick(rng, VALUES) + "}"
    content = whole.encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        content = damaged(content, rng)
    elif rng.random() < 0.05:
        content = (b"\xef\xbb\xbf" + content, whole.encode("utf-16"), content + content)[int(rng.integers(3))]
    arguments = ["verify", "a.json", "p.yaml", "--time-limit", "1"]
    arguments += ["--json"] if rng.random() < 0.5 else []
    arguments += ["--no-reference"] if rng.random() < 0.5 else []
    return Command({"p.yaml": text(tree(FILES[family])).encode(), "a.json": content}, tuple(arguments), refuted=True)
