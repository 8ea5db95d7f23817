"""Shared by the tests of simulation: a small problem, as a file, too, and a cache folder of the test's own."""

from __future__ import annotations

import pytest

from qmectk.documents import parse

from .small import SMALL


@pytest.fixture
def small():
    return parse(SMALL)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path
