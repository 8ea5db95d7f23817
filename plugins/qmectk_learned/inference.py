"""The arrays of a perceptron as compiled code takes them (:func:`qmectk_learned.kernels.perceptron`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .shape import Shape

#: Name of the network that is asked without torch, and how its arrays are called: layers.0.weight, layers.0.bias, ...
PERCEPTRON, LAYERS = "mlp", "layers"

Packed = tuple[NDArray[np.float32], NDArray[np.int64]]


def packed(shape: Shape, arrays: Mapping[str, NDArray[Any]]) -> Packed:
    """Biases and transposed weights of all layers in one row, and the widths from the input to the output.

    Raises
    ------
    ValueError
        When the arrays are not those of a perceptron of this shape, or a number is not finite.
    """
    numbers = sorted({int(name.split(".")[1]) for name in arrays if name.startswith(f"{LAYERS}.")})
    widths, parts = [shape.features * shape.history], list[NDArray[Any]]()
    for number in numbers:
        weight, bias = (arrays.get(f"{LAYERS}.{number}.{kind}", np.empty(0)) for kind in ("weight", "bias"))
        if bias.ndim != 1 or weight.shape != (len(bias), widths[-1]):
            raise ValueError(f"its layer {number} has another shape")
        widths.append(len(bias))
        parts += [bias, weight.T.ravel()]
    if len(arrays) != 2 * len(numbers) or len(numbers) < 1 or widths[-1] != shape.bits:
        raise ValueError("its arrays are those of another network")
    flat = np.concatenate(parts).astype(np.float32)
    if not np.isfinite(flat).all():
        raise ValueError("its arrays hold numbers that are not finite")
    return flat, np.array(widths, np.int64)


__all__ = ["PERCEPTRON", "Packed", "packed"]
