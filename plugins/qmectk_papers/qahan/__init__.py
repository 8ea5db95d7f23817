"""Zhao, arXiv 2412.20930: convolutions, a hard attention that quantum annealing solves, a linear layer."""

from __future__ import annotations

from pathlib import Path

from ..paper import Paper
from . import experiments, figures

PAPER = Paper(
    name="qahan",
    title="QAHAN: a quantum annealing hard attention network (Zhao)",
    citation="R.-X. Zhao: QAHAN: A Quantum Annealing Hard Attention Network. arXiv 2412.20930, 2024.",
    claims=Path(__file__).with_name("claims.yaml"),
    experiments={
        "digits": experiments.digits,
        "curves": experiments.curves,
        "scores": experiments.scores,
        "mnist": experiments.mnist,
        "cifar10": experiments.cifar10,
    },
    figures={
        "accuracy": (("digits",), figures.accuracy),
        "noise": (("digits",), figures.noise),
        "curves": (("curves",), figures.curves),
        "fig4-5-scores": (("scores",), figures.scores),
        "mnist-noise": (("mnist",), figures.mnist),
        "cifar10-noise": (("cifar10",), figures.cifar10),
    },
    files={
        "mnist": ("train-images*", "train-labels*", "t10k-images*", "t10k-labels*"),
        "cifar10": ("data_batch_1.bin", "test_batch.bin"),
    },
)

__all__ = ["PAPER"]
