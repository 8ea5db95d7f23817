"""What is tried: a case is named by its kind and a number, and is the same whenever and wherever it is made."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Command:
    """Files in a folder of their own, and a command line that is run there.

    Attributes
    ----------
    files
        Name -> content; written before the command runs, and compared with what is there after it.
    arguments
        What follows ``qmectk``.
    outputs
        Files that the command may make or change.
    refuted
        Whether exit code 5 is an answer: a claim in a file may be refuted. Elsewhere it is a fault of a backend that
        qmectk ships.
    check
        Looks at the folder and what was printed, and returns what is wrong.
    """

    files: dict[str, bytes]
    arguments: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    refuted: bool = False
    check: Callable[[Path, Any], list[str]] | None = None


@dataclass(frozen=True)
class Call:
    """Python code that is run in a folder of its own and returns what is wrong."""

    run: Callable[[Path], list[str]]
    about: str = ""


Case = Command | Call
Maker = Callable[[np.random.Generator], Case]


@dataclass(frozen=True)
class Kind:
    """A kind of cases: how one is made, and how many of a hundred are of this kind."""

    name: str
    make: Maker
    share: float
    about: str = field(default="")


def rng_of(kind: str, number: int) -> np.random.Generator:
    """The generator of one case."""
    return np.random.default_rng([zlib.crc32(kind.encode()), number])


def split(kinds: list[Kind], total: int) -> dict[str, int]:
    """How many cases of each kind make `total`; the first kind takes what rounding leaves."""
    whole = sum(kind.share for kind in kinds)
    counts = {kind.name: int(total * kind.share / whole) for kind in kinds}
    counts[kinds[0].name] += total - sum(counts.values())
    return counts
