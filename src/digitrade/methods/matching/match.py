"""Matching treated rows to controls by their scores, and who counts how much after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.matching.greedy import greedy_nearest

Links = tuple[np.ndarray, np.ndarray, np.ndarray]  # treated, control, weight
NO_LINK: Links = (np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))
BLOCK = 256  # treated rows whose distances to all controls are in memory at once
EDGE = 2.0**-53  # the logit of a score that rounding made 0 or 1 is taken this far from it
TIE = 1e-12  # scores that differ by less, of a scale of order 1, are equal but for rounding
CHOICES = {
    "method": ("nearest", "radius", "kernel"),
    "scale": ("score", "logit"),
    "order": ("largest", "random", "data"),
    "kernel": ("epanechnikov", "biweight", "uniform"),
}
POWER = {"uniform": 0, "epanechnikov": 1, "biweight": 2}  # of 1 - u², for |u| < 1


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How controls are found for a treated row.

    Attributes
    ----------
    method
        ``"nearest"``: the nearest neighbours; ``"radius"``: every control within the caliper,
        all alike; ``"kernel"``: every control within the bandwidth, nearer ones counting more.
    replace
        Whether a control may serve several treated rows; only for ``"nearest"``.
    neighbours
        How many controls each treated row gets; only for ``"nearest"``.
    caliper
        Largest distance, in standard deviations of the scale over all rows; none if ``None``.
    scale
        What distances are between: the ``"score"`` itself, as in Stata's ``teffects psmatch``
        and ``psmatch2``, or its ``"logit"``.
    order
        Without replacement, who chooses first: the ``"largest"`` score, a ``"random"`` order,
        or the order of the ``"data"``.
    kernel
        ``"epanechnikov"``, ``"biweight"`` or ``"uniform"``.
    bandwidth
        Of the kernel, in units of the scale.
    """

    method: str = "nearest"
    replace: bool = True
    neighbours: int = 1
    caliper: float | None = None
    scale: str = "score"
    order: str = "largest"
    kernel: str = "epanechnikov"
    bandwidth: float = 0.06

    def __post_init__(self) -> None:
        """Refuse what cannot be done, naming every problem."""
        problems = [
            f"{name} {getattr(self, name)!r}: choose {' | '.join(allowed)}"
            for name, allowed in CHOICES.items()
            if getattr(self, name) not in allowed
        ]
        if self.method != "nearest" and (not self.replace or self.neighbours != 1):
            problems.append(f"method {self.method!r}: replace and neighbours are for 'nearest'")
        if self.method == "radius" and self.caliper is None:
            problems.append("method 'radius': give a caliper")
        if self.method == "kernel" and self.caliper is not None:
            problems.append("method 'kernel': give a bandwidth, no caliper")
        if self.neighbours < 1:
            problems.append(f"neighbours {self.neighbours}: 1 or more")
        if self.caliper is not None and not self.caliper > 0:
            problems.append(f"caliper {self.caliper}: more than 0")
        if not self.bandwidth > 0:
            problems.append(f"bandwidth {self.bandwidth}: more than 0")
        if problems:
            raise ValueError("No such matching:\n  - " + "\n  - ".join(problems))

    def words(self) -> str:
        """Return the rule in words, for a note under a table."""
        if self.method == "kernel":
            return f"{self.kernel} kernel, bandwidth {self.bandwidth:g} of the {self.scale}"
        limit = f"within {self.caliper:g} sd" if self.caliper is not None else "no caliper"
        if self.method == "radius":
            return f"all controls {limit} of the {self.scale}"
        many = "nearest control" if self.neighbours == 1 else f"{self.neighbours} nearest controls"
        once = "with replacement" if self.replace else f"without replacement, {self.order} first"
        return f"{many} by the {self.scale}, {once}, {limit}"


NEAREST = MatchingRule()


@dataclass(frozen=True, slots=True)
class Matches:
    """Which rows were matched, and how much each counts.

    Attributes
    ----------
    treated
        Whether a row is treated, length n.
    weights
        1 for a matched treated row, for a control the sum of its shares in them, 0 for a row
        that is not used; so controls' weights sum to the number of matched treated rows.
    on_support
        Whether a row's score lies between the lowest and the highest of the other group, in
        its stratum.
    pairs
        A row for each treated row and control: ``treated, control`` (index labels),
        ``distance`` (on the rule's scale), ``weight`` (sums to 1 over a treated row). Empty
        for ``"radius"`` and ``"kernel"``, where they can be millions.
    rule
        How they were matched.
    """

    treated: pd.Series
    weights: pd.Series
    on_support: pd.Series
    pairs: pd.DataFrame
    rule: MatchingRule

    @property
    def matched(self) -> pd.Series:
        """Whether a row is used."""
        return self.weights > 0

    @property
    def unmatched(self) -> pd.Index:
        """Labels of the treated rows that found no control."""
        return self.weights.index[self.treated & ~self.matched]

    def counts(self) -> pd.DataFrame:
        """Return how many rows of each group are used.

        Returns
        -------
        pandas.DataFrame
            ``group`` (treated, control), ``n_obs, matched, off_support, largest_weight`` and
            ``effective``, the rows of equal weight that would tell as much: the squared sum of
            weights over the sum of squares (Kish 1965).
        """
        rows = []
        for group, own in (("treated", self.treated), ("control", ~self.treated)):
            weights = self.weights[own]
            squares = float((weights**2).sum())
            rows.append(
                {
                    "group": group,
                    "n_obs": int(own.sum()),
                    "matched": int((weights > 0).sum()),
                    "off_support": int((own & ~self.on_support).sum()),
                    "largest_weight": float(weights.max()),
                    "effective": float(weights.sum()) ** 2 / squares if squares else 0.0,
                }
            )
        return pd.DataFrame(rows)


def match(
    scores: pd.Series,
    treated: pd.Series,
    *,
    rule: MatchingRule = NEAREST,
    within: pd.Series | None = None,
    rng: np.random.Generator | None = None,
) -> Matches:
    """Find controls for treated rows.

    Ties, with replacement: all controls as near as the last neighbour are taken and share the
    weight, so the order of the rows does not matter (Abadie and Imbens 2006, Econometrica
    74(1), 235-267, as ``teffects psmatch`` has it; ``psmatch2`` takes the first by default).
    Without replacement a tie goes to the lower score, then to the earlier row. A control whose
    distance equals the caliper is within it.

    Parameters
    ----------
    scores
        Probabilities of treatment, length n, with an index that repeats nothing.
    treated
        0 and 1, or booleans, with the same index.
    rule
        How to match.
    within
        Only rows with the same value here are matched; the same index.
    rng
        For ``order="random"``.

    Raises
    ------
    ValueError
        With everything that is wrong with the rows, or if ``rng`` is needed and not there.
    """
    _check(scores, treated, within, rule, rng)
    values = scores.to_numpy(dtype=float)
    if rule.scale == "logit":
        inside = np.clip(values, EDGE, 1 - EDGE)
        values = np.log(inside / (1 - inside))
    chosen, index = treated.to_numpy(dtype=bool), scores.index
    reach = np.inf if rule.caliper is None else rule.caliper * float(values.std(ddof=1))
    strata = np.zeros(len(values)) if within is None else pd.factorize(within)[0]
    weights, support = np.zeros(len(values)), np.zeros(len(values), dtype=bool)
    links = [NO_LINK]
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        ours, theirs = rows[chosen[rows]], rows[~chosen[rows]]
        theirs = theirs[np.argsort(values[theirs], kind="stable")]
        support[ours] = _inside(values[ours], values[theirs])
        support[theirs] = _inside(values[theirs], values[ours])
        if rule.method == "nearest":
            owner, place, share = _nearest(values[ours], values[theirs], rule, reach, rng)
            links.append((ours[owner], theirs[place], share))
            weights[ours[owner]] = 1.0
            weights[theirs] = np.bincount(place, share, minlength=len(theirs))
        else:
            weights[ours], weights[theirs] = _by_distance(values[ours], values[theirs], rule, reach)
    return Matches(
        treated=pd.Series(chosen, index=index, name="treated"),
        weights=pd.Series(weights, index=index, name="weight"),
        on_support=pd.Series(support, index=index, name="on_support"),
        pairs=_pairs(links, values, index),
        rule=rule,
    )


def _check(
    scores: pd.Series,
    treated: pd.Series,
    within: pd.Series | None,
    rule: MatchingRule,
    rng: np.random.Generator | None,
) -> None:
    problems = []
    if not scores.between(0, 1).all():
        problems.append("scores: some missing or not between 0 and 1; check the model behind them")
    if not treated.isin([0, 1]).all():
        problems.append("treated: values other than 0 and 1; recode it")
    elif treated.nunique() < 2:
        problems.append("treated: all rows are alike; there is nobody to match")
    if not scores.index.is_unique:
        problems.append("index: repeated labels; reset it")
    for name, other in (("treated", treated), ("within", within)):
        if other is not None and not other.index.equals(scores.index):
            problems.append(f"{name}: another index than the scores; align it")
    if within is not None and within.isna().any():
        problems.append(f"within: {int(within.isna().sum())} missing values; leave the rows out")
    if rule.order == "random" and not rule.replace and rng is None:
        problems.append("rng: none; a random order needs a numpy.random.Generator")
    if problems:
        raise ValueError("Rows cannot be matched:\n  - " + "\n  - ".join(problems))


def _inside(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which values lie between the lowest and the highest of the others."""
    if not len(others):
        return np.zeros(len(values), dtype=bool)
    return (values >= others.min() - TIE) & (values <= others.max() + TIE)


def _by_distance(
    ours: np.ndarray, theirs: np.ndarray, rule: MatchingRule, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of treated and controls where all controls within a distance count."""
    kernel = rule.method == "kernel"
    width, power = (rule.bandwidth, POWER[rule.kernel]) if kernel else (reach, 0)
    found, weights = np.zeros(len(ours)), np.zeros(len(theirs))
    for first in range(0, len(ours), BLOCK):
        far = np.abs(ours[first : first + BLOCK, None] - theirs)
        heights = np.maximum(1 - (far / width) ** 2, 0) ** power * (far <= width + TIE)
        sums = heights.sum(axis=1)
        found[first : first + BLOCK] = sums > 0
        weights += (1 / sums[sums > 0]) @ heights[sums > 0]
    return found, weights


def _nearest(
    ours: np.ndarray,
    theirs: np.ndarray,
    rule: MatchingRule,
    reach: float,
    rng: np.random.Generator | None,
) -> Links:
    """Return positions of treated and of controls (sorted) that go together, and weights."""
    if rule.replace:
        radius = np.minimum(_distance_of(ours, theirs, rule.neighbours), reach)
        owner, place = _between(ours, theirs, radius)
    else:
        owner, place = greedy_nearest(
            ours, theirs, _sequence(ours, rule, rng), neighbours=rule.neighbours, reach=reach
        )
    return owner, place, 1 / np.bincount(owner, minlength=len(ours))[owner]


def _sequence(ours: np.ndarray, rule: MatchingRule, rng: np.random.Generator | None) -> np.ndarray:
    """Return the order in which treated rows choose."""
    if rule.order == "largest":
        return np.argsort(-ours, kind="stable")
    return rng.permutation(len(ours)) if rule.order == "random" and rng else np.arange(len(ours))


def _distance_of(ours: np.ndarray, theirs: np.ndarray, neighbours: int) -> np.ndarray:
    """Return each value's distance to its nearest, or next, neighbour among sorted values."""
    many = min(neighbours, len(theirs))
    if not many:
        return np.zeros(len(ours))
    window = np.searchsorted(theirs, ours)[:, None] + np.arange(-many, many)
    far = np.abs(theirs[np.clip(window, 0, len(theirs) - 1)] - ours[:, None])
    far[(window < 0) | (window >= len(theirs))] = np.inf
    return np.partition(far, many - 1, axis=1)[:, many - 1]


def _between(
    ours: np.ndarray, theirs: np.ndarray, radius: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of positions whose values are no farther apart than a radius."""
    low = np.searchsorted(theirs, ours - radius - TIE, side="left")
    high = np.searchsorted(theirs, ours + radius + TIE, side="right")
    counts = high - low
    owner = np.repeat(np.arange(len(ours)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return owner, np.arange(len(owner)) - first + low[owner]


def _pairs(links: list[Links], values: np.ndarray, index: pd.Index) -> pd.DataFrame:
    """Return pairs of row labels, ordered by the treated row and the distance."""
    ours, theirs, weight = (np.concatenate(parts) for parts in zip(*links, strict=True))
    distance = np.abs(values[ours] - values[theirs])
    order = np.lexsort((theirs, distance, ours))
    return pd.DataFrame(
        {
            "treated": index[ours[order]],
            "control": index[theirs[order]],
            "distance": distance[order],
            "weight": weight[order],
        }
    )
