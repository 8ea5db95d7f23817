"""What is simulated: the process of a problem, and the record that a horizon is judged by."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..instance import Instance
from ..problem import Problem
from ..seeds import Stream, generator
from ..worlds.process import Process


def process_of(problem: Problem) -> Process[Any]:
    """The process of a problem; InputError where its frames do not depend on each other."""
    process = problem.process()
    if process is None:
        raise InputError(
            f"{problem.name} has no memory: its frames do not depend on each other", "use 'qmectk solve' instead"
        )
    return process


def goal_of(process: Process[Any]) -> str:
    """The record that a horizon is judged by: what the process bounds, or the objective of its slots."""
    return str(getattr(process, "goal", "")) or "objective"


def unit_of(process: Process[Any]) -> str:
    """The unit of that record."""
    return str(dict(getattr(process, "units", {})).get(goal_of(process), ""))


def first_slot(problem: Problem) -> Instance:
    """The instance of slot 0 on the path of the problem's own seed."""
    process = process_of(problem)
    return process.instance(process.reset(generator(Stream.PATH, problem.params.seed)))
