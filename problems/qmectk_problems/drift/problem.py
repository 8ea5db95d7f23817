"""The problem family `drift`: parameters to slots and to the process that links them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmectk.instance import Instance
from qmectk.problem import Problem
from qmectk.seeds import Stream, generator
from qmectk.worlds.copies import Copies

from .copies import DriftCopies
from .inputs import Inputs
from .params import DriftParams
from .process import DriftProcess, DriftState


class Drift(Problem):
    """Lyapunov drift-plus-penalty offloading with fading links and servers of limited capacity."""

    name = "drift"
    environment = "qmectk/Drift-v0"
    summary = "drift-plus-penalty offloading with queues: throughput and power against backlog (Verma et al. 2025)"
    Params = DriftParams
    params: DriftParams

    def process(self) -> DriftProcess:
        return DriftProcess(self)

    def copies(self, count: int, rng: np.random.Generator) -> Copies:
        params, process = self.params, self.process()
        process.inputs = Inputs(params, params.rows.taught(params, self.source or self.name))
        return DriftCopies(process, count, rng)

    def fingerprint(self) -> str:
        return self.params.rows.stamped(super().fingerprint())

    def memory(self, start: int, stop: int) -> float:
        # value, rate and served of every slot, and five arrays while one is made
        return 8.0 * self.params.devices * self.params.servers * (3 * (stop - start) + 5)

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        """Independent frames: backlogs drawn uniformly, as no controller has made them."""
        process, inputs = self.process(), Inputs(self.params, self.params.rows)
        return [process.instance(self._state(inputs, t)) for t in range(start, stop)]

    def _state(self, inputs: Inputs, t: int) -> DriftState:
        rng = generator(Stream.DATA, self.params.seed, 3, t)
        low, high = self.params.backlog.between
        gain = inputs.gains(rng, t)
        backlog = rng.uniform(low, high, self.params.devices)
        virtual = rng.uniform(low, high, self.params.devices)
        state = {"backlog": backlog, "virtual": virtual, **self.params.rows.at(t, ("backlog", "virtual"))}
        if not self.params.target:
            state["virtual"] = np.zeros_like(virtual)
        return DriftState(t, gain=gain, **state)

    def concerns(self) -> list[str]:
        """What in these parameters cannot work over time, with the numbers."""
        params = self.params
        found: list[str] = []
        if params.target is not None and params.target > 1.0:
            grows = float(np.mean(params.targets - params.mean_arrivals))
            found.append(
                f"the target is {params.target:g} of the arrivals: no service can exceed the arrivals, so the virtual "
                f"queues grow by {grows:.3g} tasks a slot and force full power"
            )
        load = float(params.mean_arrivals.sum())
        if params.chosen("limited_servers"):
            room = params.servers * params.server_tasks + params.devices * params.local_tasks * params.local.service
            if load > room and not params.admission:
                found.append(
                    f"the load of {load:g} tasks a slot is outside the capacity region: all CPUs together take "
                    f"{room:g}, so the backlog grows by at least {(load - room) / params.devices:.3g} tasks a device "
                    "and slot; 'admission: true' admits what can be served"
                )
        if params.admission and params.weights.throughput == 0:
            found.append("admission with a throughput weight of 0 admits only while a queue is empty")
        return found
