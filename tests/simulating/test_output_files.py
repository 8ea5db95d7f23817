"""What a simulation writes: a row a slot, and figures."""

from __future__ import annotations

import csv
import json

import pytest

from qmectk import figures
from qmectk.errors import InputError, MissingPackage
from qmectk.simulating import plots, sweep, write_trace


def test_traces(small, tmp_path, monkeypatch):
    runs = sweep(small, "greedy", values=[1, 10], slots=6)
    write_trace(tmp_path / "t.csv", *runs)
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert [row["slot"] for row in rows[:3]] == ["0", "1", "2"]
    assert float(rows[7]["power"]) == pytest.approx(runs[1].records["power"][1])
    assert {row["preset"] for row in rows} == {"calibrated"}
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    write_trace(tmp_path / "t.parquet", *runs)
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == 12
    assert json.loads(table.schema.metadata[b"qmectk"])[0]["backend"] == "greedy"
    monkeypatch.setattr("qmectk.simulating.trace.installed", lambda name: False)
    with pytest.raises(MissingPackage, match="pyarrow"):
        write_trace(tmp_path / "u.parquet", *runs)


def test_figures(small, tmp_path):
    pytest.importorskip("matplotlib")
    runs = sweep(small, "exact", values=[0, 10], slots=20)
    for k, (draw, *more) in enumerate(((plots.plot_runs,), (plots.plot_sweep, "V"))):
        figure = figures.drawn(draw, runs, *more)
        figures.save_figure(figure, tmp_path / f"{k}.png")
        assert (tmp_path / f"{k}.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InputError, match="format"):
        figures.save_figure(figure, tmp_path / "x.txt")
