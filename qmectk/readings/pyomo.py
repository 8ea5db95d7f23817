"""Pyomo, imported in half the time: where scipy is there already, Pyomo imports ``scipy.stats``, a second, for nothing.

What asks Pyomo or scipy for it later gets it: ``scipy.stats`` is imported when it is looked up.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def _imported() -> Any:
    """``pyomo.environ``. A module that stands for ``scipy.stats`` meanwhile imports it if another thread asks."""
    if "scipy.stats" in sys.modules:
        return importlib.import_module("pyomo.environ")

    def really(name: str) -> Any:
        _leave(stands)
        return getattr(importlib.import_module("scipy.stats"), name)

    sys.modules["scipy.stats"] = stands = ModuleType("scipy.stats")
    vars(stands)["__getattr__"] = really
    try:
        return importlib.import_module("pyomo.environ")
    finally:
        _leave(stands)


def _leave(stands: ModuleType) -> None:
    if sys.modules.get("scipy.stats") is stands:
        del sys.modules["scipy.stats"]


pyo = _imported()

from pyomo.core.expr.numeric_expr import LinearExpression  # noqa: E402  # after pyo, which Pyomo's parts would import

__all__ = ["LinearExpression", "pyo"]
