"""Every plot draws what its statistics say, and contenders look the same in all."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report import plots


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
