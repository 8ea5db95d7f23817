"""Hard attention as a layer: an exact mask forward, one of three gradients backward.

A feature map is cut into n blocks B_a of R^d; the mask x in {0,1}^n minimises an energy (see `energies`) exactly, by a
qmectk backend on the CPU, and the layer returns x_a B_a. The mask is piecewise constant in the features, so its
derivative is 0 almost everywhere; `gradient` says what takes its place.

``masked``
    Nothing: dL/dB_a = x_a g_a, with g the gradient of the output. This is the published network, whose attention takes
    no part in the gradient.
``straight-through``
    The mask of the forward pass, the derivative of p_a = sigmoid(-D_a / T) in the backward pass (Bengio, Leonard &
    Courville, arXiv 1308.3432, 2013), where D_a is the energy with x_a = 1 minus that with x_a = 0, the other bits as
    solved, so that p_a is their Gibbs conditional at temperature T:
    D_a = s B_a.(2 (y - x_a B_a - t) + B_a) + u_a + l1 (2 (sum x - x_a - k) + 1) + l2 (x_{a-1} + x_{a+1}), y = B^T x.
    With sum x = k demanded, a bit cannot change alone; then D is counted from halfway between the kept and the dropped.
``score-function``
    Perturb and solve: in training the energy is that of B' = B + sigma e, e standard normal (clipped at 0 after the
    sum when `rectified`), and log N(B'; B, sigma^2) is kept. `policy_loss` turns the losses of a batch into
    (loss - baseline) log N, whose gradient together with the loss's own is an unbiased estimate of the gradient of the
    expected loss (REINFORCE; Williams, Machine Learning 8, 1992). The baseline is a moving average of earlier losses.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor, nn

from qmectk.backend import Backend
from qmectk.errors import InputError
from qmectk.presenting.names import unknown
from qmectk.seeds import generator

from .energies import Energy
from .masks import Masks, MaskSolver

Gradient = Literal["masked", "straight-through", "score-function"]

#: How much of the old baseline stays when the losses of a batch arrive.
BASELINE_MEMORY = 0.9

_handles = itertools.count()
_layers: WeakValueDictionary[int, HardAttention] = WeakValueDictionary()


@torch.library.custom_op(
    "qmectk::attention_mask",
    mutates_args=(),
    schema="(Tensor blocks, Tensor call, int layer, bool perturb) -> (Tensor, Tensor)",
)
def attention_mask(blocks: Any, call: Any, layer: Any, perturb: Any) -> Any:
    """Masks (batch, n) of blocks (batch, n, d), and the blocks they were solved for; opaque to torch.compile."""
    return _layers[layer].solve(blocks, int(call), perturb)


@attention_mask.register_fake
def _(blocks: Any, call: Any, layer: Any, perturb: Any) -> Any:
    return blocks.new_empty(blocks.shape[:2]), torch.empty_like(blocks)


class HardAttention(nn.Module):
    """Keep about k blocks of a feature map and set the others to zero.

    Parameters
    ----------
    k
        Blocks to keep.
    variant
        ``published``, ``salient``, ``concave``, ``residual`` or ``general``; see :data:`~.energies.VARIANTS`.
    backend
        Who solves: the name of a backend or a backend class.
    blocks
        ``scalars``: every number of the map is a block (the paper; d = 1); ``positions``: every pixel, d = channels;
        ``(l, m)``: the map is cut into l x m patches of all channels.
    gradient
        See the module's docstring.
    l1, l2, alpha, beta, exact_count
        See :class:`~.energies.Energy`.
    temperature
        T of the straight-through gradient, in the unit of the energy.
    sigma, rectified
        Of the score-function gradient.
    options, time_limit
        Of the backend; the limit is in seconds a batch.
    seed
        With the number of the call in training (a buffer, hence in the state dict) it decides everything random.

    Attributes
    ----------
    masks
        The masks of the last batch, with energies and whether they were proved optimal.

    Raises
    ------
    InputError, UnknownName, MissingPackage, NoRoute
        For parameters or a backend that cannot be used.
    """

    calls: Tensor
    baseline: Tensor

    def __init__(
        self,
        k: int,
        variant: str = "published",
        backend: str | type[Backend] = "lowrank-exact",
        *,
        blocks: Literal["scalars", "positions"] | tuple[int, int] = "scalars",
        gradient: str = "straight-through",
        l1: float = 1.0,
        l2: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.0,
        exact_count: bool | None = None,
        temperature: float = 1.0,
        sigma: float = 0.1,
        rectified: bool = True,
        options: Mapping[str, Any] | None = None,
        time_limit: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if gradient not in get_args(Gradient):
            raise unknown("gradient of hard attention", gradient, get_args(Gradient))
        if not (isinstance(blocks, str) and blocks in ("scalars", "positions")) and not _is_grid(blocks):
            raise InputError(f"blocks must be 'scalars', 'positions' or two whole numbers, not {blocks!r}")
        for name, value in (("temperature", temperature), ("sigma", sigma)):
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"{name} must be a finite number above 0, not {value}")
        self.energy = Energy(variant, k, l1, l2, alpha, beta, exact_count)
        self.blocks, self.gradient, self.seed = blocks, gradient, seed
        self.temperature, self.sigma, self.rectified = temperature, sigma, rectified
        self._solver_arguments = (backend, dict(options or {}), time_limit)
        self._solver = self._new_solver()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("baseline", torch.zeros(2, dtype=torch.float64))  # mean loss, batches seen
        self.masks: Masks | None = None
        self._log_probability: Tensor | None = None
        self._register()

    def forward(self, features: Tensor) -> Tensor:
        """Masked features of `features` (batch, channels, H, W), in the same shape; `scalars` takes any shape."""
        blocks, shape = self._cut(features)
        if self.training:
            call = self.calls.clone()
            self.calls.add_(1)
        else:
            call = torch.zeros_like(self.calls)
        perturb = self.training and self.gradient == "score-function"
        mask, solved = attention_mask(blocks.detach(), call, self._handle, perturb)
        if perturb:
            self._log_probability = -(solved - blocks).square().sum((1, 2)) / (2.0 * self.sigma**2)
        elif self.gradient == "straight-through" and blocks.requires_grad:
            relaxed = torch.sigmoid(-self.marginals(blocks, mask) / self.temperature)
            mask = mask + (relaxed - relaxed.detach())
        return self._paste(mask[:, :, None] * blocks, features, shape)

    def marginals(self, blocks: Tensor, mask: Tensor) -> Tensor:
        """D_a: the energy with bit a at one minus that with it at zero; blocks (batch, n, d), mask (batch, n)."""
        energy = self.energy
        factors, target, linear, sign = energy.parts(blocks)
        own = mask[:, :, None] * factors
        rest = own.sum(1, keepdim=True) - own - target[:, None, :]
        marginal: Tensor = sign * (factors * (2.0 * rest + factors)).sum(2) + linear
        marginal = marginal + energy.l2 * (nn.functional.pad(mask, (1, -1)) + nn.functional.pad(mask, (-1, 1)))
        if not energy.pinned:
            others = mask.sum(1, keepdim=True) - mask
            return marginal + energy.l1 * (2.0 * (others - energy.k) + 1.0)
        if 0 < energy.k < mask.shape[1]:
            kept, still = mask > 0.5, marginal.detach()
            worst = still.masked_fill(~kept, -torch.inf).amax(1, keepdim=True)
            spare = still.masked_fill(kept, torch.inf).amin(1, keepdim=True)
            marginal = marginal - 0.5 * (worst + spare)
        return marginal

    def policy_loss(self, losses: Tensor) -> Tensor:
        """What to add to the loss of a batch with ``gradient="score-function"``; its value has no meaning.

        Parameters
        ----------
        losses : (batch,) the loss of every image of the last forward pass in training
        """
        if self._log_probability is None:
            raise InputError("there is no perturbed forward pass", "call the layer in training mode first")
        if losses.shape != self._log_probability.shape:
            raise InputError(f"losses must have shape {tuple(self._log_probability.shape)}, not {tuple(losses.shape)}")
        fixed = losses.detach()
        surrogate = ((fixed - self.baseline[0].to(fixed.dtype)) * self._log_probability).mean()
        self._log_probability = None
        with torch.no_grad():
            memory = BASELINE_MEMORY if self.baseline[1] > 0 else 0.0
            self.baseline[0] = memory * self.baseline[0] + (1.0 - memory) * fixed.mean()
            self.baseline[1] += 1
        return surrogate

    def solve(self, blocks: Tensor, call: int, perturb: bool) -> tuple[Tensor, Tensor]:
        """The mask of every image, solved on the CPU, and the blocks it was solved for."""
        array = blocks.detach().to("cpu", torch.float64).numpy()
        solved = blocks.clone()
        if perturb:
            noise = generator("hard attention: noise", self.seed, call).standard_normal(array.shape)
            solved = blocks + self.sigma * torch.from_numpy(noise).to(blocks)
            array = solved.to("cpu", torch.float64).numpy()
            if self.rectified:
                array = np.maximum(array, 0.0)
        mixed = int(generator("hard attention: solver", self.seed, call).integers(2**32))
        self.masks = self._solver.solve(self.energy.views(array), mixed)
        return torch.from_numpy(self.masks.bits).to(blocks), solved

    def extra_repr(self) -> str:
        """The parameters that matter."""
        return f"k={self.energy.k}, variant={self.energy.variant}, backend={self._solver.name}, blocks={self.blocks}"

    def _cut(self, features: Tensor) -> tuple[Tensor, tuple[int, ...]]:
        if features.ndim < 2:
            raise InputError(f"a batch of feature maps is needed, not a tensor of shape {tuple(features.shape)}")
        if self.blocks == "scalars":
            return features.flatten(1)[:, :, None], ()
        if features.ndim != 4:
            raise InputError(f"feature maps must have shape (batch, channels, H, W), not {tuple(features.shape)}")
        batch, channels, height, width = features.shape
        rows, columns = (height, width) if isinstance(self.blocks, str) else self.blocks
        if height % rows or width % columns:
            raise InputError(f"maps of {height} x {width} cannot be cut into {rows} x {columns} equal blocks")
        shape = (batch, channels, rows, height // rows, columns, width // columns)
        return features.reshape(shape).permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, -1), shape

    def _paste(self, blocks: Tensor, features: Tensor, shape: tuple[int, ...]) -> Tensor:
        if not shape:
            return blocks.reshape(features.shape)
        batch, channels, rows, high, columns, wide = shape
        return (
            blocks.reshape(batch, rows, columns, channels, high, wide).permute(0, 3, 1, 4, 2, 5).reshape(features.shape)
        )

    def _new_solver(self) -> MaskSolver:
        few = np.ones((3, 1 if self.blocks == "scalars" else 2))
        example = replace(self.energy, k=min(self.energy.k, len(few))).views(few[None])[0]
        return MaskSolver(example, *self._solver_arguments)

    def _register(self) -> None:
        self._handle = next(_handles)
        _layers[self._handle] = self

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.update(masks=None, _log_probability=None, _solver=None, _handle=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._solver = self._new_solver()
        self._register()


def _is_grid(blocks: Any) -> bool:
    return isinstance(blocks, (tuple, list)) and len(blocks) == 2 and all(isinstance(b, int) and b >= 1 for b in blocks)
