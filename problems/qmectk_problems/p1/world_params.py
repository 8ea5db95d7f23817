"""The parts of a problem file that make the world change, or be seen too late or blurred."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from qmectk.documents.units import quantity

from ..parts import Metre, NonNegative, Part, Positive, Second, Share

#: Speeds [m/s]; 0 stands still.
Speed = Annotated[float, *quantity("m/s"), Field(ge=0, le=1e5)]


class Mobility(Part):
    """Gauss-Markov mobility in a disc around the access point (Camp, Boleng & Davies 2002)."""

    radius: Metre = Field(5.2, description="Radius of the disc that no device leaves [m].")
    nearest: Metre = Field(2.5, description="Distance below which the mean gain grows no further [m].")
    speed: tuple[Speed, Speed] = Field((0.5, 1.5), description="Range of the devices' mean speeds [m/s]: walking.")
    memory: Share = Field(0.8, description="Memory of speed and direction from frame to frame; 1 never turns.")
    frame: Second = Field(0.01, description="Duration of a frame [s].")

    @model_validator(mode="after")
    def _ordered(self) -> Mobility:
        if self.speed[0] > self.speed[1]:
            raise ValueError("the first speed must not exceed the second")
        if self.nearest > self.radius:
            raise ValueError("'nearest' must not exceed 'radius'")
        return self


class Change(Part):
    """What is different from a frame on."""

    frame: int = Field(ge=1, description="First frame it holds in, counted from the first training frame, from 0.")
    weights: Literal["swapped"] | list[NonNegative] | None = Field(
        None, description="'swapped': first and second, third and fourth device change weights; or new weights."
    )
    off: list[int] = Field([], description="Devices that go, by their numbers from 1: their gains are 0.")
    on: list[int] = Field([], description="Devices that come back.")

    def fits(self, devices: int) -> None:
        """Raise ValueError where it speaks of other devices than those that there are."""
        if isinstance(self.weights, list) and len(self.weights) != devices:
            raise ValueError(f"the change at frame {self.frame} has {len(self.weights)} weights for {devices} devices")
        wrong = [number for number in (*self.off, *self.on) if not 1 <= number <= devices]
        if wrong:
            raise ValueError(f"the change at frame {self.frame} names device {wrong[0]}; they are 1 to {devices}")


class Switching(Part):
    """Devices that switch on and off at random, each by itself."""

    on: Annotated[float, *quantity(""), Field(ge=1, le=1e12)] = Field(description="Mean frames a device stays on.")
    off: Annotated[float, *quantity(""), Field(ge=1, le=1e12)] = Field(description="Mean frames a device stays off.")


class Crowd(Part):
    """Who is there changes from frame to frame: some of the devices, with weights and coefficients of that frame."""

    fewest: int = Field(1, ge=1, description="Fewest devices of a frame; its number is log-uniform, up to 'devices'.")
    weights: tuple[NonNegative, NonNegative] | None = Field(
        None, description="Range of the weights, drawn uniformly for every device and frame; the problem's if left out."
    )
    energy_coefficient: tuple[Positive, Positive] | None = Field(
        None, description="Range of k_i, drawn log-uniformly for every device and frame; the problem's if left out."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Crowd:
        for name in ("weights", "energy_coefficient"):
            stated = getattr(self, name)
            if stated is not None and stated[0] > stated[1]:
                raise ValueError(f"the first of '{name}' must not exceed the second")
        return self

    def fits(self, devices: int) -> None:
        """Raise ValueError where there are not as many devices."""
        if self.fewest > devices:
            raise ValueError(f"the crowd has at least {self.fewest} of {devices} devices")


class Observe(Part):
    """What is known of the gains when a frame is decided. The frame itself is measured on its true gains."""

    delay: int = Field(0, ge=0, le=1_000_000, description="Frames that the known gains are old.")
    noise: Annotated[float, *quantity(""), Field(ge=0, le=20)] = Field(
        0.0, description="Known gains are off by the factor exp(noise n), n normal: 0.7 is 3 dB."
    )

    @model_validator(mode="after")
    def _something(self) -> Observe:
        if not self.delay and not self.noise:
            raise ValueError("it says neither 'delay' nor 'noise'; leave 'observe' out where the truth is known")
        return self
