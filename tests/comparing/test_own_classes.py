"""Backend classes and instances of a script: run again when their code changed, and only then."""

from __future__ import annotations

import subprocess
import sys

import pytest

import qmectk
from qmectk.errors import InputError

FACTORY = """\
import sys
import numpy as np
import qmectk
from qmectk import Backend, Binary, Reply, Termination

def choice(n):
    return np.full(n, {helper}, np.int8)

def make(k):
    class Made(Backend):
        name, accepts = "made", (Binary,)
        def solve(self, view, budget, rng):
            return Reply(choice(view.n) * k, Termination.CONVERGED)
    return Made

if __name__ == "__main__":
    import comparing_backends as b

    problem = b.Toy(b.Toy.Params(problem="toy", frames=1))
    asked = {{"time_limit": 20, "store": "runs.db", "warm_up": False, "references": False}}
    for what, k in ((problem, 1), (problem, 0), (problem.instances()[0], 1)):
        result = qmectk.compare(what, make(k), **asked)
        print(result.frame["run_id"].iloc[0], result.frame["objective"].iloc[0])
"""


def run(folder, environment, command, helper=1):
    """What three studies of a new process say of one run each: a class, with another value in it, on an instance."""
    text = FACTORY.format(helper=helper)
    (folder / "script.py").write_text(text)
    given = {"args": [sys.executable, "script.py"]} if command == "file" else {"args": [sys.executable], "input": text}
    done = subprocess.run(**given, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [tuple(line.split()) for line in done.stdout.splitlines()]


def test_changed_code_is_run_and_the_same_code_is_not(tmp_path, environment):
    found = run(tmp_path, environment, "file")
    first, other, alone = found
    assert other[1] != first[1]
    assert alone[0] != first[0]
    assert run(tmp_path, environment, "stdin") == found
    assert run(tmp_path, environment, "file", helper=0)[0][1] == other[1]


@pytest.fixture
def like_exact(bad):
    class Taken(bad.Polite):
        name = "exact"

    return Taken


def test_a_class_called_like_a_registered_backend_is_refused(small, like_exact):
    for backends in ([like_exact, "cd"], {like_exact: None}, [{"backend": like_exact}]):
        with pytest.raises(InputError, match="a backend class is called 'exact' like a registered backend; give it"):
            qmectk.compare(small, backends, instances=1, time_limit=5)


def test_a_registered_class_is_what_its_name_is(small, tmp_path):
    from qmectk.plugins import registry

    asked = {"instances": 1, "time_limit": 5, "store": tmp_path / "runs.db"}
    by_class = qmectk.compare(small, registry().backend("cd"), **asked).frame
    assert qmectk.compare(small, "cd", **asked).frame.equals(by_class)


def test_a_class_without_a_name_is_refused(small, bad):
    class Nameless(qmectk.Backend):
        accepts = bad.Polite.accepts

        def solve(self, view, budget, rng):
            raise NotImplementedError

    with pytest.raises(InputError, match="has no name"):
        qmectk.compare(small, Nameless)
