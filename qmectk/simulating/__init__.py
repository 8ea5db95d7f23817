"""Simulation: any backend as the controller of a time-coupled problem."""

from .api import simulate
from .loop import Interrupted
from .result import Simulation
from .sweep import sweep
from .trace import write_trace

__all__ = ["Interrupted", "Simulation", "simulate", "sweep", "write_trace"]
