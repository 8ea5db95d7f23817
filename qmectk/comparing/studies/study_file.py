"""Study files: read, checked, and distinguished from problem files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import (
    ValidationError,
)

from ...documents.files import resolve
from ...documents.yaml_text import read_file, read_yaml
from ...errors import InputError
from ...sections.validation import explain
from .study import Study


def load_study(path: str | Path, **overrides: Any) -> Study:
    """A validated study from a YAML file; problem files in it are found beside it.

    Raises
    ------
    InputError
        In one sentence with the line, when the file cannot be used.
    """
    file = Path(path)
    data, lines = read_study(file)
    if "study" not in data:
        raise InputError(f"{file}: a study file starts with its title", "add 'study: my study'")
    data.update(overrides)
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        lines = {place: line for place, line in lines.items() if not place or place[0] not in overrides}
        raise explain(error, Study, data, lines, str(file)) from error
    if not study.problems:
        raise InputError(f"{file}: 'problems' is missing", "add 'problems: [p1]'")
    problems = tuple(entry.model_copy(update={"file": _beside(entry.file, file.parent)}) for entry in study.problems)
    # what the command line replaced is relative to where the command was given
    kept = {k: str(file.parent / v) for k in ("store", "report") if (v := getattr(study, k))}
    kept = {k: v for k, v in kept.items() if k not in overrides}
    return study.model_copy(update={"problems": problems, **kept})


def read_study(path: str | Path) -> tuple[dict[str, Any], Any]:
    """The keys of a YAML file and their lines; InputError in one sentence where it is none."""
    return read_yaml(read_file(Path(path)), str(path))


def is_study(path: str | Path) -> bool:
    """Whether a file is a study: YAML with a top-level key 'study'. A file that cannot be read is none."""
    file = Path(path)
    try:
        if file.suffix not in (".yaml", ".yml") or not file.is_file():
            return False
        data, _ = read_study(file)
    except (InputError, OSError):  # a name may be too long to be looked for
        return False
    return "study" in data


def check_readable(names: Iterable[Any]) -> None:
    """Raise what is wrong with problem files, a study that lacks its title among them.

    Raises
    ------
    InputError
        For a file that is not there, with the nearest one; that cannot be read; or that is a study but for its title.
    """
    for name in names:
        if isinstance(name, (str, Path)):
            try:
                data = read_study(resolve(name))[0]
            except OSError as error:
                raise InputError(f"cannot read {name}: {error.strerror}") from error
            if "problem" not in data and ("backends" in data or "problems" in data):
                raise InputError(f"{name}: a study needs the key 'study', its title", "add 'study: my study'")


def _beside(name: str, folder: Path) -> str:
    """A problem file beside the study; names of shipped problems ("p1", "problems/p1.yaml") stay what they are."""
    beside = folder / name  # an absolute name stays as it is
    if beside.is_file() or (beside.suffix in (".yaml", ".yml") and Path(name).parent.name != "problems"):
        return str(beside)
    return name
