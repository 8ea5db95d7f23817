"""A policy with a categorical choice and a share for every device: a network, and how decisions are drawn from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from qmectk.views import Decision, Decisions
from qmectk_learned.networks import seeded

from .encoders.acting import Encode, Flat, Pairs, Said
from .encoders.mlp import Mlp
from .encoders.vqc import Vqc
from .learner import Arrays, Decider

#: Log of the spread that shares from a normal distribution begin with, of a range of 1.
SPREAD = math.log(0.3)

#: Logit of a choice that is not allowed.
NEVER = -1e9


@dataclass(frozen=True)
class Seen:
    """What a policy sees of many slots, and what it may do in them; the first axis is that of slots."""

    device: Tensor
    pair: Tensor
    allowed: Tensor
    open: Tensor

    def at(self, index: Any) -> Seen:
        """Some of the slots."""
        return Seen(self.device[index], self.pair[index], self.allowed[index], self.open[index])

    @staticmethod
    def joined(parts: Sequence[Seen]) -> Seen:
        """One after the other."""
        return Seen(*(torch.cat([getattr(part, name) for part in parts]) for name in Seen.__dataclass_fields__))


class HybridPolicy(Decider):
    """Actor and critics of any of the networks.

    Parameters
    ----------
    spec
        ``network``, ``encoder``, ``units``, ``context``, ``critics``, ``share``, ``separate`` of the options;
        ``shares``, whether some are open; ``printed``, whether home is a share of 0 and no choice; ``features``, their
        kind, with the numbers ``device`` and ``pair`` of them; ``choices`` and ``devices``.
    seed
        Of the weights.
    """

    def __init__(self, spec: dict[str, Any], seed: int = 0) -> None:
        self.spec = spec
        with seeded(seed):
            self.network = _Network(spec)
        self.place = torch.device("cpu")
        self.middle = [torch.zeros(spec["device"]), torch.zeros(spec["pair"])]
        self.width = [torch.ones(spec["device"]), torch.ones(spec["pair"])]

    def move(self, device: torch.device) -> None:
        """Compute there from now on."""
        self.place = device
        self.network.to(device)
        self.middle, self.width = ([part.to(device) for part in parts] for parts in (self.middle, self.width))

    def standardise(self, decisions: Decisions) -> None:
        """See features less their mean over these slots, in units of their spread there."""
        features = decisions.features(self.spec["features"])
        for i, part in enumerate((features.device, features.pair)):
            if not part.size:
                continue
            rows = part.reshape(-1, part.shape[-1])
            rows = rows[rows.any(axis=-1)] if rows.any() else rows  # home has no pairs
            spread = rows.std(axis=0)
            self.middle[i] = self._tensor(rows.mean(axis=0))
            self.width[i] = self._tensor(np.where(spread > 0, spread, 1.0))

    def _tensor(self, numbers: NDArray[Any]) -> Tensor:
        return torch.from_numpy(numbers.astype(np.float32)).to(self.place)

    def sees(self, decisions: Decisions) -> Seen:
        """Tensors of the view, its leading axes as one."""
        features = decisions.features(self.spec["features"])
        shape = decisions.allowed.shape[-2:]
        slots = math.prod(decisions.allowed.shape[:-2])
        device, pair = (
            (self._tensor(part.reshape(slots, *shape[:more], part.shape[-1])) - middle) / width
            for part, more, middle, width in zip(
                (features.device, features.pair), (1, 2), self.middle, self.width, strict=True
            )
        )
        allowed, share = torch.from_numpy(decisions.allowed.copy()), torch.from_numpy(decisions.open)
        if self.spec["printed"]:
            assert decisions.arrays is not None
            partial = torch.as_tensor(decisions.arrays["partial"] > 0)
            allowed = share = allowed & partial
        allowed, share = (mask.reshape(-1, *shape).to(self.place) for mask in (allowed, share))
        return Seen(device, pair, allowed, share)

    def says(self, seen: Seen) -> Said:
        """The network's numbers, choices masked."""
        said: Said = self.network(seen.device, seen.pair)
        return Said(said.logits.masked_fill(~seen.allowed, NEVER), said.share, said.value)

    def draw(self, said: Said, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Choices, (B, D), and how far into its limits each share goes before it is cut off at 0 and 1, (B, D)."""
        noise = self._tensor(rng.gumbel(size=tuple(said.logits.shape)))
        choice = torch.argmax(said.logits.detach() + noise, dim=-1)
        logit = _picked(said.share.detach(), choice)
        middle = torch.sigmoid(logit)
        if self.spec["share"] == "bernoulli":
            return choice, (self._tensor(rng.random(tuple(choice.shape))) < middle).float()
        normal = self._tensor(rng.standard_normal(tuple(choice.shape)))
        return choice, middle + self.network.spread.detach().exp() * normal

    def likelihood(self, seen: Seen, said: Said, choice: Tensor, way: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log likelihoods of choices and of shares where they are open, and the entropy of both, each (B, D)."""
        logs = torch.log_softmax(said.logits, dim=-1)
        entropy = -(logs.exp() * logs).sum(dim=-1)
        open = _picked(seen.open, choice)
        logit = _picked(said.share, choice)
        if self.spec["share"] == "bernoulli":
            share = way * logsigmoid(logit) + (1.0 - way) * logsigmoid(-logit)
            probability = torch.sigmoid(logit)
            uncertain = -probability * logsigmoid(logit) - (1.0 - probability) * logsigmoid(-logit)
        else:
            spread = self.network.spread
            share = -0.5 * ((way - torch.sigmoid(logit)) / spread.exp()).square() - spread - 0.5 * math.log(2 * math.pi)
            uncertain = (spread + 0.5 * math.log(2 * math.pi * math.e)).expand_as(share)
        return _picked(logs, choice), torch.where(open, share, 0.0), entropy + torch.where(open, uncertain, 0.0)

    def decided(self, decisions: Decisions, choice: Tensor, way: Tensor) -> Decision:
        """The decision of the view."""
        lead = decisions.allowed.shape[:-1]
        picked, unit = choice.cpu().numpy().reshape(lead), way.clamp(0.0, 1.0).cpu().double().numpy().reshape(lead)
        if self.spec["printed"]:
            return Decision(picked, unit)
        return decisions.decided(picked, unit)

    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        """The likeliest choice, and the likeliest share."""
        with torch.no_grad():
            said = self.says(self.sees(decisions))
            choice = said.logits.argmax(dim=-1)
            way = torch.sigmoid(_picked(said.share, choice))
        if self.spec["share"] == "bernoulli":
            way = (way > 0.5).float()
        return self.decided(decisions, choice, way)

    def refuses(self, decisions: Decisions) -> str:
        return misfit(self.spec, decisions)

    def arrays(self) -> Arrays:
        parts = {f"network.{name}": part for name, part in self.network.state_dict().items()}
        for i, name in enumerate(("device", "pair")):
            parts |= {f"middle.{name}": self.middle[i], f"width.{name}": self.width[i]}
        return {name: part.detach().cpu().numpy().copy() for name, part in parts.items()}

    @classmethod
    def load(cls, spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> HybridPolicy:
        made = cls(dict(spec))
        made.take(arrays)
        return made

    def take(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on with these; KeyError or ValueError where they are of another network."""
        state = self.network.state_dict()
        for name, part in state.items():
            array = torch.as_tensor(np.asarray(arrays[f"network.{name}"]))
            if array.shape != part.shape:
                raise ValueError(f"'{name}' is of another network")
            part.copy_(array)
        for i, name in enumerate(("device", "pair")):
            self.middle[i], self.width[i] = (self._tensor(arrays[f"{what}.{name}"]) for what in ("middle", "width"))


class _Network(nn.Module):
    """One of the networks, and the spread of shares."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__()
        units, critics = spec["units"], spec["critics"]
        agents = spec["devices"] if spec["separate"] else 1
        circuit = spec["encoder"] == "vqc"
        encode: Encode = partial(Vqc, units=units) if circuit else partial(_layers, units=units, agents=agents)
        device, pair, choices = spec["device"], spec["pair"], spec["choices"]
        heads = {"units": units, "critics": critics, "shares": spec["shares"]}
        if spec["network"] == "pairs":
            self.says: nn.Module = Pairs(device, pair, encode, context=spec["context"], **heads)
        else:
            self.says = Flat(device + choices * pair, choices, encode, agents=agents, home=not spec["printed"], **heads)
        self.spread = nn.Parameter(torch.tensor(SPREAD))

    def forward(self, device: Tensor, pair: Tensor) -> Said:
        found: Said = self.says(device, pair)
        return found


def _layers(inputs: int, units: int, agents: int) -> nn.Module:
    return Mlp(inputs, (units, units), agents)


def _picked(numbers: Tensor, choice: Tensor) -> Tensor:
    return numbers.gather(-1, choice[..., None])[..., 0]


def misfit(spec: Mapping[str, Any], decisions: Decisions) -> str:
    """Why a policy of this spec is not for slots like these, or ""."""
    if decisions.spread:
        return "its devices choose, and here they spread themselves over the choices"
    kind = spec["features"]
    if kind not in decisions.seen:
        return f"it sees features '{kind}', and there are {', '.join(decisions.seen)}"
    if spec["printed"] and "partial" not in (decisions.arrays or {}):
        return "the published form does any share of a task away, and this problem does not say where that is allowed"
    if decisions.open.any() and not spec["shares"]:
        return "it takes all of a task wherever it goes, and here shares are open"
    features = decisions.features(kind)
    found = {
        "features of a device": ("device", features.device.shape[-1]),
        "features of a choice": ("pair", features.pair.shape[-1]),
    }
    if spec["network"] == "flat":
        found["choices"] = ("choices", len(decisions.choices))
    if spec["separate"]:
        found["devices"] = ("devices", decisions.devices)
    for words, (name, number) in found.items():
        if number != spec[name]:
            return f"it was trained with {spec[name]} {words}, and here are {number}"
    return ""


__all__ = ["HybridPolicy", "Seen", "misfit"]
