"""Comparing backends: the same instances for all, every run isolated, stored and measured by the core.

``qmectk.compare(...)`` is the function, ``qmectk compare`` the command, ``docs/compare.md`` the manual.
"""

from __future__ import annotations

from .api import Interrupted, compare
from .scheduler import Watcher
from .study import BackendEntry, ProblemEntry, Study, load_study

__all__ = ["BackendEntry", "Interrupted", "ProblemEntry", "Study", "Watcher", "compare", "load_study"]
