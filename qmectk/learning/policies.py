"""Policies: trained once, kept in a folder, used by ``solve``, ``simulate`` and ``compare``, or on their own.

What a policy is, its backend knows; here is what all have in common: the folder has a ``policy.json`` that names the
backend, and the backend reads the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..attempts.run import train as train_on
from ..backend import Backend, LearnedBackend
from ..documents.seconds import in_seconds
from ..errors import InputError, Refused
from ..extending.foreign import charged_to
from ..files.intake import read_text
from ..files.storage import check_output, explained
from ..judging.floors import training_floors
from ..options import build
from ..plugins import registry
from ..problem import Problem
from ..routing.planner import find_route
from ..timing.budget import Budget, Observer, Report
from ..views import Binary, Reading

#: The file of a policy's folder that says what it is, and what it says of itself there.
FACTS, KIND = "policy.json", "qmectk policy"

#: Largest such file [bytes], and characters of a SHA-256 that tell policies apart.
MOST, STAMP = 4_000_000, 12


def train(
    target: str | Path | Problem,
    backend: str | type[Backend],
    *,
    frames: int | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    time_limit: float | str | None = None,
    out: str | Path | None = None,
    report: Report | None = None,
    observe: Observer | None = None,
) -> Any:
    """Train a policy on a problem's training frames.

    Parameters
    ----------
    target
        A problem file, the name of a shipped problem, or a Problem.
    backend
        A learned backend.
    frames
        Training frames instead of the number that the problem states.
    options
        Options of the backend.
    seed
        Seed of everything that training draws.
    time_limit
        Wall-clock seconds. A policy that it cut short goes on from there with the next call.
    out
        Folder to keep it in.
    report
        ``report(label, done, total)``.
    observe
        ``observe(step)``, called after every training step with its numbers by name. Those of qmectk's backends are
        ``step``, ``frame``, ``frames``, ``loss``, ``executed`` and ``rounded`` (mean scores of the last frames, of
        best-of-K and of the network alone), ``candidates`` (K), and ``ratio`` and ``rounded_ratio`` to proven optima
        where known. :mod:`qmectk.learning.observers` has writers to TensorBoard and MLflow.

    Returns
    -------
    The policy, as its backend defines it; those of qmectk have ``act(features)``, ``relaxed(features)``, ``facts`` and
    ``save(folder)``.

    Raises
    ------
    InputError
        When the backend does not learn, or keeps no policies.
    """
    from ..documents.files import as_problem

    problem = as_problem(target, "train on")
    if frames is not None:
        problem = problem.with_training_frames(frames)
    known = registry()
    chosen = known.chosen(backend)
    if not issubclass(chosen, LearnedBackend):
        raise InputError(f"backend '{chosen.name}' does not learn", "'qmectk backends' says which ones do")
    raw = dict(options or {})
    budget = Budget(in_seconds(time_limit), report=report, observer=_observer(observe))
    instance = problem.frame(0)
    with _kept(out) as kept, charged_to(f"backend '{chosen.name}'"):
        chosen.check_installed()
        route = find_route(instance, chosen, known, raw)
        made = chosen(build(chosen.Options, raw))
        training = train_on(made, instance, route, budget, seed)
        origin = {
            "problem": problem.name,
            "fingerprint": problem.fingerprint(),
            "declared": problem.params.model_dump(mode="json"),
            "training": training,
            "reading": _reading(problem, route.view),
            "floors": training_floors(problem, known, budget, seed),
        }
        policy = made.policy(origin)
        if kept is not None:
            policy.save(kept)
    return policy


def _observer(observe: Observer | None) -> Observer:
    """The user's function, to be blamed for itself; or one that says that a caller keeps what it learns."""
    if observe is None:
        return lambda step: None

    def observer(step: Mapping[str, Any]) -> None:
        with charged_to("the observer of the training"):
            observe(step)

    return observer


def _reading(problem: Problem, view: Any) -> Reading | None:
    """The problem's reading, where it leads to what this view shows a policy."""
    observed = view.observed() if isinstance(view, Binary) else None
    return None if observed is None else problem.reading()


def load_policy(path: str | Path) -> Any:
    """A policy from its folder; see :func:`train` for what it can do.

    Raises
    ------
    InputError
        When there is none, it is damaged, or its backend is not installed.
    """
    with charged_to(f"the backend of the policy {path}"):
        return registry().backend(backend_of(path)).load_policy(Path(path))  # type: ignore[attr-defined]


def backend_of(path: str | Path) -> str:
    """Name of the backend that the policy in this folder is of; InputError when there is no policy."""
    name: str = facts_of(Path(path))["backend"]
    return name


def stamped(path: str | Path) -> str:
    """The folder with the beginning of its policy's SHA-256, FOLDER@SHA: the name of one policy and not of a later one.

    Studies keep it, so that a policy that is trained again is run again.
    """
    folder = Path(path).absolute()
    return f"{folder}@{str(facts_of(folder).get('sha256'))[:STAMP]}"


def unstamped(name: str) -> Path:
    """The folder of a name of :func:`stamped`, or of a folder alone.

    Raises
    ------
    InputError
        When the policy there is another one by now.
    """
    if os.path.isdir(name):  # pathlib raises for a name that is too long
        return Path(name)
    path, at, stamp = name.rpartition("@")
    if not at:
        return Path(name)
    if stamped(path) != f"{Path(path).absolute()}@{stamp}":
        raise InputError(f"the policy {path} is not the one that was meant: it was trained again", "name it again")
    return Path(path)


def folder_for(name: str, backend: str) -> Path:
    """The folder of a policy by its name (:func:`unstamped`), which has to be of this backend.

    Raises
    ------
    Refused
        When it is of another one.
    """
    folder = unstamped(name)
    made = backend_of(folder)
    if made != backend:
        raise Refused(f"{folder} is a policy of backend '{made}'", f"name that instead of '{backend}'")
    return folder


def kept_in(folder: str | Path) -> Path:
    """The folder that a policy is to be kept in, made where there is none; links are followed.

    Raises
    ------
    InputError
        When it cannot be made or written into, or holds something else.
    """
    end = Path(os.path.realpath(folder))
    with explained(folder):
        if end.exists() and not (end.is_dir() and ((end / FACTS).is_file() or not any(end.iterdir()))):
            raise InputError(f"{folder} holds something else", "name a folder that is new, empty, or a policy")
        end.mkdir(parents=True, exist_ok=True)
    check_output(end / FACTS)
    return end


@contextlib.contextmanager
def _kept(out: str | Path | None) -> Iterator[Path | None]:
    """The folder for the policy that the block makes, None for None; a new one is gone again where none was made."""
    if out is None:
        yield None
        return
    new = not os.path.exists(out)
    folder = kept_in(out)
    try:
        yield folder
    except BaseException:
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def facts_of(folder: Path) -> dict[str, Any]:
    """What the policy in a folder says of itself; InputError when there is none."""
    if not os.path.isfile(folder / FACTS):
        raise InputError(f"there is no policy {folder}", "'qmectk train PROBLEM --backend NAME --out FOLDER' makes one")
    try:
        facts = json.loads(read_text(folder / FACTS, MOST))
    except (ValueError, RecursionError) as error:
        raise InputError(f"the policy {folder} is damaged: {FACTS} is no JSON", "train it again") from error
    if not isinstance(facts, dict) or facts.get("kind") != KIND or not isinstance(facts.get("backend"), str):
        raise InputError(f"{folder / FACTS} is not a policy's")
    return facts


__all__ = ["FACTS", "KIND", "backend_of", "facts_of", "load_policy", "stamped", "train", "unstamped"]
