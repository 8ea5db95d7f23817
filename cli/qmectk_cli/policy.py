"""``qmectk policy``: what a policy is, and a program of it for others."""

from __future__ import annotations

from pathlib import Path

import click

from qmectk.errors import Refused

from .options import columns_option, command, json_option


@command(
    "policy",
    "qmectk policy ugq.policy",
    "qmectk policy ugq.policy --export ugq.onnx",
    "qmectk policy ugq.policy --plot curve.pdf --columns 1",
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--export", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a program (.pt2, .onnx)."
)
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw its learning curve (.png, .svg, .pdf, .pgf)."
)
@columns_option
@json_option
def policy(folder: Path, target: Path | None, plot: Path | None, columns: int | None, as_json: bool) -> None:
    """Say what the policy in FOLDER is: what it was trained on and with, what it takes, how well it did.

    With --export it is written as a program that needs no qmectk: of torch (.pt2, torch.export) or of ONNX (.onnx).
    Both take a batch of observations in natural units and give relaxed actions and actions.
    """
    from qmectk.figures import SUFFIXES, check, save_figure

    from .output import check_target, print_json, stdout_kept_clean, wrote

    if plot is not None:
        plot = check_target(plot, SUFFIXES)
        check(plot)
    said = ""
    with stdout_kept_clean():
        import qmectk

        kept = qmectk.load_policy(folder)
        if target is not None:
            if not hasattr(kept, "export"):
                raise Refused(f"backend '{kept.facts['backend']}' does not export its policies")
            said = kept.export(target)
        if plot is not None:
            if not kept.curve:
                raise Refused("this policy has no learning curve to draw")
            save_figure(kept.plot(columns), plot)
    if as_json:
        print_json({"policy": str(folder), **dict(kept.facts), "takes": getattr(kept, "contract", "")})
        return
    from .render import facts

    rows = kept.describe() if hasattr(kept, "describe") else [(k, str(v)) for k, v in dict(kept.facts).items()]
    facts([("policy", str(folder)), *rows])
    if target is not None:
        wrote(target, said)
    if plot is not None:
        wrote(plot)
