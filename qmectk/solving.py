"""``qmectk.solve``: one call from a problem to a measured, certified solution."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .attempts.rounds import Frames, Question
from .attempts.run import Run
from .backend import Backend
from .documents.seconds import in_seconds
from .errors import InputError, QmectkError
from .extending.foreign import Crashed, charged_to
from .instance import Instance
from .judging.floors import floors_of
from .lowerings.observation import sees_less
from .plugins import Registry, registry
from .problem import Problem
from .solution import Solution, StreamSolution
from .status import OPTIMALITY_GAP, WORST_FIRST, Termination
from .timing.budget import Budget, Report

#: Said of a proof where the backend does not know what is proved about.
CLAIRVOYANT = "it was given the truth, which is unknown when it has to decide; backends that prove nothing are not"

_STOPWORST_FIRST = [
    Termination.FAILED,
    Termination.INTERRUPTED,
    Termination.BUDGET,
    Termination.CONVERGED,
    Termination.PROVED,
]


def solve(
    target: str | Path | Problem | Instance,
    backend: str | type[Backend] | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    time_limit: float | str | None = None,
    gap: float = OPTIMALITY_GAP,
    frames: int | None = None,
    frame: int | None = None,
    reference: bool = True,
    floors: bool = False,
    start: Solution | Mapping[str, Any] | None = None,
    report: Report | None = None,
) -> Solution:
    """Solve a problem and set the answer beside its certified optimum.

    Parameters
    ----------
    target
        A problem file or shipped problem name, a Problem, or one Instance.
    backend
        Name of a registered backend, or a Backend class that need not be registered; the one that certifies answers,
        ``exact``, if left out.
    options
        Options of the backend and of its route, as ``-o key=value`` on the command line.
    seed
        Seeds the backend; what the problem draws is seeded by the problem itself.
    time_limit
        Wall-clock seconds for everything, or text with a unit ("2 min"): training, solving and the reference.
    gap
        Relative gap at which exact backends stop and a point is called optimal.
    frames
        Solve this many frames instead of the number the problem states.
    frame
        Solve this frame alone, counted from 0, as it is solved among the others and as ``compare`` solves it.
    reference
        Also run ``exact`` to certify the answer. Backends of qmectk's own that prove their answer need none; a proof
        of another backend is set beside it, and without it is kept as a claim that makes nothing optimal.
    floors
        Also say what plain rules reach on the same frames (all local, all offload, the best fixed number of devices),
        in ``solution.floors``: where there are several frames, and a backend that proves nothing has answered them.
    start
        A solution, or values by variable name (with a leading axis of frames where there is more than one), that a
        search may begin at. Backends that cannot use one pass it over.
    report
        Progress callback ``report(label, done, total)``.

    Returns
    -------
    Solution
        A :class:`StreamSolution` when there is more than one frame.

    Examples
    --------
    >>> import qmectk
    >>> solution = qmectk.solve(qmectk.load("p1", frames=1), backend="cd")
    >>> solution.feasible
    True
    >>> 0 <= solution.gap < 0.2
    True
    """
    time_limit = in_seconds(time_limit)
    _check_numbers(seed, time_limit, gap)
    budget = Budget(time_limit, gap=gap, report=report)
    known = registry()
    chosen = known.chosen(backend)
    stream = Frames(_stated(target, frames, frame), frame, budget)
    first = None if isinstance(stream.target, Instance) else frame or 0
    question = Question(chosen, dict(options or {}), seed, reference, start, first)
    answered = question.answered(stream, known, budget)
    solutions, done, wanted = answered.solutions, answered.done, stream.wanted
    if chosen.proves and sees_less(done.answers[0].instance, proves=False):
        solutions = [dataclasses.replace(one, notes=(*one.notes, CLAIRVOYANT)) for one in solutions]
    solution = solutions[0] if wanted == 1 else _stream(solutions, done, wanted, answered.interrupted)
    if floors and isinstance(solution, StreamSolution) and not chosen.proves:
        bounds = [one.bound for one in solutions]
        beside_it = floors_of([answer.instance for answer in done.answers], bounds, known, budget, seed, beside=chosen)
        solution = dataclasses.replace(solution, floors=beside_it)
    if wanted == 1 and done.training:
        solution.info["training"] = done.training
    _announce(known, solution)
    return solution


def _stated(
    target: str | Path | Problem | Instance, frames: int | None, frame: int | None = None
) -> Problem | Instance:
    if isinstance(target, (str, Path)):
        from .documents import load

        target = load(target)
    if isinstance(target, Problem):
        return target if frames is None else target.with_frames(frames)
    if not isinstance(target, Instance):
        raise InputError(f"cannot solve a {type(target).__name__}", "pass a problem file, a Problem or an Instance")
    if frames not in (None, 1) or frame not in (None, 0):
        raise InputError("an Instance is one frame", "pass the Problem to solve several frames")
    return target


def first_instance(target: str | Path | Problem | Instance) -> Instance:
    """The first frame of whatever ``solve`` takes."""
    found = _stated(target, 1)
    return found.instances()[0] if isinstance(found, Problem) else found


def _check_numbers(seed: int, time_limit: float | None, gap: float) -> None:
    if seed < 0:
        raise InputError(f"seed must be 0 or more, not {seed}")
    if time_limit is not None and not (np.isfinite(time_limit) and time_limit > 0):
        raise InputError(f"time limit must be a positive number of seconds, not {time_limit}")
    if not (np.isfinite(gap) and gap >= 0):
        raise InputError(f"gap must be 0 or more, not {gap}")


def _by_frame(rows: list[np.ndarray]) -> Any:
    """Arrays with a leading frame axis; a list of them where frames differ in size."""
    return np.stack(rows) if all(row.shape == rows[0].shape for row in rows) else rows


def _stream(solutions: list[Solution], done: Run, wanted: int, interrupted: bool) -> StreamSolution:
    first = solutions[0]
    feasible = all(s.feasible for s in solutions)
    bounds = [s.certificate for s in solutions]
    certificate = None
    if all(c is not None for c in bounds):
        sure = [c for c in bounds if c is not None]
        kinds = "; ".join(dict.fromkeys(c.kind for c in sure))
        sources = "; ".join(dict.fromkeys(c.source for c in sure))
        certificate = type(sure[0])(
            float(np.mean([c.bound for c in sure])),
            kinds,
            sources,
            max(c.tolerance for c in sure),
            any(c.claimed for c in sure),
        )
    values = None
    if all(s.values is not None for s in solutions):
        names = first.values or {}
        values = {name: _by_frame([np.asarray((s.values or {})[name]) for s in solutions]) for name in names}
    objectives = [s.objective for s in solutions if s.objective is not None]
    message = "" if len(solutions) == wanted else f"answered {len(solutions)} of {wanted} frames"
    if message and solutions[-1].values is None and solutions[-1].message:
        message += f": {solutions[-1].message}"
    references = [s.reference for s in solutions if s.reference]
    beside = None
    if references:
        beside = dataclasses.replace(
            references[0],
            objective=None,
            certificate=None,
            proved=all(one.proved for one in references),
            frames=len(references),
            seconds=sum(one.seconds for one in references),
        )
    stop = min((s.termination for s in solutions), key=_STOPWORST_FIRST.index)
    if len(solutions) < wanted and stop is not Termination.FAILED:
        stop = Termination.INTERRUPTED if interrupted else Termination.BUDGET
    problem = done.answers[0].instance.problem
    raws: list[Any] = [s.raw_objective for s in solutions]
    return StreamSolution(
        problem=problem.name if problem else first.problem,
        backend=first.backend,
        options=first.options,
        seed=first.seed,
        termination=stop,
        quality=min((s.quality for s in solutions), key=WORST_FIRST.index),
        objective=float(np.mean(objectives)) if len(objectives) == len(solutions) and feasible else None,
        unit=first.unit,
        sense=first.sense,
        violation=max((s.violation for s in solutions if s.violation is not None), default=None),
        certificate=certificate,
        values=values,
        seconds=done.seconds,
        compilation_seconds=done.compilation_seconds,
        route=first.route,
        reference=beside,
        faults=tuple(dict.fromkeys(fault for s in solutions for fault in s.faults)),
        reference_faults=tuple(dict.fromkeys(fault for s in solutions for fault in s.reference_faults)),
        notes=tuple(dict.fromkeys(note for s in solutions for note in s.notes)),
        message=message or first.message,
        info={"training": done.training, **_shared_info(solutions)} if done.training else _shared_info(solutions),
        frames=len(solutions),
        solutions=tuple(solutions),
        changes=tuple(problem.changes()) if problem else (),
        raw_objective=None if any(raw is None for raw in raws) else float(np.mean(raws)),
    )


def _shared_info(solutions: Sequence[Solution]) -> dict[str, Any]:
    """Facts that are the same in every frame, and the sums of the countable ones."""
    shared = {k: v for k, v in solutions[0].info.items() if all(s.info.get(k) == v for s in solutions)}
    for key, value in solutions[0].info.items():
        if key not in shared and isinstance(value, int):
            shared[key] = sum(int(s.info.get(key, 0)) for s in solutions)
    return shared


def _announce(known: Registry, solution: Solution) -> None:
    try:
        with charged_to("a qmectk_solved hook"):
            known.manager.hook.qmectk_solved(solution=solution)
    except QmectkError as error:  # a fault of an observer must not cost the user the answer
        said = error.account if isinstance(error, Crashed) else str(error)
        warnings.warn(f"a qmectk_solved hook failed: {said}", stacklevel=3)
