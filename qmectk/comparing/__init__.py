"""Comparing backends: the same instances for all, every run isolated, stored and measured by the core.

``qmectk.compare(...)`` is the function, ``qmectk compare`` the command, ``docs/compare.md`` the manual. What is named
here is imported at the first look: workers need little of it, and start sooner.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Interrupted, compare
    from .running.scheduler import Watcher
    from .studies.study import BackendEntry, ProblemEntry, Study
    from .studies.study_file import load_study

_HOME = {
    "BackendEntry": "studies.study",
    "Interrupted": "api",
    "ProblemEntry": "studies.study",
    "Study": "studies.study",
    "Watcher": "running.scheduler",
    "compare": "api",
    "load_study": "studies.study_file",
}

__all__ = ["BackendEntry", "Interrupted", "ProblemEntry", "Study", "Watcher", "compare", "load_study"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'qmectk.comparing' has no attribute '{name}'")
    value = globals()[name] = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    return value
