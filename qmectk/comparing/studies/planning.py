"""From a study to the list of its runs, every name and option checked before anything starts."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...backend import Backend, LearnedBackend
from ...errors import InputError, PluginError
from ...instance import Instance
from ...options import build, convert, fields_of, refuse_unknown
from ...plugins import check_backend_class, registry
from ...routing.chains import candidates
from ...simulating.targets import unit_of
from ...version import __version__
from ..running.runs import Kind, Limits, Task, run_key
from .identity import class_identity
from .staging import Named, ProblemLike, Stage, pickled, stages_of
from .study import FLOOR, MOST_RUNS, BackendEntry, Study

#: What may be given for a backend.
BackendLike = str | BackendEntry | type[Backend]

#: Least time the certified reference of an instance gets unless the study says otherwise [s].
LEAST_REFERENCE = 60.0


@dataclass(frozen=True)
class Plan:
    """The runs of a study, and what must be known before them.

    Attributes
    ----------
    runs
        In the order they are started: backends of one instance follow each other, so that whatever disturbs the
        machine meanwhile disturbs all of them.
    references
        One an instance, by (problem, frame).
    trainings
        One a policy, by (problem, backend, options, seed).
    payloads
        Pickles of problems and unregistered backends.
    """

    runs: list[Task]
    references: dict[tuple[str, int], Task] = field(default_factory=dict)
    trainings: dict[tuple[Any, ...], Task] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class _Solver:
    name: str
    entry: BackendEntry
    cls: type[Backend]
    options: dict[str, Any]
    version: str


def plan(
    study: Study, problems: Sequence[ProblemLike | Named] = (), classes: Mapping[str, type[Backend]] | None = None
) -> Plan:
    """The runs of a study.

    Parameters
    ----------
    problems
        Problems instead of those the study names.
    classes
        Backend classes by the name the study calls them, before the registered ones.
    """
    payloads: dict[str, bytes] = {}
    stages = stages_of(study, problems or study.problems, payloads)
    solvers = [_solver(entry, classes or {}, payloads) for entry in study.backends]
    for stage in stages:
        for solver in solvers:
            _check_options(stage.instances[0], solver, f" on {stage.title}" if len(stages) > 1 else "")
    if study.penalty_sweep:
        solvers = _swept(solvers, stages, study.penalty_sweep)
    _check_distinct(solvers)
    if study.floors:
        solvers += _floors(solvers, stages)
    count = len(solvers) * len(study.seeds) * sum(stage.cases for stage in stages)
    if count > MOST_RUNS:
        raise InputError(f"this study has {count} runs and at most {MOST_RUNS} are taken", "split it")
    out = Plan([], payloads=payloads)
    for seed in study.seeds:
        for number in range(max(stage.cases for stage in stages)):
            for stage in stages:
                if number < stage.cases:
                    for solver in solvers:
                        if solver.entry.preset != FLOOR or _takes(solver, stage):
                            _add(out, study, stage, number, solver, seed)
    return out


def _add(out: Plan, study: Study, stage: Stage, number: int, solver: _Solver, seed: int) -> None:
    horizon = stage.horizons[number] if stage.horizons else None
    instance = stage.instances[0 if horizon else number]
    frame = horizon.path if horizon else number
    limits = Limits(
        study.time_limit,
        study.grace,
        study.setup_limit,
        None if study.memory_limit is None else int(study.memory_limit),
        study.threads,
        study.gap,
    )
    reference = registry().reference
    certified = study.references and reference is not None
    # a row that was stored without a reference must not stand for one with it
    version = solver.version if certified else f"{solver.version}, no reference"
    if horizon:
        version += f", {horizon.slots} slots"
    kind: Kind = "horizon" if horizon else "run"
    key = run_key(kind, stage.key, frame, solver.name, solver.options, seed, version, limits)
    # by the run's own hash, so that the same study audits the same runs, and a greater share audits these and others
    audited = solver.cls.proves and int(key[:12], 16) < study.audit * 16**12
    if audited:
        key = run_key("run", stage.key, frame, solver.name, solver.options, seed, f"{version}, audited", limits)
    run = Task(
        key=key,
        kind=kind,
        problem=stage.key,
        title=stage.title,
        frame=frame,
        label=f"path {horizon.path}, {horizon.slots} slots" if horizon else instance.label,
        sense=instance.signature.sense,
        unit=unit_of(stage.process) if stage.process else instance.unit,
        backend=solver.name,
        options=solver.options,
        seed=seed,
        version=solver.version,
        limits=limits,
        preset=solver.entry.preset,
        coupled=stage.coupled,
        warm_up=study.warm_up,
        audited=audited,
        horizon=horizon,
        certified=certified,
    )
    out.runs.append(run)
    beatable = horizon is None or hasattr(stage.process, "bound")
    if certified and reference is not None and beatable and (stage.key, frame) not in out.references:
        seconds = study.reference_limit
        if seconds is None and study.time_limit is not None:
            seconds = max(study.time_limit, LEAST_REFERENCE)
        allowed = dataclasses.replace(limits, time_limit=seconds, memory_limit=None, gap=min(limits.gap, 1e-6))
        name = reference.name
        if horizon:
            version = f"{_version(name)}, {horizon.slots} slots"
            out.references[stage.key, frame] = _beside(run, "bound", name, {}, 0, version, allowed)
        else:
            out.references[stage.key, frame] = _beside(run, "reference", name, {}, 0, _version(name), allowed)
    if issubclass(solver.cls, LearnedBackend) and run.policy not in out.trainings:
        allowed = dataclasses.replace(limits, time_limit=study.training_limit, memory_limit=None)
        training = _beside(run, "training", solver.name, solver.options, seed, solver.version, allowed)
        out.trainings[run.policy] = training


def _beside(
    run: Task, kind: Any, backend: str, options: dict[str, Any], seed: int, version: str, limits: Limits
) -> Task:
    frame = 0 if kind == "training" else run.frame
    key = run_key(kind, run.problem, frame, backend, options, seed, version, limits)
    return dataclasses.replace(
        run,
        key=key,
        kind=kind,
        backend=backend,
        options=options,
        seed=seed,
        frame=frame,
        version=version,
        limits=limits,
        preset=run.preset if kind == "training" else None,
    )


def _check_distinct(solvers: Sequence[_Solver]) -> None:
    """Refuse two entries whose runs would be the same."""
    seen: dict[tuple[str, str], str] = {}
    for solver in solvers:
        key = (solver.name, repr(sorted(solver.options.items())))
        if key in seen:
            raise InputError(
                f"{seen[key]} and {solver.entry.title} are the same backend with the same options",
                "leave one of them out",
            )
        seen[key] = solver.entry.title


def _solver(entry: BackendEntry, classes: Mapping[str, type[Backend]], payloads: dict[str, bytes]) -> _Solver:
    name = entry.backend
    if name in classes:
        cls = classes[name]
        payloads[name] = pickled(cls, f"backend '{name}'")
        version = f"{__version__} {class_identity(cls)}"
    else:
        cls, version = registry().backend(name), _version(name)
    cls.check_installed()
    known = {f.name: f for f in fields_of(cls.Options)}
    options = {
        key: convert(key, value, known[key].type) if key in known else str(value)
        for key, value in entry.options.items()
    }
    build(cls.Options, options)
    return _Solver(name, entry, cls, options, version)


def _check_options(instance: Instance, solver: _Solver, where: str) -> None:
    """Refuse an option that neither the backend nor any route to it knows, saying on which of several problems."""
    own = {f.name for f in fields_of(solver.cls.Options)}
    chains = candidates(type(instance), solver.cls, registry())
    if chains:
        route = {f.name for chain in chains for step in chain for f in fields_of(step.Options)}
        refuse_unknown(f"backend '{solver.name}'{where}", solver.options, sorted(own | route))


def _floors(solvers: Sequence[_Solver], stages: Sequence[Stage]) -> list[_Solver]:
    """The floors that can take any of the problems, but those that are contenders already."""
    there = {solver.name for solver in solvers if not solver.options}
    wanted = [BackendEntry(backend=one.name, preset=FLOOR) for one in registry().floors if one.name not in there]
    found = [_solver(entry, {}, {}) for entry in wanted]
    return [solver for solver in found if any(_takes(solver, stage) for stage in stages)]


def _takes(solver: _Solver, stage: Stage) -> bool:
    """Whether a backend can take a problem, and has frames to learn from there where it needs them."""
    taught = stage.problem is not None and stage.problem.params.training_frames > 0
    learns = (
        issubclass(solver.cls, LearnedBackend) and solver.cls(build(solver.cls.Options, solver.options)).needs_frames
    )
    return (taught or not learns) and bool(candidates(type(stage.instances[0]), solver.cls, registry()))


def _swept(solvers: list[_Solver], stages: Sequence[Stage], factors: Sequence[float]) -> list[_Solver]:
    """Every backend that takes penalties once with each factor; the others as they are."""
    out: list[_Solver] = []
    found = False
    for solver in solvers:
        chains = [c for stage in stages for c in candidates(type(stage.instances[0]), solver.cls, registry())]
        takes = any(f.name == "penalty" for chain in chains for step in chain for f in fields_of(step.Options))
        if not takes:
            out.append(solver)
            continue
        found = True
        for factor in factors:
            preset = f"{solver.entry.preset}, penalty {factor:g}" if solver.entry.preset else f"penalty {factor:g}"
            entry = solver.entry.model_copy(update={"preset": preset})
            out.append(dataclasses.replace(solver, entry=entry, options={**solver.options, "penalty": f"{factor:g}"}))
    if not found:
        raise InputError(
            "no backend of this study takes penalties",
            "sweep with a backend that takes QUBOs; 'qmectk backends' says which do",
        )
    return out


def check_class(backend: Any) -> type[Backend]:
    """A Backend class that can be called by its name, or InputError."""
    try:
        check_backend_class(backend)
    except PluginError as error:
        raise InputError(error.message, "pass the name of a registered backend, or a Backend class") from error
    name = getattr(backend, "name", None)
    if not isinstance(name, str) or not name:
        raise InputError(f"backend class {backend.__qualname__} has no name", "give it one: name = 'mine'")
    known = registry().backends.get(name)
    same = known is not None and (known.__module__, known.__qualname__) == (backend.__module__, backend.__qualname__)
    if known is not None and not same:  # references are made by name, so it would take the place of the other one
        raise InputError(f"a backend class is called '{name}' like a registered backend", "give it another name")
    return backend


def _version(name: str) -> str:
    origin = registry().origin.get(name, "")
    if origin in ("", "qmectk"):
        return __version__
    try:
        return f"{__version__} {origin} {importlib.metadata.version(origin)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{__version__} {origin}"
