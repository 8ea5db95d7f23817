"""Statistics of a comparison, one concept a module; every function takes the DataFrame of runs, one row a run."""

from .bootstrap import Interval, interval, share_interval
from .breakeven import break_even
from .means import shifted_geometric_mean
from .prepare import prepare
from .profiles import costs, data_profile, performance_profile
from .ranks import critical_difference, friedman, holm, losses, wilcoxon_pairs
from .summary import summarize
from .targets import repetitions, time_to_target, time_to_target_points

__all__ = [
    "Interval",
    "break_even",
    "costs",
    "critical_difference",
    "data_profile",
    "friedman",
    "holm",
    "interval",
    "losses",
    "performance_profile",
    "prepare",
    "repetitions",
    "share_interval",
    "shifted_geometric_mean",
    "summarize",
    "time_to_target",
    "time_to_target_points",
    "wilcoxon_pairs",
]
