"""A run is known by the code and the data that decide it: the same in every process, another when they change."""

from __future__ import annotations

import copy
import subprocess
import sys
import types

import numpy as np
import pytest

from qmectk.comparing.studies.identity import class_identity, instance_identity, problem_identity
from qmectk.errors import InputError

SCRIPT = """
import enum
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

import qmectk
from pydantic import Field, field_validator
from qmectk import Backend, Binary, Instance, Problem, ProblemParams, Reply, Termination, view
from qmectk.options import option

FACTOR = 3
NAMES = {"b", "a", "c"}
PATTERN = re.compile("a+")
UNUSED = 1


class Colour(enum.Enum):
    RED = 1


@lru_cache
def deeper(x):
    return x * FACTOR


def helper(x):
    return deeper(x) if x in {"left", "right", "up", "down"} else len(NAMES)


def decorated(function):
    def inner(*arguments):
        return function(*arguments)

    return inner


class Base(Backend):
    @decorated
    def prepared(self):
        return PATTERN.match("aa"), Colour.RED


class K(Base):
    name, accepts = "k", (Binary,)

    @dataclass(frozen=True)
    class Options:
        count: int = option(1, "how many")

    @cached_property
    def late(self):
        return helper(1)

    def solve(self, view, budget, rng):
        super().prepared()
        return Reply([helper(i) for i in range(view.n)], Termination.CONVERGED)


def make(k):
    class Made(Backend):
        name, accepts = "made", (Binary,)

        def solve(self, view, budget, rng):
            return Reply(np.full(view.n, k, np.int8), Termination.CONVERGED)

    return Made


@dataclass
class Part:
    weights: list = field(default_factory=lambda: [1.0, 2.0])
    tags: frozenset = frozenset({"x", "y", "z"})


class One(Instance):
    label = "one"

    def __init__(self, worth, part=None):
        self.worth, self.part, self.loop = worth, part or Part(), [self]

    @cached_property
    def total(self):
        return self.worth.sum()

    def declare(self, m):
        x = m.var("x", len(self.worth), kind="binary")
        m.maximize(m.dot(self.worth, x))


RATE = 2.0


class FamilyParams(ProblemParams):
    rate: float = Field(3.0, gt=0.0)
    names: tuple[str, ...] = Field(default_factory=tuple)

    @field_validator("rate")
    @classmethod
    def _scaled(cls, value):
        return value * RATE


class Family(Problem):
    name, Params = "family", FamilyParams

    def stream(self, start, stop):
        return [One(np.arange(3.0) + t) for t in range(start, stop)]
"""


def made(text=SCRIPT):
    """The names of a script that has no file."""
    module = types.ModuleType("__main__")
    exec(compile(text, "<stdin>", "exec", dont_inherit=True), vars(module))
    return module


def identities(text=SCRIPT):
    found = made(text)
    instance = found.One(np.array([1.0, 2.0]))
    family = found.Family(found.FamilyParams(problem="family"))
    return [
        class_identity(found.K),
        class_identity(found.make(0)),
        instance_identity(instance),
        problem_identity(family),
    ]


def test_a_problem_is_the_same_after_it_was_used():
    found = made()
    family = found.Family(found.FamilyParams(problem="family"))
    before = problem_identity(family)
    copy.deepcopy(family.instances()[0])  # Python writes into classes what it found out about them
    copy.copy(family)
    family.Params.model_json_schema()
    assert problem_identity(family) == before


def test_identities_are_the_same_in_every_process(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT
        + "\nfrom qmectk.comparing.studies.identity import class_identity, instance_identity, problem_identity\n"
        + "print(class_identity(K), class_identity(make(0)), instance_identity(One(np.array([1.0, 2.0]))), "
        + "problem_identity(Family(FamilyParams(problem='family'))))\n"
    )
    found = {tuple(identities())}
    for seed, arguments, text in (("1", [str(script)], None), ("2", [str(script)], None), ("3", ["-"], script)):
        done = subprocess.run(
            [sys.executable, *arguments],
            input=text.read_text() if text else None,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found.add(tuple(done.stdout.split()))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UNUSED = 1", "UNUSED = 2\n\n\ndef another():\n    return FACTOR\n"),
        ("class Base(Backend):", "# a remark\n\n\nclass Base(Backend):"),
        ('name, accepts = "made"', '# a remark\n        name, accepts = "made"'),
    ],
)
def test_edits_elsewhere_change_nothing(old, new):
    assert old in SCRIPT
    assert identities(SCRIPT.replace(old, new)) == identities()


@pytest.mark.parametrize(
    ("old", "new", "which"),
    [
        ("FACTOR = 3", "FACTOR = 4", [0]),
        ("return x * FACTOR", "return x + FACTOR", [0]),
        ('NAMES = {"b"', 'NAMES = {"d"', [0]),
        ('re.compile("a+")', 're.compile("b+")', [0]),
        ("RED = 1", "RED = 2", [0]),
        ('match("aa")', 'match("ab")', [0]),
        ("return function(*arguments)", "return function(*arguments), 1", [0]),
        ('option(1, "how many")', 'option(2, "how many")', [0]),
        ("helper(1)", "helper(2)", [0]),
        ("view.n, k,", "view.n, k + 1,", [1]),
        ("[1.0, 2.0])", "[1.0, 3.0])", [2, 3]),
        ('"x", "y"', '"x", "w"', [2, 3]),
        ("self.worth.sum()", "self.worth.max()", [2, 3]),
        ("arange(3.0)", "arange(4.0)", [3]),
        ("RATE = 2.0", "RATE = 2.5", [3]),
        ("gt=0.0", "gt=1.0", [3]),
        ("Field(3.0", "Field(4.0", [3]),
        ("default_factory=tuple", "default_factory=lambda: ('a',)", [3]),
        ("value * RATE", "value / RATE", [3]),
    ],
)
def test_what_decides_a_run_changes_its_identity(old, new, which):
    assert old in SCRIPT
    changed = [
        i for i, (a, b) in enumerate(zip(identities(), identities(SCRIPT.replace(old, new)), strict=True)) if a != b
    ]
    assert changed == which


def test_closures_and_data_tell_apart():
    found = made()
    assert class_identity(found.make(0)) == class_identity(found.make(0)) != class_identity(found.make(1))
    assert class_identity(found.make(len)) != class_identity(found.make(sum))
    values = [
        np.array([1.0, 2.0]),
        np.array([1.0, 2.5]),
        np.array([[1.0, 2.0]]),
        np.array([1.0, 2.0], np.float32),
        [1.0, 2.0],
        {"a": 1},
        {"a": "1"},
    ]
    assert len({instance_identity(found.One(value)) for value in values}) == len(values)


def test_what_is_computed_on_demand_is_no_data():
    instance = made().One(np.array([1.0, 2.0]))
    before = instance_identity(instance)
    assert instance.total == 3.0
    assert instance.signature
    assert instance_identity(instance) == before


def test_code_is_the_same_after_it_has_run_often():
    found = made()
    before = class_identity(found.K)
    for number in range(1000):
        found.helper(number)
    assert class_identity(found.K) == before


def test_modules_of_the_same_author_are_looked_into(monkeypatch):
    def identity(worth, unused=1):
        helpers = types.ModuleType("helpers_of_mine")
        exec(f"WORTH = {worth}\nUNUSED = {unused}\ndef worth(): return WORTH\n", vars(helpers))
        monkeypatch.setitem(sys.modules, "helpers_of_mine", helpers)
        text = SCRIPT.replace("FACTOR = 3", "import helpers_of_mine").replace("x * FACTOR", "helpers_of_mine.worth()")
        return class_identity(made(text).K)

    assert identity(1) == identity(1, unused=2) != identity(2)


def test_data_that_is_nested_too_deeply_is_said():
    nested = []
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(InputError, match="nested too deeply"):
        instance_identity(made().One(nested))
