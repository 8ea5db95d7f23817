"""What a backend's module imports when it is loaded, seen in a process of its own."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import os
import subprocess
import sys
from functools import lru_cache

from ..backend import Backend
from ..extending.foreign import GROUP
from ..plugins import registry

#: Packages that no plugin may import while it is being loaded: each costs a fraction of a second or more.
HEAVY = frozenset(
    {"torch", "cvxpy", "pyomo", "highspy", "dimod", "dwave", "qiskit", "qiskit_optimization", "tensorflow", "jax"}
)

_SCRIPT = """
import importlib, importlib.util, json, sys
import qmectk.plugins
for name, path in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except BaseException:
        if not path:  # a broken neighbour in the same distribution is listed by the registry and is not this backend
            continue
        spec = importlib.util.spec_from_file_location("backend_under_test", path)
        sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def heavy_imports(backend: type[Backend], *, registered: bool) -> list[str]:
    """Heavy packages, and packages from its `requires`, that loading the backend's plugin imports."""
    loaded = _loaded_by(_modules(backend, registered))
    # what qmectk itself needs may be there already and is no fault
    own = {name.partition(".")[0] for name in backend.requires} - _core_dependencies()
    return sorted(loaded & (HEAVY | own))


def _modules(backend: type[Backend], registered: bool) -> tuple[tuple[str, str], ...]:
    if registered:
        origin = registry().origin.get(backend.name)
        points = [p for p in importlib.metadata.entry_points(group=GROUP) if p.dist and p.dist.name == origin]
        return tuple((name, "") for name in sorted({point.value for point in points}))
    name = backend.__module__
    # "__main__" is a module of the caller, which the other process has to load by its path
    return (("" if name == "__main__" else name, inspect.getsourcefile(backend) or ""),)


@lru_cache(maxsize=64)
def _loaded_by(modules: tuple[tuple[str, str], ...]) -> frozenset[str]:
    wanted = [(name or "backend_under_test", path) for name, path in modules]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps(wanted)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise ImportError(f"loading {', '.join(n for n, _ in wanted)} fails: {done.stderr.strip().splitlines()[-1]}")
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


@lru_cache(maxsize=1)
def _core_dependencies() -> frozenset[str]:
    needed = importlib.metadata.requires("qmectk") or []
    names = [line for line in needed if "extra ==" not in line]
    return frozenset(_bare(line).replace("-", "_") for line in names)


def _bare(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), len(requirement))
    return requirement[:end].lower()
