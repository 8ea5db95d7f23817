"""Writers of training steps, for ``qmectk.train(..., observe=...)``: to TensorBoard and to MLflow.

Each is called with the numbers of a step and closed when the training is over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import MissingPackage
from ..extending.installed import installed
from ..files.storage import explained

#: What tells where a step is, and is no measurement.
PLACES = ("step", "frame", "frames")

#: Numbers that MLflow is sent at once; its limit is 1000.
AT_ONCE = 500


def measured(step: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The measurements of a step that are known.

    >>> list(measured({"step": 2, "frame": 50, "frames": 1000, "loss": 0.25, "ratio": None}))
    [('loss', 0.25)]
    """
    for name, value in step.items():
        if name not in PLACES and value is not None:
            yield name, float(value)


class TensorBoard:
    """Scalars ``training/loss``, ``training/ratio``, ... over training frames, in a folder of events.

    Examples
    --------
    >>> with TensorBoard("runs/ugq") as board:  # doctest: +SKIP
    ...     qmectk.train("p1", "ugq", observe=board)
    """

    def __init__(self, folder: str | Path) -> None:
        _need("tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        with explained(folder):
            self._writer: Any = SummaryWriter(str(folder))

    def __call__(self, step: Mapping[str, Any]) -> None:
        for name, value in measured(step):
            self._writer.add_scalar(f"training/{name}", value, step["frame"])

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class MLflow:
    """Metrics ``loss``, ``ratio``, ... over training frames, as one run of an experiment.

    Parameters
    ----------
    experiment
        Its name; it is made where there is none.
    run
        Name of the run.
    uri
        Where the tracking server or folder is; None for what the environment says.
    """

    def __init__(self, experiment: str, run: str | None = None, uri: str | None = None) -> None:
        _need("mlflow", "mlflow")
        import mlflow

        self._mlflow: Any = mlflow
        self._client: Any = mlflow.MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(experiment)
        number = self._client.create_experiment(experiment) if found is None else found.experiment_id
        self._run: str = self._client.create_run(number, run_name=run).info.run_id
        self._waiting: list[Any] = []

    def __call__(self, step: Mapping[str, Any]) -> None:
        now = int(1e3 * time.time())
        self._waiting += [
            self._mlflow.entities.Metric(name, value, now, int(step["frame"])) for name, value in measured(step)
        ]
        if len(self._waiting) >= AT_ONCE:
            self._send()

    def close(self) -> None:
        """Send what is left, and end the run."""
        self._send()
        self._client.set_terminated(self._run)

    def __enter__(self) -> MLflow:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _send(self) -> None:
        if self._waiting:
            self._client.log_batch(self._run, metrics=self._waiting)
            self._waiting = []


def _need(package: str, extra: str) -> None:
    if not installed(package):
        raise MissingPackage(f"the writer needs {package}", f"run: pip install 'qmectk[{extra}]'")


__all__ = ["MLflow", "TensorBoard", "measured"]
