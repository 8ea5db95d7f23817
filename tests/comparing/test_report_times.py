"""Where the time goes, and what reports say of instances that are not independent."""

from __future__ import annotations

import pandas as pd
import pytest

from qmectk.comparing.comparison import Comparison
from qmectk.comparing.report import plots
from qmectk.comparing.report.content import gather
from qmectk.comparing.report.page import as_html
from qmectk.comparing.report.tables import as_latex, as_markdown
from qmectk.comparing.studies.study import Study
from qmectk.presenting.comparison import page_of
from qmectk_cli.render import page

from .frames import timed


def run(backend, conversion, compilation, solve, **more):
    return timed(conversion, compilation, solve, backend=backend, **more)


FRAME = pd.DataFrame(
    [
        run("chip", 1.0, 2.0, 5.0),
        run("learned", 0.5, 0.0, 0.5, training_seconds=60.0),
        run("old", None, None, 0.004),
        run("dead", None, None, None, status="timeout", quality="none", objective=None),
    ]
)


def bars(figure, name):
    return {trace.name: trace for trace in figure.data if trace.type == "bar" and trace.hovertext == (name,)}


def labels(figure):
    return [trace.text[0] for trace in figure.data if trace.type == "scatter"]


def test_the_table_by_hand():
    table = gather(FRAME, "t", 1e-3).parts[0].times
    assert [[cell.text.replace("\u00a0", " ") for cell in row] for row in table.rows] == [
        ["chip", "\u2013", "1 s", "2 s", "5 s", "8 s"],
        ["learned", "60 s", "500 ms", "0 s", "500 ms", "1 s"],
        ["old", "\u2013", "\u2013", "\u2013", "4 ms", "4 ms"],
        ["dead", "\u2013", "\u2013", "\u2013", "\u2013", "\u2013"],
    ]
    assert [row[0].note for row in table.rows] == ["1 run", "1 run", "1 run", "0 runs"]


def test_every_format_has_it():
    content = gather(FRAME, "t", 1e-3)
    assert "| chip (1 run) | \u2013 | 1\u00a0s | 2\u00a0s | 5\u00a0s | 8\u00a0s |" in as_markdown(content)
    assert "Where the time goes" in as_latex(content)
    assert "Where the time goes" in as_html(content)


def test_the_bars_by_hand():
    figure = plots.where_time_goes(FRAME)
    assert {name: trace.x[0] for name, trace in bars(figure, "chip").items()} == {
        "conversion": 0.125,
        "compilation": 0.25,
        "solve": 0.625,
    }
    assert {name: trace.x[0] for name, trace in bars(figure, "old").items()} == {
        "conversion": 0.0,
        "compilation": 0.0,
        "solve": 1.0,
    }
    assert "not recorded" in bars(figure, "old")["compilation"].hovertemplate
    assert [text.replace("\u00a0", " ") for text in labels(figure)] == [
        "<b>chip</b>  8 s a run",
        "<b>learned</b>  1 s a run, after 60 s of training",
        "<b>old</b>  4 ms a run",
        "<b>dead</b>  no run came back",
    ]


def test_parts_are_told_apart_without_colour():
    figure = plots.where_time_goes(FRAME)
    patterns = {name: trace.marker.pattern.shape for name, trace in bars(figure, "chip").items()}
    assert len(set(patterns.values())) == 3
    assert [trace.name for trace in figure.data if trace.showlegend] == ["conversion", "compilation", "solve"]


def test_names_are_escaped_and_leave_room():
    name = "<img src=x onerror=1>" + "x" * 80
    (label,) = labels(plots.where_time_goes(pd.DataFrame([run(name, 0.0, 0.0, 1.0)])))
    assert label.startswith("<b>&lt;img src=x onerror=1&gt;xxxxxxxxxx…</b>")
    several = pd.DataFrame([run("a", 0.0, 0.0, 1.0), run("a", 0.0, 0.0, 2.0, problem="q")])
    assert [text.split("</b>")[0] for text in labels(plots.where_time_goes(several))] == ["<b>p: a", "<b>q: a"]


def test_a_comparison_draws_it():
    result = Comparison(FRAME, Study(backends=[{"backend": "sa"}]))
    assert len(bars(result.where_time_goes(), "learned")) == 3
    assert plots.where_time_goes(FRAME.iloc[:0]).data  # the legend alone


@pytest.mark.parametrize("coupled", [1, 0, None])
def test_dependent_instances_are_named_where_their_numbers_are(coupled):
    frame = pd.concat([FRAME.assign(coupled=0), FRAME.assign(problem="queues", coupled=coupled)])
    content = gather(frame, "t", 1e-3)
    first, second = content.parts
    assert first.notes == []
    assert len(second.notes) == (1 if coupled else 0)
    for text in (as_html(content), as_markdown(content)):
        assert ("Slots of one trajectory" in text) is bool(coupled)
        assert text.count("take the intervals as too narrow and the p-values as too small") == (1 if coupled else 0)
    # a caption travels with its table into a paper
    assert ("not independent of each other" in " ".join(as_latex(content).split())) is bool(coupled)


@pytest.mark.parametrize(("compilation", "coupled"), [(2.0, 1), (0.0, 0), (None, None)])
def test_the_terminal_says_it_too(capsys, compilation, coupled):
    columns = {"preset": None, "gap": 0.1, "unit": "bit", "reason": "", "training_seconds": None, "penalties": None}
    columns["horizon"] = ""
    frame = pd.DataFrame([run("a", 1.0, compilation, 5.0, coupled=coupled, **columns)])
    result = Comparison(frame, Study(backends=[{"backend": "a"}]))
    data = result.as_dict()
    assert data["coupled"] == (["p"] if coupled else [])
    assert data["backends"][0]["median_compilation_seconds"] == compilation
    page(page_of(data))
    text = " ".join(capsys.readouterr().out.split())
    # a column that says nothing is left out
    assert ("compile" in text) is bool(compilation)
    assert ("instances of p are slots of one trajectory" in text) is bool(coupled)
