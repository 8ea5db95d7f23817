"""A policy of two networks that all devices use: one values choices, the other names a share for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qmectk.views import Decision, Decisions
from qmectk_learned.networks import seeded

from .inputs import known_of, rows_of, unfit
from .learner import Arrays, Decider
from .optimising import numbers_of, perceptron, set_numbers

if TYPE_CHECKING:
    pass

Array = NDArray[np.float64]


class ModesAndShares(Decider):
    """The choice that the one network values most, at the share that the other names for it.

    Parameters
    ----------
    spec
        ``features``, ``inputs``, ``queue``, ``known`` and ``masked`` as of
        :class:`~qmectk_controllers.dqn.GridValues`; ``mapped``, whether shares are mapped onto the limits or cut off
        there; ``whole``, whether there is a mode for all of each choice beside one for a share of it; ``choices``,
        ``layers`` and ``actor_layers``.
    seed
        Of the first weights.
    """

    def __init__(self, spec: dict[str, Any], seed: int = 0) -> None:
        self.spec = spec
        inputs, choices = int(spec["inputs"]), int(spec["choices"])
        part = np.arange(choices)
        #: choice of each mode, and whether it is all of it
        self.choice = np.concatenate([part, part[1:]]) if spec["whole"] else part
        self.all = np.repeat([True, False], [choices, choices - 1]) if spec["whole"] else np.zeros(choices, bool)
        with seeded(seed):
            modes = perceptron(inputs, spec["layers"], len(self.choice))
            actor = perceptron(inputs, spec["actor_layers"], choices)
        self.networks = nn.ModuleDict({"modes": modes, "actor": actor})

    def rows(self, decisions: Decisions) -> NDArray[np.float32]:
        """What the networks read, shape (..., devices, inputs)."""
        return rows_of(decisions, self.spec["features"], queue=self.spec["queue"]).astype(np.float32)

    def shares(self, decisions: Decisions, units: Array) -> Array:
        """The share in each mode where the actor names numbers from 0 to 1 for choices, shape (..., devices, modes)."""
        least, most = decisions.least[..., self.choice], decisions.most[..., self.choice]
        unit = np.where(self.all, 1.0, units[..., self.choice])
        return least + (most - least) * unit if self.spec["mapped"] else np.clip(unit, least, most)

    def beside(self, decisions: Decisions, shares: Array) -> Array:
        """What is known of each mode at these shares, -inf where it is masked."""
        found = np.zeros(shares.shape)
        if self.spec["known"]:
            constant, slope = known_of(decisions)
            found = constant[..., self.choice] + slope[..., self.choice] * shares
        return np.where(decisions.allowed[..., self.choice], found, -np.inf) if self.spec["masked"] else found

    def decided(self, decisions: Decisions, mode: Any, shares: Array) -> Decision:
        """The decision of modes; one that is not allowed becomes the first that is, at the share that is left of it."""
        share = np.take_along_axis(shares, mode[..., None], axis=-1)[..., 0]
        found = decisions.decided(self.choice[mode])
        least, most = (
            np.take_along_axis(limit, found.choice[..., None], axis=-1)[..., 0]  # type: ignore[index]
            for limit in (decisions.least, decisions.most)
        )
        return Decision(found.choice, np.clip(share, least, most))

    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        rows = torch.from_numpy(self.rows(decisions))
        with torch.no_grad():
            values, units = self.networks["modes"](rows).numpy(), torch.sigmoid(self.networks["actor"](rows)).numpy()
        shares = self.shares(decisions, units)
        return self.decided(decisions, np.argmax(values + self.beside(decisions, shares), axis=-1), shares)

    def refuses(self, decisions: Decisions) -> str:
        return unfit(self.spec, decisions)

    def arrays(self) -> Arrays:
        return numbers_of(self.networks)

    @classmethod
    def load(cls, spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> ModesAndShares:
        policy = cls(dict(spec))
        set_numbers(policy.networks, arrays)
        return policy
