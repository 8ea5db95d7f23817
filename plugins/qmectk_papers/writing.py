"""What a run of a paper leaves in its folder: verdicts as JSON, Markdown and LaTeX, tables, and figures."""

from __future__ import annotations

import json
import math
import platform
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from qmectk.comparing.report.tables import markdown
from qmectk.extending.installed import installed
from qmectk.figures import drawn, save_figure
from qmectk.files.intake import read_text
from qmectk.files.storage import replace_file
from qmectk.presenting.latex import latex

from .reproduction import MOST, Reproduction
from .verdicts import WORDS, with_interval

#: Packages whose versions decide the numbers.
PACKAGES = ("qmectk", "numpy", "torch")


def write(found: Reproduction, folder: Path, suffixes: tuple[str, ...], columns: int) -> list[str]:
    """``verdicts.json``, ``report.md``, ``report.html``, ``verdicts.tex`` and the figures; returns their names.

    Figures are PNG for the report, and of these suffixes for so many columns of a page.
    """
    figures = _figures(found, folder, suffixes, columns) if installed("matplotlib") else []
    replace_file(folder / "verdicts.json", json.dumps({**found.as_dict(), "versions": versions()}, indent=1).encode())
    replace_file(folder / "report.md", page(found, figures).encode())
    replace_file(folder / "verdicts.tex", table(found).encode())
    pages = ["report.md"]
    if installed("jinja2"):
        from .html import as_html

        html = as_html(found, folder, figures, asked(found.paper.name, found.scale), versions())
        replace_file(folder / "report.html", html.encode())
        pages.insert(0, "report.html")
    return [*pages, "verdicts.json", "verdicts.tex", *figures]


def versions() -> dict[str, str]:
    """Versions that decide the numbers."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES if installed(name)}}


def page(found: Reproduction, figures: list[str]) -> str:
    """The report: verdicts first, then figures, then how it was run."""
    made = found.paper
    count = {
        word: sum(v.word == word for v in found.verdicts) for word in dict.fromkeys(v.word for v in found.verdicts)
    }
    lines = [f"# {markdown(made.title)}", "", markdown(made.citation), ""]
    lines += [f"{len(found.verdicts)} claims: {', '.join(f'{n} {word}' for word, n in count.items())}.", ""]
    lines += ["| verdict | claim | place | the paper prints | found | needed |", "|---|---|---|---|---|---|"]
    for v in found.verdicts:
        row = v.as_dict()
        name = f"{v.claim.says}" + (" (ours)" if v.claim.finding else "")
        cells = [
            f"**{v.word}**",
            markdown(name),
            *map(markdown, (row["place"], row["prints"], v.evidence, row["needs"])),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    remarks = [f"* {markdown(v.claim.says)} {markdown(v.claim.remark)}" for v in found.verdicts if v.claim.remark]
    if remarks:
        lines += ["", "## Remarks", "", *remarks]
    pictures = [name for name in figures if name.endswith(".png")]
    if pictures:
        lines += ["", "## Figures", "", *(f"![{Path(name).stem}]({name})\n" for name in pictures)]
    lines += ["", "## How it was run", ""]
    lines += [f"`{asked(made.name, found.scale)}`", ""]
    seeds, spent = ", ".join(map(str, found.seeds)), sum(found.seconds.values())
    lines += [f"* seeds {seeds}; {spent:.0f} s of wall clock in the starts that finished each"]
    lines += [f"* {name}: {seconds:.0f} s, [table](tables/{name}.csv)" for name, seconds in found.seconds.items()]
    lines += [f"* {name} {text}" for name, text in versions().items()]
    return "\n".join(lines) + "\n"


def table(found: Reproduction) -> str:
    """The verdicts as a LaTeX table over pages, which needs booktabs and longtable."""
    rows = []
    for v in found.verdicts:
        # ragged cells, but for the last one, whose row's end they would take away
        cells = [rf"\raggedright {latex(text)}" for text in (v.claim.place, v.claim.says, v.evidence)]
        rows.append(" & ".join([*cells, latex(v.word)]) + r" \\")
    spec = "".join(rf"p{{{share}\linewidth}}" for share in (0.11, 0.36, 0.2)) + "l"
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,longtable}",
            rf"{{\footnotesize\begin{{longtable}}{{{spec}}}",
            r"\toprule",
            r"place & claim & found & verdict \\",
            r"\midrule",
            r"\endhead",
            *rows,
            r"\bottomrule",
            r"\end{longtable}}",
            "",
        ]
    )


def asked(name: str, scale: str) -> str:
    """The command of a run."""
    return f"qmectk reproduce {name}" + ("" if scale == "default" else f" --{scale}")


def overview(folder: Path) -> str:
    """What holds: the claims of every paper that was run into a folder of this one, with their verdicts."""
    lines = [
        "# What holds",
        "",
        "Every claim of the papers with its verdict, as `qmectk reproduce NAME` finds it; claims in italics are ours.",
        "The pages have the numbers, intervals over seeds, figures and tables, and how they were run.",
        "The table counts the paper's claims and, after the plus, ours.",
        "",
        f"| paper | {' | '.join(WORDS)} |",
        f"|---|{'---|' * len(WORDS)}",
    ]
    runs = [(path, json.loads(read_text(path, MOST))) for path in sorted(folder.glob("*/verdicts.json"))]
    for path, run in runs:
        counts = Counter((one["verdict"], bool(one["finding"])) for one in run["claims"])
        cells = [f"{counts[word, False]} + {counts[word, True]}" for word in WORDS]
        lines.append(f"| [{markdown(run['title'])}]({path.parent.name}/report.md) | {' | '.join(cells)} |")
    for path, run in runs:
        lines += ["", f"## [{markdown(run['title'])}]({path.parent.name}/report.md)", ""]
        count = Counter(one["verdict"] for one in run["claims"])
        lines += [f"`{asked(run['paper'], run['scale'])}`: {', '.join(f'{n} {word}' for word, n in count.items())}."]
        lines += ["", "| verdict | claim | place | found | needed |", "|---|---|---|---|---|"]
        for one in run["claims"]:
            says = f"*{markdown(one['says'])}*" if one["finding"] else markdown(one["says"])
            mean, low, high = (math.nan if one[name] is None else one[name] for name in ("mean", "low", "high"))
            found = with_interval(mean, low, high, one["why"])
            cells = [one["verdict"], says, *map(markdown, (one["place"], found, one["needs"]))]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _figures(found: Reproduction, folder: Path, suffixes: tuple[str, ...], columns: int) -> list[str]:
    written: list[str] = []
    (folder / "figures").mkdir(exist_ok=True)
    for name, (needs, draw) in found.paper.figures.items():
        if not set(needs) <= set(found.tables):
            continue
        printed = drawn(draw, found.tables, columns=columns)
        made = {**dict.fromkeys(suffixes, printed), ".png": drawn(draw, found.tables)}
        for suffix, figure in made.items():
            save_figure(figure, folder / "figures" / f"{name}{suffix}")
            written.append(f"figures/{name}{suffix}")
    return written


__all__ = ["asked", "overview", "page", "table", "versions", "write"]
