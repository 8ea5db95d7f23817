"""What ``problems/p1.yaml`` may say, with units and validation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from qmectk.documents.units import quantity
from qmectk.problem import ProblemParams

from ..gains import GainFile, read_gains
from ..parts import LARGEST, Exponent, Hertz, Metre, Noise, NonNegative, Part, Positive, Second, Transmitted, with_model
from ..physics.radio import LIGHT
from .world_params import Change, Crowd, Mobility, Observe, Switching


class Constants(Part):
    """Constants of Huang, Bi & Zhang 2020, section VI, in SI units."""

    power: Transmitted = Field(3.0, description="Transmit power P of the access point [W].")
    efficiency: Annotated[float, *quantity(""), Field(gt=0, le=1)] = Field(
        0.7, description="Harvesting efficiency mu: 0.51 in the text of both papers, 0.7 in DROO's code and data."
    )
    energy_coefficient: Positive | list[Positive] = Field(
        1e-26, description="Computing energy coefficient k_i [J s^2 / cycle^3], one number or one a device."
    )
    cycles_per_bit: Positive = Field(100.0, description="CPU cycles phi per bit of the task.")
    bandwidth: Hertz = Field(2e6, description="Bandwidth B [Hz].")
    overhead: Annotated[Positive, Field(ge=1)] = Field(
        1.1, description="Communication overhead v: bits sent per bit of the task."
    )
    noise: Noise = Field(1e-10, description="Receiver noise power N0 [W].")


class DistanceRange(Part):
    """Distances drawn once per problem, uniformly."""

    between: tuple[Metre, Metre] = Field(description="Smallest and largest distance to the access point [m].")

    @model_validator(mode="after")
    def _ordered(self) -> DistanceRange:
        if self.between[0] > self.between[1]:
            raise ValueError("the first distance must not exceed the second")
        return self


class PathLoss(Part):
    """Mean gain: free-space path loss Ad (3e8 / (4 pi fc d))^de (Huang, Bi & Zhang 2020, section VI)."""

    distance: DistanceRange | list[Metre] = Field(
        DistanceRange(between=(2.5, 5.2)), description="Distances [m]: {between: [low, high]} or one a device."
    )
    antenna_gain: Positive = Field(4.11, description="Antenna gain Ad.")
    carrier: Hertz = Field(915e6, description="Carrier frequency fc [Hz].")
    path_loss_exponent: Exponent = Field(2.8, description="Path-loss exponent de.")
    mobility: Mobility | None = Field(None, description="How the devices move, so that their mean gains drift.")

    @model_validator(mode="after")
    def _finite(self) -> PathLoss:
        stated = self.distance.between if isinstance(self.distance, DistanceRange) else self.distance
        nearest = min(stated, default=1.0)
        if self.mobility is not None:
            nearest = self.mobility.nearest
            if max(stated, default=0.0) > self.mobility.radius:
                raise ValueError(f"a device begins beyond the 'radius' of {self.mobility.radius:g} m that none leaves")
        ratio = LIGHT / (4.0 * np.pi * self.carrier * nearest)
        if self.path_loss_exponent * np.log10(ratio) + np.log10(self.antenna_gain) > np.log10(LARGEST):
            raise ValueError(
                f"the mean gain at {nearest:g} m is more than {LARGEST:g}; 'carrier', 'distance', 'antenna_gain' or "
                "'path_loss_exponent' is out of range"
            )
        return self


class Rayleigh(PathLoss):
    """Gains drawn anew in every frame: mean gain times Exp(1)."""

    model: Literal["rayleigh"] = "rayleigh"


class Correlated(PathLoss):
    """Gains with memory: AR(1) on the complex amplitude, rho = J0(2 pi f_D T) (Jakes 1974)."""

    model: Literal["correlated"] = "correlated"
    doppler: Annotated[float, *quantity("Hz"), Field(ge=0, le=LARGEST)] = Field(
        10.0, description="Maximum Doppler shift f_D [Hz]; 0 freezes the channel."
    )
    frame: Second = Field(0.01, description="Duration T of a frame [s].")


class Jakes(PathLoss):
    """Clarke's model as a sum of sinusoids: the autocorrelation is J0(2 pi f_D T l) at every lag l (Jakes 1974)."""

    model: Literal["jakes"] = "jakes"
    doppler: Annotated[float, *quantity("Hz"), Field(ge=0, le=LARGEST)] = Field(
        10.0, description="Maximum Doppler shift f_D [Hz]; 0 freezes the channel."
    )
    frame: Second = Field(0.01, description="Duration T of a frame [s].")
    rays: int = Field(32, ge=8, le=1024, description="Sinusoids a device; 16 are close to Gaussian amplitudes.")


Channel = Annotated[Rayleigh | Correlated | Jakes | GainFile, Field(discriminator="model")]


class P1Params(ProblemParams):
    """Parameters of P1."""

    problem: Literal["p1"]
    frames: int = Field(
        1, ge=1, le=10_000_000, description="Number of frames to solve; all there are of a file of gains, if left out."
    )
    devices: int = Field(
        0, ge=1, le=1_000_000, description="Number N of devices; the columns of a file of gains, if left out."
    )
    weights: Literal["alternating"] | list[NonNegative] = Field(
        "alternating", description="Weights w_i: 'alternating' for 1, 1.5, 1, 1.5, ... or one number a device."
    )
    constants: Constants = Constants()
    channel: Channel = Rayleigh()
    changes: list[Change] = Field([], description="What changes at which frames: weights, devices that go and come.")
    switching: Switching | None = Field(None, description="Devices that switch on and off at random.")
    crowd: Crowd | None = Field(None, description="Who is there, with which weights and k_i, drawn anew every frame.")
    observe: Observe | None = Field(None, description="What is known when a frame is decided; its truth, if left out.")
    _gains: Any = PrivateAttr(None)
    _doubts: list[str] = PrivateAttr(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _channel_defaults_to_rayleigh(cls, data: Any) -> Any:
        return with_model(data, "channel", "rayleigh")

    @model_validator(mode="after")
    def _lengths_agree(self, info: ValidationInfo) -> P1Params:
        if isinstance(self.channel, GainFile):
            self._read(self.channel.beside(info))
        elif not self.devices:
            raise ValueError("'devices' is missing")
        lists = {"weights": self.weights, "constants.energy_coefficient": self.constants.energy_coefficient}
        if isinstance(self.channel, PathLoss):
            lists["channel.distance"] = self.channel.distance  # type: ignore[assignment]
        for name, value in lists.items():
            if isinstance(value, list) and len(value) != self.devices:
                raise ValueError(f"'{name}' has {len(value)} numbers for {self.devices} devices")
        for change in self.changes:
            change.fits(self.devices)
        if self.crowd is not None:
            self.crowd.fits(self.devices)
            if self.observe is not None:
                raise ValueError("'crowd' and 'observe' do not go together: a new device has no earlier observation")
        return self

    def doubts(self) -> list[str]:
        return [*super().doubts(), *self._doubts]

    def _read(self, file: GainFile) -> None:
        """The gains of a file, and the numbers of devices and frames where the problem does not state them."""
        gains, self._doubts = read_gains(file, self.devices or None)
        rows, columns = gains.shape
        counted: dict[str, Any] = {"channel": file.absolute()}
        if not self.devices:
            counted["devices"] = columns
        elif columns != self.devices:
            raise ValueError(f"{file.path.name} has {columns} columns for {self.devices} devices")
        if "frames" not in self.model_fields_set and rows > self.training_frames:
            counted["frames"] = rows - self.training_frames
        elif rows < self.training_frames + self.frames:
            asked = self.training_frames + self.frames
            raise ValueError(f"{file.path.name} has {rows} rows, and training_frames + frames asks for {asked}")
        for name, value in counted.items():
            object.__setattr__(self, name, value)
        self._gains = gains

    @property
    def first_weights(self) -> np.ndarray:
        """w_i before anything changes, shape (devices,)."""
        if self.weights == "alternating":
            return np.where(np.arange(self.devices) % 2 == 0, 1.0, 1.5)
        return np.array(self.weights, dtype=float)

    @property
    def file_gains(self) -> np.ndarray | None:
        """Gains read from the file, shape (rows, devices); None for the other channel models."""
        gains: np.ndarray | None = self._gains
        return gains
