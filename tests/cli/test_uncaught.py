"""Threads, destructors and callbacks of others: one sentence each, no traceback, and no wait for who never ends."""

from __future__ import annotations

import subprocess
import sys

COMMAND = """\
import atexit, sys, threading, time
from qmectk_cli.main import cli, main

class Left:
    def __init__(self, why):
        self.why = why

    def __del__(self):
        raise ValueError(self.why)

def half_read():
    try:
        yield 1
    finally:
        raise RuntimeError("was closed")

kept = []

@cli.command("leaving")
def leaving():
    for _ in range(100):
        Left("in the middle")
    kept.extend([Left("at the end"), half_read()])
    next(kept[1])
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    atexit.register(kept.index, "not there")
    threading.Thread(target=time.sleep, args=(600,), name="sleeper").start()
    print("answer")

sys.argv = ["qmectk", "leaving"]
sys.exit(main() or 7)
"""


def test_what_is_left_behind_is_one_sentence_each() -> None:
    done = subprocess.run([sys.executable, "-c", COMMAND], capture_output=True, text=True, timeout=300)
    assert done.stdout == "answer\n"
    said = done.stderr.splitlines()
    assert all(line.startswith("Warning: ") for line in said), done.stderr
    assert sum("'__main__' failed: ValueError: in the middle" in line for line in said) == 1
    assert sum("a thread of '__main__' failed: ZeroDivisionError" in line for line in said) == 1
    assert any("ValueError: 'not there' is not in list" in line for line in said)
    assert "Warning: threads that still ran were ended: sleeper" in said
    assert done.returncode == 0  # not the 7 of a process that ends by itself
