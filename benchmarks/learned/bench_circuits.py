"""What a circuit costs: forward and backward pass of 8 qubits, batch 128, on one thread.

    python benchmarks/learned/bench_circuits.py [--repeats 50]

The peer in the same run is the same circuit gate by gate on a torch statevector. Goals: 1 ms closed form, 7 ms one
layer of re-uploading, 16 ms two.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from qmectk_learned.circuits import Circuit, Published, Reuploading, Trainable

QUBITS, BATCH = 8, 128


def gate_by_gate(circuit: Circuit, x: Tensor) -> Tensor:
    """<Z_i> by applying one gate after the other."""
    n = circuit.qubits
    state = torch.zeros(len(x), *[2] * n, dtype=torch.complex64)
    state[(slice(None), *[0] * n)] = 1.0
    theta = circuit.theta.reshape(-1)
    for gate in circuit.gates():
        axis = gate.qubits[0] + 1
        zero, one = state.unbind(axis)
        if gate.name == "cx":
            other = gate.qubits[1]
            state = torch.stack([zero, one.flip(other)], dim=axis)
            continue
        source, index, scale = gate.angle
        half = 0.5 * (scale * x[:, index] if source == "x" else theta[index].expand(len(x)))
        half = half.reshape(-1, *[1] * (n - 1))
        if gate.name == "ry":
            c, s = torch.cos(half), torch.sin(half)
            state = torch.stack([c * zero - s * one, s * zero + c * one], dim=axis)
        else:
            turn = torch.polar(torch.ones_like(half), half)
            state = torch.stack([turn.conj() * zero, turn * one], dim=axis)
    probabilities = state.abs().square()
    values = []
    for i in range(n):
        zero, one = probabilities.unbind(i + 1)
        values.append((zero - one).flatten(1).sum(1))
    return torch.stack(values, dim=1)


def milliseconds(run: object, repeats: int) -> list[float]:
    """Processor milliseconds of each call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()  # type: ignore[operator]
        times.append(1e3 * (time.process_time() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(BATCH, QUBITS, generator=generator)
    circuits = [
        ("published, closed form", Published(QUBITS, generator=generator)),
        ("trainable, closed form", Trainable(QUBITS, generator=generator)),
        *((f"re-uploading, {k} layer(s)", Reuploading(QUBITS, k, generator=generator)) for k in (1, 2, 3)),
    ]
    for name, circuit in circuits:

        def ours(circuit: Circuit = circuit) -> None:
            circuit(x.clone().requires_grad_()).square().sum().backward()

        def theirs(circuit: Circuit = circuit) -> None:
            gate_by_gate(circuit, x.clone().requires_grad_()).square().sum().backward()

        off = (circuit(x) - gate_by_gate(circuit, x)).abs().max().item()
        ours(), theirs()
        fast, slow = milliseconds(ours, repeats), milliseconds(theirs, max(repeats // 5, 3))
        print(
            f"{name}: {statistics.median(fast):.2f} ms (least {min(fast):.2f}), gate by gate "
            f"{statistics.median(slow):.1f} ms: {statistics.median(slow) / statistics.median(fast):.1f} x; "
            f"they agree to {off:.0e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
