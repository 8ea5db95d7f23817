"""qmectk: declare a problem of mobile-edge or edge-quantum computing once, solve it with anything, know how good it is.

Names are imported on first use, so that ``import qmectk`` and ``qmectk --help`` load no solver.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

_HOME = {
    "Backend": "backend",
    "Binary": "views",
    "Algebraic": "views",
    "Assignment": "views",
    "Convex": "views",
    "Copies": "worlds.copies",
    "Curves": "views",
    "Decision": "views",
    "Decisions": "views",
    "Features": "views",
    "Outcome": "worlds.copies",
    "Process": "worlds.process",
    "Modes": "views",
    "PerDevice": "views",
    "FactoredQuadratic": "views",
    "Quadratic": "views",
    "QUBO": "views",
    "SharedBudget": "views",
    "View": "views",
    "Fidelity": "views",
    "Lowered": "views",
    "Lowering": "lowerings",
    "LearnedBackend": "backend",
    "Reply": "backend",
    "Budget": "timing.budget",
    "Certificate": "judging.certificate",
    "Instance": "instance",
    "Problem": "problem",
    "ProblemParams": "problem",
    "view": "instance",
    "Quality": "status",
    "Termination": "status",
    "Solution": "solution",
    "StreamSolution": "solution",
    "QmectkError": "errors",
    "hookimpl": "extending.hookspecs",
    "Part": "extending.parts",
    "backends": "catalogue",
    "problems": "catalogue",
    "load": "documents",
    "solve": "solving",
    "sample": "sampling",
    "simulate": "simulating",
    "train": "learning.policies",
    "load_policy": "learning.policies",
    "policy_backend": "extending.functions",
    "Simulation": "simulating",
    "Capacity": "views",
    "compare": "comparing",
    "open_store": "comparing.storage.opening",
    "explain": "catalogue",
}

__all__ = [  # resolved by __getattr__
    "QUBO", "Algebraic", "Assignment", "Backend", "Binary", "Budget", "Capacity", "Certificate", "Convex", "Copies",
    "Curves", "Decision", "Decisions", "FactoredQuadratic", "Features", "Fidelity", "Instance", "LearnedBackend",
    "Lowered", "Lowering", "Modes", "Outcome", "Part", "PerDevice", "Problem", "ProblemParams", "Process",
    "QmectkError", "Quadratic", "Quality", "Reply", "SharedBudget",
    "Simulation", "Solution", "StreamSolution", "Termination", "View", "backends", "compare", "explain", "hookimpl",
    "load", "load_policy", "open_store", "policy_backend", "problems", "sample", "simulate", "solve",
    "train", "view",
]  # fmt: skip

if TYPE_CHECKING:
    from .backend import Backend, LearnedBackend, Reply
    from .catalogue import backends, explain, problems
    from .comparing import compare
    from .comparing.storage.opening import open_store
    from .documents import load
    from .errors import QmectkError
    from .extending.functions import policy_backend
    from .extending.hookspecs import hookimpl
    from .extending.parts import Part
    from .instance import Instance, view
    from .judging.certificate import Certificate
    from .learning.policies import load_policy, train
    from .lowerings import Lowering
    from .problem import Problem, ProblemParams
    from .sampling import sample
    from .simulating import Simulation, simulate
    from .solution import Solution, StreamSolution
    from .solving import solve
    from .status import Quality, Termination
    from .timing.budget import Budget
    from .views import (
        QUBO,
        Algebraic,
        Assignment,
        Binary,
        Capacity,
        Convex,
        Curves,
        Decision,
        Decisions,
        FactoredQuadratic,
        Features,
        Fidelity,
        Lowered,
        Modes,
        PerDevice,
        Quadratic,
        SharedBudget,
        View,
    )
    from .worlds.copies import Copies, Outcome
    from .worlds.process import Process


def __getattr__(name: str) -> Any:
    if name in ("torch", "testing"):  # packages of their own, imported when they are named
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'qmectk' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value  # a submodule of the same name (qmectk.solve) must not hide the function
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
