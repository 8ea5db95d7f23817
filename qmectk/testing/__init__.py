"""The conformance suite for backends, shipped so that plugins can be held to the same contract as the core's own.

>>> from qmectk.testing import BackendSuite
>>> class TestMine(BackendSuite):
...     backend = "cd"

is a whole conformance test for pytest; ``check("cd")`` and ``qmectk check-backend cd`` need no pytest. The same for
problem families are ``ProblemSuite``, ``check_problem`` and ``qmectk check-problem``.
"""

from .bench import Bench, SuiteConfig
from .check import ClauseResult, check, check_problem
from .clauses import CLAUSES, Clause, Violation
from .families import FAMILY_CLAUSES, FamilyConfig
from .instances import Case, case_of
from .suite import BackendSuite, ProblemSuite

__all__ = [
    "CLAUSES",
    "FAMILY_CLAUSES",
    "BackendSuite",
    "Case",
    "Bench",
    "Clause",
    "ClauseResult",
    "FamilyConfig",
    "ProblemSuite",
    "SuiteConfig",
    "Violation",
    "case_of",
    "check",
    "check_problem",
]
