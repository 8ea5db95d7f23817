"""Pydantic's errors as sentences with the line they belong to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import InputError
from ..names import nearest
from ..quoting import short, shown
from .yaml_text import Path


def explain(error: ValidationError, model: type[BaseModel], lines: dict[Path, int], source: str) -> InputError:
    """One InputError for a validation error: its first problem, and how many more there are."""
    problems = error.errors()
    # an unknown key often causes "field required" as well; the misspelling is the thing to say first
    problems.sort(key=lambda p: (p["type"] != "extra_forbidden", lines.get(_known(tuple(p["loc"]), lines), 0)))
    first = problems[0]
    where = _known(tuple(first["loc"]), lines)
    line = f", line {lines[where]}" if where in lines and where else ""
    more = "" if len(problems) == 1 else f" (and {len(problems) - 1} more)"
    message, remedy = _sentence(first, model)
    # how many more there are belongs to whatever comes last
    return InputError(f"{source}{line}: {message}{'' if remedy else more}", remedy + more if remedy else "")


def _known(location: tuple[Any, ...], lines: dict[Path, int]) -> Path:
    """The longest prefix of a pydantic location that is a path of the file (union tags are not)."""
    path: Path = ()
    for part in location:
        if (*path, part) in lines:
            path = (*path, part)
    return path


def _sentence(problem: Any, model: type[BaseModel]) -> tuple[str, str]:
    location = [part for part in problem["loc"] if isinstance(part, (str, int))]
    key = ".".join(short(part) for part in location) or "the file"
    kind = problem["type"]
    if kind == "extra_forbidden":
        siblings = _siblings(model, location[:-1])
        hint = nearest(str(location[-1]), siblings)
        last = short(location[-1])
        remedy = f"did you mean '{hint}'?" if hint else f"known here: {', '.join(sorted(siblings))}"
        return f"there is no key '{last}'", remedy
    if kind == "missing":
        return f"'{key}' is missing", ""
    if kind == "union_tag_invalid":
        expected = str(problem["ctx"]["expected_tags"]).replace("'", "")
        given = short(problem["ctx"]["tag"])
        hint = nearest(given, expected.split(", "))
        known = f"known: {expected}"
        return f"'{key}' has no model '{given}'", f"did you mean '{hint}'?" if hint else known
    if kind == "union_tag_not_found":
        return f"'{key}' must say which model it is", "add 'model: rayleigh', for example"
    text = problem["msg"]
    for prefix in ("Value error, ", "Input should be "):
        if text.startswith(prefix):
            text = text[len(prefix) :] if prefix == "Value error, " else "must be " + text[len(prefix) :]
    given = problem.get("input")
    quote = text.startswith("must be ") and isinstance(given, (int, float, str, bool))
    quoted = f", not {shown(given)}" if quote else ""
    return f"'{key}': {text}{quoted}" if location else f"{text}{quoted}", ""


def _siblings(model: Any, location: list[Any]) -> list[str]:
    """Field names of the (sub)model at `location`; of all members where it is a union."""
    found = [model]
    for part in location:
        below: list[Any] = []
        for candidate in found:
            for name, field in candidate.model_fields.items():
                if name == part:
                    below += _models(field.annotation)
            if _tag(candidate) == part:
                below.append(candidate)
        found = below or found
    return sorted({name for candidate in found for name in candidate.model_fields})


def _models(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    out: list[Any] = []
    for argument in getattr(annotation, "__args__", ()):
        out += _models(argument)
    return out


def _tag(model: Any) -> Any:
    field = model.model_fields.get("model")
    return field.default if field is not None else None
