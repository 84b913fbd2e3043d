"""What tables and figures have in common: they are called with a name and a caption."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import Parameter, signature
from typing import Any


def called_with(made: Any, inner: Callable[..., Any], **optional: str) -> Any:
    """Give a function the documentation and the signature of another, texts added to it."""
    texts = {"name": Parameter.empty, "caption": Parameter.empty, **optional}
    more = [
        Parameter(text, Parameter.KEYWORD_ONLY, default=default, annotation="str")
        for text, default in texts.items()
    ]
    own, result = signature(inner), made.__annotations__["return"]
    update_wrapper(made, inner)
    made.__signature__ = own.replace(
        parameters=[*own.parameters.values(), *more], return_annotation=result
    )
    return made
