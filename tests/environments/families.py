"""What the environments are tried on."""

from __future__ import annotations

from typing import Any

from qmectk.documents import parse

from ..core.choosing import senders

#: Every shipped problem that says what is decided, small; and a family that has no arrays of copies.
PROBLEMS = {
    "drift": "{problem: drift, devices: 3, servers: 2, server_cpu: 6 GHz}",
    "drift, one server": "{problem: drift, devices: 3, servers: 2, server_cpu: 6 GHz, one_server: true}",
    "meqc": "{problem: meqc, users: 3, servers: 2, frames: 9}",
    "meqc-ye": "{problem: meqc-ye, devices: 4}",
    "p1": "{problem: p1, devices: 4, frames: 20}",
    "p1, correlated": "{problem: p1, devices: 4, frames: 3, training_frames: 9, channel: {model: correlated}}",
}
NAMES = [*PROBLEMS, "senders", "senders, frames"]


def named(name: str) -> Any:
    """The problem under one of :data:`NAMES`."""
    if name in PROBLEMS:
        return parse(PROBLEMS[name])
    return senders(queues=name == "senders", training_frames=8)
