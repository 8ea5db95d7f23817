"""A figure of matplotlib that a notebook shows by itself."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

#: Dots per inch in a notebook: a figure 9 inches wide takes 900 pixels, what a page of text has.
DENSITY = 100


class ShownFigure(Figure):
    """IPython draws figures only once pyplot is imported; ``solution.plot()`` does not need pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DENSITY)
        return buffer.getvalue()
