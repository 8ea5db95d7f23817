"""Spaces draw the same in every run of the tests: nobody seeds them."""

from __future__ import annotations

import itertools

import pytest
from gymnasium.utils import seeding


@pytest.fixture(autouse=True)
def _seeded_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    counter, fresh = itertools.count(), seeding.np_random
    monkeypatch.setattr(seeding, "np_random", lambda seed=None: fresh(next(counter) if seed is None else seed))
