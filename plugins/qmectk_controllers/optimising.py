"""Small networks and the steps they take, as plain arrays that a checkpoint can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import mse_loss, smooth_l1_loss

from qmectk_learned.adam import Adam
from qmectk_learned.layers import layers_of
from qmectk_learned.networks.perceptron import dense

if TYPE_CHECKING:
    from .learner import Arrays

#: Where smooth L1 turns from a square into a line, in units of the reward: home costs for "own".
BETA = 0.1


def perceptron(inputs: int, layers: str, outputs: int) -> nn.Sequential:
    """ReLU layers of so many units ("64,64") and a linear one."""
    (units,) = layers_of(layers, ((64, 64),))
    return nn.Sequential(*dense([inputs, *units]), nn.Linear(units[-1], outputs))


def loss_of(kind: str, predicted: Tensor, aim: Tensor) -> Tensor:
    """Mean square, or smooth L1."""
    return mse_loss(predicted, aim) if kind == "mse" else smooth_l1_loss(predicted, aim, beta=BETA)


def anneal(adam: Adam, first: float, part: float, done: float) -> None:
    """A step size that falls in a line from `first` to `part` of it; `done` is the share of the updates done."""
    adam.rate = first * (1.0 - (1.0 - part) * done)


def numbers_of(network: nn.Module) -> Arrays:
    """The weights by name (copies)."""
    return {name: tensor.numpy(force=True).copy() for name, tensor in network.state_dict().items()}


def set_numbers(network: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give a network such weights; ValueError where they are of another one."""
    try:
        network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    except RuntimeError as error:
        raise ValueError("these weights are of another network") from error


def under(arrays: Arrays, name: str) -> Arrays:
    """The arrays whose names begin with `name` and a dot, without that."""
    return {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}


__all__ = ["anneal", "loss_of", "numbers_of", "perceptron", "set_numbers", "under"]
