"""Units are products of names with whole powers; nothing in them is calculated, and nothing takes long."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.documents.units import PLAIN, _registry, _unit, to_si

from .refused import GOOD, sentence


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 km/h", "m/s", 5 / 3.6),
        ("5 kg m/s^2", "N", 5.0),
        ("5 kg*m s^-2", "N", 5.0),
        ("5 kg * m / s**2", "N", 5.0),
        ("3 m^-1 m^2", "m", 3.0),
        ("2 Mbit/s", "bit/s", 2e6),
        ("50%", "", 0.5),
        ("30 dBm", "W", 1.0),
        ("20 degC", "K", 293.15),
        ("2 GB", "byte", 2e9),
        (".5 m", "m", 0.5),
        ("1µm", "m", 1e-6),
    ],
)
def test_products_of_units(text: str, unit: str, value: float) -> None:
    assert to_si(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "1 m^9^9^9",
        "1 m**9**9**9",
        "1 m^999",
        "1 m^1e9",
        "1 m^0.5",
        "1 m^(2)",
        "1 m^-",
        f"1 {'(' * 40}m{')' * 40}",
        f"1 {'m' * 300_000}",
        f"{'9' * 5000} m",
        f"1{' m' * 200}",
        "1 m + 1 m",
        "1 m 2",
        "1 m * 2",
        "1 /m",
        "1 m /",
        "1 m // m",
        "1 m.real",
        "1 m[0]",
        "1 __import__('os')",
        "1 \x1b[31m",
        "0x10 m",
        "1,5 m",
        "1 kilofoo",
        "1 _",
        "m",
    ],
    ids=count(),
)
def test_what_is_no_product_of_units_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number with a unit") as caught:
        to_si(text, "m")
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text", ["1e400 m", "1 Ym^99", "1 degC m", "1 degC^2", "1e5 dB", "9" * 5000, 10**400], ids=count()
)
def test_what_is_too_large_or_cannot_be_multiplied_is_refused(text: Any) -> None:
    for unit in ("m", "", "m^99"):
        with pytest.raises(ValueError, match=r"finite|wrong unit|converted"):
            to_si(text, unit)


def test_a_power_tower_in_a_file_has_a_sentence_with_its_line() -> None:
    assert "my.yaml, line 3: 'constants.power': '1 m^9^9^9' is not a number with a unit" in sentence(
        f"{GOOD}constants: {{power: 1 m^9^9^9}}\n"
    )
    assert "my.yaml, line 3" in sentence(f"{GOOD}constants: {{noise: 1 W**9**9**9}}\n")


def finite_or_refused(text: str, unit: str) -> bool:
    """Whether the text is a finite number, or is refused in a sentence."""
    try:
        return math.isfinite(to_si(text, unit))
    except ValueError as error:
        return 0 < len(str(error)) < 300


names = st.sampled_from(["m", "km", "s", "ms", "kg", "Hz", "W", "bit", "%", "dB", "degC", "byte", "foo", "e", "pi"])
parts = st.tuples(st.sampled_from(["", " ", "*", "/", " / ", "**", "^", "("]), names, st.integers(-200, 200))


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=True), st.lists(parts, max_size=6), st.sampled_from(["", "m", "s", "Hz", "W", "bit", "K"]))
def test_any_product_is_a_finite_number_or_a_sentence(number: float, product: Any, unit: str) -> None:
    text = f"{number} " + "".join(f"{sign}{name}{f'^{power}' if power != 1 else ''}" for sign, name, power in product)
    assert finite_or_refused(text, unit)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_a_sentence(text: str) -> None:
    for candidate in (text, f"1 {text}"):
        assert finite_or_refused(candidate, "m")


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-12, 1e12), st.sampled_from(["G", "M", "k", "", "m", "u", "n"]), st.sampled_from(sorted(PLAIN)))
def test_powers_of_ten_are_those_of_pint(number: float, prefix: str, unit: str) -> None:
    quantity = _registry().Quantity(number, _unit(prefix + unit))
    assert to_si(f"{number!r} {prefix}{unit}", unit) == float(quantity.to(unit).magnitude)
