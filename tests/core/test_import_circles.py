"""Imports between modules go one way, wherever they stand: in a function, or for annotations only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).parents[2]

#: Modules in the circle that is left: `Problem`, `Solution` and `Backend` with what their methods lead to (`copies`,
#: `page`, `plot`). It may shrink.
LEFT = 29


class Imports:
    """Who imports what of these modules; a name from a package's face comes from the module that defines it."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        for folder in (ROOT, ROOT / "plugins", ROOT / "cli", ROOT / "problems"):
            for path in sorted(folder.glob("qmectk*/**/*.py")):
                name = ".".join(path.relative_to(folder).with_suffix("").parts)
                self.paths[name.removesuffix(".__init__")] = path
        self.trees = {name: ast.parse(path.read_bytes()) for name, path in self.paths.items()}
        self.faces = {
            name: {
                alias.asname or alias.name: (self._from(name, node), alias.name) for node, alias in _named(tree.body)
            }
            for name, tree in self.trees.items()
            if self.paths[name].name == "__init__.py"
        }

    def of(self, module: str) -> set[str]:
        """Modules that a module imports."""
        nodes = list(ast.walk(self.trees[module]))
        found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        found |= {self._home(self._from(module, node), alias.name) for node, alias in _named(nodes)}
        return (found & self.paths.keys()) - {module}

    def _face(self, package: str) -> dict[str, tuple[str, str]]:
        named = _named(self.trees[package].body)
        return {alias.asname or alias.name: (self._from(package, node), alias.name) for node, alias in named}

    def _from(self, module: str, node: ast.ImportFrom) -> str:
        parts = module.split(".")
        above = node.level - (self.paths[module].name == "__init__.py")
        start = parts[: len(parts) - above] if node.level else []
        return ".".join([*start, *([node.module] if node.module else [])])

    def _home(self, package: str, name: str) -> str:
        while name in self.faces.get(package, ()) and self.faces[package][name] != (package, name):
            package, name = self.faces[package][name]
        return f"{package}.{name}" if f"{package}.{name}" in self.paths else package


def _named(nodes: list[ast.stmt] | list[ast.AST]) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    return ((node, alias) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """Modules that reach each other, as sets of more than one."""
    names = sorted(edges)
    place = {name: number for number, name in enumerate(names)}
    pairs = np.array([(place[name], place[other]) for name in names for other in edges[name]])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(names), len(names)))
    _, labels = connected_components(graph, connection="strong")
    groups = [{names[k] for k in np.flatnonzero(labels == label)} for label in np.unique(labels)]
    return [group for group in groups if len(group) > 1]


def test_two_modules_that_import_each_other_are_a_circle() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]


def test_modules_import_in_one_direction() -> None:
    imports = Imports()
    edges = {module: imports.of(module) for module in imports.paths}
    assert edges["qmectk.language.expression"] >= {"qmectk.language.operations"}  # relative
    assert edges["qmectk_problems.p1.instance"] >= {"qmectk.instance", "qmectk.views.binary"}  # through a face
    found = circles(edges)
    assert [group for group in found if "qmectk.problem" not in group] == []
    assert max(map(len, found), default=0) <= LEFT
