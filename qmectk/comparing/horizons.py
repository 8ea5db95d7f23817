"""Horizons as what is run: a controller on the slots of one path, and what no controller could beat there.

A path is the seed of a time-coupled problem: its arrivals, channels and movements, which are the same for every
contender. The loop is that of ``qmectk.simulate``.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import Backend, LearnedBackend
from ..errors import BackendFailed, Infeasible
from ..judging.certificate import relative_gaps
from ..memory import check_memory
from ..simulating.loop import Loop
from ..simulating.result import Simulation
from ..simulating.standing import fall
from ..simulating.targets import goal_of, process_of
from ..solution import plain
from ..status import Quality, Termination
from ..timing.budget import Budget
from .running.outcome import failed_row, one_line
from .running.runs import SOONER, Task
from .running.surroundings import memory_limited
from .running.worker_cache import problem_of

if TYPE_CHECKING:
    from pandas import DataFrame

#: What of a simulation's summary a row does not repeat: it stands in columns of its own, or is the same in all rows.
OWN_COLUMNS = (
    "problem",
    "preset",
    "backend",
    "options",
    "seed",
    "problem_seed",
    "unit",
    "route",
    "training",
    "horizon",
)


def controlled(
    task: Task, backend_class: type[Backend], backend: Backend, training: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of a controller over a horizon: every slot decided, measured, and set beside its certified optimum."""
    horizon, limits = task.horizon, task.limits
    assert horizon is not None
    problem = problem_of(task).with_settings({"seed": horizon.path})
    check_memory(problem.memory(0, 1), f"a slot of {task.title}")
    loop = Loop(
        problem,
        process_of(problem),
        backend_class,
        dict(task.options),
        dict(horizon.settings),
        task.seed,
        horizon.slots,
        limits.gap,
        task.certified,
    )
    if isinstance(backend, LearnedBackend):  # what it keeps from slot to slot must not reach another horizon
        loop.taught = copy.deepcopy(backend), dict(training)
    budget = Budget(limits.time_limit, gap=limits.gap)
    budget.forgiven = SOONER * limits.grace
    try:
        with memory_limited(limits.memory_limit):
            found = loop.run(budget, resume=False, horizon=False)
    except BackendFailed as error:
        return failed_row("failed", str(error))
    except Infeasible as error:
        return failed_row("timeout" if budget.expired() else "failed", str(error))
    return horizon_row(task, found, training, budget.compilation_seconds)


def horizon_row(
    task: Task, found: Simulation, training: Mapping[str, Any], compilation_seconds: float
) -> dict[str, Any]:
    """The measured columns of a horizon.

    Its objective is the mean of the process's goal over the second half of the slots, as its bound is. A controller
    that does not stand (:mod:`qmectk.simulating.standing`) has quality "infeasible" and the reason.
    """
    record = {name: value for name, value in found.as_dict().items() if name not in OWN_COLUMNS}
    kept = task.reference or {}
    goal = found.goal or "objective"
    record |= {"goal": goal, "units": found.units, "backlogs": list(found.backlogs), "bound": kept.get("horizon")}
    own = [fault for fault in found.faults if "violates a constraint" not in fault]
    status, reason = "ok", fall(record)
    if own:
        status, reason = "failed", "; ".join(found.faults)
    elif not found.complete:
        status = "timeout"
        reason = f"its time limit ended after {found.done} of {found.slots} slots"
    objective = found.means(0.5).get(goal)
    if objective is None:
        objective = float(np.mean(found.records["objective"][found.done // 2 :]))
    bound = kept.get("certificate", {}).get("bound")
    seconds = training.get("training_seconds")
    deciding = float(np.sum(found.records["seconds"]))
    return {
        "termination": (Termination.CONVERGED if found.complete else Termination.BUDGET).value,
        "quality": (Quality.INFEASIBLE if reason else Quality.FEASIBLE).value,
        "objective": plain(objective),
        "gap": None if bound is None else plain(max(float(relative_gaps(objective, bound, task.sense)), 0.0)),
        "violation": record["violation"],
        "training_seconds": float(seconds) if isinstance(seconds, (int, float)) else None,
        "conversion_seconds": 0.0,
        "compilation_seconds": min(compilation_seconds, deciding),
        "solve_seconds": max(deciding - compilation_seconds, 0.0),
        "status": status,
        "reason": one_line(reason),
        "events": "[]",
        "info": json.dumps(plain({"via": found.via, **({"training": dict(training)} if training else {})})),
        "horizon": json.dumps(plain(record)),
        "trajectory": json.dumps(plain(found.thinned())),
    }


def judged(frame: DataFrame, stable: float) -> DataFrame:
    """The runs with their horizons judged anew: `stable` is the largest Q(T)/T of a stable queue."""
    frame = frame.copy()
    for row in frame.index[frame["horizon"].notna() & (frame["status"] == "ok")]:
        reason = fall(json.loads(frame.at[row, "horizon"]), stable)
        frame.at[row, "reason"] = one_line(reason)
        frame.at[row, "quality"] = (Quality.INFEASIBLE if reason else Quality.FEASIBLE).value
    return frame


def bounded(task: Task, backend_class: type[Backend], tell: Any) -> dict[str, Any]:
    """What no controller that serves what arrives can beat over the second half of a horizon, as a reference."""
    horizon = task.horizon
    assert horizon is not None
    process: Any = process_of(problem_of(task).with_settings({"seed": horizon.path}))
    began = time.perf_counter()
    found = plain(process.bound(horizon.path, horizon.slots // 2, horizon.slots).as_dict())
    value = found.get(goal_of(process))
    if value is None:
        return {"status": "ok", "reason": found.get("message", ""), "solution": None}
    record = {name: entry for name, entry in found.items() if not isinstance(entry, list)}
    certificate = {"bound": value, "kind": "offline optimum", "source": task.problem, "tolerance": 0.0}
    solution = {
        "objective": None,
        "via": "the offline optimum of the second half",
        "certificate": certificate,
        "horizon": record,
        "seconds": time.perf_counter() - began,
    }
    return {"status": "ok", "reason": "", "solution": solution}
