"""The server of the live view: it listens on the loopback address alone and answers no other name."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...extending.installed import check_there
from ..studies.arguments import check_reporting

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.serving import BaseWSGIServer

    from .live import Live

#: Where it listens, and by which names it may be asked: a page of another name could read what is here (DNS rebinding).
HOST = "127.0.0.1"
NAMES = (HOST, "localhost")

#: Port when none is asked for; not registered (IANA).
PORT = 8421

#: What a page may load: its own scripts and answers, and nothing from other servers.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def application(live: Live) -> Flask:
    """The pages of a store."""
    from flask import Flask, Response, jsonify

    from ..report.document import asset, template
    from ..report.page import plotly

    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = list(NAMES)

    @app.after_request
    def _guarded(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(InputError)
    def _said(error: InputError) -> tuple[str, int, dict[str, str]]:
        return str(error), 409, {"Content-Type": "text/plain; charset=utf-8"}

    @app.get("/")
    def page() -> str:
        return template("live.html.j2").render(store=str(live.path), style=asset("report.css"), where=live.where)

    @app.get("/progress")
    def progress() -> Any:
        return jsonify(live.progress())

    @app.get("/report/<stamp>")
    def report(stamp: str) -> Response:
        now, text = live.report()
        if now == stamp or not text:
            return Response(status=204)
        return Response(text, headers={"ETag": now})

    @app.get("/<any('report.js', 'live.js'):name>")
    def script(name: str) -> Response:
        return Response(asset(name), mimetype="text/javascript")

    @app.get("/plotly.js")
    def library() -> Response:
        return Response(plotly(), mimetype="text/javascript", headers={"Cache-Control": "max-age=86400"})

    return app


@contextlib.contextmanager
def serving(path: Path, where: tuple[str, ...] = (), port: int | None = None) -> Iterator[BaseWSGIServer]:
    """A server of a store's pages that listens; ``serve_forever`` answers, ``port`` is where.

    Raises
    ------
    InputError
        For a file that is no store, a condition that is none, and a port that is taken.
    MissingPackage
        Without flask, or what reports need.
    """
    check_there("live views", "view", "flask")
    check_reporting()
    from werkzeug.serving import WSGIRequestHandler, make_server

    from ..storage.conditions import sql_condition
    from .live import Live

    class Quiet(WSGIRequestHandler):
        """Says nothing of each request."""

        def log(self, type: str, message: str, *args: Any) -> None: ...

    sql_condition(where)
    with contextlib.closing(Live(path, where)) as live, _listening(port) as listener:
        server = make_server(HOST, 0, application(live), threaded=True, request_handler=Quiet, fd=listener.fileno())
        try:
            yield server
        finally:
            server.server_close()


@contextlib.contextmanager
def _listening(port: int | None) -> Iterator[socket.socket]:
    """A socket on the loopback address: on `port`, or else on :data:`PORT` or any that is free."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for number in (port,) if port is not None else (PORT, 0):
            try:
                found.bind((HOST, number))
                break
            except OSError as error:
                if number != PORT or port is not None or error.errno != errno.EADDRINUSE:
                    said = error.strerror or str(error)
                    raise InputError(f"cannot listen on port {number}: {said}", "choose another --port") from error
        found.listen()
        yield found


def serve(
    path: str | Path, where: tuple[str, ...] = (), port: int | None = None, announce: Callable[[str], None] = print
) -> None:
    """Show a store in the browser until Ctrl-C; `announce` gets the address."""
    with serving(Path(path), where, port) as server:
        announce(f"http://{HOST}:{server.port}/")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
