"""The paper: its claims can be read, tiny runs say what its energy does, data of the user is found or asked for."""

from __future__ import annotations

import pytest

from qmectk.errors import InputError
from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import paper, reproduce
from qmectk_papers.qahan import experiments

from ..papers.committed import contradicting


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    few = (experiments.Lengths(24, 16, 1, 12),) * 3
    monkeypatch.setattr(experiments, "LENGTHS", dict.fromkeys(experiments.LENGTHS, few))


def test_every_claim_has_its_experiment_and_every_figure_its_tables():
    made = paper("qahan")
    claims = read_claims(made.claims)
    check_claims(claims, made.experiments)
    assert set(made.experiments) <= {claim.experiment for claim in claims}
    assert {name for needs, _ in made.figures.values() for name in needs} == set(made.experiments)


def test_the_energy_picks_the_least_salient(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "methods", lambda run: ["qahan", "salient", "glimpse"])
    found = reproduce("qahan", scale="quick", out=tmp_path, only=("digits",))
    words = {one.claim.id: one.word for one in found.verdicts}
    ours = ("least-salient", "keeps-zeros", "score-is-zero", "proved", "one-class")
    assert {words[name] for name in ours} == {"reproduced"}
    assert words["loses-less-than-glimpse"] == "undecided"  # at chance there is nothing to lose
    assert words["over-saccader"] == "undecided"  # it was not trained
    assert words["cifar10-over-glimpse"] == "untestable"
    assert not set(ours) & set(contradicting(found))
    page = (tmp_path / "report.html").read_text()
    assert "--data DIR with data_batch_1.bin, test_batch.bin" in page
    trained = {path: path.stat().st_mtime_ns for path in (tmp_path / "checkpoints").rglob("*.pt")}
    more = reproduce("qahan", scale="quick", out=tmp_path, only=("curves", "scores"))  # of what is trained
    assert len(more.tables["curves"]) == len(trained) == 9
    assert {path: path.stat().st_mtime_ns for path in trained} == trained
    assert (tmp_path / "figures" / "fig4-5-scores.png").stat().st_size > 1000


def test_data_of_the_user_is_found_in_folders_of_the_one_that_is_named(mnist_folder, cifar_folder, monkeypatch):
    monkeypatch.setattr(experiments, "methods", lambda run: ["soft", "random"])
    found = reproduce("qahan", scale="quick", only=("mnist", "cifar10"), data=mnist_folder.parent)
    for name in ("mnist", "cifar10"):
        assert len(found.tables[name]) == 2 * 3 * 3
        assert set(found.tables[name]["noise"]) == {0.0, 0.2, 0.4}
    one = reproduce("qahan", scale="quick", only=("cifar10",), data=cifar_folder)
    words = {v.claim.id: v.word for v in one.verdicts}
    assert words["mnist-over-glimpse"] == "untestable"
    assert words["cifar10-over-glimpse"] == "undecided"  # it was not trained


def test_a_folder_without_the_data_is_a_sentence(tmp_path):
    for name, folder, says in (
        ("qahan", tmp_path, "has no data that qahan knows"),
        ("qahan", tmp_path / "none", "there is no folder"),
        ("xu", tmp_path, "no experiment on data of yours"),
    ):
        with pytest.raises(InputError, match=says):
            reproduce(name, scale="quick", data=folder)
