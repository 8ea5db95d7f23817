"""What ``problems/drift.yaml`` may say, with units, presets and validation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from ..parts import Bit, Hertz, Noise, NonNegative, Number, Part, Positive, Second, Share, Transmitted
from ..recorded import Measured, RecordedParams
from ..recorded_files import ArrivalFile

#: Mean arrivals [tasks a slot]; beyond 1e15 floats do not count tasks one by one, and numpy draws none beyond 9e18.
Arrivals = Annotated[NonNegative, Field(le=1e15)]

#: What each preset means by the options it decides. `published` are the equations as printed, defects included.
PRESETS: dict[str, dict[str, Any]] = {
    "calibrated": {
        "mean_gain": 1e-7,
        "service": "backlog",
        "throughput": "delivered",
        "V_counts": "once",
        "limited_servers": True,
    },
    "published": {
        "mean_gain": 1.0,
        "service": "rate",
        "throughput": "stray factor s",
        "V_counts": "twice",
        "limited_servers": False,
    },
}


class Radio(Part):
    """The link of a device to a server: R = W log2(1 + P alpha / N0), alpha ~ Exp(mean gain)."""

    bandwidth: Hertz = Field(20e6, description="Bandwidth W of a device [Hz].")
    power: Transmitted = Field(0.1, description="Transmit power P [W].")
    noise: Noise = Field(1e-9, description="Noise power N0 [W].")


class Local(Part):
    """A device's own processor."""

    service: bool = Field(
        False, description="Whether devices may compute themselves; the slot is then split between CPU and radio."
    )
    cpu: Hertz = Field(1e9, description="Clock of a device [Hz].")
    capacitance: Positive = Field(1e-28, description="Switched capacitance kappa: power is kappa f^3 [W s^3].")


class Weights(Part):
    """Utility U = throughput * R - power * P of a slot."""

    throughput: NonNegative = Field(1.0, description="w_R, per task.")
    power: NonNegative = Field(1.0, description="w_P, per W.")


class Backlog(Part):
    """Backlogs of independent frames (``qmectk solve``); simulations start with empty queues."""

    between: tuple[NonNegative, NonNegative] = Field((0.0, 30.0), description="Smallest and largest backlog [tasks].")

    @model_validator(mode="after")
    def _ordered(self) -> Backlog:
        if self.between[0] > self.between[1]:
            raise ValueError("the first backlog must not exceed the second")
        return self


class Wave(Part):
    """sin(2 pi (t / period + phase)) of slot t."""

    swing: NonNegative = Field(description="By how much the sine counts.")
    period: Positive = Field(500.0, description="Slots until it begins again.")
    phase: Number = Field(0.0, description="Share of a period that it is ahead.")

    def at(self, slot: Any) -> np.ndarray:
        """`swing` times the sine at slots of any shape."""
        return np.asarray(self.swing * np.sin(2.0 * np.pi * (np.asarray(slot) / self.period + self.phase)))


class Swinging(Wave):
    """The same with a swing that leaves no negative mean."""

    swing: Share = Field(description="By how much the sine counts, at most 1.")


class Fading(Wave):
    """The same with a swing that leaves gains which are numbers."""

    swing: float = Field(ge=0.0, le=60.0, description="By how much the sine counts, at most 60 (a factor of 1e26).")


class Dynamics(Part):
    """Means that change from slot to slot (Verma et al. 2025, Fig. 20: swings of 0.5 and 0.7)."""

    arrivals: Swinging | None = Field(None, description="Mean arrivals times 1 + swing sin(...); null for constant.")
    gain: Fading | None = Field(None, description="Mean gains times exp(swing sin(...)); null for constant.")


class DriftParams(RecordedParams):
    """Parameters of drift-plus-penalty offloading."""

    measured = {
        "gain": Measured(("devices", "servers")),
        "arrivals": Measured(("devices",), unit="arrivals"),
        "backlog": Measured(("devices",), unit="tasks"),
        "virtual": Measured(("devices",), unit="tasks"),
    }

    problem: Literal["drift"]
    preset: Literal["calibrated", "published"] = Field(
        "calibrated",
        description="'published': the equations as printed, defects included; 'calibrated': the repaired ones.",
    )
    devices: int = Field(10, ge=1, le=100_000, description="Number M of devices.")
    servers: int = Field(3, ge=1, le=10_000, description="Number S of servers.")
    slot: Second = Field(1e-3, description="Length tau of a slot [s].")
    arrivals: Arrivals | list[Arrivals] | ArrivalFile = Field(
        5.0,
        description="Mean arrivals lambda of a device [tasks a slot], Poisson; one number or one a device. "
        "{path: ...}: a file of those that came instead.",
    )
    dynamics: Dynamics | None = Field(None, description="How mean arrivals and mean gains change from slot to slot.")
    task: Bit = Field(8e3, description="Size of a task [bit].")
    cycles_per_bit: Positive = Field(100.0, description="CPU cycles L per bit.")
    server_cpu: Hertz = Field(20e9, description="Clock F of a server [Hz]: F tau / (L task) tasks a slot.")
    radio: Radio = Radio()
    local: Local = Local()
    V: NonNegative = Field(1000.0, description="Trade-off between utility (large) and backlog (small).")
    weights: Weights = Weights()
    target: NonNegative | None = Field(
        0.9,
        description="Target throughput gamma as a share of the arrivals, kept by virtual queues H; null for none.",
    )
    admission: bool = Field(False, description="Admit a slot's arrivals only where the backlog is at most V w_R.")
    one_server: bool = Field(False, description="A device uses one server a slot: a mixed-integer problem.")
    backlog: Backlog = Backlog()
    mean_gain: Positive | None = Field(None, description="Mean power gain of a link; null for the preset's.")
    service: Literal["backlog", "rate"] | None = Field(
        None, description="What a slot can serve: min(rate, backlog), or the rate even from an empty buffer."
    )
    throughput: Literal["delivered", "stray factor s"] | None = Field(
        None, description="R as the tasks served, or as printed with the server's number as a factor."
    )
    V_counts: Literal["once", "twice"] | None = Field(
        None, description="Whether V also weighs the power inside U, as the paper's P1 has it."
    )
    limited_servers: bool | None = Field(None, description="Whether the servers' CPUs limit a slot.")

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> DriftParams:
        self.read_files(info, {"arrivals": "arrivals"})
        if isinstance(self.arrivals, list) and len(self.arrivals) != self.devices:
            raise ValueError(f"'arrivals' has {len(self.arrivals)} numbers for {self.devices} devices")
        return self

    def chosen(self, name: str) -> Any:
        """An option that the preset decides unless the file does."""
        value = getattr(self, name)
        return PRESETS[self.preset][name] if value is None else value

    @property
    def title(self) -> str:
        """The preset, with every option in which the file departs from it: goes on every output."""
        changed = [
            f"{name}={getattr(self, name)}"
            for name, default in PRESETS[self.preset].items()
            if getattr(self, name) not in (None, default)
        ]
        return self.preset if not changed else f"{self.preset} but {', '.join(changed)}"

    @property
    def mean_arrivals(self) -> np.ndarray:
        """lambda_m, shape (devices,); of recorded arrivals the mean over the rows that are judged."""
        came = self.rows.of("arrivals")
        if came is not None:
            return np.asarray(came[self.training_frames :].mean(axis=0))
        return np.broadcast_to(np.asarray(self.arrivals, dtype=float), (self.devices,))

    @property
    def targets(self) -> np.ndarray:
        """gamma_m, shape (devices,); zeros without virtual queues."""
        return (self.target or 0.0) * self.mean_arrivals

    @property
    def server_tasks(self) -> float:
        """Tasks a server can take in a slot: F tau / (L task)."""
        return self.server_cpu * self.slot / (self.cycles_per_bit * self.task)

    @property
    def local_tasks(self) -> float:
        """Tasks a device can compute in a slot: f tau / (L task)."""
        return self.local.cpu * self.slot / (self.cycles_per_bit * self.task)

    @property
    def local_power(self) -> float:
        """kappa f^3 [W]."""
        return self.local.capacitance * self.local.cpu**3
