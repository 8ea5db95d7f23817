"""Mutants of one module, each run against the tests of its home: which changes does no test notice?

    pip install cosmic-ray
    python benchmarks/mutation/mutate.py qmectk/judge.py tests/core/test_judge.py --sample 50

The mutants are cosmic-ray's. Each is tried in a fork of this process, in which the libraries that tests load are there
already, and takes the place of its module by an import hook, so no file is changed. What prints is each mutant that
every test passes (a survivor), as a diff, and the counts. A survivor that changes no answer (a default that no one
leaves out, a path that only saves time) needs no test.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: cosmic-ray's operators on values; the others replace one operation by ten, and most of those are the same mutant.
FAMILIES = (
    "Number",
    "AddNot",
    "ReplaceTrue",
    "ReplaceFalse",
    "ReplaceAnd",
    "ReplaceOr",
    "ReplaceUnary",
    "ZeroIteration",
)
PAIRS = (
    "Add_Sub",
    "Sub_Add",
    "Mul_Div",
    "Div_Mul",
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Lt_Gt",
    "Gt_Lt",
    "Eq_NotEq",
)
#: Processor seconds after which a mutant counts as noticed: it runs for ever.
MOST_SECONDS = 120
#: Modules that pytest rewrites when it imports them, so nothing may have imported them before.
REWRITTEN = {"hypothesis", "_hypothesis_pytestplugin", "_hypothesis_globals", "_hypothesis_ftz_detector", "xdist"}
#: What the tests load: printed by a process of its own, as a module of qmectk may not be here before its mutant.
LOADED = "import qmectk, sys; qmectk.solve('drift', 'highs'); print(*(m for m in sys.modules if m[:6] != 'qmectk'))"


def mutants(code: str) -> list[str]:
    """The module with one change each; those that differ in annotations only are the same module."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    found = {_bare(code): ""}
    for name in sorted(operator_names()):
        kind = name.rpartition("/")[2]
        if not kind.startswith(FAMILIES) and not kind.endswith(PAIRS):
            continue
        occurrence = 0
        while (changed := mutate_code(code, get_operator(name)(), occurrence)) is not None:
            with contextlib.suppress(SyntaxError):  # "a & b" with a "not" in it
                found.setdefault(_bare(changed), changed)
            occurrence += 1
    return [changed for changed in found.values() if changed]


def _bare(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if hasattr(node, name):
                setattr(node, name, None)
    return ast.dump(tree)


class Mutated(importlib.abc.MetaPathFinder):
    """Finds one module, and loads other code in its place."""

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[parts[0] in ("plugins", "problems", "cli") :])

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        loader = importlib.machinery.SourceFileLoader(fullname, str(self.path))
        loader.get_code = lambda _: compile(self.code, str(self.path), "exec")  # type: ignore[method-assign]
        return importlib.util.spec_from_loader(fullname, loader, origin=str(self.path))


def noticed(path: Path, code: str, tests: list[str]) -> bool:
    """Whether a test fails, or the tests do not end, with this code in the place of the module."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 5))
        sys.meta_path.insert(0, Mutated(path, code))
        import pytest

        os._exit(
            int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=1", *tests]))
        )
    return os.waitpid(child, 0)[1] != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", type=lambda text: Path(text).resolve())
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--sample", type=int, default=50, help="mutants that are tried, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name in subprocess.check_output([sys.executable, "-W", "ignore", "-c", LOADED], text=True).split():
        if name.split(".")[0] not in REWRITTEN | {"__main__"}:
            importlib.import_module(name)
    code = asked.module.read_text()
    if noticed(asked.module, code, asked.tests):
        sys.exit("the tests fail without a mutant")
    made = mutants(code)
    tried = random.Random(asked.seed).sample(made, min(asked.sample, len(made)))
    survivors = [one for one in tried if not noticed(asked.module, one, asked.tests)]
    for one in survivors:
        print(*list(difflib.unified_diff(code.splitlines(), one.splitlines(), "", "", "", "", 0, ""))[2:], sep="\n")
    print(f"{len(made)} mutants, {len(tried)} tried, {len(survivors)} survive")
    return len(survivors)


if __name__ == "__main__":
    main()
