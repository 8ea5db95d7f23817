"""``qmectk policy``: what a policy is, and a program of it for others."""

from __future__ import annotations

from pathlib import Path

import click

from qmectk.errors import Refused

from .options import command, json_option


@command(
    "policy",
    "qmectk policy ugq.policy",
    "qmectk policy ugq.policy --export ugq.onnx",
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--export", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a program (.pt2, .onnx)."
)
@json_option
def policy(folder: Path, target: Path | None, as_json: bool) -> None:
    """Say what the policy in FOLDER is: what it was trained on and with, what it takes, how well it did.

    With --export it is written as a program that needs no qmectk: of torch (.pt2, torch.export) or of ONNX (.onnx).
    Both take a batch of observations in natural units and give relaxed actions and actions.
    """
    from .output import print_json, stdout_kept_clean, wrote

    said = ""
    with stdout_kept_clean():
        import qmectk

        kept = qmectk.load_policy(folder)
        if target is not None:
            if not hasattr(kept, "export"):
                raise Refused(f"backend '{kept.facts['backend']}' does not export its policies")
            said = kept.export(target)
    if as_json:
        print_json({"policy": str(folder), **dict(kept.facts), "takes": getattr(kept, "contract", "")})
        return
    from .render import facts

    rows = kept.describe() if hasattr(kept, "describe") else [(k, str(v)) for k, v in dict(kept.facts).items()]
    facts([("policy", str(folder)), *rows])
    if target is not None:
        wrote(target, said)
