"""Numbers on their way into sentences: glued from the run, never typed."""

from __future__ import annotations

from numbers import Integral, Real

from myst_nb import glue


def glue_numbers(**values: float | int | str) -> None:
    """Glue values under their names, as plain Python numbers.

    Sentences take them up as ``{glue:text}`name:.3f```.

    Raises
    ------
    TypeError
        If a value is neither a number nor a text.
    """
    for name, value in values.items():
        if isinstance(value, Integral):
            plain: float | int | str = int(value)
        elif isinstance(value, Real):
            plain = float(value)
        elif isinstance(value, str):
            plain = value
        else:
            raise TypeError(f"{name} is a {type(value).__name__}: glue a number or a text")
        glue(name, plain, display=False)
