"""The problem family: sources, variants, readings, and the way through ``qmectk.solve``."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

import qmectk
from qmectk.documents import parse
from qmectk.errors import InputError, Refused
from qmectk.lowerings.penalty import MUCH_MEMORY, PEAK_BYTES, Penalise, PenaltyOptions, couplings
from qmectk.readings.quadratic import read_quadratic

VARIANTS = {
    "published": "",
    "salient": "variant: salient\n",
    "concave": "variant: concave\nl1: 16\n",
    "residual": "variant: residual\nl1: 77\n",
    "general": "variant: general\nalpha: 0.5\ntarget: sum\nlinear: -0.1\n",
}


def problem(extra="", n=9, d=2, k=3, kind="abs-normal", frames=1):
    text = f"problem: attention\nframes: {frames}\nk: {k}\nblocks: {{kind: {kind}, n: {n}, d: {d}}}\n{extra}"
    return parse(text)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("d", [1, 2])
def test_readings_agree(variant, d):
    one = problem(VARIANTS[variant], d=d).instances()[0]
    masks = np.array(list(itertools.product((0, 1), repeat=one.n)), dtype=np.int8)
    view, quadratic = one.factored().view, read_quadratic(one)
    factored = np.array([view.objective(value) for value in view.value(masks)])
    scores = one.binary().view.score(masks)
    for mask, value, score in zip(masks[::7], factored[::7], scores[::7], strict=True):
        measured = one.measure({"x": mask.astype(float)})
        if variant == "salient" and mask.sum() != 3:
            assert measured.violation > 0.0
            assert score == -np.inf
            continue
        assert measured.violation == 0.0
        assert value == pytest.approx(measured.objective, rel=1e-12, abs=1e-12)
        assert quadratic.objective.value(mask.astype(float))[0] == pytest.approx(value, rel=1e-12, abs=1e-12)
        assert one.sense * score == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "salient"])
def test_effects_are_known_without_scores(variant):
    view = problem(VARIANTS[variant], d=2).instances()[0].binary().view
    np.testing.assert_allclose(view.effects(), super(type(view), view).effects(), rtol=1e-12, atol=1e-12)


def test_an_exact_cardinality_leaves_effects_an_order():
    view = problem(VARIANTS["salient"], d=2).instances()[0].binary().view
    assert len(set(view.effects())) == view.n


def test_the_published_energy_written_out():
    one = problem(d=1).instances()[0]
    b, x = one.rows[0], np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], dtype=float)
    dense = x @ np.outer(b, b) @ x + (x.sum() - 3) ** 2 + (x[:-1] * x[1:]).sum()
    assert one.measure({"x": x}).objective == pytest.approx(dense, rel=1e-13)


@pytest.mark.parametrize("variant", VARIANTS)
def test_exact_equals_exhaustive(variant):
    made = problem(VARIANTS[variant], n=11, d=2, k=4, frames=3)
    exact = qmectk.solve(made, backend="lowrank-exact")
    every = qmectk.solve(made, backend="exhaustive")
    assert exact.quality == "optimal"
    assert exact.objective == pytest.approx(every.objective, rel=1e-9)
    sampled = qmectk.solve(made, backend="lowrank", reference=False)
    assert sampled.objective == pytest.approx(every.objective, rel=1e-9)


def test_default_file_is_proved():
    solution = qmectk.solve("attention", backend="exact")
    assert solution.quality == "optimal"
    assert solution.termination == "proved"
    assert solution.info["via"] == "lowrank-exact"
    assert solution.certificate is not None
    assert solution.gap is not None
    assert solution.gap <= 1e-8
    assert len(solution.values["x"]) == 4096


def test_annealer_repeats_and_claims_what_it_measures():
    made = problem(n=400, d=3, k=30, kind="signed", frames=2)
    runs = [
        qmectk.solve(made, backend="lowrank", seed=seed, options={"threads": threads, "sweeps": 50}, reference=False)
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    ]
    np.testing.assert_array_equal(runs[0].values["x"], runs[1].values["x"])
    assert not np.array_equal(runs[0].values["x"], runs[2].values["x"])
    assert not any(run.faults for run in runs)
    for one, solution in zip(made.instances(), runs[0].solutions, strict=True):
        assert one.measure(solution.values).objective == pytest.approx(solution.objective, rel=1e-12)


def test_signed_blocks_get_an_absolute_certificate():
    made = problem(n=128, d=16, k=12, kind="signed")
    qmectk.solve(made, backend="lowrank-exact", options={"nodes": 1}, reference=False)  # most of it is compiled
    while True:
        solution = qmectk.solve(made, backend="lowrank-exact", time_limit=1.0)
        if "was compiled" not in solution.message:
            break
    assert solution.bound == 0.0
    assert solution.quality == "feasible"
    assert "the certificate is absolute" in solution.message


def test_factors_stay_factored_and_the_dense_route_says_what_it_needs():
    small, much, too_much = (read_quadratic(problem(n=n, d=1, k=9).instances()[0]) for n in (40, 2000, 6000))
    assert couplings(small) == 40 * 39 // 2
    assert [len(q.objective.factors) for q in (small, much, too_much)] == [3, 3, 3]
    assert PEAK_BYTES * couplings(much) > MUCH_MEMORY
    pytest.importorskip("dimod")
    with pytest.raises(Refused, match=r"would need about [\d,]+ MiB, more than 2,048 MiB; use a backend that keeps"):
        Penalise().apply(too_much, PenaltyOptions(), None)
    lowered = Penalise().apply(small, PenaltyOptions(), None)
    x = np.random.default_rng(1).integers(0, 2, 40)
    energy = lowered.view.model.energy(lowered.view.sample(x))
    assert energy == pytest.approx(small.objective.value(x.astype(float))[0], rel=1e-12)


def test_blocks_from_files(tmp_path):
    rng = np.random.default_rng(0)
    blocks = rng.random((3, 12, 2))
    np.save(tmp_path / "map.npy", blocks)
    np.savez(tmp_path / "map.npz", first=blocks[0, :, 0], second=blocks[0])
    made = parse("{problem: attention, k: 2, frames: 3, blocks: {path: map.npy}}", folder=tmp_path)
    np.testing.assert_array_equal(made.instances()[2].rows.T, blocks[2])
    made = parse("{problem: attention, k: 2, blocks: {path: map.npz, variable: first}}", folder=tmp_path)
    assert made.instances()[0].d == 1
    image_module = pytest.importorskip("PIL.Image")
    pixels = rng.integers(0, 256, (4, 6), dtype=np.uint8)
    for name in ("picture.png", "picture.pgm"):
        image_module.fromarray(pixels).save(tmp_path / name)
        made = parse(f"{{problem: attention, k: 2, blocks: {{path: {name}, patch: 2}}}}", folder=tmp_path)
        one = made.instances()[0]
        assert (one.n, one.d) == (6, 4)
        np.testing.assert_allclose(one.rows.T[1], pixels[:2, 2:4].ravel() / 255.0)


def test_digits():
    pytest.importorskip("sklearn")
    made = parse("{problem: attention, frames: 4, blocks: {model: digits}}")
    found = qmectk.solve(made, backend="lowrank-exact")
    assert found.objective == 0.0  # enough zero blocks apart from each other in every image
    assert found.bound == 0.0
    positions = parse("{problem: attention, k: 9, blocks: {model: digits, blocks: positions}}").instances()[0]
    assert (positions.n, positions.d) == (49, 64)


MISTAKES = {
    "problem: attention\nvariants: salient\n": r"line 2: there is no key 'variants'; did you mean 'variant'\?",
    "problem: attention\nvariant: salty\n": r"line 2: 'variant': must be 'published', .* not 'salty'",
    "problem: attention\nk: 5000\n": r"'k' asks for 5000 of 4096 blocks",
    "problem: attention\nl1: -1\n": r"line 2: 'l1': must be greater than or equal to 0, not -1",
    "problem: attention\nalpha: 2\n": r"'alpha' belongs to the variant 'general', not 'published'",
    "problem: attention\nblocks: {kind: relu, n: 0}\n": r"must be greater than or equal to 1, not 0",
    "problem: attention\nblocks: {model: files}\n": r"'blocks' has no model 'files'; did you mean 'file'\?",
    "problem: attention\nblocks: {path: nowhere.npy}\n": r"there is no file .*nowhere\.npy",
    "problem: attention\nblocks: {path: text.txt}\n": r"text\.txt must be a \.npy, \.npz, \.png",
    "problem: attention\nblocks: {path: objects.npy}\n": r"objects\.npy holds Python objects, which are never loaded",
    "problem: attention\nblocks: {path: huge.npy}\n": r"huge\.npy has a number larger than 1e\+60 in row 1",
    "problem: attention\nblocks: {path: broken.png}\n": r"broken\.png cannot be read as an image",
    "problem: attention\nblocks: {path: chunk.png}\n": r"chunk\.png cannot be read as an image",
    "problem: attention\nk: 2\nvariant: general\ntarget: [1, 2]\nblocks: {n: 5}\n": r"'target' has 2 numbers for 1",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_sentence(text, tmp_path):
    (tmp_path / "text.txt").write_text("1 2 3")
    (tmp_path / "broken.png").write_text("this is no image")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "chunk.png")
    (tmp_path / "chunk.png").write_bytes((tmp_path / "chunk.png").read_bytes().replace(b"IDAT", b"\x96\xb1,K"))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "huge.npy", np.array([[1.0, 2.0], [3.0, -1e270]]))
    with pytest.raises(InputError, match=MISTAKES[text]) as caught:
        parse(text, folder=tmp_path)
    assert "\n" not in str(caught.value)


def test_an_instance_gives_the_blocks_that_it_was_made_of():
    salient = problem(VARIANTS["salient"])
    assert salient.instances()[0].data()["blocks"].tolist() == salient.blocks(0).tolist()
    own = np.arange(18.0).reshape(9, 2)
    assert salient.instance(own).data()["blocks"].tolist() == own.tolist()
