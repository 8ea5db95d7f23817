"""Actions decided by other software, one row a frame, or the bits of an answer, and their completion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qmectk.data import ARRAYS, read_array
from qmectk.errors import Infeasible, InputError
from qmectk.instance import Instance
from qmectk.problem import Problem

from .answer_file import AnswerFile


def is_array(path: Path) -> bool:
    """Whether it is read as an array."""
    return path.suffix.lower() in ARRAYS


def read_actions(path: Path, problem: Problem, instance: Instance) -> AnswerFile:
    """What an array says, one row a frame: the bits of an action, or all variables side by side.

    Raises
    ------
    InputError
        In one sentence, for whatever is wrong with the file.
    """
    variables = instance.signature.variables
    bits = [v.name for v in variables.values() if v.kind == "binary"] or list(variables)
    published = [name for name, (mine, _) in problem.published_names.items() if mine in bits]
    try:
        try:
            found = read_array(path, usual=(*bits, *published))
        except ValueError:
            if path.suffix.lower() != ".csv":
                raise
            found = read_array(path, skip=0)  # the first row of two devices may look like names of columns
    except ValueError as error:
        raise InputError(str(error)) from error
    rows = found.array[:, None] if found.array.ndim == 1 else found.array
    if rows.ndim != 2 or not rows.size:
        raise InputError(f"{path.name} holds an array of shape {found.array.shape}; it must have one row a frame")
    if not np.isfinite(rows).all():
        raise InputError(
            f"{path.name} has a number that is not finite in {found.at(np.argwhere(~np.isfinite(rows))[0])}"
        )
    lengths = [variable.length for variable in variables.values()]
    if rows.shape[1] == sum(lengths):
        parts = np.split(rows, np.cumsum(lengths)[:-1], axis=1)
        columns = zip(variables.values(), parts, strict=True)
        return AnswerFile({v.name: part if v.size is not None else part[:, 0] for v, part in columns}, len(rows))
    wrong = np.argwhere((rows != 0.0) & (rows != 1.0))
    if len(wrong):
        place = wrong[0]
        raise InputError(
            f"{path.name} has {rows[tuple(place)]:g} in {found.at(place)}", "an action holds bits, 0 and 1"
        )
    return AnswerFile({}, len(rows), actions=rows)


def with_the_rest(answer: AnswerFile, instances: Sequence[Instance]) -> tuple[AnswerFile, list[str]]:
    """The answer with what its actions leave open, and what is to be said of that.

    Raises
    ------
    InputError, Infeasible
        Where an action cannot be completed, with its frame.
    """
    from qmectk.judging.completing import completed

    if answer.actions is None:
        return answer, []
    points: list[dict[str, Any]] = []
    bent = []
    for frame, (one, action) in enumerate(zip(instances, answer.actions, strict=True)):
        where = f"frame {frame}: " if len(instances) > 1 else ""
        try:
            point, as_it_is = completed(one, action)
        except Infeasible as error:
            raise Infeasible(f"{where}no feasible point has this action: {error}") from error
        except InputError as error:
            raise InputError(f"{where}{error.message}", error.remedy) from error
        given = {name: value if answer.frames is None else value[frame] for name, value in answer.values.items()}
        points.append(point)
        if not as_it_is or any(not np.allclose(point[name], value) for name, value in given.items()):
            bent.append(str(frame))
    single = answer.frames is None
    values = {
        name: np.asarray(points[0][name]) if single else np.stack([np.asarray(point[name], float) for point in points])
        for name in points[0]
    }
    notes = ["the rest of each point is the best one for its action"]
    if bent:
        some = ", ".join(bent[:5]) + (f" and {len(bent) - 5} more" if len(bent) > 5 else "")
        notes.append(f"the problem does not let the action be as it is in frame {some}; the nearest one is scored")
    return replace(answer, values=values), notes
