"""Running the command line: in this process for speed, in a fresh one where that is what is tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qmectk.plugins import registry
from qmectk_cli.main import main

SMALL = """\
problem: p1
seed: 3
devices: 4
frames: 3
weights: [1, 1.5, 1, 2]
constants:
  bandwidth: 2 MHz
  noise: 1e-10 W
channel:
  model: rayleigh
  distance: {between: [2.5 m, 5.2 m]}
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A problem of 4 devices and 3 frames."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a command in this process."""
    monkeypatch.delenv("QMECTK_DEBUG", raising=False)

    def call(*arguments: Any) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """Run a command in a process of its own."""

    def call(*arguments: Any, **environment: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "qmectk_cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **environment},
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


PLUGIN = '''
import os

import click

from qmectk import Backend, Binary, Reply, Termination, hookimpl


class Noisy(Backend):
    """Prints where it should not."""

    name, accepts = "noisy", (Binary,)

    def solve(self, view, budget, rng):
        print("a banner from python")
        os.write(1, b"a banner from C\\n")
        return Reply([0] * view.n, Termination.CONVERGED)


@click.command("greet")
@click.option("--name", default="you")
def greet(name):
    """Say hello."""
    click.echo(f"hello {name}")


@click.command("solve")
def solve():
    """Try to take a name."""


@click.command("crash")
def crash():
    """Fail."""
    raise RuntimeError("the kettle is on fire")


@hookimpl
def qmectk_register_backends(register):
    register(Noisy)


@hookimpl
def qmectk_register_commands(register):
    for command in (greet, solve, crash):
        register(command)
'''


@pytest.fixture
def third_party(tmp_path: Path) -> str:
    """PYTHONPATH of a folder with an installed distribution that brings a backend, commands and a broken plugin."""
    folder = tmp_path / "site"
    info = folder / "acme_edge-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-edge\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qmectk]\nacme = acme_edge\nbroken = acme_missing\n")
    (folder / "acme_edge.py").write_text(PLUGIN)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def installed(third_party: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """That distribution, installed for this process."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    registry.cache_clear()
    yield
    registry.cache_clear()
    sys.modules.pop("acme_edge", None)
