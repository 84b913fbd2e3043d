"""The calibration contract: what the twin is held to, what it gives, how far draws scatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from digitrade.data import load_province_targets
from digitrade.methods.estimate import TIDY
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.twin.functionals import (
    CUTS,
    DIMENSIONS,
    ENTITY_CONTROLS,
    MEDIATORS,
    TWO_WAY,
    FloatArray,
    PublicRows,
    all_rows,
    by_regime,
    finance_level,
    public_rows,
    residual_basis,
    slope_rows,
)
from digitrade.studies.digital_finance.twin.recentre import find_thresholds
from digitrade.studies.digital_finance.twin.simulate import simulate_provinces, systematic
from digitrade.studies.digital_finance.twin.truth import TRUTH, ProvinceTruth

SHAPES = ("slope_", "between_", "national_", "rise_")
DIMENSION_TARGETS = dict(zip(("breadth", "depth", "digitalisation"), DIMENSIONS, strict=True))
MEDIATOR_TARGETS = dict(zip(("via_finance", "via_infrastructure"), MEDIATORS, strict=True))
REGIME_TARGETS = ("index_low", "index_between", "index_high")
THRESHOLD_TARGETS = {
    "ln_dfi": ("index_first", "index_second"),
    "fai_gdp": ("investment",),
    "internet": ("internet",),
}
RATIO_TARGETS = {"fai_gdp": "investment_ratio", "internet": "internet_ratio"}


def evaluate_targets(panel: pd.DataFrame) -> pd.DataFrame:
    """Hold a panel to ``data/twin/province_targets.csv``, with the project's own estimators.

    Parameters
    ----------
    panel
        The 330 rows of :class:`digitrade.studies.digital_finance.twin.ProvinceTwin`, of any seed.

    Returns
    -------
    pandas.DataFrame
        A row a target, in the order of the file: ``target, description, kind, printed`` (text,
        as printed), ``reference`` (that number, or what the twin aims at where none is
        printed), ``twin, difference`` (twin less printed; missing where nothing is printed),
        ``tolerance, at_least, at_most, met, binding``. A coefficient or threshold is met within its
        tolerance, a sign or ratio within its bounds. A ratio of slopes of which the lower is
        not positive is missing, and not met.
    """
    targets = load_province_targets()
    values = {
        **_linear_estimates(panel),
        **_threshold_estimates(panel),
        **_other_specifications(panel),
    }
    twin = targets["target"].map(values)
    printed = pd.to_numeric(targets["printed"], errors="coerce")
    difference = twin - printed
    close = difference.abs() <= targets["tolerance"]
    inside = twin.ge(targets["at_least"].fillna(-np.inf)) & twin.le(
        targets["at_most"].fillna(np.inf)
    )
    exact = targets["kind"].isin(["coefficient", "threshold"])
    return targets[["target", "description", "kind", "printed"]].assign(
        reference=printed.fillna(targets["aim"]),
        twin=twin,
        difference=difference,
        tolerance=targets["tolerance"],
        at_least=targets["at_least"],
        at_most=targets["at_most"],
        met=close.where(exact, inside),
        binding=targets["binding"] == "yes",
    )


def scatter_of_draws(seeds: Iterable[int], *, thresholds: bool = True) -> pd.DataFrame:
    """Evaluate the binding targets on honest draws.

    Coefficients come from their linear functionals, which agree with the estimators but cost
    a hundredth; thresholds are searched.

    Parameters
    ----------
    seeds
        One draw each. The default seed is drawn without re-centring, too.
    thresholds
        Whether to search them: about two thirds of the time.

    Returns
    -------
    pandas.DataFrame
        ``seed, target, value`` and, for thresholds, ``hit``: 1 if the cut sets apart the same
        rows as the true one, else 0.
    """
    frames, known = [], None
    for seed in seeds:
        panel = simulate_provinces(seed, recentre=False).panel
        known = known or public_rows(panel)
        values = linear_values(panel, known)
        cuts = found_thresholds(panel) if thresholds else {}
        frame = pd.DataFrame(
            {"target": [*values, *cuts], "value": [*values.values(), *cuts.values()]}
        )
        frames.append(frame.assign(seed=seed, hit=frame["target"].map(_hits(panel, cuts))))
    return pd.concat(frames, ignore_index=True)[["seed", "target", "value", "hit"]]


def move_of_noise(moved: pd.DataFrame, honest: pd.DataFrame) -> pd.DataFrame:
    """Set what re-centring did to each binding target that has a number to meet.

    Parameters
    ----------
    moved, honest
        What :func:`evaluate_targets` returns for one seed, with and without re-centring.

    Returns
    -------
    pandas.DataFrame
        ``target, description, reference, before, after``.
    """
    rows = moved[moved["binding"] & moved["reference"].notna()]
    before = honest.set_index("target")["twin"]
    return rows[["target", "description", "reference"]].assign(
        before=rows["target"].map(before), after=rows["twin"]
    )


def tidy_targets(evaluated: pd.DataFrame, n_obs: int) -> pd.DataFrame:
    """Return evaluated targets in the tidy vocabulary, a target a term; no standard errors."""
    rows = evaluated[["target", "twin"]].rename(columns={"target": "term", "twin": "estimate"})
    return rows.assign(label="twin", outcome="hdft", n_obs=n_obs).reindex(
        columns=["label", "outcome", *TIDY]
    )


def summarise_draws(evaluated: pd.DataFrame, scatter: pd.DataFrame) -> pd.DataFrame:
    """Set the spread of honest draws beside each target.

    Parameters
    ----------
    evaluated
        What :func:`evaluate_targets` returns.
    scatter
        What :func:`scatter_of_draws` returns.

    Returns
    -------
    pandas.DataFrame
        A row a target that was drawn: ``target, description, reference, twin, mean, sd, low,
        high`` (5th and 95th percentile), ``draws``, ``error``, the Monte Carlo standard error
        of the mean, and ``hit``, the share of draws that find a threshold.
    """
    drawn = scatter.groupby("target")["value"]
    spread = pd.DataFrame(
        {
            "mean": drawn.mean(),
            "sd": drawn.std(),
            "low": drawn.quantile(0.05),
            "high": drawn.quantile(0.95),
            "draws": drawn.count(),
            "error": drawn.std() / np.sqrt(drawn.count()),
            "hit": scatter.groupby("target")["hit"].mean(),
        }
    )
    known = evaluated[["target", "description", "reference", "twin"]]
    return known.merge(spread.reset_index(), on="target", how="inner", validate="1:1")


def linear_values(panel: pd.DataFrame, known: PublicRows | None = None) -> dict[str, float]:
    """Return every coefficient and ratio among the binding targets, by linear functionals."""
    rows, outcome = all_rows(panel, known), panel["hdft"].to_numpy(dtype=float)
    slope = {name: float(row @ outcome) for name, row in rows.items()}
    values = {
        name: slope[name]
        for name in ("baseline", "east", "central", "west", "finance_high", "finance_low")
    }
    values |= {target: slope[name] for target, name in DIMENSION_TARGETS.items()}
    for target, name in MEDIATOR_TARGETS.items():
        path_a = float(rows["baseline"] @ panel[name].to_numpy(dtype=float))
        values[target] = path_a * slope[f"{name}:b"]
    values |= {target: slope[f"ln_dfi:{k}"] for k, target in enumerate(REGIME_TARGETS)}
    return values | {
        target: _ratio(slope[f"{name}:0"], slope[f"{name}:1"])
        for name, target in RATIO_TARGETS.items()
    }


def found_thresholds(panel: pd.DataFrame) -> dict[str, float]:
    """Return the estimated thresholds, each variable's in ascending order."""
    values: dict[str, float] = {}
    for name, targets in THRESHOLD_TARGETS.items():
        found = find_thresholds(panel, name).thresholds["estimate"].sort_values()
        values |= dict(zip(targets, found, strict=True))
    return values


def responses(panel: pd.DataFrame, truth: ProvinceTruth = TRUTH) -> pd.DataFrame:
    """Return how each coefficient responds to each slope and rise of the process.

    The expected coefficient is this frame times the parameters, plus column ``controls``,
    because coefficients are linear in the outcome and the outcome in its parameters.

    Returns
    -------
    pandas.DataFrame
        A row a coefficient, a column a parameter, and ``controls``: what the controls' slopes
        put into the regressions that leave them out.
    """
    shapes = [name for name in asdict(truth) if name.startswith(SHAPES)]
    rows = all_rows(panel)
    nothing = replace(truth, **dict.fromkeys(shapes, 0.0))
    base = systematic(panel, nothing).to_numpy(dtype=float)
    units = {
        name: systematic(panel, replace(nothing, **{name: 1.0})).to_numpy(dtype=float) - base
        for name in shapes
    }
    parts = units | {"controls": base}
    table = {name: [float(row @ part) for row in rows.values()] for name, part in parts.items()}
    return pd.DataFrame(table, index=list(rows))


def naive_slopes(panel: pd.DataFrame, slopes: Mapping[str, float]) -> pd.Series:
    """Return what regressions find where regions have slopes, but all share the year effects.

    Parameters
    ----------
    slopes
        Of the log index, by region; a region that is not named has none.

    Returns
    -------
    pandas.Series
        The pooled two-way slope (``baseline``), and each region's own.
    """
    effect = panel["region"].map(dict(slopes)).fillna(0.0) * panel["ln_dfi"]
    rows = all_rows(panel)
    names = ["baseline", "east", "central", "west"]
    return pd.Series({name: float(rows[name] @ effect.to_numpy()) for name in names})


def regime_weights(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    r"""Return the weights with which slopes by regime average to the slope without regimes.

    With :math:`\tilde x` the index cleared of effects and controls and :math:`x_j` the index
    in regime j and zero elsewhere, the normal equation of :math:`\tilde x` says
    :math:`\hat\beta = \sum_j w_j \hat\beta_j` with
    :math:`w_j = \tilde x' x_j / \tilde x' \tilde x`, which sum to one and may be negative. No
    outcome enters, and :math:`\hat\beta` is the same for every threshold variable.

    Returns
    -------
    pandas.DataFrame
        ``threshold, regime`` (from 0, the lowest) and ``weight``, for the true thresholds.
    """
    basis = residual_basis(panel, specification)
    index = panel["ln_dfi"].to_numpy(dtype=float)
    row = slope_rows(basis, index[:, None])[0]
    frames = []
    for name, cuts in CUTS.items():
        weights = row @ by_regime(index, panel[name].to_numpy(dtype=float), cuts)
        frames.append(
            pd.DataFrame({"threshold": name, "regime": range(len(weights)), "weight": weights})
        )
    return pd.concat(frames, ignore_index=True)


def _linear_estimates(panel: pd.DataFrame) -> dict[str, float]:
    """Return baseline, regions, levels of finance, dimensions and indirect effects."""
    level = finance_level(panel)
    samples = {"baseline": panel}
    samples |= {str(name): rows for name, rows in panel.groupby("region")}
    samples |= {f"finance_{name}": rows for name, rows in panel.groupby(level)}
    values = {name: _slope(rows, TWO_WAY) for name, rows in samples.items()}
    for target, name in DIMENSION_TARGETS.items():
        values[target] = _slope(panel, TWO_WAY.replace(regressor=name))
    for target, name in MEDIATOR_TARGETS.items():
        path_a = _slope(panel, TWO_WAY.replace(outcome=name))
        both = TWO_WAY.replace(controls=(*TWO_WAY.controls, name))
        values[target] = path_a * float(fixed_effects(panel, both)[name].estimate)
    return values


def _threshold_estimates(panel: pd.DataFrame) -> dict[str, float]:
    """Return thresholds, and slopes at the thresholds that were found."""
    values = found_thresholds(panel)
    for name in CUTS:
        slopes = find_thresholds(panel, name).coefficients["estimate"].tolist()
        if name == "ln_dfi":
            values |= dict(zip(REGIME_TARGETS, slopes, strict=True))
        else:
            values[RATIO_TARGETS[name]] = _ratio(*slopes)
    return values


def _other_specifications(panel: pd.DataFrame) -> dict[str, float]:
    """Return the targets that do not bind: shared years, year effects, controls."""
    regions = {f"ln_dfi_{name}": panel["region"] == name for name in ("east", "central", "west")}
    split = panel.assign(**{name: panel["ln_dfi"] * where for name, where in regions.items()})
    shared = _slopes(split, list(regions), TWO_WAY)
    within_years = _regime_slopes(panel, "ln_dfi", TWO_WAY)
    values = {
        "east_common_years": shared[0],
        "index_between_years": within_years[1],
        "index_high_years": within_years[2],
    }
    for name, target in RATIO_TARGETS.items():
        slopes = _regime_slopes(panel, name, ENTITY_CONTROLS)
        values[f"{target}_controls"] = _ratio(*slopes)
    return values


def _regime_slopes(panel: pd.DataFrame, name: str, specification: Specification) -> list[float]:
    """Return the slopes in the regimes of the true thresholds, low to high."""
    index, threshold = (panel[column].to_numpy(dtype=float) for column in ("ln_dfi", name))
    columns: FloatArray = by_regime(index, threshold, CUTS[name])
    names = [f"regime_{k}" for k in range(columns.shape[1])]
    split = panel.assign(**dict(zip(names, columns.T, strict=True)))
    return _slopes(split, names, specification)


def _slopes(panel: pd.DataFrame, names: Sequence[str], specification: Specification) -> list[float]:
    """Return the coefficients of columns that take the regressor's place."""
    first, *rest = names
    both = specification.replace(regressor=first, controls=(*rest, *specification.controls))
    estimate = fixed_effects(panel, both)
    return [float(estimate[name].estimate) for name in names]


def _slope(panel: pd.DataFrame, specification: Specification) -> float:
    return float(fixed_effects(panel, specification).main.estimate)


def _hits(panel: pd.DataFrame, found: Mapping[str, float]) -> dict[str, float]:
    """Return 1 for each found threshold with the true one's rows below it, else 0."""
    hits = {}
    for name, targets in THRESHOLD_TARGETS.items():
        for target, cut in zip(targets, CUTS[name], strict=True):
            if target in found:
                hits[target] = float(((panel[name] <= found[target]) == (panel[name] <= cut)).all())
    return hits


def _ratio(below: float, above: float) -> float:
    return above / below if below > 0 else float("nan")
