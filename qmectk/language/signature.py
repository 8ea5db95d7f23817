"""What a declaration contains, without numbers: its variables, constraint names and sense."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .atoms import Array, Atom
from .expression import Expression
from .namespace import Language, Variable


class Declares(Protocol):
    """Anything with a ``declare(m)``."""

    def declare(self, m: Language) -> None:
        """State the problem against `m`."""


@dataclass
class Signature(Language):
    """The reading that keeps names and shapes only."""

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

    def make_variable(self, variable: Variable) -> None:
        self.variables[variable.name] = variable

    def constant(self, array: Array) -> None:
        return None

    def add(self, left: Any, right: Any) -> None:
        return None

    def scale(self, array: Array, payload: Any) -> None:
        return None

    def multiply(self, left: Any, right: Any) -> None:
        self.atoms.add("product")

    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> None:
        return None

    def index(self, payload: Any, key: Any) -> None:
        return None

    def total(self, payload: Any) -> None:
        return None

    def apply(self, atom: Atom, arguments: list[Any], size: int | None, **parameters: float) -> None:
        self.atoms.add(atom.name)

    def add_constraint(self, difference: Expression, relation: str, name: str, redundant: bool) -> None:
        self.constraints.append(name)

    def set_objective(self, payload: Any, sense: int) -> None:
        self.sense = sense


def signature(declaration: Declares) -> Signature:
    """Read the signature of a declaration."""
    m = Signature()
    declaration.declare(m)
    return m
