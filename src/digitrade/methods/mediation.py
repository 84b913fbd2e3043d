"""Mediation in a panel: a total effect as a product of two paths and a direct effect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.checks import chosen, draws_problems, ranked, refuse_lost
from digitrade.methods.estimate import TIDY, Estimate, Slopes, combine, tidy_coefficients
from digitrade.methods.regression import fixed_effects, suest
from digitrade.methods.specification import Specification, complete_panel, require_specification

Moments = tuple[float, float]  # standard deviation and R squared of a regression
PATHS = ("a", "b", "direct", "total")
INFERENCES = ("bootstrap", "monte-carlo")
BOOTSTRAP = ["Indirect effect, Sobel", "Indirect effect, bootstrap", "Share mediated"]
MONTE_CARLO = ["Indirect effect, delta method", "Indirect effect, distribution of the product"]
RANGE = ["statistic", "p_value", "conf_low", "conf_high"]
BATCH = 2_048  # draws solved at once: bounds the memory, changes no number
NULL_DIRECTION = 1e-11  # share of the largest eigenvalue below which a nuisance direction is empty
NO_VARIATION = 1e-10  # share of a sum of squares below which nothing is left to estimate from


@dataclass(frozen=True, slots=True)
class Mediation:
    """A total effect of a regressor, split into a part through a ``mediator`` and the rest.

    ``total_fit`` and ``mediator_fit`` (path a) regress outcome and mediator on regressor and
    controls, ``outcome_fit`` the outcome on the mediator as well: path b and the direct effect.
    ``drawn`` has a row a draw: ``a, b, direct, total`` by the bootstrap of ``n_clusters``, without
    the ``failed`` draws in which a path could not be estimated; ``a, b`` by the Monte Carlo method,
    from the paths' ``joint`` covariance (``None`` by the bootstrap).
    """

    mediator: str
    specification: Specification
    total_fit: Estimate
    mediator_fit: Estimate
    outcome_fit: Estimate
    drawn: pd.DataFrame
    failed: int
    n_clusters: int
    joint: Slopes | None = None

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

    def tidy(self) -> pd.DataFrame:
        """Return tidy rows: paths, indirect effect in two ways, share of the total."""
        x, m = self.specification.regressor, self.mediator
        paths = [
            ("Total effect", self.total_fit, x),
            ("Path a: regressor to mediator", self.mediator_fit, x),
            ("Path b: mediator to outcome", self.outcome_fit, m),
            ("Direct effect", self.outcome_fit, x),
        ]
        rows = pd.concat(
            [(rows := combine({name: fit}))[rows["term"] == of] for name, fit, of in paths]
        )
        rows = rows.assign(term=[x, x, m, f"{x}:direct"])
        rows["covariance"] = self.joint.words if self.joint else rows["covariance"]
        frame = pd.concat([rows, self._products()], ignore_index=True).assign(mediator=m)
        return frame[["label", "mediator", "outcome", *TIDY, "covariance"]]

    def summary(self) -> pd.DataFrame:
        """Return one row: the paths, their product, and what the tests say of it."""
        rows = self._products()
        row = {name: getattr(self, name) for name in ("mediator", *PATHS, "indirect", "share")}
        row |= {"p_a": self.mediator_fit.main.p_value, "p_sobel": rows.loc[0, "p_value"]}
        row |= {"p_b": self.outcome_fit[self.mediator].p_value, "p_joint": self.joint_p_value}
        row |= rows.loc[1, ["conf_low", "conf_high"]].to_dict()
        names = "mediator a b indirect share p_sobel p_joint conf_low conf_high"
        if self.joint:
            names = "mediator a p_a b p_b indirect conf_low conf_high share direct total"
        return pd.DataFrame([row])[names.split()]

    def _products(self) -> pd.DataFrame:
        """Return rows of the indirect effect and, by the bootstrap, of its share of the total."""
        product, level = self.drawn["a"] * self.drawn["b"], self.specification.confidence
        if self.joint:
            error = product_error(self.a, self.b, self.joint.vcov)
            labels, errors, words = MONTE_CARLO, [error, error], [self.joint.words] * 2
        else:
            paths = [self.mediator_fit.main, self.outcome_fit[self.mediator]]
            error = product_error(self.a, self.b, np.diag([path.std_error**2 for path in paths]))
            labels, errors = BOOTSTRAP, [error, product.std(), np.nan]
            words = [f"Sobel, normal; paths {self.total_fit.words}"] + 2 * [
                f"cluster bootstrap by {self.specification.groups}, {self.n_clusters:,} clusters, "
                f"{len(product):,} draws, percentile interval"
            ]
        parts = ["via", "via", "share"][: len(labels)]
        terms = [f"{self.specification.regressor}:{part}:{self.mediator}" for part in parts]
        values = np.array([self.indirect, self.indirect, self.share])[: len(labels)]
        rests_on = (self.total_fit.n_obs, np.inf, level)
        rows = tidy_coefficients(terms, values, np.array(errors), *rests_on)
        rows = rows.assign(label=labels, outcome=self.specification.outcome, covariance=words)
        rows.loc[1, RANGE] = [np.nan, *_percentiles(product, level)]
        if not self.joint:
            rows.loc[2, RANGE] = [np.nan, *_percentiles(product / self.drawn["total"], level)]
        return rows


def mediate(
    data: pd.DataFrame,
    specification: Specification,
    mediator: str,
    *,
    inference: str = "bootstrap",
    draws: int = 4_999,
    rng: np.random.Generator,
) -> Mediation:
    """Split a total effect into a part through a mediator and a direct part.

    Three least-squares regressions with the same controls and effects on the same rows:
    :math:`y = c x`, :math:`m = a x` and :math:`y = c' x + b m`. Then :math:`c = c' + ab`
    exactly (Baron and Kenny 1986, Journal of Personality and Social Psychology 51(6),
    1173-1182; MacKinnon, Warsi and Dwyer 1995, Multivariate Behavioral Research 30(1),
    41-62). The product is the average causal mediation effect only under sequential
    ignorability and without interaction (Imai, Keele and Tingley 2010, Psychological
    Methods 15(4), 309-334).

    - ``data``, ``specification``: one row for each entity and time, complete; the regression of the
      total effect, whose covariance goes into the paths' standard errors and the normal interval.
    - ``mediator``: column of the mediator; not among the controls.
    - ``inference``: ``"bootstrap"``: resample the clusters and estimate all paths again, for one
      way of clustering and effects of entity and time at most. ``"monte-carlo"``: draw a and b from
      the normal with their joint covariance (MacKinnon, Lockwood and Williams 2004, Multivariate
      Behavioral Research 39(1), 99-128), for any effects and clusters.
    - ``draws``, ``rng``: how many, and their source. Clusters are drawn in the order of
      :func:`digitrade.methods.checks.ranked`.

    Raises KeyError or ValueError if a column is not there; with everything that is wrong with
    mediator, inference and draws; if most draws cannot be estimated.
    """
    data = _checked(data, specification, mediator, inference, draws, rng)
    draws = int(draws)
    with_mediator = specification.replace(controls=(mediator, *specification.controls))
    requests = (specification, specification.replace(outcome=mediator), with_mediator)
    total, first, second = (fixed_effects(data, request) for request in requests)
    joint, failed = None, 0
    if inference == "bootstrap":
        outcome = Projection.of(data, specification).residualise(data[specification.outcome])
        groups = data[specification.groups]
        places = pd.Series(ranked(groups, outcome)).groupby(groups.to_numpy()).first()
        grams = _cluster_grams(data, specification, mediator)[np.argsort(places.to_numpy())]
        paths = _resampled_paths(grams, rng.integers(len(grams), size=(draws, len(grams))))
        drawn = pd.DataFrame(paths, columns=list(PATHS)).dropna(ignore_index=True)
        failed, n_clusters = draws - len(drawn), len(grams)
    else:
        x, controls = specification.regressor, specification.controls
        path_b = specification.replace(regressor=mediator, controls=(x, *controls))
        joint = suest({"a": (data, requests[1]), "b": (data, path_b)})
        pairs = _normal_pairs(joint, rng.standard_normal((draws, 2)))
        drawn, n_clusters = pd.DataFrame(pairs, columns=["a", "b"]), total.n_groups
    why = (
        f"bootstrap draws of {n_clusters} clusters leave no variation in "
        f"{specification.regressor!r} or {mediator!r}; use more clusters or fewer controls"
    )
    refuse_lost("Mediation cannot be estimated", failed, draws, why)
    fits = (total, first, second)
    return Mediation(mediator, specification, *fits, drawn, failed, n_clusters, joint)


def _normal_pairs(joint: Slopes, normal: np.ndarray) -> np.ndarray:
    """Return pairs of slopes (draws by 2) from standard normal ones, whatever their units."""
    errors = np.sqrt(np.diag(joint.vcov))
    linked = joint.vcov[0, 1] / errors.prod()
    second = linked * normal[:, 0] + np.sqrt(max(1 - linked**2, 0.0)) * normal[:, 1]
    return joint.slopes + errors * np.column_stack([normal[:, 0], second])


def product_error(a: float, b: float, vcov: np.ndarray) -> float:
    """Return the first-order standard error of a product (Sobel 1982, if vcov is diagonal)."""
    gradient = np.array([b, a])
    return float(np.sqrt(gradient @ vcov @ gradient))


def needed_correlation(total: float, a: float, *, outcome: Moments, mediator: Moments) -> float:
    r"""Return the partial correlation with which a mediator alone would carry the total effect.

    :math:`r = \frac{c}{a} \frac{\sigma_m \sqrt{1 - R^2_m}}{\sigma_y \sqrt{1 - R^2_y}}`, off tables.
    """
    (sd_y, r2_y), (sd_m, r2_m) = outcome, mediator
    return float(total / a * sd_m * np.sqrt(1 - r2_m) / (sd_y * np.sqrt(1 - r2_y)))


def partial_correlation(data: pd.DataFrame, specification: Specification, column: str) -> float:
    """Return the correlation of outcome and a column, effects, controls and regressor taken out."""
    held = specification.replace(regressor=column, controls=specification.regressors)
    columns = data[[specification.outcome, column]].to_numpy(dtype=float)
    residualised = Projection.of(data, held).residualise(columns)
    return float(np.corrcoef(residualised.T)[0, 1])


def _percentiles(drawn: pd.Series, confidence: float) -> tuple[float, float, float]:
    """Return p, twice the share of draws beyond zero with one more counted, and the interval."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (1 + beyond) / (1 + len(drawn))), float(low), float(high)


def _cluster_grams(data: pd.DataFrame, specification: Specification, mediator: str) -> np.ndarray:
    """Return cross-products by cluster of y, m, x, controls, periods less entities' means."""
    s = specification
    named = data[[s.outcome, mediator, s.regressor, *s.controls]].to_numpy(dtype=float)
    periods = np.ones((len(data), 1))
    if s.time in s.effects:
        periods = pd.get_dummies(data[s.time], dtype=float).to_numpy()
    values = np.hstack([named - named.mean(axis=0), periods])
    if s.entity in s.effects:
        means = pd.DataFrame(values).groupby(data[s.entity].to_numpy()).transform("mean")
        values = values - means.to_numpy()
    norms = np.linalg.norm(values[:, 3:], axis=0)
    values[:, 3:] /= np.where(norms > 0, norms, 1.0)
    groups = pd.factorize(data[s.groups], sort=True)[0]
    return np.stack([values[groups == g].T @ values[groups == g] for g in range(max(groups) + 1)])


def _resampled_paths(grams: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return a, b, direct and total of every draw, missing where a draw has no variation left."""
    n_clusters, size, _ = grams.shape
    flat = grams.reshape(n_clusters, -1)
    paths = []
    for start in range(0, len(clusters), BATCH):
        batch = clusters[start : start + BATCH]
        counts = np.apply_along_axis(np.bincount, 1, batch, minlength=n_clusters)
        paths.append(_paths((counts @ flat).reshape(-1, size, size)))
    return np.concatenate(paths)


def _paths(total: np.ndarray) -> np.ndarray:
    """Return the paths from cross-products of y, m, x and nuisance columns, draw by draw."""
    cross = total[:, :3, 3:]
    inverse = np.linalg.pinv(total[:, 3:, 3:], rcond=NULL_DIRECTION, hermitian=True)
    within = total[:, :3, :3] - cross @ inverse @ cross.transpose(0, 2, 1)
    mm, xx = within[:, 1, 1], within[:, 2, 2]
    ym, yx, mx = within[:, 0, 1], within[:, 0, 2], within[:, 1, 2]
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


def _checked(
    data: pd.DataFrame,
    specification: Specification,
    mediator: str,
    inference: str,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the columns, or raise with everything that keeps paths from being estimated."""
    require_specification(specification)
    s = specification
    beyond = ", ".join(sorted(set(s.effects) - {s.entity, s.time}))
    bootstrap, title = inference == "bootstrap", "Mediation cannot be estimated"
    wrong = chosen("inference", inference, INFERENCES) | draws_problems(draws, rng)
    wrong |= {
        f"mediator {mediator!r} is already in the specification: take it out there, or name a "
        "column that is not yet in the specification": mediator in (s.outcome, *s.regressors),
        f"effects of {beyond}: draws estimate those of {s.entity!r} and {s.time!r} only; leave "
        "them out, or choose inference='monte-carlo'": bootstrap and bool(beyond),
    }
    look = partial(_cluster_problems, specification=s) if bootstrap else None
    return complete_panel(data, s, [mediator], title=title, problems=wrong, look=look)


def _cluster_problems(panel: pd.DataFrame, specification: Specification) -> dict[str, object]:
    s = specification
    inside, n_clusters = panel.groupby(s.entity)[s.groups].nunique(), panel[s.groups].nunique()
    return {
        f"{inside.idxmax()!r} lies in {inside.max()} clusters of {s.groups!r}: cluster by "
        f"{s.entity!r} or coarser": s.entity in s.effects and inside.max() > 1,
        f"{n_clusters} cluster of {s.groups!r}: two or more needed": n_clusters < 2,
    }
