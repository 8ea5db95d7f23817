"""LaTeX tables: what is long fits a page, and every table can be referred to."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from qmectk.comparing.report import write_report
from qmectk.comparing.report.content import Cell, Table
from qmectk.comparing.report.tables import _PIECE, _latex_table
from qmectk.presenting.latex import latex as written

REASON = 'RuntimeError: /usr/lib/a_module/b_file.py:12 said "no" in 0.005 s, ' + "and went on to say so at length " * 8


def frame(backends=("exact", "sa"), problems=("p1",), reason=""):
    rows = [
        {"problem": problem, "instance": f"i{instance}", "backend": backend, "seed": 0, "sense": 1, "bound": 10.0}
        | {"termination": "converged", "quality": "feasible", "objective": 9.0, "solve_seconds": 0.1}
        | {"status": "failed" if reason else "ok", "reason": reason}
        for problem in problems
        for instance in range(3)
        for backend in backends
    ]
    return pd.DataFrame(rows)


def latex(tmp_path, *args, **kwargs):
    return write_report(frame(*args, **kwargs), tmp_path / "r.tex").read_text(encoding="utf-8")


def columns(spec):
    return re.findall(r"[lr]|p\{[0-9.]+\\linewidth\}", spec)


def specs(text):
    return [columns(spec) for spec in re.findall(r"\\begin{tabular}{(.*)}$", text, flags=re.MULTILINE)]


def test_a_long_reason_stands_in_a_column_that_fits_the_page(tmp_path):
    text = latex(tmp_path, reason=REASON)
    failures = text[text.index(r"\label{tab:failures}") :]
    (spec,) = specs(failures)
    width = re.fullmatch(r"p\{([0-9.]+)\\linewidth\}", spec[-1])
    assert 0.2 < float(width[1]) < 0.7
    assert spec[:-1] == ["l", "l", "l", "r"]
    # a path may break after its marks, a number may not
    assert r"/\allowbreak{}usr/\allowbreak{}lib/\allowbreak{}a\_\allowbreak{}module" in failures
    assert "in 0.005 s" in failures
    # ragged without \\raggedright, which would take the row's own end away
    assert re.search(r" \\rightskip=0pt plus 1fil\\relax RuntimeError.* \\\\$", failures, flags=re.MULTILINE)
    assert "raggedright" not in failures


def test_rows_have_as_many_cells_as_columns(tmp_path):
    text = latex(tmp_path, backends=("exact", "a_name_that_is_long_" * 3), reason=REASON)
    for table in text.split(r"\begin{tabular}")[1:]:
        (spec,) = specs(r"\begin{tabular}" + table)
        rows = [line for line in table.splitlines() if line.endswith(r"\\")]
        assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {len(spec)}
        shares = [float(kind[2:-11]) for kind in spec if kind.startswith("p")]
        assert sum(shares) < 0.9


def test_what_is_wider_than_a_page_is_set_in_pieces_that_begin_with_the_first_column():
    rows = [[Cell(name, "", name), *(Cell("0.123456", "0.1 -- 0.2", 0.1) for _ in range(12))] for name in ("a", "b")]
    table = Table("wide", [("contender", ""), *((f"column {i}", "") for i in range(12))], rows, "")
    text = _latex_table(table, "caption", list(range(13)), "tab:wide")
    pieces = text.split(r"\begin{tabular}")[1:]
    assert text.startswith(r"\begin{table*}")
    assert text.endswith(r"\end{table*}")
    assert len(pieces) > 1
    heads = [re.split(" & ", piece.splitlines()[2].strip().removesuffix(r" \\")) for piece in pieces]
    assert all(head[0] == "contender" for head in heads)
    assert [name for head in heads for name in head[1:]] == [f"column {i}" for i in range(12)]
    for piece, head in zip(pieces, heads, strict=True):
        assert len(piece.splitlines()[2]) <= _PIECE
        assert len(specs(r"\begin{tabular}" + piece)[0]) == len(head)
    assert text.count(r"\textbf") == 0


def test_what_fits_a_column_stays_in_one():
    rows = [[Cell("a", "", "a"), Cell("1", "", 1)]]
    text = _latex_table(Table("narrow", [("contender", ""), ("ties", "")], rows, ""), "caption", [0, 1], "tab:narrow")
    assert text.startswith("\\begin{table}\n")
    assert text.count(r"\begin{tabular}") == 1


def test_short_tables_keep_plain_columns(tmp_path):
    assert not [kind for spec in specs(latex(tmp_path)) for kind in spec if kind.startswith("p")]


@pytest.mark.parametrize("problems", [("p1",), ("p1", "P 1", "ünï}{%\\", "p1 summary"), ("\\end{table}",)])
def test_every_table_has_a_label_of_its_own_after_its_caption(tmp_path, problems):
    text = latex(tmp_path, problems=problems)
    labels = re.findall(r"\\label\{(.*)\}$", text, flags=re.MULTILINE)
    assert len(labels) == text.count(r"\begin{table") == len(set(labels))
    assert all(re.fullmatch(r"tab:[a-z0-9-]+", label) for label in labels)
    for table in text.split(r"\begin{table")[1:]:
        assert table.index(r"\caption{") < table.index(r"\label{") < table.index(r"\begin{tabular}")


def test_no_package_but_booktabs_is_needed(tmp_path):
    text = latex(tmp_path, backends=("exact", "*[1] \"x\" 'y'"), reason=REASON)
    assert re.findall(r"usepackage\{(.*?)\}", text) == ["booktabs"]
    for needs in (r"\textquotedbl", r"\arraybackslash", "tabularx", r">{"):  # fontenc, array, tabularx
        assert needs not in text
    # a star or a bracket at the start of a row would belong to the end of the row before
    assert not re.search(r"^\s*[*\[]", text, flags=re.MULTILINE)


def test_letters_that_latex_does_not_know_are_written_by_their_names_or_codes(tmp_path):
    text = latex(tmp_path, backends=("\u03bb_\u03bc", "\u4e2d\U0001f600", "na\u00efve"))
    assert r"$\lambda$\_$\mu$" in text
    assert r"\texttt{U+4E2D}\texttt{U+1F600}" in text
    assert "na\u00efve" in text
    left = {character for character in text if ord(character) > 0x17F}
    assert not left


#: What somebody may call something.
NAME = r"50% of a_b & c#1 {x} ~ ^ \ $5 <|> 'q' \"q\" λ µ é ≤ 10⁻⁶ 中 Łódź «x» ąđ"


def test_tables_compile_with_any_names(tmp_path, typeset):
    write_report(frame(("exact", NAME, "*[1]", "a_long_name_" * 6), ("p1", NAME)), tmp_path / "r.tex", NAME)
    write_report(frame((NAME, "[2]"), (NAME,), REASON + NAME), tmp_path / "failed.tex")
    log = typeset(r"\input{r.tex} \clearpage \input{failed.tex}", "booktabs")
    # captions and long cells break anywhere, and the columns of a summary are set in pieces
    assert max((float(far) for far in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)), default=0.0) < 30.0
    assert "multiply defined" not in log


def test_every_letter_compiles(typeset):
    codes = [0, 9, 10, 13, *range(0x20, 0x180), 0x391, 0x3C9, 0x2028, 0x4E2D, 0x1F600]
    typeset("\n\n".join(written(chr(code)) for code in codes))


def test_what_latexs_own_encoding_lacks_is_a_code():
    assert written("Łódź, Dąbrowa, «x», \x85\n") == r"Łódź, D\texttt{U+0105}browa, $\ll$x$\gg$, \texttt{U+0085} "
