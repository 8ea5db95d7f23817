"""Parts that anybody may add: networks, quantizers, labels and features of another distribution, known by name."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import plugins
from qmectk.errors import InputError, PluginError, UnknownName
from qmectk.options import build
from qmectk_learned.backends import Droo
from qmectk_learned.options import PolicyOptions

#: A distribution's plugin: what it registers, and beside it the module that has the things themselves.
PLUGIN = """
import qmectk

@qmectk.hookimpl
def qmectk_register_parts(register):
    register(qmectk.Part("network", "linear", "one layer", "tiny_parts:LINEAR"))
    register(qmectk.Part("quantizer", "threefold", "rounded, all off, all on", "tiny_parts:threefold"))
    register(qmectk.Part("features", "root", "square roots", "tiny_parts:root"))
    register(qmectk.Part("labels", "first", "the rounded action itself", "tiny_parts:First"))
"""

PARTS = """
import numpy as np
from torch import nn

from qmectk_learned.networks import Network
from qmectk_learned.quantizers import Quantizer

class Linear(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.layer = nn.Linear(shape.features * shape.history, shape.bits)

    def forward(self, context, generator=None):
        return self.layer(context.flatten(1))

LINEAR = Network("linear", Linear)

def threefold(options):
    def batch(relaxed, count, noise):
        rounded = (relaxed > 0.5).astype(np.int8)
        return np.stack([rounded, 0 * rounded, 0 * rounded + 1], axis=1)[:, :count]
    return Quantizer(batch, lambda rng, frames, n, count: np.empty((frames, 0)), lambda n: 3)

def root(features, xp=np):
    return xp.sqrt(abs(features))

class First:
    def __init__(self, stream):
        pass

    def of(self, first, actions, scores, budget):
        return actions[:, 0], np.ones(len(actions), bool)

    def facts(self):
        return {"labels": "first"}
"""


class Point:
    """An entry point of a distribution called tiny."""

    name, value, dist = "tiny", "tiny_plugin", types.SimpleNamespace(name="tiny")

    def __init__(self, module: str = "tiny_plugin") -> None:
        self.module = module

    def load(self) -> Any:
        __import__(self.module)
        return sys.modules[self.module]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[plugins.Registry]:
    """The registry of a process in which that distribution is installed."""
    (tmp_path / "tiny_plugin.py").write_text(PLUGIN)
    (tmp_path / "tiny_parts.py").write_text(PARTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    points = plugins.importlib.metadata.entry_points(group=plugins.GROUP)
    plugins.registry.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(plugins.importlib.metadata, "entry_points", lambda group: [*points, Point()])
        known = plugins.registry()
    yield known
    plugins.registry.cache_clear()
    for module in ("tiny_plugin", "tiny_parts"):
        sys.modules.pop(module, None)


def test_parts_of_another_distribution_train_and_answer(tiny: plugins.Registry) -> None:
    assert not tiny.broken
    assert "tiny_parts" not in sys.modules, "registering imports nothing"
    problem = qmectk.load("p1", devices=4, training_frames=300, frames=5)
    chosen = {"network": "linear", "quantizer": "threefold", "features": "root", "labels": "first"}
    solution = qmectk.solve(problem, "droo", options=chosen)
    assert solution.feasible
    assert solution.info["training"]["labels"] == "first"
    assert all(one.info["candidates"] == 3 for one in solution.solutions)


def test_a_policy_of_such_parts_is_kept_and_read(tiny: plugins.Registry, tmp_path: Path) -> None:
    problem = qmectk.load("p1", devices=4, training_frames=60, frames=5)
    made = qmectk.train(problem, "droo", options={"network": "linear", "features": "root"}, out=tmp_path / "p")
    h = problem.frame(0).binary().view.features()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(qmectk.load_policy(tmp_path / "p").act(h), made.act(h))


@pytest.mark.parametrize(
    ("option", "typed", "meant"),
    [("network", "linaer", "linear"), ("quantizer", "ugk", "ugq"), ("labels", "certifed", "certified")],
)
def test_a_name_that_nobody_registered_is_refused_with_the_nearest(
    option: str, typed: str, meant: str, tiny: plugins.Registry
) -> None:
    with pytest.raises(InputError, match=f"'{typed}'.*did you mean '{meant}'"):
        build(Droo.Options, {option: typed})


def test_a_name_that_nobody_registered_is_refused_in_python_too(p1_views: Any, train: Any) -> None:
    views, _ = p1_views(training=3)
    with pytest.raises(UnknownName, match=r"no network 'mpl'.*did you mean 'mlp'"):
        train(Droo, views, network="mpl")


def test_a_part_that_is_something_else_is_said() -> None:
    with pytest.raises(PluginError, match="quantizer 'x' is a int, not a dict"):
        qmectk.Part("quantizer", "x", "", 3).load(dict)


def test_a_name_that_is_taken_breaks_the_plugin_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken_plugin.py").write_text(PLUGIN.replace('"linear"', '"mlp"'))
    monkeypatch.syspath_prepend(str(tmp_path))
    points = plugins.importlib.metadata.entry_points(group=plugins.GROUP)
    known = plugins.load([*points, Point("taken_plugin")])
    assert [plugin.reason for plugin in known.broken] == ["PluginError: network 'mlp' is already registered"]
    assert "threefold" not in known.parts["quantizer"]
    assert "mlp" in known.parts["network"]


@pytest.mark.parametrize("kind", ["network", "circuit", "quantizer", "labels", "features"])
def test_every_part_of_our_own_is_there_and_has_a_line_of_help(kind: str) -> None:
    for part in plugins.registry().parts[kind].values():
        assert part.summary
        assert part.load(object) is not None


def test_units_of_layers_are_options(p1_views: Any, train: Any) -> None:
    views, _ = p1_views(training=20)
    trained, _ = train(Droo, views, layers="7,5,3")
    sizes = [tuple(p.shape) for p in trained._trained.policy.network.parameters() if p.ndim == 2]
    assert sizes == [(7, 5), (5, 7), (3, 5), (5, 3)]
    with pytest.raises(InputError, match="numbers of units like 120,80"):
        train(Droo, views, layers="many")
    with pytest.raises(InputError, match=r"2 group\(s\) of layers, as in 16,16/32"):
        train(Droo, views, layers="7,5,3", network="set")


def test_options_of_our_own_name_parts() -> None:
    kinds = {field.part for field in qmectk.options.fields_of(PolicyOptions)} - {""}
    assert kinds == {"network", "circuit", "quantizer", "labels", "features"}
