"""Pydantic's errors as sentences with the line they belong to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import InputError
from ..presenting.names import nearest
from ..presenting.quoting import short, shown

#: Keys and numbers of items that lead to a value.
Path = tuple[str | int, ...]


def explain(
    error: ValidationError, model: type[BaseModel], data: Any, lines: dict[Path, int], source: str
) -> InputError:
    """One InputError for a validation error of `data`: its first problem, and how many more there are."""
    found: dict[Path, list[Any]] = {}
    for problem in error.errors():
        found.setdefault(_keys(problem, data), []).append(problem)
    # where a key takes one thing or another, what is wrong within the one that was meant says more
    outer = {keys[:length] for keys in found for length in range(len(keys))}
    # an unknown key often causes "field required" as well; the misspelling is the thing to say first
    order = sorted(
        (keys for keys in found if keys not in outer),
        key=lambda keys: (found[keys][0]["type"] != "extra_forbidden", lines.get(keys, 0)),
    )
    where = order[0]
    message, remedy = _sentence(found[where], where, model)
    place = where
    while place and place not in lines:
        place = place[:-1]  # what is missing has no line
    line = f", line {lines[place]}" if place in lines and place else ""
    more = "" if len(order) == 1 else f" (and {len(order) - 1} more)"
    # how many more there are belongs to whatever comes last
    return InputError(f"{source}{line}: {message}{'' if remedy else more}", remedy + more if remedy else "")


def _keys(problem: Any, data: Any) -> Path:
    """The keys of a pydantic location, without its names for the alternatives of a union."""
    keys: Path = ()
    for part in problem["loc"]:
        listed = isinstance(data, (list, tuple)) and isinstance(part, int) and part < len(data)
        if listed or (isinstance(data, dict) and part in data):
            data, keys = data[part], (*keys, part)
    return (*keys, problem["loc"][-1]) if problem["type"] == "missing" else keys


def _sentence(problems: list[Any], where: Path, model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong with one key, and the remedy; there are several problems where it takes one thing or another."""
    first = problems[0]
    location, kind = list(first["loc"]), first["type"]
    key = ".".join(short(part) for part in where) or "the file"
    if kind == "extra_forbidden":
        siblings = _siblings(model, location[:-1])
        hint = nearest(str(location[-1]), siblings)
        last = short(location[-1])
        remedy = f"did you mean '{hint}'?" if hint else f"known here: {', '.join(sorted(siblings))}"
        return f"there is no key '{last}'", remedy
    if kind == "missing":
        return f"'{key}' is missing", ""
    if kind == "union_tag_invalid":
        expected = str(first["ctx"]["expected_tags"]).replace("'", "")
        given = short(first["ctx"]["tag"])
        hint = nearest(given, expected.split(", "))
        known = f"known: {expected}"
        return f"'{key}' has no model '{given}'", f"did you mean '{hint}'?" if hint else known
    if kind == "union_tag_not_found":
        return f"'{key}' must say which model it is", "add 'model: rayleigh', for example"
    text = ", or ".join(dict.fromkeys(map(_plain, problems)))
    given = first.get("input")
    quote = "must be " in text and isinstance(given, (int, float, str, bool))
    quoted = f", not {shown(given)}" if quote else ""
    return f"'{key}': {text}{quoted}" if where else f"{text}{quoted}", ""


def _plain(problem: Any) -> str:
    text: str = problem["msg"]
    start = "Input should be "
    return "must be " + text[len(start) :] if text.startswith(start) else text.removeprefix("Value error, ")


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
