"""Registers the learned backends and what they are put together from."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl
from qmectk.extending.parts import Part

from .backends import Droo, Priced, Qaroo, Ugq

#: Kind, name, where it is within this package, and a line of help.
PARTS = (
    ("network", "mlp", "networks.perceptron:MLP", "DROO's perceptron, N-120-80-N"),
    ("network", "gru", "networks.recurrent:GRU", "QAROO's recurrent network, two GRU layers of 128"),
    ("network", "qnn", "networks.quantum:QNN", "QAROO's circuit of 8 qubits, dense layers behind it"),
    ("network", "qnn-attention", "networks.quantum:QNN_ATTENTION", "attention over one token behind it, as published"),
    ("network", "qnn-tokens", "networks.quantum:QNN_TOKENS", "attention over one token a qubit behind it"),
    ("network", "set", "networks.equivariant:SET", "DeepSets: a logit a device from its features and a summary of all"),
    ("network", "transformer", "networks.transformer:TRANSFORMER", "devices attend to each other, a logit each"),
    ("network", "price", "networks.equivariant:PRICE", "price of time and share of power transfer, then a threshold"),
    ("circuit", "published", "networks.quantum:published", "QAROO's; its parameters have no gradient"),
    ("circuit", "trainable", "networks.quantum:trainable", "the same, rotated by its parameters before the chain"),
    ("circuit", "reuploading-1", "networks.quantum:ONE", "one layer of data re-uploading"),
    ("circuit", "reuploading-2", "networks.quantum:TWO", "two layers"),
    ("circuit", "reuploading-3", "networks.quantum:THREE", "three layers"),
    ("circuit", "none", "networks.quantum:none", "no circuit: the control"),
    ("quantizer", "op", "quantizers:order_preserving", "order-preserving thresholds next to 1/2"),
    ("quantizer", "knn", "quantizers:nearest", "the nearest of all actions"),
    ("quantizer", "opn", "quantizers:noisy_order_preserving", "order-preserving, on m and on a noisy copy of m"),
    ("quantizer", "ugq", "quantizers:uncertainty_guided", "noisy thresholds next to 1/2, all candidates distinct"),
    ("quantizer", "margins", "quantizers:margins", "thresholds in order of m, up and down from 1/2 in turn"),
    ("labels", "best-of-k", "labels:BestOfK", "the best candidate of the policy itself, as in the papers"),
    ("labels", "certified", "labels:Certified", "the proven optimum, by 'exact'; its time is part of the training"),
    ("features", "plain", "features:plain", "as the problem states them"),
    ("features", "log", "features:logarithm", "logarithms of their sizes"),
    ("features", "relative", "features:relative", "divided by their mean in the frame"),
)


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (Droo, Ugq, Qaroo, Priced):
        register(backend)


@hookimpl
def qmectk_register_parts(register: Any) -> None:
    for kind, name, place, summary in PARTS:
        register(Part(kind, name, summary, f"qmectk_learned.{place}"))
