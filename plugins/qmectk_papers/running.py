"""What an experiment runs with: its scale, its seeds, a folder, and the commands, each of which can be resumed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import qmectk
from qmectk.timing.budget import Report

Scale = Literal["quick", "default", "full"]

_T = TypeVar("_T")


@dataclass
class Runner:
    """Checksums to every experiment.

    Attributes
    ----------
    scale
        "quick" within minutes, "default" within an hour or so, "full" the paper's own sizes.
    folder
        Where runs and policies are kept, so that the same command goes on from there.
    jobs, cluster
        Runs at the same time, or a Dask scheduler; see :func:`qmectk.compare`.
    report
        Called with progress.
    data
        The user's folder with the files that the paper says this experiment needs.
    """

    scale: Scale
    folder: Path
    jobs: int = 1
    cluster: str | None = None
    report: Report | None = None
    seed: int = 0
    data: Path | None = None

    def pick(self, quick: _T, default: _T, full: _T) -> _T:
        """One of three by the scale."""
        return {"quick": quick, "default": default, "full": full}[self.scale]

    @property
    def seeds(self) -> list[int]:
        """Seeds of everything random: three when quick, five else."""
        return list(range(self.seed, self.seed + self.pick(3, 5, 5)))

    def compare(self, problems: Any, backends: Any, **settings: Any) -> Any:
        """:func:`qmectk.compare`, with a store in the folder; its rows are the Comparison's ``to_pandas()``."""
        settings = {"store": self.folder / "runs.db", "jobs": self.jobs, "cluster": self.cluster, **settings}
        return qmectk.compare(problems, backends, **settings)

    def simulate(self, problem: Any, backend: str, **settings: Any) -> Any:
        """:func:`qmectk.simulate`."""
        return qmectk.simulate(problem, backend, report=self.report, **settings)

    def solve(self, problem: Any, backend: str, **settings: Any) -> list[Any]:
        """:func:`qmectk.solve` of all frames, a solution each: for provers and rules of a millisecond a frame."""
        found = qmectk.solve(problem, backend, reference=False, **settings)
        return list(getattr(found, "solutions", [found]))

    def policy(self, problem: Any, backend: str, seed: int, **options: Any) -> str:
        """The folder of a policy, trained where it is not there yet."""
        label = repr((getattr(problem, "fingerprint", lambda: problem)(), backend, seed, sorted(options.items())))
        name = f"{backend}-{seed}-{hashlib.sha256(label.encode()).hexdigest()[:12]}.policy"
        folder = self.folder / "policies" / name
        if not (folder / "policy.json").is_file():
            qmectk.train(problem, backend, options=options, seed=seed, out=folder, report=self.report)
        return str(folder)


__all__ = ["Runner", "Scale"]
