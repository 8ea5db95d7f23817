"""Problem files of other distributions, known by name."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

import qmectk
from qmectk.catalogue import problems
from qmectk.extending.foreign import GROUP
from qmectk.plugins import registry

from .test_plugins import EntryPoint, broken, registers


def test_a_problem_of_another_distribution_is_known_by_the_name_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.yaml").write_text("problem: p1\ndevices: 3\nframes: 2\n")
    theirs = EntryPoint("theirs", registers(tmp_path / "theirs.yaml", hook="qmectk_register_problem_files"))
    points = [*importlib.metadata.entry_points(group=GROUP), theirs]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    registry.cache_clear()
    try:
        assert qmectk.load("theirs").params.frames == 2
        assert len(qmectk.solve("theirs", reference=False).solutions) == 2
        assert "theirs" in problems()
    finally:
        monkeypatch.undo()
        registry.cache_clear()


@pytest.mark.parametrize(
    ("files", "reason"),
    [(["missing.yaml"], "there is no problem file"), (["one.yaml", "one.yaml"], "'one' is already registered")],
)
def test_problem_files_must_exist_and_have_names_of_their_own(files: list[str], reason: str, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("problem: p1\n")
    point = registers(*(tmp_path / file for file in files), hook="qmectk_register_problem_files")
    assert reason in broken(EntryPoint("bad", point))
