"""The one gate of the estimators: what they ask of their input, and how they refuse it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

ABSORBED = 1e-10  # share of a column's length that may be left of it by rounding alone
COLLINEAR = 1e-8  # smallest singular value of regressors within the effects, each of length 1
LARGEST = 1e100  # size beyond which, or below whose inverse, squares leave the range of floats
MOST_DRAWS = 1_000_000  # more would take hours and change no digit that is printed
MOST_LOST = 0.5  # share of draws that may be unusable before the rest say too little
FAR = 30  # periods from the panel's within which a first treated one is taken for a date
RANK_DIGITS = 9  # of residuals in standard deviations: rows that differ by rounding are ties
DATES = ("date", "datetime", "period")  # kinds of objects that sort by value
MISSING = "missing values; keep complete rows first (sample.complete_rows)"
Problems = Collection[str] | Mapping[str, object]
Look = Callable[[pd.DataFrame], Problems]


class NoColumn(ValueError, KeyError):
    """A refusal in which a column is not there: a ValueError like any, and a KeyError."""

    __str__ = Exception.__str__  # a KeyError would quote its text


def refuse(title: str, problems: Problems, error: type[ValueError] = ValueError) -> None:
    """Raise one error with all problems at once; of a mapping, with those that hold."""
    if problems := holding(problems):
        raise error(f"{title}:\n  - " + "\n  - ".join(problems))


def holding(problems: Problems) -> list[str]:
    """Return problems as a list; of a mapping, those that hold."""
    if isinstance(problems, Mapping):
        return [words for words, holds in problems.items() if holds]
    return list(problems)


def names_of(columns: Any) -> tuple[Any, ...]:
    """Return columns named by one text, by a list or by a tuple as a tuple."""
    several = isinstance(columns, Iterable) and not isinstance(columns, str)
    return tuple(columns) if several else (columns,)


def whole(value: Any, least: float, most: float = np.inf) -> bool:
    """Return whether a value is a whole number, of whatever type, within bounds."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and least <= value <= most and float(value).is_integer()


def share(value: Any) -> bool:
    """Return whether a value is a number between 0 and 1, ends left out."""
    return isinstance(value, Real) and 0 < float(value) < 1


def positive(value: Any) -> bool:
    """Return whether a value is a finite number above 0."""
    return isinstance(value, Real) and 0 < float(value) < np.inf


def repeated(kind: str, columns: Iterable[Any]) -> dict[str, Any]:
    """Return a problem if some of the columns are named more than once."""
    names = list(map(str, columns))
    twice = sorted({name for name in names if names.count(name) > 1})
    return {f"{kind} {twice}: name each column once": twice}


def chosen(kind: str, value: Any, choices: Collection[str]) -> dict[str, Any]:
    """Return a problem if a value is none of the choices."""
    return {f"{kind} {value!r}: choose {' | '.join(choices)}": value not in choices}


def aligned(title: str, index: Any, series: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem for series on another index, or raise if one is no series."""
    odd = {name: one for name, one in series.items() if not isinstance(one, pd.Series)}
    refuse(title, [f"{name}: a {type(one).__name__}; give a Series" for name, one in odd.items()])
    return {
        f"{name}: another index than the rest; align it": not one.index.equals(index)
        for name, one in series.items()
    }


def not_binary(column: pd.Series, name: str) -> dict[str, Any]:
    """Return a problem if a column holds anything but 0 and 1."""
    return {f"{name}: values other than 0 and 1; recode it": not column.isin([0, 1]).all()}


def draws_problems(draws: Any, rng: Any, least: int = 1) -> dict[str, bool]:
    """Return what keeps draws from being taken: their number, or where they come from."""
    wanted = whole(draws, least, MOST_DRAWS)
    given = isinstance(rng, np.random.Generator) or (wanted and draws == 0)
    return {
        f"draws={draws}: give a whole number from {least} to {MOST_DRAWS:,}": not wanted,
        f"draws={draws} without rng: pass numpy.random.default_rng(seed)": not given,
    }


def refuse_lost(title: str, lost: int, draws: int, why: str) -> None:
    """Raise if too many of the draws cannot be used, and why they cannot."""
    refuse(title, {f"{lost} of {draws} {why}": lost > MOST_LOST * draws})


def require_columns(data: Any, names: Collection[Any]) -> None:
    """Raise if data is no frame with a row, or a column is not there just once."""
    admit(data, "Columns cannot be used", labels=names, gaps=names)


def admit(
    data: Any,
    title: str,
    *,
    numbers: Collection[Any] = (),
    labels: Collection[Any] = (),
    gaps: Collection[Any] = (),
    keys: Collection[Any] = (),
    order: str | None = None,
    lags: int = 0,
    problems: Problems = (),
    look: Look | None = None,
) -> pd.DataFrame:
    """Return columns that can be computed with, or raise one error with all that is wrong.

    ``numbers`` come back as finite floats, ``labels`` and ``keys``, which identify a row, as they
    are; only those in ``gaps`` may be missing. Periods ``order`` come back sortable by value, more
    of them than ``lags``; the index loses its names, which may be those of columns. ``problems`` of
    options and those that ``look`` finds in readable columns are told with the rest.
    """
    wrong = holding(problems)
    if not isinstance(data, pd.DataFrame):
        refuse(title, [*wrong, f"data: a {type(data).__name__}; give a pandas DataFrame"])
    if absent := _absent(data, (*numbers, *labels, *keys)):
        refuse(title, [*wrong, *absent], NoColumn)
    names = dict.fromkeys((*keys, *labels, *numbers))
    counts = data.columns.value_counts()
    single = [name for name in names if counts[name] == 1]
    several = [name for name in names if name not in single]
    wrong += [f"{name}: {counts[name]} columns of this name; keep one" for name in several]
    wrong += ["no row: check what the sample was cut to"] * (not len(data))
    plain: dict[Any, Any] = {}
    for name in single:
        read = _numbers if name in numbers else _labels
        values, found = read(data[name], name in gaps)
        wrong += found
        plain |= {} if values is None else {name: values}
    if order in plain:
        plain[order], found = by_value(pd.Series(plain[order], name=order))
        wrong += found
        periods = pd.Series(plain[order]).nunique()
        wrong += [f"bandwidth {lags}: fewer lags than the {periods} periods"] * (lags >= periods)
    frame = pd.DataFrame(plain, index=data.index.set_names([None] * data.index.nlevels))
    if keys and {*keys} <= {*plain} and (count := int(frame.duplicated([*keys]).sum())):
        told = " and ".join(map(str, keys))
        wrong.append(f"{told}: {count} repeated keys; keep one row for each")
    if look and {*names} == {*plain} and len(frame):
        wrong += holding(look(frame))
    refuse(title, wrong)
    return frame


def _absent(data: pd.DataFrame, names: Collection[Any]) -> list[str]:
    """Return a problem for names that are no column, index levels told apart."""
    odd = [name for name in names if not isinstance(name, Hashable)]
    absent = dict.fromkeys(name for name in names if name not in odd and name not in data)
    levels = [name for name in absent if name is not None and name in data.index.names]
    problems = [f"{name!r}: name one column by its text" for name in odd]
    if absent:
        listed = ", ".join(map(str, data))
        problems.append(f"No column {', '.join(map(str, absent))}; there are: {listed}")
    return problems + [f"{name}: an index level; reset_index() first" for name in levels]


def _numbers(column: pd.Series, gaps: bool) -> tuple[Any, list[str]]:
    """Return a column as floats, and what is wrong with it."""
    kind, name = column.dtype, column.name
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return None, [f"{name}: holds {kind}; give numbers"]
    values = column.to_numpy(dtype=float, na_value=np.nan)
    infinite, missing = np.isinf(values), int(np.isnan(values).sum())
    size = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    odd, first = infinite.any(), column.index[infinite.argmax()] if infinite.any() else None
    beyond = size > LARGEST or 0 < size < 1 / LARGEST
    wrong = {
        f"{name}: {missing} {MISSING}": missing and not gaps,
        f"{name}: {infinite.sum()} infinite values, first in row {first}; leave the rows out": odd,
        f"{name}: values of a size of {size:.0e}; give another unit": beyond,
    }
    return values, holding(wrong)


def _labels(column: pd.Series, gaps: bool) -> tuple[Any, list[str]]:
    """Return a column of labels without categories that no row has, and what is wrong with it."""
    name, missing = column.name, int(column.isna().sum())
    wrong = [f"{name}: {missing} {MISSING}"] if missing and not gaps else []
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
    if column.dtype == object and not column.map(lambda one: isinstance(one, Hashable)).all():
        kinds = sorted({type(one).__name__ for one in column if not isinstance(one, Hashable)})
        return None, [*wrong, f"{name}: holds {', '.join(kinds)}; give labels"]
    return column.array, wrong


def by_value(periods: pd.Series) -> tuple[Any, list[str]]:
    """Return periods as what sorts by value: numbers also if they are text; or a problem."""
    kind = periods.dtype
    if isinstance(kind, pd.CategoricalDtype):
        if kind.ordered:
            return periods.cat.codes.to_numpy(), []
        periods = periods.astype(kind.categories.dtype)
    sortable = isinstance(kind, pd.PeriodDtype) or getattr(kind, "kind", "O") in "biufmM"
    if sortable or pd.api.types.infer_dtype(periods) in DATES:
        return periods.array, []
    numbers = pd.to_numeric(periods, errors="coerce")
    if numbers.notna().all():
        return numbers.array, []
    return periods.array, [f"{periods.name}: {kind} has no order; give numbers or dates"]


def ranked(labels: pd.Series, residual: np.ndarray) -> np.ndarray:
    """Number units from 0 by what the outcome leaves in their rows, for draws by lot.

    Rows are ranked by the size of the residual (n), units by the sum of their rows' ranks, then of
    the squares: neither units' labels, nor the order of rows, nor units of measurement change who
    gets what. Units that are the same in this are in order of first appearance.
    """
    codes = pd.factorize(labels)[0]
    sizes = np.round(np.abs(residual) / (residual.std() or 1.0), RANK_DIGITS)
    rank = np.unique(sizes, return_inverse=True)[1].astype(np.int64)
    sums = pd.DataFrame({"squares": rank**2, "ranks": rank}).groupby(codes).sum()
    order = np.lexsort(sums.to_numpy().T)
    return np.argsort(order)[codes]


def spare(name: str, taken: Collection[str]) -> str:
    """Return a name for a column of our own that the data do not have."""
    while name in taken:
        name = f"_{name}"
    return name


def check_variation(
    columns: np.ndarray, within: np.ndarray, names: Sequence[str], effects: Sequence[str]
) -> None:
    """Raise if effects leave nothing of a column (n by k, before and after), or of a sum."""
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


def check_outcome(
    values: np.ndarray, left: np.ndarray, name: str, held: Sequence[str], fitted: bool = False
) -> None:
    """Raise if effects, or all that is fitted, leave nothing of the outcome (n, before, after)."""
    if np.linalg.norm(left) > ABSORBED * np.linalg.norm(values):
        return
    inside = f"within {', '.join(held)}"
    if np.ptp(values) == 0:
        found = f"the same in all {len(values)} rows, so nothing is to be explained"
    elif fitted:
        found = f"fitted exactly {inside}, so no error is left to estimate a variance from"
    else:
        found = f"does not vary {inside}, so nothing is to be explained"
    raise ValueError(f"{name}: {found}; choose another outcome")


def calendar_problems(name: str, starts: Any, periods: Any) -> list[str]:
    """Return a problem if first treated periods are codes such as 0, far from all periods.

    Some may lie before the first period or after the last, by as many as there are, or ``FAR``.
    """
    starts, periods = np.asarray(starts, dtype=float), np.asarray(periods, dtype=float)
    first, last = periods.min(), periods.max()
    span = max(last - first + 1, FAR)
    far = np.isfinite(starts) & ((starts < first - span) | (starts > last + span))
    listed = ", ".join(f"{start:g}" for start in np.unique(starts[far])[:3])
    return [
        f"{name}: {far.sum()} rows have a first treated period of {listed}, far from "
        f"{first:g} to {last:g}; make it missing if they are never treated"
    ] * bool(far.any())
