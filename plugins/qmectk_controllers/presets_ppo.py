"""Presets of hybrid PPO: Xu's controllers as printed and repaired, and the one with structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from qmectk.errors import InputError
from qmectk.options import at_least, at_most, option
from qmectk_learned.layers import MOST
from qmectk_learned.options import MOST_RATE

from .backends import ControllerBackend
from .options import ControllerOptions

#: What each form means where an option does not say otherwise. `published` is Xu et al. (arXiv 2504.08134): the listed
#: state in natural units, z-scored; the team's cost as every device's reward; discount .95, although no slot depends on
#: another; a share from a normal distribution, cut off at 0 and 1; a critic for each actor; a constant step size.
FORMS: dict[str, dict[str, Any]] = {
    "repaired": {
        "features": "own",
        "reward": "own",
        "gamma": 0.0,
        "share": "bernoulli",
        "critics": 1,
        "learning_rate": 2e-3,
        "final_rate": 0.05,
    },
    "published": {
        "features": "published",
        "reward": "published",
        "gamma": 0.95,
        "share": "gaussian",
        "critics": 2,
        "learning_rate": 1e-3,
        "final_rate": 1.0,
    },
}

as_form = "; none: by form"


@dataclass(frozen=True)
class PPOOptions(ControllerOptions):
    """Of all of them. One update is a rollout of `horizon` slots of every copy and `passes` over it."""

    copies: int = option(50, "copies of the world that go on together in training")
    slots: int = option(250, "slots of training that every copy passes")
    horizon: int = option(10, "slots of every copy between two updates")
    features: str = option("", "what the policy sees: own, published, or another kind of the problem; empty: by form")
    learning_rate: float = option(0.0, "step size of Adam at the beginning; 0: by form")
    form: Literal["repaired", "published"] = option("repaired", "published: as the paper prints it, defects included")
    reward: str | None = option(None, f"what is learned from: own, difference, slot, published{as_form}")
    gamma: float | None = option(None, f"discount{as_form}")
    trace: float = option(0.95, "lambda of generalised advantage estimation")
    share: Literal["bernoulli", "gaussian"] | None = option(None, f"how an open share is drawn{as_form}")
    critics: int | None = option(None, f"1 for both heads, or 2{as_form}")
    final_rate: float | None = option(None, f"part of the step size that is left at the end{as_form}")
    network: Literal["flat", "pairs"] = option("flat", "over all a device sees, or over pairs of device and choice")
    context: bool = option(False, "a network over pairs also sees what the other devices make of a choice")
    encoder: Literal["mlp", "vqc"] = option("mlp", "network over features: layers, or the circuit between two layers")
    units: int = option(64, "units of its layers")
    separate: bool = option(False, "a network of its own for every device (flat networks of layers)")
    passes: int = option(2, "passes over a rollout")
    minibatch: int = option(50, "slots in a step of Adam")
    clip: float = option(0.2, "how far a step may move a probability, as a ratio")
    entropy: float = option(0.01, "weight of the entropy")
    value_weight: float = option(0.5, "weight of the critics' loss")

    def __post_init__(self) -> None:
        if self.learning_rate == 0.0:
            object.__setattr__(self, "learning_rate", FORMS[self.form]["learning_rate"])
        super().__post_init__()
        for name in ("horizon", "units", "passes", "minibatch"):
            at_least(name, getattr(self, name), 1)
        at_most("units", self.units, MOST)
        for name in ("clip", "entropy", "value_weight"):
            at_least(name, getattr(self, name), 0.0)
            at_most(name, getattr(self, name), MOST_RATE)
        for name, value in (("gamma", self.gamma), ("trace", self.trace), ("final_rate", self.final_rate)):
            if value is not None and not 0.0 <= value <= 1.0:
                raise InputError(f"option '{name}' lies between 0 and 1, not at {value:g}")
        if self.critics not in (None, 1, 2):
            raise InputError(f"option 'critics' is 1 or 2, not {self.critics}")
        if self.separate and (self.encoder, self.network) != ("mlp", "flat"):
            raise InputError("only flat networks of layers can be one for each device", "set network=flat, encoder=mlp")
        if self.context and self.network != "pairs":
            raise InputError("a flat network sees one device", "set network=pairs to see others")

    def chosen(self, name: str) -> Any:
        """An option, or what the form says where it is left open."""
        value = getattr(self, name)
        return FORMS[self.form][name] if value is None or value == "" else value


class HybridPPO(ControllerBackend):
    """Flat networks over everything that a user sees, of 2 x 256 units: Xu et al., repaired or as printed.

    `form=published` keeps the defects: users are paid the team's cost, to each of them the noise of the others; later
    slots are credited although nothing carries over; shares are drawn from a normal distribution and never reach the 0
    or 1 that is optimal; home is a share of 0 and no choice.
    """

    name = "hybrid-ppo"
    summary = "hybrid multi-agent PPO with flat networks (Xu); form=published as printed"
    learner: ClassVar[str] = "ppo:PPO"

    @dataclass(frozen=True)
    class Options(PPOOptions):
        units: int = option(256, "units of its two layers")
        slots: int = option(400, "slots of training that every copy passes")


class HybridPPOVqc(HybridPPO):
    """The same with the circuit of four qubits between layers of 64 units in place of two layers of 256."""

    name = "hybrid-ppo-vqc"
    summary = "hybrid multi-agent PPO with variational circuits (Xu); form=published as printed"

    @dataclass(frozen=True)
    class Options(PPOOptions):
        encoder: Literal["mlp", "vqc"] = option("vqc", "network over features: the circuit, or layers")
        slots: int = option(400, "slots of training that every copy passes")


class PairPPO(ControllerBackend):
    """One network over pairs of a user and a server, whatever their number: trained on one size, it acts on any."""

    name = "pair-ppo"
    summary = "multi-agent PPO over pairs of device and choice, for any number of both"
    learner: ClassVar[str] = "ppo:PPO"

    @dataclass(frozen=True)
    class Options(PPOOptions):
        copies: int = option(500, "copies of the world that go on together in training")
        slots: int = option(60, "slots of training that every copy passes")
        horizon: int = option(1, "slots of every copy between two updates")
        reward: str | None = option("difference", f"what is learned from: difference, own, slot, published{as_form}")
        network: Literal["flat", "pairs"] = option("pairs", "over pairs of device and choice, or all a device sees")


PRESETS = (HybridPPO, HybridPPOVqc, PairPPO)

__all__ = ["PRESETS", "HybridPPO", "HybridPPOVqc", "PairPPO"]
