"""Hybrid multi-agent PPO: a categorical choice and a share of every device, from networks that devices may share.

Schulman et al., arXiv 1707.06347, with generalised advantages (arXiv 1506.02438); every device is an agent with rewards
of its own. With one critic the ratio of both heads together is clipped. With two, as Xu et al. (arXiv 2504.08134) have
them, each head has its ratio and the advantage of its own critic: their sum, as printed in (17)-(18), would count every
reward twice. Slots have no last one, so what comes behind a rollout is what the critics expect of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qmectk.errors import Refused
from qmectk_learned.adam import Adam
from qmectk_learned.policy import place

from .acting import HybridPolicy, Seen, misfit
from .learner import Arrays, Learner

if TYPE_CHECKING:
    from qmectk.problem import Problem

    from .presets_ppo import PPOOptions

Array = NDArray[np.float64]

#: Weight of the past in the running mean and spread of rewards, and where rewards are cut off in units of that spread.
KEPT, CUT = 0.9, 10.0


@dataclass(frozen=True)
class Rollout:
    """What was seen, done and earned; the first axis is that of slots.

    Attributes
    ----------
    choice, way
        As they were drawn, (B, D).
    choice_log, share_log
        Their log likelihoods then, (B, D).
    advantage, returns
        By each critic, (B, D, critics).
    """

    seen: Seen
    choice: Tensor
    way: Tensor
    choice_log: Tensor
    share_log: Tensor
    advantage: Tensor
    returns: Tensor

    def at(self, index: Tensor) -> Rollout:
        """Some of the slots."""
        return Rollout(self.seen.at(index), *(getattr(self, f.name)[index] for f in fields(self)[1:]))


class PPO(Learner):
    """One update: a rollout of `horizon` slots of all copies, and `passes` over it in steps of `minibatch` slots."""

    columns: ClassVar[tuple[str, ...]] = ("loss", "reward", "entropy", "value_loss")
    acts = HybridPolicy

    def __init__(self, problem: Problem, options: PPOOptions, seed: int) -> None:
        super().__init__(problem, options, seed)
        self.set = options
        self.horizon = min(options.horizon, options.slots)
        self.updates = options.slots // self.horizon
        self.copies = self.worlds()
        view = self.copies.decisions
        names = "network", "encoder", "units", "context", "separate"
        spec: dict[str, Any] = {name: getattr(options, name) for name in names}
        spec |= {name: options.chosen(name) for name in ("features", "share", "critics")}
        spec |= {"printed": options.form == "published", "choices": len(view.choices), "devices": view.devices}
        spec["shares"] = bool(view.open.any()) or spec["printed"]
        features = view.features(spec["features"])
        spec |= {"device": features.device.shape[-1], "pair": features.pair.shape[-1]}
        reason = misfit(spec, view)
        if reason:
            raise Refused(f"hybrid PPO is not for {problem.name}: {reason}")
        self.acting = HybridPolicy(spec, int(self.start.integers(2**62)))
        self.acting.move(place(options.device))
        if spec["features"] == "published":
            self.acting.standardise(view)
        self.adam = Adam(self.acting.network, options.learning_rate, 0.0)
        self.gamma, self.final_rate = options.chosen("gamma"), options.chosen("final_rate")
        self.reward = options.chosen("reward")
        self.scale = np.array([0.0, 0.0])  #: running mean and spread of rewards; no spread yet

    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        left = 1.0 - number / self.updates
        self.adam.rate = self.set.learning_rate * (self.final_rate + (1.0 - self.final_rate) * left)
        found, reward = self._rollout(rng)
        numbers = []
        for _ in range(self.set.passes):
            order = rng.permutation(len(found.choice))
            for start in range(0, len(order), self.set.minibatch):
                numbers.append(self._step(found.at(torch.as_tensor(order[start : start + self.set.minibatch]))))
        loss, entropy, value = (float(mean) for mean in np.mean(numbers, axis=0))
        return {"loss": loss, "reward": reward, "entropy": entropy, "value_loss": value}

    def _rollout(self, rng: np.random.Generator) -> tuple[Rollout, float]:
        """`horizon` slots of every copy, and the mean reward."""
        acting, copies = self.acting, self.copies
        parts: list[tuple[Seen, Tensor, Tensor, Tensor, Tensor]] = []
        values, rewards = [], []
        with torch.no_grad():
            for _ in range(self.horizon):
                view = copies.decisions
                seen = acting.sees(view)
                said = acting.says(seen)
                choice, way = acting.draw(said, rng)
                earned = copies.step(acting.decided(view, choice, way), rng).reward(self.reward)
                rewards.append(np.broadcast_to(earned.reshape(copies.count, -1), choice.shape))
                parts.append((seen, choice, way, *acting.likelihood(seen, said, choice, way)[:2]))
                values.append(said.value)
            last = acting.says(acting.sees(copies.decisions)).value if self.gamma else torch.zeros_like(values[0])
        earned = np.stack(rewards)
        scaled = torch.from_numpy(self._scaled(earned).astype(np.float32)).to(self.acting.place)[..., None]
        expected = torch.stack([*values, last])
        advantage = generalised_advantages(scaled, expected, self.gamma, self.set.trace)
        returns = advantage + expected[:-1]
        all_seen, *rest = zip(*parts, strict=True)
        joined = (torch.cat(part) for part in (*rest, advantage.unbind(), returns.unbind()))
        return Rollout(Seen.joined(all_seen), *joined), float(earned.mean())

    def _scaled(self, rewards: Array) -> Array:
        """Rewards by their running mean and spread."""
        found = np.array([rewards.mean(), rewards.std()])
        self.scale = KEPT * self.scale + (1.0 - KEPT) * found if self.scale[1] > 0 else found
        return np.asarray(np.clip((rewards - self.scale[0]) / max(self.scale[1], 1e-12), -CUT, CUT))

    def _step(self, part: Rollout) -> tuple[float, float, float]:
        said = self.acting.says(part.seen)
        choice, share, entropy = self.acting.likelihood(part.seen, said, part.choice, part.way)
        gain = (part.advantage - part.advantage.mean(dim=(0, 1))) / (part.advantage.std(dim=(0, 1)) + 1e-8)
        if gain.shape[-1] == 1:
            surrogate = self._clipped(choice + share, part.choice_log + part.share_log, gain[..., 0])
        else:
            of_choice = self._clipped(choice, part.choice_log, gain[..., 0])
            surrogate = of_choice + self._clipped(share, part.share_log, gain[..., 1])
        value = (said.value - part.returns).square().mean()
        loss = surrogate + self.set.value_weight * value - self.set.entropy * entropy.mean()
        self.adam.step(loss)
        return float(loss.detach()), float(entropy.detach().mean()), float(value.detach())

    def _clipped(self, now: Tensor, before: Tensor, gain: Tensor) -> Tensor:
        ratio = torch.exp(now - before)
        limited = ratio.clamp(1.0 - self.set.clip, 1.0 + self.set.clip)
        return -torch.minimum(ratio * gain, limited * gain).mean()

    def arrays(self) -> Arrays:
        parts = {"policy": self.acting.arrays(), "adam": self.adam.arrays(), "copies": self.copies.arrays()}
        found = {f"{part}.{name}": array for part, own in parts.items() for name, array in own.items()}
        return {**found, "scale": self.scale.copy()}

    def load(self, arrays: Arrays) -> None:
        parts: dict[str, Arrays] = {"policy": {}, "adam": {}, "copies": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            if rest:
                parts[part][rest] = array
        self.acting.take(parts["policy"])
        self.adam.load(parts["adam"])
        self.copies.load(parts["copies"])
        self.scale = np.array(arrays["scale"])

    def policy(self) -> HybridPolicy:
        return HybridPolicy.load(self.acting.spec, self.acting.arrays())


def generalised_advantages(rewards: Tensor, values: Tensor, gamma: float, trace: float) -> Tensor:
    """sum_l (gamma lambda)^l delta_{t+l} with delta_t = r_t + gamma V_{t+1} - V_t (Schulman et al., arXiv 1506.02438).

    Parameters
    ----------
    rewards
        Shape (T, ...), one or as many as critics along the last axis.
    values
        Shape (T + 1, ...), what the critics expect, with that of the slot behind the last.
    """
    found = torch.zeros_like(values[:-1])
    later = torch.zeros_like(values[0])
    for t in reversed(range(len(rewards))):
        later = rewards[t] + gamma * values[t + 1] - values[t] + gamma * trace * later
        found[t] = later
    return found


__all__ = ["PPO", "generalised_advantages"]
