"""Reports: what they say, in every format, with friendly and hostile names, and what they do without data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.report import write_report
from qmectk.comparing.report.content import gather
from qmectk.comparing.report.page import as_html
from qmectk.comparing.report.tables import as_latex, as_markdown
from qmectk.errors import InputError

HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=2</script>",
    '"><img src=x onerror="window.hacked=3">',
    "a | b * _c_ `d` [e](javascript:alert(1)) $x$ @team",
    "{{ 7 * 7 }} {% raw %} %{x}",
    "\\input{/etc/passwd} & 100% #1 ~^",
    "naïve 量子 \u202eevil\u0000",
]


def study(backends=("exact", "ugq", "sa"), instances=6, seeds=2, sense=1, problem="p1", bound=True, **more):
    rng = np.random.default_rng(0)
    rows = []
    for instance in range(instances):
        best = 10.0 + rng.random()
        for index, backend in enumerate(backends):
            for seed in range(seeds):
                proved = index == 0 and bound
                gap = 0.0 if index == 0 else 10.0 ** (index - 5) * (1.0 + rng.random())
                objective = best * (1.0 - sense * gap)
                rows.append(
                    {
                        "run_id": f"{len(rows)}",
                        "problem": problem,
                        "instance": f"{problem}-{instance}",
                        "frame": 0,
                        "backend": backend,
                        "options": "{}",
                        "seed": seed,
                        "sense": sense,
                        "unit": "Mbit/s",
                        "termination": "proved" if proved else "converged",
                        "quality": "optimal" if proved else "feasible",
                        "objective": objective,
                        "bound": best if bound else None,
                        "reference_via": "exact",
                        "training_seconds": 50.0 if index == 1 else 0.0,
                        "conversion_seconds": 0.001,
                        "solve_seconds": 10.0 ** (-3 + index) * (1.0 + rng.random()),
                        "time_limit": 10.0,
                        "status": "ok",
                        "reason": "",
                        "events": json.dumps([[1e-4, objective * (1 - sense * 0.1), None], [5e-4, objective, None]]),
                        "machine": json.dumps({"cpu": "Model 9", "cores": 2}),
                        "versions": json.dumps({"python": "3.11.2", "numpy": "2.0"}),
                        "started": "2026-01-02T03:04:05+00:00",
                        **more,
                    }
                )
    return pd.DataFrame(rows)


def fail(frame, backend, status="crashed", reason="died of signal 11"):
    hit = frame["backend"] == backend
    # what a run that never came back leaves
    frame = frame.astype({"objective": object, "bound": object, "solve_seconds": object})
    frame.loc[hit, ["status", "reason", "quality", "termination"]] = [status, reason, "none", "failed"]
    frame.loc[hit, ["objective", "bound", "solve_seconds"]] = None
    return frame


class Text(HTMLParser):
    """The text and tags a browser would see."""

    def __init__(self):
        super().__init__()
        self.text, self.tags, self._skip = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._skip += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._skip -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._skip:
            self.text.append(data)


def page_of(frame, tmp_path, title="A study"):
    text = write_report(frame, tmp_path / "report.html", title).read_text(encoding="utf-8")
    parsed = Text()
    parsed.feed(text)
    return text, parsed, " ".join("".join(parsed.text).split())


def test_the_page_says_what_matters_first(tmp_path):
    _, _, text = page_of(study(), tmp_path)
    head, _, rest = text.partition("How to read this")
    assert "A study" in head
    assert "ugq reaches 0.9998" in head
    assert "of the certified optimum on average, on 6 of 6 instances" in head
    assert "after 50 s of training" in head
    assert "exact proves all 12 runs optimal" in head
    assert "No run failed." in head
    assert "Model 9" in head
    assert "numpy" in head
    for promise in (
        "What is certified",
        "What a ratio to a bound means",
        "drawn with replacement",
        "What is not shown",
    ):
        assert promise in rest


def test_the_page_needs_nothing_from_outside(tmp_path):
    text, parsed, _ = page_of(study(), tmp_path)
    outside = [a for _, a in parsed.tags if any(re.match(r"(https?:)?//", str(a.get(k, ""))) for k in ("src", "href"))]
    assert not outside
    assert text.count("plotly.js v") == 1
    assert "default-src 'none'" in text
    assert all("onclick" not in attributes for _, attributes in parsed.tags)


def test_tables_read_without_javascript(tmp_path):
    _, parsed, text = page_of(fail(study(), "sa"), tmp_path)
    assert "noscript" in [tag for tag, _ in parsed.tags]
    assert "✗ 12" in text
    assert "died of signal 11" in text
    assert [a for t, a in parsed.tags if t == "th" and a.get("scope") == "row"]


@pytest.mark.parametrize("suffix", ["html", "md", "tex"])
def test_every_string_is_escaped(tmp_path, suffix):
    frame = pd.concat([study(backends=HOSTILE, instances=3), study(backends=HOSTILE, problem=HOSTILE[0], instances=2)])
    frame["instance"] = [HOSTILE[i % len(HOSTILE)] + str(i // 14) for i in range(len(frame))]
    frame = fail(frame, HOSTILE[2], "failed", HOSTILE[1])
    frame["machine"], frame["versions"] = json.dumps({HOSTILE[0]: HOSTILE[1]}), json.dumps({HOSTILE[1]: HOSTILE[2]})
    frame["options"] = json.dumps({HOSTILE[0]: HOSTILE[1]})
    frame["penalties"], frame["preset"], frame["unit"] = json.dumps({HOSTILE[1]: 2}), HOSTILE[0], HOSTILE[2]
    text = write_report(frame, tmp_path / f"r.{suffix}", HOSTILE[1]).read_text(encoding="utf-8")
    ours = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert "\u202e" not in ours
    assert "\x00" not in ours
    if suffix == "html":
        parsed = Text()
        parsed.feed(text)
        figures = sum(tag == "script" and "data-figure" in attributes for tag, attributes in parsed.tags)
        assert sum(tag == "script" for tag, _ in parsed.tags) == figures + 2
        assert not [tag for tag, _ in parsed.tags if tag == "img"]
        assert not [a for _, attributes in parsed.tags for a in attributes if a.startswith("on")]
        assert HOSTILE[0] in "".join(parsed.text)
        assert "{{ 7 * 7 }}" in "".join(parsed.text)
    if suffix == "md":
        assert not re.search(r"<(script|img)", text)
        assert not re.search(r"(?<!\\)\]\(", text)
        tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
        assert len(tables) > 4
        for table in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
        assert "@team" not in text
    if suffix == "tex":
        assert "\\input{" not in text
        body = re.sub(r"\\[\\{}$&#%_]", "", text)
        assert body.count("{") == body.count("}")
        assert not [line for line in body.splitlines() if "%" in line and not line.startswith("% ")]


def test_markdown_has_the_same_numbers(tmp_path):
    frame = study(sense=-1)
    text = write_report(frame, tmp_path / "r.md").read_text(encoding="utf-8")
    assert "ugq comes within 0.01" in text
    assert "| contender | proved | optimal |" in text
    assert "## Failures\n\nNo run failed." in text
    assert "**What is certified.**" in text


def test_latex_tables(tmp_path):
    text = write_report(study(), tmp_path / "r.tex").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    summary = rows[: 1 + 2 * 3]
    spec = re.search(r"\\begin{tabular}{(\w+)}", text)[1]
    assert {len(re.split(r"(?<!\\)&", line)) for line in summary} == {len(spec)}
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == text.count(r"\begin{tabular}")


@pytest.mark.parametrize(
    "frame",
    [
        study(instances=1, seeds=1),
        study(backends=("only",), instances=2),
        study(bound=False),
        fail(study(backends=("a",)), "a", "timeout", "no answer"),
        fail(study(), "exact", "refused", "no route"),
        study().assign(quality="infeasible"),
        study().assign(events=None, machine=None, versions=None, started=None, time_limit=None),
        study()[["problem", "instance", "backend", "status"]],
        study().iloc[:0],
        pd.concat([study(), study(backends=("other",), problem="meqc", sense=-1)]),
    ],
    ids=["one-run", "one-backend", "no-bound", "all-fail", "refused", "infeasible", "bare", "few", "empty", "disjoint"],
)
def test_odd_studies_still_make_a_report(frame):
    content = gather(frame, "odd", 1e-3)
    for text in (as_html(content), as_markdown(content), as_latex(content)):
        assert not re.search(r"\bnan\b", re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))


def test_verdicts_are_honest(tmp_path):
    assert "nothing here is certified" in page_of(study(bound=False), tmp_path)[2]
    assert "all 12 runs failed" in page_of(fail(study(backends=("a",)), "a"), tmp_path)[2]
    assert "No run found a feasible point." in page_of(study().assign(quality="infeasible"), tmp_path)[2]
    loose = study().assign(bound=20.0, quality="feasible", termination="converged")
    text = page_of(loose, tmp_path)[2]
    assert "of the best certified bound on average" in text
    assert "No contender proved optimality by itself" in text


def test_warnings_name_what_spoils_a_comparison(tmp_path):
    frame = study()
    frame.loc[0, "bound"] = 1.0
    frame.loc[1, "time_limit"] = 99.0
    frame.loc[2, "machine"] = '{"cpu": "other"}'
    text = page_of(frame.iloc[:-1], tmp_path)[2]
    latex = as_latex(gather(frame, "t", 1e-3))
    for says in ("not used", "same time limit", "more than one machine"):
        assert says in text
        assert says in latex
    assert "Not every contender ran every instance" in page_of(frame.iloc[:-2], tmp_path)[2]


def test_penalties_are_audited(tmp_path):
    audit = {
        "factor": 0.5,
        "multipliers": {"budget": 2.5, "one": 0.5},
        "bits": 4,
        "sufficient": False,
        "how": "1 of 2 feasible",
    }
    text = page_of(study().assign(penalties=json.dumps(audit), share_feasible=0.25), tmp_path)[2]
    for says in ("multipliers 2 from 0.500 to 2.50", "no1 of 2 feasible", "25 %"):
        assert says.replace(" %", "\u00a0%") in text or says in text
    open_question = json.dumps({**audit, "sufficient": None})
    assert "open1 of 2 feasible" in page_of(study().assign(penalties=open_question), tmp_path)[2]


def test_other_suffixes_are_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(InputError, match=r"\.html, \.md, \.tex, \.csv or \.parquet"):
        write_report(study(), tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())
    write_report(study(), tmp_path / "new" / "R.HTML")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["R.HTML"]


def test_gaps_below_the_optimality_gap_are_not_told_apart(tmp_path):
    frame = study(backends=("exact", "other"))
    frame["objective"] = frame["bound"] * (1.0 - 1e-9 * (frame["backend"] == "other"))
    rows = gather(frame, "t", 1e-3).parts[0].summary.rows
    assert [row[5].best for row in rows] == [True, True]


def test_versions_are_told_once(tmp_path):
    frame = study()
    frame.loc[frame["backend"] == "sa", "versions"] = '{"python": "3.11.2", "dimod": "1"}'
    assert [table.title for table in gather(frame, "t", 1e-3).environment] == ["Machine", "Versions"]
    frame.loc[0, "versions"] = '{"numpy": "1.0"}'
    assert "same version of numpy" in " ".join(gather(frame, "t", 1e-3).warnings)


def test_floors_are_in_the_summary_and_in_no_ranking():
    frame = study(backends=("exact", "ugq", "local-only"))
    frame["preset"] = np.where(frame["backend"] == "local-only", "floor", None)
    frame.loc[frame["backend"] == "local-only", "solve_seconds"] = 1e-6
    content = gather(frame, "floors", 1e-3)
    (part,) = content.parts
    rows = {row[0].text: row for row in part.summary.rows}
    assert set(rows) == {"exact", "ugq", "local-only (floor)"}
    assert not any(cell.best for cell in rows["local-only (floor)"])  # who is compared is not the slower for it
    fastest = [head for head, _ in part.summary.heads].index("time")
    assert rows["exact"][fastest].best
    pairs = next(table for table in part.tables if table.title == "Pair by pair")
    assert [row[0].text for row in pairs.rows] == ["exact / ugq"]
    assert "Floors" in as_markdown(content)
    assert "Floors" not in as_markdown(gather(study(), "none", 1e-3))
