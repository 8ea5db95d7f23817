"""``--set``, ``--V`` and ``-o`` with values at the edge, for every backend and problem."""

from __future__ import annotations

from functools import cache

import numpy as np

from qmectk.options import fields_of
from qmectk.plugins import registry

from . import edges
from .case import Command
from .documents import text, tree
from .families import FILES, keys

#: Backends whose start alone takes seconds (torch, circuits, mocks of clouds): one case in so many.
HEAVY, ONE_OF = ("ugq", "droo", "qaoa", "dwave-qpu", "leap-hybrid"), 10


@cache
def _options() -> dict[str, tuple[str, ...]]:
    return {name: tuple(f.name for f in fields_of(backend.Options)) for name, backend in registry().backends.items()}


def _argument(rng: np.random.Generator) -> str:
    """A value as a shell passes it: no NUL, and not longer than the kernel lets through."""
    return edges.value(rng).replace("\x00", "")[:100_000]


def replaced(rng: np.random.Generator) -> Command:
    """``simulate --set KEY=VALUE`` and ``--V``."""
    family = str(rng.choice(["drift", "meqc-ye"]))
    path = keys(family)[int(rng.integers(len(keys(family))))]
    given = "{" + path[1] + ": " + _argument(rng) + "}" if len(path) == 2 else _argument(rng)
    if rng.random() < 0.15:
        extra = ["--V", ",".join(edges.number(rng)[:400] for _ in range(int(rng.integers(1, 4))))]
    else:
        key = path[0] if rng.random() < 0.9 else edges.pick(rng, edges.KEYS).replace("\x00", "")
        extra = ["--set", f"{key}={given}" if rng.random() < 0.97 else _argument(rng)]
    arguments = ("simulate", "p.yaml", "--slots", "2", "--time-limit", "1", "--json", *extra)
    return Command({"p.yaml": text(tree(FILES[family])).encode()}, arguments)


def options(rng: np.random.Generator) -> Command:
    """``solve -o KEY=VALUE`` with every backend."""
    names = sorted(_options())
    backend = str(rng.choice(names))
    if backend in HEAVY and rng.integers(ONE_OF):
        backend = "cd"
    known = [*_options()[backend], "grid", "penalty", "penalty_factor", "training_frames", "nothing", ""]
    given = []
    for _ in range(int(rng.integers(1, 3))):
        value = edges.number(rng) if rng.random() < 0.6 else _argument(rng)
        given += ["-o", f"{rng.choice(known)}={value}"]
    family = str(rng.choice(list(FILES)))
    arguments = ("solve", "p.yaml", "-b", backend, "--frame", "0", "--time-limit", "1", "--json", *given)
    return Command({"p.yaml": text(tree(FILES[family])).encode()}, arguments)
