"""Options of the learners that spread devices over servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from qmectk.errors import InputError
from qmectk.options import option

from .options import ControllerOptions


@dataclass(frozen=True)
class SpreadOptions(ControllerOptions):
    """What they all have."""

    loss: ClassVar[str] = "bound"
    slots: int = option(600, "slots of training that every copy of the world passes")
    learning_rate: float = option(3e-3, "step size of Adam at the beginning; it ends at a twentieth")
    restarts: float = option(0.01, "share of the copies that begin a slot anew, with queues of any length")
    randomised: bool = option(False, "draw load and gains of every copy anew every 20 slots, for changing worlds")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.restarts <= 1.0:
            raise InputError(f"option 'restarts' is a share between 0 and 1, not {self.restarts:g}")

    def design(self) -> dict[str, Any]:
        """The network, as :mod:`.spreading` builds it."""
        raise NotImplementedError


@dataclass(frozen=True)
class PriceOptions(SpreadOptions):
    """Options of ``price-net``."""

    network: Literal["price", "pair"] = option("price", "learn a price of each server, or what each pair is worth")
    encoder: Literal["mlp", "qnn"] = option("mlp", "what reads a pair's features: two layers, or quantum filters")

    def design(self) -> dict[str, Any]:
        quantum = {"filters": [8, 8], "layers": 2} if self.encoder == "qnn" else {}
        return {"network": self.network, **quantum}


@dataclass(frozen=True)
class FlatOptions(SpreadOptions):
    """Options of ``qnn`` and ``dnn``."""

    network: ClassVar[str] = "mlp"
    #: Filters of both rounds, by form: the printed architecture has one.
    filters: ClassVar[dict[str, list[int]]] = {}
    slots: int = option(1000, "slots of training that every copy of the world passes (the paper's epochs)")
    learning_rate: float = option(1e-3, "step size of Adam at the beginning; it ends at a twentieth")
    features: str = option("", "what the policy sees: log by default, and published in the published form")
    form: Literal["repaired", "published"] = option(
        "repaired", "'published': inputs, outputs, filters and loss as printed, defects included"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.features:
            object.__setattr__(self, "features", "published" if self.form == "published" else "log")

    @property
    def loss(self) -> str:  # type: ignore[override]  # of the other learners it is fixed
        """The bound, or what is printed."""
        return "printed" if self.form == "published" else "bound"

    def design(self) -> dict[str, Any]:
        as_printed = self.form == "published"
        circuits = {"filters": self.filters[self.form], "layers": 1 if as_printed else 2} if self.filters else {}
        scale = not as_printed and self.features == "log"
        return {"network": self.network, "sigmoid": as_printed, "scale": scale, **circuits}


@dataclass(frozen=True)
class QnnOptions(FlatOptions):
    """Options of ``qnn``."""

    network: ClassVar[str] = "qnn"
    filters: ClassVar[dict[str, list[int]]] = {"repaired": [4, 8], "published": [1, 1]}


__all__ = ["FlatOptions", "PriceOptions", "QnnOptions", "SpreadOptions"]
