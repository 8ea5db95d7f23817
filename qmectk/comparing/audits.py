"""How many proofs of a study a second prover was set beside, and what it made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def audit_counts(frame: pd.DataFrame) -> dict[str, int]:
    """Audited proofs, and how many of them the second prover agreed with, disputed, or did not decide."""
    texts = frame["info"].dropna() if "info" in frame else []
    verdicts = [json.loads(text)["audit"]["verdict"] for text in texts if '"audit"' in text and _has(text)]
    counts = {name: verdicts.count(verdict) for name, verdict in _VERDICTS.items()}
    return {"audited": len(verdicts), **counts}


_VERDICTS = {"agreed": "agrees", "disputed": "disagrees", "open": "open"}


def _has(text: str) -> bool:
    return isinstance(json.loads(text).get("audit"), dict)


def sentence(counts: Mapping[str, int]) -> str:
    """The counts for people."""
    many = counts["audited"]
    out = f"{many} proof{'s' if many != 1 else ''} set beside a second prover: {counts['agreed']} agreed"
    if counts["disputed"]:
        out += f", {counts['disputed']} DISPUTED"
    if counts["open"]:
        out += f", {counts['open']} not decided by any other prover"
    return out


__all__ = ["audit_counts", "sentence"]
