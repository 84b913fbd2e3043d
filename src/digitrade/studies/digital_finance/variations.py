"""Robustness: rows of a table, each the baseline with one change."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.estimate import TIDY, combine
from digitrade.methods.indices import composite_index
from digitrade.methods.instruments import instrumental_variables
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.digital_finance.distance import distance_instruments
from digitrade.studies.digital_finance.variables import MUNICIPALITIES, QUALITY_INGREDIENTS

BASELINE_LABEL = "Baseline"
COLUMNS = ["group", "label", "outcome", *TIDY, "covariance", "remark"]
WILD = {"p_value": "wild_p", "conf_low": "wild_low", "conf_high": "wild_high"}
Prepared = tuple[pd.DataFrame, Specification]


def lag(panel: pd.DataFrame, specification: Specification, *, periods: int = 1) -> Prepared:
    """Replace the regressor by its value some periods earlier; the first rows are lost."""
    name, key = f"{specification.regressor}_lag", [specification.entity, specification.time]
    earlier = panel[[*key, specification.regressor]].rename(columns={specification.regressor: name})
    earlier[specification.time] += periods
    lagged = panel.merge(earlier, on=key, how="left", validate="1:1")
    return lagged, specification.replace(regressor=name)


def winsorise(panel: pd.DataFrame, specification: Specification, *, share: float) -> Prepared:
    """Pull the extreme values of outcome and regressors in, a share of rows at each end."""
    if not 0 <= share < 0.5:
        raise ValueError(f"Winsorising needs a share of at least 0 and below 0.5: found {share}")
    rows = panel.dropna(subset=list(specification.columns))
    values = rows[[specification.outcome, *specification.regressors]].astype(float)
    pulled = values.clip(values.quantile(share), values.quantile(1 - share), axis=1)
    return rows.assign(**pulled), specification


def levels(panel: pd.DataFrame, specification: Specification) -> Prepared:
    """Put the index itself, over its mean, in the place of its log."""
    rows = panel.dropna(subset=list(specification.columns))
    rows = rows.assign(dfi_over_mean=rows["dfi"] / rows["dfi"].mean())
    return rows, specification.replace(regressor="dfi_over_mean")


def initial_by_period(
    panel: pd.DataFrame,
    specification: Specification,
    *,
    columns: Sequence[str] | None = None,
    linear: bool = False,
) -> Prepared:
    """Control for where every entity's regressor started, times a dummy for each period."""
    ordered = panel.sort_values(specification.time).groupby(specification.entity)
    later = _since(panel, specification) if linear else _later_periods(panel, specification)
    added = [panel[[]]]
    for name in [specification.regressor] if columns is None else columns:
        start = panel[specification.entity].map(ordered[name].first())
        added.append(later.mul(start, axis=0).add_prefix(f"initial_{name}_"))
    return _with_controls(panel, specification, pd.concat(added, axis=1))


def entity_trends(panel: pd.DataFrame, specification: Specification) -> Prepared:
    """Control for a straight trend of every entity."""
    since = _since(panel, specification)["since"]
    others = pd.get_dummies(panel[specification.entity], dtype=float).iloc[:, 1:]
    return _with_controls(panel, specification, others.mul(since, axis=0).add_prefix("trend_"))


def group_by_period(panel: pd.DataFrame, specification: Specification) -> Prepared:
    """Control for the period effects of every group, so that only likes are compared."""
    periods = _later_periods(panel, specification)
    regions = pd.get_dummies(panel["region"], dtype=float).iloc[:, 1:]
    added = [periods.mul(regions[name], axis=0).add_prefix(f"{name}_") for name in regions]
    return _with_controls(panel, specification, pd.concat([panel[[]], *added], axis=1))


def reweigh(panel: pd.DataFrame, specification: Specification, *, weighting: str) -> Prepared:
    """Build the public trade-quality outcome with other weights."""
    quality = composite_index(panel, positive=QUALITY_INGREDIENTS, weighting=weighting)
    return panel.assign(**{specification.outcome: quality}), specification


def log_outcome(panel: pd.DataFrame, specification: Specification) -> Prepared:
    """Take the natural log of an outcome that is positive everywhere."""
    name, logs = f"ln_{specification.outcome}", panel[specification.outcome].apply(np.log)
    return panel.assign(**{name: logs}), specification.replace(outcome=name)


@dataclass(frozen=True, slots=True)
class Variation:
    """One change of the baseline: what a row is called, its heading, and what it changes."""

    label: str
    group: str
    change: Mapping[str, Any] = field(default_factory=dict)  # attributes of the specification
    rows: str = ""  # that are kept: a query of the frame
    transform: Callable[..., Prepared] | None = None  # of panel and specification
    arguments: Mapping[str, Any] = field(default_factory=dict)  # of the transform
    instrument: str = ""  # kind of distance (distance.KINDS); least squares if empty
    told: str = ""  # what is changed, where these fields do not read well

    @property
    def words(self) -> str:
        """What is changed, a transform by the first line of its documentation."""
        if self.told:
            return self.told
        told = inspect.getdoc(self.transform) if self.transform else ""
        parts = [
            f"Keep the rows where {self.rows}" if self.rows else "",
            (told or "").split("\n")[0].rstrip("."),
            ", ".join(f"{name} {value}" for name, value in self.arguments.items()),
            *(f"{name.capitalize()}: {value or 'none'}" for name, value in self.change.items()),
            f"Instrument the regressor by distance, {self.instrument}" if self.instrument else "",
        ]
        return "; ".join(part for part in parts if part)

    def prepare(self, panel: pd.DataFrame, baseline: Specification) -> Prepared:
        """Return the complete rows and the specification of a variation; raise if none is left."""
        changed = baseline.replace(**self.change, label=self.label)
        if self.transform:
            panel, changed = self.transform(panel, changed, **self.arguments)
        rows = _complete(panel.query(self.rows) if self.rows else panel, changed)
        if rows.empty:
            raise ValueError("no complete row is left")
        return rows, changed

    def estimate(self, panel: pd.DataFrame, baseline: Specification) -> pd.DataFrame:
        """Return the one tidy row of a variation, and a remark; raise if there is none."""
        rows, changed = self.prepare(panel, baseline)
        if not self.instrument:
            return combine([fixed_effects(rows, changed)]).head(1).assign(remark="")
        built = distance_instruments(rows, changed, kind=self.instrument)
        fit = instrumental_variables(rows.join(built), changed, list(built))
        remark = f"effective F {fit.effective_f:.1f}; interval {fit.anderson_rubin.words()}"
        return fit.tidy().assign(remark=remark)


def robustness(
    panel: pd.DataFrame, baseline: Specification, variations: Sequence[Variation]
) -> pd.DataFrame:
    """Estimate the baseline and its variations; what cannot be estimated has a remark instead."""
    rows = [Variation(BASELINE_LABEL, BASELINE_LABEL), *variations]
    labels = [row.label for row in rows]
    if repeated := sorted({name for name in labels if labels.count(name) > 1}):
        raise ValueError(f"Two rows are called {', '.join(repeated)}: give each its own label")
    return pd.concat([_row(panel, baseline, row) for row in rows], ignore_index=True)


def control_sets(
    panel: pd.DataFrame, baseline: Specification, *, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the baseline with each set of controls, the wild bootstrap's ``wild_`` beside it."""
    none, start = {"controls": ()}, {"columns": baseline.controls}
    line = start | {"linear": True}
    sets = [
        Variation("This year's values", "Controls"),
        Variation("None", "Controls", none),
        Variation("First-year values × trend", "Controls", none, "", initial_by_period, line),
        Variation("First-year values × each year", "Controls", none, "", initial_by_period, start),
    ]
    found = pd.concat([_row(panel, baseline, one) for one in sets], ignore_index=True)
    prepared = [one.prepare(panel, baseline) for one in sets]
    tests = [wild_cluster_bootstrap(*one, draws=draws, rng=rng).tidy() for one in prepared]
    found[[*WILD.values()]] = pd.concat(tests, ignore_index=True)[[*WILD]]
    return found.iloc[[1, 2, 3, 0]].reset_index(drop=True)


def amplifier(
    panel: pd.DataFrame,
    specification: Specification,
    starts: Sequence[str],
    *,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return what the slope gains a SD of each start: ``years`` common or by start, ``wild_p``."""
    rows = []
    for start in starts:
        for years, model in _models(panel, specification, start).items():
            fit = fixed_effects(*model)
            wild = wild_cluster_bootstrap(*model, draws=draws, rng=rng).tidy()[[*WILD]]
            told = {"outcome": specification.outcome, "start": start, "years": years}
            row = fit.tidy().head(1).assign(**told, covariance=fit.words)
            rows.append(row.join(wild.rename(columns=WILD)))
    found = pd.concat(rows, ignore_index=True)
    return found[["outcome", "start", "years", *TIDY, "covariance", *WILD.values()]]


def leave_one_out(panel: pd.DataFrame, baseline: Specification) -> pd.DataFrame:
    """Return :func:`robustness` without each province in turn, which is in ``left_out``."""
    names = sorted(panel["province"].unique())
    group = "Leave one out"
    variations = [Variation(f"Without {one}", group, rows=f"province != {one!r}") for one in names]
    return robustness(panel, baseline, variations).assign(left_out=["", *names])


def extremes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest and the largest estimate of :func:`leave_one_out`, as two rows."""
    others = rows[rows["label"] != BASELINE_LABEL].dropna(subset=["estimate"])
    ends = others.loc[[others["estimate"].idxmin(), others["estimate"].idxmax()]]
    names = ["Leave one out, lowest", "Leave one out, highest"]
    return ends.assign(label=names, remark="without " + ends["left_out"])


def stack(sources: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack the rows of several sources under ``source``, in the order of the longest list."""
    labels = sorted((list(rows["label"]) for rows in sources.values()), key=len, reverse=True)
    order = list(dict.fromkeys(label for own in labels for label in own))
    stacked = pd.concat([rows.assign(source=name) for name, rows in sources.items()])
    return stacked.sort_values(
        "label", key=lambda column: column.map(order.index), kind="stable", ignore_index=True
    )


def summary_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how each source's rows turn out beside its first: ends, signs, sides of zero."""
    own = rows.dropna(subset=["estimate"]).reset_index(drop=True)
    by_source = own.groupby("source", sort=False)["estimate"]
    sides = {
        "same_sign": own["estimate"] * by_source.transform("first") > 0,
        "above": own["conf_low"] > 0,
        "below": own["conf_high"] < 0,
    }
    found = by_source.agg(baseline="first", lowest="min", highest="max", rows="size")
    for column, places in (("lowest", by_source.idxmin()), ("highest", by_source.idxmax())):
        found.insert(found.columns.get_loc(column) + 1, f"{column}_row", places.map(own["label"]))
    counted = own[["source"]].assign(**sides).groupby("source", sort=False).sum()
    return found.join(counted).reset_index()


def variation_words(variations: Sequence[Variation]) -> pd.DataFrame:
    """Return ``group, label, change``: what each variation changes, in words."""
    rows = [(row.group, row.label, row.words) for row in variations]
    return pd.DataFrame(rows, columns=["group", "label", "change"])


def standard_variations(
    *, winsorise_share: float = 0.01, instrument: str = "trend", weightings: Sequence[str] = ()
) -> tuple[Variation, ...]:
    """Return the rows of the robustness chapter; other weights are of the public trade quality."""
    sample, timing, comparison = "Which rows", "Which years", "Comparison"
    pulled, share = f"Winsorised at {100 * winsorise_share:g} per cent", {"share": winsorise_share}
    cities = f"Leave out {', '.join(MUNICIPALITIES)}"
    reweighed = [
        Variation(f"{name.capitalize()} weights", "Outcome", {}, "", reweigh, {"weighting": name})
        for name in weightings
    ]
    return (
        Variation("Without the municipalities", sample, rows="not municipality", told=cities),
        Variation(pulled, sample, transform=winsorise, arguments=share),
        Variation("Without 2020 and 2021", timing, rows="year < 2020"),
        Variation("Without 2011", timing, rows="year > 2011"),
        Variation("Without 2011 and 2012", timing, rows="year > 2012"),
        Variation("Index in points, over its mean", "Index", transform=levels),
        Variation("Last year's index", "Index", transform=lag),
        *reweighed,
        Variation("No controls", comparison, {"controls": ()}),
        Variation("Region-by-year effects", comparison, transform=group_by_period),
        Variation("Province trends", comparison, transform=entity_trends),
        Variation("First-year index × year", comparison, transform=initial_by_period),
        Variation("Distance × time as instrument", "Instrument", instrument=instrument),
        Variation("Robust errors", "Errors", {"covariance": "robust"}),
        Variation("Driscoll–Kraay errors", "Errors", {"covariance": "driscoll-kraay"}),
    )


def _row(panel: pd.DataFrame, baseline: Specification, variation: Variation) -> pd.DataFrame:
    """Return the one tidy row of a variation, or why there is none."""
    try:
        row = variation.estimate(panel, baseline)
    except ValueError as error:
        nothing = {"outcome": baseline.outcome, "term": baseline.regressor, "n_obs": 0}
        row = pd.DataFrame(
            [{**nothing, "remark": f"not estimable: {' '.join(str(error).split())}"}]
        )
    return row.assign(group=variation.group, label=variation.label).reindex(columns=COLUMNS)


def _complete(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    return panel.dropna(subset=list(specification.columns)).reset_index(drop=True)


def _since(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the periods gone by since the first."""
    return (panel[specification.time] - panel[specification.time].min()).to_frame("since")


def _later_periods(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return dummies of the complete rows' periods but the first."""
    periods = sorted(_complete(panel, specification)[specification.time].unique())
    return pd.get_dummies(panel[specification.time], dtype=float)[periods[1:]]


def _with_controls(
    panel: pd.DataFrame, specification: Specification, added: pd.DataFrame
) -> Prepared:
    """Add columns and put them among the controls."""
    return panel.join(added), specification.replace(controls=(*specification.controls, *added))


def _models(panel: pd.DataFrame, specification: Specification, start: str) -> dict[str, Prepared]:
    """Return rows and regression of both comparisons, the product as the regressor."""
    s = specification
    first = panel.sort_values(s.time).groupby(s.entity)[start].first()
    level = panel[s.entity].map((first - first.mean()) / first.std())
    name = f"{s.regressor}:{start}"
    product = s.replace(regressor=name, controls=s.regressors)
    rows = panel.assign(**{name: panel[s.regressor] * level})
    dummies = pd.get_dummies(panel[s.time], prefix="start", dtype=float).iloc[:, 1:]
    held = product.replace(controls=(*s.regressors, *dummies))
    return {"common": (rows, product), "by start": (rows.join(dummies.mul(level, axis=0)), held)}
