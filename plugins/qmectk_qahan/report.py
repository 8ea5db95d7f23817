"""The run as text, JSON, markdown and figures."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from qmectk.backend import installed
from qmectk.storage import replace_file

from .claims import claims, plain_claims
from .experiment import Experiment, plain
from .networks import METHODS

#: Pixels an inch of the figures.
RESOLUTION = 120


def as_json(found: Experiment) -> dict[str, Any]:
    """Everything measured and every verdict, as plain values."""
    return {**plain(found), "claims": plain_claims(claims(found))}


def header(found: Experiment) -> list[str]:
    """Columns of the table."""
    return ["method", "accuracy", *(f"noise {level:g}" for level in found.settings.levels), "loss", "epochs", "s/epoch"]


def rows(found: Experiment) -> list[list[str]]:
    """The table, a method a line."""
    made = []
    for o in found.outcomes:
        history = o.history
        made.append(
            [
                o.method,
                f"{o.accuracy():.3f}",
                *(f"{o.accuracy(level):.3f}" for level in found.settings.levels),
                f"{history.loss[-1]:.3f}" if history.loss else "-",
                str(history.epochs),
                f"{np.mean(history.seconds):.1f}" if history.seconds else "-",
            ]
        )
    return made


def attention_header() -> list[str]:
    """Columns of the table of masks."""
    return ["method", "kept", "share of the sum", "most possible", "zeros kept", "energy", "proved"]


def attention_rows(found: Experiment) -> list[list[str]]:
    """What the masks keep, a method with a HardAttention a line."""
    return [
        [
            o.method,
            f"{o.attention['count']:.1f}",
            f"{o.attention['share_kept']:.2%}",
            f"{o.attention['top_share']:.2%}",
            f"{o.attention['zero_kept']:.1%}",
            f"{o.attention['energy']:.4g}",
            f"{o.attention['proved']:.0%}",
        ]
        for o in found.outcomes
        if o.attention
    ]


def summary(found: Experiment) -> str:
    """One line about the run."""
    chosen = found.settings
    cut = "" if found.complete else "; cut by the time limit"
    return (
        f"{chosen.dataset}: {found.images[0]} images to train, {found.images[1]} to test, {chosen.epochs} epochs of "
        f"batches of {chosen.batch}, k = {chosen.k}, seed {chosen.seed}, {chosen.noise} noise on the test images, "
        f"{found.seconds:.0f} s{cut}"
    )


def markdown(found: Experiment, figures: list[str]) -> str:
    """The report as a page."""
    lines = ["# QAHAN", "", summary(found) + ".", "", *_table(header(found), rows(found)), ""]
    lines += [f"* `{o.method}`: {METHODS[o.method].summary}" for o in found.outcomes]
    lines += ["", f"The most frequent class is {found.chance:.3f} of the test images.", ""]
    kept = attention_rows(found)
    if kept:
        lines += ["## What the masks keep", "", *_table(attention_header(), kept), ""]
    lines += ["## Claims", ""]
    lines += [f"* **{c.verdict}**: {c.statement}. {c.evidence[:1].upper()}{c.evidence[1:]}." for c in claims(found)]
    if figures:
        lines += ["", "## Figures", "", *(f"![{Path(name).stem}]({name})" for name in figures)]
    return "\n".join(lines) + "\n"


def _table(head: list[str], body: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def write(found: Experiment, folder: Path) -> list[str]:
    """``results.json``, ``report.md`` and, with matplotlib, the figures; returns the names."""
    folder.mkdir(parents=True, exist_ok=True)
    figures: list[str] = []
    if installed("matplotlib"):
        for name, draw in (("curves.png", _curves), ("noise.png", _noise), ("scores.png", _scores)):
            content = draw(found)
            if content is not None:
                replace_file(folder / name, content)
                figures.append(name)
    replace_file(folder / "results.json", json.dumps(as_json(found), indent=1).encode())
    replace_file(folder / "report.md", markdown(found, figures).encode())
    return ["report.md", "results.json", *figures]


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=RESOLUTION, layout="constrained")


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _curves(found: Experiment) -> bytes | None:
    """Loss and accuracies by epoch."""
    figure = _figure(11, 3.4)
    panels = figure.subplots(1, 3)
    titles = (("loss", "training loss"), ("train_accuracy", "training accuracy"), ("test_accuracy", "test accuracy"))
    for panel, (name, title) in zip(panels, titles, strict=True):
        for o in found.outcomes:
            values = getattr(o.history, name)
            panel.plot(range(1, len(values) + 1), values, marker=".", label=o.method)
        panel.set(title=title, xlabel="epoch")
        panel.grid(alpha=0.3)
    panels[1].axhline(found.chance, color="grey", linestyle=":")
    panels[2].axhline(found.chance, color="grey", linestyle=":", label="most frequent class")
    figure.legend(*panels[2].get_legend_handles_labels(), loc="outside right upper", fontsize=7)
    return _png(figure)


def _noise(found: Experiment) -> bytes | None:
    """Accuracy by noise level."""
    figure = _figure(5, 3.4)
    panel = figure.subplots()
    levels = [0.0, *found.settings.levels]
    for o in found.outcomes:
        panel.plot(levels, [o.accuracy(level) for level in levels], marker="o", label=o.method)
    panel.axhline(found.chance, color="grey", linestyle=":")
    panel.set(
        title=f"{found.settings.noise} noise on the test images", xlabel="level", ylabel="accuracy", xticks=levels
    )
    panel.grid(alpha=0.3)
    panel.legend(fontsize=7)
    return _png(figure)


def _scores(found: Experiment) -> bytes | None:
    """Per image and method: the matrix of features (as the paper's Figures 4 and 5), what is kept, and where."""
    if not found.gallery:
        return None
    count = len(next(iter(found.gallery.values()))["images"])
    figure = _figure(1.5 * (1 + 2 * len(found.gallery)), 1.6 * count)
    panels = figure.subplots(count, 1 + 2 * len(found.gallery), squeeze=False)
    for row in range(count):
        for column, (method, drawn) in enumerate(found.gallery.items()):
            image = drawn["images"][row].transpose(1, 2, 0)
            if column == 0:
                panels[row, 0].imshow(image if image.shape[2] == 3 else image[:, :, 0], cmap="gray")
            features, mask = drawn["features"][row], drawn["masks"][row]
            side = int(np.sqrt(features.size))
            matrix = features.reshape(-1)[: side * side].reshape(side, side)
            panel = panels[row, 1 + 2 * column]
            panel.imshow(matrix, cmap="viridis")
            at = np.argwhere(mask[: side * side].reshape(side, side))
            panel.plot(at[:, 1], at[:, 0], ".", color="red", markersize=1.5)
            where = mask.reshape(features.shape).sum(0)
            panels[row, 2 + 2 * column].imshow(where, cmap="magma", vmin=0)
            if row == 0:
                panels[0, 0].set_title("image", fontsize=7)
                panel.set_title(f"{method}: features, kept in red", fontsize=5)
                panels[0, 2 + 2 * column].set_title("kept at each position", fontsize=5)
    for panel in panels.flat:
        panel.set_axis_off()
    return _png(figure)
