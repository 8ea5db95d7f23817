"""Small problems, and backends that misbehave in every way, in a module that worker processes can import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .browser import open_browser

SMALL = """\
problem: p1
seed: 3
devices: 4
frames: 3
training_frames: 40
weights: [1, 1.5, 1, 2]
constants:
  bandwidth: 2 MHz
  noise: 1e-10 W
channel:
  model: rayleigh
  distance: {between: [2.5 m, 5.2 m]}
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("QMECTK_DEBUG", raising=False)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module of test backends; also a distribution that registers them."""
    path = tmp_path_factory.mktemp("site")
    (path / "comparing_backends.py").write_text(Path(__file__).with_name("misbehaving.py").read_text())
    (path / "comparing_shop.py").write_text(Path(__file__).with_name("shop.py").read_text())
    (path / "comparing_plugin.py").write_text(
        "import comparing_backends as b\n"
        "import comparing_shop as s\n"
        "from qmectk import hookimpl\n\n\n"
        "@hookimpl\ndef qmectk_register_problems(register):\n    register(b.Toy)\n    register(s.ShopProblem)\n\n\n"
        "@hookimpl\ndef qmectk_register_backends(register):\n"
        "    for one in (b.Polite, b.Slow, b.Chance, b.Bad, b.Pupil, s.Cheapest):\n        register(one)\n"
    )
    info = path / "acme_compare-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-compare\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qmectk]\nacme = comparing_plugin\n")
    return path


@pytest.fixture
def bad(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of test backends."""
    import importlib

    monkeypatch.syspath_prepend(str(folder))
    module = importlib.import_module("comparing_backends")
    yield module
    sys.modules.pop("comparing_backends", None)


@pytest.fixture
def shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of a problem with memory and its controllers."""
    import importlib

    monkeypatch.syspath_prepend(str(folder))
    module = importlib.import_module("comparing_shop")
    yield module
    sys.modules.pop("comparing_shop", None)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A session of headless Chromium."""
    yield from open_browser(tmp_path_factory)


@pytest.fixture
def browser(chromium: Any) -> Any:
    """Chromium on an empty page, of its own size, with nothing in its logs."""
    chromium.get("about:blank")
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    return chromium


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A problem of 4 devices and 3 frames."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def environment(folder: Path, tmp_path: Path) -> dict[str, str]:
    """Environment of a process that knows the test backends by name."""
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": paths, "QMECTK_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``qmectk`` in this process, in the folder of the test."""
    from qmectk_cli.main import main

    def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        texts = [str(argument) for argument in arguments]
        capfd.readouterr()
        code = main(texts)
        return subprocess.CompletedProcess(texts, code, *capfd.readouterr())

    return run


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``qmectk`` in a process of its own, in the folder of the test, where it knows the test backends by name."""

    def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qmectk_cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
            cwd=tmp_path,
        )

    return run
