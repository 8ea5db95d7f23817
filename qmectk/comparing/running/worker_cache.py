"""What a worker process keeps between runs: problems, routes, and policies it has trained or loaded."""

from __future__ import annotations

import importlib
import pickle
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ...attempts import run
from ...backend import Backend, LearnedBackend
from ...errors import QmectkError
from ...instance import Instance
from ...options import build
from ...plugins import check_backend_class, registry
from ...problem import Problem
from ...routing.planner import find_route
from ...routing.route import Route
from ...simulating.targets import first_slot
from ...solution import plain
from ...timing.budget import Budget
from .runs import Task

#: Trained policies and problems kept in a worker, and ten times as many routes.
KEPT = 64

_payloads: dict[str, bytes] = {}
_problems: dict[str, Problem] = {}
_routes: dict[tuple[Any, ...], Route] = {}
_trained: OrderedDict[tuple[Any, ...], tuple[Backend, dict[str, Any]]] = OrderedDict()


def receive(payloads: Mapping[str, bytes]) -> None:
    """Take over pickles of problems and unregistered backends."""
    _payloads.update(payloads)


def backend_named(name: str) -> type[Backend]:
    """The backend a study calls `name`."""
    if name in _payloads:
        made = pickle.loads(_payloads[name])
        check_backend_class(made)
        return made
    return registry().backend(name)


def problem_of(task: Task) -> Problem:
    """The problem of a task."""
    if task.problem not in _problems:
        while len(_problems) >= KEPT:
            del _problems[next(iter(_problems))]
        made = _problems[task.problem] = pickle.loads(_payloads[task.problem])
        for module in made.imported_late if isinstance(made, Problem) else ():  # before a run leaves Python spoiled
            importlib.import_module(module)
    return _problems[task.problem]


def forget(task: Task) -> None:
    """Make the problem of a task anew for the next run: this one has altered it."""
    _problems.pop(task.problem, None)
    for key in [key for key in _routes if key[0] == task.problem]:
        del _routes[key]


def instance_of(task: Task) -> Instance:
    """A fresh instance: nothing that an earlier run computed on it is still there."""
    problem = problem_of(task)
    if task.horizon is not None:
        return first_slot(problem)
    if not isinstance(problem, Problem):
        return pickle.loads(_payloads[task.problem])  # a study of single instances
    return problem.frame(task.frame)


def chain_of(task: Task, backend_class: type[Backend]) -> Route | None:
    """How instances of this problem get to this backend, found out once a worker. None when the first one does not."""
    key = task.contender
    if key not in _routes:
        if len(_routes) > 10 * KEPT:
            _routes.clear()
        try:
            _routes[key] = find_route(instance_of(task), backend_class, registry(), task.options)
        except QmectkError:
            return None
    return _routes[key]


def ready(task: Task, backend_class: type[Backend], options: Any) -> tuple[Backend, dict[str, Any]]:
    """A backend that can answer: a new one, or the one this worker trained or loaded before."""
    if not issubclass(backend_class, LearnedBackend):
        return backend_class(options), {}
    if task.policy not in _trained:
        raw = {name: value for name, value in task.options.items() if name != "retrain"}
        keep_trained(task, *train(task, backend_class, raw if task.trained else task.options, None))
    backend, facts = _trained[task.policy]
    return backend, task.trained or facts


def train(
    task: Task, backend_class: type[LearnedBackend] | Any, raw: Mapping[str, Any], limit: float | None
) -> tuple[Backend, dict[str, Any]]:
    """A policy and what training it took, with the options `raw` and at most `limit` seconds.

    Raises
    ------
    Refused
        When the problem has no frames to train on.
    """
    backend = backend_class(build(backend_class.Options, raw))
    instance = instance_of(task)
    first = find_route(instance, backend_class, registry(), raw)
    began = time.perf_counter()
    facts = run.train(backend, instance, first, Budget(limit), task.seed)  # the same policy as in qmectk.solve
    facts.setdefault("training_seconds", time.perf_counter() - began)
    return backend, plain(facts)


def keep_trained(task: Task, backend: Backend, facts: dict[str, Any]) -> None:
    """Have the runs of this worker use a policy that was just trained."""
    _trained[task.policy] = (backend, facts)
    if len(_trained) > KEPT:
        _trained.popitem(last=False)
