"""A policy as a program of torch (``torch.export``) or of ONNX, reading and scaling included.

Both take observations in natural units, as ``policy.act`` does, in batches of any size: "observed" of shape (F, n) in
double precision, of networks that look back on T frames (F, T, n). Both give "relaxed" (F, n) and "action" (F, n) int8.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from qmectk.errors import InputError, MissingPackage, Refused
from qmectk.extending.installed import installed
from qmectk.files.storage import check_output, explained, replace_file
from qmectk.presenting.quoting import short

from .contract import Contract
from .policy import Policy
from .threads import one_thread

#: Frames of the batch that is traced: more than one, which programs would take for a constant.
TRACED = 2


class Whole(nn.Module):
    """From observations to relaxed actions and actions."""

    def __init__(self, policy: Policy, contract: Contract) -> None:
        super().__init__()
        self.network = policy.network
        self.logits, self.by_device = policy.logits, policy.by_device
        self.reading, self.history = contract.reading, contract.shape.history
        self.scale = contract.scale

    def forward(self, observed: Tensor) -> tuple[Tensor, Tensor]:
        seen = observed.double()
        if self.reading is not None:
            seen = (self.reading.device_features if self.by_device else self.reading.features)(seen, torch)
        seen = self.scale(seen, torch).float()
        if not self.by_device and self.history == 1:
            seen = seen[:, None]
        logits = self.logits(seen)
        return logits.double().sigmoid(), (logits > 0.0).to(torch.int8)


def export(policy: Policy, contract: Contract, facts: Mapping[str, Any], path: Path) -> str:
    """Write a policy as a program; the suffix decides: .pt2 (torch) or .onnx. Returns what it takes, in words.

    Raises
    ------
    InputError, MissingPackage, Refused
        For another suffix, without the packages, and for a network that the format cannot express.
    """
    if path.suffix not in WRITERS:
        raise InputError(f"cannot tell a format from '{path.name}'", "give it a name that ends in .pt2 or .onnx")
    check_output(path)
    absent = [name for name in NEEDS.get(path.suffix, ()) if not installed(name)]
    if absent:
        raise MissingPackage(f"ONNX needs {', '.join(absent)}", "run: pip install 'qmectk[onnx]'")
    shape = contract.shape
    wide: tuple[int, ...] = (shape.bits,) if contract.reading is not None else (shape.features,)
    if policy.by_device and contract.reading is None:
        wide = (shape.bits, shape.features)
    back = (shape.history,) if not policy.by_device and shape.history > 1 else ()
    observed = torch.ones((TRACED, *back, *wide), dtype=torch.float64)
    what = "observed: double, (frames" + "".join(f", {n}" for n in (*back, *wide)) + ")"
    said = {"takes": what, "contract": contract.words, "facts": json.dumps(dict(facts), default=str)}
    try:
        with one_thread(), _quiet():
            program = torch.export.export(
                Whole(policy, contract).eval(), (observed,), dynamic_shapes=({0: torch.export.Dim("frames")},)
            )
            content = WRITERS[path.suffix](program, observed, said)
    except Exception as error:  # whatever another project's compiler raises
        while error.__cause__ is not None:
            error = error.__cause__  # type: ignore[assignment]
        reason = short(" ".join(str(error).split()), 160)
        raise Refused(
            f"network '{shape.network}' cannot be written as {path.suffix} ({type(error).__name__}: {reason})",
            "choose the other format, or keep the policy's folder",
        ) from error
    with explained(path):
        replace_file(path, content)
    return f"takes {what}: {contract.words.partition(':')[0]}; gives relaxed and action"


def _program(program: Any, observed: Tensor, facts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files=facts)
    return buffer.getvalue()


def _onnx(program: Any, observed: Tensor, facts: dict[str, str]) -> bytes:
    import onnx

    # ONNX has no product of the first entries
    plain = program.run_decompositions({torch.ops.aten.cumprod.default: _cumprod})
    made = torch.onnx.export(
        plain, (observed,), dynamo=True, input_names=["observed"], output_names=["relaxed", "action"], verbose=False
    )
    assert made is not None
    model = made.model_proto
    onnx.helper.set_model_props(model, facts)
    return bytes(model.SerializeToString())


def _cumprod(values: Tensor, dim: int, dtype: Any = None) -> Tensor:
    first, *others = values.unbind(dim)
    found = [first]
    for one in others:
        found.append(found[-1] * one)
    return torch.stack(found, dim)


@contextmanager
def _quiet() -> Iterator[None]:
    """torch's exporters warn of packages that are not needed, and of what they will change."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


WRITERS: dict[str, Callable[[Any, Tensor, dict[str, str]], bytes]] = {".pt2": _program, ".onnx": _onnx}

#: Packages beside torch, by suffix.
NEEDS = {".onnx": ("onnx", "onnxscript")}

__all__ = ["export"]
