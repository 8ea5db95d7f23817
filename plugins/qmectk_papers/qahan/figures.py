"""QAHAN's figures: accuracies, noise, curves of training, and the matrix of features with what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import TYPE_CHECKING, Any

from ..drawing import bars, lines

if TYPE_CHECKING:
    from pandas import DataFrame


def accuracy(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Clean test accuracy by method, and how much of what it could keep the attention keeps."""
    found = tables["digits"]
    clean = found[found["noise"] == 0.0]
    figure.set_size_inches(10, 3.6)
    left, right = figure.subplots(1, 2)
    bars(left, clean, "accuracy", "method", "accuracy on the test images")
    bars(right, clean.dropna(subset=["share_of_most"]), "share_of_most", "method", "kept, of the most possible")


def noise(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Accuracy by noise level on the digits."""
    _noise(figure, tables["digits"])


def mnist(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Accuracy by noise level on MNIST."""
    _noise(figure, tables["mnist"])


def cifar10(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Accuracy by noise level on CIFAR-10."""
    _noise(figure, tables["cifar10"])


def _noise(figure: Any, found: DataFrame) -> None:
    labels = ("standard deviation of the noise on pixels in [0, 1]", "accuracy on the test images")
    lines(figure.subplots(), found, "noise", "accuracy", "method", labels=labels)


def curves(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Loss and accuracy, epoch by epoch."""
    figure.set_size_inches(10, 4)
    left, right = figure.subplots(1, 2)
    lines(left, tables["curves"], "epoch", "loss", "method", labels=("epoch", "cross-entropy in training"))
    lines(right, tables["curves"], "epoch", "accuracy", "method", labels=("epoch", "accuracy on the test images"))


def scores(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """The matrix of features of one image, the kept ones in red."""
    import numpy as np

    groups = list(tables["scores"].groupby("method", sort=False))
    figure.set_size_inches(4 * len(groups), 4)
    for axes, (method, rows) in zip(np.ravel(figure.subplots(1, len(groups))), groups, strict=True):
        side = isqrt(len(rows))
        axes.imshow(rows["feature"].to_numpy()[: side * side].reshape(side, side), cmap="viridis")
        at = np.argwhere(rows["kept"].to_numpy()[: side * side].reshape(side, side))
        axes.plot(at[:, 1], at[:, 0], ".", color="red", markersize=3)
        axes.set_title(f"{method}: features, kept ones in red", fontsize=9)
        axes.set_axis_off()
