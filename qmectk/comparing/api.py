"""``qmectk.compare``: one call from problems and backends to stored, certified, comparable runs."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .again import Again
from .study import BackendEntry, Study, load_study, make_study

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .comparison import Comparison
    from .planning import BackendLike, Plan, ProblemLike
    from .runs import Task
    from .scheduler import Lane, Scheduler, Watcher


class Interrupted(KeyboardInterrupt):
    """A study that the user stopped.

    Attributes
    ----------
    stored, total
        Runs in the store, and runs of the study.
    store
        The store, None when the runs were not to be kept.
    """

    def __init__(self, stored: int, total: int, store: Path | None) -> None:
        kept = f"{stored} of {total} runs are stored in {store}" if store else "nothing is kept"
        again = "; the same command goes on from there" if store else "; give a store to be able to go on"
        super().__init__(kept + again)
        self.stored, self.total, self.store = stored, total, store


def compare(
    problems: Study | ProblemLike | Sequence[ProblemLike],
    backends: BackendLike | Sequence[BackendLike] | Mapping[str, Mapping[str, Any]] | None = None,
    *,
    instances: int | None = None,
    seeds: int | Sequence[int] = 1,
    time_limit: float | None = 60.0,
    jobs: int = 1,
    store: str | Path | None = None,
    report: str | Path | None = None,
    refresh: str | Iterable[str] = (),
    retry: bool = False,
    executor: Executor | None = None,
    cluster: str | None = None,
    watcher: Watcher | None = None,
    **settings: Any,
) -> Comparison:
    """Put backends side by side on problems, fairly.

    Every run has a worker process of its own for its time, a deadline and a memory limit; a backend that crashes,
    hangs or kills itself becomes a row with its reason. Finished runs are stored at once, and the same call goes on
    where an earlier one was stopped.

    Parameters
    ----------
    problems
        Problem files, shipped names, Problems or Instances; or a whole :class:`Study`, or a study file.
    backends
        Names, Backend classes, :class:`BackendEntry` for options, or a mapping of names to options.
    instances
        Frames of each problem; the number its file states when left out.
    seeds
        How many (0, 1, ...), or which.
    time_limit
        Seconds a backend is told it has, each run.
    jobs
        Runs at the same time. More than there are cores to spare falsifies times.
    store
        SQLite file of the runs; several processes may share it. Left out, nothing is kept.
    report
        Also write a report (.html, .md or .tex).
    refresh
        Backends whose stored runs and trainings are run again. Rows stay until their successors are stored; where an
        earlier refresh was interrupted, the same call goes on with it.
    retry
        Whether stored runs that failed, for whatever reason, are run again.
    executor, cluster
        Run elsewhere: an executor of concurrent.futures, or the address of a Dask scheduler.
    watcher
        Told of progress.
    settings
        Further fields of :class:`Study` (memory_limit, threads, gap, references, penalty_sweep, ...).

    Raises
    ------
    InputError
        In one sentence, before anything runs, when the study cannot be run as written.
    Interrupted
        On Ctrl-C: a KeyboardInterrupt that says what is stored.

    Examples
    --------
    >>> import qmectk
    >>> result = qmectk.compare("p1", ["exact", "cd"], instances=2, seeds=2)  # doctest: +SKIP
    >>> result.frame.groupby("backend")["gap"].mean()  # doctest: +SKIP
    """
    from .planning import plan

    given: list[Any] = []
    classes: dict[str, Any] = {}
    if isinstance(problems, Study) or (isinstance(problems, (str, Path)) and _is_study_file(problems)):
        study = problems if isinstance(problems, Study) else load_study(problems)
        if backends is not None or settings:
            raise InputError("a study says everything itself", "leave 'backends' and further settings out")
        store = store if store is not None else study.store
        report = report if report is not None else study.report
    else:
        given = list(problems) if isinstance(problems, (list, tuple)) else [problems]
        entries = _entries(backends, classes)
        study = make_study(
            backends=entries, instances=instances, seeds=seeds, time_limit=time_limit, jobs=jobs, **settings
        )
    planned = plan(study, given, classes)
    names = {refresh} if isinstance(refresh, str) else set(refresh)
    for name in names:
        if name not in {entry.backend for entry in study.backends}:
            from ..names import unknown

            raise unknown("backend in this study", name, {entry.backend for entry in study.backends})
    if (names or retry) and store is None:
        raise InputError("without a store there are no runs to run again", "give the store that keeps them")
    target = Path(store) if store is not None else None
    if report is not None:
        _check_report(Path(report))
    with contextlib.ExitStack() as stack:
        again = Again(frozenset(names), retry)
        result = _compare(study, planned, target, again, executor, cluster, watcher, stack)
    if report is not None:
        result.report(report)
    return result


def _compare(
    study: Study,
    planned: Plan,
    target: Path | None,
    again: Again,
    executor: Any,
    cluster: str | None,
    watcher: Watcher | None,
    stack: contextlib.ExitStack,
) -> Comparison:
    from .comparison import Comparison
    from .scheduler import Scheduler, Watcher
    from .store import Store
    from .table import frame_of

    folder = None if target else stack.enter_context(tempfile.TemporaryDirectory(prefix="qmectk-"))
    store = stack.enter_context(Store(target or Path(str(folder)) / "runs.db"))
    watching = watcher or Watcher()
    again.mark(store, planned, watching)
    keys = [task.key for task in planned.runs]
    there = store.finished(keys)
    missing = [task for task in planned.runs if task.key not in there]
    try:
        if missing:
            lane = _lane(study, planned, executor, cluster)
            stack.callback(lane.close)
            _run(planned, missing, Scheduler(store, lane, watching), watching, study)
        elif watcher is not None:
            Scheduler(store, _Nowhere(), watching).run(planned.runs)
    except KeyboardInterrupt as error:
        raise Interrupted(len(store.finished(keys)), len(keys), target) from error
    return Comparison(frame_of(store, keys), study, target)


class _Nowhere:
    """A lane for a study in which nothing is left to run."""

    jobs = 1
    generation = None

    def submit(self, task: Task) -> Any:
        raise AssertionError("nothing is left to run")

    def restart(self) -> None: ...

    def close(self) -> None: ...


def _lane(study: Study, planned: Plan, executor: Any, cluster: str | None) -> Lane:
    if executor is not None and cluster is not None:
        raise InputError("'executor' and 'cluster' exclude each other", "give one of them")
    if cluster is not None:
        from .executors import Cluster

        return Cluster(cluster, planned.payloads)
    if executor is not None:
        from .executors import Elsewhere, jobs_of

        return Elsewhere(executor, jobs_of(executor), planned.payloads)
    from .pool import Pool

    _warn_about_cores(study)
    return Pool(study.jobs, planned.payloads, study.threads)


def _warn_about_cores(study: Study) -> None:
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if study.jobs * study.threads > cores:
        warnings.warn(
            f"{study.jobs} jobs of {study.threads} thread(s) share {cores} cores, so their times are too long",
            stacklevel=4,
        )


def _run(planned: Plan, missing: Sequence[Task], scheduler: Scheduler, watcher: Watcher, study: Study) -> None:
    """References, then trainings, then runs, each only as far as it is needed."""
    from .outcome import failed_row, row_of

    instances = {(task.problem, task.frame) for task in missing}
    wanted = [task for key, task in planned.references.items() if key in instances]
    found = scheduler.prepare("references", wanted) if wanted else {}
    policies = {task.policy for task in missing}
    learned = [task for key, task in planned.trainings.items() if key in policies]
    trained = scheduler.prepare("training", learned) if learned else {}
    ready: list[Task] = []
    undone = {task.key for task in missing}
    for task in planned.runs:
        reference = planned.references.get((task.problem, task.frame))
        training = planned.trainings.get(task.policy)
        kept = found.get(reference.key) if reference else None
        taught = trained.get(training.key) if training else None
        ready.append(
            dataclasses.replace(task, reference=(kept or {}).get("solution"), trained=(taught or {}).get("facts"))
        )
        if taught and taught["status"] != "ok" and task.key in undone:
            outcome = failed_row(taught["status"], f"its training ended badly: {taught['reason']}")
            scheduler.store.finish(row_of(ready[-1], outcome))
    scheduler.run(ready)


def _entries(backends: Any, classes: dict[str, Any]) -> list[Any]:
    from .planning import check_class

    if backends is None:
        raise InputError("there is no backend to compare", "name some, for example ['exact', 'cd']")
    if isinstance(backends, Mapping):
        return [BackendEntry(backend=name, options=dict(options)) for name, options in backends.items()]
    out: list[Any] = []
    for given in backends if isinstance(backends, (list, tuple)) else [backends]:
        if isinstance(given, (str, BackendEntry, dict)):
            out.append(given)
            continue
        made = check_class(given)
        classes[made.name] = made
        out.append(made.name)
    return out


def _is_study_file(target: str | Path) -> bool:
    from .study import is_study

    return is_study(target)


def _check_report(path: Path) -> None:
    if path.suffix.lower() not in (".html", ".md", ".tex"):
        raise InputError(f"cannot tell a format from '{path.name}'", "end it in .html, .md or .tex")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}", "create it first")
