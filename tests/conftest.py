"""Where several processes run the tests, compiled functions are compiled before the first test.

Numba keeps them on disk. Otherwise each process would compile what it needs at the same time as the others, and
whichever test comes first would take as long as that. And each process has one thread for its numerical libraries:
small networks train five times as long where several wait for each other.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import settings

# on a busy machine any example may take longer than hypothesis's 200 ms
settings.register_profile("qmectk", deadline=None)
settings.load_profile("qmectk")

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
