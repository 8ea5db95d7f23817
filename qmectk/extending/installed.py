"""Which optional packages are there. Nothing is imported to find out."""

from __future__ import annotations

import importlib.util
from functools import lru_cache

from ..errors import MissingPackage


@lru_cache(maxsize=256)
def installed(module: str) -> bool:
    """Whether `module` can be imported, without importing it. Asked once a process."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def check_there(what: str, extra: str, *modules: str) -> None:
    """Raise MissingPackage, naming the extra of qmectk, where a module that `what` (plural) need is not installed."""
    missing = [distribution(name) for name in modules if not installed(name)]
    if missing:
        raise MissingPackage(f"{what} need {', '.join(missing)}", f"run: pip install 'qmectk[{extra}]'")


def distribution(module: str) -> str:
    """The name pip knows an import name by ("dwave.samplers" -> "dwave-samplers")."""
    return module.replace(".", "-").replace("_", "-")
