"""``qmectk.sample``: the numbers of many frames as arrays, with their optima, for work with other software."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .instance import Instance
from .problem import Problem
from .status import OPTIMALITY_GAP
from .timing.budget import Report

Arrays = dict[str, NDArray[Any]]


def sample(
    problem: str | Path | Problem,
    frames: int | None = None,
    *,
    training: bool = False,
    optimum: bool = False,
    time_limit: float | str | None = None,
    report: Report | None = None,
) -> Arrays:
    """The numbers of a problem's frames, and where asked for their proven optima.

    Parameters
    ----------
    problem
        A problem file or shipped problem name, or a Problem.
    frames
        How many; as many as the problem states, if left out. Frame t is frame t of ``solve`` and ``compare``.
    training
        The frames that learned policies train on, from the first one, instead of those that are judged.
    optimum
        Also solve them with the backend that certifies answers.
    time_limit
        Wall-clock seconds for that. Frames that it leaves are NaN.
    report
        Progress callback ``report(label, done, total)``.

    Returns
    -------
    dict
        Name -> array with a leading axis of frames: what :meth:`Instance.data` of the family names; with `optimum` also
        every declared variable at the best point that was found, ``optimum``, its objective, and ``bound``, the proved
        bound, shape (frames,).

    Raises
    ------
    InputError
        Where the frames do not exist, or are of different sizes.

    Examples
    --------
    >>> import qmectk
    >>> found = qmectk.sample("p1", 3, optimum=True)
    >>> found["h"].shape, found["x"].shape, found["optimum"].shape
    ((3, 10), (3, 10), (3,))
    """
    from .documents.files import as_problem

    chosen = _frames(as_problem(problem, "sample"), frames, training)
    instances = chosen.instances()
    found = _stacked([one.data() for one in instances], chosen)
    if not optimum:
        return found
    for name, array in _optima(chosen, instances, time_limit, report).items():
        found[f"optimum_{name}" if name in found else name] = array
    return found


def _frames(problem: Problem, frames: int | None, training: bool) -> Problem:
    """The problem whose judged frames are the ones that are asked for."""
    if not training:
        return problem if frames is None else problem.with_frames(frames)
    known = problem.params.training_frames
    if frames is None and not known:
        raise InputError(f"{problem.source or problem.name} has no frames to train on", "say how many: --frames N")
    return problem.with_training_frames(frames or known).judged_on_training()


def _stacked(rows: Sequence[Arrays], problem: Problem) -> Arrays:
    if not rows[0]:
        raise InputError(f"{problem.name} names no numbers of its frames", "define 'data' of its instances")
    out: Arrays = {}
    for name in rows[0]:
        arrays = [np.asarray(row[name]) for row in rows]
        if len({array.shape for array in arrays}) > 1:
            raise InputError(f"'{name}' is not of one shape in all frames", "sample them one by one")
        out[name] = np.stack(arrays)
    return out


def _optima(
    problem: Problem, instances: Sequence[Instance], time_limit: float | str | None, report: Report | None
) -> Arrays:
    from .solution import StreamSolution
    from .solving import solve

    solution = solve(problem, time_limit=time_limit, reference=False, report=report)
    frames = list(solution.solutions) if isinstance(solution, StreamSolution) else [solution]
    proved = [one.bound is not None and one.gap is not None and one.gap <= OPTIMALITY_GAP for one in frames]
    unproved = len(instances) - sum(proved)
    if unproved:
        warnings.warn(f"{unproved} of {len(instances)} frames have no proven optimum", stacklevel=3)
    out: Arrays = {}
    for name, variable in instances[0].signature.variables.items():
        out[name] = np.full((len(instances), *(() if variable.size is None else (variable.size,))), np.nan)
        for place, one in enumerate(frames):
            if one.values is not None:
                out[name][place] = one.values[name]
    for name, attribute in (("optimum", "objective"), ("bound", "bound")):
        out[name] = np.full(len(instances), np.nan)
        known = [np.nan if getattr(one, attribute) is None else getattr(one, attribute) for one in frames]
        out[name][: len(known)] = known
    return out


__all__ = ["sample"]
