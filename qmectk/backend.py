"""What a solver implements to be a backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .errors import InputError, MissingPackage
from .extending.installed import distribution, installed
from .language import Signature
from .options import NoOptions
from .status import Termination
from .timing.budget import Budget
from .timing.deadline import Expired
from .views.base import View


@dataclass(frozen=True)
class Reply:
    """What a backend answers, in the terms of the view it was given. The core believes none of it unmeasured.

    Attributes
    ----------
    point
        A point of the view (bits for Binary, a sample for QUBO, values by name for Algebraic, ...), or None
        when there is no incumbent.
    termination
        How it stopped.
    bound
        A proved bound on the optimum of the view, in the declared unit, or None.
    proof
        The argument behind the bound ("enumeration", "branch and bound", ...).
    tolerance
        Relative tolerance the bound is stated up to.
    objective
        The objective the backend believes in, if it wants it checked against the measured one.
    message
        One sentence for people.
    info
        Plain values worth keeping (nodes, rounds, penalties).
    raw
        The point before the backend chose among candidates of its own (a policy's rounded action), or None. It is
        measured and reported beside `point`: the best of many candidates hides a policy that has lost its way.
    """

    point: Any
    termination: Termination
    bound: float | None = None
    proof: str = ""
    tolerance: float = 0.0
    objective: float | None = None
    message: str = ""
    info: dict[str, Any] = field(default_factory=dict)
    raw: Any = None


class Backend(ABC):
    """A solver. Subclass it, name what it accepts, implement ``solve``, or ``solve_many`` where batches are cheaper.

    Attributes
    ----------
    name
        What users type.
    accepts
        View types, the preferred one first.
    requires
        Import names of packages it needs; probed without importing them, so import them inside ``solve``.
    extra
        The extra of its distribution that installs them, for the error message ("qmectk[annealing]").
    max_bits
        Largest number of bits it takes, or None.
    proves
        Whether its replies may carry a bound. A bound from a backend that does not say so is ignored.
    certifies
        Whether its answers are the reference beside which all others are set; one of qmectk's own is.
    floor
        Whether it is a rule so plain that whatever is worth its time must beat it: its mean ratio is shown beside those
        of others (:mod:`qmectk.judging.floors`).
    Options
        A frozen dataclass; ``-o key=value`` is validated against it.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    accepts: ClassVar[tuple[type[View], ...]]
    requires: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str | None] = None
    max_bits: ClassVar[int | None] = None
    proves: ClassVar[bool] = False
    certifies: ClassVar[bool] = False
    floor: ClassVar[bool] = False
    Options: ClassVar[type] = NoOptions

    def __init__(self, options: Any = None) -> None:
        self.options = self.Options() if options is None else options

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        """Answer one instance within the budget. All randomness comes from `rng`.

        ``budget.start()`` is a known point, if there is one; searches may begin there.
        """
        return self.solve_many([view], budget, [rng])[0]

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        """Answer a stream, by default one after the other. Override it when a batch is cheaper than its parts.

        A reply per view that was reached; fewer than `views` when the budget ended first or Ctrl-C was pressed
        after the first (then ``budget.interrupted`` is set).
        """
        replies: list[Reply] = []
        starts = budget.starts
        for done, (view, rng) in enumerate(zip(views, rngs, strict=True)):
            if done and budget.expired():
                break
            budget.starts = starts[done : done + 1]
            try:
                replies.append(self.solve(view, budget, rng))
            except KeyboardInterrupt:
                if not replies:
                    raise
                budget.interrupted = True  # hours of finished frames are worth more than a clean exit
                break
            except Expired:
                if not replies:
                    raise
                break
            if len(views) > 1:
                budget.report(self.name, done + 1, len(views))
        return replies

    @classmethod
    def carries_over(cls, options: Any) -> bool:
        """Whether with these options its answer to a frame depends on the frames before it.

        It is then asked about a stream once. Others are asked again, about the frames that follow, where there is a
        time limit.
        """
        return False

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        """Rough seconds to a proof for an instance of this size; None when it cannot promise one."""
        return None

    @classmethod
    def delegate(cls, instance: Any) -> type[Backend] | None:
        """The backend this one would hand `instance` to, for ``explain``; None when it solves it itself."""
        return None

    @classmethod
    def unavailable(cls) -> str:
        """Why it cannot be used here although its packages are installed (no account, no licence), and the remedy.

        One sentence, "" when nothing is known against it. For ``qmectk backends``: quick, and connects to nothing.
        """
        return ""

    @classmethod
    def missing(cls) -> list[str]:
        """Required import names that are not installed."""
        return [name for name in cls.requires if not installed(name)]

    @classmethod
    def check_installed(cls) -> None:
        """Raise MissingPackage, naming the extra, when a required package is absent."""
        missing = cls.missing()
        if missing:
            packages = ", ".join(distribution(name) for name in missing)
            what = f"'{cls.extra}'" if cls.extra else " ".join(distribution(name) for name in missing)
            raise MissingPackage(f"backend '{cls.name}' needs {packages}", f"run: pip install {what}")


class LearnedBackend(Backend):
    """A backend that trains on the problem's stream before it answers.

    The core calls ``train`` once, then ``solve_many`` on the frames that follow the training frames.

    Attributes
    ----------
    on_copies
        Whether it learns on copies of the problem's world (:meth:`qmectk.Problem.copies`) instead of training frames.
        `stream` then has the attribute ``problem``, and the problem needs no training frames.
    """

    on_copies: ClassVar[bool] = False

    @abstractmethod
    def train(
        self, stream: Callable[[], Sequence[Any]], fingerprint: str, budget: Budget, rng: np.random.Generator
    ) -> dict[str, Any]:
        """Train, or load what an earlier run trained.

        Parameters
        ----------
        stream
            Makes the views of the training frames, in order; not called when a cached policy is used.
        fingerprint
            Hash of the problem; with options and versions it names the cached policy.

        Returns
        -------
        dict
            Plain facts worth keeping: training seconds, frames, whether the cache was used.
        """

    def untrained(self, view: Any) -> Any:
        """A point of the view where a time limit ended ``train``; None, the default, where there is none without it."""
        return None

    @property
    def needs_frames(self) -> bool:
        """Whether it has to train at all; False where its options bring a policy."""
        return True

    def origin(self) -> dict[str, Any]:
        """Facts of the policy that its options bring, as :meth:`policy` was given them; {} where they bring none."""
        return {}

    def policy(self, origin: dict[str, Any]) -> Any:
        """What ``train`` made, to be kept; it has ``save(folder)``.

        Parameters
        ----------
        origin
            Plain facts about the problem and the training, for people; and ``reading``, the problem's
            :class:`~qmectk.views.Reading` or None.
        """
        raise InputError(f"backend '{self.name}' keeps no policies")

    @classmethod
    def load_policy(cls, folder: Path) -> Any:
        """Read what ``policy(...).save(folder)`` wrote."""
        raise InputError(f"backend '{cls.name}' keeps no policies")
