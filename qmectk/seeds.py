"""The named streams of random numbers, and the one function that makes a generator of any of them.

Two streams never share a number: the name of a stream is a part of its seed. The data of a problem are the exception
in form only: they are ``default_rng([seed, *place])``, so that a problem's numbers can be drawn without qmectk, and no
other stream has that form.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import cache

import numpy as np


class Stream(StrEnum):
    """The streams of the core. A plugin names its own, as ``"<distribution>: <what is drawn>"``.

    ======== ========================== ==========================================================================
    stream   place                      what is drawn
    ======== ========================== ==========================================================================
    DATA     chosen by the problem      instances, paths and whatever else belongs to a problem and its ``seed``
    PATH     ()                         the first state of a process
    SLOT     (slot,)                    arrivals, channels and mobility of a slot, whatever is decided
    BACKEND  (frame,)                   what a backend draws for a frame
    TRAINING ()                         what a backend draws while it learns
    DECISION (slot,)                    what a backend draws as the controller of a slot
    SAMPLE   ()                         what an environment draws: the slots of its episodes
    ======== ========================== ==========================================================================
    """

    DATA = "data"
    PATH = "path"
    SLOT = "slot"
    BACKEND = "backend"
    TRAINING = "training"
    DECISION = "decision"
    SAMPLE = "sample"


#: What stands before the place in the data of a process; see :class:`Stream`.
_DATA = {Stream.DATA: (), Stream.PATH: (0,), Stream.SLOT: (1,)}


def generator(stream: str, seed: int, *place: int) -> np.random.Generator:
    """A generator of a named stream, the same for the same seed and place on every machine.

    Parameters
    ----------
    stream
        A :class:`Stream`, or the name of a plugin's own.
    seed
        Not negative; of the problem for its data, of the run for everything else.
    place
        Whole numbers that are not negative: a frame, a slot, an epoch.

    >>> generator(Stream.BACKEND, 0, 7).random() == generator(Stream.DATA, 0, 7).random()
    False
    """
    if stream in _DATA:
        return np.random.default_rng([seed, *_DATA[Stream(stream)], *place])
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*_words(str(stream)), *place)))


@cache
def _words(stream: str) -> tuple[int, int]:
    """Two words of 32 bits that stand for a name."""
    digest = hashlib.sha256(stream.encode()).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")
