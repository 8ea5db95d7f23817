"""Access to D-Wave's cloud: whether there is any, and what to say when there is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qmectk.errors import QmectkError, Refused

#: Solvers whose name begins like this exist on this machine only.
MOCK = "mock"

REMEDY = (
    "set DWAVE_API_TOKEN or run: dwave config create (tokens come with an account at cloud.dwavesys.com); "
    f"-o solver={MOCK} tries the whole path offline"
)


def configuration(backend: str, solver: str) -> dict[str, Any]:
    """What a client of dwave-cloud-client is made with.

    Raises
    ------
    Refused
        When no token is configured.
    """
    from dwave.cloud.config import load_config

    with in_sentences(backend):
        config = load_config()
    if not (config.get("token") or os.environ.get("DWAVE_API_TOKEN")):
        raise Refused(f"backend '{backend}' needs an API token of D-Wave's cloud and none is configured", REMEDY)
    return {"solver": solver} if solver else {}


def unavailable(backend: str) -> str:
    """Why the cloud cannot be used, "" when a token is configured; it is not tried."""
    try:
        configuration(backend, "")
    except Refused as error:
        return str(error)
    return ""


@contextmanager
def in_sentences(backend: str) -> Iterator[None]:
    """Errors of the cloud (no such solver, refused token, no connection) as refusals in one sentence."""
    from dwave.cloud import exceptions

    try:
        yield
    except QmectkError:
        raise
    except (exceptions.ConfigFileError, exceptions.CanceledFutureError, exceptions.InvalidProblemError) as error:
        raise Refused(f"backend '{backend}' cannot use D-Wave's cloud: {_first_line(error)}", REMEDY) from error
    except OSError as error:  # errors of the service and of the network derive from it
        raise Refused(f"backend '{backend}' is refused by D-Wave's cloud: {_first_line(error)}", REMEDY) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
