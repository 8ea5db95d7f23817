"""Registers the problem families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qmectk.hookspecs import hookimpl

from .attention.problem import Attention
from .drift.problem import Drift
from .meqc.problem import Meqc
from .meqc_ye.problem import MeqcYe
from .p1.problem import P1


@hookimpl
def qmectk_register_problems(register: Any) -> None:
    register(P1)
    register(Attention)
    register(Drift)
    register(Meqc)
    register(MeqcYe)


@hookimpl
def qmectk_register_problem_files(register: Any) -> None:
    package = Path(__file__).parent
    # in the wheel the files lie inside the package, in a checkout beside it
    library = package / "library"
    for path in sorted((library if library.is_dir() else package.parent).glob("*.yaml")):
        register(path)
