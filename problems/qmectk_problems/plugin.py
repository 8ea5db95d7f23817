"""Registers the problem families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qmectk.extending.hookspecs import hookimpl
from qmectk.extending.parts import Part

#: Name, and where it is within this package: a family is imported when it is wanted, as all take half a second.
FAMILIES = (
    ("p1", "p1.problem:P1"),
    ("attention", "attention.problem:Attention"),
    ("drift", "drift.problem:Drift"),
    ("meqc", "meqc.problem:Meqc"),
    ("meqc-ye", "meqc_ye.problem:MeqcYe"),
)


@hookimpl
def qmectk_register_problems(register: Any) -> None:
    for name, place in FAMILIES:
        register(Part("problem", name, "", f"qmectk_problems.{place}"))


@hookimpl
def qmectk_register_problem_files(register: Any) -> None:
    package = Path(__file__).parent
    # in the wheel the files lie inside the package, in a checkout beside it
    library = package / "library"
    for path in sorted((library if library.is_dir() else package.parent).glob("*.yaml")):
        register(path)
