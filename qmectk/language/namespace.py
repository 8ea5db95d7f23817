"""The namespace ``m`` that declarations are written against.

A reading subclasses :class:`Language` and implements its primitives and those of :class:`~.operations.Operations`;
everything a declaration calls is derived from them here.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..errors import InputError, NotExpressible
from ..judging.feasibility import whole_bounds
from .atoms import ATOMS, Array, Atom
from .expression import Expression, lift
from .operations import Operations
from .row import Row

Kind = Literal["continuous", "binary", "integer"]
Relation = Literal["<=", "=="]


@dataclass(frozen=True)
class Variable:
    """A declared variable: `size` is None for a scalar; bounds broadcast to its elements.

    Violations of its bounds are measured at least against `scale`, 0 when none is declared.
    """

    name: str
    size: int | None
    lower: Array
    upper: Array
    kind: Kind
    scale: Any = 0.0

    @property
    def length(self) -> int:
        """Number of elements."""
        return 1 if self.size is None else self.size

    @property
    def whole_bounds(self) -> tuple[Array, Array]:
        """Least and most whole numbers that the core calls within the bounds."""
        return whole_bounds(self.lower, self.upper, self.scale)


class Language(Operations):
    """What a declaration may say. `target` names the reading in error messages."""

    target: str = "abstract"

    # ---- what declarations call -------------------------------------------------------------

    def var(
        self,
        name: str,
        size: int | None = None,
        *,
        lower: Any = 0.0,
        upper: Any = np.inf,
        kind: Kind = "continuous",
        scale: Any = 0.0,
    ) -> Expression:
        """A decision variable, scalar or a vector of `size` elements, >= 0 unless `lower` says otherwise.

        A point that is outside its bounds by up to 1e-6 of `scale` counts as inside. Without it that is 1e-6 of the
        bound itself, so nothing where the bound is 0.
        """
        if kind == "binary":
            lower, upper = np.maximum(lower, 0.0), np.minimum(upper, 1.0)
        lower, upper = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
        if not self.batched:
            shape = () if size is None else (size,)
            lower, upper = _spread(lower, shape), _spread(upper, shape)
        self._once("variable", name)
        variable = Variable(name, size, lower, upper, kind, _scale(scale, f"variable '{name}'"))
        return Expression(self, self.make_variable(variable), size)

    def sum(self, expression: Expression) -> Expression:
        """Sum of a vector's elements."""
        return Expression(self, self.total(expression.payload), None)

    def dot(self, coefficients: Any, expression: Expression) -> Expression:
        """Inner product of a constant vector and an expression."""
        return self.sum(expression * np.asarray(coefficients, dtype=float))

    def mul(self, left: Expression, right: Expression) -> Expression:
        """Element-by-element product of two expressions (bilinear)."""
        return left * right

    def square(self, expression: Any) -> Expression:
        """y^2."""
        return self._atom("square", expression)

    def power(self, expression: Any, exponent: float) -> Expression:
        """y^exponent for y >= 0; concave for an exponent in (0, 1), convex otherwise."""
        return self._atom("power", expression, exponent=float(exponent))

    def log1p(self, expression: Any) -> Expression:
        """ln(1 + y)."""
        return self._atom("log1p", expression)

    def perspective_log1p(self, t: Any, y: Any) -> Expression:
        """t ln(1 + y/t) for t, y >= 0, 0 at t = 0: jointly concave and positively homogeneous."""
        return self._atom("perspective_log1p", t, y)

    def perspective_power(self, t: Any, y: Any, exponent: float) -> Expression:
        """t (y/t)^exponent = t^(1 - exponent) y^exponent for an exponent in (0, 1): the perspective of y^exponent."""
        return self._atom("perspective_power", t, y, exponent=float(exponent))

    def rel_entr(self, y: Any, t: Any) -> Expression:
        """y ln(y/t) for y, t >= 0: relative entropy, jointly convex."""
        return self._atom("rel_entr", y, t)

    def le(self, left: Any, right: Any, name: str, *, redundant: bool = False, scale: Any = 0.0) -> None:
        """State left <= right.

        Parameters
        ----------
        name
            How violations, penalties and exports call it.
        redundant
            True when the other constraints imply it at integer points; it then only tightens
            relaxations, and a reading that pays for every constraint may leave it out.
        scale
            Violations up to 1e-6 of this, in the unit of the constraint, count as none. Without it they may be up to
            1e-6 of the row's largest term at the point, see :mod:`qmectk.judging.feasibility`.
        """
        self._state(left, right, "<=", name, redundant, scale)

    def ge(self, left: Any, right: Any, name: str, *, redundant: bool = False, scale: Any = 0.0) -> None:
        """State left >= right; see :meth:`le`."""
        self._state(right, left, "<=", name, redundant, scale)

    def eq(self, left: Any, right: Any, name: str, *, redundant: bool = False, scale: Any = 0.0) -> None:
        """State left == right; see :meth:`le`."""
        self._state(left, right, "==", name, redundant, scale)

    def maximize(self, expression: Any) -> None:
        """Declare the objective, to be made large."""
        self._objective(expression, +1)

    def minimize(self, expression: Any) -> None:
        """Declare the objective, to be made small."""
        self._objective(expression, -1)

    # ---- helpers ----------------------------------------------------------------------------

    def lift(self, value: Any) -> Expression:
        """An expression from a number or a vector; expressions pass unchanged."""
        return lift(self, value)

    def _once(self, what: str, name: str) -> None:
        """Refuse a second `what` called `name`: it would hide the first one's values or violations."""
        stated: set[tuple[str, str]] = self.__dict__.setdefault("_stated", set())
        if (what, name) in stated:
            raise NotExpressible(f"the {what} '{name}' is declared twice")
        stated.add((what, name))

    def _objective(self, expression: Any, sense: int) -> None:
        self._once("objective", "objective")
        lifted = self.lift(expression)
        if lifted.size is not None and not self.batched:
            raise NotExpressible(f"the objective is a vector of {lifted.size} elements; use m.sum")
        self.set_objective(lifted.payload, sense)

    def _state(self, left: Any, right: Any, relation: Relation, name: str, redundant: bool, scale: Any) -> None:
        self._once("constraint", name)
        size = _scale(scale, f"constraint '{name}'")
        self.add_constraint(Row(self.lift(left), self.lift(right), relation, name, redundant, size))

    def _atom(self, name: str, *arguments: Any, **parameters: float) -> Expression:
        lifted = [self.lift(argument) for argument in arguments]
        sizes = {expression.size for expression in lifted if expression.size is not None}
        if len(sizes) > 1:
            raise NotExpressible(f"{name} of vectors of {' and '.join(map(str, sorted(sizes)))} elements")
        size = sizes.pop() if sizes else None
        return Expression(self, self.apply(ATOMS[name], [e.payload for e in lifted], size, **parameters), size)

    def refuse(self, operator: str) -> NotExpressible:
        """The error for an operator this reading has no form for."""
        return NotExpressible(f"{operator} is not {self.target}")

    # ---- primitives: what a reading implements ----------------------------------------------

    @abstractmethod
    def make_variable(self, variable: Variable) -> Any:
        """Payload of a new variable."""

    @abstractmethod
    def apply(self, atom: Atom, arguments: list[Any], size: int | None, **parameters: float) -> Any:
        """The atom at payload arguments, of `size` elements."""

    @abstractmethod
    def add_constraint(self, row: Row) -> None:
        """State a row: its difference <= 0 or == 0."""

    @abstractmethod
    def set_objective(self, payload: Any, sense: int) -> None:
        """Set the objective; sense is +1 to maximise, -1 to minimise."""


def _spread(bound: Array, shape: tuple[int, ...]) -> Array:
    """A bound for every element: ``np.broadcast_to``, in a tenth of its time where the bound is a number."""
    if bound.shape == shape:
        return bound
    if bound.ndim:
        return np.broadcast_to(bound, shape)
    spread: Array = np.ndarray(shape, float, bound, strides=(0,) * len(shape))
    spread.flags.writeable = False
    return spread


def _scale(scale: Any, whose: str) -> Any:
    """A declared scale, which is a number or an array of them."""
    if isinstance(scale, float) and scale == 0.0:  # none is declared
        return scale
    array = np.asarray(scale, dtype=float)
    if not (np.isfinite(array) & (array >= 0.0)).all():
        raise InputError(f"the scale of {whose} must be a number of at least 0")
    return array
