"""The language a problem is declared in, once.

``Instance.declare(m)`` is written against :class:`Language`; each reading implements the handful of
primitive operations for one target (numbers, Pyomo, CVXPY, quadratic coefficients).
"""

from .atoms import ATOMS, Atom, Curvature
from .expression import Expression
from .namespace import Language, Variable
from .row import Row
from .signature import Declares, Signature, signature

__all__ = [
    "ATOMS",
    "Atom",
    "Curvature",
    "Declares",
    "Expression",
    "Language",
    "Row",
    "Signature",
    "Variable",
    "signature",
]
