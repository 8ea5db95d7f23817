"""What a clause is: a check with a name, and how one is broken."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

#: What is looked at: a bench of a backend, or of a family.
_Bench = TypeVar("_Bench")


class Violation(AssertionError):
    """A backend or a family breaks a clause; the message says how."""


@dataclass(frozen=True)
class Clause(Generic[_Bench]):
    """One clause.

    Attributes
    ----------
    name
        Of the test, and in a report.
    description
        One sentence for people: what it asks.
    check
        Looks at a bench, and returns a sentence on what it looked at; raises :class:`Violation`.
    """

    name: str
    description: str
    check: Callable[[_Bench], str]


def clause(check: Callable[[_Bench], str]) -> Clause[_Bench]:
    """Make a clause of a check; the first paragraph of its docstring is the description."""
    text = inspect.getdoc(check) or ""
    return Clause(check.__name__, " ".join(text.split("\n\n")[0].split()), check)


def require(condition: Any, message: str) -> None:
    """Raise Violation unless `condition` holds."""
    if not condition:
        raise Violation(message)
