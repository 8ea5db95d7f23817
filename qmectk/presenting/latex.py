"""Other people's strings in LaTeX."""

from __future__ import annotations

#: What stands for a character.
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
    '"': r"\char34{}",  # \textquotedbl is an error in the encoding that LaTeX has by itself
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
    "*": "{*}",  # after the end of a row it would be part of that command
    "…": r"\ldots{}",
    "[": "{[}",
    "]": "{]}",
    "«": r"$\ll$",
    "»": r"$\gg$",
    "\n": " ",
    "\t": " ",
}

#: Raised digits of exponents.
_LATEX |= {raised: rf"\textsuperscript{{{digit}}}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_LATEX["⁻"] = r"\textsuperscript{$-$}"

#: Commands of the Greek letters that do not look like Latin ones.
_GREEK = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
_LETTERS = zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", _GREEK.split(), strict=True)
_LATEX |= {letter: rf"$\{name}$" for letter, name in _LETTERS}

#: The last letter that every LaTeX since 2018 sets without a package: Latin Extended-A.
_LATIN = 0x17F

#: Those before it that LaTeX's own encoding (OT1) lacks, and controls: they stop a document without ``fontenc``.
_LACKING = frozenset("ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ") | {chr(code) for code in range(0x7F, 0xA0)}


def latex(text: str) -> str:
    """`text` as LaTeX that shows it as it is; letters that LaTeX does not know by itself as their codes."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _LATEX or (" " <= character <= chr(_LATIN) and character not in _LACKING):
        return _LATEX.get(character, character)
    return rf"\texttt{{U+{ord(character):04X}}}"


__all__ = ["latex"]
