"""Hard attention as a picture: how salient each block is, and which blocks a proven optimum selects.

The maps of Zhao, "QAHAN: A Quantum Annealing Hard Attention Network", Figures 4 and 5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance

#: Seconds the exact solver may take for a picture; the title says how far it came.
PATIENCE = 5.0


def side(blocks: int) -> int:
    """Blocks in a row of the map: a square where there is one, else the divisor nearest to it from above."""
    return next(columns for columns in range(math.isqrt(max(blocks - 1, 0)) + 1, blocks + 1) if blocks % columns == 0)


def draw(instance: Instance, scores: NDArray[np.float64], variant: str, figure: Any) -> None:
    """Two maps side by side: salience, and the salience of what is selected."""
    import qmectk

    found = qmectk.solve(instance, "exact", time_limit=PATIENCE)
    chosen = np.zeros(len(scores)) if found.values is None else np.asarray(found.values["x"])
    columns = side(len(scores))
    figure.set_size_inches(10.0, 4.6)
    left, right = figure.subplots(1, 2)
    top = float(scores.max(initial=0.0)) or 1.0
    for axes, values, title in (
        (left, scores, "score of each block"),
        (right, np.where(chosen > 0.5, scores, np.nan), f"selected: {int(chosen.sum())} of {len(scores)}"),
    ):
        axes.set_facecolor("0.85")  # blocks that are not selected
        figure.colorbar(axes.imshow(values.reshape(-1, columns), vmin=0.0, vmax=top), ax=axes)
        axes.set(title=title, xticks=[], yticks=[])
    value = "" if found.objective is None else f", value {found.objective:.6g} ({found.quality})"
    figure.suptitle(f"{instance.label}, {variant}{value}")
