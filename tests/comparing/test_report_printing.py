"""The figures of a report as files: what matplotlib draws is what plotly was told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report import plots, printed, write_figures
from qmectk.errors import InputError

from .test_report_penalties import frame as swept
from .test_report_plots import study
from .test_statistics_horizons import row

pytest.importorskip("matplotlib")

NAME = "a <b> & $5 of_it"


def horizons() -> pd.DataFrame:
    """Two controllers over two paths, at three values of V; one of them does not stand at the largest."""
    rows = []
    for name, value in ((name, value) for name in ("steady", NAME) for value in (1.0, 10.0, 100.0)):
        for path in (0, 1):
            one = row(name, path, 0, 5.0 + value / 100.0 + path, stands=(name, value) != (NAME, 100.0))
            facts = {**json.loads(one["horizon"]), "settings": {"V": value}}
            rows.append({**one, "problem": f"toy, V = {value:g}", "horizon": json.dumps(facts)})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("draw", "frame"),
    [
        (plots.gap_distribution, study()),
        (plots.gap_over_time, study(("exact", NAME))),
        (plots.scatter, study()),
        (plots.critical_difference, study()),
        (plots.where_time_goes, study(("exact", NAME))),
        (plots.trade_off_curve, horizons()),
        (plots.goal_against_backlog, horizons()),
    ],
)
def test_what_is_drawn_is_what_was_described(draw, frame):
    described = draw(frame)
    figure = printed(described)
    (axes,) = figure.axes
    lines = [line.get_xydata() for line in axes.lines]
    marks = [np.asarray(points.get_offsets()) for points in axes.collections if hasattr(points, "get_offsets")]
    for trace in described.data:
        if trace.type != "scatter" or trace.x[0] is None or trace.mode == "text":
            continue
        wanted = np.column_stack([np.asarray(trace.x, float), np.asarray(trace.y, float)])
        if "lines" in trace.mode:
            assert any(found.shape == wanted.shape and np.allclose(found, wanted, equal_nan=True) for found in lines)
        else:
            assert any(found.shape == wanted.shape and np.allclose(found, wanted, equal_nan=True) for found in marks)
    bars = [bar.get_width() for bar in axes.patches]
    assert np.allclose(bars, [x for trace in described.data if trace.type == "bar" for x in trace.x if x is not None])
    for axis in "xy":
        wanted = described.layout[f"{axis}axis"]
        assert getattr(axes, f"get_{axis}scale")() == ("log" if wanted.type == "log" else "linear")
        if wanted.range is not None:
            ends = 10.0 ** np.array(wanted.range) if wanted.type == "log" else wanted.range
            assert np.allclose(getattr(axes, f"get_{axis}lim")(), ends)
    legend = [
        text.get_text().replace(r"\$", "$") for figure in [figure] for one in figure.legends for text in one.texts
    ]
    if NAME in set(frame["backend"]) and draw is not plots.where_time_goes:
        assert any(text.startswith(NAME) for text in legend)


def test_a_sweep_has_a_panel_a_measure():
    frame = swept("sa")
    described = plots.penalty_sweep(frame)
    figure = printed(described, columns=2)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        note.text.removeprefix("<b>").removesuffix("</b>") for note in described.layout.annotations
    ]
    assert figure.get_figwidth() == 7.16
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_files_have_the_names_of_their_figures(tmp_path, monkeypatch):
    monkeypatch.setattr("qmectk.comparing.report.pictures.printed", lambda figure, columns: figure)
    monkeypatch.setattr("qmectk.comparing.report.pictures.save_figure", lambda figure, path: path.touch())
    frame = pd.concat([study(instances=2, seeds=1), study(instances=2, seeds=1).assign(problem="../p 2")])
    written = write_figures(frame, tmp_path / "new" / "figures", formats=("svg",))
    assert {path.parent for path in written} == {tmp_path / "new" / "figures"}
    assert set(written) == set((tmp_path / "new" / "figures").iterdir())
    names = [path.name for path in written]
    assert len(set(names)) == len(names)
    assert {"p1-gap-distribution.svg", "p-2-where-time-goes.svg", "all-time-profile.svg"} <= set(names)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not a folder"):
        write_figures(frame, tmp_path / "file")
