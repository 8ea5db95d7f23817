"""The conformance suite for backends, shipped so that plugins can be held to the same contract as the core's own.

>>> from qmectk.testing import BackendSuite
>>> class TestMine(BackendSuite):
...     backend = "cd"

is a whole conformance test for pytest; ``check("cd")`` and ``qmectk check-backend cd`` need no pytest.
"""

from .bench import Bench, SuiteConfig
from .check import ClauseResult, check
from .clauses import CLAUSES, Clause, Violation
from .instances import Case, case_of
from .suite import BackendSuite

__all__ = [
    "CLAUSES",
    "BackendSuite",
    "Bench",
    "Case",
    "Clause",
    "ClauseResult",
    "SuiteConfig",
    "Violation",
    "case_of",
    "check",
]
