"""A setup that does not end costs its limit a few times, says so, and is not waited for again and again."""

from __future__ import annotations

import qmectk
from qmectk.comparing import Watcher


class Notes(Watcher):
    """Keeps what is said once."""

    def __init__(self):
        self.sentences = []

    def noted(self, sentence):
        self.sentences.append(sentence)


def compared(backends, problem, watcher, **asked):
    limits = {"time_limit": 1.0, "grace": 0.5, "setup_limit": 1.0, "jobs": 1, "references": False}
    return qmectk.compare(problem, backends, watcher=watcher, **limits, **asked).frame


def test_a_first_solve_that_hangs_is_left_out_in_the_next_runs(small, bad):
    notes = Notes()
    frame = compared([bad.Cold, bad.Polite], small, notes, instances=12)
    assert (frame.loc[frame["backend"] == "polite", "status"] == "ok").all()
    cold = frame[frame["backend"] == "cold"].sort_values("frame")
    lost = cold[cold["status"] != "ok"]
    assert 1 <= len(lost) <= 4  # those that were under way when the first one was ended
    assert (lost["status"] == "timeout").all()
    assert lost["reason"].str.contains("unmeasured first solve did not end within 1 s, before its clock").all()
    assert len(notes.sentences) == 1
    assert "next runs go without" in notes.sentences[0]


def test_a_constructor_that_hangs_is_not_tried_for_every_run(small, bad):
    notes = Notes()
    frame = compared([bad.Stuck], small, notes, instances=40)
    assert (frame["status"] == "timeout").all()
    started = ~frame["reason"].str.startswith("not started: in another run its imports and preparations did not end")
    assert started.sum() <= 8
    assert ["next runs" in notes.sentences[0], "other runs are not started" in notes.sentences[1]] == [True, True]
