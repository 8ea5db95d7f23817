"""Figures as PGF, for LaTeX.

matplotlib asks a running TeX how large every text is. Ours measures with the fonts of the figure instead, so that no
TeX is needed and every machine writes the same file, and shows texts as they are, whatever is in them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_pgf import RendererPgf

from ..presenting.latex import latex

HEAD = r"""% A figure for LaTeX: \usepackage{pgf} and \input{NAME.pgf}. Its texts have the font of the document.
% Maps are files beside it and need \usepackage{graphicx}.
\begingroup%
\makeatletter%
\begin{pgfpicture}%
\pgfpathrectangle{\pgfpointorigin}{\pgfqpoint{WIDTHin}{HEIGHTin}}%
\pgfusepath{use as bounding box, clip}%
"""

TAIL = r"""\end{pgfpicture}%
\makeatother%
\endgroup%
"""


class _Renderer(RendererPgf):
    get_text_width_height_descent = RendererBase.get_text_width_height_descent

    def draw_text(
        self, gc: Any, x: Any, y: Any, s: str, prop: Any, angle: Any, ismath: Any = False, mtext: Any = None
    ) -> None:
        # \mathdefault is matplotlib's own command
        text = s.replace(r"\mathdefault", "") if ismath else latex(s)
        super().draw_text(gc, x, y, text, prop, angle, ismath, mtext)

    def option_scale_image(self) -> bool:
        return False  # maps come in pixels of the figure

    def draw_image(self, gc: Any, x: float, y: float, im: Any, transform: Any = None) -> None:
        from PIL import Image  # matplotlib brings it

        target = Path(self.fh.name)
        name = f"{target.stem}-{self.image_counter}.png"
        self.image_counter += 1
        Image.fromarray(im[::-1]).save(target.with_name(name))
        height, width = (pixels / self.dpi for pixels in im.shape[:2])
        self.fh.write(
            rf"\pgftext[at=\pgfqpoint{{{x / self.dpi:f}in}}{{{y / self.dpi:f}in}},left,bottom]"
            rf"{{\includegraphics[width={width:f}in,height={height:f}in]{{{name}}}}}%" + "\n"
        )


def files(figure: Any, stem: str) -> dict[str, bytes]:
    """``stem.pgf``, and a PNG file for every map in it; their contents by their names."""
    width, height = figure.get_size_inches()
    head = HEAD.replace("NAME", stem).replace("WIDTH", f"{width:f}").replace("HEIGHT", f"{height:f}")
    with tempfile.TemporaryDirectory(prefix="qmectk-") as folder:
        # the renderer puts maps beside the file that it writes into
        with (Path(folder) / f"{stem}.pgf").open("w", encoding="utf-8", newline="\n") as file:
            file.write(head)
            figure.draw(_Renderer(figure, file))
            file.write(TAIL)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
