"""What one run is, and the name that stays the same when the same run is asked for again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: Raised by one whenever a run means something else than before, so that stored rows are not mistaken for it.
FORMAT = 2

Kind = Literal["run", "horizon", "reference", "bound", "training"]

#: Share of the grace after which a run is ended from inside, so that the last point it reported counts.
SOONER = 0.8


@dataclass(frozen=True)
class Limits:
    """What every run of a study may use.

    Attributes
    ----------
    time_limit
        Time limit of a backend in seconds; None for no limit and no deadline.
    grace
        Seconds after the limit at which the process is ended.
    setup_limit
        Seconds for imports and warm-up, before the clock starts.
    memory_limit
        Bytes a run may allocate beyond what its worker holds when it starts; None for no limit.
    threads
        Threads of numerical libraries.
    gap
        Relative gap at which exact backends stop and a point is called optimal.
    """

    time_limit: float | None
    grace: float
    setup_limit: float
    memory_limit: int | None
    threads: int
    gap: float

    @property
    def deadline(self) -> float | None:
        """Seconds after which the process of a run is ended."""
        return None if self.time_limit is None else self.time_limit + self.grace

    @property
    def overtime(self) -> str:
        """Why a run was ended that went on beyond its grace."""
        return f"it did not stop within {self.grace:g} s after its time limit of {self.time_limit:g} s and was ended"

    @property
    def patience(self) -> float | None:
        """Seconds after which a run has ended in any case, setup included."""
        return None if self.deadline is None else self.deadline + self.setup_limit


@dataclass(frozen=True)
class Horizon:
    """Successive slots of a time-coupled problem that a controller is run on.

    Attributes
    ----------
    path
        Seed of the problem that draws arrivals, channels and movements.
    slots
        How many.
    settings
        Keys of the problem that a sweep replaced (V); they are part of the problem already.
    """

    path: int
    slots: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def settings_in_words(settings: Mapping[str, Any]) -> str:
    """Replaced keys as they stand behind the name of a problem; "" for none.

    >>> settings_in_words({"V": 1000.0})
    ' (V=1000)'
    """
    words = [f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in settings.items()]
    return f" ({', '.join(words)})" if words else ""


@dataclass(frozen=True)
class Task:
    """One run as it travels to a worker. Plain values only.

    Attributes
    ----------
    key
        Name of the run in the store.
    problem
        Fingerprint of the problem; names its pickle among the payloads.
    version
        Versions of qmectk and of what the backend comes with.
    coupled
        Whether neighbouring frames of the problem depend on each other.
    warm_up
        Whether the worker solves the instance once, shortly and unmeasured, before its first run of this kind.
    audited
        Whether a proof of it is set beside that of a second prover.
    horizon
        What is run instead of one instance; `frame` is then its path.
    certified
        Whether answers are set beside certified ones.
    reference
        The certified reference of the instance, or the bound over the horizon, as plain values.
    trained
        What training took, when that has been done before.
    """

    key: str
    kind: Kind
    problem: str
    title: str
    frame: int
    label: str
    sense: int
    unit: str
    backend: str
    options: dict[str, Any]
    seed: int
    version: str
    limits: Limits
    preset: str | None = None
    coupled: bool = False
    warm_up: bool = True
    audited: bool = False
    horizon: Horizon | None = None
    certified: bool = True
    reference: dict[str, Any] | None = field(default=None, compare=False)
    trained: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def measured(self) -> bool:
        """Whether it is what contenders are compared on, and no preparation of it."""
        return self.kind in ("run", "horizon")

    @property
    def contender(self) -> tuple[str, str, str]:
        """What runs of the same backend, options and problem have in common."""
        return (self.problem, self.backend, repr(sorted(self.options.items())))

    @property
    def policy(self) -> tuple[str, str, str, int]:
        """What decides a trained policy."""
        return (*self.contender, self.seed)


def run_key(
    kind: Kind, problem: str, frame: int, backend: str, options: Any, seed: int, version: str, limits: Limits
) -> str:
    """Hash of everything that decides what a run computes or how long it may take."""
    allowed = [limits.time_limit, limits.gap, limits.memory_limit, limits.threads]
    parts = [FORMAT, kind, problem, frame, backend, options, seed, version, allowed]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
