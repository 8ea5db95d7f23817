"""Simulation: any backend as the controller of a time-coupled problem."""

from .loop import Interrupted, simulate
from .result import Simulation
from .sweep import sweep
from .trace import write_trace

__all__ = ["Interrupted", "Simulation", "simulate", "sweep", "write_trace"]
