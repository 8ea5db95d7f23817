"""Values at the edge of what a reader takes, as they are written in a file or on a command line."""

from __future__ import annotations

import numpy as np

#: Numbers: zeros, the ends of floats, integers beyond them, and what only looks like a number.
NUMBERS = (
    *("0", "-0", "0.0", "-0.0", "1", "-1", "2", "3", "7", "0.5", "1e-3", "1e3", "1e6", "1e-6", "1e9", "1e-9", "1e12"),
    *("1e-12", "1e15", "1e-20", "1e-30", "1e30", "1e-100", "1e100", "1e-154", "1e154", "1e-160", "1e160", "1e-300"),
    *("1e300", "1e308", "-1e308", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "1e-320", "1e309"),
    *("1e400", "-1e400", "nan", "NaN", ".nan", "inf", ".inf", "-.inf", "Infinity", "9007199254740993", "1_000", "0x10"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "1" + "0" * 40, "1" + "0" * 400),
    *("9" * 5000, "0b1", "0o17", "017", "1:30", "190:20:30", "+1", "1.", ".5", "1e", "e1", "1.2.3", "1,5", "1 000"),
    *("\u0663", "\uff11\uff12", "\u22121", "1e+5", "1E5", "1d5", "\u00bd"),
)

#: Quantities: units that fit, that do not, and that make a unit parser work.
QUANTITIES = (
    *("2 MHz", "2 mHz", "2MHz", "2 GHz", "0 Hz", "-1 Hz", "1 Hz", "1 W", "3 mW", "1e-9 W", "0 W", "30 dBm", "1 dB"),
    *("1 ms", "1 s", "0 s", "1 year", "8 kbit", "1 MB", "1 byte", "5 m", "0 m", "1 km", "1 nm", "1 light_year", "5 %"),
    *("1 m^2", "1 m^9^9^9", "1 m^9^9^9^9", "1 m**9**9", "1 s^-1", "1 1/s", "1 Hz/Hz", "1 m/m", "1 kg", "1 degC", "1 K"),
    *(
        "1 parsec",
        "1 [length]",
        "1 m m m m",
        "1 a^b",
        "1 m^(9^9)",
        "1 ^m",
        "1 m^",
        "1 /s",
        "1 //",
        "1 *",
        "1 m*",
        "1 µs",
    ),
    *(
        "1e308 km",
        "1e-320 m",
        "1 " + "k" * 28 + "m",
        "1 m" + "*m" * 12,
        "1 m^99999999",
        "1 m^1e9",
        "1 count",
        "1 Mbaud",
    ),
    *("nan Hz", "inf Hz", "1e400 Hz", "1 lambda", "1 import", "1 None", "1 __class__", "1 delta_degC", "1 dBm/Hz"),
)

#: Words: types that do not fit, tags, references, dates, and text that terminals, spreadsheets and formats act on.
WORDS = (
    *("true", "false", "yes", "null", "~", "''", '""', "[]", "{}", "[[]]", "[1, 2]", "[1, [2]]", "{a: 1}", "a", "abc"),
    *(
        "rayleigh",
        "published",
        "calibrated",
        "'sum'",
        "p1",
        "2024-01-01",
        "2026-13-45",
        "12:30:45",
        "2001-12-14t21:59:43",
    ),
    *("!!python/object:os.system x", "!!python/name:os.system", "!!binary aGk=", "!!binary '***'", "!!float x"),
    *("!!int '1e3'", "!!int x", "!!bool 3", "!!null x", "!!timestamp x", "!!set {a, b}", "!!omap [a: 1]", "!!omap [a]"),
    *("!!pairs [a: 1]", "!!seq {a: 1}", "!!map [a]", "!!str [1]", "!!str {a: 1}", "!!int [1]", "!!float {}", "!mine 1"),
    *("!!binary [1]", "!!timestamp [1]", "!!bool {a: 1}", "!!null [1]", "! 1", "!!value =", "!!merge x", "=", "<<"),
    *("*nowhere", "&a 1", "&a [*a]", "&a {b: *a}", "{<<: {a: 1}}", "{<<: 1}", "{<<: [1]}", "{<<: [{a: 1}, 2]}"),
    *(
        '"\\ud800"',
        '"\\0"',
        '"\\e[31mred\\e[0m"',
        '"\\u202e"',
        '"\\x07"',
        '"=1+1"',
        "'@SUM(A1)'",
        "<b>x</b>",
        "'%s %n {0}'",
    ),
    *(
        "../../etc/passwd",
        "/dev/zero",
        "/dev/null",
        "/",
        ".",
        "~root",
        "gains.csv",
        "https://example.org/x.csv",
        "|",
        ">",
    ),
    *("|\n  text", ">-\n  text", "- 1", "? a", "a: b: c", "[", "{", "]", "}", '"', "'", "%", "@", "`", "#", "x" * 1000),
    *("é", "中文", "\U0001f600", "\u202e", "\u00a0", "\ufeff", "\x07", "\x1b[2J", "\x00", "\x85", "\u2028", "\ud7ff"),
    *("[" * 30 + "]" * 30, "[" * 2000, "{a: " * 30 + "1" + "}" * 30, "x" * 300_000, "[" + "1, " * 20_000 + "1]"),
)

KEYS = (
    *(
        "problem",
        "model",
        "seed",
        "frames",
        "target",
        "source",
        "folder",
        "text",
        "self",
        "<<",
        "''",
        "null",
        "1",
        "1.5",
    ),
    *("true", "~", "[a]", "{a: 1}", "? a", '"\\e[31m"', '"\\ud800"', "Frames", "FRAMES", "frame", "devics", "x" * 500),
    *("__class__", "model_fields", "é", "\x07", "!!int a", "2024-01-01", "&k k", "*k", "a b", "'a.b'", "-1", "%", "@a"),
)


def pick(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    """One of several texts."""
    return values[int(rng.integers(len(values)))]


def value(rng: np.random.Generator) -> str:
    """A value at some edge."""
    return pick(rng, (NUMBERS, QUANTITIES, WORDS)[int(rng.choice(3, p=(0.5, 0.2, 0.3)))])


def number(rng: np.random.Generator) -> str:
    """A number at some edge, or one of any size."""
    if rng.random() < 0.5:
        return pick(rng, NUMBERS)
    return f"{rng.choice((-1, 1, 1, 1)) * 10.0 ** rng.uniform(-30, 30):.17g}"
