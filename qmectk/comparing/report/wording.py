"""Numbers and names in words: how every report writes gaps, shares, seconds and other people's strings."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from typing import Any

from ...status import OPTIMALITY_GAP

MISSING = "\u2013"  #: where there is no number to show


def clean(text: str, limit: int = 2000) -> str:
    """`text` on one line, with control and direction-changing characters shown as their codes."""
    out = []
    for character in " ".join(text.split()):
        kind = unicodedata.category(character)
        out.append(f"\\u{ord(character):04x}" if kind in ("Cc", "Cf", "Cs", "Co", "Cn") else character)
    joined = "".join(out)
    return joined if len(joined) <= limit else joined[:limit] + " …"


def number(value: Any, digits: int = 3) -> str:
    """`digits` significant digits, without an exponent where one can do without."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "\u2212∞"
    if value == 0.0:
        return "0"
    if not 0.95e-5 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "\u2212")
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{places}f}".replace("-", "\u2212")


def percent(value: Any, digits: int = 3) -> str:
    """A share or gap as a percentage with two or three digits."""
    if value is None or math.isnan(value) or math.isinf(value):
        return number(value)
    return f"{_trim(number(100.0 * value, digits))}\u00a0%"


def share(value: Any, digits: int = 3) -> str:
    """A share as a percentage: 0 and 100 only where they are exact, with more digits where rounding would say so."""
    if value is None or math.isnan(value) or value in (0.0, 1.0):
        return percent(value, digits)
    for more in range(digits, 12):
        text = percent(value, more)
        if text not in (percent(0.0), percent(1.0)):
            return text
    return percent(value, 12)


def gap(value: Any, digits: int = 3) -> str:
    """A gap as a percentage; below the optimality gap it is floating-point noise and shown as such."""
    if value is not None and 0.0 < value < OPTIMALITY_GAP:
        return f"<\u00a0{percent(OPTIMALITY_GAP)}"
    return percent(value, digits)


def seconds(value: Any, digits: int = 3) -> str:
    """A time in the unit that reads best."""
    if value is None or math.isnan(value) or math.isinf(value):
        return number(value)
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * size:
            return f"{_trim(number(value / size, digits))}\u00a0{unit}"
    return "0\u00a0s" if value <= 0.0 else "<\u00a01\u00a0µs"


def ratio(value: Any) -> str:
    """A ratio to the bound, with as many digits as tell it from one."""
    if value is None or math.isnan(value) or math.isinf(value):
        return number(value)
    if abs(value - 1.0) <= 1e-9:
        return "1"
    if value >= 100.0:
        return number(value)
    away = max(abs(value - 1.0), 1e-9)
    places = min(max(math.ceil(-math.log10(away)), 3), 9)
    shown = f"{value:.{places}f}"
    # rounding must not turn almost into exactly
    return shown if float(shown) != 1.0 else f"{value:.{places + 1}f}"


def significance(p: float) -> str:
    """A p-value as papers write it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def count(part: int, whole: int) -> str:
    """`part` of `whole`, in words where it is all or none."""
    return f"all {whole}" if part == whole and whole > 1 else f"{part} of {whole}"


def span(low: Any, high: Any, write: Callable[[float], str]) -> str:
    """An interval with its unit once, or nothing where it is not known or has no width."""
    if low is None or high is None or math.isnan(low) or math.isnan(high) or low == high:
        return ""
    first, last = write(low), write(high)
    if first == last:
        return ""
    number_, _, unit = first.rpartition("\u00a0")
    if number_ and last.endswith(f"\u00a0{unit}"):
        first = number_
    return f"{first} \u2013 {last}"


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
