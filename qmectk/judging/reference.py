"""The certified reference that every ratio and gap is measured against, computed once a problem.

``exact`` solves the same frames. When it proves all frames of a problem, its points and bounds are kept in the
cache folder as plain arrays; what is read back is measured again on the declared problem before it is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..attempts.answers import Answer
from ..attempts.run import Run, run
from ..errors import QmectkError
from ..files.sealed import Damaged, seal, unseal
from ..files.storage import cache_folder, replace_file
from ..instance import Instance
from ..plugins import Registry
from ..solution import Solution
from ..status import OPTIMALITY_GAP, Quality, Termination
from ..timing.budget import LEAST, Budget
from ..version import __version__
from .certificate import Reference
from .judge import judge_all

#: How far beyond a time limit the reference may go where the backend has used it up: this share of it, and so many
#: seconds at most.
LEAST_SHARE, MOST_LATE = 0.1, 0.5

#: Most seconds that loading a prover takes where it is on disk (measured: 1.2 s, Pyomo and compiled code).
LOADING = 1.5

#: Raised by one whenever what is stored changes.
FORMAT = 2


def reference_of(found: Solution) -> Reference:
    """What an answer to the same instance is judged by."""
    return Reference(
        found.backend,
        str(found.info.get("via", found.backend)),
        found.objective if found.feasible else None,
        found.certificate,
        found.quality is Quality.OPTIMAL,
        found.seconds,
        found.violation or 0.0,
        found.rounding,
    )


def kept(instances: Sequence[Instance], first: int | None) -> bool:
    """Whether references of these instances' problem are in the cache folder."""
    path = None if first is None else _path(instances)
    return path is not None and path.exists()


def load_prover(instances: Sequence[Instance], known: Registry, budget: Budget, seed: int) -> None:
    """Load what certifies before the backend has used the time up, as nothing ends an import in the middle.

    Under a short time limit nothing is loaded.
    """
    if known.reference is not None and 0.5 * budget.remaining > LOADING:
        with contextlib.suppress(QmectkError):  # what is wrong is said when the reference is wanted
            run(instances[:1], known.reference, {}, known, Budget(LEAST), seed)


def references(done: Run, known: Registry, budget: Budget, seed: int, first: int | None) -> list[Reference | None]:
    """What is certified of the answered instances, None where there is none to be had in the time.

    The first instance is this frame of its problem, or of none where that is None.
    """
    instances = [answer.instance for answer in done.answers]
    certifier = known.reference
    if certifier is None:
        return [None] * len(instances)
    gap = min(budget.gap, OPTIMALITY_GAP)
    path = None if first is None else _path(instances)
    stored = None if path is None else _read(path, instances, first or 0)
    if stored is not None:
        judged = judge_all(stored, backend=certifier.name, options={}, seed=seed, gap=gap)
        if all(solution.quality is Quality.OPTIMAL and not solution.faults for solution in judged):
            return [reference_of(solution) for solution in judged]
        warnings.warn(f"the certified references in {path} do not hold and are computed anew", stacklevel=4)
    over = budget.elapsed - budget.seconds
    if over > MOST_LATE:
        return [None] * len(instances)
    seconds = max(min(LEAST_SHARE * budget.seconds, MOST_LATE) - over, LEAST)
    allowance = Budget(seconds, gap=gap, report=budget.report)
    try:
        found = run(instances, certifier, {}, known, allowance, seed)
    except QmectkError as error:
        warnings.warn(f"no certified reference: {error}", stacklevel=4)
        return [None] * len(instances)
    judged = judge_all(found.answers, backend=certifier.name, options={}, seed=seed, gap=gap)
    if path is not None and len(judged) == _frames(instances):
        _keep(path, judged, found.answers)
    return [*map(reference_of, judged), *[None] * (len(instances) - len(judged))]


def _path(instances: Sequence[Instance]) -> Path | None:
    """Where the references of these frames' problem are kept; None unless they are of one problem with several."""
    problem = instances[0].problem
    if problem is None or _frames(instances) < 2:
        return None
    if any(instance.problem is not problem for instance in instances):
        return None
    parts = [problem.fingerprint(), problem.params.frames, __version__, FORMAT]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return cache_folder() / "references" / f"{name}.npz"


def _frames(instances: Sequence[Instance]) -> int:
    """How many frames the problem has that they are of."""
    return instances[0].problem.params.frames if instances[0].problem else 0


def _keep(path: Path, solutions: Sequence[Solution], answers: Sequence[Answer]) -> None:
    if not all(s.quality is Quality.OPTIMAL and s.certificate is not None and s.values for s in solutions):
        return
    shapes = [{name: np.shape(value) for name, value in (s.values or {}).items()} for s in solutions]
    if any(shape != shapes[0] for shape in shapes):
        return  # frames of different sizes make no array
    certificates = [s.certificate for s in solutions if s.certificate is not None]
    arrays: dict[str, Any] = {
        f"value_{name}": np.array([(s.values or {})[name] for s in solutions]) for name in solutions[0].values or {}
    }
    arrays["bound"] = np.array([c.bound for c in certificates])
    arrays["tolerance"] = np.array([c.tolerance for c in certificates])
    arrays["words"] = np.array(
        [[c.kind, c.source, str(s.info.get("via", ""))] for c, s in zip(certificates, solutions, strict=True)]
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, seal(arrays, compressed=True))
    except OSError as error:
        warnings.warn(f"the certified references could not be kept in {path.parent} ({error})", stacklevel=5)


def _read(path: Path, instances: Sequence[Instance], first: int) -> list[Answer] | None:
    """Stored references as answers, to be measured like a backend's; None when there are none."""
    if not path.exists():
        return None
    try:
        arrays = unseal(path)
        frames = _frames(instances)
        names = [name for name in arrays if name.startswith("value_")]
        if any(len(array) != frames for array in arrays.values()) or arrays["words"].shape != (frames, 3):
            raise Damaged("it holds another number of frames")
        return [
            Answer(
                instance,
                [],
                Termination.PROVED,
                {name[len("value_") :]: arrays[name][f] for name in names},
                float(arrays["bound"][f]),
                str(arrays["words"][f, 0]),
                str(arrays["words"][f, 1]),
                float(arrays["tolerance"][f]),
                info={"via": str(arrays["words"][f, 2]), "cached": True},
            )
            for f, instance in enumerate(instances, first)
            if math.isfinite(arrays["bound"][f])
        ]
    except (Damaged, LookupError, TypeError) as error:
        warnings.warn(f"the certified references in {path} are damaged ({error}) and are computed anew", stacklevel=5)
        return None
