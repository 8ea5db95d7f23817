"""Tables of backends and problems from the registry, as Markdown: nothing in them is written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import qmectk
from qmectk.catalogue import KINDS, BackendInfo, Catalogue
from qmectk.options import OptionField
from qmectk.plugins import registry
from qmectk.solution import plain
from qmectk_cli.render import kind


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is escaped."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def backends(catalogue: Catalogue, page: str) -> str:
    """Every backend in a row, by what they do; `page` is where the sections of :func:`backend_sections` are."""
    parts = []
    for kind_of in dict.fromkeys([*KINDS, *(info.kind for info in catalogue)]):
        rows = [
            [
                f"[`{info.name}`]({page}#{info.name})",
                ", ".join(_view(view) for view in info.accepts),
                "yes" if info.proves else "",
                info.summary,
            ]
            for info in catalogue
            if info.kind == kind_of
        ]
        if rows:
            headers = ["backend", "takes", "proves", "what it does"]
            parts.append(f"**{kind_of.capitalize()}**\n\n{table(headers, rows)}")
    return "\n".join(parts)


def _view(name: str) -> str:
    return "the declared problem" if name == "Instance" else name


def matches(catalogue: Catalogue) -> str:
    """Which backend takes which shipped problem, with the best fidelity its route can have."""
    names = list(qmectk.problems())
    rows = []
    for info in catalogue:
        answers = [info.matches[name].fidelity or "" for name in names]
        rows.append(
            [f"[`{info.name}`](#{info.name})", *(["needs an account"] * len(names) if info.remedy else answers)]
        )
    return table(["backend", *names], rows)


def backend_sections(catalogue: Catalogue) -> str:
    """A section a backend: what it takes, from where it comes, and its options."""
    return "\n".join(line for info in catalogue for line in _section(info))


def _section(info: BackendInfo) -> Iterator[str]:
    backend = registry().backends[info.name]
    extra = getattr(backend, "extra", "")
    yield f"## {info.name} {{#{info.name}}}\n\n{info.summary}\n"
    yield f"* Takes: {', '.join(_view(view) for view in info.accepts)}"
    yield f"* Proves: {'its bound is a certificate' if info.proves else 'nothing; `exact` certifies its answers'}"
    if extra:
        yield f"* Install: `pip install 'qmectk[{extra}]'`"
    if info.options:
        yield "\n" + _options(info.options)
    yield ""


def _options(fields: Sequence[OptionField]) -> str:
    rows = [[f"`-o {f.name}`", kind(f.type), f"`{json.dumps(plain(f.default))}`", f.help] for f in fields]
    made = table(["option", "takes", "default", "meaning"], rows)
    if len(fields) <= 8:
        return made
    inside = "".join(f"    {line}\n" for line in made.splitlines())
    return f'??? note "{len(fields)} options"\n\n{inside}'


def problems(page: str) -> str:
    """Every family in a row, with the file that comes with qmectk."""
    shipped = {type(problem).__name__: name for name, problem in qmectk.problems().items()}
    return table(
        ["family", "file by name", "what it is"],
        [
            [
                f"[`{name}`]({page}#{name})",
                f"`{shipped[made]}`" if (made := family.__name__) in shipped else "",
                family.summary,
            ]
            for name, family in sorted(registry().problems.items())
        ],
    )


def problem_sections() -> str:
    """A section a family: every key of its files."""
    parts = []
    for name, family in sorted(registry().problems.items()):
        schema = family.Params.model_json_schema()
        parts.append(f"## {name} {{#{name}}}\n\n{family.summary}\n\n{_keys(name, schema)}")
        for title, part in schema.get("$defs", {}).items():
            said = " ".join(part.get("description", "").replace("``", "`").split())
            parts.append(f"### {title} {{#{_place(name, title)}}}\n\n{said}\n\n{_keys(name, part)}")
    return "\n".join(parts)


def _place(family: str, title: str) -> str:
    return f"{family}-{title.lower()}"


def _keys(family: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = []
    for key, value in schema.get("properties", {}).items():
        default = "needed" if key in required else f"`{json.dumps(value['default'])}`" if "default" in value else ""
        if "{" in default:  # the defaults of a section stand in its own table
            default = ""
        rows.append([f"`{key}`", _type(family, value), default, " ".join(value.get("description", "").split())])
    return table(["key", "takes", "default", "meaning"], rows)


WORDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}


def _type(family: str, value: dict[str, Any]) -> str:
    """What a key takes, in words; sections of their own are linked."""
    if "$ref" in value:
        title = value["$ref"].rpartition("/")[2]
        return f"[{title}](#{_place(family, title)})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    for several in ("anyOf", "oneOf"):
        if several in value:
            return " or ".join(dict.fromkeys(_type(family, one) for one in value[several]))
    if value.get("type") == "array":
        inner = [*value.get("prefixItems", []), *([value["items"]] if isinstance(value.get("items"), dict) else [])]
        return "list of " + (" or ".join(dict.fromkeys(_type(family, one) for one in inner)) or "values")
    if value.get("description") in ("number", "quantity") or isinstance(value.get("type"), list):
        return "number"
    return WORDS.get(str(value.get("type")), "section")
