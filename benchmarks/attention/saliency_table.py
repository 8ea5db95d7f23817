"""What each variant of the attention energy selects, as a Markdown table: python benchmarks/attention/saliency_table.py

Feature maps of scikit-learn's 1797 digits behind two fixed random convolutions (28 x 28 pixels, 32 and 64 channels,
n = 3136 scalars, d = 1); k = 100. Every mask is the proved optimum of its variant. A logistic regression is trained on
the masked and standardised features of one half of the digits and tested on the other: what a linear layer behind the
attention can use.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qmectk import FactoredQuadratic
from qmectk_lowrank.batch import solve_many
from qmectk_problems.attention.blocks import Digits, digit_features, load_digits

Array = NDArray[np.float64]
K = 100


def features(count: int) -> Array:
    """Flattened feature maps, shape (count, 3136), the largest number scaled to 1."""
    parts = [
        digit_features(Digits(), 0, start, min(start + 60, count)).reshape(-1, 3136) for start in range(0, count, 60)
    ]
    joined = np.concatenate(parts)
    return np.asarray(joined / joined.max())


def optima(views: list[FactoredQuadratic]) -> tuple[Array, float]:
    """Masks of the proved optima, and milliseconds a map."""
    solve_many(views[:2], threads=1)  # loads the compiled code
    begin = time.perf_counter()
    found = solve_many(views, threads=1)
    spent = 1e3 * (time.perf_counter() - begin) / len(views)
    assert all(one.proved for one in found)
    return np.array([one.bits for one in found], dtype=float), spent


def selections(maps: Array) -> dict[str, tuple[Array, float]]:
    """Name -> (masks, milliseconds a map)."""
    n = maps.shape[1]
    rng = np.random.default_rng(1)
    fixed = np.zeros(n)
    fixed[rng.choice(n, K, replace=False)] = 1.0
    drawn = np.zeros_like(maps)
    for row in drawn:
        row[rng.choice(n, K, replace=False)] = 1.0
    soft = {"penalty": 1.0, "count": K, "chain": 1.0}
    return {
        "published (7)": optima([FactoredQuadratic(b, **soft) for b in maps]),
        # zero blocks are made unattractive, so that the best of the others are taken
        "published (7), zero blocks left out": optima(
            [FactoredQuadratic(np.where(b > 0, b, 10.0), **soft) for b in maps]
        ),
        "random, a new mask for every map": (drawn, 0.0),
        "random, one mask for all": (np.tile(fixed, (len(maps), 1)), 0.0),
        "concave, l1 = 16": optima([FactoredQuadratic(b, signs=-1.0, penalty=16.0, count=K, chain=1.0) for b in maps]),
        "residual, l1 = 77": optima([FactoredQuadratic(b, b.sum(), penalty=77.0, count=K, chain=1.0) for b in maps]),
        "salient": optima([FactoredQuadratic(np.zeros((n, 0)), linear=-b, chain=1.0, cardinality=K) for b in maps]),
        "all features": (np.ones_like(maps), 0.0),
    }


def accuracy(masked: Array, labels: NDArray[np.int64]) -> float:
    """Test accuracy of a logistic regression on one half, tested on the other."""
    order = np.random.default_rng(2).permutation(len(labels))
    half = len(labels) // 2
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(masked[order[:half]], labels[order[:half]])
    return float(model.score(masked[order[half:]], labels[order[half:]]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="400 digits instead of 1797")
    count = 400 if parser.parse_args().quick else 1797
    maps, labels = features(count), load_digits()[1][:count]
    apart = []
    for row in maps == 0.0:
        taken, last = 0, False
        for zero in row:
            last = bool(zero and not last)
            taken += last
        apart.append(taken)
    print(
        f"{count} maps, {100 * (maps == 0).mean():.1f} % zeros, at least {min(apart)} of them apart from each other\n"
    )
    print("| selection | mean ones | mean (14) x^T Q x | accuracy | ms a map |\n|---|---|---|---|---|")
    for name, (masks, spent) in selections(maps).items():
        sums = (masks * maps).sum(axis=1)
        score = accuracy(masks * maps, labels)
        shown = f"{spent:.2f}" if spent else ""
        print(
            f"| {name} | {masks.sum(axis=1).mean():.1f} | {np.square(sums).mean():.3g} | {score:.3f} | {shown} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
