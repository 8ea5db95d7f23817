"""Fault-tolerant quantum hardware: noise, cryogenic power, concatenated code, success probability.

The model of Fellous-Asiani et al., "Optimizing resource efficiencies for scalable full-stack quantum computers"
(PRX Quantum 4, 040319, 2023), as the edge-quantum papers use it (Xu et al., arXiv 2504.08134; Ye et al., arXiv
2306.14588): qubits at the bottom of a cascade of K temperature stages are driven through attenuators, and a
logical qubit is a concatenated 7-qubit Steane code.

What the papers leave open is a field here, with its default and reason: `coherence_time` (1/gamma; 2 ms),
`step` (the longest gate), `measurement_power` (the readout chain is in the power per qubit) and no attenuation
at the qubits themselves. All in SI units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.constants import Boltzmann, Planck, hbar

Array = NDArray[np.float64]

#: Physical qubits a logical qubit needs at one level of concatenation (7 data, 84 ancillas).
QUBITS_A_LEVEL = 91

#: Gates of one level in the order (two-qubit, one-qubit, idle, measurement): column j is what a logical gate of kind
#: j costs. Eigenvalues 64 and 7/3 (three times); it is (7 I + v w') / 3 with v and w below.
GATES_A_LEVEL: Array = np.array([[135, 64, 64, 0], [56, 35, 28, 0], [58, 29, 36, 0], [56, 28, 28, 7]]) / 3.0

#: Right and left eigenvectors to the eigenvalue 64.
GROWTH: Array = np.array([64.0, 28.0, 29.0, 28.0])
WEIGHT: Array = np.array([2.0, 1.0, 1.0, 0.0])


@dataclass(frozen=True)
class GateCounts:
    """Physical gates running at once for one logical qubit, and the physical qubits it occupies."""

    two: float
    one: float
    measure: float
    qubits: float


def gate_counts(level: int, mix: Array | None = None) -> GateCounts:
    """Gates of one logical qubit at a level of concatenation.

    Without `mix` the projection on the growing direction, (2 n2 + n1 + nid) 64^k / 185 v with one logical gate per
    qubit; with a mix (n2, n1, nid, nM) of logical gates the exact A^k mix.
    """
    if mix is None:
        counts = 64.0**level / float(WEIGHT @ GROWTH) * GROWTH
    else:
        counts = np.linalg.matrix_power(GATES_A_LEVEL, level) @ np.asarray(mix, dtype=float)
    return GateCounts(float(counts[0]), float(counts[1]), float(counts[3]), float(QUBITS_A_LEVEL) ** level)


@dataclass(frozen=True)
class QuantumHardware:
    """A cryogenic quantum computer.

    Attributes
    ----------
    coherence_time
        1/gamma of a physical qubit [s].
    cold, warm, stages
        Temperature of the qubits and of the signal generation [K], and the number K of stages, geometric between.
    attenuation
        Total attenuation of the drive line [dB], shared equally by the K - 1 attenuators.
    frequency
        Qubit frequency [Hz].
    one, two, measure, step
        Duration of a one-qubit gate, a two-qubit gate, a measurement and a step of the error correction [s].
    threshold
        Error threshold of the code.
    generation, cold_electronics, amplifier
        Heat per physical qubit of signal generation at `warm`, of parametric amplification and of the HEMT
        amplifier [W], the last two cooled at `electronics_stage` and `amplifier_stage` [K].
    measurement_power
        Power of a measurement as a share of that of a two-qubit gate; the papers never give it.
    """

    coherence_time: float = 2e-3
    cold: float = 0.1
    warm: float = 300.0
    stages: int = 5
    attenuation: float = 40.0
    frequency: float = 6e9
    one: float = 25e-9
    two: float = 100e-9
    measure: float = 100e-9
    step: float = 100e-9
    threshold: float = 2e-4
    generation: float = 10e-6
    cold_electronics: float = 10e-9
    electronics_stage: float = 4.0
    amplifier: float = 50e-6
    amplifier_stage: float = 70.0
    measurement_power: float = 0.0

    @cached_property
    def temperatures(self) -> Array:
        """T_1 .. T_K, geometric from cold to warm [K]."""
        return np.geomspace(self.cold, self.warm, self.stages)

    @cached_property
    def attenuations(self) -> Array:
        """Attenuation between the qubits and stage i, as a factor, i = 0 .. K; none at i = 0 by convention."""
        each = 10.0 ** (self.attenuation / 10.0 / (self.stages - 1))
        return np.array([0.0, *(each**i for i in range(1, self.stages)), each ** (self.stages - 1)])

    def photons(self, temperature: Any) -> Array:
        """Bose-Einstein number of thermal photons at the qubit frequency."""
        return np.asarray(1.0 / np.expm1(Planck * self.frequency / (Boltzmann * np.asarray(temperature, dtype=float))))

    @cached_property
    def noise_bracket(self) -> float:
        """1/2 + n(T_1) + sum_i (n(T_{i+1}) - n(T_i)) / A_i: thermal noise arriving at the qubits."""
        n = self.photons(self.temperatures)
        return float(0.5 + n[0] + np.sum(np.diff(n) / self.attenuations[1 : self.stages]))

    @cached_property
    def error(self) -> float:
        """Error of a physical gate, (gamma step / 2) times the noise bracket."""
        return 0.5 * self.step / self.coherence_time * self.noise_bracket

    @cached_property
    def pulse_power(self) -> float:
        """Power of a pi pulse at the qubit [W]: hbar w0 pi^2 / (4 gamma tau_1^2), so better qubits need more."""
        drive = hbar * 2.0 * np.pi * self.frequency * np.pi**2
        return float(drive * self.coherence_time / (4.0 * self.one**2))

    @cached_property
    def cooling(self) -> float:
        """sum_i (T_gen - T_i)/T_i (A_i - A_{i-1}): electrical power per watt of drive at the qubit (Carnot)."""
        return float(np.sum((self.warm - self.temperatures) / self.temperatures * np.diff(self.attenuations)))

    @cached_property
    def two_power(self) -> float:
        """P_2: power of a two-qubit gate [W]."""
        return self.pulse_power * self.cooling

    @cached_property
    def one_power(self) -> float:
        """P_1: power of a one-qubit gate [W]."""
        return self.two_power / 4.0

    @cached_property
    def qubit_power(self) -> float:
        """P_Q: power of keeping one physical qubit [W], independent of the coherence time."""
        return (
            self.generation
            + self.warm / self.amplifier_stage * self.amplifier
            + self.warm / self.electronics_stage * self.cold_electronics
        )

    def logical_error(self, level: Any) -> Array:
        """Error of a logical gate, thr (eps/thr)^(2^k) (the threshold theorem); inf beyond the largest float."""
        return np.asarray(self.threshold * self._suppressed(level))

    def printed_logical_error(self, level: Any) -> Array:
        """The same with eps in front instead of the threshold, as Ye et al. print it in (7)."""
        return np.asarray(self.error * self._suppressed(level))

    def _suppressed(self, level: Any) -> Array:
        with np.errstate(over="ignore"):  # far above the threshold: a success of 0 all the same
            return np.asarray((self.error / self.threshold) ** (2.0 ** np.asarray(level, dtype=float)))

    def success(self, qubits: Any, depth: Any, level: Any, *, printed: bool = False) -> Array:
        """1 - Q D p_L, clipped to [0, 1]: probability that a circuit runs without a logical error."""
        per_gate = self.printed_logical_error(level) if printed else self.logical_error(level)
        return np.clip(1.0 - np.asarray(qubits, dtype=float) * depth * per_gate, 0.0, 1.0)

    def gate_time(self, level: Any) -> Array:
        """tau_1 N_1 + tau_2 N_2 + tau_M N_M of one logical qubit [s], as the papers add it up.

        It counts gates that run in parallel one after the other and ignores the depth of the circuit.
        """
        return self._table("time", level)

    def power(self, level: Any) -> Array:
        """P_1 N_1 + P_2 N_2 + P_M N_M + P_Q Q of one logical qubit [W]."""
        return self._table("power", level)

    def _table(self, what: str, level: Any) -> Array:
        levels = np.asarray(level)
        out = np.empty(levels.shape)
        for k in np.unique(levels):
            n = gate_counts(int(k))
            if what == "time":
                value = self.one * n.one + self.two * n.two + self.measure * n.measure
            else:
                value = (
                    self.one_power * n.one
                    + self.two_power * n.two
                    + self.measurement_power * self.two_power * n.measure
                    + self.qubit_power * n.qubits
                )
            out[levels == k] = value
        return out


def circuit(scale: Any) -> tuple[Array, Array, Array]:
    """Cycles a byte, logical qubits and depth of a task of size `scale` (3..9 in the papers).

    A Grover-like search over 2^(pb + 17) entries: 3 2^pb, pb + 17 and 3 pb + floor(pi/4 sqrt(2^(pb + 17))).
    """
    pb = np.asarray(scale, dtype=float)
    qubits = pb + 17.0
    return 3.0 * 2.0**pb, qubits, 3.0 * pb + np.floor(np.pi / 4.0 * np.sqrt(2.0**qubits))
