"""Networks that see a slot as one row of numbers, so that they know one size of system alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from qmectk_learned.networks.perceptron import dense

from ..seeing import Seen
from .pairs import spread

#: Units of both hidden layers (Verma et al., Sci. Rep. 15:405, 2025, state none; with 64 the classical twin has as many
#: parameters as the circuits with theirs, within a factor of three).
HIDDEN = 64


class Flat(nn.Module):
    """y of all devices from all features side by side.

    Parameters
    ----------
    body
        Rows of features (B, n) to (B, q).
    width
        q.
    devices, columns
        D and C.
    scale
        Whether the logarithms of the mean queues are put beside what the body says.
    sigmoid
        Outputs in [0, 1] for the projection to mend, as the paper has it; otherwise a softmax over columns and idling.
    """

    def __init__(
        self, body: nn.Module, width: int, devices: int, columns: int, *, scale: bool = False, sigmoid: bool = False
    ) -> None:
        super().__init__()
        self.body, self.scale, self.sigmoid = body, scale, sigmoid
        self.shape = (devices, columns)
        outputs = devices * columns
        self.head = nn.Sequential(*dense([width + 2 * scale, HIDDEN]), nn.Linear(HIDDEN, outputs))
        self.sharpness = nn.Parameter(torch.zeros(()), requires_grad=not sigmoid)

    def forward(self, seen: Seen) -> Tensor:
        rows = torch.cat([seen.device.flatten(1), seen.pair.flatten(1)], dim=1)
        found = self.body(rows)
        if self.scale:
            # the features are log(1 + Q) and log(1 + H) of every device
            found = torch.cat([found, seen.device.expm1().mean(dim=1).log1p()], dim=1)
        out = self.head(found).unflatten(1, self.shape)
        return torch.sigmoid(out) if self.sigmoid else spread(out, self.sharpness)


__all__ = ["HIDDEN", "Flat"]
