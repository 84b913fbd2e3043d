"""The firm twin's contract: what it is held to, what it gives, and honest draws beside print."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pandas as pd

from digitrade.data import load_firm_targets
from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import evaluate
from digitrade.methods.estimate import TIDY
from digitrade.methods.event_study import event_study
from digitrade.methods.matching import MatchingRule
from digitrade.methods.matching_did import psm_did
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    PRINTED,
    TABLES,
    PrintedColumn,
    can_be_estimated,
    printed_rows,
    with_labels,
)

STATISTICS = {"mean": "mean", "sd": "std", "min": "min", "max": "max"}
DESCRIBED = [*CONTROLS, "fc", "export", "digitalisation", "agg", "zone", "post"]
LEVEL = 1.645  # of a t that is significant at 10 per cent
OTHER_PROGRAMMES = ("smart", "innova")


def evaluate_firm_targets(panel: pd.DataFrame) -> pd.DataFrame:
    """Hold a firm panel to ``data/twin/firm_targets.csv``, a row a target, met or not."""
    targets = load_firm_targets()
    values = _estimates(panel) | _descriptives(panel) | _path(panel)
    return (
        targets[["target", "description", "kind", "table", "printed"]]
        .assign(std_error=pd.to_numeric(targets["std_error"], errors="coerce"))
        .join(evaluate(targets, values).rename(columns={"found": "twin"}))
        .assign(binding=targets["binding"] == "yes")
    )


def count_met(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Return ``kind, targets, met``, a row a kind of target."""
    met = evaluated.groupby("kind", sort=False)["met"]
    return met.agg(targets="size", met="sum").reset_index()


def tidy_firm_targets(evaluated: pd.DataFrame, n_obs: int) -> pd.DataFrame:
    """Return evaluated targets in the tidy vocabulary, a target a term; errors as printed."""
    rows = evaluated.rename(columns={"target": "term", "twin": "estimate"})
    rows = rows.assign(label="twin", outcome="fc", n_obs=n_obs)
    return rows.reindex(columns=["label", "outcome", *TIDY])


def cell_sizes(panel: pd.DataFrame) -> pd.DataFrame:
    """Return firm-years, firms and cities by ``tier, region``, with the means of zone and post."""
    cells = panel.assign(
        tier=panel["tier"].fillna("county-level"), region=panel["region"].fillna("not reported")
    )
    counts = {"rows": ("fc", "size"), "firms": ("firm", "nunique"), "cities": ("city", "nunique")}
    shares = {name: (name, "mean") for name in ("zone", "post")}
    return cells.groupby(["tier", "region"]).agg(**counts, **shares).reset_index()


def printed_in_draws(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the printed coefficients in honest draws; a ``hit`` is within a printed error."""
    targets = load_firm_targets().query("kind == 'coefficient'").set_index("target")
    names = draws["target"].replace("innova", "t64_innova").str.replace("t", "coefficient_", n=1)
    rows = draws.assign(target=names).rename(columns={"estimate": "value"})
    rows = rows[names.isin(targets.index)]
    printed, error = (
        rows["target"].map(targets[n].astype(float)) for n in ("printed", "std_error")
    )
    return rows.assign(hit=(rows["value"] - printed).abs() <= error)


def implied_sums(panel: pd.DataFrame, columns: Iterable[PrintedColumn]) -> pd.DataFrame:
    r"""Return what errors imply: :math:`se^2 (\sum \tilde D^2)^2 = \sum \tilde D^2 e^2`."""
    found = []
    for column in columns:
        printed = with_labels(printed_rows(column.key[0]), column.key[0]).set_index("row")
        error = float(printed.loc[column.label, "std_error"])
        rows, chosen = column.sample(panel), column.specification
        regressor = rows[chosen.regressor].to_numpy(dtype=float)
        residualised = Projection.of(rows, chosen).residualise(regressor)
        squares = float(residualised @ residualised)
        found.append((column.label, error, squares, (error * squares) ** 2, error * squares**0.5))
    names = ["label", "printed_error", "squares", "implied", "deviation"]
    return pd.DataFrame(found, columns=names)


def _estimates(panel: pd.DataFrame) -> dict[str, float]:
    """Return coefficients, standard errors and rows of the printed columns, by target."""
    found = {c.key: c.estimate(panel) for c in PRINTED if can_be_estimated(c, panel)}
    kernel = MatchingRule("kernel")  # keeps all rows, as the study's
    match = partial(psm_did, covariates=CONTROLS, treatment="zone", weighting="matched")
    found["63"] = match(panel, BASELINE, rule=kernel).estimate
    values: dict[str, float] = {}
    for key, fit in found.items():
        main = fit.main
        values |= {f"coefficient_{key}": main.estimate, f"error_{key}": main.std_error}
        values |= {f"rows_{key}": fit.n_obs}
    others = {f"coefficient_64_{name}": f"{name}_post" for name in OTHER_PROGRAMMES}
    return values | {key: found["64"][term].estimate for key, term in others.items()}


def _descriptives(panel: pd.DataFrame) -> dict[str, float]:
    """Return the moments and ends of the variables of Table 2."""
    return {
        f"{short}_{name}": float(panel[name].agg(how))
        for name in DESCRIBED
        for short, how in STATISTICS.items()
    }


def _path(panel: pd.DataFrame) -> dict[str, float]:
    """Return what the figure of the event study shows, in numbers."""
    column = TABLES["3"][2]
    study = event_study(column.sample(panel), column.specification, event_time="event_time")
    effects = study.effects.set_index("event_time")
    t_ratio, after = effects["statistic"], effects.loc[1:, "estimate"]
    return {
        "event_leads": float((t_ratio.loc[:-1].abs() > LEVEL).sum()),
        "event_first": float(t_ratio.loc[1]),
        "event_peak": float(after.idxmax()),
        "event_decline": float(after.loc[4] - after.loc[3]),
        "event_last": float(t_ratio.loc[5]),
    }
