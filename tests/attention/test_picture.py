"""The picture of an attention instance."""

from __future__ import annotations

import pytest

from qmectk.documents import parse
from qmectk_problems.attention.picture import side


@pytest.mark.parametrize(("blocks", "columns"), [(1, 1), (16, 4), (12, 4), (7, 7), (4096, 64)])
def test_maps_are_as_square_as_they_can_be(blocks, columns):
    assert side(blocks) == columns


def test_the_optimum_is_drawn(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    problem = parse("problem: attention\nk: 6\nblocks: {model: generator, n: 36}\n")
    figure = Figure()
    problem.instances()[0].picture(figure)
    titles = [axes.get_title() for axes in figure.axes]
    assert "score of each block" in titles
    assert any(title.startswith("selected: ") and title.endswith(" of 36") for title in titles)
    figure.savefig(tmp_path / "picture.png")
