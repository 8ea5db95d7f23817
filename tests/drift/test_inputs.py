"""Arrivals and gains from files, and means that change: the process, the bound, the copies and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk.documents import load, parse
from qmectk.errors import InputError

ROWS, DEVICES, SERVERS = 12, 3, 2
HEAD = "problem: drift\ndevices: 3\nservers: 2\nweights: {throughput: 0, power: 1}\ntarget: null\n"


@pytest.fixture
def recorded(tmp_path):
    """A problem over files, and what they hold."""
    rng = np.random.default_rng(0)
    arrivals = rng.integers(0, 9, (ROWS, DEVICES)).astype(float)
    gains = rng.exponential(1e-7, (ROWS, DEVICES, SERVERS))
    text = "\n".join(",".join(f"{x:g}" for x in row) for row in arrivals)
    (tmp_path / "tasks.csv").write_text("d1,d2,d3\n" + text)
    np.save(tmp_path / "gains.npy", gains)
    file = tmp_path / "trace.yaml"
    file.write_text(HEAD + "arrivals: {path: tasks.csv}\nchannel: {path: gains.npy}\ntraining_frames: 4\n")
    return file, arrivals, gains


def test_a_simulation_sees_the_judged_rows_and_begins_them_again(recorded):
    file, arrivals, gains = recorded
    process = load(file).process()
    seen, came = process.path(3, 2 * (ROWS - 4))
    assert np.array_equal(came, np.tile(arrivals[4:], (2, 1)))
    assert np.array_equal(seen, np.tile(gains[4:], (2, 1, 1)))
    assert process.targets.sum() == 0
    assert load(file).params.mean_arrivals == pytest.approx(arrivals[4:].mean(axis=0))
    run = qmectk.simulate(load(file), slots=ROWS - 4, horizon=True)
    assert run.records["arrived"] == pytest.approx(arrivals[4:].sum(axis=1))
    assert run.horizon["slots"] > 0


def test_learners_see_the_rows_before_them(recorded):
    file, arrivals, gains = recorded
    rng = np.random.default_rng(1)
    copies = load(file).copies(5, rng)
    for _ in range(6):
        copies.scatter(rng, rng.random(5) < 0.3)
        for i, slot in enumerate(copies.slot % 4):
            assert np.array_equal(copies.gain[i], gains[slot])
        slots = copies.slot % 4
        before = copies.backlog.copy()
        copies.step(copies.decisions.spreading(np.zeros((5, DEVICES, SERVERS))), rng)
        assert copies.backlog - before == pytest.approx(arrivals[slots])


def test_frames_are_the_rows_from_the_first(recorded):
    file, _, gains = recorded
    process = load(file).process()
    for k, one in enumerate(load(file).with_frames(3).instances()):
        assert np.array_equal(one.rate, process.rates(gains[4 + k]))


def test_columns_of_a_table_are_links_in_order(recorded, tmp_path):
    _, _, gains = recorded
    rows = "\n".join(";".join(f"{10 * np.log10(x):.9f}" for x in row) for row in gains.reshape(ROWS, -1))
    (tmp_path / "gains.csv").write_text(rows)
    (tmp_path / "b.yaml").write_text(HEAD + "channel: {path: gains.csv, unit: dB, skip: 0}\n")
    assert load(tmp_path / "b.yaml").params.rows.of("gain") == pytest.approx(gains, rel=1e-6)


def test_content_decides_the_fingerprint(recorded, tmp_path):
    file, arrivals, _ = recorded
    before = load(file).fingerprint()
    other = np.array(arrivals)
    other[0, 0] += 1.0
    np.savetxt(tmp_path / "tasks.csv", other, delimiter=",", header="d1,d2,d3", comments="", fmt="%g")
    assert load(file).fingerprint() != before
    np.savetxt(tmp_path / "tasks.csv", arrivals, delimiter=",", header="a,b,c", comments="", fmt="%g")
    assert load(file).fingerprint() == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("arrivals: {path: none.csv}", "none.csv"),
        ("arrivals: {path: gains.npy}", "must be .slots, 3"),
        ("arrivals: {path: tasks.csv, columns: [1, 2]}", r"shape \(12, 2\); it must be \(slots, 3\)"),
        ("arrivals: {path: tasks.csv}\ntraining_frames: 12", "12 rows are recorded, and the first 12 are for learners"),
        ("arrivals: {path: short.csv}\nchannel: {path: gains.npy}", "5 and 12 rows; both are of the same slots"),
        ("arrivals: {path: negative.csv}", "-1 arrivals in line 2"),
        ("channel: {path: tasks.csv}", "3 columns, and 3 devices with 2 servers have 6 links"),
        ("arrivals: {rate: 5}", "arrivals"),
        ("dynamics: {arrivals: {swing: 1.5}}", "swing"),
        ("dynamics: {gain: {swing: 1, period: 0}}", "period"),
    ],
)
def test_what_is_refused(recorded, tmp_path, line, message):
    (tmp_path / "short.csv").write_text("\n".join(["a,b,c"] + ["1,2,3"] * 5))
    (tmp_path / "negative.csv").write_text("a,b,c\n1,-1,3\n1,2,3")
    (tmp_path / "b.yaml").write_text(HEAD + line)
    with pytest.raises(InputError, match=message):
        load(tmp_path / "b.yaml")


def test_learners_want_rows_of_their_own(recorded, tmp_path):
    (tmp_path / "b.yaml").write_text(HEAD + "arrivals: {path: tasks.csv}\n")
    with pytest.raises(InputError, match="no recorded rows to train on"):
        load(tmp_path / "b.yaml").copies(2, np.random.default_rng(0))


SWINGS = "dynamics: {arrivals: {swing: 0.5, period: 40}, gain: {swing: 0.7, period: 60, phase: 0.25}}"


def test_means_swing_as_declared():
    problem = parse(f"{{problem: drift, devices: 200, servers: 5, {SWINGS}}}")
    gains, arrived = problem.process().path(0, 60)
    t = np.arange(60)
    assert arrived.mean(axis=1) == pytest.approx(5 * (1 + 0.5 * np.sin(2 * np.pi * t / 40)), abs=0.9)
    expected = 1e-7 * np.exp(0.7 * np.sin(2 * np.pi * (t / 60 + 0.25)))
    assert gains.mean(axis=(1, 2)) == pytest.approx(expected, rel=0.2)
    copies = problem.copies(30, np.random.default_rng(0))
    assert not copies.slot.any()
    copies.scatter(np.random.default_rng(1))
    assert len(set(copies.slot % 60)) > 10  # learners meet all times of the day
    late = copies.gain.mean(axis=(1, 2))[np.argsort(copies.slot % 60)]
    assert late[:5].mean() > late[-15:-5].mean()


def test_one_copy_draws_what_the_process_draws_while_means_change():
    problem = parse(f"{{problem: drift, devices: 4, servers: 2, {SWINGS}}}")
    process, copies = problem.process(), problem.copies(1, np.random.default_rng(3))
    state = process.reset(np.random.default_rng(3))
    copies.gain[0] = state.gain
    copies._forget()
    for slot in range(30):
        decision = copies.decisions.random(np.random.default_rng([4, slot]))
        values = process.instance(state).point(copies.slots.fit(decision.share)[0])
        state, _ = process.advance(state, values, np.random.default_rng([5, slot]))
        copies.step(decision, np.random.default_rng([5, slot]))
        assert np.allclose(copies.backlog[0], state.backlog)
        assert np.array_equal(copies.gain[0], state.gain)
    assert copies.slot[0] == state.slot == 30


def test_varied_copies_have_loads_and_channels_of_their_own():
    rng = np.random.default_rng(0)
    copies = parse("{problem: drift, devices: 200, servers: 3}").copies(8, rng)
    copies.vary(rng)
    before = copies.backlog.copy()
    copies.step(copies.decisions.spreading(np.zeros((8, 200, 3))), rng)
    assert (copies.backlog - before).mean(axis=1) == pytest.approx(5 * copies.load_factor, rel=0.2)
    assert copies.gain.mean(axis=(1, 2)) == pytest.approx(1e-7 * copies.gain_factor, rel=0.25)
    assert copies.load_factor.min() >= 0.4
    assert copies.load_factor.max() <= 1.5
