"""The online loop of DROO (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, Algorithm 1).

Per frame: network -> relaxed action -> quantizer -> K candidates -> scores -> the best action is remembered; every
`interval` frames one Adam step of binary cross-entropy on a batch from the memory.

Weights change only at those steps and K only every `adapt_every` frames, so the frames in between that have the same
number of bits are inferred, quantized and scored in one batch. The actions are those of the loop over single frames (a
test compares them); only the cost differs.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.plugins import registry
from qmectk.timing.budget import Budget
from qmectk.timing.deadline import Expired, limited
from qmectk.views.scoring import ManyScorer

from .adam import Adam
from .curve import COLUMNS
from .policy import Policy, contexts_of, shape_for
from .progress import Progress, ratio
from .quantizers import default_candidates, quantizer_of
from .replay import Replay

#: Most frames in one batch, when neither a training step nor an update of K ends it earlier.
CHUNK = 256

#: Rows of the learning curve, and how often progress is reported; and where a row has its loss.
TICKS, LOSS = 50, 3

#: Arrays of the replay memory that a checkpoint holds.
MEMORY = ("seen", "actions", "numbers", "bits")


class Online:
    """A policy in training.

    Parameters
    ----------
    views
        The training frames, in order.
    options
        See :class:`~qmectk_learned.options.PolicyOptions`.
    seed
        Draws everything: weights, dropout, quantizer noise, batches.
    step
        Frames per batch at most; 1 is the loop over single frames.
    stream
        Where the views come from; labels may know more of it than the views say.

    Attributes
    ----------
    optima
        Scores of proven optima by the place of their frames, as many as are proved.
    observe
        Called with the numbers of every training step.
    """

    def __init__(self, views: Sequence[Any], options: Any, seed: int, step: int = CHUNK, stream: Any = None) -> None:
        shape = shape_for(options, views)
        self.views, self.options, self.seed, self.step, self.stream = views, options, seed, step, stream
        self.quantizer = quantizer_of(options)
        make: Callable[[Any], Any] = registry().part("labels", options.labels).load(Callable)  # type: ignore[arg-type]
        self.labels = make(stream)
        weights, noise, batches, dropout = (int(s) for s in np.random.default_rng(seed).integers(0, 2**62, 4))
        self.policy = Policy(shape, weights, options.device)
        self.optima: Mapping[int, float] = {}
        self.observe: Callable[..., None] | None = None
        self.adam = Adam(
            self.policy.network,
            options.learning_rate,
            options.weight_decay,
            betas=(options.beta1, options.beta2),
            epsilon=options.epsilon,
        )
        rows = shape.bits if self.policy.by_device else shape.history
        if options.loss == "numbers" and not hasattr(self.policy.network, "numbers"):
            raise Refused(f"network '{shape.network}' has no numbers to learn", "choose loss=actions, or network=price")
        self.memory = Replay(options.memory, (rows, shape.features), shape.bits, 2 * (options.loss == "numbers"))
        self.noise = np.random.default_rng(noise)
        self.batches = np.random.default_rng(batches)
        self.dropout = torch.Generator(self.policy.device).manual_seed(dropout)
        self.most = self._most(shape.bits)
        self.progress = Progress(candidates=self.most)
        self._score = ManyScorer()

    def _most(self, bits: int) -> int:
        """The largest K of a frame with so many bits."""
        return min(self.options.candidates or default_candidates(bits), self.quantizer.most(bits))

    @property
    def total(self) -> int:
        """Frames of all epochs."""
        return len(self.views) * int(self.options.epochs)

    @property
    def row_frames(self) -> int:
        """Frames between two rows of the learning curve."""
        return int(self.options.interval * max(self.total // self.options.interval // TICKS, 1))

    @property
    def finished(self) -> bool:
        """Whether every frame has been seen, or the loss has not fallen for too long."""
        return self.progress.stopped or self.progress.position >= self.total

    def answering(self) -> float:
        """Seconds that a frame takes until it has its candidates; they are scored as far as there is time."""
        began = time.perf_counter()
        relaxed = self.policy.relaxed(contexts_of(self.policy.shape, self.views[:1]))
        self.quantizer.candidates(relaxed, self._most(relaxed.shape[1]), np.random.default_rng(self.seed))
        return time.perf_counter() - began

    def advance(self, budget: Budget | None = None) -> bool:
        """One batch of frames and whatever falls due after it. Returns whether a tick of progress was passed.

        Raises
        ------
        Expired
            When the budget ends before the candidates of these frames are scored. Nothing has changed then.
        """
        at, budget = self.progress, budget or Budget()
        start = at.position
        stop = self._batch_end(start)
        offset = start % len(self.views)
        views = self.views[offset : offset + stop - start]
        before = self.noise.bit_generator.state
        try:
            seen, scores, (labels, usable) = limited(budget.remaining, lambda: self._tried(offset, views, budget))
        except Expired:
            self.noise.bit_generator.state = before
            raise
        best = np.argmax(scores, axis=1)
        rows = np.arange(len(views))
        if usable.any():  # nothing to learn where no candidate can be completed
            self._remember(seen[usable], labels[usable])
        at.furthest = max(at.furthest, int(best.max()))
        done = scores[:, 0] if views[0].outdated else scores[rows, best]  # which is best is known too late there
        for row, (executed, rounded) in enumerate(zip(done.tolist(), scores[:, 0].tolist(), strict=True)):
            if np.isfinite(rounded):  # one after the other, so that batches add up as single frames do
                at.executed, at.rounded, at.scored = at.executed + executed, at.rounded + rounded, at.scored + 1
                at.recent.append([offset + row, executed, rounded])
        del at.recent[: -self.options.interval]
        at.position = stop
        if stop % self.options.interval == 0 and len(self.memory):
            self._learn()
        if self.options.adaptive and stop % self.options.adapt_every == 0:
            # indices from 0, so the furthest best one takes furthest + 1 candidates
            at.candidates = min(at.furthest + 1 + self.options.spare, self.most)
            at.furthest = 0
        every = max(self.total // TICKS, 1)
        return stop // every > start // every or self.finished

    def _tried(self, first: int, views: Sequence[Any], budget: Budget) -> tuple[Any, Any, Any]:
        """What the policy sees of the views, the scores of its candidates, and the labels."""
        seen = contexts_of(self.policy.shape, views)
        count = min(self.progress.candidates, self._most(views[0].n))
        actions = self.quantizer.candidates(self.policy.relaxed(seen), count, self.noise)
        scores = self._score(views, actions, budget)
        if budget.expired():  # some may not have been scored
            raise Expired("in the middle of a training step")
        return seen, scores, self.labels.of(first, actions, scores, budget)

    def _remember(self, seen: NDArray[np.float32], labels: NDArray[np.int8]) -> None:
        numbers = None
        if self.options.loss == "numbers":
            target: Any = self.policy.network.target
            numbers = target(self._there(seen), self._there(labels)).cpu().numpy()
        self.memory.add(seen, labels, numbers)

    def _batch_end(self, start: int) -> int:
        ends = [start + self.step, start - start % self.options.interval + self.options.interval]
        ends.append(start - start % len(self.views) + len(self.views))
        if self.options.adaptive:
            ends.append(start - start % self.options.adapt_every + self.options.adapt_every)
        end = min(ends)
        if self.policy.shape.least < self.policy.shape.bits:
            offset = start % len(self.views)
            sizes = [view.n for view in self.views[offset : offset + end - start]]
            end = start + next((i for i, n in enumerate(sizes) if n != sizes[0]), len(sizes))
        return end

    def _there(self, array: NDArray[Any]) -> torch.Tensor:
        """An array where the network is."""
        return torch.from_numpy(array).to(self.policy.device)

    def _learn(self) -> None:
        batch = self.memory.sample(self.options.batch, self.batches)
        network = self.policy.network
        network.train()
        seen = self._there(batch.seen)
        present = None if batch.present is None else self._there(batch.present)
        if self.options.loss == "numbers":
            numbers: Any = network.numbers
            loss = torch.nn.functional.mse_loss(numbers(seen, present), self._there(batch.numbers))
        else:
            logits = self.policy.logits(seen, self.dropout, present)
            target = self._there(batch.actions).float()
            weight = None if present is None else present.float()
            # the mean over the bits that are there
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, target, weight, reduction="mean" if weight is None else "sum"
            )
            loss = loss if weight is None else loss / weight.sum()
        if self.options.falling:
            self.adam.rate = self.options.learning_rate * (1.0 - self.progress.position / (self.total + 1))
        self.adam.step(loss)
        network.eval()
        at = self.progress
        now = float(loss.detach())
        at.loss_sum += now
        every = self.row_frames // self.options.interval
        if self.adam.steps % every == 0:
            scored = max(at.scored, 1)
            means = (at.executed / scored, at.rounded / scored, at.loss_sum / every)
            at.curve.append([at.position, *means, at.candidates, *self._ratios()])
            at.watch(means[2], self.options)
            at.loss_sum = at.executed = at.rounded = 0.0
            at.scored = 0
        if self.observe is not None:
            last: dict[str, Any] = dict(zip(COLUMNS, at.curve[-1], strict=True)) if at.curve else {}
            _, executed, rounded = np.mean(at.recent, axis=0).tolist() if at.recent else (0, None, None)
            ratios = {name: last.get(name) for name in ("ratio", "rounded_ratio")}
            self.observe(
                step=self.adam.steps,
                frame=at.position,
                frames=self.total,
                loss=now,
                executed=executed,
                rounded=rounded,
                candidates=at.candidates,
                **ratios,
            )

    def _ratios(self) -> tuple[float | None, float | None]:
        """Mean ratios of the executed and the rounded actions of the last frames to their optima, as far as known."""
        known = [(*scores, self.optima[int(place)]) for place, *scores in self.progress.recent if place in self.optima]
        if not known:
            return None, None
        executed, rounded, best = np.array(known).T
        return ratio(executed, best), ratio(rounded, best)

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Everything the rest of the run depends on: arrays, and plain values for JSON. Copies."""
        arrays = {f"network.{name}": value for name, value in self.policy.arrays().items()}
        arrays["adam.mean"] = self.adam.mean.cpu().numpy().copy()
        arrays["adam.square"] = self.adam.square.cpu().numpy().copy()
        for name in MEMORY:
            arrays[f"memory.{name}"] = getattr(self.memory, name)[: len(self.memory)].copy()
        arrays["dropout"] = self.dropout.get_state().numpy().copy()
        plain = {
            "progress": copy.deepcopy(vars(self.progress)),
            "adam_steps": self.adam.steps,
            "memory_added": self.memory.added,
            "noise": self.noise.bit_generator.state,
            "batches": self.batches.bit_generator.state,
        }
        return arrays, plain

    def restore(self, arrays: dict[str, NDArray[Any]], plain: dict[str, Any]) -> None:
        """Go on from a state.

        Raises
        ------
        ValueError, KeyError, TypeError, RuntimeError
            When it is not the state of such a run; this one is then of no further use.
        """
        network = {name.removeprefix("network."): a for name, a in arrays.items() if name.startswith("network.")}
        self.memory.added = int(plain["memory_added"])  # decides how many frames a state holds
        own, _ = self.state()
        if {k: (a.shape, a.dtype) for k, a in own.items()} != {k: (a.shape, a.dtype) for k, a in arrays.items()}:
            raise ValueError("its arrays are those of another run")
        progress = Progress(**plain["progress"])
        if not (0 <= progress.position <= self.total and 1 <= progress.candidates <= self.most):
            raise ValueError("its position lies outside the run")
        self.policy.load(network)
        self.adam.mean.copy_(torch.from_numpy(arrays["adam.mean"].copy()))
        self.adam.square.copy_(torch.from_numpy(arrays["adam.square"].copy()))
        self.adam.steps = int(plain["adam_steps"])
        for name in MEMORY:
            getattr(self.memory, name)[: len(self.memory)] = arrays[f"memory.{name}"]
        self.dropout.set_state(torch.from_numpy(arrays["dropout"].copy()))
        self.noise.bit_generator.state = plain["noise"]
        self.batches.bit_generator.state = plain["batches"]
        self.progress = progress
