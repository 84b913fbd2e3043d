"""Composite indices: what the data say about weights, and what they leave to taste."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from digitrade.methods.checks import admit, names_of

WEIGHTINGS = ("entropy", "equal", "principal-component")


def composite_weights(
    data: pd.DataFrame,
    *,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    weighting: str = "entropy",
) -> pd.Series:
    r"""Return the weights of columns in a composite index.

    Columns are brought to [0, 1] by their smallest and largest value, larger meaning better.

    - ``"entropy"`` lets dispersion decide. With :math:`p_{ij}` the share of row i in the sum of
      the scaled column j, :math:`e_j = -\sum_i p_{ij} \ln p_{ij} / \ln n` is its entropy (Shannon
      1948) and :math:`w_j = (1 - e_j) / \sum_k (1 - e_k)` its weight (Zou, Yun and Sun 2006,
      Journal of Environmental Sciences 18(5), 1020-1023); :math:`0 \ln 0 = 0`.
    - ``"equal"`` treats all columns alike.
    - ``"principal-component"`` takes the first component's loadings on the standardised
      columns, in absolute value and scaled to sum to one.

    - ``data``: n rows, one a unit; those with a missing value in any named column are left out.
    - ``positive``, ``negative``: columns of which more, and of which less, is better.
    - ``weighting``: one of :data:`WEIGHTINGS`.

    Returns a ``pandas.Series``: weights that are not negative and sum to one, indexed by column,
    positive ones first.

    Raises ValueError with everything that is wrong with weighting and columns; for fewer than two
    complete rows.
    """
    return _weights(_scaled(data, positive, negative, weighting), weighting)


def composite_index(
    data: pd.DataFrame,
    *,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    weighting: str = "entropy",
) -> pd.Series:
    """Return the weighted sum of the scaled columns, in [0, 1]; as :func:`composite_weights`.

    Scale and weights come from the complete rows only; other rows are missing.
    """
    scaled = _scaled(data, positive, negative, weighting)
    return (scaled * _weights(scaled, weighting)).sum(axis=1).reindex(data.index)


def _weights(scaled: pd.DataFrame, weighting: str) -> pd.Series:
    if weighting == "entropy":
        shares = (scaled / scaled.sum()).to_numpy()
        logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
        size = 1 + (shares * logs).sum(axis=0) / np.log(len(shares))
    elif weighting == "equal":
        size = np.ones(scaled.shape[1])
    else:
        standardised = (scaled - scaled.mean()) / scaled.std()
        size = np.abs(np.linalg.svd(standardised, full_matrices=False)[2][0])
    return pd.Series(size / size.sum(), index=scaled.columns, name="weight")


def _constant(data: pd.DataFrame) -> list[str]:
    same = [name for name in data if data[name].nunique() < 2 <= data[name].count()]
    return [f"{name}: the same in every row, so it carries no weight" for name in same]


def _scaled(
    data: pd.DataFrame, positive: Sequence[str], negative: Sequence[str], weighting: str
) -> pd.DataFrame:
    """Return the complete rows of the columns between 0 and 1, or raise with all problems."""
    columns = [*names_of(positive), *names_of(negative)]
    listed = list(data) if isinstance(data, pd.DataFrame) else []
    known = [name for name in dict.fromkeys(map(str, columns)) if name in listed]
    wrong: dict[str, object] = {
        f"{name}: not in the frame": name not in listed for name in map(str, columns)
    }
    wrong |= {f"{name}: named twice": columns.count(name) > 1 for name in known}
    other, title = weighting not in WEIGHTINGS, "Index cannot be built"
    wrong |= {
        "no column named: an index needs at least one": not columns,
        f"weighting {weighting!r}: choose one of {', '.join(WEIGHTINGS)}": other,
    }
    frame = admit(data, title, numbers=known, gaps=known, problems=wrong, look=_constant)
    values = frame.dropna()
    if len(values) < 2 or (values.nunique() < 2).any():
        constant = ", ".join(values.columns[values.nunique() < 2])
        raise ValueError(
            f"Only {len(values)} rows have all of {', '.join(columns)}, {constant} the same in "
            "each: an index needs two or more that differ; leave out the column with the gaps"
        )
    scaled = (values - values.min()) / (values.max() - values.min())
    return scaled.assign(**{name: 1 - scaled[name] for name in names_of(negative)})
