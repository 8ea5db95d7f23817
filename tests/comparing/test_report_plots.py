"""Every plot draws what its statistics say, and contenders look the same in all."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report import plots
from qmectk.comparing.report.plots import axes
from qmectk.comparing.report.plots.style import folded
from qmectk.comparing.statistics.ranks import nemenyi


def study(backends=("exact", "ugq", "sa"), instances=6, seeds=2):
    rng = np.random.default_rng(0)
    rows = []
    for instance in range(instances):
        for index, backend in enumerate(backends):
            for seed in range(seeds):
                objective = 10.0 * (1.0 - 10.0 ** (index - 5) * (index > 0) * (1.0 + rng.random()))
                rows.append(
                    {
                        "problem": "p1",
                        "instance": f"p1-{instance}",
                        "backend": backend,
                        "seed": seed,
                        "sense": 1,
                        "termination": "converged",
                        "quality": "feasible",
                        "objective": objective,
                        "bound": 10.0,
                        "conversion_seconds": 0.001,
                        "compilation_seconds": 0.002,
                        "solve_seconds": 10.0 ** (-3 + index) * (1.0 + rng.random()),
                        "training_seconds": 50.0 * (index == 1),
                        "status": "ok",
                        "events": json.dumps([[1e-4, 9.0, None], [5e-4, objective, None]]),
                    }
                )
    return pd.DataFrame(rows)


def test_floors_are_gray_lines_in_plots_of_gaps_and_take_part_in_nothing_else():
    frame = study(backends=("exact", "ugq", "sa"))
    frame["preset"] = np.where(frame["backend"] == "sa", "floor", None)
    for draw in (plots.gap_distribution, plots.gap_over_time):
        traces = {trace.name: trace for trace in draw(frame).data}
        assert set(traces) == {"exact", "ugq", "sa (floor)"}
        assert traces["sa (floor)"].line.color == "#8f8f8f" != traces["ugq"].line.color
    line = {trace.name: trace for trace in plots.gap_over_time(frame).data}["sa (floor)"]
    assert len(set(line.y)) == 1
    for draw in (plots.performance_profile, plots.scatter, plots.critical_difference):
        assert {trace.name for trace in draw(frame).data} == {"exact", "ugq"}
    alone = frame[frame["preset"] == "floor"]
    assert {trace.name for trace in plots.performance_profile(alone).data} == {"sa (floor)"}


@pytest.mark.parametrize(
    "draw",
    [
        plots.performance_profile,
        plots.time_profile,
        plots.gap_distribution,
        plots.gap_over_time,
        plots.scatter,
        lambda frame: plots.scatter(frame, x="exact", y="sa"),
        lambda frame: plots.scatter(frame, x="training_seconds", y="objective"),
        lambda frame: plots.time_to_target(frame, 0.01),
        plots.critical_difference,
    ],
)
def test_every_plot_draws(draw):
    figure = draw(study())
    assert figure.data
    for trace in figure.data:
        values = np.asarray(trace.y if not isinstance(trace.y[0], str) else trace.x, dtype=float)
        assert np.isfinite(values).all()
    draw(study().iloc[:0].assign(backend=[])) if draw is plots.gap_over_time else None


def test_a_plot_says_which_columns_it_does_not_know():
    with pytest.raises(ValueError, match="neither a numeric column"):
        plots.scatter(study(), x="colour")


def test_gap_over_time_never_draws_a_claim_better_than_the_measured_end():
    # the backend reports 10 of 10 at once, but its point measures 9
    frame = study(backends=("sa",), instances=1, seeds=1).assign(
        objective=9.0, bound=10.0, events="[[0.001, 10, null]]"
    )
    assert min(plots.gap_over_time(frame).data[0].y) == pytest.approx(0.1)


def test_contenders_look_the_same_in_every_plot():
    frame = study()
    looks = [
        {t.name: (t.line.color or t.marker.color) for t in draw(frame).data}
        for draw in (plots.performance_profile, plots.gap_distribution)
    ]
    assert looks[0] == looks[1]
    assert len(set(looks[0].values())) == 3


@pytest.mark.parametrize("high", range(-1, 14))
def test_an_axis_of_gaps_has_few_labels_in_one_notation(high):
    powers = axes.decades(-6, high)
    labels = axes.gap_labels(powers)
    assert 2 <= len(labels) <= 5
    assert len(set(labels)) == len(labels)
    assert labels[0].startswith("≤")
    assert powers[0] == -6
    assert high - powers[-1] < powers.step
    raised = ["10" in label and any(digit in label for digit in "⁰¹²³⁴⁵⁶⁷⁸⁹") for label in labels]
    assert all(raised) if powers[-1] > 0 else not any(raised)
    assert not [label for label in labels if "e" in label]


def test_gaps_over_many_decades_are_labelled_and_drawn_to_one_end():
    frame = study()
    frame.loc[frame["backend"] == "sa", "objective"] = 1e7
    figure = plots.gap_distribution(frame.assign(sense=-1))
    assert figure.layout.xaxis.ticktext[0] == "≤\u00a010⁻⁴\u00a0%"
    assert len(figure.layout.xaxis.ticktext) <= 5
    assert len({trace.x[-1] for trace in figure.data}) == 1


def test_the_data_profile_spans_the_figure_for_everybody():
    frame = study()
    frame.loc[frame["backend"] == "sa", "objective"] = 1.0
    figure = plots.time_profile(frame, target_gap=1e-2)
    shares = {trace.name: list(trace.y) for trace in figure.data}
    assert shares["sa"] == [0.0, 0.0]
    assert shares["exact"][0] == 0.0
    assert shares["exact"][-1] == 1.0
    assert len({(trace.x[0], trace.x[-1]) for trace in figure.data}) == 1
    for trace in figure.data:
        assert (np.diff(trace.x) >= 0).all()
        assert len(trace.x) == len(trace.y)


def test_no_bar_of_a_rank_passes_the_first_or_the_last_rank():
    figure = plots.critical_difference(study())
    ranks = [trace.x[0] for trace in figure.data]
    ends = [(trace.x[0] - trace.error_x.arrayminus[0], trace.x[0] + trace.error_x.array[0]) for trace in figure.data]
    assert ranks == [1.0, 2.0, 3.0]
    assert min(low for low, _ in ends) == pytest.approx(1.0)
    assert max(high for _, high in ends) == pytest.approx(3.0)
    low, high = figure.layout.xaxis.range
    assert low <= 1.0
    assert 3.0 <= high < 3.5
    # bars meet exactly where average ranks are closer than the critical difference
    critical = nemenyi(3, 6)
    for i in range(3):
        for j in range(i):
            assert (ends[i][0] <= ends[j][1]) == (ranks[i] - ranks[j] <= critical)


def test_ranks_that_are_not_told_apart_have_no_bars():
    figure = plots.critical_difference(study().assign(objective=10.0))
    assert not [trace for trace in figure.data if trace.error_x.array is not None]


def test_long_names_are_folded_and_escaped():
    assert folded("sa") == "sa"
    assert folded("simulated_annealing_with_many_reads") == "simulated_annealing_<br>with_many_reads"
    lines = folded("<b>" * 40).split("<br>")
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert "<" not in "".join(lines)
