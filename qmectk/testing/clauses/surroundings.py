"""What a backend must leave as it was: generators, instances, standard output, the process."""

from __future__ import annotations

from ..bench import Bench
from .contract import clause, require
from .observed import taken_cases


@clause
def leaves_random_state(bench: Bench) -> str:
    """All its randomness comes from the generator it is given: global generators are left as they were."""
    for seen in taken_cases(bench):
        # what it imports may draw, too, but does so once
        drawn = seen.random_state and bench.look(seen.case).random_state
        require(not drawn, f"{seen.case.name}: it draws from the global {' and '.join(drawn)}")
    return "untouched"


@clause
def leaves_instances(bench: Bench) -> str:
    """It does not write into the instance it is given."""
    for seen in taken_cases(bench):
        require(not seen.changed, f"{seen.case.name}: it changes {', '.join(seen.changed)}")
    return "untouched"


@clause
def prints_nothing(bench: Bench) -> str:
    """It writes nothing to standard output, which belongs to the JSON of the command line."""
    for seen in taken_cases(bench):
        text = seen.printed.strip()
        require(not text, f"{seen.case.name}: it prints {text.splitlines()[0][:80]!r}" if text else "")
    return "silent"


@clause
def leaves_nothing_running(bench: Bench) -> str:
    """It leaves no thread that keeps the interpreter alive and no child process."""
    for seen in taken_cases(bench):
        require(not seen.left_behind, f"{seen.case.name}: it leaves {', '.join(seen.left_behind)}")
    return "nothing left"
