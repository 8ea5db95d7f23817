"""What is simulated: a file, a name or a Problem, with other values for some of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..problem import Instance, Problem
from ..process import Process
from ..seeds import Stream, generator
from ..spec.messages import explain


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


def with_settings(problem: Problem, settings: Mapping[str, Any]) -> Problem:
    """The problem with other values for some of its top-level keys."""
    if not settings:
        return problem
    unknown = [name for name in settings if name not in problem.Params.model_fields]
    if unknown:
        raise InputError(f"problem '{problem.name}' has no '{unknown[0]}'", "its keys: qmectk schema " + problem.name)
    data = {**problem.params.model_dump(), **settings}
    try:
        params = problem.Params.model_validate(data)
    except ValidationError as error:
        raise explain(error, problem.Params, data, {}, problem.name) from error
    return type(problem)(params, problem.source)
