"""The backends `droo` and `ugq`: train along the frames once, then answer frames with the frozen policy."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qmectk.backend import LearnedBackend, Reply
from qmectk.errors import Refused
from qmectk.learning.policies import facts_of, folder_for, unstamped
from qmectk.status import Termination
from qmectk.timing.budget import Budget
from qmectk.views import Binary
from qmectk.views.scoring import ManyScorer

from .folder import SIZE
from .options import DrooOptions, PolicyOptions, PricedOptions, QarooOptions, UgqOptions

if TYPE_CHECKING:
    from .training import Trained

#: Most frames answered in one batch, and how long a batch may take before the next one is made smaller [s].
MOST_FRAMES, LONG = 256, 0.1


class PolicyBackend(LearnedBackend):
    """Online training (DROO's loop), then K candidates a frame from the frozen policy; the best one is the answer.

    While answering, K is the option `candidates` (one a bit), also where K adapted in training: a candidate costs
    about a microsecond, and more of them never give a worse answer.
    """

    accepts = (Binary,)
    requires = ("torch", "safetensors")
    extra = "qmectk[learned]"
    Options = PolicyOptions
    options: PolicyOptions

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._trained: Trained | None = None
        self._size = 0.0
        self._score = ManyScorer()

    def train(
        self, stream: Callable[[], Sequence[Any]], fingerprint: str, budget: Budget, rng: np.random.Generator
    ) -> dict[str, Any]:
        from .threads import one_thread
        from .training import trained_policy

        if self.options.policy:
            return self._take(self.options.policy, stream)
        if self.options.online:
            return {"online": True}
        with one_thread():
            seed = int(rng.integers(0, 2**62))
            self._trained = trained_policy(self.name, self.options, stream, fingerprint, budget, seed)
        from .ranges import warn_of_other_sizes

        self._size = float(self._trained.facts.pop(SIZE, 0.0))
        warn_of_other_sizes(self.name, self._size, None)
        return dict(self._trained.facts)

    def untrained(self, view: Binary) -> Any:
        """Every bit 0, or else every bit 1, as long as that can be completed."""
        constant = (np.full(view.n, bit, np.int8) for bit in (0, 1))
        return next((action for action in constant if np.isfinite(view.score(action[None])[0])), None)

    @property
    def needs_frames(self) -> bool:
        return not (self.options.policy or self.options.online)

    @classmethod
    def carries_over(cls, options: Any) -> bool:
        return bool(options.online)

    def origin(self) -> dict[str, Any]:
        return facts_of(unstamped(self.options.policy)) if self.options.policy else {}

    def _take(self, name: str, stream: Callable[[], Sequence[Any]]) -> dict[str, Any]:
        """Use a policy that was trained before, with the options that it was trained with.

        Raises
        ------
        Refused
            When it is of another backend, or not for frames like those of `stream`.
        """
        from .folder import OWN
        from .policy import contexts_of
        from .ranges import size_of, warn_of_other_sizes
        from .training import Trained

        folder = folder_for(name, self.name)
        kept = self.load_policy(folder)
        policy = kept.policy_on(self.options.device)
        views = stream()[:1]
        contexts_of(policy.shape, views)
        self._size = float(kept.facts.get(SIZE) or 0.0)
        if self._size:
            warn_of_other_sizes(self.name, size_of(policy.shape, views), self._size)
        answering = {"candidates": self.options.candidates} if self.options.candidates else {}
        self.options = dataclasses.replace(
            kept.options, policy=name, online=self.options.online, device=self.options.device, **answering
        )
        facts = {
            "policy": str(folder),
            **{k: v for k, v in kept.facts.items() if v and k not in OWN},
        }
        self._trained = Trained(policy, facts)
        return facts

    def policy(self, origin: dict[str, Any]) -> Any:
        from .cache import versions
        from .kept import KeptPolicy

        if self._trained is None:
            raise Refused(f"backend '{self.name}' has not been trained", "call train first")
        made, options = self._trained, dataclasses.replace(self.options, retrain=False, resume=False)
        reading = origin.get("reading")
        facts = {"backend": self.name, **origin, "unfinished": made.unfinished, "versions": versions()}
        facts["reading"] = None if reading is None else reading.plain()
        facts[SIZE] = self._size
        return KeptPolicy(made.policy.shape, made.policy.arrays(), options, facts, made.curve, reading)

    @classmethod
    def load_policy(cls, folder: Path) -> Any:
        from .policy_folder import load_kept

        return load_kept(folder, cls.Options)

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        """Answers in batches. A frame's answer depends on the policy, the frame and its own generator only."""
        from .threads import one_thread

        if self.options.online:
            return self._along(views, budget, rngs)
        if self._trained is None:
            raise Refused(f"backend '{self.name}' has not been trained", "call train first")
        replies: list[Reply] = []
        size, every, reported = 1, max(len(views) // 50, 1), 0
        with one_thread():
            while len(replies) < len(views) and not (replies and budget.expired()):
                start = time.perf_counter()
                batch = slice(len(replies), len(replies) + size)
                part = list(takewhile(lambda view: view.n == views[len(replies)].n, views[batch]))  # noqa: B023
                replies += self._answer(self._trained, part, budget, rngs[batch][: len(part)])
                size = min(2 * size, MOST_FRAMES) if time.perf_counter() - start < LONG else max(size // 2, 1)
                if len(views) > 1 and len(replies) // every > reported:
                    reported = len(replies) // every
                    budget.report(self.name, len(replies), len(views))
        return replies

    def _answer(
        self, trained: Trained, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        from .policy import contexts_of
        from .quantizers import default_candidates, quantizer_of

        policy = trained.policy
        # the best of several candidates by the scores of an old channel is the optimum of the old channel
        count = self.options.candidates or (1 if views[0].outdated else default_candidates(views[0].n))
        relaxed = policy.relaxed(contexts_of(policy.shape, views))
        actions = quantizer_of(self.options).candidates(relaxed, count, rngs)
        scores = self._score(views, actions, budget)
        stop = Termination.BUDGET if trained.unfinished else Termination.CONVERGED
        return [_best(*one, stop, trained.unfinished) for one in zip(actions, scores, strict=True)]

    def _along(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        from .along import learned_along
        from .threads import one_thread

        start = None if self._trained is None else self._trained.policy
        seed = int(rngs[0].integers(0, 2**62))
        with one_thread():
            tried = learned_along(views, self.options, seed, start, budget, self.name)
        return [_best(actions, scores, Termination.CONVERGED, "") for actions, scores in tried]


def _best(actions: Any, scores: Any, stop: Termination, unfinished: str) -> Reply:
    """The best of the candidates (K, n) of a frame, and the first, which is the policy's own, beside it."""
    best, info = int(np.argmax(scores)), {"candidates": len(actions)}
    if not np.isfinite(scores[best]):
        reason = "no candidate had a feasible completion"
        return Reply(None, stop, message=f"{reason}; {unfinished}" if unfinished else reason, info=info)
    point = actions[best].copy()
    raw = point if best == 0 else actions[0].copy()
    return Reply(point, stop, message=unfinished, info=info, raw=raw)


class Droo(PolicyBackend):
    """Deep reinforcement learning-based online offloading (Huang, Bi & Zhang, IEEE TMC 19(11), 2020)."""

    name = "droo"
    summary = "DROO: perceptron and order-preserving quantizer, trained along the frames (Huang et al. 2020)"
    Options = DrooOptions


class Ugq(PolicyBackend):
    """A recurrent network with the uncertainty-guided quantizer (Yao et al., arXiv 2604.25740)."""

    name = "ugq"
    summary = "QAROO: GRU and uncertainty-guided quantizer, trained along the frames (Yao et al. 2026)"
    Options = UgqOptions


class Qaroo(PolicyBackend):
    """QAROO's quantum policy (Yao et al., arXiv 2604.25740). Its circuit's parameters have no gradient."""

    name = "qaroo"
    summary = "QAROO's quantum policy as published: circuit, attention over one token, uncertainty-guided quantizer"
    Options = QarooOptions


class Priced(PolicyBackend):
    """A policy that learns the two numbers which decide P1's optimum: the price of time and the share of power."""

    name = "priced"
    summary = "learns a price of time and a share of power transfer, and offloads by the Lagrangian's margins"
    Options = PricedOptions
