"""Certified optima of problems with one shared budget and on/off items (the structure of P1)."""

from __future__ import annotations

from .results import ManySharedBudgetResult, SharedBudgetResult
from .solve import solve_shared_budget, solve_shared_budget_many

__all__ = ["ManySharedBudgetResult", "SharedBudgetResult", "solve_shared_budget", "solve_shared_budget_many"]
