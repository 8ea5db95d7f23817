"""Statistics of a comparison, one concept a module; every function takes the DataFrame of runs, one row a run."""

from .bootstrap import Interval, interval, share_interval
from .breakeven import break_even
from .horizons import differences, spread, summarize_horizons, trade_off
from .means import shifted_geometric_mean
from .prepare import prepare
from .profiles import costs, data_profile, performance_profile
from .ranks import critical_difference, friedman, holm, losses, wilcoxon_pairs
from .spent import spent, time_parts
from .summary import summarize
from .sweep import nearest_to_default, sweep_curve
from .targets import repetitions, time_to_target, time_to_target_points

__all__ = [
    "Interval",
    "break_even",
    "costs",
    "critical_difference",
    "data_profile",
    "differences",
    "friedman",
    "holm",
    "interval",
    "losses",
    "nearest_to_default",
    "performance_profile",
    "prepare",
    "repetitions",
    "share_interval",
    "shifted_geometric_mean",
    "spent",
    "spread",
    "summarize",
    "summarize_horizons",
    "sweep_curve",
    "time_parts",
    "time_to_target",
    "time_to_target_points",
    "trade_off",
    "wilcoxon_pairs",
]
