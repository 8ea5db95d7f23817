"""Q-learning of choices beside an actor and a critic for the share (Lillicrap et al., ICLR 2016), as Ye et al. have it.

Three networks that all devices use: `modes` values choices, `actor` names a share for each of them, `critic` values a
choice at a share. The share is a number from 0 to 1; mapped onto the limits of the choice it is always feasible, as it
is printed it is cut off at them. A slot is worth what it brings (discount 0) where slots do not depend on decisions;
what the problem states as known is then added and not learned.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from qmectk.errors import Refused
from qmectk.views import Decisions
from qmectk_learned.adam import Adam
from qmectk_learned.networks import seeded

from .inputs import known_of, rows_of, shared, unfit
from .learner import Arrays, Learner
from .memory import Memory, follow
from .modes_and_shares import ModesAndShares
from .optimising import anneal, loss_of, numbers_of, perceptron, set_numbers, under

if TYPE_CHECKING:
    from qmectk.problem import Problem

    from .presets_dqn import DDPGOptions

Array = NDArray[np.float64]

#: Spread of what is added to the actor's shares while it learns; the paper leaves it open.
NOISE = 0.1

#: What the square of an actor's logit costs, in units of the reward: without it shares go to an end while the critic is
#: still wrong, and stay there (6.2 % above the optimum of Ye's slots after 700 updates, with it 4.6 to 5.3 %).
PENALTY = 1e-3


class DDPG(Learner):
    """One update: every copy passes a slot, and each network takes one step."""

    columns = ("loss", "reward", "critic_loss", "actor_value", "explored")
    acts = ModesAndShares

    def __init__(self, problem: Problem, options: DDPGOptions, seed: int) -> None:
        super().__init__(problem, options, seed)
        self.set = options.chosen()
        self.updates = options.slots
        self.copies = self.worlds()
        if self.set.restart:
            self.copies.scatter(self.start)
        now = self.copies.decisions
        names = ("features", "queue", "known", "masked", "mapped", "whole", "layers", "actor_layers")
        spec = {name: getattr(self.set, name) for name in names}
        inputs = rows_of(now, spec["features"], queue=spec["queue"]).shape[-1]
        spec |= {"inputs": inputs, "choices": len(now.choices)}
        reason = unfit(spec, now)
        if reason:
            raise Refused(f"Q-learning is not for {problem.name}: {reason}")
        first = int(self.start.integers(2**31))
        self.acting = ModesAndShares(spec, first)
        with seeded(first + 1):
            critic = perceptron(inputs + len(now.choices) + 1, spec["layers"], 1)
        self.modes, self.actor = self.acting.networks["modes"], self.acting.networks["actor"]
        self.critic = critic
        self.every = nn.ModuleDict({"modes": self.modes, "actor": self.actor, "critic": critic}).to(options.device)
        self.adams = {name: Adam(network, self.set.learning_rate, 0.0) for name, network in self.every.items()}
        self.targets = copy.deepcopy(self.every).requires_grad_(False) if self.set.gamma else None
        self.memory = Memory(self.set.memory) if self.set.memory else None

    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        chosen, now = self.set, self.copies.decisions
        done = number / self.updates
        for adam in self.adams.values():
            anneal(adam, chosen.learning_rate, chosen.final_rate, done)
        share = chosen.explore + (chosen.explore_final - chosen.explore) * done
        batch, reward = self._act(now, share, rng)
        if self.memory is not None:
            self.memory.add(batch)
            batch = self.memory.draw(chosen.batch, rng)
        found = {name: self._tensor(array) for name, array in batch.items()}
        modes_loss, critic_loss = self._values(found)
        aim = self._actor(found)
        if self.targets is not None:
            follow(self.targets, self.every, chosen.follow)
        numbers = (modes_loss, reward, critic_loss, aim, share)
        return dict(zip(self.columns, numbers, strict=True))

    def _act(self, now: Decisions, explore: float, rng: np.random.Generator) -> tuple[Arrays, float]:
        """A slot of all copies: what is to be learned of it, one row a device, and the mean reward."""
        acting, chosen = self.acting, self.set
        rows = acting.rows(now)
        tensor = self._tensor(rows)
        with torch.no_grad():
            values, named = self.modes(tensor).numpy(force=True), torch.sigmoid(self.actor(tensor)).numpy(force=True)
        anywhere = rng.random(values.shape[:-1]) < explore
        units = np.clip(named + NOISE * rng.standard_normal(named.shape), 0.0, 1.0)
        units = np.where(anywhere[..., None], rng.random(named.shape), units)
        shares = acting.shares(now, units)
        beside = acting.beside(now, shares)
        greedy = np.argmax(values + beside, axis=-1)
        keys = np.where(np.isfinite(beside), rng.random(beside.shape), -1.0)
        mode = np.where(rng.random(greedy.shape) < explore, np.argmax(keys, axis=-1), greedy)
        decision = acting.decided(now, mode, shares)
        known = np.take_along_axis(beside, mode[..., None], axis=-1)[..., 0]
        reward = shared(self.copies.step(decision, rng).reward(chosen.reward), now)
        target = reward - known if chosen.known else np.asarray(reward)
        if chosen.clip:
            target = np.clip(target, -chosen.clip, chosen.clip)
        if chosen.restart:
            self.copies.scatter(rng, rng.random(self.copies.count) < chosen.restart)
        choice = acting.choice[mode]
        whole = acting.all[mode] | ~np.take_along_axis(now.open, choice[..., None], axis=-1)[..., 0]
        base, width = limits_of(now, mapped=chosen.mapped)
        share = np.where(acting.all, 1.0, units[..., acting.choice]) * width[..., acting.choice]
        share = np.take_along_axis(base[..., acting.choice] + share, mode[..., None], axis=-1)[..., 0]
        columns: Arrays = {
            "rows": rows,
            "mode": mode,
            "choice": choice,
            "share": share,
            "target": target,
            # of a mode is learned what it is worth at the actor's share, not at any
            "usual": whole | ~anywhere,
            "open": now.open if chosen.masked else np.ones(now.open.shape, bool),
            "slope": known_of(now)[1] if chosen.known else np.zeros(width.shape),
            "base": base,
            "width": width,
        }
        if chosen.gamma:
            after = self.copies.decisions
            later = acting.beside(after, acting.shares(after, np.zeros(after.allowed.shape)))
            least, room = limits_of(after, mapped=chosen.mapped)
            columns |= {"after": acting.rows(after), "beside": later, "base_after": least, "width_after": room}
        kinds = {"f": np.float32, "i": np.int64, "b": np.bool_}
        flat: Arrays = {
            name: np.asarray(array).reshape(-1, *array.shape[2:]).astype(kinds[array.dtype.kind])
            for name, array in columns.items()
        }
        return flat, float(reward.mean())

    def _values(self, batch: Mapping[str, Tensor]) -> tuple[float, float]:
        """A step of what values modes, and one of what values shares."""
        chosen = self.set
        modes_aim = critic_aim = batch["target"]
        if self.targets is not None:
            with torch.no_grad():
                later = self.targets["modes"](batch["after"]) + batch["beside"]
                best = later.argmax(dim=1)
                choice = torch.as_tensor(self.acting.choice)[best]
                unit = torch.sigmoid(self.targets["actor"](batch["after"])).gather(1, choice[:, None])[:, 0]
                unit = torch.where(torch.as_tensor(self.acting.all)[best], torch.ones_like(unit), unit)
                share, room = (batch[name].gather(1, choice[:, None])[:, 0] for name in ("base_after", "width_after"))
                share = share + room * unit
                modes_aim = modes_aim + chosen.gamma * later.amax(dim=1)
                critic_aim = critic_aim + chosen.gamma * valued(self.targets["critic"], batch["after"], choice, share)
        predicted = valued(self.critic, batch["rows"], batch["choice"], batch["share"])
        critic = loss_of(chosen.loss, predicted, critic_aim)
        self.adams["critic"].step(critic)
        usual = batch["usual"] if chosen.masked else torch.ones_like(batch["usual"])
        taken = self.modes(batch["rows"]).gather(1, batch["mode"][:, None])[:, 0]
        modes = loss_of(chosen.loss, taken[usual], modes_aim[usual]) if usual.any() else taken.sum() * 0.0
        self.adams["modes"].step(modes)
        return float(modes.detach()), float(critic.detach())

    def _actor(self, batch: Mapping[str, Tensor]) -> float:
        """A step of the actor up the critic's value of every open share, and what is known of it."""
        logits, penalty = self.actor(batch["rows"]), 0.0 if self.set.form == "published" else PENALTY
        units = torch.sigmoid(logits)
        total = logits.new_zeros(())
        for k in range(units.shape[1]):
            here = batch["open"][:, k]
            choice = torch.full((int(here.sum()),), k, dtype=torch.int64, device=units.device)
            slope = batch["slope"][here, k]
            share = batch["base"][here, k] + batch["width"][here, k] * units[here, k]
            worth = valued(self.critic, batch["rows"][here], choice, share) + slope * share
            total = total + (worth / (1.0 + slope.abs())).sum() - penalty * logits[here, k].square().sum()
        value = total / batch["open"].sum().clamp(min=1)
        self.adams["actor"].step(-value)
        return float(value.detach())

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self.options.device)

    def arrays(self) -> Arrays:
        held: Arrays = {}
        for name, adam in self.adams.items():
            held |= {f"{name}.{part}": array for part, array in adam.arrays().items()}
        if self.targets is not None:
            held |= {f"target.{name}": array for name, array in numbers_of(self.targets).items()}
        if self.memory is not None:
            held |= self.memory.arrays()
        return held | {f"copies.{name}": array for name, array in self.copies.arrays().items()}

    def load(self, arrays: Arrays) -> None:
        for name, adam in self.adams.items():
            adam.load(under(arrays, name))
        if self.targets is not None:
            set_numbers(self.targets, under(arrays, "target"))
        if self.memory is not None:
            self.memory.load(arrays)
        self.copies.load(under(arrays, "copies"))

    def policy(self) -> ModesAndShares:
        return ModesAndShares.load(self.acting.spec, self.acting.arrays())


def limits_of(decisions: Decisions, *, mapped: bool) -> tuple[Array, Array]:
    """What a number from 0 to 1 of the actor means as a share: (least, most - least) of each choice, or itself."""
    if mapped:
        return decisions.least, decisions.most - decisions.least
    return np.zeros(decisions.least.shape), np.ones(decisions.least.shape)


def valued(critic: nn.Module, rows: Tensor, choice: Tensor, share: Tensor) -> Tensor:
    """What a critic says of choices at shares, one number a row."""
    inputs = critic[0].in_features - rows.shape[1] - 1  # type: ignore[index]
    mark = one_hot(choice, int(inputs)).to(rows.dtype)
    found: Tensor = critic(torch.cat([rows, mark, share[:, None]], dim=1))[:, 0]
    return found


__all__ = ["DDPG", "ModesAndShares"]
