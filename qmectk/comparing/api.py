"""``qmectk.compare``: one call from problems and backends to stored, certified, comparable runs."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, QmectkError
from ..extending.installed import check_there
from ..plugins import registry
from .running.forkserver import begin_early
from .running.lanes import Nowhere, lane_of
from .studies.arguments import (
    UNSET,
    Unset,
    check_flag,
    check_helpers,
    check_report,
    entries_of,
    file_of,
    names_of,
    problems_of,
)
from .studies.rerun import Rerun
from .studies.staging import Named
from .studies.study import ProblemEntry, Study, make_study, revised
from .studies.study_file import check_readable, is_study, load_study

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .comparison import Comparison
    from .running.runs import Task
    from .running.scheduler import Scheduler, Watcher
    from .storage.store import Store
    from .studies.planning import BackendLike, Plan
    from .studies.staging import ProblemLike


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
    problems: Study | ProblemLike | Iterable[ProblemLike] | Mapping[str, ProblemLike],
    backends: BackendLike | Iterable[BackendLike] | Mapping[str, Mapping[str, Any] | None] | None = None,
    *,
    instances: int | None = None,
    slots: int | None = None,
    paths: int | Iterable[int] | None = None,
    seeds: int | Iterable[int] | None = None,
    time_limit: float | str | Unset | None = UNSET,
    jobs: int | None = None,
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
        Problem files, shipped names, Problems or Instances, one, any iterable, or a mapping of what to call them; or
        a whole :class:`Study`, or a study file. What is given beside a study replaces what it says; only its backends
        are its own.
    backends
        Names, Backend classes, :class:`BackendEntry` for options, or a mapping of names to options.
    instances
        Frames of each problem; the number its file states when left out.
    slots
        Compare controllers instead: run every backend for so many slots of a simulation of each (time-coupled) problem.
    paths
        Seeds of arrivals and channels, how many (0, 1, ...) or which; the problem's own when left out. Needs `slots`.
    seeds
        How many (0, 1, ...), or which; one when left out.
    time_limit
        Time limit of each run in seconds, None for no limit; 60 s when left out.
    jobs
        Runs at the same time, one when left out. More than there are cores to spare falsifies times.
    store
        SQLite file of the runs; several processes may share it. Left out, nothing is kept.
    report
        Also write a report (.html, .md, .tex; .csv and .parquet have its summary). One that cannot be written costs a
        warning, not the runs.
    refresh
        Backends whose stored runs and trainings are run again. Rows stay until their successors are stored; where an
        earlier refresh was interrupted, the same call goes on with it.
    retry
        Whether stored runs that failed, for whatever reason, are run again.
    executor, cluster
        Run in other processes: an executor of concurrent.futures, or the address of a Dask scheduler.
    watcher
        Called with progress.
    settings
        Further fields of :class:`Study` (memory_limit, threads, gap, target_gap, references, sweep, ...).

    Raises
    ------
    InputError
        In one sentence, before anything runs, when the study cannot be run as written.
    MissingPackage
        Without the packages of the extra ``compare``.
    Interrupted
        On Ctrl-C: a KeyboardInterrupt that says what is stored.

    Examples
    --------
    >>> import qmectk
    >>> result = qmectk.compare("p1", ["exact", "cd"], instances=2, seeds=2)  # doctest: +SKIP
    >>> result.frame.groupby("backend")["gap"].mean()  # doctest: +SKIP
    """
    from .studies.planning import plan

    given: list[Any] = []
    classes: dict[str, Any] = {}
    asked: dict[str, Any] = {
        "instances": instances,
        "slots": slots,
        "paths": paths,
        "seeds": seeds,
        "jobs": jobs,
    }
    asked = {**{name: value for name, value in asked.items() if value is not None}, **settings}
    if time_limit is not UNSET:
        asked["time_limit"] = time_limit
    check_there("comparisons", "compare", "cloudpickle", "psutil", "threadpoolctl")
    check_helpers(watcher, executor, cluster)
    if isinstance(problems, Study) or (isinstance(problems, (str, Path)) and is_study(problems)):
        if backends is not None:
            raise InputError("a study names its backends itself", "leave 'backends' out")
        study = revised(problems, **asked) if isinstance(problems, Study) else load_study(problems, **asked)
        store = store if store is not None else study.store
        report = report if report is not None else study.report
    else:
        given = problems_of(problems)
        check_readable(given)
        entries, classes = entries_of(backends)
        study = make_study(backends=entries, **asked)
    target, page = file_of("store", store), file_of("report", report)
    if executor is None and cluster is None:
        begin_early(_targets(study, given), target)
    rerun = Rerun(names_of(refresh, {entry.backend for entry in study.backends}), check_flag("retry", retry))
    planned = plan(study, given, classes)
    if (rerun.backends or rerun.failed) and target is None:
        raise InputError("without a store there are no runs to run again", "give the store that keeps them")
    if page is not None:
        check_report(page)
    with contextlib.ExitStack() as stack:
        result = _compare(study, planned, target, rerun, executor, cluster, watcher, stack)
    if page is not None:
        try:
            result.report(page)
        except (QmectkError, OSError) as error:  # it must not cost the runs
            warnings.warn(f"the report is not written: {error}", stacklevel=2)
    return result


def _targets(study: Study, given: Iterable[Any]) -> list[str]:
    """Files and names of the problems, and the families that are loaded already."""
    asked = [*study.problems, *(one.given if isinstance(one, Named) else one for one in given)]
    files = [one.file if isinstance(one, ProblemEntry) else one for one in asked]
    return [*registry().problems.loaded, *(one for one in files if isinstance(one, str))]


def _compare(
    study: Study,
    planned: Plan,
    target: Path | None,
    rerun: Rerun,
    executor: Any,
    cluster: str | None,
    watcher: Watcher | None,
    stack: contextlib.ExitStack,
) -> Comparison:
    from .comparison import Comparison
    from .running.scheduler import Scheduler, Watcher
    from .storage.store import Store
    from .storage.table import frame_of

    folder = None if target else stack.enter_context(tempfile.TemporaryDirectory(prefix="qmectk-"))
    store = stack.enter_context(Store(target or Path(str(folder)) / "runs.db"))
    watching = watcher or Watcher()
    rerun.mark(store, planned, watching)
    keys = [task.key for task in planned.runs]
    store.keep_study(study.model_dump_json(), keys)
    there = store.finished(keys)
    missing = [task for task in planned.runs if task.key not in there]
    try:
        if missing:
            lane = lane_of(study, planned, executor, cluster)
            stack.callback(lane.close)
            from . import statistics  # noqa: F401  # pandas, too: the workers' server takes as long to load

            _run(planned, missing, Scheduler(store, lane, watching), watching, study)
        elif watcher is not None:
            Scheduler(store, Nowhere(), watching).run(planned.runs)
    except KeyboardInterrupt as error:
        raise Interrupted(len(store.finished(keys)), len(keys), target) from error
    # the store may know the runs by what they were called earlier
    named = {task.key: {"problem": task.title, "preset": task.preset} for task in planned.runs}
    found = frame_of(store, keys, named=named)
    if study.slots is not None:
        from .horizons import judged

        found = judged(found, study.stable_below)
    return Comparison(found, study, target, _earlier(store, planned, target))


def _earlier(store: Store, planned: Plan, target: Path | None) -> tuple[str, ...]:
    """Says that the store has runs of the same backends in another version."""
    now = {task.backend: task.version for task in planned.runs}
    others = [row for row in store.versions() if row[1] and now.get(row[0], row[1]) != row[1]]
    if not others:
        return ()
    counts = ", ".join(f"{count} of {backend} by {version}" for backend, version, count in others)
    return (f"Runs of other versions are kept, too ({counts}); 'qmectk report {target}' shows them beside these.",)


def _run(planned: Plan, missing: Sequence[Task], scheduler: Scheduler, watcher: Watcher, study: Study) -> None:
    """References, then trainings, then runs, each only as far as it is needed."""
    from .running.outcome import failed_row, row_of

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
