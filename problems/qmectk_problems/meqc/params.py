"""What ``problems/meqc.yaml`` may say (Xu et al., arXiv 2504.08134), with units, presets and validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from qmectk.problem import ProblemParams

from ..parts import SMALLEST, Hertz, Noise, Positive, Share, Transmitted
from ..recorded import Measured, RecordedParams
from ..recorded_files import SizeFile
from ..tasks import MOST_COUNT, MOST_LEVEL, MOST_SCALE, Count, Hardware, Level, PresetParams, Scale, Weights


class MeqcParams(PresetParams, RecordedParams):
    """Parameters of the multi-server edge-quantum problem."""

    measured = {
        "gain": Measured(("users", "servers"), least=SMALLEST),
        "size": Measured(("users",), unit="bytes"),
        "scale": Measured(("users",), most=MOST_SCALE, whole=True),
        "power": Measured(("users",), unit="W"),
        "local_clock": Measured(("users",), least=SMALLEST, unit="Hz"),
        "edge_clock": Measured(("servers",), least=SMALLEST, unit="Hz"),
        "level": Measured(("servers",), most=MOST_LEVEL, whole=True),
        "qubits": Measured(("servers",), most=MOST_COUNT, whole=True),
        "order": Measured(("users",)),
    }

    options = ("latency", "allow_none", "qpu_slots", "sharing", "conflicts")
    ranges = ("gain", "power", "frames_of_task", "scale", "qubits")

    problem: Literal["meqc"]
    preset: Literal["published", "calibrated"] = Field(
        "calibrated", description="The equations as printed, or with their errors repaired."
    )
    users: int = Field(10, ge=1, le=100_000, description="Number U of users.")
    servers: int = Field(10, ge=1, le=10_000, description="Number E of edge servers.")
    weights: Weights = Weights()
    hardware: Hardware = Hardware()

    # what the presets differ in
    qpu_rule: Literal["forced", "optional"] = Field(
        "optional",
        description="forced: a user whose circuit fits its server must use that QPU, as (12) charges it; "
        "optional: the server decides between CPU and QPU, as the text says.",
    )
    qpu_unit: Literal["bytes", "MB", "blocks"] = Field(
        "blocks", description="Unit of the data size in the QPU's latency and energy: bytes, MB, or blocks of 8 kB."
    )
    qpu_energy: Literal["printed", "physical"] = Field(
        "physical", description="printed: power times data, as (8) has it; physical: power times latency."
    )
    qubits_are: Literal["physical", "one level", "logical"] = Field(
        "one level",
        description="What a server's qubits are: physical ones, of which a logical qubit takes 91^k; physical ones "
        "of which it takes 91 at every level; or logical ones.",
    )

    # options of both
    latency: Literal["serial", "parallel"] = Field(
        "serial", description="Whether local and remote parts run one after the other or at the same time."
    )
    allow_none: bool = Field(False, description="Whether a user may compute locally without choosing a server.")
    qpu_slots: int = Field(1, ge=1, le=10_000, description="Quantum tasks a server runs at once.")
    sharing: Literal["none", "bandwidth", "cpu"] = Field(
        "none", description="Extension: the users of a server share its bandwidth or its CPU equally."
    )

    conflicts: Literal["gain", "random"] = Field(
        "gain",
        description="Who gets a server's slot where a policy sends it more users than it has: those that gain most, or "
        "those that a random order names first. Solvers that assign slots do not need it.",
    )

    gain: tuple[Positive, Positive] = Field((4.0, 8.0), description="Range of the channel gains.")
    power: tuple[Transmitted, Transmitted] = Field((1e-5, 2e-4), description="Range of the transmit powers [W].")
    bandwidth: Hertz = Field(20e6, description="Bandwidth of a user [Hz].")
    noise: Noise = Field(1e-6, description="Noise power [W]; the paper leaves it open.")
    local_clock: list[Hertz] = Field([1e9, 2e9, 3e9], min_length=1, description="Clocks of the users' CPUs [Hz].")
    edge_clock: list[Hertz] = Field([10e9, 15e9, 20e9], min_length=1, description="Clocks of the servers' CPUs [Hz].")
    chip: Positive = Field(1e-11, description="Energy of a CPU cycle [J].")
    arrivals: SizeFile | None = Field(
        None, description="{path: ...}: a file of the tasks' sizes, one row a slot, instead of drawn ones."
    )
    frames_of_task: tuple[Count, Count] = Field((1024, 10240), description="Frames a task, of 128 x 128 x 10 byte.")
    scale: tuple[Scale, Scale] = Field((3, 9), description="Range of the task scale pb: 3 2^pb cycles a byte.")
    levels: list[Level] = Field([1, 2, 3], min_length=1, description="Levels of concatenation of the servers' codes.")
    qubits: tuple[Count, Count] = Field((1000, 5000), description="Range of the servers' qubits.")
    success: Share = Field(
        2.0 / 3.0, description="Least probability with which a circuit must run without a logical error."
    )

    @classmethod
    def presets(cls) -> Mapping[str, Mapping[str, Any]]:
        return {
            "published": {
                "qpu_rule": "forced",
                "qpu_unit": "MB",
                "qpu_energy": "printed",
                "qubits_are": "physical",
            },
            "calibrated": {
                "qpu_rule": "optional",
                "qpu_unit": "blocks",
                "qpu_energy": "physical",
                "qubits_are": "one level",
            },
        }

    def doubts(self) -> list[str]:
        return ProblemParams.doubts(self)  # the paper's gains are above 1, and so may be those of a file

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> MeqcParams:
        self.read_files(info, {"arrivals": "size"})
        if self.sharing != "none" and self.latency != "serial":
            raise ValueError("'sharing' needs 'latency: serial': with both, the cost is no longer linear in the shares")
        if self.sharing != "none" and self.qpu_rule == "forced" and not self.allow_none:
            raise ValueError("'sharing' under 'qpu_rule: forced' needs 'allow_none: true'")
        return self
