"""What must hold of every command, whatever it is given."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .case import Call, Case, Command
from .guard import Hang, limited
from .running import CACHE, Outcome, run, streams

#: Documented exit codes that a command may end with: 1 is a bug, 130 an interruption that nobody asked for.
DOCUMENTED = (0, 2, 3, 4, 5, 6)

#: Longest line on stderr: a sentence with its remedy and a name or two.
LONGEST_LINE = 1500

#: Control characters but for the line feed and the tab: they reach the terminal and act there.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")

#: numpy's words for arithmetic that went wrong. They name no key and no remedy.
RAW_WARNING = re.compile(r"(encountered in|invalid value|RuntimeWarning|DeprecationWarning|ResourceWarning)")


def failures(case: Case, folder: Path) -> list[str]:
    """Run one case in an empty folder and return what is wrong, in sentences."""
    with limited() as watch:
        try:
            found = _call(case, folder) if isinstance(case, Call) else command_failures(case, folder)
        except Hang as error:
            return [f"hang: {error}"]
    return [*found, *(["hang: swallowed"] if watch.hung else [])]


def _call(case: Call, folder: Path) -> list[str]:
    with streams():  # solvers in C print where they like
        try:
            return case.run(folder)
        except Exception as error:
            return [f"traceback: {type(error).__name__}: {error}"]


def command_failures(case: Command, folder: Path) -> list[str]:
    """What is wrong with one command."""
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    outcome = run(case.arguments, folder)
    wrong = [*_said(outcome, case), *_kept(case, folder)]
    if case.check is not None and not wrong:
        wrong += case.check(folder, outcome)
    return wrong


def _said(outcome: Outcome, case: Command) -> list[str]:
    wrong = []
    lines = outcome.err.splitlines()
    last = next((line for line in reversed(lines) if line.strip()), "")
    if outcome.code not in DOCUMENTED:
        wrong.append(f"exit {outcome.code}: {last}")
    elif outcome.code == 5 and not case.refuted:
        wrong.append(f"exit 5, a backend that is shipped failed: {last}")
    if "Traceback (most recent call last)" in outcome.err + outcome.out:
        wrong.append(f"traceback: {last}")
    if outcome.code not in (0, 1) and not any(line.startswith("Error: ") for line in lines):
        wrong.append(f"exit {outcome.code} without a sentence: {last}")
    if sum(line.startswith("Error: ") for line in lines) > 1:
        wrong.append(f"more than one error: {last}")
    longest = max(map(len, lines), default=0)
    if longest > LONGEST_LINE:
        wrong.append(f"a line of {longest} characters on stderr")
    for stream, text in (("stdout", outcome.out), ("stderr", outcome.err)):
        raw = CONTROL.search(text)
        if raw:
            at = max(0, raw.start() - 60)
            wrong.append(f"control character {raw.group()!r} on {stream}: {text[at : raw.start() + 20]!r}")
    for line in lines:
        if RAW_WARNING.search(line):
            wrong.append(f"raw warning: {line}")
            break
    if outcome.code == 0 and "--json" in case.arguments and "--help" not in case.arguments:
        wrong += _json(outcome.out)
    return wrong


def _json(text: str) -> list[str]:
    def refuse(token: str) -> Any:
        raise ValueError(f"{token} is not JSON")

    try:
        found = json.loads(text, parse_constant=refuse)
    except ValueError as error:
        return [f"--json printed no JSON: {error}"]
    if not isinstance(found, dict):
        return ["--json printed something else than an object"]
    gap = found.get("gap")
    if isinstance(gap, (int, float)) and gap < -1e-9:
        return [f"a negative gap: {gap!r}"]
    if found.get("faults"):
        return [f"exit 0 with faults: {found['faults']}"]
    return []


def _kept(case: Command, folder: Path) -> list[str]:
    """What became of the files: inputs are as they were, and nothing is left that nobody asked for."""
    wrong = []
    for name, content in case.files.items():
        if name in case.outputs:
            continue
        path = folder / name
        if not path.is_file():
            wrong.append(f"the input {name} is gone")
        elif path.read_bytes() != content:
            wrong.append(f"the input {name} was changed")
    there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    known = {*map(Path, case.files), *map(Path, case.outputs)}
    left = sorted(str(path) for path in there - known if path.parts[0] != CACHE)
    if left:
        wrong.append(f"left behind: {', '.join(left)}")
    return wrong
