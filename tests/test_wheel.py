"""The wheel carries everything a user names: it is built, unpacked by pip and used from an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_everything_named_is_inside(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {path.name for path in (ROOT / "problems").glob("*.yaml")}
    assert shipped
    assert {Path(n).name for n in names if n.startswith("qmectk_problems/library/")} == shipped
    packages = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")} | {"qmectk", "qmectk_cli"}
    assert packages <= {n.split("/")[0] for n in names}
    assert "qmectk/py.typed" in names
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/", "docs/"))]


def test_it_solves_a_shipped_problem_from_an_empty_folder(wheel, tmp_path):
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site), "QMECTK_CACHE_DIR": str(tmp_path / "cache")}
    program = (
        "import qmectk, sys; assert qmectk.__file__.startswith(sys.argv.pop(1)); "
        "from qmectk_cli.main import main; main()"
    )
    arguments = ["solve", "problems/p1.yaml", "--backend", "greedy", "--frames", "2", "--no-reference", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", program, str(site), *arguments],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames"] == 2
    assert not list(empty.iterdir())
