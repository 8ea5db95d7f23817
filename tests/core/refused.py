"""A problem file that is good, and the sentence with which a bad one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from qmectk.documents import parse
from qmectk.errors import InputError

GOOD = "problem: p1\ndevices: 3\n"


def sentence(text: str, **overrides: Any) -> str:
    """What parsing `text` is refused with."""
    with pytest.raises(InputError) as caught:
        parse(text, source="my.yaml", **overrides)
    message = str(caught.value)
    assert "\n" not in message
    assert "pydantic" not in message.lower()
    return message
