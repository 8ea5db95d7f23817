"""What a declaration contains, without numbers: its variables, constraint names and sense."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from .atoms import Array, Atom
from .namespace import Language, Variable
from .row import Row


class Declares(Protocol):
    """Anything with a ``declare(m)``."""

    def declare(self, m: Language) -> None:
        """State the problem against `m`."""


@dataclass
class Signature(Language):
    """The reading that keeps names and shapes only, and refuses numbers that are not finite.

    A payload says what is wrong with the numbers in it, "" for nothing.
    """

    variables: dict[str, Variable] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    atoms: set[str] = field(default_factory=set)
    sense: int = 0

    target = "a signature"

    @property
    def binary(self) -> list[Variable]:
        """The binary variables, in declaration order."""
        return [variable for variable in self.variables.values() if variable.kind == "binary"]

    @property
    def discrete(self) -> bool:
        """Whether any variable is binary or integer."""
        return any(variable.kind != "continuous" for variable in self.variables.values())

    @property
    def bits(self) -> int:
        """Number of binary elements."""
        return sum(variable.length for variable in self.binary)

    def make_variable(self, variable: Variable) -> str:
        for bound in (variable.lower, variable.upper):
            if np.isnan(bound).any():
                raise InputError(f"a bound of variable '{variable.name}' {_flaw(bound)}", REMEDY)
        self.variables[variable.name] = variable
        return ""

    def constant(self, array: Array) -> str:
        return _flaw(array)

    def add(self, left: str, right: str) -> str:
        return left or right

    def scale(self, array: Array, payload: str) -> str:
        return payload or _flaw(array)

    def multiply(self, left: str, right: str) -> str:
        self.atoms.add("product")
        return left or right

    def matmul(self, matrix: Array, payload: str, scalar: bool) -> str:
        return payload or _flaw(matrix)

    def index(self, payload: str, key: Any) -> str:
        return payload

    def total(self, payload: str) -> str:
        return payload

    def apply(self, atom: Atom, arguments: list[str], size: int | None, **parameters: float) -> str:
        self.atoms.add(atom.name)
        return next(filter(None, arguments), "") or _flaw(list(parameters.values()))

    def add_constraint(self, row: Row) -> None:
        flaw = row.left.payload or row.right.payload
        if flaw:
            remedy = REMEDY if "nan" in flaw else f"{REMEDY}; leave out what has no limit"
            raise InputError(f"a number in constraint '{row.name}' {flaw}", remedy)
        self.constraints.append(row.name)

    def set_objective(self, payload: str, sense: int) -> None:
        if payload:
            raise InputError(f"a number in the objective {payload}", REMEDY)
        self.sense = sense


#: What to do about a number that is none.
REMEDY = "declare finite numbers"


def _flaw(numbers: Any) -> str:
    """What is wrong with the first of the numbers that is not finite; "" when all are."""
    array = np.asarray(numbers, dtype=float)
    if math.isfinite(np.add.reduce(array, axis=None)) or np.isfinite(array).all():  # a sum is half the work
        return ""
    at = np.argwhere(~np.isfinite(array))[0]
    where = f" (element {', '.join(map(str, at))})" if len(at) else ""
    return f"is {array[tuple(at)]:g}{where}"


def signature(declaration: Declares) -> Signature:
    """Read the signature of a declaration.

    Raises
    ------
    InputError
        When a coefficient or a constant is NaN or infinite, or a bound NaN; it names what it is declared in.
    """
    m = Signature()
    with np.errstate(all="ignore"):  # what overflows is refused below, with its name
        declaration.declare(m)
    return m
