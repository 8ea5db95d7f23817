"""The lines of a text table: which hold data, and which separator and decimal sign they are written with."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

#: A number as tables write it, with either decimal sign. No underscores, no hexadecimal, no text behind it.
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?")
#: Words that tables write where a number is missing, or is none, without signs: no names, and no numbers either.
MISSING = {"", "na", "nan", "nv", "null", "none", "nil", "missing", "inf", "infinity", "true", "false"}
#: What spreadsheets write for a value that is wrong (#DIV/0!, #NAME?, Err:502).
_WRONG = re.compile(r"#\w+(?:/0)?[!?]|err:\d+", re.IGNORECASE)
#: Where '#' begins no comment but a cell: what spreadsheets write for a value that is missing (#N/A, in German #NV),
#: wrong (#DIV/0!, #REF!, #NAME?, ...), or too wide for its column (####, and a separator behind it).
_MARK = r"#(?:(?:n/?[av]|\w+(?:/0)?[!?])(?=[\s,;|]|$)|#*(?=\s*[,;|\t]))"
_COMMENT_LINE = re.compile(rf"%|(?!{_MARK})#", re.IGNORECASE)
_COMMENT = re.compile(rf"\s(?!{_MARK}|##+\s*$)#.*", re.IGNORECASE)
#: 1,234 and 1,234,567.8: thousands where the comma is not the decimal sign.
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATORS = {"\t": "tabs", ";": "';'", "|": "'|'"}
#: Lines at the end of a table that tell its separator; names and preambles stand at the beginning.
SAMPLE = 200


@dataclass(frozen=True)
class Lines:
    """Lines that are neither empty nor comments, with their numbers in the file, and how they are written.

    Attributes
    ----------
    texts, numbers
        The lines, and the place of each in the file, counted from 1.
    separator
        Between cells; "" for any white space.
    decimal
        "." or ",".
    """

    texts: list[str]
    numbers: list[int]
    separator: str = ","
    decimal: str = "."

    def cells(self, index: int) -> list[str]:
        """The cells of one line, without the white space around them."""
        text = self.texts[index] if self.separator else " ".join(self.texts[index].split())
        rows = csv.reader([text], delimiter=self.separator or " ", skipinitialspace=True)
        return [cell.strip() for cell in next(rows, [""])]

    def without(self, first: int) -> Lines:
        """The same without its first lines."""
        return replace(self, texts=self.texts[first:], numbers=self.numbers[first:])


def split(text: str, name: str, skip: int) -> Lines:
    """The lines of a table behind the first `skip` of the file.

    Raises
    ------
    ValueError
        With the line, where one cannot be distinguished from what stands around it.
    """
    every = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    texts: list[str] = []
    numbers: list[int] = []
    stated = ""
    gaps: list[int] = []
    for number, line in enumerate(every, start=1):
        plain = line.strip()
        if not texts and not stated and (excel := re.fullmatch(r'"?sep=(.)"?', line.strip("\r\n "), re.IGNORECASE)):
            stated = excel[1]
            if stated.isalnum() or stated in "+-.'\"" or not stated.isascii():
                raise ValueError(f"{name}, line {number}: {plain!r} names no separator that is read; use ';'")
            continue
        if number <= skip or _COMMENT_LINE.match(plain):
            continue
        if not plain:
            gaps.append(number)
            continue
        if "#" in line and '"' not in line:
            line = _COMMENT.sub("", line)
        if '"' in line and line.count('"') % 2:
            raise ValueError(f"{name}, line {number}: a quotation mark is opened that does not end on this line")
        texts.append(line)
        numbers.append(number)
    if not texts:
        raise ValueError(f"{name} holds no numbers" + (f" behind the first {skip} lines" if skip else ""))
    found = Lines(texts, numbers, stated or _separator(texts, numbers, name))
    alone = not found.separator and all(len(line.split()) == 1 for line in texts)
    inside = [gap for gap in gaps if numbers[0] < gap < numbers[-1]]
    if alone and inside and NUMBER.fullmatch(texts[0].strip(' "')):
        raise ValueError(
            f"{name}, line {inside[0]} is empty: in a table of one column that may be a missing number; remove it"
        )
    return found


def _separator(texts: list[str], numbers: list[int], name: str) -> str:
    sample = [_QUOTED.sub('""', text) for text in texts[-SAMPLE:]]
    often = [mark for mark in _SEPARATORS if 2 * sum(mark in text.strip() for text in sample) > len(sample)]
    if len(often) > 1:
        both = " and ".join(_SEPARATORS[mark] for mark in often)
        raise ValueError(f"{name}, line {numbers[-1]}: {both} both stand between the cells; leave one of them")
    if often:
        return often[0]
    commas = sum("," in text for text in sample)
    if 2 * commas <= len(sample):
        return ""
    # "1,5 2,5": white space between numbers with decimal commas, which commas between cells cannot be read as
    words = [text.split() for text in sample]
    if all(len(line) > 1 and all(NUMBER.fullmatch(word) for word in line) for line in words):
        return ""
    return ","


def with_decimal(lines: Lines, name: str) -> Lines:
    """The same with its decimal sign.

    Raises
    ------
    ValueError
        Where commas may mean decimals or thousands.
    """
    if lines.separator != ",":
        return replace(lines, decimal=",") if any("," in text for text in lines.texts) else lines
    first = None
    for text, number in zip(lines.texts, lines.numbers, strict=True):
        if '"' not in text:
            continue
        for quoted in _QUOTED.findall(text):
            cell = quoted.strip('" ')
            if "," in cell and NUMBER.fullmatch(cell.replace(",", "", cell.count(",") - 1)):
                if not _THOUSANDS.fullmatch(cell):
                    return replace(lines, decimal=",")
                first = first or (cell, number)
    if first:
        raise ValueError(
            f"{name}, line {first[1]}: '{first[0]}' may have a decimal comma or a comma between thousands; "
            "write numbers with a point"
        )
    return lines


def ragged(lines: Lines, name: str) -> str:
    """What to say of the first line that does not have as many cells as most."""
    counts = [len(lines.cells(i)) for i in range(len(lines.texts))]
    usual = Counter(counts).most_common(1)[0][0]
    odd = next((i for i, count in enumerate(counts) if count != usual), None)
    if odd is None:
        return f"{name} has lines of different lengths"
    return f"{name}, line {lines.numbers[odd]} has {_count(counts[odd])}, and the others have {usual}"


def _count(cells: int) -> str:
    return f"{cells} cell" + ("" if cells == 1 else "s")


def is_header(cells: list[str]) -> bool:
    """Whether a line can only be names: no cell begins with a digit, whatever signs stand before it ("$1", "<0.1",
    "(2)", any script's digits), and some cell is neither a mark of a missing number nor of a wrong one."""
    bare = ["" if _WRONG.fullmatch(cell) else re.sub(r"[\W_]+", "", cell).lower() for cell in cells]
    return not any(text[:1].isnumeric() for text in bare) and not MISSING.issuperset(bare)


def quoted(cell: Any) -> str:
    """A cell for a message, cut where it is long."""
    text = repr(str(cell))
    return text if len(text) <= 40 else text[:37] + "...'"
