"""A solution as a page of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plugins import registry
from .page import Facts
from .wording import number, percent, ratio, seconds, values, words

if TYPE_CHECKING:
    from ..solution import Solution

#: Characters of a lowering's note that fit a table; ``qmectk explain`` prints all of it.
LONGEST_NOTE = 60

#: Share of the time from which compilation is shown apart.
SHOWN = 0.05


def facts_of(solution: Solution, source: str = "", summary: str = "", data: dict[str, Any] | None = None) -> Facts:
    """What was asked, what came out, and what proves it.

    `source` names the problem's file, `summary` the backend; `data` is ``solution.as_dict()`` where it is at hand.
    """
    data = solution.as_dict() if data is None else data
    rows = [
        ("problem", _problem(data, source)),
        ("backend", _backend(data, summary)),
        ("route", route_text(data["route"])),
        ("objective", _objective(data)),
        ("bound", _bound(solution, data)),
        ("gap", percent(data["gap"]) if data["gap"] is not None else ""),
        ("quality", data["quality"] + (" (worst frame)" if "frames" in data else "")),
        ("stopped", _stopped(data)),
        ("violation", _violation(data["violation"])),
        ("ratio", _ratios(data)),
        ("rounded", _rounded(data)),
        *(("floor", text) for text in _floors(data)),
        *(("change", text) for text in _recoveries(data)),
        ("time", _time(data)),
        ("training", words(data["info"].get("training") or {})),
        ("details", words({k: v for k, v in data["info"].items() if k not in ("training", "via")})),
        ("message", data["message"]),
    ]
    rows += [("note", note) for note in data["notes"]]
    rows += [("fault", fault) for fault in data["faults"]]
    if "frames" not in data:
        rows += [(f"  {name}", values(value)) for name, value in (solution.values or {}).items()]
    return Facts(rows)


def route_text(route: list[dict[str, str]]) -> str:
    """The views of a route in one line, with what is lost on the way."""
    out = "the declared problem"
    for step in route[1:]:
        view = step["view"].split(" (")[0]
        note = (
            step["note"]
            if len(step["note"]) <= LONGEST_NOTE
            else step["note"][:LONGEST_NOTE].rsplit(" ", 1)[0] + " ..."
        )
        out += f" -> {view} ({step['fidelity']}{': ' + note if note else ''})"
    return out


def _problem(data: dict[str, Any], source: str) -> str:
    frames = data.get("frames")
    count = f", {frames} frame{'s' * (frames != 1)}" if frames is not None else ""
    return f"{data['problem']}{count}" + (f"  ({source})" if source else "")


def _backend(data: dict[str, Any], summary: str) -> str:
    options = " ".join(f"-o {key}={value}" for key, value in data["options"].items())
    via = data["info"].get("via")
    return "  ".join(
        part
        for part in (data["backend"], f"via {via}" if via else "", options, f"({summary})" if summary else "")
        if part
    )


def _unit(data: dict[str, Any]) -> str:
    return f" {data['unit']}" if data["unit"] else ""


def _violation(violation: float | None) -> str:
    return "" if violation is None else number(violation, 3) + (" relative" if violation else "")


def _objective(data: dict[str, Any]) -> str:
    if data["objective"] is None:
        return ""
    over = "mean over the frames, " if "frames" in data else ""
    return f"{number(data['objective'], 8)}{_unit(data)}  ({over}{data['sense']}d)"


def _bound(solution: Solution, data: dict[str, Any]) -> str:
    certificate = data["certificate"]
    if certificate is None:
        proved = sum(one.certificate is not None for one in getattr(solution, "solutions", ()))
        return f"proved for {proved} of {data['frames']} frames only" if proved else "unknown"
    over = "mean over the frames, " if "frames" in data else ""
    source = certificate["source"]
    certifier = registry().reference
    if certifier is not None and source.split(":")[0] == certifier.name:  # its route is trivial; whom it asked is not
        source = _reference(data)
    how = "proved by" if not certificate.get("claimed") else "claimed, with nothing beside it, by"
    return f"{number(certificate['bound'], 8)}{_unit(data)}  ({over}{how} {certificate['kind']}; {source})"


def _stopped(data: dict[str, Any]) -> str:
    meaning = {
        "proved": "with a proof",
        "converged": "by its own rule, without a proof",
        "budget": "time or iterations ran out",
        "interrupted": "by Ctrl-C",
        "failed": "it crashed or could not go on",
    }
    return f"{data['termination']}  ({meaning[data['termination']]})"


def _reference(data: dict[str, Any]) -> str:
    reference = data["reference"]
    if reference is None:
        via = data["info"].get("via")
        return f"{data['backend']}{f' via {via}' if via else ''}"
    via = "" if reference["via"] == reference["backend"] else f" via {reference['via']}"
    return f"{reference['backend']}{via}{'' if reference['proved'] else ' (not proved on every frame)'}"


def _ratios(data: dict[str, Any]) -> str:
    if data.get("mean_ratio") is None:
        return ""
    return (
        f"mean {ratio(data['mean_ratio'])}, worst {ratio(data['worst_ratio'])}, "
        f"{percent(data['share_optimal'], 4)} of frames optimal; measured against {_reference(data)}"
    )


def _rounded(data: dict[str, Any]) -> str:
    """The same without choosing among candidates, where a backend says what it would have done then."""
    mean = data.get("mean_raw_ratio")
    return "" if mean is None else f"mean ratio {ratio(mean)} of what it says before it chooses among candidates"


def _floors(data: dict[str, Any]) -> list[str]:
    """What plain rules reach on the same frames."""
    rows = []
    for floor in data.get("floors") or []:
        reached = "no mean" if floor["mean_ratio"] is None else f"mean {ratio(floor['mean_ratio'])}"
        about = f"; {words(floor['about'])}" if floor["about"] else ""
        why = f": {floor['message']}" if floor["message"] else ""
        rows.append(f"{reached}, {floor['backend']} ({floor['summary']}){about}{why}")
    return rows


def _recoveries(data: dict[str, Any]) -> list[str]:
    return [
        f"at frame {one['frame']}, {one['action']}: {one['before']:.5f} before, {one['after']:.5f} after, "
        + (f"back in {one['frames']} frames" if one["frames"] is not None else "not back by its end")
        for one in data.get("recovery") or []
    ]


def _time(data: dict[str, Any]) -> str:
    each = data.get("seconds_per_frame")
    frame = f", {seconds(each)} a frame" if each is not None else ""
    beside = data["reference"]
    reference = f"; reference {seconds(beside['seconds'])}" if beside else ""
    compiling = data.get("compilation_seconds") or 0.0
    apart = f", {seconds(compiling)} of it compilation" if compiling >= SHOWN * data["seconds"] > 0.0 else ""
    return f"{seconds(data['seconds'])}{frame}{apart}{reference}"
