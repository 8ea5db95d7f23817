"""``BackendSuite`` and ``ProblemSuite``: the clauses as tests of pytest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..backend import Backend
from ..problem import Problem
from .bench import Bench, SuiteConfig
from .clauses import CLAUSES, Clause
from .families import FAMILY_CLAUSES, FamilyBench, FamilyConfig


class BackendSuite:
    """Subclass it in a test file, name the backend, and every clause is a test.

    >>> class TestMine(BackendSuite):
    ...     backend = "cd"  # a registered name, or the class itself
    ...     config = SuiteConfig(options={"restarts": 2})
    """

    backend: ClassVar[str | type[Backend]]
    config: ClassVar[SuiteConfig] = SuiteConfig()
    _bench: ClassVar[Bench | None] = None

    @classmethod
    def bench(cls) -> Bench:
        """The bench of this class: its runs are shared by the clauses."""
        made = cls.__dict__.get("_bench")
        if made is None:
            if not hasattr(cls, "backend"):
                raise TypeError(f"{cls.__name__} must say which backend it tests: backend = 'name'")
            made = Bench(cls.backend, cls.config)
            cls._bench = made
        return made

    @classmethod
    def teardown_class(cls) -> None:
        """Forget the runs, which hold every instance and answer."""
        cls._bench = None


class ProblemSuite:
    """The same for a problem family: name a file or a problem.

    >>> class TestTheirs(ProblemSuite):
    ...     problem = "drift"  # a file, a name, or the Problem itself
    ...     config = FamilyConfig(tiny={"devices": 1, "servers": 1})
    """

    problem: ClassVar[str | Path | Problem]
    config: ClassVar[FamilyConfig] = FamilyConfig()

    @classmethod
    def bench(cls) -> FamilyBench:
        """A bench of the problem."""
        if not hasattr(cls, "problem"):
            raise TypeError(f"{cls.__name__} must say which problem it tests: problem = 'file.yaml'")
        return FamilyBench(cls.problem, cls.config)


def _test(clause: Clause[Any]) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        reason = self.config.skip.get(clause.name)
        if reason is not None:
            import pytest

            if os.environ.get("CI"):
                pytest.fail(f"clause '{clause.name}' is skipped ({reason}), which CI does not allow", pytrace=False)
            pytest.skip(reason)
        clause.check(self.bench())

    test.__name__ = f"test_{clause.name}"
    test.__doc__ = clause.description
    return test


def _fill(suite: type, clauses: Mapping[str, Clause[Any]]) -> None:
    for one in clauses.values():
        setattr(suite, f"test_{one.name}", _test(one))


_fill(BackendSuite, CLAUSES)
_fill(ProblemSuite, FAMILY_CLAUSES)

__all__ = ["BackendSuite", "ProblemSuite"]
