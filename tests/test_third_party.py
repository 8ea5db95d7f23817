"""A backend in a distribution of its own, installed with pip into an environment of its own, works like ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "third_party_backend"


def call(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python from an empty folder, untouched by this process's settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "PIP_"))}
    return subprocess.run(
        [str(python), *arguments], cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=300
    )


def qmectk(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command line; its script is installed in the environment of the tests, not in this one."""
    start = f"import sys; from qmectk_cli.main import main; sys.exit(main({list(arguments)!r}))"
    return call(python, "-c", start, cwd=cwd)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that sees the tests' qmectk, with the example installed by pip."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")  # it finds the pip of the tests' environment
    made = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    folder = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    # addsitedir, not a plain path: an editable qmectk is itself a .pth file over there
    lines = [f"import site; site.addsitedir({path!r})" for path in (sysconfig.get_path("purelib"),)]
    (Path(folder) / "tests-environment.pth").write_text("\n".join(lines) + "\n")
    source = tmp_path_factory.mktemp("source") / "qmectk-tabu"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", str(source)]
    done = call(made, *install, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_it_is_installed_there(python: Path, tmp_path: Path) -> None:
    done = call(python, "-c", "import qmectk_tabu; print(qmectk_tabu.__file__)", cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1]), done.stderr


def test_it_is_listed(python: Path, tmp_path: Path) -> None:
    done = qmectk(python, "backends", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = {backend["name"]: backend for backend in json.loads(done.stdout)["backends"]}
    assert listed["tabu-walk"]["distribution"] == "qmectk-tabu"
    assert "never claims a bound" in listed["tabu-walk"]["summary"]
    assert "cd" in listed


def test_it_solves_p1(python: Path, tmp_path: Path) -> None:
    arguments = ["solve", "p1", "--backend", "tabu-walk", "--frames", "2", "-o", "tenure=2", "--json"]
    done = qmectk(python, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["backend"] == "tabu-walk"
    assert answer["frames"] == 2
    assert 0.9 < answer["mean_ratio"] <= 1 + 1e-9
    assert answer["violation"] <= 1e-6
    misspelt = qmectk(python, *arguments[:-2], "tenur=2", "--json", cwd=tmp_path)
    assert misspelt.returncode == 2
    assert "'tenure'" in misspelt.stderr + misspelt.stdout


def test_it_keeps_the_contract(python: Path, tmp_path: Path) -> None:
    tests = tmp_path / "test_conformance.py"
    shutil.copy(EXAMPLE / "tests" / "test_conformance.py", tests)
    done = call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_neighbour_harms_nothing(python: Path, tmp_path: Path) -> None:
    """Break the installed plugin: it is listed with its reason, and everything else works."""
    (module,) = python.parents[1].rglob("qmectk_tabu/__init__.py")
    text = module.read_text()
    try:
        module.write_text("import sys\nsys.exit('no licence for tabu')\n")
        listed = qmectk(python, "backends", "--json", cwd=tmp_path)
        assert listed.returncode == 0, listed.stderr
        broken = {plugin["name"]: plugin["reason"] for plugin in json.loads(listed.stdout)["broken"]}
        assert "no licence for tabu" in broken["tabu"]
        solved = qmectk(python, "solve", "p1", "--backend", "cd", "--frames", "1", "--json", cwd=tmp_path)
        assert solved.returncode == 0, solved.stderr
    finally:
        module.write_text(text)
