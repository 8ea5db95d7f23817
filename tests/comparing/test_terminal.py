"""A study on a real terminal: bars while it runs, and Ctrl-C, which reaches the workers too."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
import time

import psutil
import pytest

from qmectk.comparing.storage.store import Store

TOY = "problem: toy\nframes: 400\n"


class Terminal:
    """A process whose standard streams are a terminal, of which it is the session's leader."""

    def __init__(self, command, **settings):
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

        def lead() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, preexec_fn=lead, **settings
        )
        os.close(slave)
        self._seen = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how a terminal ends
            while chunk := os.read(self._master, 65536):
                self._seen += chunk

    def type(self, text: bytes) -> None:
        os.write(self._master, text)

    def text(self) -> str:
        """All that was drawn, without the escape sequences that move the cursor and set colours."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._seen.decode(errors="replace"))

    def wait_for(self, condition, seconds: float = 60.0) -> None:
        limit = time.monotonic() + seconds
        while not condition() and self.process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        assert condition(), self.text()[-2000:]

    def end(self, seconds: float = 60.0) -> int:
        code = self.process.wait(seconds)
        self._reader.join(5.0)
        return code


@pytest.fixture
def terminal(environment, tmp_path):
    started = []
    (tmp_path / "many.yaml").write_text(TOY)

    def start(*arguments):
        command = [sys.executable, "-m", "qmectk_cli.main", "compare", "many.yaml", *arguments]
        started.append(Terminal(command, env={**environment, "TERM": "xterm-256color"}, cwd=tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_bars_show_what_runs_and_what_fails(terminal, tmp_path):
    seen = terminal("-b", "slow", "-b", "bad", "--instances", "15", "--store", "runs.db", "--no-reference")
    seen.wait_for(lambda: re.search(r"slow.*\b([1-9]|1[0-4])/15", seen.text()))
    seen.wait_for(lambda: re.search(r"bad.*\d+ failed", seen.text()))
    assert seen.end() == 0, seen.text()[-2000:]
    text = seen.text()
    assert re.search(r"slow.*15/15", text)
    assert re.search(r"bad.*15 failed", text)
    assert "Traceback" not in text
    again = terminal("-b", "slow", "-b", "bad", "--instances", "15", "--store", "runs.db", "--no-reference")
    assert again.end() == 0
    assert "15 stored" in again.text()


def test_control_c_on_a_terminal_is_for_the_study_and_not_for_its_workers(terminal, tmp_path):
    seen = terminal("-b", "slow", "--instances", "400", "-j", "2", "--store", "runs.db", "--no-reference")
    seen.wait_for(lambda: re.search(r"slow.*\b[3-9][0-9]/400", seen.text()))
    everybody = [psutil.Process(seen.process.pid), *psutil.Process(seen.process.pid).children(recursive=True)]
    assert len(everybody) >= 3
    seen.type(b"\x03")
    assert seen.end(30.0) == 130, seen.text()[-2000:]
    text = seen.text()
    with Store(tmp_path / "runs.db") as store:
        stored = store.count()
        assert not store.rows("status != 'ok'")  # what was in flight is dropped, not a failure
    assert f"Interrupted: {stored} of 400 runs are stored in runs.db; the same command goes on from there" in " ".join(
        text.split()
    )
    assert 30 <= stored < 400
    assert "Traceback" not in text
    gone, alive = psutil.wait_procs(everybody, timeout=10)
    assert not alive
    assert gone


@pytest.mark.parametrize(("children", "wait"), [(1, 0.0), (2, 0.0), (2, 0.01), (2, 0.03), (3, 0.0)])
def test_control_c_while_the_workers_start_is_one_sentence(environment, tmp_path, interrupted, children, wait):
    (tmp_path / "many.yaml").write_text(TOY)
    command = [sys.executable, "-m", "qmectk_cli.main", "compare", "many.yaml", "-b", "slow", "--no-reference"]
    code, said = interrupted([*command, "--store", "runs.db"], children, wait, env=environment, cwd=tmp_path)
    assert code == 130
    assert re.fullmatch(r"Interrupted: .*\n", said), said
