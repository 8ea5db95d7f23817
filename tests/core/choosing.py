"""A family that says what is decided and nothing else: no Binary view, no arrays of copies.

Devices stay, which costs `home`, or send a share s in [least, most] of their task to a server, which costs
max(up s, down - fall s). What the busiest server is sent costs `crowd` beside that, and what device d sends is worth
its queue q_d; so there are epigraph variables (`cost`, `peak`), and devices are coupled.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import Instance, Problem, ProblemParams
from qmectk.instance import view
from qmectk.language import Language
from qmectk.views import Decision, Decisions, Features
from qmectk.worlds.process import Process


@dataclass(eq=False)
class Senders(Instance):
    """Arrays of shape (devices,) or (devices, servers); `closed` servers are not allowed."""

    home: Any
    up: Any
    down: Any
    fall: Any
    least: Any
    most: Any
    closed: Any
    queue: Any
    crowd: float = 0.5
    problem: Any = None
    label: str = "senders"

    @property
    def size(self) -> tuple[int, int]:
        return np.shape(self.up)

    def declare(self, m: Language) -> None:
        devices, servers = self.size
        of_device = np.kron(np.eye(devices), np.ones((1, servers)))
        of_server = np.kron(np.ones((1, devices)), np.eye(servers))
        stay = m.var("stay", devices, kind="binary")
        on = m.var("on", devices * servers, kind="binary")
        sent = m.var("sent", devices * servers, upper=1)
        cost = m.var("cost", devices, upper=100)
        peak = m.var("peak", upper=devices)
        m.minimize(m.sum(cost) + self.crowd * peak - m.dot(self.queue, of_device @ sent))
        m.eq(stay + of_device @ on, 1, "one choice")
        m.le(on, 1.0 - np.ravel(self.closed), "open servers")
        m.le(sent, np.ravel(self.most) * on, "most")
        m.ge(sent, np.ravel(self.least) * on, "least")
        m.ge(cost, self.home * stay + of_device @ (np.ravel(self.up) * sent), "rising")
        m.ge(cost, self.home * stay + of_device @ (np.ravel(self.down) * on - np.ravel(self.fall) * sent), "falling")
        m.le(of_server @ sent, peak, "peak")

    def point(self, choice: Any, share: Any) -> dict[str, Any]:
        devices, servers = self.size
        on, sent = np.zeros((devices, servers)), np.zeros((devices, servers))
        away = np.flatnonzero(np.asarray(choice) > 0)
        on[away, np.asarray(choice)[away] - 1] = 1.0
        sent[away, np.asarray(choice)[away] - 1] = np.asarray(share)[away]
        stay = 1.0 - on.sum(axis=1)
        rising = self.home * stay + np.sum(self.up * sent, axis=1)
        falling = self.home * stay + np.sum(self.down * on - self.fall * sent, axis=1)
        return {
            "stay": stay,
            "on": on.ravel(),
            "sent": sent.ravel(),
            "cost": np.maximum(rising, falling),
            "peak": float(sent.sum(axis=0).max()),
        }

    @view(Decisions)
    def decided(self) -> Decisions:
        devices, servers = self.size
        alone = np.zeros((devices, 1))

        def see(kind: str) -> Features:
            device = np.stack([self.home, self.queue], axis=-1)
            pair = np.stack([np.hstack([alone, a]) for a in (self.up, self.down, self.fall)], axis=-1)
            return Features(device, pair, ("home", "queue"), ("up", "down", "fall"))

        return Decisions(
            ("stay", *(f"server {k + 1}" for k in range(servers))),
            allowed=np.hstack([alone == 0, ~np.asarray(self.closed, bool)]),
            least=np.hstack([alone, self.least]),
            most=np.hstack([alone, self.most]),
            sense=-1,
            scale=np.asarray(self.home),
            see=see,
            complete=lambda decision: self.point(decision.choice, decision.share),
            known=(np.zeros((devices, servers + 1)), -np.repeat(np.reshape(self.queue, (-1, 1)), servers + 1, axis=1)),
        )

    def best_of(self, shares: int) -> float:
        """The least objective over every choice and so many shares, by enumeration."""
        devices, servers = self.size
        options = [(0, 0.0)] + [
            (k + 1, unit) for k in range(servers) for unit in (np.linspace(0, 1, shares) if shares > 1 else [1.0])
        ]
        decisions = self.decided()
        best = np.inf
        for picked in itertools.product(options, repeat=devices):
            choice, unit = np.array([p[0] for p in picked]), np.array([p[1] for p in picked])
            decision: Decision = decisions.decided(choice, unit)
            best = min(best, self.measure(self.point(decision.choice, decision.share)).objective)
        return best


class SendersParams(ProblemParams):
    devices: int = 3
    servers: int = 2
    queues: bool = True
    whole: bool = False


class SendersProblem(Problem):
    """With queues it is a process, without a stream of frames."""

    name, Params = "senders", SendersParams
    params: SendersParams

    def drawn_from(self, rng: np.random.Generator, queue: Any = None) -> Senders:
        shape = devices, servers = self.params.devices, self.params.servers
        least = np.ones(shape) if self.params.whole else rng.uniform(0.0, 0.3, shape)
        return Senders(
            rng.uniform(1.0, 2.0, devices),
            rng.uniform(0.1, 1.0, shape),
            rng.uniform(1.0, 2.5, shape),
            rng.uniform(0.5, 1.5, shape),
            least,
            np.ones(shape) if self.params.whole else least + rng.uniform(0.2, 0.7, shape),
            rng.random((devices, servers)) < 0.2,
            np.zeros(devices) if queue is None else queue,
            problem=self,
        )

    def stream(self, start: int, stop: int) -> list[Senders]:
        return [self.drawn_from(np.random.default_rng([self.params.seed, 7, t])) for t in range(start, stop)]

    def process(self) -> Process[Any] | None:
        return Queues(self) if self.params.queues else None


@dataclass(frozen=True)
class QueuesState:
    slot: int
    queue: Any
    draw: int


class Queues(Process[QueuesState]):
    """q(t+1) = [q(t) + 0.3 - sent]^+."""

    backlogs, goal, units = ("backlog",), "cost", {}

    def __init__(self, problem: SendersProblem) -> None:
        self.problem = problem

    def reset(self, rng: np.random.Generator) -> QueuesState:
        return QueuesState(0, np.zeros(self.problem.params.devices), int(rng.integers(2**31)))

    def instance(self, state: QueuesState) -> Senders:
        return self.problem.drawn_from(np.random.default_rng(state.draw), state.queue)

    def advance(
        self, state: QueuesState, values: Any, rng: np.random.Generator
    ) -> tuple[QueuesState, dict[str, float]]:
        sent = np.reshape(values["sent"], (len(state.queue), -1)).sum(axis=1)
        queue = np.maximum(state.queue + 0.3 - sent, 0.0)
        record = {"cost": float(np.sum(values["cost"])), "sent": float(sent.sum()), "backlog": float(queue.mean())}
        return QueuesState(state.slot + 1, queue, int(rng.integers(2**31))), record


def senders(**settings: Any) -> SendersProblem:
    return SendersProblem(SendersParams(problem="senders", **{"frames": 3, **settings}))
