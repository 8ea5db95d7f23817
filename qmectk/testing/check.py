"""``check``: the conformance suite without a test runner, for ``qmectk check-backend``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from ..backend import Backend
from ..errors import described
from .bench import Bench, SuiteConfig
from .clauses import CLAUSES, Clause


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
    bench = Bench(backend, config)
    results = []
    for clause in CLAUSES.values():
        result = verdict(clause, bench)
        if report is not None:
            report(result)
        results.append(result)
    return results


def verdict(clause: Clause, bench: Bench) -> ClauseResult:
    """One clause on one bench."""
    reason = bench.config.skip.get(clause.name)
    if reason is not None:
        passed = not os.environ.get("CI")
        return ClauseResult(clause.name, clause.description, passed, f"skipped: {reason}")
    try:
        return ClauseResult(clause.name, clause.description, True, clause.check(bench))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a backend can break a check in ways nobody thought of; that is a verdict, too
        known = isinstance(error, AssertionError)
        detail = str(error) if known else described(error)
        return ClauseResult(clause.name, clause.description, False, detail)


__all__ = ["ClauseResult", "check", "verdict"]
