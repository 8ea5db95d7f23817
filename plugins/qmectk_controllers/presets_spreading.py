"""Controllers of devices that spread themselves over servers: Verma's circuits, their classical twin, and prices."""

from __future__ import annotations

from .backends import ControllerBackend
from .options_spreading import FlatOptions, PriceOptions, QnnOptions


class Spreader(ControllerBackend):
    """Trained by :class:`~qmectk_controllers.drift_loss.DriftLoss`."""

    learner = "drift_loss:DriftLoss"


class PriceNet(Spreader):
    name = "price-net"
    summary = "a learned price of every server, known values: any number of devices, any V"
    Options = PriceOptions
    options: PriceOptions


class QnnController(Spreader):
    name = "qnn"
    summary = "quantum convolution over queues and rates (Verma et al. 2025); -o form=published as printed"
    Options = QnnOptions
    options: QnnOptions


class DnnController(Spreader):
    name = "dnn"
    summary = "the classical twin of qnn: a perceptron over queues and rates; -o form=published as printed"
    Options = FlatOptions
    options: FlatOptions


PRESETS = (PriceNet, QnnController, DnnController)
