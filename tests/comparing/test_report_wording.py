"""How reports write gaps, shares, seconds and other people's strings."""

from __future__ import annotations

import math

import pytest

from qmectk.comparing.report.wording import clean, count, gap, number, percent, ratio, seconds, span


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (1e-6, "0.0001 %"), (0.123456, "12.3 %"), (math.inf, "∞"), (math.nan, "\u2013")],
)
def test_percentages(value, text):
    assert percent(value) == text.replace(" ", "\u00a0")


def test_gaps_below_the_optimality_gap_are_noise():
    assert gap(3e-9) == "<\u00a00.0001\u00a0%"
    assert gap(0.0) == "0\u00a0%"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.5e-5, "25 µs"), (0.0123, "12.3 ms"), (54.0, "54 s"), (0.0, "0 s"), (1e-9, "< 1 µs"), (0.99999, "1 s")],
)
def test_seconds(value, text):
    assert seconds(value) == text.replace(" ", "\u00a0")


def test_other_words():
    assert ratio(0.99995) == "0.99995"
    assert ratio(0.99999999) == "0.99999999"
    assert ratio(1.0) == "1"
    assert ratio(1.25) == "1.250"
    assert number(-0.5) == "\u22120.500"
    assert count(3, 3) == "all 3"
    assert count(2, 3) == "2 of 3"
    assert span(0.1, 0.2, percent) == "10 \u2013 20\u00a0%"
    assert span(0.1, math.nan, percent) == ""
    assert span(1e-9, 2e-9, gap) == ""
    assert span(1e-9, 0.1, gap) == "<\u00a00.0001 \u2013 10\u00a0%"
    assert span(0.0005, 2.0, seconds) == "500\u00a0µs \u2013 2\u00a0s"
    assert clean("a\n b\u202e\x00") == "a b\\u202e\\u0000"
    assert clean("x" * 9, 4) == "xxxx …"
