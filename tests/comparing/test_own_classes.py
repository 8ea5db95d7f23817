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
    problem = qmectk.load("p1", devices=3, frames=1, training_frames=0)
    result = qmectk.compare(
        problem.instances()[0] if {alone} else problem, make({k}), time_limit=20, store="runs.db", warm_up=False,
        references=False
    )
    print(result.frame["run_id"].iloc[0], result.frame["objective"].iloc[0])
"""


def run(folder, command, **values):
    text = FACTORY.format(**{"helper": 1, "k": 1, "alone": False, **values})
    (folder / "script.py").write_text(text)
    given = {"args": [sys.executable, "script.py"]} if command == "file" else {"args": [sys.executable], "input": text}
    done = subprocess.run(**given, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return tuple(done.stdout.split())


def test_changed_code_is_run_and_the_same_code_is_not(tmp_path):
    first = run(tmp_path, "file")
    assert run(tmp_path, "file") == first
    assert run(tmp_path, "stdin") == first
    other = run(tmp_path, "file", k=0)
    assert other[1] != first[1]
    assert run(tmp_path, "file", helper=0)[1] == other[1]
    alone = run(tmp_path, "stdin", alone=True)
    assert alone == run(tmp_path, "stdin", alone=True)
    assert alone[0] != first[0]


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
