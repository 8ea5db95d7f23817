"""The networks of policies. Importing this package imports torch.

All end in logits; the relaxed action is their sigmoid and the loss is binary cross-entropy on the logits. Dropout masks
come from a generator of their own, so the global random state of torch is neither read nor changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from .equivariant import PRICE, SET
from .kinds import Network, Shape
from .perceptron import MLP
from .quantum import QNN, QNN_ATTENTION, QNN_TOKENS
from .recurrent import GRU

NETWORKS = {kind.name: kind for kind in (MLP, GRU, QNN, QNN_ATTENTION, QNN_TOKENS, SET, PRICE)}


def build(shape: Shape, seed: int) -> nn.Module:
    """A network with torch's own initial weights, drawn from `seed`; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return NETWORKS[shape.network].make(shape)


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread: sums in one order, and no waiting for threads on networks this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


__all__ = ["NETWORKS", "Network", "Shape", "build", "one_thread"]
