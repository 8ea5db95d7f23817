"""Study files, mutated: most are refused; what is accepted is planned but not run, as runs take processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qmectk.comparing.studies.study import Study
from qmectk.comparing.studies.study_file import load_study
from qmectk.errors import QmectkError

from .case import Call, Command
from .documents import mutate, text, tree, written
from .families import FILES

STUDY: dict[str, Any] = {
    "study": "a comparison",
    "problems": "[p.yaml, {file: p.yaml, set: {seed: 7}, name: again}]",
    "backends": "[exact, {backend: cd, options: {restarts: 2}, preset: two}]",
    "instances": 2,
    "seeds": "[0, 1]",
    "time_limit": "10 s",
    "grace": "5 s",
    "jobs": 1,
    "threads": 1,
    "memory_limit": "2 GB",
    "gap": 1e-6,
    "target_gap": 1e-3,
    "references": "true",
    "penalty_sweep": "[0.5, 1]",
    "store": "runs.db",
    "report": "report.html",
}


def make(rng: np.random.Generator) -> Call:
    """A mutated study: the command refuses it as ``load_study`` does, in one sentence."""
    document = tree(STUDY)
    known = [(name,) for name in Study.model_fields]
    for _ in range(int(rng.integers(1, 3))):
        if document:
            document = mutate(document, known, rng)
    content = written(document, rng)
    problem = text(tree(FILES["p1"])).encode()

    def refused(folder: Path) -> bool:
        """Whether it is refused."""
        (folder / "study.yaml").write_bytes(content)
        (folder / "p.yaml").write_bytes(problem)
        try:
            load_study(folder / "study.yaml")
        except QmectkError as error:
            if not str(error).strip() or len(str(error)) > 1500:
                raise AssertionError(f"no sentence: {str(error)[:200]!r}") from error
            return True
        return False

    def run(folder: Path) -> list[str]:
        from .oracle import command_failures

        if not refused(folder):
            return []
        case = Command({"p.yaml": problem, "study.yaml": content}, ("compare", "study.yaml"))
        return command_failures(case, folder)

    return Call(run, content.decode("utf-8", "backslashreplace"))
