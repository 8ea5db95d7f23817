"""The core knows problems, backends and packages through the registry alone: none of their names stands in its code."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import qmectk
from qmectk.plugins import registry

#: Words of the field that also are names of backends, where they stand for themselves: a fidelity, a module, a row.
WORDS = {"exact", "random", "capacity", "cvxpy"}

#: Places that keep a name, and why.
KEPT = {
    ("comparing/studies/identity.py", "qmectk_cli"),  # what comes with qmectk and registers no plugin
}


def test_no_name_of_a_problem_a_backend_or_a_package_stands_in_the_core() -> None:
    known = registry()
    first = {name for name, origin in known.origin.items() if origin == "qmectk"} | set(known.problems)
    found = set()
    root = Path(qmectk.__file__).parent
    for path in root.rglob("*.py"):
        place = path.relative_to(root).as_posix()
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.STRING and not token.string.lstrip("rbfu").startswith('"""'):
                quoted = re.findall(r"['\"]([\w-]+)['\"]", token.string)
                found |= {(place, name) for name in quoted if name in first - WORDS}
            if token.type in (tokenize.NAME, tokenize.STRING):
                found |= {(place, name) for name in re.findall(r"\bqmectk_[a-z]+\b", token.string) if _package(name)}
    assert found - KEPT == set()


def _package(name: str) -> bool:
    """Whether it is a package and no hook."""
    return any(
        (Path(qmectk.__file__).parent.parent / folder / name).is_dir() for folder in ("plugins", "problems", "cli")
    )
