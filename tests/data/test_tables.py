"""Tables of numbers: read where they are unambiguous, refused by line and column where they are not."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.data import read_array

NUMBERS = np.array([[9.93335e-05, 3.750957e-05], [5.294281e-07, 3.015269e-08], [1.000712e-06, 1.089957e-06]])
ROWS = [[f"{x!r}" for x in row] for row in NUMBERS.tolist()]
PLAIN = "\n".join(",".join(row) for row in ROWS) + "\n"


def read(folder: Path, content: str | bytes, **asked: Any) -> Any:
    path = folder / "h.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_array(path, **asked)


def refused(folder: Path, content: str | bytes, **asked: Any) -> str:
    with pytest.raises(ValueError, match=r"^h\.csv") as caught:
        read(folder, content, **asked)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def written(separator: str = ",", decimal: str = ".", end: str = "\n") -> str:
    return end.join(separator.join(cell.replace(".", decimal) for cell in row) for row in ROWS) + end


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.rstrip("\n"),
        "\ufeff" + PLAIN,
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        written(end="\r\n"),
        written(end="\r"),
        *(written(separator) for separator in (";", "\t", "|", " ", "   ", ", ", ",\t")[:6]),
        *(written(separator, ",") for separator in (";", "\t", "|", "  ")),
        "sep=;\n" + written(";"),
        '\ufeff"sep=|"\r\n' + written("|", ",", "\r\n"),
        "".join(f'"{a}","{b}"\n' for a, b in ROWS),
        "".join(f'"{a}","{b}"\n'.replace(".", ",") for a, b in ROWS),
        "d1,d2\n" + PLAIN,
        "\n\nd1,d2\n\n" + PLAIN.replace("\n", "\n\n"),
        "# measured\n% in the lab\n" + PLAIN,
        "d1,d2\ngain,gain\n" + PLAIN,
        "Measured in the lab\nd1,d2\n" + PLAIN,
        PLAIN.replace("\n", " # a note\n", 1),
        "#d1,d2\n#1e-6,2e-6\n" + PLAIN + "#######\n### end: 2, 3 ###\n",
        written(" ").replace("\n", " #1e-6 2e-6\n"),
        PLAIN.replace("\n", ", # a note\n"),
        PLAIN.replace("\n", ",\n"),
        "d1,d2,\n" + PLAIN.replace("\n", ",\n"),
        "d1,d2\n" + PLAIN.replace("\n", ",\n"),
        "d1;d2;;\n" + written(";").replace("\n", ";;\n"),
        '"d1, near","d2, far"\n' + PLAIN,
        ",d1,d2\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(ROWS)),
        '"","d1","d2"\n' + "".join(f'"{i + 1}",{a},{b}\n' for i, (a, b) in enumerate(ROWS)),
    ],
)
def test_what_is_unambiguous_is_read(content: str | bytes, tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(tmp_path, content).array, NUMBERS)


A, B = ROWS[0]
#: First lines of these are numbers that are written oddly, or marks of missing and wrong ones.
NO_NAMES = ["$1e-6", "\u22121e-6", "<0.1", "(2)", "~1", "\uff11", "\u0661", "=1+1", "--1", "'1e-6'"]
NO_NAMES += ["<NA>", "N.A.", "Err:502", "TRUE", "\u221e"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{A},n/a\n" + PLAIN, "line 1, column 2: 'n/a' is not a number"),
        (f"-,{A}\n" + PLAIN, "line 1, column 1: '-' is not a number"),
        ("n/a,n/a\n" + PLAIN, "line 1, column 1: 'n/a' is not a number"),
        *((f"{cell},{cell}\n" + PLAIN, "line 1, column 1") for cell in NO_NAMES),
        (",\n" + PLAIN, "line 1, column 1 is empty"),
        ("%%MatrixMarket matrix array real general\n1 1\n1e-6\n", "is a Matrix Market file"),
        ("#N/A,#n/a\n" + PLAIN, "line 1, column 1: '#N/A' is not a number"),
        (f"#N/A {A}\n" + written(" "), "line 1, column 1: '#N/A' is not a number"),
        (f"{A} #N/A\n{B} #N/A\n", "line 1, column 2: '#N/A' is not a number"),
        ("#,d1\n" + PLAIN, "column 1 is called '#'"),
        ("nan,NaN\n" + PLAIN, "line 1, column 1: 'nan' is not a number"),
        ("\ufeffNA;\n" + written(";"), "line 1, column 1: 'NA' is not a number"),
        (f"{A},1.2e-6 W\n" + PLAIN, "line 1, column 2: '1.2e-6 W' is not a number"),
        ("0m,10m\n" + PLAIN, "leave it out with 'skip: 1'"),
        (PLAIN + f"{A},\n", "line 4, column 2 is empty; every row needs a number there"),
        (PLAIN + f",{A}\n", "line 4, column 1 is empty"),
        (f"d1,d2\n\n# note\n{A},{B}\n\n{A},x\n", "line 6, column 2 ('d2'): 'x' is not a number"),
        (f"{A},{B}\n{A}\n{A},{B}\n", "line 2 has 1 cell, and the others have 2"),
        (f"{A},{B}\n\n{A},{B}\n{A},{B},{B}\n", "line 4 has 3 cells, and the others have 2"),
        (f"d1,d2,d3\n{PLAIN}", "line 1 names 3 columns, and line 2 has 2 cells"),
        ("0,1\n" + PLAIN, "line 1 counts the columns (0, 1) as a line of names does; leave it out with 'skip: 1'"),
        ("\n1,2\n" + PLAIN, "line 2 counts the columns (1, 2)"),
        ("1,2\n1,2\n" + PLAIN, "line 1 counts the columns (1, 2)"),
        (",0,1\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(ROWS)), "line 1 counts the columns"),
        ("0\n1e-6\n2e-6\n", "line 1 counts the columns (0)"),
        ("".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(ROWS)), "column 1 counts the rows"),
        ("".join(f"{i / 10},{a},{b}\n" for i, (a, b) in enumerate(ROWS + ROWS)), "column 1 grows in equal steps"),
        ("time [s],d1\n" + PLAIN, "column 1 is called 'time [s]'; say which columns hold numbers: 'columns: [2]'"),
        (",d1,d2\n" + "".join(f"{i * i + 3},{a},{b}\n" for i, (a, b) in enumerate(ROWS)), "column 1 has no name"),
        ("day,d1\n2024-01-01,1e-6\n2024-01-02,2e-6\n", "column 1 ('day'): '2024-01-01' is not a number; name the"),
        ('"1,234","5,678"\n', "'1,234' may have a decimal comma or a comma between thousands"),
        ("0,015,0,02\n0,016,0,03\n", "write numbers with a point, or put ';' between the cells"),
        ("1;2|3\n1;2|3\n", "both stand between the cells"),
        ("1e-6\n\n2e-6\n", "line 2 is empty: in a table of one column that may be a missing number"),
        ("1.5;0,5\n", "line 1, column 1: '1.5' is not a number; the table has decimal commas"),
        ("1_000,2\n", "'1_000' is not a number"),
        ("0x10,2\n", "'0x10' is not a number"),
        ("\uff11,2\n", "is not a number"),
        ("1.0D-06,2\n", "'1.0D-06' is not a number"),
        ("True,1e-6\nFalse,1e-6\n", "'True' is not a number"),
        ('"1e-6,2e-6\n', "line 1: a quotation mark is opened that does not end on this line"),
        ("sep=x\n1x2\n", "names no separator that is read"),
        ("d1,d2\n", "holds no numbers, only text"),
        ("\n# nothing\n", "holds no numbers"),
        ("", "is empty"),
        (b"d1,d\xe9\n1,2\n", "line 1 is not text in UTF-8; save it as 'CSV UTF-8'"),
        (b"1,2\n1,\x00\n", "line 2 holds bytes that are no text"),
    ],
)
def test_the_rest_is_refused_with_its_place(content: str | bytes, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, content)


@pytest.mark.parametrize(
    "mark", ["#N/A", "#n/a", "#NA", "#NV", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#null!", "#WERT!", "####"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", " ; "])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (2, 0), (2, 1)])
def test_what_a_spreadsheet_writes_for_no_number_is_no_comment(
    mark: str, separator: str, place: tuple[int, int], tmp_path: Path
) -> None:
    rows = [[*row] for row in ROWS]
    rows[place[0]][place[1]] = mark
    said = refused(tmp_path, "\n".join(separator.join(row) for row in rows))
    assert f"line {place[0] + 1}, column {place[1] + 1}: '{mark}' is not a number" in said
    everywhere = [[mark, "2e-6"], [mark, "3e-6"]]
    said = refused(tmp_path, "\n".join(separator.join(row[:: 1 - 2 * place[1]]) for row in everywhere))
    assert f"line 1, column {place[1] + 1}: '{mark}' is not a number" in said


def test_columns_and_lines_are_chosen(tmp_path: Path) -> None:
    table = "when,d1,d2,note\n" + "".join(f"2024-01-0{i + 1},{a},{b},fine\n" for i, (a, b) in enumerate(ROWS))
    for columns in (["d1", "d2"], [2, 3], ["d1", 3]):
        np.testing.assert_array_equal(read(tmp_path, table, columns=columns).array, NUMBERS)
    np.testing.assert_array_equal(read(tmp_path, table, columns=[3]).array, NUMBERS[:, 1:])
    assert "has no column 'd3'; did you mean 'd2'?" in refused(tmp_path, table, columns=["d3"])
    assert "has no column 5; it has columns 1 to 4" in refused(tmp_path, table, columns=[5])
    assert "has no column 0; it has columns 1 to 4" in refused(tmp_path, table, columns=[0])
    assert "has several columns called 'd1'; name one by its number: 1 and 2" in refused(
        tmp_path, f"d1,d1\n{PLAIN}", columns=["d1"]
    )
    assert "has no names of columns" in refused(tmp_path, PLAIN, columns=["d1"])
    np.testing.assert_array_equal(read(tmp_path, "frames: 3, devices: 2\nd1,d2\n" + PLAIN, skip=1).array, NUMBERS)
    np.testing.assert_array_equal(read(tmp_path, "0,1\n" + PLAIN, skip=0).array, np.vstack([[0, 1], NUMBERS]))
    assert "holds no numbers behind the first 9 lines" in refused(tmp_path, PLAIN, skip=9)


def test_numbers_know_their_line_and_column(tmp_path: Path) -> None:
    found = read(tmp_path, "# one\n\nd1;d2\n1;2\n\n3;4\n", columns=["d2"])
    assert found.at((1, 0)) == "line 6, column 2 ('d2')"


cells = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(1e-9, 1e-3),
    st.integers(-3, 5).map(float),
    st.sampled_from([0.0, 5e-324, 1.7976931348623157e308, -0.0]),
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_pandas_writes_is_read_back_or_refused(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the dialect: every number is where it was, or the table is refused."""
    rows, columns = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    table = np.array(data.draw(st.lists(cells, min_size=rows * columns, max_size=rows * columns)))
    whole = data.draw(st.booleans())
    frame = pd.DataFrame(table.reshape(rows, columns))
    if whole:
        frame = pd.DataFrame(np.clip(np.nan_to_num(frame.to_numpy()), -1e6, 1e6).astype(int))
    names = data.draw(st.sampled_from(["none", "letters", "numbers", "quoted"]))
    if names in ("letters", "quoted"):
        frame.columns = [f"d{i}" if names == "letters" else f"d, {i}; 'x'" for i in range(columns)]
    text = frame.to_csv(
        sep=data.draw(st.sampled_from(",;\t| ")),
        decimal=data.draw(st.sampled_from(".,")),
        header=names != "none",
        index=data.draw(st.booleans()),
        index_label=data.draw(st.sampled_from([None, "time", "row"])),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
        float_format=data.draw(st.sampled_from([None, None, "%.17g"])),
    )
    text = data.draw(st.sampled_from(["", "# by pandas\n", "\n\n", "% x, y\n"])) + text
    coded = text.encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    path = tmp_path_factory.mktemp("table") / "h.csv"
    path.write_bytes(coded)
    try:
        found = read_array(path, expected=columns)
    except ValueError:
        return
    if found.array.shape[1] == columns:  # what the caller refuses otherwise
        np.testing.assert_array_equal(found.array, frame.to_numpy())


def test_a_large_table_is_read(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).exponential(1e-6, (3000, 30))
    text = pd.DataFrame(numbers).rename(columns="d{}".format).to_csv(index=False)
    np.testing.assert_array_equal(read(tmp_path, text).array, numbers)
