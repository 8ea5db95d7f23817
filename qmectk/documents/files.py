"""``qmectk.load``: a problem from a file, or from the name of a shipped one."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..plugins import registry
from ..presenting.names import nearest, unknown
from ..problem import Problem
from ..sections.validation import explain
from .yaml_text import read_file, read_yaml


def shipped() -> dict[str, Path]:
    """Name -> path of the problem files that come with qmectk and with other distributions."""
    return dict(registry().files)


def resolve(target: str | Path) -> Path:
    """The file `target` means: a path, or the name of a shipped problem ("p1", "problems/p1.yaml")."""
    path = Path(target)
    if path.is_dir():
        raise InputError(f"{target} is a folder", "name a .yaml file in it")
    if path.exists():  # what is there and no file is reported when it is read
        return path
    library = shipped()
    if str(target) in library:
        return library[str(target)]
    if path.suffix in (".yaml", ".yml"):
        # "problems/p1.yaml" is how the documentation writes it; it works from any folder
        if path.parent.name == "problems" and path.stem in library and not path.parent.exists():
            return library[path.stem]
        beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        hint = nearest(path.name, [*beside, *library])
        raise InputError(f"there is no file {target}", f"did you mean '{hint}'?" if hint else "")
    raise unknown("problem file or shipped problem", str(target), library)


def load(target: str | Path, /, **overrides: Any) -> Problem:
    """A validated problem.

    Parameters
    ----------
    target
        Path of a YAML file, or the name of a shipped problem; by position only, as a family may have a key `target`.
    overrides
        Top-level keys to replace (``frames=1``, ``seed=7``). Files in them are sought beside the YAML file, and
        those of a shipped problem in the working folder.

    Raises
    ------
    InputError
        In one sentence with the line, when the file cannot be used.
    """
    path = resolve(target)
    folder = Path() if path in shipped().values() else path.parent
    return _parsed(read_file(path), str(path), folder, overrides)


def as_problem(target: str | Path | Problem, doing: str) -> Problem:
    """The Problem in a file or under a shipped name; a Problem as it is.

    `doing` is what was wanted of it ("simulate"), for the InputError when it is anything else.
    """
    if isinstance(target, (str, Path)):
        return load(target)
    if not isinstance(target, Problem):
        raise InputError(f"cannot {doing} a {type(target).__name__}", "pass a problem file or a Problem")
    return target


def parse(text: str, /, *, source: str = "<text>", folder: str | Path = ".", **overrides: Any) -> Problem:
    """A validated problem from YAML text; `folder` is what relative paths in it are resolved against."""
    return _parsed(text, source, folder, overrides)


def _parsed(text: str, source: str, folder: str | Path, overrides: dict[str, Any]) -> Problem:
    data, lines = read_yaml(text, source)
    data.update(overrides)
    name = data.get("problem")
    if not isinstance(name, str):
        raise InputError(f"{source}: 'problem' must name a problem family", "for example 'problem: p1'")
    known = registry()
    if name not in known.problems:
        error = unknown("problem", name, known.problems)
        raise InputError(f"{source}, line {lines.get(('problem',), 1)}: {error.message}", error.remedy)
    family = known.problem(name)
    try:
        params = family.Params.model_validate(data, context={"folder": Path(folder)})
    except ValidationError as error:
        lines = {place: line for place, line in lines.items() if not place or place[0] not in overrides}
        raise explain(error, family.Params, data, lines, source) from error
    for doubt in params.doubts():
        warnings.warn(f"{source}: {doubt}", stacklevel=3)
    return family(params, source)
