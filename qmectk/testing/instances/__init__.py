"""What backends are tried on: small problems whose optimum is known without any solver.

All are declared here, so that the suite does not depend on the shipped problems. Numbers are drawn
from fixed seeds. Arrays stay writable on purpose: a backend that writes into them is caught by comparison.
"""

from .bits import Knapsack, OneBit, Squares
from .case import Case, case_of, cases, shipped_cases, slow_cases
from .congestion import FRAMES, TRAINING_FRAMES, Congestion, CongestionBinary, CongestionParams, CongestionStream
from .continuous import OneServer, Switch, WaterFilling
from .infeasible import Impossible, Parity, TooLittle, TooMany
from .known import MOST_BITS, Known, Unknown, all_actions, true_optimum
from .slow import Chargers, SlowStream

__all__ = [
    "FRAMES",
    "MOST_BITS",
    "TRAINING_FRAMES",
    "Case",
    "Chargers",
    "Congestion",
    "CongestionBinary",
    "CongestionParams",
    "CongestionStream",
    "Impossible",
    "Knapsack",
    "Known",
    "OneBit",
    "OneServer",
    "Parity",
    "SlowStream",
    "Squares",
    "Switch",
    "TooLittle",
    "TooMany",
    "Unknown",
    "WaterFilling",
    "all_actions",
    "case_of",
    "cases",
    "shipped_cases",
    "slow_cases",
    "true_optimum",
]
