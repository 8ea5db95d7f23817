"""``BackendSuite``: the clauses as tests of pytest."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar

from ..backend import Backend
from .bench import Bench, SuiteConfig
from .clauses import CLAUSES, Clause


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


def _test(clause: Clause) -> Callable[[Any], None]:
    def test(self: BackendSuite) -> None:
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


for _clause in CLAUSES.values():
    setattr(BackendSuite, f"test_{_clause.name}", _test(_clause))

__all__ = ["BackendSuite"]
