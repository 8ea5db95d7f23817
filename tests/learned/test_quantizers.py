"""Quantizers: the papers' example, and what must hold for any relaxed action."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qmectk.plugins import registry
from qmectk_learned.options import PolicyOptions
from qmectk_learned.quantizers import default_candidates, quantizer_of

QUANTIZERS = {name: quantizer_of(PolicyOptions(quantizer=name)) for name in registry().parts["quantizer"]}

EXAMPLE = np.array([0.2, 0.4, 0.7, 0.9])  # Huang, Bi & Zhang, IEEE TMC 19(11), 2020, section IV.B

relaxed = st.integers(1, 12).flatmap(
    # a coarse grid, so that ties and entries at exactly 0, 1/2 and 1 are frequent
    lambda n: st.one_of(
        arrays(np.float64, n, elements=st.floats(0, 1)),
        arrays(np.float64, n, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
    )
)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_order_preserving_gives_the_example_of_the_paper() -> None:
    found = QUANTIZERS["op"](EXAMPLE, 4, rng())
    assert found.tolist() == [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1]]


def test_nearest_gives_the_example_of_the_paper() -> None:
    found = QUANTIZERS["knn"](EXAMPLE, 4, rng())
    assert found[:3].tolist() == [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1]]
    # the paper's fourth is [0, 1, 0, 1], as far away as [1, 0, 1, 1]
    assert found[3].tolist() in ([0, 1, 0, 1], [1, 0, 1, 1])


def test_margins_take_one_more_and_one_less_in_turn() -> None:
    found = QUANTIZERS["margins"](EXAMPLE, 5, rng())
    assert found.tolist() == [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]


def test_noisy_order_preserving_starts_with_the_plain_half() -> None:
    plain = QUANTIZERS["op"](EXAMPLE, 3, rng())
    assert QUANTIZERS["opn"](EXAMPLE, 6, rng())[:3].tolist() == plain.tolist()


def test_ugq_follows_algorithm_1_until_an_action_repeats() -> None:
    noise = rng().uniform(-0.1, 0.1, 2)  # 0.025, 0.079: both thresholds stay between 0.4 and 0.7
    found = QUANTIZERS["ugq"](EXAMPLE, 3, rng())
    order = [1, 2, 0, 3]  # by |m - 1/2|: 0.1, 0.2, 0.3, 0.4
    expected = [[0, 0, 1, 1]]
    m = EXAMPLE
    for i, shift in enumerate(noise, start=1):
        x = (m > 0.5 + 0.7 * (m[order[i]] - 0.5) + shift).astype(int)
        if x.tolist() in expected:
            x[order[i + 1]] ^= 1
        expected.append(x.tolist())
    assert found.tolist() == expected


def test_ugq_keeps_flipping_where_the_published_flip_repeats() -> None:
    # all four actions of two equal entries: thresholds alone can only give two of them
    found = QUANTIZERS["ugq"](np.array([0.99, 0.99]), 4, rng())
    assert len({tuple(x) for x in found.tolist()}) == 4


@given(relaxed, st.integers(1, 40), st.sampled_from(sorted(QUANTIZERS)), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_every_quantizer_starts_with_the_rounded_action_and_gives_k_rows(m, count, name, seed) -> None:  # type: ignore[no-untyped-def]
    quantizer = QUANTIZERS[name]
    found = quantizer(m, count, np.random.default_rng(seed))
    assert found.dtype == np.int8
    assert found.shape == (min(count, quantizer.most(len(m))), len(m))
    assert set(np.unique(found)) <= {0, 1}
    assert found[0].tolist() == (m > 0.5).astype(int).tolist()


@given(relaxed, st.integers(1, 5000), st.sampled_from(["ugq", "knn"]), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_ugq_and_nearest_never_repeat_an_action(m, count, name, seed) -> None:  # type: ignore[no-untyped-def]
    found = QUANTIZERS[name](m, count, np.random.default_rng(seed))
    assert len(np.unique(found, axis=0)) == len(found) == min(count, 2 ** len(m))


@given(relaxed, st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_nearest_are_the_nearest_of_all(m, count) -> None:  # type: ignore[no-untyped-def]
    everything = (np.arange(2 ** len(m))[:, None] >> np.arange(len(m))) & 1
    distances = np.sort(((everything - m) ** 2).sum(axis=1))
    found = QUANTIZERS["knn"](m, count, rng())
    assert ((found - m) ** 2).sum(axis=1) == pytest.approx(distances[: len(found)], abs=1e-12)


@given(relaxed)
@settings(max_examples=200, deadline=None)
def test_order_preserving_preserves_order(m) -> None:  # type: ignore[no-untyped-def]
    for x in QUANTIZERS["op"](m, len(m) + 1, rng()):
        assert not len(m[x == 1]) or not len(m[x == 0]) or m[x == 1].min() >= m[x == 0].max()


@pytest.mark.parametrize("name", sorted(QUANTIZERS))
def test_a_batch_is_its_frames(name: str) -> None:
    batch = rng().random((50, 6))
    quantizer = QUANTIZERS[name]
    one = np.random.default_rng(3)
    loop = np.stack([quantizer(m, 9, one) for m in batch])
    assert np.array_equal(quantizer.candidates(batch, 9, np.random.default_rng(3)), loop)
    own = [np.random.default_rng(i) for i in range(50)]
    apart = np.stack([quantizer(m, 9, np.random.default_rng(i)) for i, m in enumerate(batch)])
    assert np.array_equal(quantizer.candidates(batch, 9, own), apart)


def test_ugq_takes_many_bits() -> None:
    found = QUANTIZERS["ugq"](rng().random(300), 300, rng())
    assert len(np.unique(found, axis=0)) == 300


def test_a_single_bit_gets_both_actions() -> None:
    for name in QUANTIZERS:
        found = QUANTIZERS[name](np.array([0.3]), default_candidates(1), rng())
        assert found[0].tolist() == [0]
        assert len(found) == 2
