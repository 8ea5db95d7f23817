"""``qmectk.solve``: one call from a problem to a measured, certified solution."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .backend import Backend
from .budget import LEAST, Budget, Report
from .deadline import Expired, limited
from .errors import Infeasible, InputError, QmectkError
from .floors import floors_of
from .foreign import Crashed, charged_to
from .judge import judge_all
from .lowerings.observation import sees_less
from .plugins import Registry, registry
from .problem import Instance, Problem
from .reference import MOST_LATE, references
from .run import Run, run
from .solution import Solution, StreamSolution
from .spec.seconds import in_seconds
from .starting import starts_of
from .status import OPTIMALITY_GAP, WORST_FIRST, Termination

#: Least seconds for making the instances: without one there is no answer at all.
LEAST_MAKING = 0.5

#: Answers that are judged together before the clock is looked at, where there is a time limit.
JUDGED = 8

#: Said of a proof where whoever decides does not know what is proved about.
CLAIRVOYANT = "it was given the truth, which nobody knows who has to decide; backends that prove nothing are not"

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
        of anybody else's is set beside it, and without it is kept as a claim that makes nothing optimal.
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
    instances, wanted = _in_time(target, frames, frame, budget)
    raw = dict(options or {})
    theirs = budget.within(budget.limit)  # a backend may write anything into its own
    theirs.report = budget.report
    known_points = starts_of(start, instances)
    done = run(instances, chosen, raw, known, theirs, seed, frame or 0, known_points)
    beside = None
    if reference and not done.altered and not _certified(done, chosen, known):
        beside = references(done, known, budget, seed)
    ours = known.ships(chosen)
    solutions: list[Solution] = []
    count, late = len(done.answers), Budget(max(budget.seconds + MOST_LATE - budget.elapsed, LEAST))
    for piece in late.pieces(count, most=count, first=JUDGED):
        part = slice(piece.start, piece.stop)
        near = None if beside is None else beside[part]
        settings = {"backend": chosen.name, "options": raw, "seed": seed, "gap": gap, "vouched": ours}
        solutions += judge_all(done.answers[part], near, **settings)
    if chosen.proves and sees_less(done.answers[0].instance, proves=False):
        solutions = [dataclasses.replace(one, notes=(*one.notes, CLAIRVOYANT)) for one in solutions]
    solution = solutions[0] if wanted == 1 else _stream(solutions, done, wanted, bool(theirs.interrupted))
    if floors and isinstance(solution, StreamSolution) and not chosen.proves:
        bounds = [one.bound for one in solutions]
        beside_it = floors_of([answer.instance for answer in done.answers], bounds, known, budget, seed, beside=chosen)
        solution = dataclasses.replace(solution, floors=beside_it)
    if wanted == 1 and done.training:
        solution.info["training"] = done.training
    _announce(known, solution)
    return solution


def _in_time(
    target: str | Path | Problem | Instance, frames: int | None, frame: int | None, budget: Budget
) -> tuple[Sequence[Instance], int]:
    """The instances, as many as a tenth of the time is enough for after the first, and how many there should be.

    Raises
    ------
    Infeasible
        When not even the first one is made in time.
    """
    made: list[Instance] = []
    stream = _problem(target, frames)
    kind: Any = type(stream)
    in_pieces = isinstance(stream, Problem) and frame is None and kind.instances is Problem.instances

    def make() -> None:
        if not (isinstance(stream, Problem) and in_pieces) or math.isinf(budget.seconds):
            made.extend(_instances(stream, frames, frame))
            return
        start, stop = stream.params.training_frames, stream.params.training_frames + stream.params.frames
        enough = math.inf
        while start < stop and budget.elapsed < enough:
            # pieces are as long as all before them: what a family works out anew for a longer stream is twice the work
            piece = range(start, min(start + (len(made) or 1), stop))
            made.extend(stream.drawn(piece.start, piece.stop))
            start = piece.stop
            if math.isinf(enough):  # what is loaded for the first one is no measure of the others
                enough = budget.elapsed + 0.1 * budget.remaining

    try:
        limited(max(budget.patience, LEAST_MAKING), make)
    except Expired:
        if not made:
            message = "the time limit ended before the first instance was made"
            raise Infeasible(message, "allow more time") from None
    return made, stream.params.frames if isinstance(stream, Problem) and in_pieces else len(made)


def _problem(target: str | Path | Problem | Instance, frames: int | None) -> Problem | Instance:
    if isinstance(target, (str, Path)):
        from .spec import load

        target = load(target)
    return target.with_frames(frames) if isinstance(target, Problem) and frames is not None else target


def _instances(
    target: str | Path | Problem | Instance, frames: int | None, frame: int | None = None
) -> Sequence[Instance]:
    target = _problem(target, frames)
    if isinstance(target, Problem):
        return target.instances() if frame is None else [target.frame(frame)]
    if not isinstance(target, Instance):
        raise InputError(f"cannot solve a {type(target).__name__}", "pass a problem file, a Problem or an Instance")
    if frames not in (None, 1) or frame not in (None, 0):
        raise InputError("an Instance is one frame", "pass the Problem to solve several frames")
    return [target]


def first_instance(target: str | Path | Problem | Instance) -> Instance:
    """The first frame of whatever ``solve`` takes."""
    return _instances(target, 1)[0]


def _check_numbers(seed: int, time_limit: float | None, gap: float) -> None:
    if seed < 0:
        raise InputError(f"seed must be 0 or more, not {seed}")
    if time_limit is not None and not (np.isfinite(time_limit) and time_limit > 0):
        raise InputError(f"time limit must be a positive number of seconds, not {time_limit}")
    if not (np.isfinite(gap) and gap >= 0):
        raise InputError(f"gap must be 0 or more, not {gap}")


def _certified(done: Run, chosen: type[Backend], known: Registry) -> bool:
    """Whether a reference would add nothing: the answers carry proofs, or ``exact`` is what was asked."""
    if known.reference in (None, chosen):
        return True
    if not known.ships(chosen):
        return False  # the core cannot check the steps of a proof; what it can do is set a second one beside it
    return all(
        answer.bound is not None and answer.termination is Termination.PROVED and answer.values is not None
        for answer in done.answers
    )


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
        beside = {
            **references[0],
            "objective": None,
            "bound": None,
            "proved": all(r["proved"] for r in references),
            "frames": len(references),
            "seconds": sum(r["seconds"] for r in references),
        }
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
    except QmectkError as error:  # somebody's observer must not cost the user the answer
        said = error.account if isinstance(error, Crashed) else str(error)
        warnings.warn(f"a qmectk_solved hook failed: {said}", stacklevel=3)
