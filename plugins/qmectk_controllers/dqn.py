"""Q-learning over choices and a grid of shares, one network for all devices (Mnih et al., Nature 518, 2015).

An action of a device is a choice together with one of `levels` shares between the limits of that choice, so every
action that is not masked is feasible. With its defaults it is a contextual bandit, as slots that do not depend on what
was decided are: Q(s, a) is the mean of the reward. What the problem states as known (the queues' part of the objective)
is added to what the network says and is not learned: the network then needs to see no queue, and other queues, weights
and targets than those of the training are no others to it. A discount, a memory and a target network make it the
Q-learning of the papers.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qmectk.errors import Refused
from qmectk.views import Decision, Decisions
from qmectk_learned.adam import Adam
from qmectk_learned.networks import seeded

from .inputs import known_of, rows_of, shared, unfit
from .learner import Arrays, Decider, Learner
from .memory import Memory, follow
from .optimising import anneal, loss_of, numbers_of, perceptron, set_numbers, under

if TYPE_CHECKING:
    from qmectk.problem import Problem

    from .presets_dqn import DQNOptions

Array = NDArray[np.float64]


class GridValues(Decider):
    """The value of every choice at every share of the grid; the largest is taken.

    Parameters
    ----------
    spec
        ``features``, what is seen, and ``inputs``, how many numbers that is; ``queue``, whether they see the
        known part; ``known``, whether it is added to what the network says; ``masked``, whether what is not allowed is
        left out; ``choices``, ``levels``, ``layers``.
    seed
        Of the first weights.
    """

    def __init__(self, spec: dict[str, Any], seed: int = 0) -> None:
        self.spec = spec
        with seeded(seed):
            self.network = perceptron(spec["inputs"], spec["layers"], spec["choices"] * spec["levels"])
        #: the grid: 0 is the least share of a choice, 1 its most
        self.units: Array = np.linspace(0.0, 1.0, spec["levels"]) if spec["levels"] > 1 else np.ones(1)

    def rows(self, decisions: Decisions) -> NDArray[np.float32]:
        """What the network reads, shape (..., devices, inputs)."""
        return rows_of(decisions, self.spec["features"], queue=self.spec["queue"]).astype(np.float32)

    def beside(self, decisions: Decisions) -> Array:
        """What is known without learning of each action, -inf where it is masked, shape (..., devices, actions)."""
        least, most = decisions.least[..., None], decisions.most[..., None]
        shares = least + (most - least) * self.units
        found = np.zeros(shares.shape)
        if self.spec["known"]:
            constant, slope = known_of(decisions)
            found = constant[..., None] + slope[..., None] * shares
        if self.spec["masked"]:
            # where a choice leaves no share open, every level is the same: the last one stands for all
            open_ = decisions.open[..., None] | (np.arange(len(self.units)) == len(self.units) - 1)
            found = np.where(decisions.allowed[..., None] & open_, found, -np.inf)
        return found.reshape(*found.shape[:-2], -1)

    def decided(self, decisions: Decisions, action: Any) -> Decision:
        """The decision of actions, numbered choice by choice."""
        choice, level = np.divmod(action, len(self.units))
        return decisions.decided(choice, self.units[level])

    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        rows = torch.from_numpy(self.rows(decisions))
        with torch.no_grad():
            values = self.network(rows).numpy()
        return self.decided(decisions, np.argmax(values + self.beside(decisions), axis=-1))

    def refuses(self, decisions: Decisions) -> str:
        return unfit(self.spec, decisions)

    def arrays(self) -> Arrays:
        return numbers_of(self.network)

    @classmethod
    def load(cls, spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> GridValues:
        policy = cls(dict(spec))
        set_numbers(policy.network, arrays)
        return policy


class DQN(Learner):
    """One update: every copy passes a slot, and the network takes one step."""

    columns = ("loss", "reward", "explored")
    acts = GridValues
    options: DQNOptions

    def __init__(self, problem: Problem, options: DQNOptions, seed: int) -> None:
        super().__init__(problem, options, seed)
        self.updates = options.slots
        self.copies = self.worlds()
        self.copies.scatter(self.start)
        now = self.copies.decisions
        spec = {
            "features": options.features,
            "inputs": rows_of(now, options.features, queue=options.queue).shape[-1],
            "queue": options.queue,
            "known": options.known,
            "masked": options.masked,
            "choices": len(now.choices),
            "levels": options.levels,
            "layers": options.layers,
        }
        reason = unfit(spec, now)
        if reason:
            raise Refused(f"Q-learning is not for {problem.name}: {reason}")
        self.acting = GridValues(spec, int(self.start.integers(2**31)))
        self.network = self.acting.network.to(options.device)
        self.adam = Adam(self.network, options.learning_rate, 0.0)
        self.target = copy.deepcopy(self.network).requires_grad_(False) if options.gamma else None
        self.memory = Memory(options.memory) if options.memory else None

    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        options, acting, now = self.options, self.acting, self.copies.decisions
        done = number / self.updates
        anneal(self.adam, options.learning_rate, options.final_rate, done)
        rows, beside = acting.rows(now), acting.beside(now)
        tensor = torch.from_numpy(rows).to(options.device)
        with torch.set_grad_enabled(self.memory is None):
            values = self.network(tensor)
        share = options.explore + (options.explore_final - options.explore) * done
        action = np.argmax(values.numpy(force=True) + beside, axis=-1)
        action = np.where(rng.random(action.shape) < share, self._any(beside, rng), action)
        decision = acting.decided(now, action)
        known = np.take_along_axis(beside, action[..., None], axis=-1)[..., 0]
        reward = shared(self.copies.step(decision, rng).reward(options.reward), now)
        target = reward - known if options.known else np.asarray(reward)
        if options.clip:
            target = np.clip(target, -options.clip, options.clip)
        if options.restart:
            self.copies.scatter(rng, rng.random(self.copies.count) < options.restart)
        batch = {"rows": rows, "action": action, "target": target.astype(np.float32)}
        if options.gamma:
            after = self.copies.decisions
            batch |= {"after": acting.rows(after), "beside": acting.beside(after).astype(np.float32)}
        batch = {name: values_.reshape(-1, *values_.shape[2:]) for name, values_ in batch.items()}
        if self.memory is None:
            predicted = values.reshape(-1, values.shape[-1])
        else:
            self.memory.add(batch)
            batch = self.memory.draw(options.batch, rng)
            predicted = self.network(self._tensor(batch["rows"]))
        taken = predicted.gather(1, self._tensor(batch["action"])[:, None])[:, 0]
        loss = loss_of(options.loss, taken, self._aim(batch))
        self.adam.step(loss)
        if self.target is not None:
            follow(self.target, self.network, options.follow)
        return {"loss": float(loss.detach()), "reward": float(reward.mean()), "explored": share}

    def _any(self, beside: Array, rng: np.random.Generator) -> Array:
        """Actions at random: a choice uniformly among those allowed, and one of its shares."""
        levels = len(self.acting.units)
        each = np.isfinite(beside).reshape(*beside.shape[:-1], -1, levels)
        keys = rng.random(each.shape)
        choice = np.argmax(np.where(each.any(axis=-1), keys[..., 0], -1.0), axis=-1)[..., None]
        levels_ = np.where(each, keys, -1.0)
        level = np.argmax(np.take_along_axis(levels_, choice[..., None], axis=-2)[..., 0, :], axis=-1)
        return choice[..., 0] * levels + level

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self.options.device)

    def _aim(self, batch: Arrays) -> Tensor:
        """What the values of the actions taken should have been."""
        aim = self._tensor(batch["target"])
        if self.target is not None:
            with torch.no_grad():
                after = self.target(self._tensor(batch["after"])) + self._tensor(batch["beside"])
            aim = aim + self.options.gamma * after.amax(dim=1)
        return aim

    def arrays(self) -> Arrays:
        held = {f"adam.{name}": array for name, array in self.adam.arrays().items()}
        if self.target is not None:
            held |= {f"target.{name}": array for name, array in numbers_of(self.target).items()}
        if self.memory is not None:
            held |= self.memory.arrays()
        return held | {f"copies.{name}": array for name, array in self.copies.arrays().items()}

    def load(self, arrays: Arrays) -> None:
        self.adam.load(under(arrays, "adam"))
        if self.target is not None:
            set_numbers(self.target, under(arrays, "target"))
        if self.memory is not None:
            self.memory.load(arrays)
        self.copies.load(under(arrays, "copies"))

    def policy(self) -> GridValues:
        return GridValues.load(self.acting.spec, self.acting.arrays())


__all__ = ["DQN", "GridValues"]
