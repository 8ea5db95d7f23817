"""What is done once for many runs: certifying an instance, and training a policy."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from ...attempts.answers import read_reply
from ...attempts.asking import ask
from ...attempts.checksums import Checksums
from ...backend import Backend
from ...judging.judge import judge
from ...judging.reference import reference_of
from ...options import fields_of
from ...plugins import registry
from ...routing.planner import find_route
from ...seeds import Stream, generator
from ...solution import plain
from ...timing.budget import Budget
from .runs import Task
from .worker_cache import instance_of, keep_trained, train


def certify(task: Task, backend_class: type[Backend], tell: Any) -> dict[str, Any]:
    """What is certified of an instance, as plain values: None where its bound has a fault, or there is none."""
    limits = task.limits
    instance = instance_of(task)
    route = find_route(instance, backend_class, registry(), {})
    rng = generator(Stream.BACKEND, task.seed, task.frame)
    before = Checksums([route.instance])
    began = time.perf_counter()
    replies = ask(backend_class(), [route.view], Budget(limits.time_limit, gap=limits.gap), [rng])
    seconds = time.perf_counter() - began
    if not replies:
        return {"status": "failed", "reason": "solve_many returned no reply", "solution": None}
    solution = judge(
        read_reply(route, replies[0], backend_class, seconds),
        backend=task.backend,
        options={},
        seed=0,
        gap=limits.gap,
    )
    altered = before.changed()
    if altered:  # by what the reference gave it to
        return {"status": "failed", "reason": altered, "solution": None}
    proved = solution.certificate is not None and not solution.faults
    kept = plain(dataclasses.asdict(reference_of(solution))) if proved else None
    return {"status": "ok", "reason": solution.message, "solution": kept}


def train_policy(task: Task, backend_class: type[Backend], tell: Any) -> dict[str, Any]:
    """Train the policy of a task, and say what that took."""
    backend_class.check_installed()
    limits = task.limits
    known = {field.name for field in fields_of(backend_class.Options)}
    raw = {name: value for name, value in task.options.items() if name in known}
    backend, facts = train(task, backend_class, raw, limits.time_limit)
    if not getattr(getattr(backend, "_trained", None), "unfinished", ""):
        keep_trained(task, backend, facts)
    return {"status": "ok", "reason": "", "facts": facts}
