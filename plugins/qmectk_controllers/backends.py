"""What all learned controllers are as backends: trained once on copies of the world, then asked slot by slot."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qmectk.backend import LearnedBackend, Reply
from qmectk.errors import Refused
from qmectk.learning.policies import facts_of, folder_for, unstamped
from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk.views import Decisions

from .options import ControllerOptions

if TYPE_CHECKING:
    from .learner import Learner
    from .training import Trained


class ControllerBackend(LearnedBackend):
    """A preset: a learner with its options.

    Attributes
    ----------
    learner
        Where its algorithm is, "module:class" within this package; it is imported when it is needed, torch with it.
    """

    accepts = (Decisions,)
    requires = ("torch", "safetensors")
    extra = "qmectk[learned]"
    on_copies = True
    learner: ClassVar[str]
    Options = ControllerOptions
    options: ControllerOptions

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._trained: Trained | None = None

    @classmethod
    def algorithm(cls) -> type[Learner]:
        """The learner's class."""
        module, name = cls.learner.split(":")
        found: type[Learner] = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return found

    def train(
        self, stream: Callable[[], Sequence[Any]], fingerprint: str, budget: Budget, rng: np.random.Generator
    ) -> dict[str, Any]:
        from qmectk_learned.threads import one_thread

        from .training import trained_controller

        if self.options.policy:
            return self._take(self.options.policy, stream()[0])
        problem = stream.problem  # type: ignore[attr-defined]  # on_copies: the core hands over whose slots they are
        with one_thread():
            seed = int(rng.integers(0, 2**62))
            self._trained = trained_controller(self.name, self.algorithm(), self.options, problem, budget, seed)
        return dict(self._trained.facts)

    def _take(self, name: str, view: Decisions) -> dict[str, Any]:
        """Use a policy that was trained before, with the options that it was trained with; Refused where it is not for
        slots like this one."""
        from qmectk_learned.folder import OWN

        from .training import Trained

        folder = folder_for(name, self.name)
        kept = self.load_policy(folder)
        reason = kept.policy.refuses(view)
        if reason:
            raise Refused(f"the policy {folder} is not for this problem: {reason}", "train one on it")
        self.options = dataclasses.replace(kept.options, policy=name, device=self.options.device)
        facts = {"policy": str(folder), **{k: v for k, v in kept.facts.items() if v and k not in OWN}}
        self._trained = Trained(kept.policy, facts, list(kept.curve))
        return facts

    @property
    def needs_frames(self) -> bool:
        return not self.options.policy

    def origin(self) -> dict[str, Any]:
        return facts_of(unstamped(self.options.policy)) if self.options.policy else {}

    def untrained(self, view: Decisions) -> Any:
        """The first allowed choice of every device, and as little of it as may be; nothing where devices spread."""
        return view.spreading(np.zeros(view.allowed.shape)) if view.spread else view.decided(np.zeros(view.devices), 0)

    def policy(self, origin: dict[str, Any]) -> Any:
        from qmectk_learned.cache import versions

        from .kept import KeptController

        made = self._made()
        facts = {"backend": self.name, **origin, "unfinished": made.unfinished, "versions": versions(), "reading": None}
        options = dataclasses.replace(self.options, retrain=False, resume=False)
        return KeptController(made.policy, options, facts, ("update", *self.algorithm().columns), made.curve)

    @classmethod
    def load_policy(cls, folder: Path) -> Any:
        from .kept import load_controller

        return load_controller(folder, cls.algorithm(), cls.Options)

    def solve(self, view: Decisions, budget: Budget, rng: np.random.Generator) -> Reply:
        from qmectk_learned.threads import one_thread

        made = self._made()
        with one_thread():
            point = made.policy.decide(view, rng)
        stop = Termination.BUDGET if made.unfinished else Termination.CONVERGED
        return Reply(point, stop, message=made.unfinished)

    def _made(self) -> Trained:
        if self._trained is None:
            raise Refused(f"backend '{self.name}' has not been trained", "call train first")
        return self._trained


__all__ = ["ControllerBackend"]
