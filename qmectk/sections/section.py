"""What all files and their parts have in common, wherever their keys are declared."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class Section(BaseModel):
    """A file or a part of one: no unknown keys, no NaN, frozen; and true is not the number 1, as it is in Python."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _true_is_no_number(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        counted = {name for name, field in cls.model_fields.items() if {int} == _kinds(field.annotation) & {int, bool}}
        found = sorted(key for key in counted & data.keys() if _has_truth(data[key]))
        if found:
            what = PydanticCustomError("number", "must be a number, not {word}", {"word": "true"})
            raise ValidationError.from_exception_data(
                cls.__name__, [InitErrorDetails(type=what, loc=(key,), input=None) for key in found]
            )
        return data


def _has_truth(value: Any) -> bool:
    return any(isinstance(one, bool) for one in (value if isinstance(value, (list, tuple)) else [value]))


def _kinds(annotation: Any) -> set[Any]:
    """All that an annotation is made of: list[int | str] of list, int and str."""
    return {annotation}.union(*map(_kinds, get_args(annotation))) if isinstance(annotation, Hashable) else set()
