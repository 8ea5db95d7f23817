"""The penalty sweep in reports: its table, its figure, and what the other figures show of it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from qmectk.comparing.comparison import Comparison
from qmectk.comparing.report import plots
from qmectk.comparing.report.content import gather
from qmectk.comparing.report.tables import as_latex, as_markdown
from qmectk.comparing.studies.study import Study
from qmectk.errors import InputError

#: factor -> share of feasible samples, objective of 10, whether the penalties are sufficient on instances i and j
SWEEP = {0.1: (0.25, 9.9, (False, True)), 1.0: (0.75, 9.0, (True, True)), 10.0: (1.0, 8.0, (None, None))}


def rows(backend, factors=tuple(SWEEP), problem="p", bound=10.0):
    for factor in factors:
        share, objective, enough = SWEEP[factor]
        for instance, sufficient in zip("ij", enough, strict=True):
            audit = {"factor": factor, "multipliers": {"one": 2.0}, "sufficient": sufficient, "how": "by hand"}
            yield {
                "problem": problem,
                "instance": instance,
                "backend": backend,
                "options": json.dumps({"penalty": f"{factor:g}"}),
                "seed": 0,
                "sense": 1,
                "status": "ok",
                "quality": "feasible",
                "objective": objective,
                "bound": bound,
                "solve_seconds": 1.0,
                "penalties": json.dumps(audit),
                "share_feasible": share,
            }


def frame(*backends, **settings):
    return pd.DataFrame([row for backend in backends for row in rows(backend, **settings)])


def lines(figure, name):
    return [trace for trace in figure.data if trace.legendgroup == f"sweep {name}" and trace.x[0] is not None]


def test_the_table_by_hand():
    table = gather(frame("sa"), "t", 1e-3).parts[0].sweep
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["sa", "0.1", "25\u00a0%", "100\u00a0%", "1\u00a0%", "on 50\u00a0%"],
        ["sa", "1", "75\u00a0%", "100\u00a0%", "10\u00a0%", "proved"],
        ["sa", "10", "100\u00a0%", "100\u00a0%", "20\u00a0%", "open"],
    ]


def test_markdown_and_latex_have_it():
    content = gather(frame("sa", "qaoa"), "t", 1e-3)
    assert "| qaoa | 0.1 | 25\u00a0% | 100\u00a0% | 1\u00a0% | on 50\u00a0% |" in as_markdown(content)
    assert "Penalty sweep" in as_latex(content)


def test_one_factor_is_no_sweep():
    content = gather(frame("sa", factors=(1.0,)), "t", 1e-3)
    assert content.parts[0].sweep is None
    assert content.penalties is not None
    assert "Penalty sweep" not in as_markdown(content)


def test_the_figure_by_hand():
    figure = plots.penalty_sweep(frame("sa", "qaoa"))
    feasible, answered, gaps = lines(figure, "sa")
    for line in (feasible, answered, gaps):
        assert list(line.x) == [0.1, 1.0, 10.0]
        # full where proved on every instance, empty where it is refuted on one or open
        assert [symbol.endswith("-open") for symbol in line.marker.symbol] == [True, False, True]
    assert list(feasible.y) == [0.25, 0.75, 1.0]
    assert list(answered.y) == [1.0, 1.0, 1.0]
    assert list(gaps.y) == pytest.approx([0.01, 0.1, 0.2])
    assert figure.layout.xaxis3.title.text == "factor on all penalties"
    assert {figure.layout[axis].type for axis in ("xaxis", "xaxis2", "xaxis3", "yaxis3")} == {"log"}


def test_lines_are_told_apart_without_colour():
    figure = plots.penalty_sweep(frame("sa", "qaoa"))
    (sa, *_), (qaoa, *_) = lines(figure, "sa"), lines(figure, "qaoa")
    assert sa.line.dash != qaoa.line.dash
    assert sa.marker.symbol[1] != qaoa.marker.symbol[1]
    shown = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert shown == ["sa", "qaoa", "proved sufficient", "not proved"]


def test_without_bounds_there_is_no_panel_of_gaps():
    figure = plots.penalty_sweep(frame("sa", bound=None))
    assert len(lines(figure, "sa")) == 2
    assert figure.layout.xaxis2.title.text == "factor on all penalties"


def test_names_of_problems_where_there_are_several():
    both = pd.concat([frame("sa"), frame("sa", problem="<b>q")])
    names = {trace.name for trace in plots.penalty_sweep(both).data}
    assert {"p: sa", "&lt;b&gt;q: sa"} <= names


def test_without_penalties_there_is_nothing_to_draw():
    bare = frame("sa").drop(columns=["penalties", "share_feasible"])
    result = Comparison(bare, Study(backends=[{"backend": "sa"}]))
    with pytest.raises(InputError, match="went through penalties"):
        result.penalty_sweep()
    assert Comparison(frame("sa"), result.study).penalty_sweep().data


def test_few_contenders_are_all_drawn():
    content = gather(frame("sa", "qaoa"), "t", 1e-3)
    assert len(content.contenders) == 6
    assert content.parts[0].notes == []


def test_many_contenders_are_drawn_at_the_default_factor_and_the_report_says_so():
    content = gather(frame("sa", "qaoa", "tabu"), "t", 1e-3)
    assert content.contenders == ["sa (penalty=1)", "qaoa (penalty=1)", "tabu (penalty=1)"]
    part = content.parts[0]
    assert len(part.summary.rows) == 9
    assert len(part.sweep.rows) == 9
    assert len(part.times.rows) == 3
    assert "factor nearest to 1" in part.notes[0]
    # 0.1 comes closer, but the verdict is not on the luckiest of three
    assert "(penalty=1) reaches 0.900" in part.verdict[0]
    # its line looks like its contender does elsewhere
    figure = plots.penalty_sweep(part.all_runs, contenders=content.contenders)
    assert lines(figure, "tabu")[0].line.color == plots.styles_of(content.contenders)["tabu (penalty=1)"].color


def test_runs_that_were_killed_count_in_the_table_of_penalties_as_in_the_sweep():
    """Per factor two instances and a run that was killed on each: half of the runs, not all, have a point."""
    swept = list(rows("sa"))
    killed = {"seed": 1, "status": "timeout", "quality": None, "objective": None, "penalties": None}
    dead = [{**row, **killed, "share_feasible": None} for row in swept]
    content = gather(pd.DataFrame([*swept, *dead]), "t", 1e-3)
    audit, curve = content.penalties.rows, content.parts[0].sweep.rows
    assert [row[3].text for row in audit] == [row[3].text for row in curve] == ["50\u00a0%"] * 3
    assert [row[4].text for row in audit] == [row[5].text for row in curve] == ["on 50\u00a0%", "proved", "open"]
    feasible = [row[3].text for row in content.parts[0].summary.rows]
    assert feasible == ["50\u00a0%"] * 3


def test_findings_of_several_instances_are_not_those_of_the_first():
    def reported(*hows):
        swept = list(rows("sa", factors=(0.1,)))
        for row, how in zip(swept, hows, strict=True):
            row["penalties"] = json.dumps({**json.loads(row["penalties"]), "how": how})
        return gather(pd.DataFrame(swept), "t", 1e-3).penalties.rows[0][4].note

    assert reported("by hand", "by hand") == "by hand"
    assert reported("0 of 1 ground states feasible", "1 of 1 ground states feasible") == (
        "0 to 1 of 1 ground states feasible"
    )
    assert reported("not proved: 89 bits are too many", "all 4 were looked at") == (
        "89 bits are too many (on 1 of 2 instances); all 4 were looked at (on 1 of 2 instances)"
    )
    assert reported(None, "all 4 were looked at") == "all 4 were looked at (on 1 of 2 instances)"
