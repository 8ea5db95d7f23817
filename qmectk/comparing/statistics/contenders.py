"""What contenders are called: the backend with its preset, or with the options that tell it from its namesakes."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

#: A contender: its backend and its options as JSON with sorted names.
Key = tuple[str, str]


def contenders(runs: pd.DataFrame) -> pd.Series:
    """A label a run.

    Runs of the same backend with the same options are one contender. It is called after its preset, as a study and
    the terminal call it; without one (or with several) after the options that differ among those that are called
    alike, and after the backend alone where there is nothing to tell apart.
    """
    parsed = [_options(text) for text in runs["options"]]
    texts = [json.dumps(options, sort_keys=True, default=str) for options in parsed]
    keys: list[Key] = list(zip(runs["backend"], texts, strict=True))
    options_of = dict(zip(keys, parsed, strict=True))
    presets: dict[Key, set[str]] = {}
    for key, preset in zip(keys, runs["preset"], strict=True):
        presets.setdefault(key, set()).update([preset] if preset else [])
    namesakes: dict[tuple[str, str], list[Key]] = {}
    for key, found in presets.items():
        namesakes.setdefault((key[0], next(iter(found)) if len(found) == 1 else ""), []).append(key)
    labels: dict[Key, str] = {}
    taken: set[str] = set()
    for (backend, preset), alike in namesakes.items():
        differing = _differing([options_of[key] for key in alike])
        for key in alike:
            told = [f"{name}={_short(options_of[key][name])}" for name in differing if name in options_of[key]]
            if len(alike) > 1 and not told:
                told = ["defaults"]
            words = ", ".join([preset, *told] if preset else told)
            label = f"{backend} ({words})" if words else backend
            unique, count = label, 2
            while unique in taken:
                unique, count = f"{label} #{count}", count + 1
            taken.add(unique)
            labels[key] = unique
    return pd.Series([labels[key] for key in keys], index=runs.index, dtype=object)


def _differing(found: list[dict[str, Any]]) -> list[str]:
    """Names of the options that are not the same in all."""
    names = sorted({name for options in found for name in options})
    return [name for name in names if len({json.dumps(o.get(name), default=str) for o in found}) > 1]


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text) if text else {}
    except ValueError:
        return {"options": text}
    return options if isinstance(options, dict) else {"options": options}


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
