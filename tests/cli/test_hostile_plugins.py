"""Whatever a plugin raises, wherever it is called: it is the plugin's fault, in one sentence, with one exit code."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from qmectk.plugins import registry

HOSTILE = '''
import asyncio

import click
import numpy as np

from qmectk import Backend, Binary, Instance, LearnedBackend, Problem, ProblemParams, Reply, Termination
from qmectk import hookimpl, view
from qmectk.options import option
from qmectk.worlds.process import Process
from dataclasses import dataclass


class Final(BaseException):
    """Of a class of its own, and it cannot say what it is."""

    def __str__(self):
        raise SystemExit("not even that")


PLACE, ERROR = "", None


def at(place):
    if place == PLACE:
        raise ERROR


@dataclass(frozen=True)
class Options:
    how: str = option("", "nothing")

    def __post_init__(self):
        at("options")


class Speaking(Reply):
    @property
    def info(self):
        at("info")
        return {}


class Hostile(Backend):
    name, accepts, Options, proves = "hostile", (Binary,), Options, True

    def __init__(self, options=None):
        at("init")
        super().__init__(options)

    @classmethod
    def missing(cls):
        at("missing")
        return []

    @classmethod
    def unavailable(cls):
        at("unavailable")
        return ""

    @classmethod
    def delegate(cls, instance):
        at("delegate")

    def solve_many(self, views, budget, rngs):
        at("solve_many")
        return super().solve_many(views, budget, rngs)

    def solve(self, view, budget, rng):
        at("solve")
        if PLACE == "generator":
            return next(self.endless(view))
        if PLACE == "info":
            reply = object.__new__(Speaking)
            for name, value in vars(Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)).items():
                if name != "info":
                    object.__setattr__(reply, name, value)
            return reply
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    def endless(self, view):
        yield at("generator")


class Pupil(Hostile, LearnedBackend):
    name = "pupil"

    def train(self, stream, fingerprint, budget, rng):
        at("train")
        return {}


class Bits(Binary):
    sense, n = 1, 3

    def score(self, actions):
        return np.atleast_2d(actions).sum(axis=1).astype(float)

    def complete(self, action):
        at("complete")
        return {"x": np.asarray(action, dtype=float)}


class Frame(Instance):
    label = "a frame"

    def declare(self, m):
        at("declare")
        m.maximize(m.sum(m.var("x", 3, kind="binary")))

    @view(Binary)
    def bits(self):
        at("view")
        return Bits()


class Slots(Process):
    def reset(self, rng):
        at("reset")
        return 0

    def instance(self, state):
        at("instance")
        return Frame()

    def advance(self, state, values, rng):
        at("advance")
        return state + 1, {}


class Theirs(Problem):
    name = "theirs"

    class Params(ProblemParams):
        training_frames: int = 4

    def stream(self, start, stop):
        at("stream")
        found = [Frame() for _ in range(start, stop)]
        for frame in found:
            frame.problem = self
        return found

    def process(self):
        at("process")
        return Slots()


@hookimpl
def qmectk_register_backends(register):
    register(Hostile)
    register(Pupil)


@hookimpl
def qmectk_register_problems(register):
    register(Theirs)


@click.command("leave")
def leave():
    raise SystemExit(3)


@hookimpl
def qmectk_register_commands(register):
    register(leave)


@hookimpl
def qmectk_solved(solution):
    at("solved")
'''


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "acme_hostile.py").write_text(HOSTILE)
    info = folder / "acme_hostile-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-hostile\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qmectk]\nhostile = acme_hostile\n")
    return folder


@pytest.fixture
def hostile(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of a registered distribution that raises what it is told to, where it is told to."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(tmp_path)
    Path("theirs.yaml").write_text("problem: theirs\nframes: 1\n")
    registry.cache_clear()
    yield importlib.import_module("acme_hostile")
    registry.cache_clear()
    sys.modules.pop("acme_hostile", None)


KINDS = [
    asyncio.CancelledError("the event loop was stopped"),
    GeneratorExit("closed"),
    SystemExit(0),
    StopIteration(7),
    KeyboardInterrupt("nobody pressed it"),
    MemoryError("all of it"),
    "Final",
]
#: Where it is raised, and the command that meets it.
PLACES = {
    "options": ("solve", "-b", "hostile"),
    "init": ("solve", "-b", "hostile"),
    "missing": ("solve", "-b", "hostile"),
    "delegate": ("explain", "-b", "hostile"),
    "solve_many": ("solve", "-b", "hostile"),
    "solve": ("solve", "-b", "hostile"),
    "generator": ("solve", "-b", "hostile"),
    "info": ("solve", "-b", "hostile"),
    "train": ("solve", "-b", "pupil"),
    "declare": ("solve", "-b", "exact"),
    "view": ("solve", "-b", "cd"),
    "complete": ("solve", "-b", "hostile"),
    "stream": ("show",),
    "process": ("simulate", "--slots", "2", "-b", "hostile"),
    "reset": ("simulate", "--slots", "2", "-b", "hostile"),
    "instance": ("simulate", "--slots", "2", "-b", "hostile"),
    "advance": ("simulate", "--slots", "2", "-b", "hostile"),
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_the_plugins_fault(run, hostile, monkeypatch, place):
    command, *options = PLACES[place]
    monkeypatch.setattr(hostile, "PLACE", place)
    for error in KINDS:
        if isinstance(error, KeyboardInterrupt) and PLACES[place][0] == "simulate":
            continue  # taken for the user's: the simulation is kept
        monkeypatch.setattr(hostile, "ERROR", hostile.Final() if error == "Final" else error)
        found = run(command, "theirs.yaml", *options)
        assert found.code == 5, (error, found)
        said = found.err + found.out
        assert "Traceback" not in said
        assert "bug" not in said
        name = "Final" if error == "Final" else type(error).__name__
        assert name in said or (name, place) == ("StopIteration", "generator"), (error, said)
        assert "hostile" in said or "pupil" in said


@pytest.mark.parametrize("command", ["solve", "simulate"])
def test_a_crash_is_the_same_in_a_solve_and_in_a_simulation(run, hostile, monkeypatch, command):
    monkeypatch.setattr(hostile, "PLACE", "solve")
    monkeypatch.setattr(hostile, "ERROR", ValueError("no licence"))
    found = run(command, "theirs.yaml", "-b", "hostile", *(["--slots", "3"] if command == "simulate" else []))
    assert found.code == 5
    assert "backend 'hostile' crashed: ValueError: no licence" in " ".join((found.err + found.out).split())


def test_a_backend_that_cannot_say_what_it_is_hides_no_other(run, hostile, monkeypatch):
    for place in ("missing", "unavailable"):
        monkeypatch.setattr(hostile, "PLACE", place)
        monkeypatch.setattr(hostile, "ERROR", asyncio.CancelledError("no"))
        listed = run("backends", "--json")
        assert listed.code == 0, listed
        found = {info["name"]: info for info in listed.json["backends"]}
        assert found["hostile"]["remedy"] == "backend 'hostile' crashed: CancelledError: no"
        assert found["cd"]["remedy"] == ""


@pytest.mark.filterwarnings("default")
def test_an_observer_costs_a_warning_only(run, hostile, monkeypatch):
    monkeypatch.setattr(hostile, "PLACE", "solved")
    monkeypatch.setattr(hostile, "ERROR", asyncio.CancelledError("no"))
    found = run("solve", "theirs.yaml", "-b", "hostile")
    assert found.code == 0
    assert "a qmectk_solved hook failed: CancelledError: no" in found.err


def test_a_command_of_a_plugin_may_end_with_a_code_of_its_own(run, hostile):
    assert run("leave").code == 3


def test_commands_are_those_of_what_is_installed_now(run, site, monkeypatch):
    assert run("leave").code == 2
    monkeypatch.syspath_prepend(str(site))
    assert run("leave").code == 3
