"""Problem files, mutated: what a user mistypes, and what somebody hostile writes."""

from __future__ import annotations

import numpy as np

from .case import Command
from .documents import mutate, tree, written
from .families import FILES, keys

#: Commands that read a problem file, with how often each is tried. Time limits are of seconds.
COMMANDS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.50, ("solve", "p.yaml", "--frame", "0", "--time-limit", "1", "--json")),
    (0.08, ("solve", "p.yaml", "--time-limit", "1")),
    (0.06, ("solve", "p.yaml", "-b", "cd", "--time-limit", "1", "--json", "--frame", "1")),
    (0.04, ("solve", "p.yaml", "-b", "highs", "--time-limit", "1", "--json", "--frame", "0")),
    (0.10, ("show", "p.yaml")),
    (0.04, ("show", "p.yaml", "--json", "--frame", "1")),
    (0.06, ("explain", "p.yaml")),
    (0.02, ("schema", "p.yaml")),
    (0.06, ("simulate", "p.yaml", "--slots", "2", "--time-limit", "1", "--json", "--checkpoint", "c.npz")),
    (0.04, ("export", "p.yaml", "--out", "p.lp")),
)

OUTPUTS = ("c.npz", "p.lp")


def make(rng: np.random.Generator) -> Command:
    """A problem file with one to three mutations, and a command that reads it."""
    family = str(rng.choice(list(FILES)))
    document = tree(FILES[family])
    for _ in range(int(rng.choice((1, 2, 3), p=(0.7, 0.2, 0.1)))):
        if document:
            document = mutate(document, keys(family), rng)
    chosen = COMMANDS[int(rng.choice(len(COMMANDS), p=[share for share, _ in COMMANDS]))][1]
    return Command({"p.yaml": written(document, rng)}, chosen, OUTPUTS)
