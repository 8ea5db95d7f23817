"""Pyomo, imported in a third of the time: where scipy is there already, Pyomo imports parts of it for nothing.

Who asks Pyomo or scipy for them later gets them: each is imported when it is looked up.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

#: What Pyomo imports of scipy beside what is used here; together a second and a half of processor time.
NEEDLESS = ("scipy.stats", "scipy.integrate", "scipy.spatial")


class _Stands(ModuleType):
    """Stands for a module while Pyomo is imported, and imports it if an attribute is asked for meanwhile."""

    def __getattr__(self, name: str) -> Any:
        self.leave()
        return getattr(importlib.import_module(self.__name__), name)

    def leave(self) -> None:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


def _imported() -> Any:
    """``pyomo.environ``, with nothing left in the place of what is not there yet."""
    standing = [_Stands(name) for name in NEEDLESS if name not in sys.modules]
    sys.modules.update({one.__name__: one for one in standing})
    try:
        return importlib.import_module("pyomo.environ")
    finally:
        for one in standing:
            one.leave()


pyo = _imported()

from pyomo.core.expr.numeric_expr import LinearExpression  # noqa: E402  # after pyo, which Pyomo's parts would import

__all__ = ["LinearExpression", "pyo"]
