"""A policy written as a program gives the same actions, for observations in natural units and batches of any size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import qmectk
from qmectk.errors import MissingPackage, QmectkError
from qmectk_cli.main import main
from qmectk_learned import export
from qmectk_learned.kept import KeptPolicy
from qmectk_learned.options import PolicyOptions
from qmectk_learned.policy import Policy
from qmectk_learned.shape import Shape
from qmectk_problems.p1.reading import P1Reading

#: Gains of seven frames of four devices, one of them in outage.
H = np.vstack([1e-6 * np.random.default_rng(2).exponential(size=(6, 4)), np.zeros(4)])


def policy(network: str, circuit: str = "published") -> KeptPolicy:
    """One that nobody trained, in a world with weights of its own."""
    devices = network in ("set", "price", "transformer")
    scaling = "plain" if devices else "log"
    shape = Shape(network, 4, 4, 3 if network == "gru" else 1, least=4, scaling=scaling, circuit=circuit)
    reading = P1Reading([1.0, 2.0, 0.5, 3.0], efficiency=0.51)
    return KeptPolicy(shape, Policy(shape, 5).arrays(), PolicyOptions(network=network), {"problem": "p1"}, (), reading)


def observations(one: KeptPolicy) -> Any:
    return H if one.shape.history == 1 else np.stack([H, H[::-1], H], axis=1)


@pytest.mark.parametrize("network", ["mlp", "gru", "qnn", "set", "price"])
def test_a_program_of_torch_gives_the_same_actions(network: str, tmp_path: Path) -> None:
    one = policy(network)
    seen = observations(one)
    assert "takes observed: double" in one.export(tmp_path / "a.pt2")
    facts = {"takes": "", "contract": "", "facts": ""}
    program = torch.export.load(tmp_path / "a.pt2", extra_files=facts).module()
    assert json.loads(facts["facts"]) == {"problem": "p1"}
    assert facts["contract"] == one.contract
    for batch in (seen, seen[:1]):
        relaxed, action = program(torch.as_tensor(batch))
        np.testing.assert_allclose(relaxed.detach().numpy(), one.relaxed(batch), atol=1e-6)
        np.testing.assert_array_equal(action.numpy(), one.act(batch))


@pytest.mark.parametrize("network", ["mlp", "qnn"])
def test_onnx_gives_the_same_actions(network: str, tmp_path: Path) -> None:
    for package in ("onnx", "onnxscript"):
        pytest.importorskip(package)
    runtime = pytest.importorskip("onnxruntime")
    one = policy(network)
    one.export(tmp_path / "a.onnx")
    session = runtime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["contract"] == one.contract
    for batch in (H, H[:1]):
        relaxed, action = session.run(["relaxed", "action"], {"observed": batch})
        np.testing.assert_allclose(relaxed, one.relaxed(batch), atol=1e-6)
        np.testing.assert_array_equal(action, one.act(batch))


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = policy("mlp")
    with pytest.raises(QmectkError, match=r"ends in .pt2 or .onnx"):
        one.export(tmp_path / "a.txt")
    with pytest.raises(QmectkError, match="there is no folder"):
        one.export(tmp_path / "none" / "a.pt2")
    monkeypatch.setattr(export, "installed", lambda name: name != "onnxscript")
    with pytest.raises(MissingPackage, match=r"ONNX needs onnxscript; run: pip install 'qmectk\[onnx\]'"):
        one.export(tmp_path / "a.onnx")

    def fails(*arguments: Any) -> bytes:
        raise ValueError("inner") from KeyError("complex\n\x1b[31m numbers")

    monkeypatch.setitem(export.WRITERS, ".pt2", fails)
    with pytest.raises(QmectkError, match=r"network 'mlp' cannot be written as .pt2 \(KeyError: .*complex") as caught:
        one.export(tmp_path / "a.pt2")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_a_policy_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = qmectk.load("p1", devices=3, training_frames=60, frames=1)
    folder, target = tmp_path / "a.policy", tmp_path / "a.pt2"
    made = qmectk.train(problem, "droo", options={"spare": 2}, out=folder)
    assert main(["policy", str(folder), "--export", str(target)]) == 0
    said = capsys.readouterr().out
    for words in (
        "droo, options spare=2",
        "p1, 60 frames in",
        "shape (3,) or (frames, 3)",
        "executed",
        f"wrote {target}",
    ):
        assert words in said
    relaxed, _ = torch.export.load(target).module()(torch.as_tensor(H[:, :3]))
    np.testing.assert_allclose(relaxed.detach().numpy(), made.relaxed(H[:, :3]), atol=1e-6)
    assert main(["policy", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backend"] == "droo"
    assert main(["policy", str(tmp_path)]) == 2
    assert "there is no policy" in capsys.readouterr().err
