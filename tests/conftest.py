"""Where several processes run the tests, compiled functions are compiled before the first test.

Numba keeps them on disk. Otherwise each process would compile what it needs at the same time as the others, and
whichever test comes first would take as long as that. And each process has one thread for its numerical libraries:
small networks train five times as long where several wait for each other. Ctrl-C means what it means in a terminal,
also where the tests run in the background, which shells start with SIGINT ignored.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import settings

# on a busy machine any example may take longer than hypothesis's 200 ms
settings.register_profile("qmectk", deadline=None)
settings.load_profile("qmectk")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: One script for each group of compiled functions: seconds to half a minute in a new checkout, a second afterwards.
SCRIPTS = (
    "import qmectk; qmectk.solve(qmectk.load('p1', frames=2))",
    "import qmectk; qmectk.simulate('drift', slots=3)",
    "import qmectk; qmectk.solve(qmectk.load('attention', frames=2), 'lowrank-exact')",
)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if not getattr(session.config.option, "numprocesses", None):  # neither several processes, nor the first of them
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes of two threads on two cores wait for each other
    running = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", script]) for script in SCRIPTS]
    for one in running:
        one.wait()  # what goes wrong here goes wrong in the tests, too, and is told there


@pytest.fixture
def interrupted() -> Callable[..., tuple[int, str]]:
    """Runs a command, presses Ctrl-C in its group when it has so many processes, and returns its code and stderr."""

    def run(command: Sequence[object], children: int, wait: float, **where: Any) -> tuple[int, str]:
        with subprocess.Popen(
            [str(word) for word in command], stderr=subprocess.PIPE, text=True, start_new_session=True, **where
        ) as process:
            try:
                watched, limit = psutil.Process(process.pid), time.monotonic() + 60
                while len(watched.children(recursive=True)) < children and process.poll() is None:
                    assert time.monotonic() < limit
                time.sleep(wait)
                os.killpg(process.pid, signal.SIGINT)
                _, said = process.communicate(timeout=60)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, said

    return run


@pytest.fixture
def typeset(tmp_path: Path) -> Callable[..., str]:
    """Sets the body of a document in the test's folder, with these packages, and returns LaTeX's log.

    Fonts are Latin Modern's: without them some installations of TeX make bitmaps, for minutes. The encoding stays
    LaTeX's own.
    """
    if shutil.which("pdflatex") is None:
        pytest.skip("there is no pdflatex")

    def run(body: str, *packages: str) -> str:
        lines = [r"\documentclass{article}", rf"\usepackage{{{','.join(['lmodern', *packages])}}}", r"\begin{document}"]
        (tmp_path / "all.tex").write_text("\n".join([*lines, body, r"\end{document}"]), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
        return (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")

    return run
