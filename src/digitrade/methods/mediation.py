"""Mediation in a panel: the product of coefficients and what a cluster bootstrap says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

PATHS = ("a", "b", "direct", "total")
BATCH = 2_048  # draws solved at once: bounds the memory, changes no number
NULL_DIRECTION = 1e-11  # share of the largest eigenvalue below which a nuisance direction is empty
NO_VARIATION = 1e-10  # share of a sum of squares below which nothing is left to estimate from


@dataclass(frozen=True, slots=True)
class Mediation:
    """Total effect of a regressor, split into a part through a mediator and the rest.

    Attributes
    ----------
    mediator
        Column of the mediator.
    specification
        The regression of the total effect.
    total_fit
        Outcome on regressor and controls.
    mediator_fit
        Mediator on regressor and controls; its coefficient is path a.
    outcome_fit
        Outcome on mediator, regressor and controls: path b and the direct effect.
    draws
        A row a bootstrap draw: ``a, b, direct, total``. Draws in which a path could not be
        estimated are left out.
    failed
        How many such draws there were.
    n_clusters
        Clusters that were resampled.
    """

    mediator: str
    specification: Specification
    total_fit: Estimate
    mediator_fit: Estimate
    outcome_fit: Estimate
    draws: pd.DataFrame
    failed: int
    n_clusters: int

    @property
    def a(self) -> float:
        """Path a: mediator on regressor."""
        return float(self.mediator_fit.main.estimate)

    @property
    def b(self) -> float:
        """Path b: outcome on mediator, the regressor held constant."""
        return float(self.outcome_fit[self.mediator].estimate)

    @property
    def direct(self) -> float:
        """Outcome on regressor, the mediator held constant."""
        return float(self.outcome_fit.main.estimate)

    @property
    def total(self) -> float:
        """Outcome on regressor; equals ``direct + indirect`` exactly."""
        return float(self.total_fit.main.estimate)

    @property
    def indirect(self) -> float:
        """The product of the two paths."""
        return self.a * self.b

    @property
    def share(self) -> float:
        """The indirect effect over the total; outside 0 to 1 if the two parts disagree."""
        return self.indirect / self.total

    @property
    def joint_p_value(self) -> float:
        """The larger p-value of the two paths: both must differ from zero."""
        return float(max(self.mediator_fit.main.p_value, self.outcome_fit[self.mediator].p_value))

    @property
    def total_sign_kept(self) -> float:
        """Share of draws whose total effect has the sign of the estimate.

        Where it is well below one, the share mediated divides by what may be zero.
        """
        return float(np.mean(np.sign(self.draws["total"]) == np.sign(self.total)))

    def tidy(self) -> pd.DataFrame:
        """Return every path, the indirect effect by Sobel and by bootstrap, and the share.

        Returns
        -------
        pandas.DataFrame
            ``label, outcome``, the tidy columns and ``covariance``. The terms of the
            indirect effect and the share are ``x:via:m`` and ``x:share:m``; the share has
            no standard error, since the ratio of two estimates has no moments.
        """
        x, m = self.specification.regressor, self.mediator
        product = self.draws["a"] * self.draws["b"]
        rows = [
            _path_row("Total effect", self.total_fit, x, x),
            _path_row("Path a: regressor to mediator", self.mediator_fit, x, x),
            _path_row("Path b: mediator to outcome", self.outcome_fit, m, m),
            _path_row("Direct effect", self.outcome_fit, x, f"{x}:direct"),
            self._sobel_row(),
            self._percentile_row(
                "Indirect effect, bootstrap", f"{x}:via:{m}", self.indirect, product, product.std()
            ),
            self._percentile_row(
                "Share mediated",
                f"{x}:share:{m}",
                self.share,
                product / self.draws["total"],
                np.nan,
            ),
        ]
        return pd.DataFrame(rows)[["label", "outcome", *TIDY, "covariance"]]

    def summary(self) -> pd.DataFrame:
        """Return one row: ``mediator, a, b, indirect`` and what each method says of it."""
        rows = self.tidy().set_index("label")
        drawn = rows.loc["Indirect effect, bootstrap"]
        row = {
            "mediator": self.mediator,
            "a": self.a,
            "b": self.b,
            "indirect": self.indirect,
            "share": self.share,
            "p_sobel": rows.loc["Indirect effect, Sobel", "p_value"],
            "p_joint": self.joint_p_value,
            "conf_low": drawn["conf_low"],
            "conf_high": drawn["conf_high"],
        }
        return pd.DataFrame([row])

    def _sobel_row(self) -> dict[str, object]:
        b = self.outcome_fit[self.mediator]
        error = sobel_error(self.a, self.mediator_fit.main.std_error, self.b, b.std_error)
        z = self.indirect / error
        reach = stats.norm.ppf(0.5 + self.specification.confidence / 2) * error
        return {
            "label": "Indirect effect, Sobel",
            "outcome": self.specification.outcome,
            "term": f"{self.specification.regressor}:via:{self.mediator}",
            "estimate": self.indirect,
            "std_error": error,
            "statistic": z,
            "p_value": float(2 * stats.norm.sf(abs(z))),
            "conf_low": self.indirect - reach,
            "conf_high": self.indirect + reach,
            "n_obs": self.total_fit.n_obs,
            "covariance": f"Sobel, normal; paths {self.total_fit.words}",
        }

    def _percentile_row(
        self, label: str, term: str, estimate: float, drawn: pd.Series, error: float
    ) -> dict[str, object]:
        tail = (1 - self.specification.confidence) / 2
        low, high = drawn.quantile([tail, 1 - tail])
        beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
        return {
            "label": label,
            "outcome": self.specification.outcome,
            "term": term,
            "estimate": estimate,
            "std_error": float(error),
            "statistic": np.nan,
            "p_value": min(1.0, 2 * (1 + beyond) / (1 + len(drawn))),
            "conf_low": float(low),
            "conf_high": float(high),
            "n_obs": self.total_fit.n_obs,
            "covariance": (
                f"cluster bootstrap by {self.specification.groups}, {self.n_clusters} clusters, "
                f"{len(drawn):,} draws, percentile interval"
            ),
        }


def mediate(
    data: pd.DataFrame,
    specification: Specification,
    mediator: str,
    *,
    draws: int = 4_999,
    rng: np.random.Generator,
) -> Mediation:
    r"""Split a total effect into a part through a mediator and a direct part.

    Three least-squares regressions with the same controls and effects on the same rows:
    :math:`y = c x`, :math:`m = a x` and :math:`y = c' x + b m`. Then :math:`c = c' + ab`
    exactly (Baron and Kenny 1986, Journal of Personality and Social Psychology 51(6),
    1173-1182; MacKinnon, Warsi and Dwyer 1995, Multivariate Behavioral Research 30(1),
    41-62). The product is the average causal mediation effect only under sequential
    ignorability and without interaction (Imai, Keele and Tingley 2010, Psychological
    Methods 15(4), 309-334).

    Parameters
    ----------
    data
        One row for each entity and time, complete in every column used.
    specification
        The regression of the total effect. Its covariance goes into the paths' standard
        errors and Sobel's test, its clusters are what the bootstrap resamples.
    mediator
        Column of the mediator; not among the controls.
    draws
        Bootstrap draws.
    rng
        Source of the draws.

    Returns
    -------
    Mediation

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the mediator is already in the specification, there are effects beyond entity and
        time, an entity lies in two clusters, there are fewer than two clusters or no draw, or
        no draw can be estimated.
    """
    _refuse(data, specification, mediator, draws)
    with_mediator = specification.replace(controls=(mediator, *specification.controls))
    fits = {
        "total_fit": fixed_effects(data, specification),
        "mediator_fit": fixed_effects(data, specification.replace(outcome=mediator)),
        "outcome_fit": fixed_effects(data, with_mediator),
    }
    grams = cluster_grams(data, specification, mediator)
    paths = resampled_paths(grams, draw_clusters(len(grams), draws, rng))
    estimated = np.isfinite(paths).all(axis=1)
    if not estimated.any():
        raise ValueError(
            f"None of {draws} bootstrap draws of {len(grams)} clusters leaves variation in "
            f"{specification.regressor!r} and {mediator!r}: use more clusters or fewer controls"
        )
    return Mediation(
        mediator=mediator,
        specification=specification,
        **fits,
        draws=pd.DataFrame(paths[estimated], columns=list(PATHS)),
        failed=int((~estimated).sum()),
        n_clusters=len(grams),
    )


def sobel_error(a: float, a_error: float, b: float, b_error: float) -> float:
    r"""Return the first-order standard error of a product of independent estimates.

    :math:`\sqrt{a^2 s_b^2 + b^2 s_a^2}` (Sobel 1982, Sociological Methodology 13, 290-312).
    """
    return float(np.hypot(a * b_error, b * a_error))


def draw_clusters(n_clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the clusters of every draw, with replacement: draws by n_clusters integers."""
    return rng.integers(n_clusters, size=(draws, n_clusters))


def cluster_grams(data: pd.DataFrame, specification: Specification, mediator: str) -> np.ndarray:
    """Return the cross-products of every cluster, from which any resample can be estimated.

    The columns are outcome, mediator, regressor, controls and a dummy for every period (or
    the constant), each in deviation from its entity's mean. Under resampling of clusters
    these columns stay as they are, because a cluster keeps all its rows and a copy of an
    entity has an effect of its own; only the weights of the clusters change, and with them
    the period effects, which each draw estimates anew.

    Returns
    -------
    numpy.ndarray
        G by k by k, clusters in sorted order.
    """
    values = _demeaned(data, specification, mediator)
    groups = pd.factorize(data[specification.groups], sort=True)[0]
    return np.stack([values[groups == g].T @ values[groups == g] for g in range(max(groups) + 1)])


def _demeaned(data: pd.DataFrame, specification: Specification, mediator: str) -> np.ndarray:
    """Return y, m, x and the nuisance columns, the latter of unit length, n by k."""
    s = specification
    named = data[[s.outcome, mediator, s.regressor, *s.controls]].to_numpy(dtype=float)
    if s.time in s.effects:
        periods = pd.get_dummies(data[s.time], dtype=float).to_numpy()
    else:
        periods = np.ones((len(data), 1))
    if s.entity in s.effects:
        columns = pd.DataFrame(np.hstack([named, periods]))
        means = columns.groupby(data[s.entity].to_numpy()).transform("mean")
        values = (columns - means).to_numpy(copy=True)
    else:
        values = np.hstack([named - named.mean(axis=0), periods])
    norms = np.linalg.norm(values[:, 3:], axis=0)
    values[:, 3:] /= np.where(norms > 0, norms, 1.0)
    return values


def resampled_paths(grams: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Estimate the four paths in every draw by small normal equations.

    A draw's cross-products are the sum of its clusters' cross-products, each as often as it
    was drawn. Controls and period effects are taken out by their pseudo-inverse, so a
    period that a draw does not contain does no harm.

    Parameters
    ----------
    grams
        G by k by k, from :func:`cluster_grams`.
    drawn
        Draws by G, from :func:`draw_clusters`.

    Returns
    -------
    numpy.ndarray
        Draws by four: a, b, direct, total; missing where a draw has no variation left.
    """
    n_clusters, size, _ = grams.shape
    flat = grams.reshape(n_clusters, -1)
    paths = []
    for start in range(0, len(drawn), BATCH):
        batch = drawn[start : start + BATCH]
        counts = np.apply_along_axis(np.bincount, 1, batch, minlength=n_clusters)
        paths.append(_paths((counts @ flat).reshape(-1, size, size)))
    return np.concatenate(paths)


def _paths(total: np.ndarray) -> np.ndarray:
    """Return a, b, direct and total from cross-products of y, m, x and nuisance columns."""
    cross = total[:, :3, 3:]
    inverse = np.linalg.pinv(total[:, 3:, 3:], rcond=NULL_DIRECTION, hermitian=True)
    cleared = total[:, :3, :3] - cross @ inverse @ cross.transpose(0, 2, 1)
    mm, xx = cleared[:, 1, 1], cleared[:, 2, 2]
    ym, yx, mx = cleared[:, 0, 1], cleared[:, 0, 2], cleared[:, 1, 2]
    determinant = mm * xx - mx**2
    estimable = (
        (xx > NO_VARIATION * total[:, 2, 2])
        & (mm > NO_VARIATION * total[:, 1, 1])
        & (determinant > NO_VARIATION * mm * xx)
    )
    xx, determinant = np.where(estimable, [xx, determinant], np.nan)
    b = (ym * xx - yx * mx) / determinant
    direct = (yx * mm - ym * mx) / determinant
    return np.column_stack([mx / xx, b, direct, yx / xx])


def _refuse(data: pd.DataFrame, specification: Specification, mediator: str, draws: int) -> None:
    """Raise with everything that makes the question or the resampling meaningless."""
    if absent := [name for name in (*specification.columns, mediator) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    problems = []
    if mediator in (specification.outcome, *specification.regressors):
        problems.append(f"mediator {mediator!r} is already in the specification: take it out there")
    inside = data.groupby(specification.entity)[specification.groups].nunique()
    if specification.entity in specification.effects and inside.max() > 1:
        problems.append(
            f"{inside.idxmax()!r} lies in {inside.max()} clusters of {specification.groups!r}: "
            f"cluster by {specification.entity!r} or coarser"
        )
    if (n_clusters := data[specification.groups].nunique()) < 2:
        problems.append(f"{n_clusters} cluster of {specification.groups!r}: two or more needed")
    if beyond := set(specification.effects) - {specification.entity, specification.time}:
        problems.append(
            f"effects of {', '.join(sorted(beyond))}: draws estimate those of "
            f"{specification.entity!r} and {specification.time!r} only; leave them out"
        )
    if draws < 1:
        problems.append(f"draws={draws}: one or more needed")
    if problems:
        raise ValueError("Mediation cannot be estimated:\n  - " + "\n  - ".join(problems))


def _path_row(label: str, fit: Estimate, term: str, name: str) -> dict[str, object]:
    """Return a path's row, with its name among the terms of the decomposition."""
    row = fit[term]
    return {
        "label": label,
        "outcome": fit.specification.outcome,
        "term": name,
        **{column: row[column] for column in TIDY[1:-1]},
        "n_obs": fit.n_obs,
        "covariance": fit.words,
    }
