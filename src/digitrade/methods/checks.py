"""Refusals that all estimators share: what was found, where, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

ABSORBED = 1e-10  # share of a column's length that may be left of it by rounding alone
COLLINEAR = 1e-8  # smallest singular value of regressors within the effects, each of length 1


def refuse(title: str, problems: Collection[str]) -> None:
    """Raise ValueError with all problems at once, if there are any."""
    if problems:
        raise ValueError(f"{title}:\n  - " + "\n  - ".join(problems))


def require_columns(data: pd.DataFrame, names: Collection[str]) -> None:
    """Raise KeyError with the columns that are not there and those that are."""
    if absent := [name for name in dict.fromkeys(names) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")


def missing_values(data: pd.DataFrame, names: Collection[str]) -> list[str]:
    """Return a problem for each column with a missing value."""
    return [
        f"{name}: {count} missing values; keep complete rows first (sample.complete_rows)"
        for name, count in data[list(names)].isna().sum().items()
        if count
    ]


def not_numbers(data: pd.DataFrame, names: Collection[str]) -> list[str]:
    """Return a problem for each column that holds anything but finite numbers or gaps."""
    problems = []
    for name in dict.fromkeys(names):
        if not pd.api.types.is_numeric_dtype(data[name]):
            problems.append(f"{name}: holds {data[name].dtype}; give numbers")
        elif count := int(np.isinf(data[name].to_numpy(dtype=float, na_value=np.nan)).sum()):
            problems.append(f"{name}: {count} infinite values; leave the rows out")
    return problems


def check_variation(
    columns: np.ndarray, within: np.ndarray, names: Sequence[str], effects: Sequence[str]
) -> None:
    """Raise if effects leave nothing of one of k columns (n by k, before and after), or of a sum.

    ``names`` and ``effects`` are for the message: of the columns and of what was taken out.
    """
    if not names:
        return
    inside = f"within {', '.join(effects) or 'a constant'}"
    lengths = np.linalg.norm(within, axis=0)
    gone = lengths <= ABSORBED * np.linalg.norm(columns, axis=0)
    if gone.any():
        found = ", ".join(np.array(names)[gone])
        raise ValueError(f"{found}: does not vary {inside}; leave it out")
    _, singular, loadings = np.linalg.svd(np.linalg.qr(within / lengths, mode="r"))
    if singular[-1] < COLLINEAR:
        found = ", ".join(np.array(names)[np.abs(loadings[-1]) > np.sqrt(COLLINEAR)])
        raise ValueError(f"{found}: combinations of each other {inside}; leave one out")
