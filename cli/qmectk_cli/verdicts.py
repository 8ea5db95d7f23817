"""How the verdicts of a conformance suite are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .failures import say


def show_verdicts(kind: str, name: str, results: Sequence[Any], *, as_json: bool) -> bool:
    """Print them as a table or as JSON; whether a clause is broken."""
    failed = [result for result in results if not result.passed]
    if as_json:
        from .output import print_json

        clauses = [
            {"clause": r.clause, "description": r.description, "passed": bool(r.passed), "detail": r.detail}
            for r in results
        ]
        print_json({kind: name, "passed": not failed, "clauses": clauses})
    else:
        from .render import table

        rows = [
            [r.clause, "passed", r.description]
            if r.passed
            else [r.clause, "failed", f"{r.description} But: {r.detail}"]
            for r in results
        ]
        table(["clause", "result", "what it asks"], rows)
    if failed:
        names = ", ".join(result.clause for result in failed)
        say(f"Error: {kind} '{name}' fails {len(failed)} of {len(results)} clauses: {names}")
    return bool(failed)


__all__ = ["show_verdicts"]
