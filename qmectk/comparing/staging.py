"""What backends are compared on: problems and instances, each with a name that is its own and the same everywhere."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..plugins import registry
from ..problem import Instance, Problem
from .identity import instance_identity, problem_identity
from .study import ProblemEntry, Study

#: What may be given for a problem.
ProblemLike = str | Path | ProblemEntry | Problem | Instance


@dataclass(frozen=True)
class Named:
    """A problem and what to call it in tables."""

    name: str
    given: ProblemLike


@dataclass(frozen=True)
class Stage:
    """One problem of a study.

    Attributes
    ----------
    key
        Names it in runs and payloads; decided by its content.
    title
        What it is called in tables.
    coupled
        Whether neighbouring instances depend on each other.
    """

    key: str
    title: str
    problem: Problem | None
    instances: Sequence[Instance]
    coupled: bool = False


def stages_of(study: Study, problems: Iterable[ProblemLike | Named], payloads: dict[str, bytes]) -> list[Stage]:
    """The problems of a study, all different and differently called; their pickles go to `payloads`."""
    out: dict[str, Stage] = {}
    for given in problems:
        stage = _stage(study, given, payloads)
        _check_new(stage, out.values())
        out[stage.key] = stage
    if not out:
        raise InputError("there is no problem to compare on", "name a problem file")
    return list(out.values())


def _check_new(stage: Stage, others: Iterable[Stage]) -> None:
    """Refuse a problem that is one of the others, or is called like one of them."""
    for other in others:
        if stage.key == other.key and stage.title == other.title:
            raise InputError(f"problem '{stage.title}' is given twice", "leave one of them out")
        if stage.key == other.key:
            raise InputError(f"problems '{other.title}' and '{stage.title}' are the same", "leave one of them out")
        if stage.title == other.title and stage.problem is None and other.problem is None:
            raise InputError(f"two instances are called '{stage.title}'", "name them: {'first': one, 'second': other}")
        if stage.title == other.title:
            remedy = "give one of them a 'name' in a study file, or name them in Python: {'first': 'a.yaml', ...}"
            raise InputError(f"two problems are called '{stage.title}'", remedy)


def _stage(study: Study, given: ProblemLike | Named, payloads: dict[str, bytes]) -> Stage:
    from ..spec import load

    if isinstance(given, Named):
        return replace(_stage(study, given.given, payloads), title=given.name)
    if isinstance(given, (str, Path)):
        given = ProblemEntry(file=str(given))
    if isinstance(given, Instance):
        if study.instances is not None:
            raise InputError("'instances' says how many frames of a problem, and an Instance has none", "leave it out")
        blob, key = pickled(given, f"instance '{given.label}'"), instance_identity(given)
        payloads[key] = blob
        return Stage(key, given.label, None, [given])
    if isinstance(given, ProblemEntry):
        title = given.name or Path(given.file).stem
        if given.set and given.name is None:
            title += f" ({', '.join(f'{k}={v}' for k, v in given.set.items())})"
        problem = load(given.file, **given.set)
    elif isinstance(given, Problem):
        problem = given
        title = Path(given.source).stem if given.source and not given.source.startswith("<") else given.name
    else:
        raise InputError(f"cannot compare on a {type(given).__name__}", "pass problem files, Problems or Instances")
    if study.instances is not None and study.instances > problem.params.frames:
        problem = problem.with_frames(study.instances)
    registered = registry().problems.get(problem.name) is type(problem)
    key = problem.fingerprint() if registered else problem_identity(problem)
    payloads[key] = pickled(problem, f"problem '{title}'")
    first = problem.params.training_frames
    instances = problem.drawn(first, first + (study.instances or problem.params.frames))
    return Stage(key, title, problem, instances, problem.coupled)


def pickled(value: Any, what: str) -> bytes:
    """By value where it comes from the main script, which workers do not load."""
    try:
        import cloudpickle

        return bytes(cloudpickle.dumps(value))
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the {what} cannot be sent to a worker process ({error})") from error
