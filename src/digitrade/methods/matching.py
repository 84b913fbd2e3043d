"""Matching on scores: who goes with whom, who counts how much, and whether groups are alike."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.checks import admit, aligned, chosen, not_binary, positive, refuse

METHODS = ("nearest", "kernel")
NO_MATCH = "Rows cannot be matched"
BLOCK = 256  # treated rows whose distances to all controls are in memory at once
TIE = 1e-12  # scores that differ by less are equal but for rounding


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How controls are found for a treated row, by distances between scores.

    By the ``method`` ``"nearest"`` it is the nearest control, within the ``caliper``, in standard
    deviations of all scores; unless it is to ``replace``, a control serves once, and the largest
    score chooses first. ``"kernel"`` takes every control within the ``bandwidth``, in units of the
    score, nearer ones counting more (Epanechnikov).
    """

    method: str = "nearest"
    replace: bool = True
    caliper: float | None = None
    bandwidth: float = 0.06

    def __post_init__(self) -> None:
        """Refuse what cannot be done, naming every problem."""
        kernel, caliper = self.method == "kernel", self.caliper
        wrong = chosen("method", self.method, METHODS) | {
            f"replace {self.replace!r}: True or False": not isinstance(self.replace, bool),
            "method 'kernel': replace=False is for 'nearest'": kernel and not self.replace,
            "method 'kernel': give a bandwidth, no caliper": kernel and caliper is not None,
            f"caliper {caliper}: more than 0": caliper is not None and not positive(caliper),
            f"bandwidth {self.bandwidth}: more than 0": not positive(self.bandwidth),
        }
        refuse("No such matching", wrong)

    def words(self) -> str:
        """Return the rule in words, for a note under a table."""
        if self.method == "kernel":
            return f"epanechnikov kernel, bandwidth {self.bandwidth:g} of the score"
        once = "with replacement" if self.replace else "without replacement, largest first"
        limit = f"within {self.caliper:g} sd" if self.caliper is not None else "no caliper"
        return f"nearest control by the score, {once}, {limit}"


NEAREST = MatchingRule()


@dataclass(frozen=True, slots=True)
class Matches:
    """Which rows were matched by a ``rule``; series have the rows' index.

    ``on_support``, a score lies between the lowest and the highest of the other group, in its
    stratum. ``weights`` are 1 for a matched ``treated`` row, for a control the sum of its shares in
    them, 0 for a row that is not used. ``pairs``, empty for ``"kernel"``, has a row for each
    treated row and control: ``treated, control`` (index labels), ``distance``, ``weight`` (sums to
    1 over a treated row).
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
        """Return rows by group: all, matched, off support, and Kish's (1965) ``effective``."""
        rows = {}
        for name, own in {"treated": self.treated, "control": ~self.treated}.items():
            used, off = self.weights[own], ~self.on_support[own]
            effective = used.sum() ** 2 / square if (square := (used**2).sum()) else 0.0
            rows[name] = (len(used), (used > 0).sum(), off.sum(), used.max(), effective)
        names = ["n_obs", "matched", "off_support", "largest_weight", "effective"]
        found = pd.DataFrame.from_dict(rows, orient="index", columns=names)
        return found.rename_axis("group").reset_index()


def match(
    scores: pd.Series,
    treated: pd.Series,
    *,
    rule: MatchingRule = NEAREST,
    within: pd.Series | None = None,
) -> Matches:
    """Find controls for treated rows.

    With replacement, all controls as near as the nearest share the weight, so the order of the
    rows does not matter (Abadie and Imbens 2006, Econometrica 74(1), 235-267, as ``teffects
    psmatch`` has it; ``psmatch2`` takes the first by default). Without, a tie goes to the lower
    score, then to the earlier row. A control whose distance equals the caliper is within it.

    - ``scores``, ``treated``: probabilities of treatment, length n, with an index that repeats
      nothing; and 0 and 1, or booleans, on it.
    - ``rule``: how to match.
    - ``within``: only rows with the same value here are matched; the same index.

    Raises ValueError with everything that is wrong with the rows.
    """
    rows = _checked_rows(scores, treated, within, rule)
    values, own = rows["scores"].to_numpy(), rows["treated"].to_numpy() == 1
    strata = np.zeros(len(values)) if within is None else pd.factorize(rows["within"])[0]
    reach = np.inf if rule.caliper is None else rule.caliper * float(values.std(ddof=1))
    weights, support = np.zeros(len(values)), np.zeros(len(values), dtype=bool)
    found = [np.empty((0, 2), dtype=np.intp)]
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        ours, theirs = rows[own[rows]], rows[~own[rows]]
        theirs = theirs[np.argsort(values[theirs], kind="stable")]
        support[ours] = _inside(values[ours], values[theirs])
        support[theirs] = _inside(values[theirs], values[ours])
        if rule.method == "kernel":
            weights[ours], weights[theirs] = _kernel(values[ours], values[theirs], rule.bandwidth)
        else:
            nearest = _nearest if rule.replace else _nearest_once
            owner, place = nearest(values[ours], values[theirs], reach)
            found.append(np.column_stack([ours[owner], theirs[place]]))
    pairs = _pairs(np.concatenate(found), values)
    if rule.method == "nearest":
        weights[pairs["treated"]] = 1.0
        weights += np.bincount(pairs["control"], pairs["weight"], minlength=len(values))
    pairs = pairs.assign(**{name: scores.index[pairs[name]] for name in ("treated", "control")})
    treated, *others = (
        pd.Series(values, index=scores.index, name=name)
        for name, values in {"treated": own, "weight": weights, "on_support": support}.items()
    )
    return Matches(treated, others[0], others[1], pairs, rule)


def _checked_rows(
    scores: pd.Series, treated: pd.Series, within: pd.Series | None, rule: MatchingRule
) -> pd.DataFrame:
    """Return scores, who is treated, and strata, or raise with everything that is wrong."""
    columns = {"scores": scores, "treated": treated}
    columns |= {} if within is None else {"within": within}
    told = f"rule: a {type(rule).__name__}; give a MatchingRule"
    refuse(NO_MATCH, {told: not isinstance(rule, MatchingRule)})
    wrong = aligned(NO_MATCH, getattr(scores, "index", None), columns) | not_binary(
        treated, "treated"
    )
    odd = pd.api.types.is_numeric_dtype(scores) and not scores.between(0, 1).fillna(False).all()
    wrong |= {
        "scores: some missing or not between 0 and 1; check the model behind them": odd,
        "treated: all rows are alike; there is nobody to match": treated.nunique() < 2,
        "index: repeated labels; reset it": not scores.index.is_unique,
    }
    plain = pd.DataFrame({name: pd.Series(one.array) for name, one in columns.items()})
    numbers = ["scores", "treated"][: 1 if any(wrong.values()) else 2]  # gaps are among the wrong
    strata = [name for name in columns if name == "within"]
    return admit(plain, NO_MATCH, numbers=numbers, labels=strata, problems=wrong)


def _inside(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which values lie between the lowest and the highest of the others."""
    lowest, highest = others.min(initial=np.inf), others.max(initial=-np.inf)
    return (values >= lowest - TIE) & (values <= highest + TIE)


def _kernel(
    ours: np.ndarray, theirs: np.ndarray, bandwidth: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether treated rows find a control, and the weights of the controls."""
    found, weights = np.zeros(len(ours)), np.zeros(len(theirs))
    for first in range(0, len(ours), BLOCK):
        far = (ours[first : first + BLOCK, None] - theirs) / bandwidth
        heights = np.maximum(1 - far**2, 0)
        sums = heights.sum(axis=1)
        found[first : first + BLOCK] = sums > 0
        weights += (1 / sums[sums > 0]) @ heights[sums > 0]
    return found, weights


def _nearest(ours: np.ndarray, theirs: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of treated rows and of all controls (sorted) as near as the nearest."""
    place = np.searchsorted(theirs, ours)
    edged = np.r_[-np.inf, theirs, np.inf]
    radius = np.minimum(np.minimum(ours - edged[place], edged[place + 1] - ours), reach)
    low = np.searchsorted(theirs, ours - radius - TIE, side="left")
    counts = np.searchsorted(theirs, ours + radius + TIE, side="right") - low
    owner = np.repeat(np.arange(len(ours)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts - low, counts)


def _nearest_once(
    ours: np.ndarray, theirs: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same if each control serves once and the largest score chooses first."""
    free, places = theirs.tolist(), list(range(len(theirs)))
    pairs = []
    for owner in np.argsort(-ours, kind="stable").tolist():
        above = bisect_left(free, ours[owner])
        down = ours[owner] - free[above - 1] if above else np.inf
        up = free[above] - ours[owner] if above < len(free) else np.inf
        if not free or min(down, up) > reach + TIE:
            continue
        taken = bisect_left(free, free[above - 1]) if down <= up + TIE else above
        pairs.append((owner, places.pop(taken)))
        free.pop(taken)
    owner, place = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return owner, place


def _pairs(found: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Return pairs of positions with distance and weight, by treated row and distance."""
    pairs = pd.DataFrame(found, columns=["treated", "control"])
    pairs["distance"] = np.abs(values[pairs["treated"]] - values[pairs["control"]])
    pairs["weight"] = 1 / pairs.groupby("treated")["treated"].transform("size")
    return pairs.sort_values(["treated", "distance", "control"], ignore_index=True)
