"""Views: what backends accept. None of these modules imports a solver."""

from .algebraic import Algebraic
from .assignment import Assignment
from .base import RELAXATION, RESTRICTION, Fidelity, Lowered, View
from .binary import Binary
from .capacity import Capacity
from .convex import Convex
from .decisions import Decision, Decisions, Features
from .factored import FactoredQuadratic
from .factored_batch import FactoredBatch
from .hindsight import Hindsight
from .per_device import Curves, Modes, PerDevice
from .quadratic import Quadratic
from .qubo import QUBO
from .reading import Reading
from .shared_budget import SharedBudget

__all__ = [
    "QUBO",
    "RELAXATION",
    "RESTRICTION",
    "Algebraic",
    "Assignment",
    "Binary",
    "Capacity",
    "Convex",
    "Curves",
    "Decision",
    "Decisions",
    "FactoredBatch",
    "FactoredQuadratic",
    "Features",
    "Fidelity",
    "Hindsight",
    "Lowered",
    "Modes",
    "PerDevice",
    "Quadratic",
    "Reading",
    "SharedBudget",
    "View",
]
