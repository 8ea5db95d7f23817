"""Files of numbers: tables in every dialect, arrays of every type, and both of them damaged.

A table whose numbers are known may be refused, but where it is read, the answer is that of the numbers.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import qmectk

from . import edges
from .case import Command
from .damage import damaged

PROBLEM = """\
problem: p1
devices: 3
frames: 3
training_frames: 0
constants: {power: 3 W, bandwidth: 2 MHz, noise: 1e-10 W}
channel: {model: file, path: %s}
"""

BLOCKS = """\
problem: attention
frames: 1
k: 2
blocks: {model: file, path: %s}
"""


#: How far an objective may be from that of the numbers: tables are written with 12 digits and more.
NEAR = 1e-8


def _gains(rng: np.random.Generator) -> np.ndarray:
    return np.asarray(10.0 ** rng.uniform(-7, -5, (int(rng.integers(3, 6)), 3)))


def _objective(gains: np.ndarray) -> float:
    """The mean optimum of the first three frames with these gains."""
    problem = qmectk.documents.parse(PROBLEM.replace("{model: file, path: %s}", "{model: rayleigh}"))
    found = [qmectk.solve(problem.instance(row)).objective for row in gains[:3]]  # type: ignore[attr-defined]
    return sum(x for x in found if x is not None) / 3


def _same_or_refused(gains: np.ndarray) -> Callable[[Path, Any], list[str]]:
    """Exit code 2, or the answer of these numbers."""

    def check(folder: Path, outcome: Any) -> list[str]:
        if outcome.code == 2:
            return []
        if outcome.code != 0:
            return [f"exit {outcome.code} for a table that is read"]
        reported = json.loads(outcome.out)
        if reported["termination"] == "budget":  # of some frames only, where the machine is busy
            return []
        seen, right = reported["objective"], _objective(gains)
        return [] if math.isclose(seen, right, rel_tol=NEAR) else [f"other numbers are read: {seen!r} for {right!r}"]

    return check


def _refused(folder: Path, outcome: Any) -> list[str]:
    return [] if outcome.code == 2 else [f"exit {outcome.code} for a table with a cell that is no gain"]


def _command(name: str, content: bytes, check: Any = None, problem: str = PROBLEM) -> Command:
    files = {"p.yaml": (problem % name).encode(), name: content}
    return Command(files, ("solve", "p.yaml", "--time-limit", "2", "--json"), check=check)


def tables(rng: np.random.Generator) -> Command:
    """A .csv file of known numbers as spreadsheets, programs and people write them, some with a cell that is wrong."""
    gains = _gains(rng)
    separator = str(rng.choice([",", ",", ";", "\t", " ", "|", ", ", " ,", "  "]))
    decimal = "," if separator in (";", "\t", "|") and rng.random() < 0.4 else "."
    quote = str(rng.choice(["", "", "", '"', "'"]))
    shape = str(rng.choice(["{:.17g}", "{:.17g}", "{:.12e}", "{:.16E}", "{:+.17g}", "{:.20f}"]))
    rows = [[f"{quote}{shape.format(x).replace('.', decimal)}{quote}" for x in row] for row in gains]
    check = _same_or_refused(gains)
    if rng.random() < 0.3:
        i, j = int(rng.integers(len(rows))), int(rng.integers(3))
        bad = (
            "",
            " ",
            "NA",
            "nan",
            "-",
            "n/a",
            "inf",
            "-1",
            "-1e-9",
            "x",
            "1e400",
            "1 W",
            "=1+1",
            "#N/A",
            "#DIV/0!",
            "#NAME?",
            "--",
            "1e-6j",
            "?",
        )
        rows[i][j] = str(rng.choice(bad))
        check = _refused
        if i >= 3 and len(rows) > i:  # the first three rows are asked for; a later one may be left unread
            check = _same_or_refused(gains)
    if rng.random() < 0.15:
        first = str(rng.choice(["index", "time", "name"]))
        labels = {"index": "{}", "time": "2024-01-01 00:00:{:02}", "name": "frame {}"}[first]
        rows = [[labels.format(t), *row] for t, row in enumerate(rows)]
        check = _same_or_refused(gains) if check is not _refused else check
    if rng.random() < 0.1:
        rows = [[*row, ""] for row in rows]  # a separator at the end of every line
    lines = [separator.join(row) for row in rows]
    names = [
        "a,b,c",
        "h1;h2;h3",
        "0,1,2",
        "1,2,3",
        "time,h1,h2,h3",
        ",0,1,2",
        "gain [dB],b,c",
        "# h1,h2,h3",
        "sep=;",
        "a b c",
    ]
    for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.4, 0.1]))):
        lines.insert(0, str(rng.choice([*names, "", "# made by hand", "m,m,m"])))
    if rng.random() < 0.1:
        lines.insert(int(rng.integers(len(lines) + 1)), str(rng.choice(["", "# note", ",,", "  ", "\x00", "---"])))
    end = str(rng.choice(["\n", "\n", "\r\n", "\r"]))
    whole = end.join(lines) + (end if rng.random() < 0.8 else "")
    coding = str(rng.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return _command("g.csv", whole.encode(coding), check)


def damaged_tables(rng: np.random.Generator) -> Command:
    """A .csv file that is damaged: what it holds then is anybody's guess, but it breaks nothing."""
    whole = "\n".join(",".join(f"{x:.17g}" for x in row) for row in _gains(rng)) + "\n"
    if rng.random() < 0.3:
        whole = whole.replace("e", edges.value(rng)[:200], 1)
    return _command("g.csv", damaged(whole.encode("utf-8", "surrogatepass"), rng))


def _array(rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """An array as somebody may save it, and whether it is one of gains."""
    gains = _gains(rng)
    what = int(rng.integers(18))
    bad: list[Any] = [
        gains.astype(complex) + 1j * gains,
        gains > 1e-6,
        (gains * 1e9).astype("datetime64[s]"),
        (gains * 1e9).astype("timedelta64[s]"),
        gains.astype("U20"),
        gains.astype("S20"),
        np.array([tuple(row) for row in gains], dtype=[("a", "f8"), ("b", "f8"), ("c", "f8")]),
        np.where(gains == gains[0, 0], np.nan, gains),
        -gains,
        gains[0],
        gains[None],
        gains[:0],
        np.float64(3.0),
        gains[:, :2],
    ]
    if what < len(bad):
        return np.asarray(bad[what]), False
    good = [gains, np.asfortranarray(gains), gains.astype(">f8"), gains.astype("f4")]
    return good[what - len(bad)], True


def arrays(rng: np.random.Generator) -> Command:
    """A .npy, .npz or .mat file of an array of any type, whole or damaged."""
    array, good = _array(rng)
    kind = str(rng.choice(["npy", "npz", "mat"]))
    made = io.BytesIO()
    if kind == "npy":
        np.save(made, array)
    elif kind == "npz":
        extra = {"other": np.zeros(3)} if rng.random() < 0.2 else {}
        (np.savez_compressed if rng.random() < 0.5 else np.savez)(made, input_h=array, **extra)
    else:
        from scipy.io import savemat
        from scipy.sparse import csc_array

        content: Any = array
        if array.dtype.kind in "Mm":
            content = array.astype("i8")
        if rng.random() < 0.3 and array.ndim == 2 and array.dtype.kind in "fc":
            options: list[Any] = [
                csc_array(array.astype("f8")),
                {"h": array},
                array.astype(object),
                {"h": {"h": array}},
            ]
            content, good = options[int(rng.integers(len(options)))], False
        savemat(made, {"input_h": content}, do_compression=bool(rng.random() < 0.5))
    content = made.getvalue()
    if kind == "mat":  # its header tells the time
        content = b"MATLAB 5.0 MAT-file".ljust(116) + content[116:]
    blocks = rng.random() < 0.3 and kind != "mat"
    problem = BLOCKS if blocks else PROBLEM
    if rng.random() < 0.6:
        return _command(f"g.{kind}", damaged(content, rng), problem=problem)
    check = _same_or_refused(np.asarray(array, dtype=float)) if good and not blocks else None
    return _command(f"g.{kind}", content, check, problem)


def images(rng: np.random.Generator) -> Command:
    """A picture as blocks of attention, damaged."""
    from PIL import Image

    made = io.BytesIO()
    mode = str(rng.choice(["L", "RGB", "1", "P", "RGBA", "I;16"]))
    pixels = rng.integers(0, 256, (6, 8)).astype(np.uint16 if mode == "I;16" else np.uint8)
    image = Image.fromarray(pixels) if mode in ("L", "I;16") else Image.fromarray(pixels).convert(mode)
    form = "png" if mode in ("RGBA", "P", "I;16") else str(rng.choice(["png", "bmp", "tiff"]))
    image.save(made, form)
    name = f"g.{'tif' if form == 'tiff' else form}"
    return _command(name, damaged(made.getvalue(), rng), problem=BLOCKS)
