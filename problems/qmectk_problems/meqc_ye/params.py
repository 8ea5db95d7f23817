"""What ``problems/meqc-ye.yaml`` may say (Ye et al., arXiv 2306.14588), with units, presets and validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from qmectk.documents.units import quantity

from ..parts import SMALLEST, Exponent, Hertz, Metre, NonNegative, Part, Positive, Second, Share
from ..recorded import Measured, RecordedParams
from ..recorded_files import SizeFile
from ..tasks import MOST_COUNT, MOST_SCALE, Count, Hardware, Level, PresetParams, Scale, Weights

Pair = tuple[Positive, Positive]


class Motion(Part):
    """Gauss-Markov mobility in the disc around the access point."""

    radius: Metre = Field(50.0, description="Radius of the disc [m].")
    memory: Share = Field(0.8, description="Memory delta of speed and direction; the paper leaves it open.")
    speed: Pair = Field((3.0, 5.0), description="Range of the mean speeds [m/s].")
    slot: Second = Field(1.0, description="Duration of a slot [s]; the paper leaves it open.")


class MeqcYeParams(PresetParams, RecordedParams):
    """Parameters of the single-cloud hybrid offloading problem."""

    measured = {
        "gain": Measured(("devices",)),
        "size": Measured(("devices",), least=SMALLEST, unit="bytes"),
        "scale": Measured(("devices",), most=MOST_SCALE, whole=True),
        "slack": Measured(("devices",), least=SMALLEST),
        "cloud_clock": Measured((), least=SMALLEST, unit="Hz"),
        "qubits": Measured((), most=MOST_COUNT, whole=True),
        "backlog": Measured(("devices",)),
    }

    options = ("qpu_slots", "size")
    ranges = ("sizes", "scale", "power", "qubits", "slack")

    problem: Literal["meqc-ye"]
    preset: Literal["published", "calibrated"] = Field(
        "calibrated", description="The equations as printed, or with their errors repaired."
    )
    devices: int = Field(15, ge=1, le=100_000, description="Number M of devices.")
    V: NonNegative = Field(0.1, description="Weight of the cost against the virtual queues.")
    Delta: Share = Field(0.7, description="Least average share that every device offloads.")
    backlog: NonNegative = Field(
        0.0, description="Virtual queue of every device in frames solved alone (a simulation has its own queues)."
    )
    weights: Weights = Weights()
    hardware: Hardware = Hardware()
    motion: Motion = Motion()
    qpu_slots: int | None = Field(None, ge=0, description="Extension: most devices on the QPU in a slot.")

    # what the presets differ in
    cost_form: Literal["published", "serial", "parallel"] = Field(
        "parallel",
        description="published: (11), which multiplies by the shares twice; serial: one part after the other; "
        "parallel: both at the same time.",
    )
    queue: Literal["printed", "corrected"] = Field(
        "corrected", description="printed: (13), which charges only a share of exactly 0; corrected: Delta - phi."
    )
    power_unit: Literal["mW", "dBm"] = Field("mW", description="Unit of the transmit powers.")
    upload_power: Literal["upload", "compute"] = Field(
        "upload", description="The time that the transmit power of the QPU mode is multiplied by; (6) prints compute."
    )
    success_formula: Literal["threshold", "printed"] = Field(
        "threshold", description="What stands in front of (eps/eps_thr)^(2^k): eps_thr, or eps_err as (7) prints it."
    )
    mobility_noise: Literal["root", "printed"] = Field(
        "root", description="Factor of the noise in (20): sqrt(1 - delta^2), or 1 - delta^2 as printed."
    )
    qpu_unit: Literal["MB", "blocks"] = Field(
        "blocks", description="Unit of the data size on the QPU; a block is 8 kB."
    )
    qpu_energy: Literal["printed", "physical"] = Field(
        "physical", description="printed: power times data; physical: power times latency."
    )
    qubits_are: Literal["physical", "one level"] = Field(
        "one level", description="Qubits of the lease a logical qubit takes: 91^k, or 91 at every level."
    )
    cloud_capacitance: Positive = Field(
        1e-30, description="rho_0 of the cloud; the devices' 1e-28 would be 100 W at 10 GHz."
    )

    # options of both
    size: Literal["MB", "paper_Mb"] = Field(
        "MB", description="Task sizes: as in the paper's settings, or (160..320) x 100 Mb as in its model."
    )
    sizes: Pair = Field((160.0, 320.0), description="Range of the task sizes, in the unit above.")
    arrivals: SizeFile | None = Field(
        None, description="{path: ...}: a file of the tasks' sizes, one row a slot, instead of drawn ones."
    )
    scale: tuple[Scale, Scale] = Field((3, 9), description="Range of the task scale pb: 3 2^pb cycles a byte.")
    result: NonNegative = Field(1e6, description="Size of a result [byte].")
    power: Pair = Field((0.01, 0.2), description="Range of the transmit powers, in `power_unit`.")
    bandwidth: Hertz = Field(1e8, description="Bandwidth of a device [Hz].")
    noise_density: float = Field(-174.0, ge=-300, le=100, description="Noise density [dBm/Hz].")
    shadowing: Annotated[float, *quantity(""), Field(ge=0, le=100)] = Field(
        8.0, description="Log-normal shadowing [dB]."
    )
    local_clock: list[Hertz] = Field([1e9, 2e9, 3e9], min_length=1, description="Clocks of the devices [Hz].")
    cloud_clock: list[Hertz] = Field([10e9, 15e9, 20e9], min_length=1, description="Clocks of the cloud [Hz].")
    capacitance: Positive = Field(1e-28, description="rho of the devices: power is rho f^zeta.")
    exponent: Exponent = Field(3.0, description="zeta.")
    levels: list[Level] = Field([1, 2, 3], min_length=1, description="Levels of concatenation, one a device.")
    qubits: tuple[Count, Count] = Field((1000, 5000), description="Range of the leased physical qubits.")
    success: Share = Field(2.0 / 3.0, description="Least probability of a circuit without a logical error.")
    slack: Pair = Field((1.2, 3.0), description="Deadlines over the fastest pure mode; at least 1 keeps it feasible.")
    drop_penalty: NonNegative = Field(
        100.0, description="Cost, beside the waiting time, of a task that no mode can finish in time."
    )

    @model_validator(mode="after")
    def _recorded_in_files(self, info: ValidationInfo) -> MeqcYeParams:
        self.read_files(info, {"arrivals": "size"})
        return self

    @classmethod
    def presets(cls) -> Mapping[str, Mapping[str, Any]]:
        return {
            "published": {
                "cost_form": "published",
                "queue": "printed",
                "power_unit": "dBm",
                "upload_power": "compute",
                "success_formula": "printed",
                "mobility_noise": "printed",
                "qpu_unit": "MB",
                "qpu_energy": "printed",
                "qubits_are": "physical",
                "cloud_capacitance": 1e-28,
            },
            "calibrated": {
                "cost_form": "parallel",
                "queue": "corrected",
                "power_unit": "mW",
                "upload_power": "upload",
                "success_formula": "threshold",
                "mobility_noise": "root",
                "qpu_unit": "blocks",
                "qpu_energy": "physical",
                "qubits_are": "one level",
                "cloud_capacitance": 1e-30,
            },
        }
