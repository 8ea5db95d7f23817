"""A paper run again: experiments, tables, verdicts, figures; what is done already is not done twice."""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import qmectk
from qmectk.figures import check_formats
from qmectk.files.intake import read_text
from qmectk.files.storage import replace_file
from qmectk.plugins import registry
from qmectk.presenting.names import unknown
from qmectk.timing.budget import Report

from .claims import check_claims, read_claims
from .given import missing, places, stamp
from .paper import Paper
from .reproduction import MOST, Reproduction
from .running import Runner, Scale
from .verdicts import verdict


def paper(name: str) -> Paper:
    """A paper by its name; UnknownName with the nearest one otherwise."""
    found: Paper = registry().part("paper", name).load(Paper)
    return found


def papers() -> dict[str, str]:
    """Name -> a line of help of every paper that an installed distribution brings."""
    return {name: part.summary for name, part in sorted(registry().parts.get("paper", {}).items())}


def reproduce(
    target: str | Paper,
    *,
    scale: Scale = "default",
    out: str | Path | None = None,
    only: tuple[str, ...] = (),
    jobs: int = 1,
    cluster: str | None = None,
    seed: int = 0,
    data: str | Path | None = None,
    formats: tuple[str, ...] = ("pdf",),
    columns: int = 2,
    report: Report | None = None,
) -> Reproduction:
    """Run a paper again.

    Parameters
    ----------
    target
        The name of a paper, or a Paper.
    scale
        "quick", "default" or "full".
    out
        Folder for tables, figures, verdicts, runs and policies; the same call goes on from what is there.
    only
        Experiments to run, all by default; claims on others are undecided.
    jobs, cluster
        Runs at the same time, or a Dask scheduler.
    seed
        First of the seeds.
    data
        Folder with files that the paper's experiments need and that may not be passed on.
    formats, columns
        Of figures for papers: "pdf", "svg", "pgf" or "png", and for one or two columns of a page.
    report
        ``report(label, done, total)``.
    """
    made = paper(target) if isinstance(target, str) else target
    claims = read_claims(made.claims)
    check_claims(claims, made.experiments)
    suffixes = check_formats(formats)
    for name in only:
        if name not in made.experiments:
            raise unknown(f"experiment of {made.name}", name, made.experiments)
    chosen = [name for name in made.experiments if not only or name in only]
    given = places(made, None if data is None else Path(data))
    reasons = {name: missing(made, name) for name in made.files if name not in given}
    tables: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    with _folder(out) as folder:
        for done, name in enumerate(chosen):
            if name in reasons:
                continue
            if report is not None:
                report(f"experiment {name}", done, len(chosen))
            run = Runner(scale, folder, jobs, cluster, report, seed, given.get(name))
            tables[name], seconds[name] = _table(made, name, run)
        found = Reproduction(made, scale, tables, [verdict(c, tables, scale, reasons) for c in claims], seconds)
        if out is not None:
            from .writing import write

            write(found, folder, suffixes, columns)
    return found


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path]:
    if out is None:
        with TemporaryDirectory(prefix="qmectk-") as name:
            yield Path(name)
        return
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _table(made: Paper, name: str, run: Runner) -> tuple[Any, float]:
    """The table of an experiment, read where the same one has been made, and its seconds."""
    from pandas import read_csv

    experiment = made.experiments[name]
    path, about = run.folder / "tables" / f"{name}.csv", run.folder / "tables" / f"{name}.json"
    key = _key(made, name, run)
    if path.is_file() and about.is_file():
        kept = json.loads(read_text(about, MOST))
        if kept.get("key") == key:
            return read_csv(path), float(kept["seconds"])
    begun = time.perf_counter()
    table = experiment(run)
    took = time.perf_counter() - begun
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, table.to_csv(index=False).encode())
    replace_file(about, json.dumps({"key": key, "seconds": took}).encode())
    return read_csv(path), took  # as it will be read again, so that verdicts do not depend on where a table comes from


def _key(made: Paper, name: str, run: Runner) -> str:
    """What a table depends on: the module that makes it, the scale, the seeds, the version, the user's files."""
    experiment = made.experiments[name]
    source = Path(inspect.getfile(experiment)).read_bytes()
    about: tuple[Any, ...] = (run.scale, run.seeds, qmectk.__version__, experiment.__name__)
    if run.data is not None:
        about = (*about, stamp(made, name, run.data))
    return hashlib.sha256(source + repr(about).encode()).hexdigest()[:32]


__all__ = ["Reproduction", "paper", "papers", "reproduce"]
