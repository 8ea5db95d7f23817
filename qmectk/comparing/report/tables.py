"""Markdown and LaTeX: the tables of a report, for pages, CI and papers."""

from __future__ import annotations

import re

from .content import Cell, Content, Table
from .guide import guide
from .wording import MISSING


def as_markdown(content: Content) -> str:
    """The report in GitHub-flavoured Markdown, without plots."""
    out = [f"# {markdown(content.title)}", markdown(content.subtitle)]
    many = len(content.parts) > 1
    for part in content.parts:
        lead = f"**{markdown(part.problem)}** " if many else ""
        out.append(lead + markdown(" ".join(part.verdict)))
    out += [f"> {markdown(line)}" for line in content.warnings]
    for part in content.parts:
        out.append(f"## {markdown(part.problem)}")
        out += [f"> {markdown(line)}" for line in part.notes]
        out += [_markdown_table(part.summary), markdown(part.summary.note)]
        if part.ranking:
            out.append(markdown(part.ranking))
        for table in part.every_table():
            out += [f"### {markdown(table.title)}", _markdown_table(table), markdown(table.note)]
    if content.ranking:
        out += ["## Across problems", markdown(content.ranking)]
    out += ["## Failures", markdown(content.failures.note)]
    if content.failures.rows:
        out.append(_markdown_table(content.failures))
    out += ["## How it was run", _markdown_table(content.settings)]
    if content.penalties:
        out += [f"### {content.penalties.title}", _markdown_table(content.penalties)]
    for table in content.environment:
        out.append(f"{markdown(table.title)}: " + "; ".join(markdown(f"{k.text} {v.text}") for k, v in table.rows))
    out.append("## How to read this")
    out += [f"**{markdown(head)}.** {markdown(says)}" for head, says in guide(content)]
    return "\n\n".join(line for line in out if line) + "\n"


def as_latex(content: Content) -> str:
    r"""Tables in LaTeX, one a problem, for ``\input`` after ``\usepackage{booktabs}``."""
    out = [f"% {latex(content.title)}: {latex(content.subtitle)}", "% needs \\usepackage{booktabs}"]
    for part in content.parts:
        # a caption travels with its table, and so must what the numbers take for granted
        caption = f"{part.problem}: {' '.join([*part.verdict, *part.notes, *content.warnings])}"
        out.append(_latex_table(part.summary, caption, _paper_columns(part.summary)))
        for table in part.every_table():
            out.append(
                _latex_table(table, f"{part.problem}: {table.title}. {table.note}", list(range(len(table.heads))))
            )
    if content.failures.rows:
        out.append(_latex_table(content.failures, f"Failures. {content.failures.note}", list(range(5))))
    return "\n\n".join(out) + "\n"


def markdown(text: str) -> str:
    """`text` as Markdown that shows it as it is."""
    # "<" and "&" would be HTML, "|" would end a cell, "@" would notify people; the others are markup
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    text = re.sub(r"([\\`*_\[\]|~$]|^#)", r"\\\1", text)
    # a paragraph that begins like a list item or a setext underline is not meant as one
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "≤": r"$\le$",
    "\u00d7": r"$\times$",
    "∞": r"$\infty$",
    "\u2212": r"$-$",
    "µ": r"\textmu{}",
    "\u2013": "--",
    "✗": r"$\times$",
    "·": r"$\cdot$",
    "\u202f": r"\,",
    "\u00a0": "~",
    "[": "{[}",
    "]": "{]}",
}


def latex(text: str) -> str:
    """`text` as LaTeX that shows it as it is."""
    return "".join(_LATEX.get(character, character) for character in text)


def _markdown_table(table: Table) -> str:
    def cell(one: Cell) -> str:
        text = markdown(one.text)
        text = f"**{text}**" if one.best else text
        return f"{text} ({markdown(one.note)})" if one.note else text

    lines = [[markdown(head) for head, _ in table.heads]]
    numbers = [any(isinstance(row[i].key, float | int) for row in table.rows) for i in range(len(table.heads))]
    lines.append(["---:" if number else "---" for number in numbers])
    lines += [[cell(one) for one in row] for row in table.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _paper_columns(table: Table) -> list[int]:
    """Columns of the summary that say something: those that are empty in every row are left out."""
    return [i for i in range(len(table.heads)) if any(row[i].text not in (MISSING, "0") for row in table.rows)]


def _latex_table(table: Table, caption: str, columns: list[int]) -> str:
    def line(cells: list[str]) -> str:
        return "  " + " & ".join(cells) + r" \\"

    def shown(cell: Cell) -> str:
        return rf"\textbf{{{latex(cell.text)}}}" if cell.best else latex(cell.text)

    def pick(row: list[Cell]) -> list[Cell]:
        return [row[i] for i in columns]

    spec = "".join("r" if any(isinstance(row[i].key, float | int) for row in table.rows) else "l" for i in columns)
    body = []
    for row in table.rows:
        body.append(line([shown(cell) for cell in pick(row)]))
        notes = [cell.note for cell in pick(row)]
        if any(notes):
            body.append(line([rf"\scriptsize {latex(note)}" if note else "" for note in notes]))
    heads = line([latex(table.heads[i][0]) for i in columns])
    rows = [r"  \toprule", heads, r"  \midrule", *body, r"  \bottomrule"]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex(caption)}}}",
            rf"  \begin{{tabular}}{{{spec}}}",
            *rows,
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )
