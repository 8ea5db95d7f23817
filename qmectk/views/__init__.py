"""Views: what backends accept. None of these modules imports a solver."""

from .algebraic import Algebraic
from .base import RELAXATION, RESTRICTION, Fidelity, Lowered, View
from .binary import Binary
from .convex import Convex
from .quadratic import Quadratic
from .qubo import QUBO
from .shared_budget import SharedBudget

__all__ = [
    "QUBO",
    "RELAXATION",
    "RESTRICTION",
    "Algebraic",
    "Binary",
    "Convex",
    "Fidelity",
    "Lowered",
    "Quadratic",
    "SharedBudget",
    "View",
]
