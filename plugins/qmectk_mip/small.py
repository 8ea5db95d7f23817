"""Entries that HiGHS leaves out for being small: it is told to keep more, and what it still leaves out is weighed.

HiGHS drops matrix entries up to ``small_matrix_value`` (1e-9 unless told otherwise, 1e-12 at the least) without a word.
Times a variable that may be 1e12, such an entry decides whether a row holds, and the answer to the model without it
proves nothing about the declared one. A cost below the dual tolerance, on such a variable, is ignored alike.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from qmectk.status import FEASIBILITY_TOLERANCE

#: Largest entry that HiGHS leaves out, the least that it can be told.
SMALLEST = 1e-12

#: What may be left out of a row or of the objective in sum: well below what still counts as feasible.
NEGLIGIBLE = 1e-2 * FEASIBILITY_TOLERANCE

#: Entries below this part of the largest of their row are what rounding left where terms cancel.
ROUNDING = 2.0**-52


def left_out(starts: Any, columns: Any, values: Any, reach: Any) -> float:
    """Most that a row loses with its small entries.

    Parameters
    ----------
    starts, columns, values
        Rows, compressed.
    reach
        Largest absolute value of every variable. An entry of an unbounded variable that may be rounding is passed over.
    """
    size = np.abs(values)
    if not ((size > 0.0) & (size <= SMALLEST)).any():
        return 0.0
    row = np.repeat(np.arange(len(starts)), np.diff([*starts, len(values)]))
    largest = np.zeros(len(starts))
    np.maximum.at(largest, row, size)
    far = reach[columns]
    counted = (size > 0.0) & (size <= SMALLEST) & (np.isfinite(far) | (size > ROUNDING * largest[row]))
    lost = np.zeros(len(starts))
    np.add.at(lost, row[counted], size[counted] * far[counted])
    return float(lost.max())


def ignored(costs: Any, reach: Any, tolerance: float) -> float:
    """Most that costs within the dual tolerance can add up to; HiGHS may pass them over."""
    size = np.abs(costs)
    small = (size > 0.0) & (size <= tolerance)
    return float(size[small] @ reach[small])


def reach_of(highs: Any) -> Any:
    """Largest absolute value of every variable of a HiGHS model."""
    lp = highs.getLp()
    return np.maximum(np.abs(np.array(lp.col_lower_)), np.abs(np.array(lp.col_upper_)))


@lru_cache(maxsize=1)
def interface() -> type[Any]:
    """Pyomo's persistent interface, with small entries kept and `lost`, the most that a row lost, watched."""
    from pyomo.contrib.solver.common.factory import SolverFactory

    class Watched(type(SolverFactory("highs"))):  # type: ignore[misc]  # Pyomo is untyped
        lost = 0.0

        def add_block(self, block: Any) -> None:
            # the only moment between the new HiGHS and its first row; later the option comes too late
            highs = self._solver_model
            highs.setOptionValue("small_matrix_value", SMALLEST)
            add_rows = highs.addRows
            self.lost = 0.0

            def watched(count: int, lower: Any, upper: Any, entries: int, *matrix: Any) -> Any:
                starts, columns, values = matrix
                kept = np.abs(values) > SMALLEST
                if not kept.all():
                    self.lost = max(self.lost, left_out(starts, columns, values, reach_of(highs)))
                    # what HiGHS leaves out itself, it prints a warning of
                    starts = np.concatenate([[0], np.cumsum(kept)])[starts]
                    columns, values = columns[kept], values[kept]
                return add_rows(count, lower, upper, len(values), starts, columns, values)

            highs.addRows = watched
            super().add_block(block)

    return Watched


__all__ = ["NEGLIGIBLE", "SMALLEST", "ignored", "interface", "left_out", "reach_of"]
