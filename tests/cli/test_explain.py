"""``qmectk explain``, ``backends``, ``problems``, ``schema`` and ``check-backend``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from qmectk.errors import BackendFailed


def test_explain_shows_the_steps_and_what_travels_back(run, small):
    done = run("explain", small, "--backend", "cd")
    assert done.code == 0
    assert "own binary view" in done.out
    assert "points travel back  yes" in done.out
    assert "bounds travel back  yes" in done.out


def test_explain_as_json(run, small):
    done = run("explain", small, "--backend", "greedy", "--json")
    assert done.json["fidelity"] == "exact"
    assert done.json["points_travel_back"] is True
    assert [step["fidelity"] for step in done.json["route"]] == ["exact", "exact"]


def test_explain_of_a_restriction(run, small):
    pytest.importorskip("dimod")
    pytest.importorskip("dwave.samplers")
    done = run("explain", small, "--backend", "sa", "-o", "grid=4", "--json")
    assert done.json["bounds_travel_back"] is False
    assert done.json["options"] == {"grid": "4"}
    assert "/4" in done.json["route"][1]["note"]


def test_explain_refuses_a_misspelt_option(run, small):
    done = run("explain", small, "--backend", "cd", "-o", "restrats=1")
    assert done.code == 2
    assert "did you mean 'restarts'?" in done.err


def test_backends_is_a_table_of_fidelities(run):
    done = run("backends")
    assert done.code == 0
    header, *rows = done.out.splitlines()
    shipped = [problem["name"] for problem in run("problems", "--json").json["problems"]]
    assert header.split() == ["backend", *shipped]
    assert "prove an optimum:" in rows  # the groups say who proves
    first = {row.split()[0] for row in rows if row.strip()}
    assert {"cd", "exact"} <= first


def test_backends_as_json(run):
    data = run("backends", "--json").json
    by_name = {info["name"]: info for info in data["backends"]}
    assert by_name["cd"]["problems"]["p1"] == {"fidelity": "exact", "route": "Binary"}
    assert by_name["cd"]["options"][0] == {
        "name": "restarts",
        "type": "whole number",
        "default": 1,
        "help": "random starting actions; the best result counts",
    }
    assert data["broken"] == []


def test_one_backend(run):
    done = run("backends", "cd")
    assert done.code == 0
    assert "-o restarts" in done.out
    assert run("backends", "cd", "--json").json["name"] == "cd"
    wrong = run("backends", "dc")
    assert wrong.code == 2
    assert wrong.err.startswith("Error: there is no backend 'dc'")


def test_problems(run):
    data = run("problems", "--json").json
    assert "p1" in [problem["name"] for problem in data["problems"]]
    assert "p1" in [family["name"] for family in data["families"]]
    assert data["broken"] == []
    printed = run("problems").out.replace("\n", "").replace(" ", "")
    assert all(problem["path"] in printed for problem in data["problems"])


def test_schema_is_a_json_schema_for_the_shipped_file(run, small):
    done = run("schema", "p1")
    assert done.code == 0
    schema = done.json
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["title"]
    assert schema["additionalProperties"] is False
    assert "problem" in schema["required"]  # devices may come from the file of gains
    paths = {problem["name"]: problem["path"] for problem in run("problems", "--json").json["problems"]}
    shipped = yaml.safe_load(Path(paths["p1"]).read_text(encoding="utf-8"))
    assert set(shipped) <= set(schema["properties"])
    for definition in schema["$defs"].values():
        assert definition["additionalProperties"] is False
    _resolve(schema, schema)
    assert run("schema", small).json == schema


def _resolve(node, schema):
    """Every reference of a schema leads somewhere."""
    if isinstance(node, dict):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        for value in node.values():
            _resolve(value, schema)
    elif isinstance(node, list):
        for value in node:
            _resolve(value, schema)


def test_schema_of_an_unknown_family(run):
    done = run("schema", "p2")
    assert done.code == 2
    assert done.err == "Error: there is no problem 'p2'; did you mean 'p1'?\n"


def test_check_backend_passes_and_fails(run, monkeypatch):
    testing = pytest.importorskip("qmectk.testing")
    clauses = [
        testing.ClauseResult("bites", "It bites.", True, ""),
        testing.ClauseResult("barks", "It barks.", True, ""),
    ]
    monkeypatch.setattr(testing, "check", lambda name, config: clauses)
    good = run("check-backend", "cd")
    assert good.code == 0
    assert "barks" in good.out
    clauses[1] = testing.ClauseResult("barks", "It barks.", False, "it meowed")
    bad = run("check-backend", "cd")
    assert bad.code == BackendFailed.exit_code
    assert "it meowed" in bad.out
    assert "fails 1 of 2 clauses: barks" in bad.err
    data = json.loads(run("check-backend", "cd", "--json").out)
    assert data["passed"] is False
    assert [clause["passed"] for clause in data["clauses"]] == [True, False]


def test_check_backend_of_an_unknown_one(run):
    done = run("check-backend", "dc")
    assert done.code == 2
    assert "there is no backend 'dc'" in done.err


def test_backends_has_summaries_where_there_is_room(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")
    assert run("backends").out.splitlines()[0].split()[-1] == "summary"
