"""A damaged reference in the cache costs one warning and is computed anew; the answer is what it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk

Arrays = dict[str, Any]

ALTERED: dict[str, Callable[[Arrays], Any]] = {
    "no axis": lambda a: a.update(value_local=np.array(5.0)),
    "text": lambda a: a.update(bound=np.array(["a", "b", "c"])),
    "another bound": lambda a: a.update(bound=a["bound"] * 2),
    "another point": lambda a: a.update(value_x=1 - a["value_x"]),
    "words": lambda a: a.update(words=np.array("[]")),
    "no words": lambda a: a.pop("words"),
    "not finite": lambda a: a.update(bound=a["bound"] * np.nan),
    "no seal": lambda a: a.pop("sha256"),
    "nothing": lambda a: a.clear(),
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path))
    return tmp_path / "references"


def solve() -> Any:
    return qmectk.solve(qmectk.load("p1", devices=3, frames=3), "greedy")


@pytest.fixture
def kept(cache: Path) -> tuple[Path, Any]:
    """The one entry of the cache, and the solution that made it."""
    solution = solve()
    (entry,) = cache.glob("*.npz")
    return entry, solution


@pytest.mark.parametrize("how", ALTERED)
def test_altered_arrays_cost_a_warning(kept: tuple[Path, Any], how: str) -> None:
    entry, before = kept
    whole = entry.read_bytes()
    with np.load(entry) as stored:
        arrays = {name: stored[name] for name in stored.files}
    ALTERED[how](arrays)
    np.savez(entry, **arrays)
    with pytest.warns(UserWarning, match="are damaged .* and are computed anew"):
        after = solve()
    assert (after.objective, after.bound) == (before.objective, before.bound)
    with np.load(entry) as stored:
        assert set(stored.files) > {"words", "bound", "sha256"}
    assert len(entry.read_bytes()) == pytest.approx(len(whole), rel=0.1)


def test_cut_bytes_cost_a_warning(kept: tuple[Path, Any]) -> None:
    entry, before = kept
    whole = entry.read_bytes()
    for content in (b"", b"not an archive", whole[:-10], whole[:100], whole[: len(whole) // 2] + b"\0" * 50):
        entry.write_bytes(content)
        with pytest.warns(UserWarning, match="are damaged .* and are computed anew"):
            assert solve().bound == before.bound
    assert solve().reference.via  # whole again: no warning


def test_a_folder_in_its_place_costs_a_warning(kept: tuple[Path, Any]) -> None:
    entry, before = kept
    entry.unlink()
    entry.mkdir()
    with pytest.warns(UserWarning, match="references") as caught:
        assert solve().bound == before.bound
    assert any("is a folder" in str(one.message) for one in caught)
