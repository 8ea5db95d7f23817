"""The fuzzer bites: what it is there to find is found, and its cases are the same every time."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from fractions import Fraction

import click
import numpy as np
import pytest

import qmectk
from qmectk import Reply, Termination
from qmectk_cli.main import cli

from .case import Call, Command, split
from .declared import Linear, draw_linear
from .documents import text, tree
from .families import FILES
from .guard import Hang, limited
from .kinds import BY_NAME, KINDS, case
from .oracle import command_failures, failures
from .provers import Truth, disputes, lies


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """What is said against a command with this body."""

    def run(body, **settings):
        monkeypatch.setitem(cli.commands, "tried", click.command("tried")(body))
        return command_failures(Command(settings.pop("files", {}), ("tried",), **settings), tmp_path)

    return run


@pytest.mark.parametrize("kind", sorted(set(BY_NAME) - {"policy"}))  # which takes a policy to be trained
def test_a_case_is_the_same_every_time(kind):
    for number in range(3):
        one, other = case(kind, number), case(kind, number)
        if isinstance(one, Call):
            assert one.about == other.about
        else:
            assert (one.files, one.arguments) == (other.files, other.arguments)


def test_cases_are_split_without_loss():
    counts = split(KINDS, 20_000)
    assert sum(counts.values()) == 20_000
    assert min(counts.values()) > 0


def test_what_must_not_be_is_found(tried):
    def bug():
        raise ZeroDivisionError("a bug")

    def loud():
        print("Traceback (most recent call last)", file=sys.stderr)

    def escapes():
        print("\x1b[31mred", file=sys.stderr)

    def raw():
        warnings.warn("overflow encountered in multiply", RuntimeWarning, stacklevel=1)

    def long():
        raise qmectk.errors.InputError("word " * 2_000)

    def silent(code=4):
        sys.exit(code)

    for body, word in (
        *((bug, "exit 1"), (loud, "traceback"), (escapes, "control character"), (raw, "raw warning")),
        *((long, "characters on stderr"), (silent, "exit 4 without a sentence")),
    ):
        assert any(word in text for text in tried(body)), (word, tried(body))


def test_a_refusal_in_one_sentence_is_fine(tried):
    def refuse():
        raise qmectk.errors.InputError("the file is empty", "write something")

    assert tried(refuse) == []


def test_what_becomes_of_files_is_found(tried):
    def alter():
        with open("in.txt", "w") as file:
            file.write("other")
        with open("left.txt", "w") as file:
            file.write("behind")

    found = tried(alter, files={"in.txt": b"this"})
    assert found == ["the input in.txt was changed", "left behind: left.txt"]


def test_a_hang_is_found_also_where_it_is_swallowed(tmp_path):
    def forever():
        with limited(0.1):
            while True:
                pass

    with pytest.raises(Hang):
        forever()

    def swallow(folder):
        with limited(0.05) as watch:
            try:
                while True:
                    pass
            except BaseException:
                return ["swallowed"] if watch.hung else []

    assert failures(Call(swallow), tmp_path) == ["swallowed"]


def test_the_optimum_in_rationals_is_the_optimum():
    """A knapsack with a fractional item: 6 + 4/2 beats 5 + 4."""
    made = Linear(
        *(np.array([6.0, 5.0, 4.0]), np.array([[3.0, 2.0, 2.0]]), np.array([4.0]), ["<="]),
        *(np.zeros(3), np.ones(3), ["binary", "binary", "continuous"], 1),
    )
    assert made.optimum() == 9
    assert dataclasses.replace(made, c=np.array([7.5, 5.0, 4.0])).optimum() == Fraction(19, 2)
    assert dataclasses.replace(made, relations=[">="], b=np.array([8.0])).optimum() is None
    assert dataclasses.replace(made, relations=["=="], b=np.array([3.5])).optimum() == 8
    assert made.optimum(0.5) == 15


def test_drawn_problems_have_their_optimum_by_enumeration():
    """Bits alone, once more by plain enumeration."""
    import itertools

    seen = 0
    for seed in range(60):
        made = draw_linear(np.random.default_rng(seed))
        if set(made.kinds) != {"binary"}:
            continue
        seen += 1
        best = None
        for x in itertools.product((0, 1), repeat=len(made.c)):
            rows = [sum(Fraction(float(a)) * i for a, i in zip(row, x, strict=True)) for row in made.A]
            differences = [left - Fraction(float(b)) for left, b in zip(rows, made.b, strict=True)]
            signs = {"<=": (-1, 0), ">=": (0, 1), "==": (0,)}
            if all((d > 0) - (d < 0) in signs[r] for d, r in zip(differences, made.relations, strict=True)):
                value = sum(Fraction(float(c)) * i for c, i in zip(made.c, x, strict=True))
                best = value if best is None else max(best, value, key=lambda v: made.sense * v)
        assert made.optimum() == best
    assert seen > 3


def _solution(instance, **parts):
    """A solution of a backend, with some of it replaced."""
    solution = qmectk.solve(instance, "exact", reference=False)
    return dataclasses.replace(solution, **parts)


def test_false_words_about_an_optimum_are_found():
    made = draw_linear(np.random.default_rng(4))
    made = dataclasses.replace(made, c=np.array([6.0, 5.0, 4.0]), A=np.array([[3.0, 2.0, 2.0]]), b=np.array([4.0]))
    made = dataclasses.replace(
        made, relations=["<="], lower=np.zeros(3), upper=np.ones(3), kinds=["binary"] * 3, sense=1
    )
    truth = Truth.of(made)
    right = _solution(made)
    assert lies(right, truth) == []
    assert "can be had" in lies(dataclasses.replace(right, objective=8.0), truth)[0]
    assert "the best is" in lies(dataclasses.replace(right, objective=10.0), truth)[0]
    low = dataclasses.replace(right.certificate, bound=8.0)
    assert "false bound" in lies(dataclasses.replace(right, quality=qmectk.Quality.FEASIBLE, certificate=low), truth)[0]
    nothing = {"values": None, "objective": None, "certificate": None, "quality": qmectk.Quality.NONE}
    assert "false proof" in lies(dataclasses.replace(right, **nothing, termination=Termination.PROVED), truth)[0]
    assert disputes({"a": right, "b": right}) == []
    other = dataclasses.replace(right, certificate=low, quality=qmectk.Quality.FEASIBLE)
    assert "dispute: b proves 8.0" in disputes({"a": right, "b": other})[0]


def test_a_hostile_backend_is_hostile():
    from .hostile import _backend

    class Quiet:
        n = 6
        seconds = gap = None

        def incumbent(self, *words, **more):
            """Nobody records."""

        report = incumbent

    replies: list = []
    before = np.geterr()
    for seed in range(30):
        try:
            replies.append(_backend(seed, qmectk.Binary, True)().solve(Quiet(), Quiet(), np.random.default_rng(0)))
        except BaseException as error:
            replies.append(error)
        finally:
            np.seterr(**before)
    assert any(isinstance(reply, BaseException) for reply in replies)
    assert any(isinstance(reply, Reply) and not isinstance(reply.point, np.ndarray) for reply in replies)


def test_a_mutated_document_is_another_one():
    whole = text(tree(FILES["p1"]))
    assert qmectk.documents.parse(whole).name == "p1"
    others = {case("problem", i).files["p.yaml"] for i in range(50)}
    assert len(others) == 50
