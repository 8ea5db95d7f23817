"""Where the runs of a study go: workers of this machine, an executor, or a Dask cluster."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from ..studies.study import Study

if TYPE_CHECKING:
    from ..studies.planning import Plan
    from .runs import Task
    from .scheduler import Lane


class Nowhere:
    """A lane for a study in which nothing is left to run."""

    jobs = 1
    generation = None

    def submit(self, task: Task) -> Any:
        raise AssertionError("nothing is left to run")

    def restart(self) -> None: ...

    def close(self) -> None: ...


def lane_of(study: Study, planned: Plan, executor: Any, cluster: str | None) -> Lane:
    """Where the runs that are planned go: the cluster or executor that is given, else workers of this machine."""
    if cluster is not None:
        from .executors import Cluster

        needed = {task.backend for task in (*planned.runs, *planned.references.values())} - set(planned.payloads)
        return Cluster(cluster, planned.payloads, sorted(needed))
    if executor is not None:
        from .executors import Elsewhere, jobs_of

        return Elsewhere(executor, jobs_of(executor), planned.payloads)
    from .pool import Pool

    _warn_about_cores(study)
    return Pool(study.jobs, planned.payloads, study.threads)


def _warn_about_cores(study: Study) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if study.jobs * study.threads > cores:
        warnings.warn(
            f"{study.jobs} jobs of {study.threads} thread(s) share {cores} cores, so their times are too long",
            stacklevel=4,
        )
