"""What each estimate of the provinces is worth: honest draws, each with its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_honest_draws, load_honest_targets
from digitrade.data.cache import write_honest_draws
from digitrade.methods.calibration import held_to_truth, summarise_draws
from digitrade.methods.estimate import TIDY
from digitrade.methods.heterogeneity import by_group, by_regressor
from digitrade.methods.mediation import mediate
from digitrade.methods.placebo import permutation_placebo
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold.results import increment_columns, slope_contrasts
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.digital_finance.twin.recentre import (
    CUTS,
    DIMENSIONS,
    ENTITY,
    REGIMES,
    THRESHOLDS,
    TWO_WAY,
    finance_level,
    find_thresholds,
)
from digitrade.studies.digital_finance.twin.simulate import simulate_provinces
from digitrade.studies.digital_finance.twin.truth import TRUTH
from digitrade.studies.digital_finance.variations import robustness, standard_variations

STUDY = "digital_finance"
SEEDS = range(1, 201)
DRAWS = 499  # of each bootstrap and permutation
PATHS = {
    "financial_development": (TRUTH.index_on_finance, TRUTH.finance_on_hdft),
    "infrastructure_twin": (TRUTH.index_on_infrastructure, TRUTH.infrastructure_on_hdft),
}


def honest_summary(targets: str | Sequence[str] = "") -> pd.DataFrame:
    """Summarise the shipped draws: of all targets, of a chapter's, or of those that are named."""
    return summarise_draws(load_honest_draws(STUDY), load_honest_targets(STUDY, targets))


def write_draws(draws: int = len(SEEDS), *, jobs: int = 1) -> Path:
    """Draw the first so many of the :data:`SEEDS` again and write them to ``data/twin``."""
    return write_honest_draws(STUDY, honest_provinces, SEEDS[:draws], jobs=jobs)


def honest_provinces(seed: int) -> pd.DataFrame:
    """Return every target's estimate in one honest draw, beside what is true in it."""
    panel = simulate_provinces(seed, recentre=False).panel
    panel = panel.assign(finance=finance_level(panel))
    blocks = (_variations, _resampled, _groups, _dimensions, _channels, _cuts, _changes)
    rows = [block for make in blocks for block in make(panel, seed)]
    return held_to_truth(pd.concat(rows, ignore_index=True), load_honest_targets(STUDY))


def _named(rows: pd.DataFrame, names: Sequence[str], truth: object) -> pd.DataFrame:
    return rows[TIDY].assign(row=list(names), truth=truth)


def _variations(panel: pd.DataFrame, _: int) -> Iterator[pd.DataFrame]:
    """Give the rows of the robustness chapter; the truth is the mean effect in the row's years."""
    variations = standard_variations()
    kept = {change.label: change.rows for change in variations if change.rows}
    rows = robustness(panel, TWO_WAY, variations)
    effect, slope = panel["true_effect"], panel["dfi"].mean() / panel["dfi"]
    truths = {name: panel.query(query)["true_effect"].mean() for name, query in kept.items()}
    truths["Index in points, over its mean"] = (effect * slope).mean()
    yield _named(rows, rows["label"], rows["label"].map(truths).fillna(effect.mean()))


def _resampled(panel: pd.DataFrame, seed: int) -> Iterator[pd.DataFrame]:
    """Give the baseline by wild bootstrap, and by exchanged paths, which have no interval."""
    truth, rng = panel["true_effect"].mean(), np.random.default_rng(seed)
    wild = wild_cluster_bootstrap(panel, TWO_WAY, draws=DRAWS, rng=rng)
    yield _named(wild.tidy(), ["wild"], truth)
    paths = permutation_placebo(panel, TWO_WAY, draws=DRAWS, rng=np.random.default_rng(seed))
    yield _named(paths.tidy(), ["paths"], truth)


def _groups(panel: pd.DataFrame, seed: int) -> Iterator[pd.DataFrame]:
    """Give slopes of regions and levels of finance, and tests of their differences."""
    for column in ("region", "finance"):
        found = by_group(panel, TWO_WAY, column, draws=DRAWS, rng=np.random.default_rng(seed))
        truth = panel.groupby(column)["true_effect"].mean()
        slopes, gaps = found.slopes, found.differences
        yield _named(slopes, f"{column}: " + slopes["group"], slopes["group"].map(truth))
        sides = gaps["contrast"].str.split(" less ", expand=True)
        names = column + ": " + gaps[["contrast", "design", "test"]].agg(", ".join, axis=1)
        yield _named(gaps, names, sides[0].map(truth) - sides[1].map(truth))


def _dimensions(panel: pd.DataFrame, _: int) -> Iterator[pd.DataFrame]:
    """Give the slopes of the dimensions, which have no effect of their own."""
    slopes = by_regressor(panel, TWO_WAY, list(DIMENSIONS.values())).slopes
    yield _named(slopes, slopes["group"], np.nan)


def _channels(panel: pd.DataFrame, seed: int) -> Iterator[pd.DataFrame]:
    """Give both paths of each channel, their product and its share, and the direct effect."""
    total = panel["true_effect"].mean()
    for name, (a, b) in PATHS.items():
        found = mediate(panel, TWO_WAY, name, draws=DRAWS, rng=np.random.default_rng(seed)).tidy()
        truths = [total, a, b, total - a * b, a * b, a * b, a * b / total]
        yield _named(found, f"{name}: " + found["label"], truths)


def _cuts(panel: pd.DataFrame, seed: int) -> Iterator[pd.DataFrame]:
    """Give the thresholds found with their sets, as points, and the changes of slope at them."""
    for column, cuts in CUTS.items():
        found = find_thresholds(panel, column, draws=DRAWS, seed=seed)
        names = [name for name, (threshold, _) in THRESHOLDS.items() if threshold == column]
        rows = found.thresholds.sort_values("estimate").reindex(columns=TIDY)
        reached = [panel.loc[panel[column] <= cut, column].max() for cut in cuts]
        yield _named(rows, names, reached).assign(p_value=found.thresholds["p_value"])
        yield pd.DataFrame(
            {"row": f"{name}: same rows", "truth": true, "conf_low": cut, "conf_high": cut}
            for name, cut, true in zip(names, rows["estimate"], reached, strict=True)
        )
        slopes = found.coefficients[found.coefficients["term"].isin(found.vcov.index)]
        regime = np.searchsorted(cuts, panel[column], side="left")
        means = panel.groupby(regime)["true_effect"].mean()
        yield _named(slopes, REGIMES[column], means.to_numpy())
        changes = slope_contrasts(found).query("contrast == 'difference'")
        rises = [TRUTH[f"rise_{name}"] for name in names]
        yield _named(changes, [f"{name}: change" for name in names], rises)


def _changes(panel: pd.DataFrame, _: int) -> Iterator[pd.DataFrame]:
    """Give the changes of the slope at the printed cuts of the index, under two models."""
    added = increment_columns(panel, regressor="ln_dfi", threshold="ln_dfi", cuts=CUTS["ln_dfi"])
    rows = panel.join(added)
    rises = [TRUTH.rise_index_first, TRUTH.rise_index_second]
    for name, model in {"provinces": ENTITY, "years and controls": TWO_WAY}.items():
        fit = fixed_effects(rows, model.replace(controls=(*added, *model.controls))).tidy()
        fit = fit.set_index("term").loc[[*added]].reset_index()
        yield _named(fit, [f"first printed cut, {name}", f"second printed cut, {name}"], rises)
