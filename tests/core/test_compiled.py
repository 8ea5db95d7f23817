"""The disk cache of compiled functions: kept from process to process, renewed when any file of the group changes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from qmectk.compiling import compiled
from qmectk.compiling.compiled import COMPILING, SourceGroup
from qmectk.timing.deadline import Expired, limited

CALLEE = """\
from qmectk.compiling.compiled import SourceGroup

group = SourceGroup(__file__{names})


@group.inner
def step(x):
    return x + {by}


@group.merged
def twice(x):
    return 2.0 * x
"""

CALLER = """\
from callee import group, step, twice


@group.compiled
def walk(x):
    return twice(step(x))
"""

WALK = "import caller; print(caller.walk(1.0), sum(caller.walk.stats.cache_hits.values()))"


def write(folder: Path, *, by: float = 1.0, names: str = "") -> None:
    (folder / "callee.py").write_text(CALLEE.format(by=by, names=names))
    (folder / "caller.py").write_text(CALLER)


Load = Callable[[Path], Any]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """`walk` as a new process would see it: modules executed anew, nothing but the disk in common."""
    # Python knows its own cache by seconds and size only, which two writes within a second can share
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def loaded(folder: Path) -> Any:
        for name in ("callee", "caller"):
            spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            monkeypatch.setitem(sys.modules, name, module)
            spec.loader.exec_module(module)
        return sys.modules["caller"].walk

    return loaded


def counts(function: Any) -> tuple[int, int]:
    """How often the code came from the disk, and how often it was compiled."""
    return sum(function.stats.cache_hits.values()), sum(function.stats.cache_misses.values())


def test_compiled_once_and_renewed_when_a_callee_s_file_changes(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    first = load(tmp_path)
    assert first(1.0) == 4.0
    assert counts(first) == (0, 1)
    again = load(tmp_path)
    assert again(1.0) == 4.0
    assert counts(again) == (1, 0)
    write(tmp_path, by=2.5)
    changed = load(tmp_path)
    assert changed(1.0) == 7.0
    assert counts(changed) == (0, 1)


def test_another_process_takes_the_code_from_the_disk(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    assert load(tmp_path)(1.0) == 4.0
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", WALK], env=environment, capture_output=True, text=True)
    assert not done.stderr
    assert done.stdout.split() == ["4.0", "1"]


RUNTIME = """\
import numpy as np
from qmectk.compiling.compiled import SourceGroup


@SourceGroup(__file__).compiled
def mixed(word, x):
    made = np.sort(np.append(x, 2.0))
    return hash(word), made @ made, np.cbrt(np.linalg.norm(made))
"""

MIXED = """\
import sys
import numpy as np
from runtime import mixed

hashed, square, root = mixed("word", np.array([1.0]))
assert hashed == hash("word"), "the secret of another process"
assert (square, root) == (5.0, np.cbrt(5.0**0.5))
print(sum(mixed.stats.cache_hits.values()), "numba.np.npyimpl" in sys.modules)
"""


def test_what_is_on_the_disk_runs_without_all_that_numba_compiles_with(tmp_path: Path) -> None:
    """Hashes, allocations and calls of BLAS and LAPACK need symbols that are there only after an import."""
    (tmp_path / "runtime.py").write_text(RUNTIME)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    for seed, said in ("1", ["0", "True"]), ("2", ["1", "False"]):
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", MIXED], env=environment, capture_output=True, text=True)
        assert not done.stderr
        assert done.stdout.split() == said


def test_under_a_time_limit_another_process_compiles(
    tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path)
    walk = load(tmp_path)
    assert limited(600.0, lambda: walk(1.0)) == 4.0
    assert counts(walk) == (1, 1)  # it was not there, and then it was


def test_a_function_of_somebody_else_is_compiled_under_a_time_limit_too(tmp_path: Path, load: Load) -> None:
    """After one of ours came from the disk, numba compiles what is not ours where it is called."""
    write(tmp_path)
    load(tmp_path)(1.0)
    walk, other = load(tmp_path), numba.njit(lambda x: x + 1.0)
    assert limited(600.0, lambda: (walk(1.0), other(1.0))) == (4.0, 2.0)


def test_what_is_compiled_when_the_time_is_up_is_there_later(
    tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path)
    walk = load(tmp_path)
    monkeypatch.setattr(compiled, "_others", {})
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "running", lambda: True)
        patch.setattr(compiled, "overdue", lambda: True)
        for _ in range(2):
            with pytest.raises(Expired) as ended:
                walk(1.0)
            assert ended.value.meanwhile == COMPILING
    (other,) = compiled._others.values()  # the second time the same one was waited for
    assert other.wait(600.0) == 0
    assert walk(1.0) == 4.0
    assert counts(walk)[0] == 1


def test_what_another_process_cannot_compile_is_compiled_here(
    tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)  # it does not find the folder
    walk = load(tmp_path)
    assert limited(600.0, lambda: walk(1.0)) == 4.0
    assert counts(walk)[0] == 0


def test_only_files_of_the_group_count(tmp_path: Path, load: Load) -> None:
    write(tmp_path, names=", 'caller.py'")
    load(tmp_path)(1.0)
    (tmp_path / "neighbour.py").write_text("")
    named = load(tmp_path)
    named(1.0)
    assert counts(named) == (1, 0)
    whole = SourceGroup(str(tmp_path / "callee.py"))
    assert [name for name, *_ in whole.stamp] == ["callee.py", "caller.py", "neighbour.py", "compiled.py"]
    with pytest.raises(FileNotFoundError):
        SourceGroup(str(tmp_path / "callee.py"), "missing.py")


def test_numbers_are_numpy_s_and_in_the_order_written() -> None:
    group = SourceGroup(__file__, Path(__file__).name)

    @group.compiled
    def quotient(a: float, b: float) -> float:
        return a / b

    @group.compiled
    def cancelled(a: float, b: float) -> float:
        return (a + b) - b

    assert quotient(1.0, 0.0) == np.inf
    assert np.isnan(quotient(0.0, 0.0))
    assert cancelled(1.0, 1e16) == (1.0 + 1e16) - 1e16 == 0.0


def test_the_core_is_imported_without_numba() -> None:
    code = (
        "import sys, qmectk, qmectk.plugins; print('numba' in sys.modules, 'qmectk.compiling.compiled' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_numba_compiles_is_charged_to_budgets() -> None:
    import numba

    from qmectk import Budget

    reported: list[str] = []
    budget = Budget(report=lambda label, done, total: reported.append(label))
    part = budget.share(2)
    callee = numba.njit(lambda x: x + 1.0)
    caller = numba.njit(lambda x: callee(x) * callee(2.0 * x))
    assert caller(1.0) == 6.0
    spent = budget.compilation_seconds
    assert 0.0 < spent == part.compilation_seconds <= budget.elapsed
    assert reported == ["compiling, once on this machine"]  # once, though two functions were compiled
    assert caller(2.0) == 15.0
    assert budget.compilation_seconds == spent


def test_an_interrupted_report_leaves_the_charge_in_order() -> None:
    """Ctrl-C ends the compilation; the next one is charged again."""
    import numba

    from qmectk import Budget

    def interrupted(label: str, done: float, total: float | None) -> None:
        raise KeyboardInterrupt

    budget = Budget(report=interrupted)
    function = numba.njit(lambda x: x + 3.0)
    with pytest.raises(KeyboardInterrupt):
        function(1.0)
    spent = budget.compilation_seconds
    reported: list[str] = []
    budget.report = lambda label, done, total: reported.append(label)
    assert numba.njit(lambda x: x + 4.0)(1.0) == 5.0
    assert reported == ["compiling, once on this machine"]
    assert budget.compilation_seconds > spent


def test_an_interruption_waits_until_a_function_is_compiled() -> None:
    """In the middle of it LLVM may forget it, or crash."""
    import signal

    from numba.core import event

    group, asked = SourceGroup(__file__), []

    class CtrlC(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            if not asked:
                asked.append(signal.raise_signal(signal.SIGINT))

        def on_end(self, event: Any) -> None:
            pass

    def half(x: float) -> float:
        return 0.5 * x

    compiled = group.compiled(half)
    # fires both where it is compiled and where it is read from disk
    with event.install_listener("numba:compiler_lock", CtrlC()), pytest.raises(KeyboardInterrupt):
        compiled(3.0)
    assert asked == [None]
    assert len(compiled.signatures) == 1  # it was finished
    assert compiled(3.0) == 1.5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
