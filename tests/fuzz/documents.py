"""YAML documents as trees of raw texts, and structured mutations of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import edges
from .damage import damaged

#: A document: key -> raw text of a value, or a document. Keys are raw text, too. A list of pairs, so that keys can
#: stand there twice.
Tree = list[tuple[str, Any]]


def tree(data: dict[str, Any]) -> Tree:
    """A tree of a nested dict."""
    return [(key, tree(item) if isinstance(item, dict) else str(item)) for key, item in data.items()]


def text(document: Tree, indent: int = 0) -> str:
    """YAML in block style."""
    lines = []
    for key, item in document:
        if isinstance(item, list):
            lines += [" " * indent + f"{key}:", text(item, indent + 2)] if item else [" " * indent + f"{key}: {{}}"]
        else:
            lines.append(" " * indent + f"{key}: {item}")
    return "\n".join(lines)


def _nodes(document: Tree, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    for i, (_, item) in enumerate(document):
        yield (*path, i)
        if isinstance(item, list):
            yield from _nodes(item, (*path, i))


def _parent(document: Tree, path: tuple[int, ...]) -> Tree:
    for i in path[:-1]:
        document = document[i][1]
    return document


def _copy(document: Tree) -> Tree:
    return [(key, _copy(item) if isinstance(item, list) else item) for key, item in document]


def mutate(document: Tree, known: list[tuple[str, ...]], rng: np.random.Generator) -> Tree:
    """The document with one thing changed.

    Parameters
    ----------
    known
        Paths of keys that its schema knows, whether the document has them or not.
    """
    out = _copy(document)
    paths = list(_nodes(out))
    path = paths[int(rng.integers(len(paths)))]
    home, i = _parent(out, path), path[-1]
    key, item = home[i]
    what = int(rng.integers(12))
    if what < 4:  # a value at an edge at any key that the schema knows
        _put(out, known[int(rng.integers(len(known)))], edges.value(rng))
    elif what < 7:
        home[i] = (key, edges.number(rng) if what == 4 else edges.value(rng))
    elif what == 7:
        home[i] = (edges.pick(rng, edges.KEYS), item)
    elif what == 8:
        del home[i]
    elif what == 9:
        home.insert(int(rng.integers(len(home) + 1)), (key, edges.value(rng) if rng.random() < 0.5 else item))
    elif what == 10:
        home.insert(int(rng.integers(len(home) + 1)), (edges.pick(rng, edges.KEYS), edges.value(rng)))
    else:
        home[i] = (key, [(edges.pick(rng, edges.KEYS) if rng.random() < 0.5 else "between", item)])
    return out


def _put(document: Tree, path: tuple[str, ...], value: str) -> None:
    for i, (key, item) in enumerate(document):
        if key == path[0]:
            if len(path) == 1:
                document[i] = (key, value)
            elif isinstance(item, list):
                _put(item, path[1:], value)
            else:
                document[i] = (key, [(path[1], value)])
            return
    inner: Any = value
    for key in reversed(path[1:]):
        inner = [(key, inner)]
    document.append((path[0], inner))


def written(document: Tree, rng: np.random.Generator) -> bytes:
    """The file: mostly as it is, sometimes in another encoding, with other line ends, or damaged."""
    whole = text(document) + "\n"
    what = int(rng.integers(40))
    if what == 0:
        return whole.encode("utf-16", "surrogatepass")
    if what == 1:
        return b"\xef\xbb\xbf" + whole.encode()
    if what == 2:
        return whole.encode("latin-1", "replace") + b"# caf\xe9\n"
    if what == 3:
        return whole.replace("\n", "\r\n").encode()
    if what == 4:
        return whole.replace("\n", "\r").encode()
    if what == 5:
        return whole.replace("  ", "\t").encode()
    if what == 6:
        return (whole + "---\n" + whole).encode()
    if what == 7:
        return ("%YAML 9.9\n---\n" + whole).encode()
    if what == 8:
        return ("".join(f"  {line}\n" for line in whole.splitlines())).encode()
    if what == 9:
        return ("- " + whole).encode()
    if what == 10:
        return (whole + "# " + "x" * int(rng.integers(100, 1_200_000))).encode()
    if what in (11, 12, 13):
        return damaged(whole.encode(), rng)
    return whole.encode()
