"""A short, fixed part of what ``make fuzz`` tries: the first cases of every kind."""

from __future__ import annotations

import pytest

from .workers import try_case

#: Cases of each kind here. Provers beside each other, caches and hostile backends are left to the long run.
SHORT = dict.fromkeys(("problem", "set", "option", "answer", "table", "badtable", "array", "image", "store"), 15)
SHORT |= {"command": 10, "study": 10}


@pytest.mark.parametrize("kind", SHORT)
def test_bad_input_breaks_nothing(kind):
    found = [try_case(kind, number) for number in range(SHORT[kind])]
    wrong = [f"python -m tests.fuzz --case {kind}:{one.number}\n{text}" for one in found for text in one.failures]
    assert not wrong, "\n".join(wrong)
