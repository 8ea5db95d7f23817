"""The parts of a status: how a backend stopped, and what its point is worth.

The third part, what proves it, is :class:`qmectk.judging.certificate.Certificate`. They are kept apart
because one string cannot say "stopped at the limit, with a feasible point, within 2 % of a proved bound".
"""

from __future__ import annotations

import enum


class Termination(enum.StrEnum):
    """How a backend stopped, in its own words."""

    PROVED = "proved"  #: it completed a proof (optimality or infeasibility) of the view it was given
    CONVERGED = "converged"  #: its own stopping rule was met, without a proof
    BUDGET = "budget"  #: time or iterations ran out
    INTERRUPTED = "interrupted"  #: the user pressed Ctrl-C; what was finished is kept
    FAILED = "failed"  #: it crashed or could not go on


class Quality(enum.StrEnum):
    """What the returned point is, measured by the core on the declared problem."""

    NONE = "none"  #: there is no point
    INFEASIBLE = "infeasible"  #: it violates a constraint by more than the tolerance
    FEASIBLE = "feasible"  #: every constraint holds to the tolerance
    OPTIMAL = "optimal"  #: feasible, and a certificate bounds the optimum within the requested gap


#: From the least that a point can be to the most.
WORST_FIRST = (Quality.NONE, Quality.INFEASIBLE, Quality.FEASIBLE, Quality.OPTIMAL)

#: Largest violation of a point still called feasible, relative as :mod:`qmectk.judging.feasibility` measures it, and
#: most that a value of a binary or integer variable may be away from the whole number that it stands for. HiGHS, SCIP
#: and Gurobi use 1e-6 for either.
FEASIBILITY_TOLERANCE = 1e-6

#: Relative gap to the certificate's bound below which a feasible point is called optimal.
OPTIMALITY_GAP = 1e-6

#: Relative gap at which a run counts as having reached the target, unless another is asked for.
TARGET_GAP = 1e-3
