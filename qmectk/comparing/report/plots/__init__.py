"""The plots of a comparison, as plotly figures; each takes the DataFrame of runs, one row a run.

Contenders keep their colour, dash and marker in every plot. Names are other people's strings: plotly reads a subset
of HTML in its texts, so they are escaped.
"""

from .gaps import gap_distribution, gap_over_time
from .horizons import goal_against_backlog, trade_off_curve, trajectory
from .instances import scatter
from .profiles import performance_profile, time_profile, time_to_target
from .ranks import critical_difference
from .style import floors_of, styles_of
from .sweep import penalty_sweep
from .times import where_time_goes

__all__ = [
    "critical_difference",
    "floors_of",
    "gap_distribution",
    "gap_over_time",
    "goal_against_backlog",
    "penalty_sweep",
    "performance_profile",
    "scatter",
    "styles_of",
    "time_profile",
    "time_to_target",
    "trade_off_curve",
    "trajectory",
    "where_time_goes",
]
