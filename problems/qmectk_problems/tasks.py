"""What the two edge-quantum problem files have in common: presets, ranges, hardware."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, SerializerFunctionWrapHandler, ValidationInfo, model_serializer, model_validator

from qmectk.problem import ProblemParams

from .parts import NonNegative, Part, Positive, Second
from .physics.calibration import read_calibration
from .physics.quantum_hardware import QuantumHardware

#: Bytes of a MB, of a MiB and of the block a QPU loads at once in the calibrated presets.
MEGABYTE, MEBIBYTE, BLOCK = 1e6, 2.0**20, 8e3


#: Frames of a task and qubits of a server; beyond 1e12 of them products are no longer exact.
MOST_COUNT = 10**12
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
#: Scale pb of a task, of 3 2^pb cycles a byte and circuits of 2^((pb + 17)/2) steps.
MOST_SCALE = 64
Scale = Annotated[int, Field(ge=0, le=MOST_SCALE)]
#: Levels of concatenation: a logical qubit is 91^k physical ones, and 91^10 is 4e19.
MOST_LEVEL = 10
Level = Annotated[int, Field(ge=0, le=MOST_LEVEL)]


class Weights(Part):
    """What a second and a joule cost."""

    time: NonNegative = Field(0.5, description="Weight of latency [1/s].")
    energy: NonNegative = Field(0.5, description="Weight of energy [1/J].")


class Hardware(Part):
    """Fault-tolerant quantum hardware; see ``qmectk_problems.physics.quantum_hardware``."""

    coherence_time: Second = Field(2e-3, description="1/gamma of a physical qubit [s]; the papers leave it open.")
    measurement_power: NonNegative = Field(
        0.0, description="Power of a measurement over that of a two-qubit gate; the papers leave it open."
    )
    threshold: Annotated[Positive, Field(le=1)] = Field(2e-4, description="Error threshold of the code.")
    one: Second = Field(25e-9, description="Duration of a one-qubit gate [s].")
    two: Second = Field(100e-9, description="Duration of a two-qubit gate [s].")
    measure: Second = Field(100e-9, description="Duration of a measurement [s].")

    @model_validator(mode="before")
    @classmethod
    def _from_calibration(cls, data: Any, info: ValidationInfo) -> Any:
        """`calibration: FILE` gives the coherence time and the durations; what the file states itself stands above."""
        if not isinstance(data, dict) or "calibration" not in data:
            return data
        rest = {key: value for key, value in data.items() if key != "calibration"}
        folder = Path((info.context or {}).get("folder", "."))
        return {**read_calibration(folder / str(data["calibration"])), **rest}

    @property
    def model(self) -> QuantumHardware:
        """The hardware model with these numbers."""
        return QuantumHardware(
            coherence_time=self.coherence_time,
            measurement_power=self.measurement_power,
            threshold=self.threshold,
            one=self.one,
            two=self.two,
            measure=self.measure,
            step=max(self.one, self.two, self.measure),
        )


class PresetParams(ProblemParams):
    """Parameters whose defaults come from a named preset.

    Keys that a file does not state take the preset's value, and every deviation from it is part of the name under
    which results appear, so that presets are never mixed silently.

    Attributes
    ----------
    options
        Keys that every preset leaves alone and that are part of the name, too, where they differ from their default.
    ranges
        Keys that hold a smallest and a largest value.
    """

    options: ClassVar[tuple[str, ...]] = ()
    ranges: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def presets(cls) -> Mapping[str, Mapping[str, Any]]:
        """Preset -> its values of the keys in which presets differ."""
        raise NotImplementedError

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        chosen = cls.presets().get(str(data.get("preset", "calibrated")), {})
        return {**chosen, **data}

    @model_validator(mode="after")
    def _from_small_to_large(self) -> Self:
        for name in self.ranges:
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"'{name}' must be a range from small to large")
        return self

    @model_serializer(mode="wrap")
    def _without_the_preset(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what the preset does not say, so that changing the preset of a loaded problem changes all of it."""
        data: dict[str, Any] = serialize(self)
        chosen = self.presets().get(str(data.get("preset")), {})
        return {key: value for key, value in data.items() if key not in chosen or getattr(self, key) != chosen[key]}

    @property
    def title(self) -> str:
        """The preset and every option that is not its own: "calibrated" or "published, qpu_rule=optional"."""
        name = str(getattr(self, "preset", ""))
        changed = [
            f"{key}={getattr(self, key)}" for key, value in self.presets()[name].items() if getattr(self, key) != value
        ]
        fields = type(self).model_fields
        extras = [f"{key}={getattr(self, key)}" for key in self.options if getattr(self, key) != fields[key].default]
        return ", ".join([name, *changed, *extras])
