"""The whole conformance test of a backend."""

from qmectk.testing import BackendSuite


class TestTabu(BackendSuite):
    backend = "tabu-walk"
