"""Options that all learned controllers have."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from qmectk.errors import InputError
from qmectk.options import at_least, option
from qmectk_learned.options import check_rate

#: Options that the weights do not depend on.
BESIDE = ("retrain", "resume", "policy", "device")


@dataclass(frozen=True)
class ControllerOptions:
    """What every learned controller has; the learners' files say where their defaults come from."""

    slots: int = option(2000, "slots of training that every copy of the world passes")
    copies: int = option(32, "copies of the world that go on together in training")
    features: str = option("own", "what the policy sees: own, or published where the paper says what")
    learning_rate: float = option(1e-3, "step size of Adam")
    device: Literal["cpu", "cuda"] = option("cpu", "where networks compute")
    retrain: bool = option(False, "train anew even if a trained policy is cached")
    resume: bool = option(False, "go on from a checkpoint, and refuse where there is none")
    policy: str = option("", "use the policy in this folder instead of training ('qmectk train' makes one)")

    def __post_init__(self) -> None:
        at_least("slots", self.slots, 1)
        at_least("copies", self.copies, 1)
        if self.learning_rate is not None:  # where a preset's form does not say it
            check_rate(self.learning_rate)
        if self.retrain and self.resume:
            raise InputError("'retrain' starts anew and 'resume' goes on", "set one of them")

    def identity(self) -> dict[str, Any]:
        """The options a trained policy depends on."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in BESIDE}


__all__ = ["ControllerOptions"]
