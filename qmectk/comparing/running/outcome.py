"""From what came of a task to a row of the table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...judging.auditing import Audit
from ...solution import Solution, plain
from ...status import Quality, Termination
from ..studies.identity import LENGTH
from .runs import Task

#: Longest reason stored.
LONGEST = 1000
#: What stands for the label of an instance in a reason, so that the same reason on a hundred of them is one.
PLACEHOLDER = "this instance"


def failed_row(status: str, reason: str) -> dict[str, Any]:
    """A run that brought nothing."""
    return {"status": status, "reason": one_line(reason)}


def one_line(reason: str) -> str:
    """A reason as it is stored."""
    return " ".join(reason.split())[:LONGEST]


def run_row(
    solution: Solution,
    *,
    events: Sequence[Any],
    training: Mapping[str, Any],
    conversion_seconds: float,
    compilation_seconds: float,
    solve_seconds: float,
    penalties: Mapping[str, Any] | None,
    second: Audit | None = None,
) -> dict[str, Any]:
    """The measured columns of a run. Where a second prover disagrees nothing counts as proved, and the run failed."""
    failed = bool(solution.own_faults) or solution.termination is Termination.FAILED
    reason = "; ".join(solution.faults) or solution.message
    certificate, reference = solution.certificate, solution.reference
    claimed = certificate if certificate is not None and certificate.claimed else None
    if claimed is not None:  # its own claim proves nothing about another run
        certificate = None
    disputed = second is not None and second.verdict == "disagrees"
    if disputed and second is not None:
        failed, reason, certificate = True, second.message, None
    share = solution.info.get("share_feasible")
    seconds = training.get("training_seconds")
    info = dict(solution.info)
    if training:
        info["training"] = dict(training)
    if solution.raw_objective is not None:
        info["raw_objective"] = solution.raw_objective
    if claimed is not None:
        info["claimed_bound"] = claimed.bound
    if second is not None:
        info["audit"] = second.as_dict()
    return {
        "termination": solution.termination.value,
        "quality": (Quality.FEASIBLE if disputed and solution.feasible else solution.quality).value,
        "objective": plain(solution.objective),
        "bound": plain(certificate.bound) if certificate else None,
        "certificate_kind": certificate.kind if certificate else None,
        "certificate_source": certificate.source if certificate else None,
        "reference_objective": plain(reference.objective) if reference else None,
        "reference_bound": plain(reference.bound) if reference else None,
        "reference_via": reference.via if reference else None,
        "gap": plain(solution.gap) if certificate else None,
        "violation": plain(solution.violation),
        "rounding": plain(solution.rounding),
        "training_seconds": float(seconds) if isinstance(seconds, (int, float)) else None,
        "conversion_seconds": conversion_seconds,
        "compilation_seconds": compilation_seconds,
        "solve_seconds": solve_seconds,
        "status": "failed" if failed else "ok",
        "reason": one_line(reason),
        "events": json.dumps(plain(list(events))),
        "info": json.dumps(plain(info)),
        "penalties": json.dumps(plain(dict(penalties))) if penalties is not None else None,
        "share_feasible": float(share) if isinstance(share, (int, float)) else None,
    }


def row_of(task: Task, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """A whole row: what was asked beside what came of it."""
    row: dict[str, Any] = {
        "run_id": task.key,
        "problem": task.title,
        "instance": task.label,
        "frame": task.frame,
        "backend": task.backend,
        "options": json.dumps(task.options, sort_keys=True),
        "seed": task.seed,
        "sense": task.sense,
        "unit": task.unit,
        "time_limit": task.limits.time_limit,
        "preset": task.preset,
        "coupled": int(task.coupled),
        "version": task.version,
        "fingerprint": task.problem[:LENGTH],
        **{name: value for name, value in outcome.items() if name not in ("output",)},
    }
    if task.horizon is not None and row.get("horizon") is None:  # it did not come back
        row["horizon"] = json.dumps({"slots": task.horizon.slots, "settings": dict(task.horizon.settings)})
    if task.trained and row.get("training_seconds") is None:
        row["training_seconds"] = task.trained.get("training_seconds")
    if task.reference and row.get("reference_bound") is None:
        # a run that failed is still beside its reference
        row["reference_objective"] = task.reference.get("objective")
        row["reference_bound"] = task.reference["certificate"]["bound"]
        row["reference_via"] = task.reference.get("via")
    printed = outcome.get("output")
    if printed:
        row["info"] = json.dumps({**json.loads(row.get("info") or "{}"), "output": printed})
    return {name: _storable(value) if isinstance(value, str) else value for name, value in row.items()}


def _storable(text: str) -> str:
    """Text that UTF-8 can hold: names of files may come with bytes that were none (lone surrogates)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def general(reason: str, label: str) -> str:
    """A reason without the label of its instance.

    >>> general("backend 'milp' cannot take p1[frame 7]: too large", "p1[frame 7]")
    "backend 'milp' cannot take this instance: too large"
    """
    if len(label) < 2 or label in PLACEHOLDER:  # a letter or a common word is no name
        return reason
    return re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", PLACEHOLDER, reason)
