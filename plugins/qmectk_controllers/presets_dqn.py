"""Presets of Q-learning over choices and shares: the structured one for Ye's problem, and Ye's own controller."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

from qmectk.errors import InputError
from qmectk.options import at_least, at_most, option
from qmectk_learned.options import MOST_BATCH

from .backends import ControllerBackend
from .options import ControllerOptions

BY_FORM = "; none: by form"

#: Most shares that are tried between the limits of a choice: steps of a thousandth.
MOST_LEVELS = 1001


@dataclass(frozen=True)
class DQNOptions(ControllerOptions):
    """Of Q-learning. One update is one slot of all copies and one step of Adam."""

    learning_rate: float = option(4e-3, "step size of Adam at the beginning")
    final_rate: float = option(0.02, "part of the step size that is left at the end")
    layers: str = option("128,128", "units of the layers of the network")
    levels: int = option(11, "shares tried between the limits of a choice")
    reward: str = option("own", "what is learned from: own, difference, slot, published")
    known: bool = option(True, "add what is known of the objective to what is learned, rather than learn it")
    queue: bool = option(False, "let the network see the known part (needed where it is not added)")
    masked: bool = option(True, "leave out what is not allowed")
    clip: float = option(3.0, "largest size of a target, in units of the reward; 0 for none")
    loss: Literal["huber", "mse"] = option("huber", "smooth L1, or the mean square")
    explore: float = option(0.5, "share of decisions at random at the beginning")
    explore_final: float = option(0.5, "the same at the end")
    restart: float = option(0.2, "share of copies that start anew in a slot, with queues of any length")
    gamma: float = option(0.0, "discount; slots that do not depend on decisions need none")
    follow: float = option(0.005, "how far a target network follows in an update, where there is a discount")
    memory: int = option(0, "transitions to learn from again, drawn at random; 0 learns from the latest alone")
    batch: int = option(480, "transitions in a step of Adam, where there is a memory")

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("levels", self.levels, 1)
        at_most("levels", self.levels, MOST_LEVELS)
        check(self)


def check(options: Any) -> None:
    """Refuse numbers of Q-learning that cannot be meant."""
    for name, least in (("batch", 1), ("clip", 0), ("memory", 0)):
        at_least(name, getattr(options, name), least)
    at_most("batch", options.batch, MOST_BATCH)
    for name in ("final_rate", "explore", "explore_final", "restart", "gamma", "follow"):
        value = getattr(options, name)
        if not 0.0 <= value <= 1.0:
            raise InputError(f"option '{name}' lies between 0 and 1, not at {value:g}")


class DQNShares(ControllerBackend):
    """The cost of every mode at every share of a grid, learned; the queue's part is added (learned from nothing).

    So the network needs to see no queue, training needs to explore none, and V and Delta may be others afterwards.
    """

    name = "dqn-shares"
    summary = "Q-learning of the cost of choices and shares, with what is known of the objective added"
    learner: ClassVar[str] = "dqn:DQN"
    Options = DQNOptions


#: What the forms of `dqn-ddpg` mean; an option that is set stands above it. Published is the design of Ye et al. (arXiv
#: 2306.14588): their list of the state, as z-scores and without the queue; five modes, whether they are allowed or not;
#: the negative cost of all devices as every device's reward; discount .913; mean squares; the layers they name.
FORMS: dict[str, dict[str, Any]] = {
    "repaired": {
        "features": "own", "queue": True, "known": True, "masked": True, "mapped": True, "whole": False,
        "reward": "own", "clip": 3.0, "loss": "huber", "gamma": 0.0, "memory": 0, "batch": 480,
        "learning_rate": 2e-3, "final_rate": 0.02, "layers": "64,64", "actor_layers": "64,64",
        "explore": 0.5, "explore_final": 0.2, "restart": 0.2,
    },
    "published": {
        "features": "published", "queue": False, "known": False, "masked": False, "mapped": False, "whole": True,
        "reward": "published", "clip": 0.0, "loss": "mse", "gamma": 0.913, "memory": 100_000, "batch": 128,
        "learning_rate": 1e-3, "final_rate": 1.0, "layers": "256,256", "actor_layers": "512,512,512",
        "explore": 1.0, "explore_final": 0.05, "restart": 0.0,
    },
}  # fmt: skip


@dataclass(frozen=True)
class DDPGOptions(ControllerOptions):
    """Of Q-learning of choices with an actor for shares; what is left open is as the form says."""

    form: Literal["repaired", "published"] = option("repaired", "published: as the paper prints it, defects included")
    slots: int = option(1500, "slots of training that every copy of the world passes")
    learning_rate: float | None = option(None, f"step size of Adam at the beginning{BY_FORM}")  # type: ignore[assignment]
    features: str = option("", "what the policy sees: own, published; empty: by form")
    final_rate: float | None = option(None, f"part of the step size that is left at the end{BY_FORM}")
    layers: str = option("", "units of the layers that value modes and shares; empty: by form")
    actor_layers: str = option("", "units of the layers that name shares; empty: by form")
    reward: str = option("", "what is learned from: own, difference, slot, published; empty: by form")
    known: bool | None = option(None, f"add what is known of the objective to what is learned{BY_FORM}")
    queue: bool | None = option(None, f"let the networks see the known part{BY_FORM}")
    masked: bool | None = option(None, f"leave out what is not allowed{BY_FORM}")
    mapped: bool | None = option(None, f"map shares onto their limits, rather than cut them off there{BY_FORM}")
    whole: bool | None = option(None, f"a mode for all of each choice beside one for a share of it{BY_FORM}")
    clip: float | None = option(None, f"largest size of a target, in units of the reward; 0 for none{BY_FORM}")
    loss: Literal["huber", "mse"] | None = option(None, f"smooth L1, or the mean square{BY_FORM}")
    explore: float | None = option(None, f"share of decisions at random at the beginning{BY_FORM}")
    explore_final: float | None = option(None, f"the same at the end{BY_FORM}")
    restart: float | None = option(None, f"share of copies that start anew in a slot, with any queues{BY_FORM}")
    gamma: float | None = option(None, f"discount{BY_FORM}")
    follow: float = option(0.005, "how far target networks follow in an update, where there is a discount")
    memory: int | None = option(None, f"transitions to learn from again; 0: from the latest alone{BY_FORM}")
    batch: int | None = option(None, f"transitions in a step of Adam, where there is a memory{BY_FORM}")

    def __post_init__(self) -> None:
        chosen = self.chosen()
        check(chosen)
        if chosen.gamma and chosen.known:
            raise InputError("what is known is of one slot and has no discount", "set known=false queue=true")
        super().__post_init__()

    def chosen(self) -> SimpleNamespace:
        """All options, with those of the form where they are left open."""
        own = {name: value for name, value in vars(self).items() if value is not None and value != ""}
        return SimpleNamespace(**{**FORMS[self.form], **own})


class DQNDDPG(ControllerBackend):
    """Ye's controller: Q-learning of modes, and an actor and a critic for the share.

    `form=published` keeps the defects of the printed design: the queue is not seen, so no policy can meet Delta;
    z-scores of a gain that spans decades, without transmit powers and levels; the cost of all devices as the reward of
    each, which for each is the noise of the others; squares of costs that differ a thousandfold; a discount although
    slots do not depend on decisions; modes that are not there and shares cut off at limits, where the actor stays.
    """

    name = "dqn-ddpg"
    summary = "Q-learning of modes with an actor and critic for shares (Ye); form=published as printed"
    learner: ClassVar[str] = "ddpg:DDPG"
    Options = DDPGOptions


PRESETS = (DQNShares, DQNDDPG)

__all__ = ["PRESETS", "DDPGOptions", "DQNDDPG", "DQNOptions", "DQNShares"]
