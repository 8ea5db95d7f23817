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
    "Copies": "copies",
    "Curves": "views",
    "Decision": "views",
    "Decisions": "views",
    "Features": "views",
    "Outcome": "copies",
    "Process": "process",
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
    "Budget": "budget",
    "Certificate": "certificate",
    "Instance": "instance",
    "Problem": "problem",
    "ProblemParams": "problem",
    "view": "instance",
    "Quality": "status",
    "Termination": "status",
    "Solution": "solution",
    "StreamSolution": "solution",
    "QmectkError": "errors",
    "hookimpl": "hookspecs",
    "Part": "parts",
    "backends": "catalogue",
    "problems": "catalogue",
    "load": "spec",
    "solve": "solving",
    "sample": "sampling",
    "simulate": "simulating",
    "train": "policies",
    "load_policy": "policies",
    "policy_backend": "functions",
    "Simulation": "simulating",
    "Capacity": "views",
    "compare": "comparing",
    "open_store": "comparing.opening",
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
    from .budget import Budget
    from .catalogue import backends, explain, problems
    from .certificate import Certificate
    from .comparing import compare
    from .comparing.opening import open_store
    from .copies import Copies, Outcome
    from .errors import QmectkError
    from .functions import policy_backend
    from .hookspecs import hookimpl
    from .instance import Instance, view
    from .lowerings import Lowering
    from .parts import Part
    from .policies import load_policy, train
    from .problem import Problem, ProblemParams
    from .process import Process
    from .sampling import sample
    from .simulating import Simulation, simulate
    from .solution import Solution, StreamSolution
    from .solving import solve
    from .spec import load
    from .status import Quality, Termination
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
