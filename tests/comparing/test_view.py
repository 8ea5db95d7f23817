"""The live view: what it says of a running study, whom it answers, and that it follows the study in a browser."""

from __future__ import annotations

import json
import threading

import pytest

from qmectk.comparing.storage.store import Store
from qmectk.comparing.studies.study import make_study
from qmectk.comparing.view.live import Live
from qmectk.comparing.view.server import application, serving
from qmectk.errors import InputError

from .browser import until

KEYS = [f"{number:024x}" for number in range(8)]


def row(number, **values):
    """A run of one of two backends on one of four instances."""
    said = {"problem": "p", "instance": f"p {number // 2}", "frame": number // 2, "options": "{}", "unit": "bit"}
    said |= {"backend": ("near", "<b>far</b>")[number % 2], "seed": 0, "sense": 1, "status": "ok", "reason": ""}
    said |= {"quality": "feasible", "objective": 9.0 - number % 2, "bound": 10.0, "solve_seconds": 0.1 + number / 9}
    return {"run_id": KEYS[number], **said, "started": "2999-01-01T00:00:00.000+00:00", **values}


@pytest.fixture
def path(tmp_path):
    """A store of a study of eight runs, none of which has ended."""
    with Store(tmp_path / "runs.db") as store:
        store.keep_study(make_study(study="eight", backends=["near", "far"]).model_dump_json(), KEYS)
    return tmp_path / "runs.db"


@pytest.fixture
def client(path, monkeypatch):
    monkeypatch.setattr("qmectk.comparing.view.live.SHARE", 1e9)  # nobody is measured here
    live = Live(path, ("seed=0",))
    yield application(live).test_client()
    live.close()


def test_progress_of_a_running_study(client, path, monkeypatch):
    def reported():
        return client.get("/progress").json

    assert reported() == {
        "title": "eight", "done": 0, "total": 8, "failed": 0, "prepared": 0, "working": 0, "rate": None, "left": None
    }  # fmt: skip
    assert client.get("/report/none").status_code == 204
    with Store(path) as store:
        store.claim(KEYS)
        assert (reported()["working"], reported()["rate"]) == (1, None)
        store.finish(row(0))
        store.finish(row(1, status="crashed", reason="it <i>died</i>"))
        # two runs in ten seconds
        import qmectk.comparing.view.progress as module

        began = module.datetime.datetime.fromisoformat(row(0)["started"]).timestamp()
        monkeypatch.setattr(module.time, "time", lambda: began + 10.0)
        found = reported()
        assert (found["done"], found["failed"], found["working"]) == (2, 1, 1)
        assert (found["rate"], found["left"]) == (pytest.approx(0.2), pytest.approx(30.0))
    assert reported()["working"] == 0
    assert reported()["left"] is None


def test_the_report_is_made_when_there_are_new_runs_and_not_too_often(client, path):
    with Store(path) as store:
        store.finish(row(0))
        first = client.get("/report/none")
        assert first.status_code == 200
        assert "<table" in first.text
        assert "<script>" not in first.text  # whoever shows it has brought them
        stamp = first.headers["ETag"]
        assert client.get(f"/report/{stamp}").status_code == 204
        store.finish(row(1))
        assert client.get(f"/report/{stamp}").status_code == 204  # the study comes first
    assert "&lt;b&gt;far" not in client.get("/report/none").text


def test_runs_that_cannot_be_shown_together_are_one_sentence(client, path):
    with Store(path) as store:
        store.finish(row(0))
        store.finish(row(1, horizon=json.dumps({"slots": 9})))
    answer = client.get("/report/none")
    assert (answer.status_code, answer.content_type) == (409, "text/plain; charset=utf-8")
    assert answer.text.startswith("these are 1 runs on instances and 1 of controllers over horizons")


def test_it_answers_this_machine_alone(client):
    for host in ("127.0.0.1:8421", "localhost:8421"):
        answer = client.get("/", headers={"Host": host})
        assert answer.status_code == 200
        assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.1.1:8421", ""):
        for page in ("/", "/progress", "/report/none", "/live.js"):
            assert client.get(page, headers={"Host": host}).status_code == 400, host
    assert client.get("/../pyproject.toml").status_code == 404
    assert client.post("/progress").status_code == 405


def test_mistakes_are_said_before_anything_is_served(path, tmp_path):
    for asked, said in [
        ({"path": tmp_path / "none.db"}, "there is no store"),
        ({"path": path, "where": ("backnd=near",)}, "did you mean 'backend'?"),
    ]:
        with pytest.raises(InputError) as caught, serving(**asked):
            pass
        assert said in str(caught.value)
    with serving(path, port=0) as server, pytest.raises(InputError) as caught, serving(path, port=server.port):
        pass
    assert str(caught.value) == f"cannot listen on port {server.port}: Address already in use; choose another --port"


def test_a_page_follows_the_study(browser, path, monkeypatch):
    monkeypatch.setattr("qmectk.comparing.view.live.SHARE", 1e9)  # nobody is measured here
    with serving(path, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            browser.get(f"http://127.0.0.1:{server.port}/")
            until(browser, "return document.querySelector('.state').textContent === 'No process is working on it.'")
            assert "No run has ended yet." in browser.find_element("tag name", "main").text
            with Store(path) as store:
                store.claim(KEYS)
                for number in range(4):
                    store.finish(row(number))
                until(browser, "return document.querySelectorAll('main table').length > 0")
                until(browser, "return document.querySelector('.plot .main-svg') !== null")
                until(browser, "return document.querySelector('.done').textContent === '4 of 8 runs'")
                assert browser.find_element("css selector", ".state").text == "Running."
                assert "4 to come" in browser.find_element("css selector", ".pace").text
                assert browser.title == "50 % · eight"
                names = (
                    "return [...document.querySelectorAll('main tbody th span')].slice(0, 2).map(e => e.textContent)"
                )
                assert browser.execute_script(names) == ["near", "<b>far</b>"]
                # what the reader has sorted and switched off stays when the next report comes
                browser.execute_script("document.querySelector('thead button').click()")
                browser.execute_script("document.querySelector('.chip').click()")
                stamp = browser.execute_script("return document.documentElement.dataset.stamp")
                for number in range(4, 8):
                    store.finish(row(number))
            until(browser, f"return document.documentElement.dataset.stamp !== {stamp!r}", 40)
            until(browser, "return document.querySelector('.state').textContent === 'The study is done.'")
            assert browser.execute_script(names) == ["<b>far</b>", "near"]
            assert browser.find_element("css selector", ".chip").get_attribute("aria-pressed") == "false"
            assert browser.execute_script("return document.querySelectorAll('.plot').length") > 4
            loaded = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
            assert {name.split("/")[2] for name in loaded} == {f"127.0.0.1:{server.port}"}
        finally:
            server.shutdown()
            thread.join()
    until(browser, "return document.querySelector('.state').textContent.startsWith('The view has ended')")
    # a request that was under way when the server ended is reset, later ones are refused
    ended = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET")
    severe = [one for one in browser.get_log("browser") if not any(error in one["message"] for error in ended)]
    assert severe == []
