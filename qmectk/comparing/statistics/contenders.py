"""What contenders are called: the backend with its preset, or with the options that tell it from its namesakes.

Runs of several versions of a backend are those of several contenders, and the version is part of what they are called.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd

#: A contender: its backend, its options as JSON with sorted names, and its version.
Key = tuple[str, str, str]

#: Letters of a hash that are shown.
HASH = 8


def contenders(runs: pd.DataFrame) -> pd.Series:
    """A label a run.

    Runs of the same backend with the same options are one contender. It is called after its preset, as a study and
    the terminal call it; without one (or with several) after the options that differ among those that are called
    alike, and after the backend alone where there is nothing to tell apart. Where a backend has runs of several
    versions, its version follows.
    """
    parsed = [_options(text) for text in runs["options"]]
    texts = [json.dumps(options, sort_keys=True, default=str) for options in parsed]
    keys: list[Key] = list(zip(runs["backend"], texts, runs["version"], strict=True))
    versions: dict[tuple[str, str], set[str]] = {}
    for backend, text, version in keys:
        versions.setdefault((backend, text), set()).update([version] if version else [])
    # a run that died before it said its version had the only one there is
    keys = [(*key[:2], key[2] or (min(known) if len(known := versions[key[:2]]) == 1 else "")) for key in keys]
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
            settings = [f"{name}={_short(options_of[key][name])}" for name in differing if name in options_of[key]]
            if not settings and differing:
                settings = ["defaults"]
            if len(versions[key[:2]]) > 1:
                settings.append(_version(key[2]))
            words = ", ".join([preset, *settings] if preset else settings)
            label = f"{backend} ({words})" if words else backend
            unique, count = label, 2
            while unique in taken:
                unique, count = f"{label} #{count}", count + 1
            taken.add(unique)
            labels[key] = unique
    return pd.Series([labels[key] for key in keys], index=runs.index, dtype=object)


def _version(text: str) -> str:
    """A version in words, hashes of code shortened.

    >>> _version("0.1.0 annealers 2.0"), _version("0.2.0 0123456789abcdef")
    ('qmectk 0.1.0 annealers 2.0', 'qmectk 0.2.0 01234567')
    """
    if not text:
        return "version unknown"
    words = [word[:HASH] if re.fullmatch("[0-9a-f]{16,}", word) else word for word in text.split()]
    return " ".join(["qmectk", *words])


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
