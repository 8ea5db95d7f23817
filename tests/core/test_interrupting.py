"""Ctrl-C where something must not be cut in half."""

from __future__ import annotations

import signal
import threading

import pytest

from qmectk.plugins import load
from qmectk.timing.interrupting import noticed, postponed, undisturbed


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_one_waits_and_the_second_does_not():
    with postponed() as stop:
        ctrl_c()
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_block_is_finished_first():
    reached = []

    def block() -> None:
        with undisturbed():
            ctrl_c()
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert reached == ["end"]


def test_an_outer_block_that_waits_is_told_by_an_inner_one():
    with postponed() as outer:
        with undisturbed():
            ctrl_c()
        assert outer.requested
        with pytest.raises(KeyboardInterrupt):
            outer.check()


def test_it_is_known_when_the_code_made_something_else_of_it():
    with noticed() as stop:
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            stop.check()


def test_an_outer_block_decides_and_both_know():
    with postponed() as outer:
        with noticed() as inner:
            ctrl_c()
        assert inner.requested
        assert outer.requested


def test_a_handler_of_the_program_stays():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with postponed() as stop, noticed():
            ctrl_c()
        assert heard == [signal.SIGINT]
        assert not stop.requested
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_are_left_alone():
    seen = []

    def work() -> None:
        with postponed() as stop:
            seen.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_an_interrupted_import_is_no_broken_plugin():
    class Point:
        name, value, dist = "fragile", "fragile:plugin", None

        def load(self):
            try:
                ctrl_c()
            except KeyboardInterrupt:
                raise ImportError("initialization failed") from None
            return object()

    with pytest.raises(KeyboardInterrupt):
        load([Point()])
