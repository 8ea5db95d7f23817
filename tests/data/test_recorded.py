"""Gains and tasks of slots that files record, in the families with servers and clouds."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse
from qmectk.errors import InputError

ROWS, USERS, SERVERS = 9, 3, 2


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    gains = rng.uniform(4.0, 8.0, (ROWS, USERS, SERVERS))
    np.save(tmp_path / "links.npy", gains)
    np.savetxt(tmp_path / "links.csv", gains.reshape(ROWS, -1), delimiter=",")
    np.savetxt(tmp_path / "sizes.csv", rng.uniform(100, 900, (ROWS, USERS)), delimiter=";")
    levels = rng.uniform(-110, -70, (ROWS, USERS))
    levels[1, 0] = -np.inf
    (tmp_path / "air.csv").write_text("\n".join(",".join(map(str, row)) for row in levels))
    np.savez(tmp_path / "whole.npz", scale=np.full((ROWS, USERS), 4.5), other=np.zeros(3))
    return tmp_path


def test_links_and_tasks_of_meqc(folder):
    text = "{problem: meqc, training_frames: 4, channel: {path: FILE}, arrivals: {path: sizes.csv, unit: MB}}"
    problem = parse(text.replace("FILE", "links.npy"), folder=folder)
    assert (problem.params.users, problem.params.servers, problem.params.frames) == (USERS, SERVERS, 5)
    gains, sizes = np.load(folder / "links.npy"), 1e6 * np.loadtxt(folder / "sizes.csv", delimiter=";")
    for t, one in enumerate(problem.instances()):
        assert np.array_equal(one.drawn.gain, gains[4 + t])
        assert np.array_equal(one.drawn.size, sizes[4 + t])
    other = parse("{problem: meqc, users: 3, servers: 2, training_frames: 4}")
    assert np.array_equal(one.drawn.qubits, other.with_frames(5).frame(4).drawn.qubits)  # what is drawn stays
    copies = problem.copies(6, np.random.default_rng(0))
    rows = [np.flatnonzero((gains == gain).all(axis=(1, 2))) for gain in copies.slots.drawn.gain]
    assert {int(row[0]) for row in rows} <= set(range(4))  # learners see the rows before those that are judged
    flat = parse(text.replace("FILE", "links.csv, skip: 0"), folder=folder)
    assert flat.params.servers == SERVERS
    assert flat.fingerprint() != parse("{problem: meqc, users: 3, servers: 2, training_frames: 4}").fingerprint()


def test_channels_and_tasks_of_meqc_ye(folder):
    text = "{problem: meqc-ye, channel: {path: air.csv, unit: dB, skip: 0}, arrivals: {path: sizes.csv, unit: kB}}"
    problem = parse(text, folder=folder)
    assert (problem.params.devices, problem.params.frames) == (USERS, ROWS)
    outage = problem.frame(1)
    exact = qmectk.solve(outage, "exact", reference=False)
    assert exact.objective == pytest.approx(qmectk.solve(outage, "exhaustive", reference=False).objective, rel=1e-9)
    assert exact.values["offload"][0] == 0  # a device in outage sends nothing
    seen, process = [], problem.process()
    state = process.reset(np.random.default_rng(0))
    for t in range(ROWS + 1):
        seen.append(state.arrivals.gain)
        state, _ = process.advance(state, process.idle(process.instance(state)), np.random.default_rng(t))
    assert np.array_equal(seen[ROWS], seen[0])
    assert not np.array_equal(seen[1], seen[0])
    with pytest.raises(InputError, match="no recorded rows to train on"):
        problem.copies(2, np.random.default_rng(0))
    taught = parse(text.replace("{problem", "{training_frames: 3, problem"), folder=folder)
    copies = taught.copies(4, np.random.default_rng(0))
    for _ in range(4):
        assert np.array_equal(copies.world.arrivals.gain, taught.params.rows.of("gain")[copies.world.slot % 3])
        copies.step(qmectk.Decision(np.zeros((4, USERS), np.int64), np.zeros((4, USERS))), np.random.default_rng(1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("meqc, channel: {path: links.csv}", "6 columns, one a link; state 'users' or 'servers'"),
        ("meqc, users: 4, channel: {path: links.csv}", "6 columns, which 4 users do not divide"),
        ("meqc, users: 4, channel: {path: links.npy}", r"must be \(slots, 4, servers\)"),
        ("meqc, users: 2, arrivals: {path: sizes.csv}", r"must be \(slots, 2\)"),
        (
            "meqc, frames: 10, arrivals: {path: sizes.csv}",
            "9 rows are recorded, and training_frames . frames asks for 10",
        ),
        ("meqc, recorded: {path: whole.npz}", "4.5 scale in row 0, .* whole numbers"),
        ("meqc, recorded: {path: links.npy}", "an .npz or .mat file"),
        ("drift, recorded: {path: whole.npz}", "holds none of gain, arrivals, backlog, virtual"),
        ("meqc-ye, devices: 5, arrivals: {path: sizes.csv}", r"must be \(slots, 5\)"),
    ],
)
def test_what_is_refused(folder, text, message):
    with pytest.raises(InputError, match=message):
        parse(f"{{problem: {text}}}", folder=folder)
