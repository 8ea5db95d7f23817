"""How far a study is: runs done and to come, how fast they are made, and how long the rest takes at that pace."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

from ..storage.store import Store


def progress(store: Store) -> dict[str, Any]:
    """Plain values on the last study that was begun in a store.

    ``title``; ``done``, ``total`` (None where the store does not know a study) and ``failed`` runs; ``prepared``
    references and trainings; ``working``, the number of processes at work; ``rate`` [runs/s] and ``left`` [s], None
    where no process is at work or nothing has ended yet.
    """
    asked = store.studies()[-1:]
    title, keys = (str(json.loads(asked[0][0])["study"]), set(asked[0][1])) if asked else (store.path.stem, None)
    done = store.finished(keys) if keys is not None else None
    count = store.count() if done is None else len(done)
    failed = store.failed()
    began = store.working()
    rate = _rate(store, min(began), keys) if began else None
    total = None if keys is None else len(keys)
    return {
        "title": title,
        "done": count,
        "total": total,
        "failed": len(failed if done is None else failed & done),
        "prepared": store.prepared_count(),
        "working": len(began),
        "rate": rate,
        "left": (total - count) / rate if rate and total is not None else None,
    }


def _rate(store: Store, began: float, keys: set[str] | None) -> float | None:
    """Runs a second since the first that was started after `began` [s since 1970]."""
    since = datetime.datetime.fromtimestamp(began, datetime.UTC).isoformat(timespec="milliseconds")
    ended = [start for key, start in store.started_since(since) if keys is None or key in keys]
    if not ended:
        return None
    seconds = time.time() - datetime.datetime.fromisoformat(min(ended)).timestamp()
    return len(ended) / seconds if seconds > 0.0 else None
