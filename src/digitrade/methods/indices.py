"""Composite indices: what the data say about weights, and what they leave to taste."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

WEIGHTINGS = ("entropy", "equal", "principal-component")


def min_max(
    frame: pd.DataFrame, *, positive: Sequence[str], negative: Sequence[str] = ()
) -> pd.DataFrame:
    """Bring every column to [0, 1], larger meaning better.

    Parameters
    ----------
    frame
        One row a unit.
    positive, negative
        Columns of which more, and of which less, is better.

    Returns
    -------
    pandas.DataFrame
        The named columns, positive first; missing stays missing.

    Raises
    ------
    ValueError
        If a column is named twice, is not there, or does not vary.
    """
    columns = [*positive, *negative]
    _require_usable(frame, columns)
    values = frame[columns].astype(float)
    scaled = (values - values.min()) / (values.max() - values.min())
    scaled[list(negative)] = 1 - scaled[list(negative)]
    return scaled


def entropy_weights(
    frame: pd.DataFrame, *, positive: Sequence[str], negative: Sequence[str] = ()
) -> pd.Series:
    r"""Weigh columns by how unequally they are spread over the rows.

    With :math:`p_{ij}` the share of row i in the sum of the min-max scaled column j,
    :math:`e_j = -\sum_i p_{ij} \ln p_{ij} / \ln n` is its entropy and
    :math:`w_j = (1 - e_j) / \sum_k (1 - e_k)` its weight; :math:`0 \ln 0 = 0`.

    Parameters
    ----------
    frame
        n rows; those with a missing value in any named column are left out.
    positive, negative
        Columns of which more, and of which less, is better.

    Returns
    -------
    pandas.Series
        Weights that are not negative and sum to one, indexed by column.

    Raises
    ------
    ValueError
        If a column is named twice, is not there, or does not vary, or if fewer than
        two complete rows are left.

    Notes
    -----
    Source: Shannon (1948) for the entropy; Zou, Yun and Sun (2006, Journal of
    Environmental Sciences 18(5), 1020-1023) for the weights.
    """
    complete = _complete(frame, [*positive, *negative])
    scaled = min_max(complete, positive=positive, negative=negative)
    shares = (scaled / scaled.sum()).to_numpy()
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    divergence = 1 + (shares * logs).sum(axis=0) / np.log(len(shares))
    return pd.Series(divergence / divergence.sum(), index=scaled.columns, name="weight")


def composite_weights(
    frame: pd.DataFrame,
    *,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    weighting: str = "entropy",
) -> pd.Series:
    """Return the weights of a composite index under a named weighting.

    ``"entropy"`` lets dispersion decide, ``"equal"`` treats all columns alike, and
    ``"principal-component"`` takes the first component's loadings on the standardised
    columns, in absolute value and scaled to sum to one.

    Raises
    ------
    ValueError
        If the weighting is unknown, or as in :func:`entropy_weights`.
    """
    columns = [*positive, *negative]
    if weighting == "entropy":
        return entropy_weights(frame, positive=positive, negative=negative)
    if weighting == "equal":
        _require_usable(frame, columns)
        return pd.Series(1 / len(columns), index=columns, name="weight")
    if weighting == "principal-component":
        complete = _complete(frame, columns)
        scaled = min_max(complete, positive=positive, negative=negative)
        _, _, loadings = np.linalg.svd((scaled - scaled.mean()) / scaled.std(), full_matrices=False)
        size = np.abs(loadings[0])
        return pd.Series(size / size.sum(), index=columns, name="weight")
    raise ValueError(f"Unknown weighting {weighting!r}: choose one of {', '.join(WEIGHTINGS)}")


def entropy_index(
    frame: pd.DataFrame, *, positive: Sequence[str], negative: Sequence[str] = ()
) -> pd.Series:
    """Return the entropy-weighted composite of :func:`entropy_weights`, in [0, 1].

    Rows with a missing ingredient have a missing index.
    """
    return composite_index(frame, positive=positive, negative=negative)


def composite_index(
    frame: pd.DataFrame,
    *,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    weighting: str = "entropy",
) -> pd.Series:
    """Return the weighted sum of the min-max scaled columns, in [0, 1].

    Scale and weights come from the complete rows only; other rows are missing.
    """
    columns = [*positive, *negative]
    weights = composite_weights(frame, positive=positive, negative=negative, weighting=weighting)
    scaled = min_max(_complete(frame, columns), positive=positive, negative=negative)
    return (scaled * weights).sum(axis=1).reindex(frame.index)


def _complete(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    _require_usable(frame, columns)
    complete = frame.dropna(subset=list(columns))
    if len(complete) < 2:
        raise ValueError(
            f"Only {len(complete)} rows have all of {', '.join(columns)}: an index needs two or "
            "more; leave out the column with the gaps"
        )
    return complete


def _require_usable(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    problems = [f"{name}: not in the frame" for name in columns if name not in frame]
    problems += [
        f"{name}: named twice" for name in {c for c in columns if list(columns).count(c) > 1}
    ]
    problems += [
        f"{name}: the same in every row, so it carries no weight"
        for name in columns
        if name in frame and frame[name].nunique() < 2
    ]
    if not columns:
        problems.append("no column named: an index needs at least one")
    if problems:
        raise ValueError("Index cannot be built:\n  - " + "\n  - ".join(sorted(problems)))
