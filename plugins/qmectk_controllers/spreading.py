"""Policies that spread devices over servers, each a network of one of a few designs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qmectk.views import Decision, Decisions
from qmectk_learned.networks import seeded
from qmectk_learned.networks.perceptron import dense

from .encoders.flat import HIDDEN, Flat
from .encoders.pairs import UNITS, PairNet, PriceNet, pair_encoder
from .encoders.qnn import Qnn
from .learner import Arrays, Decider
from .projection import onto_capped_simplex
from .seeing import seen_of

#: What is plain in a policy: the design, its options, and the names of what it sees.
Spec = dict[str, Any]


def _encoder(spec: Spec) -> tuple[nn.Module, int]:
    """Of a pair's features, and what it gives: two layers, or a quantum filter bank behind one."""
    features = len(spec["pair"])
    if "filters" not in spec:
        return pair_encoder(features), UNITS
    rounds = Qnn(UNITS // 2, tuple(spec["filters"]), spec["layers"])
    return nn.Sequential(nn.Linear(features, UNITS // 2), rounds), rounds.width


def _row(spec: Spec) -> int:
    """Numbers in a row of all features."""
    pairs = spec["devices"] * spec["columns"]
    return spec["devices"] * len(spec["device"]) + pairs * len(spec["pair"])


def _flat(spec: Spec, body: nn.Module, width: int) -> Flat:
    sizes = spec["devices"], spec["columns"]
    return Flat(body, width, *sizes, scale=spec["scale"], sigmoid=spec["sigmoid"])


def _perceptron(spec: Spec) -> nn.Module:
    return _flat(spec, nn.Sequential(*dense([_row(spec), HIDDEN])), HIDDEN)


def _circuits(spec: Spec) -> nn.Module:
    body = Qnn(_row(spec), tuple(spec["filters"]), spec["layers"])
    return _flat(spec, body, body.width)


#: Designs by the name that a spec has; those of FLAT know one size of system alone.
DESIGNS: dict[str, Callable[[Spec], nn.Module]] = {
    "price": lambda spec: PriceNet(*_encoder(spec)),
    "pair": lambda spec: PairNet(*_encoder(spec)),
    "mlp": _perceptron,
    "qnn": _circuits,
}
FLAT = ("mlp", "qnn")


def network_of(spec: Spec, seed: int) -> nn.Module:
    """A network with torch's own first weights, drawn from `seed`."""
    with seeded(seed):
        return DESIGNS[spec["network"]](spec)


def within(network: nn.Module, said: Tensor) -> Tensor:
    """What a network says, (B, D, C), with rows within the simplex where they need not be."""
    return onto_capped_simplex(said) if getattr(network, "sigmoid", False) else said


class Spreading(Decider):
    """A network that spreads devices, and the names of what it sees.

    Parameters
    ----------
    spec
        "network", "features" (their kind), "device" and "pair" (their names), "devices" and "columns", and what else
        the design needs.
    network
        Of that design.
    """

    def __init__(self, spec: Spec, network: nn.Module) -> None:
        self.spec, self.network = spec, network

    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        with torch.no_grad():
            said = self.network(seen_of(decisions, self.spec["features"]))
        return decisions.spreading(said.double().numpy().reshape(decisions.allowed.shape))  # 1 + 1e-7 is mended, too

    def refuses(self, decisions: Decisions) -> str:
        if not decisions.spread:
            return "it spreads devices over servers, and here each makes a choice"
        kind = self.spec["features"]
        if kind not in decisions.seen:
            return f"it sees features '{kind}', and there are {', '.join(decisions.seen)}"
        found = decisions.features(kind)
        if [list(found.device_names), list(found.pair_names)] != [self.spec["device"], self.spec["pair"]]:
            return f"its features '{kind}' are others than those of this version"
        learned, there = (self.spec["devices"], self.spec["columns"]), decisions.allowed.shape[-2:]
        if self.spec["network"] in FLAT and learned != tuple(there):
            return (
                f"it knows {learned[0]} devices and {learned[1]} servers alone, and there are {there[0]} and "
                f"{there[1]}; 'price-net' takes any number"
            )
        return ""

    def arrays(self) -> Arrays:
        return {name: tensor.cpu().numpy().copy() for name, tensor in self.network.state_dict().items()}

    @classmethod
    def load(cls, spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Spreading:
        network = network_of(dict(spec), 0)
        kept = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        try:
            network.load_state_dict(kept)
        except RuntimeError as error:  # torch says so of arrays that are missing or have other shapes
            raise ValueError(str(error).splitlines()[0]) from error
        return cls(dict(spec), network)


__all__ = ["DESIGNS", "FLAT", "Spreading", "network_of", "within"]
