"""Markdown and LaTeX: the tables of a report, for pages, CI and papers."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

import numpy as np

from ...presenting.latex import latex
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
    r"""Tables in LaTeX, for ``\input`` after ``\usepackage{booktabs}``, with labels such as ``tab:p1-summary``.

    What is wider than a column of two spans both; what is wider than a page is set in several pieces, one below the
    other, which all begin with the first column.
    """
    out = [f"% {latex(content.title)}: {latex(content.subtitle)}", "% needs \\usepackage{booktabs}"]
    labels: list[str] = []

    def add(table: Table, caption: str, columns: list[int], *names: str) -> None:
        labels.append(_label(names, labels))
        out.append(_latex_table(table, caption, columns, labels[-1]))

    for part in content.parts:
        # a caption travels with its table, and so must what the numbers take for granted
        caption = f"{part.problem}: {' '.join([*part.verdict, *part.notes, *content.warnings])}"
        add(part.summary, caption, _paper_columns(part.summary), part.problem, part.summary.title)
        for table in part.every_table():
            caption = f"{part.problem}: {table.title}. {table.note}"
            add(table, caption, list(range(len(table.heads))), part.problem, table.title)
    if content.failures.rows:
        add(content.failures, f"Failures. {content.failures.note}", list(range(5)), content.failures.title)
    return "\n\n".join(out) + "\n"


def number_columns(table: Table) -> list[bool]:
    """Whether each column is one of numbers: some cell is, or none says anything at all."""
    columns = [[row[index] for row in table.rows] for index in range(len(table.heads))]
    return [
        any(isinstance(cell.key, float | int) for cell in column)
        or (bool(column) and all(cell.text == MISSING and cell.key is None for cell in column))
        for column in columns
    ]


#: What Markdown would obey within a line: markup, an underscore that is not within a word, the end of a link's name.
_MARKUP = re.compile(r"[\\`*|~$]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])")

#: And at the start of a paragraph: a heading, a quotation, a list item, an underline.
_START = re.compile(r"^(?=[#>]|[-+](?:\s|$)|[-=]+\s*$)|(?<=^)(\d{1,9})(?=[.)](?:\s|$))")


def markdown(text: str) -> str:
    """`text` as Markdown that shows it as it is, marked only where it would be obeyed.

    >>> print(markdown("gap < 1 % of x_1 [a] *b*"))
    gap < 1 % of x_1 [a] \\*b\\*
    """
    # an entity, a tag and the mention of a person are HTML's business
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = re.sub(r"@(?=\w)", "&#64;", text)
    text = _MARKUP.sub(lambda found: f"\\{found[0]}", text)
    return _START.sub(lambda found: f"{found[1] or ''}\\", text)


def _markdown_table(table: Table) -> str:
    def cell(one: Cell) -> str:
        text = markdown(one.text)
        text = f"**{text}**" if one.best else text
        return f"{text} ({markdown(one.note)})" if one.note else text

    lines = [[markdown(head) for head, _ in table.heads]]
    lines.append(["---:" if number else "---" for number in number_columns(table)])
    lines += [[cell(one) for one in row] for row in table.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _paper_columns(table: Table) -> list[int]:
    """Columns of the summary that say something: those that are empty in every row are left out."""
    return [i for i in range(len(table.heads)) if any(row[i].text not in (MISSING, "0") for row in table.rows)]


def _label(names: Sequence[str], taken: Sequence[str]) -> str:
    """The label of a table: plain letters, digits and hyphens of its names, and a number where it is taken."""
    plain = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") for name in names]
    first = "tab:" + "-".join(name for name in plain if name)
    numbered = (f"{first}-{number}" for number in itertools.count(2))
    return next(label for label in itertools.chain([first], numbered) if label not in taken)


#: Letters of a cell that stay on one line of a page.
_LINE = 28

#: Letters of a line of a page, with the spaces between columns.
_PAGE = 100

#: The same of a table of many columns, in the narrowest page: LaTeX's article in one column, 345 pt.
_PIECE = 90

#: Width of a letter of a note (scriptsize, 7 pt) in those of a small table (footnotesize, 8 pt).
_SMALLER = 7.0 / 8.0

#: Share of a line that a folding column has at least.
_FOLDED = 0.18

#: Letters of a line of one of two columns.
_COLUMN = 45


def _letters(table: Table, column: int) -> int:
    """Letters of the widest cell of a column, with the space beside it; of what can fold, those that it needs."""
    texts = max(len(text) for text in (table.heads[column][0], *(row[column].text for row in table.rows)))
    notes = max((len(row[column].note) for row in table.rows), default=0)
    widest = max(texts, math.ceil(_SMALLER * notes))
    folds = widest > _LINE and not number_columns(table)[column]
    return 3 + (round(_FOLDED * _PIECE) if folds else widest)


def _pieces(table: Table, columns: list[int]) -> list[list[int]]:
    """The columns in pieces that fit a page, about equally wide, each with the first column before it."""
    first, *others = columns
    own = _letters(table, first)
    widths = [_letters(table, column) for column in others]
    count = max(1, math.ceil(sum(widths) / max(1, _PIECE - own)))
    ends = np.cumsum(widths) - np.array(widths) / 2.0  # where the middle of a column is
    places = np.minimum(ends * count // max(1, sum(widths)), count - 1)
    pieces = ([first, *(c for c, place in zip(others, places, strict=True) if place == k)] for k in range(count))
    return [piece for piece in pieces if len(piece) > 1] or [columns]


def _columns_spec(table: Table, columns: list[int]) -> list[str]:
    r"""Column types: numbers to the right, short texts to the left, long ones in what they leave of ``\linewidth``."""
    numbers = number_columns(table)
    lengths = {i: max(len(text) for row in table.rows for text in (row[i].text, row[i].note)) for i in columns}
    long = {i: min(lengths[i], 4 * _LINE) for i in columns if lengths[i] > _LINE and not numbers[i]}
    others = sum(3 + max(lengths[i], len(table.heads[i][0])) for i in columns if i not in long)
    room = max(1.0 - others / _PAGE, _FOLDED * len(long)) - 0.03 * len(long)
    return [
        rf"p{{{room * long[i] / sum(long.values()):.2f}\linewidth}}" if i in long else "r" if numbers[i] else "l"
        for i in columns
    ]


def _breaking(text: str) -> str:
    """LaTeX that may also break after the marks inside of names and paths."""
    # not in numbers, and not in the commands for a thin space and an en dash
    return re.sub(r"(\\_|(?<!\\)(?:[/:=-]|[.,](?!\d)))(?=[^\s-])", r"\1\\allowbreak{}", text)


def _folding(text: str) -> str:
    """The same with a ragged right edge, where it is long."""
    # \raggedright would take the row's own \\ away
    return text if len(text) <= _LINE else rf"\rightskip=0pt plus 1fil\relax {_breaking(text)}"


def _latex_table(table: Table, caption: str, columns: list[int], label: str) -> str:
    kind = "table*" if sum(_letters(table, column) for column in columns) > _COLUMN else "table"
    return "\n".join(
        [
            rf"\begin{{{kind}}}",
            r"  \centering",
            rf"  \caption{{{_breaking(latex(caption))}}}",
            rf"  \label{{{label}}}",
            r"  \smallskip",
            *([r"  \footnotesize", r"  \setlength{\tabcolsep}{3pt}"] if len(columns) > 5 else []),
            "\n  \\par\\medskip\n".join(_tabular(table, piece) for piece in _pieces(table, columns)),
            rf"\end{{{kind}}}",
        ]
    )


def _tabular(table: Table, columns: list[int]) -> str:
    spec = _columns_spec(table, columns) if table.rows else ["l"] * len(columns)

    def line(cells: list[str]) -> str:
        kinds = zip(cells, spec, strict=True)
        folded = [_folding(cell) if kind.startswith("p") else cell for cell, kind in kinds]
        return "  " + " & ".join(folded) + r" \\"

    def shown(cell: Cell) -> str:
        return rf"\textbf{{{latex(cell.text)}}}" if cell.best else latex(cell.text)

    def pick(row: list[Cell]) -> list[Cell]:
        return [row[i] for i in columns]

    body = []
    for row in table.rows:
        body.append(line([shown(cell) for cell in pick(row)]))
        notes = [cell.note for cell in pick(row)]
        if any(notes):
            body.append(line([rf"\scriptsize {latex(note)}" if note else "" for note in notes]))
    heads = line([latex(table.heads[i][0]) for i in columns])
    rows = [r"  \toprule", heads, r"  \midrule", *body, r"  \bottomrule"]
    return "\n".join([rf"  \begin{{tabular}}{{{''.join(spec)}}}", *rows, r"  \end{tabular}"])
