"""``check`` and ``check_problem``: the conformance suites without a test runner, for the commands of these names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..backend import Backend
from ..errors import described
from ..problem import Problem
from .bench import Bench, SuiteConfig
from .clauses import CLAUSES, Clause
from .families import FAMILY_CLAUSES, FamilyBench, FamilyConfig


@dataclass(frozen=True)
class ClauseResult:
    """The verdict on one clause.

    Attributes
    ----------
    clause, description
        Its name, and what it asks for.
    passed
        Whether the backend keeps it.
    detail
        What was looked at, or how the clause is broken.
    """

    clause: str
    description: str
    passed: bool
    detail: str


def check(
    backend: str | type[Backend],
    config: SuiteConfig | None = None,
    report: Callable[[ClauseResult], None] | None = None,
) -> list[ClauseResult]:
    """Hold a backend to every clause.

    Parameters
    ----------
    backend
        A registered name, or a Backend class.
    config
        How to test it.
    report
        Called with each result as soon as it is known.

    Examples
    --------
    >>> results = check("greedy")
    >>> [r.clause for r in results if not r.passed]
    []
    """
    return _verdicts(CLAUSES, Bench(backend, config), report)


def check_problem(
    target: str | Path | Problem,
    config: FamilyConfig | None = None,
    report: Callable[[ClauseResult], None] | None = None,
) -> list[ClauseResult]:
    """Hold a problem family to every clause of its own contract.

    Parameters
    ----------
    target
        A problem file, the name of a shipped problem, or a Problem.
    config
        How to test it.
    report
        Called with each result as soon as it is known.

    Examples
    --------
    >>> [r.clause for r in check_problem("drift", FamilyConfig(tiny={"devices": 1, "servers": 1})) if not r.passed]
    []
    """
    return _verdicts(FAMILY_CLAUSES, FamilyBench(target, config), report)


def _verdicts(clauses: Mapping[str, Clause[Any]], bench: Any, report: Any) -> list[ClauseResult]:
    results = []
    for clause in clauses.values():
        result = verdict(clause, bench)
        if report is not None:
            report(result)
        results.append(result)
    return results


def verdict(clause: Clause[Any], bench: Any) -> ClauseResult:
    """One clause on one bench."""
    reason = bench.config.skip.get(clause.name)
    if reason is not None:
        passed = not os.environ.get("CI")
        return ClauseResult(clause.name, clause.description, passed, f"skipped: {reason}")
    try:
        return ClauseResult(clause.name, clause.description, True, clause.check(bench))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a backend can break a check in unforeseen ways; that is a verdict, too
        known = isinstance(error, AssertionError)
        detail = str(error) if known else described(error)
        return ClauseResult(clause.name, clause.description, False, detail)


__all__ = ["ClauseResult", "check", "check_problem", "verdict"]
