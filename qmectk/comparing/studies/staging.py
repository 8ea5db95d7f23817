"""What backends are compared on: problems and instances, each with a name that is its own and the same everywhere."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...instance import Instance
from ...plugins import registry
from ...problem import Problem
from ...simulating.targets import first_slot, process_of
from ...worlds.process import Process
from ..running.runs import Horizon, settings_in_words
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
    instances
        What is solved; of horizons the first slot, as an example.
    coupled
        Whether neighbouring instances depend on each other.
    horizons, process
        What is simulated instead of them, and what poses and links its slots.
    """

    key: str
    title: str
    problem: Problem | None
    instances: Sequence[Instance]
    coupled: bool = False
    horizons: Sequence[Horizon] = field(default_factory=tuple)
    process: Process[Any] | None = None

    @property
    def cases(self) -> int:
        """What contenders are compared on: horizons, or instances."""
        return len(self.horizons or self.instances)


def stages_of(study: Study, problems: Iterable[ProblemLike | Named], payloads: dict[str, bytes]) -> list[Stage]:
    """The problems of a study, all different and differently called; their pickles go to `payloads`."""
    out: dict[str, Stage] = {}
    for given in problems:
        for settings in _settings(study):
            stage = _stage(study, given, payloads, settings)
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


def _settings(study: Study) -> list[dict[str, Any]]:
    """What a sweep replaces in a problem, one value after the other; nothing, once, without one."""
    return [{key: value} for key, values in study.sweep.items() for value in values] or [{}]


def _stage(study: Study, given: ProblemLike | Named, payloads: dict[str, bytes], settings: Mapping[str, Any]) -> Stage:
    from ...documents import load

    if isinstance(given, Named):
        return replace(_stage(study, given.given, payloads, settings), title=given.name + settings_in_words(settings))
    if isinstance(given, (str, Path)):
        given = ProblemEntry(file=str(given))
    if isinstance(given, Instance):
        if study.slots is not None:
            raise InputError("an Instance is one slot and has no horizon", "pass a problem file or a Problem")
        if study.instances is not None:
            raise InputError("'instances' says how many frames of a problem, and an Instance has none", "leave it out")
        blob, key = pickled(given, f"instance '{given.label}'"), instance_identity(given)
        payloads[key] = blob
        return Stage(key, given.label, None, [given])
    if isinstance(given, ProblemEntry):
        title = given.name or Path(given.file).stem + settings_in_words(given.set)
        problem = load(given.file, **given.set)
    elif isinstance(given, Problem):
        problem = given
        title = Path(given.source).stem if given.source and not given.source.startswith("<") else given.name
    else:
        raise InputError(f"cannot compare on a {type(given).__name__}", "pass problem files, Problems or Instances")
    if settings:
        problem, title = problem.with_settings(settings), title + settings_in_words(settings)
    if study.instances is not None and study.instances > problem.params.frames:
        problem = problem.with_frames(study.instances)
    registered = registry().problems.get(problem.name) is type(problem)
    key = problem.fingerprint() if registered else problem_identity(problem)
    payloads[key] = pickled(problem, f"problem '{title}'")
    if study.slots is not None:
        paths = study.paths if study.paths is not None else (problem.params.seed,)
        horizons = [Horizon(path, study.slots, dict(settings)) for path in paths]
        process = _controllable(problem)
        return Stage(key, title, problem, [first_slot(problem)], False, horizons, process)
    first = problem.params.training_frames
    instances = problem.drawn(first, first + (study.instances or problem.params.frames))
    return Stage(key, title, problem, instances, problem.coupled)


def _controllable(problem: Problem) -> Process[Any]:
    try:
        return process_of(problem)
    except InputError as error:
        raise InputError(error.message, "compare on its frames: '--instances' instead of '--slots'") from error


def pickled(value: Any, what: str) -> bytes:
    """By value where it comes from the main script, which workers do not load."""
    try:
        import cloudpickle

        return bytes(cloudpickle.dumps(value))
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the {what} cannot be sent to a worker process ({error})") from error
