"""``qmectk.simulate``: a process, a backend, and as many slots as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..backend import Backend
from ..documents.files import as_problem
from ..documents.seconds import in_seconds
from ..errors import InputError
from ..files.storage import check_kept
from ..memory import check_memory
from ..plugins import registry
from ..problem import Problem
from ..solving import _check_numbers
from ..status import OPTIMALITY_GAP
from ..timing.budget import Budget, Report
from . import checkpoint
from .loop import Loop
from .result import Simulation
from .targets import process_of


def simulate(
    target: str | Path | Problem,
    backend: str | type[Backend] | None = None,
    *,
    slots: int = 1000,
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    time_limit: float | str | None = None,
    slot_time_limit: float | str | None = None,
    gap: float = OPTIMALITY_GAP,
    reference: bool = True,
    horizon: bool = False,
    checkpoint_file: str | Path | None = None,
    resume: bool = False,
    report: Report | None = None,
) -> Simulation:
    """Control a time-coupled problem with a backend, slot after slot.

    Arrivals, channels and movements come from the problem's seed alone: two backends see the same ones.
    Every point is measured on the declared problem of its slot, in batches.

    Parameters
    ----------
    target
        A problem file, the name of a shipped problem, or a Problem with a process.
    backend, options
        As for :func:`qmectk.solve`.
    slots
        Slots to simulate, the resumed ones included.
    settings
        Top-level keys of the problem to replace (``{"V": 100}``).
    seed
        Seed of the backend.
    time_limit, slot_time_limit
        Seconds for everything and for one slot. A simulation that runs out of time is incomplete and can be resumed.
        A backend that trains does so for half of the time at most.
    reference
        Certify slots whose answer carries no proof with ``exact``, so that gaps are known.
    horizon
        Also compute the bound over the second half of the slots jointly, where the process has one.
    checkpoint_file
        Where to keep the state every few seconds and on an interruption; by default a file in the cache folder,
        removed when the simulation is complete.
    resume
        Continue from the checkpoint when there is one.

    Raises
    ------
    Interrupted
        On Ctrl-C, after the checkpoint is written.

    Examples
    --------
    >>> import qmectk
    >>> run = qmectk.simulate("drift", "capacity", slots=50, settings={"V": 100})
    >>> run.complete
    True
    """
    chosen = registry().chosen(backend)
    time_limit, slot_time_limit = in_seconds(time_limit), in_seconds(slot_time_limit, "slot time limit")
    _check_numbers(seed, time_limit, gap)
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
        raise InputError(f"slots must be a whole number of at least 1, not {slots}")
    problem = as_problem(target, "simulate").with_settings(settings or {})
    check_memory(problem.memory(0, 1), f"a slot of {problem.source or problem.name}")
    process = process_of(problem)
    loop = Loop(problem, process, chosen, dict(options or {}), dict(settings or {}), seed, slots, gap, reference)
    loop.slot_seconds = slot_time_limit
    loop.path = Path(checkpoint_file) if checkpoint_file is not None else checkpoint.default_path(loop.fingerprint)
    loop.named = checkpoint_file is not None
    check_kept(loop.path, "a checkpoint")
    return loop.run(Budget(time_limit, gap=gap, report=report), resume=resume, horizon=horizon)
