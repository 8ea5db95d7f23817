"""Simulation: any backend as the controller of a time-coupled problem."""

from .api import simulate
from .floors import simulate_floors
from .loop import Interrupted
from .result import Simulation
from .sweep import sweep
from .trace import write_trace

__all__ = ["Interrupted", "Simulation", "simulate", "simulate_floors", "sweep", "write_trace"]
