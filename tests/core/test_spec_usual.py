"""Numbers that are valid and hardly meant are named in a warning; sizes at the edge of floats are refused by key."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.documents import load, parse
from qmectk.documents.files import shipped
from qmectk.errors import InputError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("problem: p1\ndevices: 2\nconstants: {bandwidth: 2 mHz}\n", "'constants.bandwidth' is 0.002 Hz, and 100 to"),
        ("problem: p1\ndevices: 2\nconstants: {power: 3 GW}\n", "'constants.power' is 3e+09 W"),
        ("problem: p1\ndevices: 2\nchannel: {distance: [3, 5e-12]}\n", "'channel.distance' is 5e-12 m"),
        ("problem: p1\ndevices: 2\nchannel: {distance: {between: [1, 1e9 km]}}\n", "'channel.distance.between' is"),
        ("problem: drift\nradio: {noise: 5 MW}\n", "'radio.noise' is 5e+06 W"),
        ("problem: drift\nserver_cpu: 20\n", "'server_cpu' is 20 Hz"),
        ("problem: meqc\nedge_clock: [10e9, 15]\n", "'edge_clock' is 15 Hz"),
        ("problem: meqc-ye\nmotion: {slot: 1e9}\n", "'motion.slot' is 1e+09 s"),
    ],
)
def test_a_slip_in_a_unit_is_a_warning_with_the_key(text: str, words: str) -> None:
    with pytest.warns(UserWarning, match="is usual; is its unit right") as caught:
        made = parse(text)
    assert words in str(caught[0].message)
    assert words in made.params.doubts()[0]


def test_nothing_shipped_is_in_doubt() -> None:
    for path in shipped().values():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert load(path).params.doubts() == []


@pytest.mark.parametrize(("gain", "words"), [("3.5", "no link gives back"), ("1e-30", "no receiver hears that")])
def test_the_scale_of_a_file_of_gains_is_in_doubt(gain: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(f"a,b\n1e-40,1e-41\n1e-40,{gain}\n")
    (tmp_path / "p.yaml").write_text("problem: p1\nchannel: {path: h.csv}\n")
    with pytest.warns(
        UserWarning, match=rf"largest gain of h\.csv is {gain}, in line 3, column 2 \('b'\), and {words}"
    ):
        load(tmp_path / "p.yaml")


@pytest.mark.parametrize(
    ("family", "path"),
    [
        ("p1", "constants.noise"),
        ("p1", "constants.energy_coefficient"),
        ("p1", "constants.bandwidth"),
        ("drift", "V"),
        ("drift", "task"),
        ("drift", "radio.power"),
        ("meqc", "hardware.coherence_time"),
        ("meqc", "chip"),
        ("meqc-ye", "motion.radius"),
        ("meqc-ye", "capacitance"),
        ("attention", "l1"),
    ],
)
@pytest.mark.parametrize("value", [1.7e308, 7e150, 1e-300])
def test_numbers_at_the_edge_of_floats_are_refused_by_key(family: str, path: str, value: float) -> None:
    """Squares and products of what is accepted are still numbers."""
    data: Any = value
    for key in reversed(path.split(".")):
        data = {key: data}
    needed = {"devices": 2} if family == "p1" else {}
    with pytest.raises(InputError, match=rf"'{path}.*': must be between 1e-60 and 1e\+60 in size"):
        parse(json.dumps({"problem": family, **needed, **data}))


@pytest.mark.parametrize("value", [1e-60, 1e60])
@pytest.mark.parametrize(
    "key", ["noise", "power", "bandwidth", "cycles_per_bit", "energy_coefficient"], ids=lambda key: key
)
@pytest.mark.filterwarnings("ignore:.*is usual")
def test_at_the_ends_of_what_is_accepted_every_number_is_finite(key: str, value: float) -> None:
    one = parse(json.dumps({"problem": "p1", "devices": 2, "constants": {key: value}})).instances()[0]
    for action in ([0, 0], [1, 0], [1, 1]):
        measured = one.measure(one.complete(np.array(action)))  # type: ignore[attr-defined]
        assert np.isfinite(measured.objective)


def test_a_gain_beyond_all_bounds_is_refused_by_what_makes_it() -> None:
    with pytest.raises(InputError, match="the mean gain at 1e-60 m is more than 1e\\+60; 'carrier', 'distance'"):
        parse("problem: p1\ndevices: 1\nchannel: {distance: [1e-60]}\n")


def test_circuits_far_above_the_threshold_fail_without_a_word() -> None:
    for hardware in ({"coherence_time": 1e-60}, {"threshold": 1e-60}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            text = json.dumps({"problem": "meqc", "users": 2, "servers": 1, "hardware": hardware})
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*is usual")
                made = parse(text)
            assert qmectk.solve(made, "assignment").feasible
