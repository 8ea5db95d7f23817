"""The networks of policies. Importing this package imports torch.

All end in logits; the relaxed action is their sigmoid and the loss is binary cross-entropy on the logits. Dropout masks
come from a generator of their own, so the global random state of torch is neither read nor changed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from qmectk.plugins import registry

from .kinds import Network, Shape


def kind_of(name: str) -> Network:
    """The kind of network that is registered by this name; UnknownName with the nearest one otherwise."""
    return registry().part("network", name).load(Network)


#: torch has one global generator, and threads that train at the same time take turns with it.
_GENERATOR = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Layers that are made within it draw their first weights from `seed`; torch's global generator stays as it was."""
    with _GENERATOR, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def build(shape: Shape, seed: int) -> nn.Module:
    """A network with torch's own initial weights, drawn from `seed`."""
    with seeded(seed):
        return kind_of(shape.network).make(shape)


__all__ = ["Network", "Shape", "build", "kind_of", "seeded"]
