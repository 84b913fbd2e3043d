"""The firm twin's contract: what it is held to, what it gives, how far honest draws scatter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from digitrade.data import load_firm_targets
from digitrade.methods.estimate import Estimate
from digitrade.methods.event_study import event_study
from digitrade.methods.matching import MatchingRule, psm_did
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    TABLES,
    can_be_estimated,
)
from digitrade.studies.pilot_zones.twin.simulate import simulate_firms
from digitrade.studies.pilot_zones.variables import build_firm_panel

STATISTICS = {"mean": "mean", "sd": "std", "min": "min", "max": "max"}
LEVEL = 1.645  # of a t that is significant at 10 per cent
OTHER_TERMS = {"64": ("smart_post", "innova_post")}
MATCHED = "63"


def evaluate_firm_targets(panel: pd.DataFrame) -> pd.DataFrame:
    """Hold a firm panel to ``data/twin/firm_targets.csv``, with the project's own estimators.

    Parameters
    ----------
    panel
        What :func:`digitrade.studies.pilot_zones.variables.build_firm_panel` returns.

    Returns
    -------
    pandas.DataFrame
        A row a target, in the order of the file: ``target, description, kind, table, printed``
        (text, as printed), ``std_error`` (printed, for coefficients), ``reference`` (what was
        printed, as a number), ``twin, difference`` (twin less printed), ``tolerance, at_least,
        at_most, met, binding``.
    """
    targets = load_firm_targets()
    values = {**_estimates(panel), **_descriptives(panel), **_path(panel)}
    twin = targets["target"].map(values)
    printed = pd.to_numeric(targets["printed"], errors="coerce")
    difference = twin - printed
    bounded = targets["tolerance"].isna()
    inside = twin.ge(targets["at_least"].fillna(-np.inf)) & twin.le(
        targets["at_most"].fillna(np.inf)
    )
    close = difference.abs() <= targets["tolerance"].fillna(0) * (1 + 1e-9)
    return targets[["target", "description", "kind", "table", "printed"]].assign(
        std_error=pd.to_numeric(targets["std_error"], errors="coerce"),
        reference=printed,
        twin=twin,
        difference=difference,
        tolerance=targets["tolerance"],
        at_least=targets["at_least"],
        at_most=targets["at_most"],
        met=inside.where(bounded, close),
        binding=targets["binding"] == "yes",
    )


def count_met(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Return ``kind, targets, met``, a row a kind of target."""
    counted = evaluated.groupby("kind", sort=False)["met"].agg(["size", "sum"]).reset_index()
    return counted.set_axis(["kind", "targets", "met"], axis=1)


def scatter_of_firm_draws(seeds: Iterable[int]) -> pd.DataFrame:
    """Estimate every printed coefficient on honest draws.

    Parameters
    ----------
    seeds
        One draw each; none is re-centred, the default seed neither.

    Returns
    -------
    pandas.DataFrame
        ``seed, target, value, std_error`` and ``hit``: whether the coefficient is within one
        printed standard error of the printed one.
    """
    targets = load_firm_targets().query("kind == 'coefficient'").set_index("target")
    printed, error = targets["printed"].astype(float), targets["std_error"].astype(float)
    frames = []
    for seed in seeds:
        panel = build_firm_panel(simulate_firms(seed, recentre=False).extract)
        values = _estimates(panel)
        frame = pd.DataFrame({"target": targets.index}).assign(seed=seed)
        frame["value"] = frame["target"].map(values)
        frame["std_error"] = frame["target"].str.replace("coefficient", "error").map(values)
        frame["hit"] = (frame["value"] - frame["target"].map(printed)).abs() <= frame["target"].map(
            error
        )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def match_like_the_study(panel: pd.DataFrame) -> Estimate:
    """Return the difference-in-differences after matching that keeps the most rows.

    The study prints 14,745 rows after matching, all that it has; so matching drops
    none here: kernel weights on all controls, across years, every row that gets a weight.
    """
    return psm_did(
        panel,
        BASELINE.replace(label="Matched"),
        covariates=CONTROLS,
        within=None,
        rule=MatchingRule("kernel"),
        weighting="matched",
    ).estimate


def _estimates(panel: pd.DataFrame) -> dict[str, float]:
    """Return coefficients, standard errors and rows of the printed columns, by target."""
    values: dict[str, float] = {}
    for columns in TABLES.values():
        for column in columns:
            if not can_be_estimated(column, panel):
                continue
            found = column.estimate(panel)
            values |= _named(column.key, found)
            for term in OTHER_TERMS.get(column.key, ()):
                name = f"coefficient_{column.key}_{term.split('_')[0]}"
                values[name] = float(found[term].estimate)
    return values | _named(MATCHED, match_like_the_study(panel))


def _named(key: str, found: Estimate) -> dict[str, float]:
    return {
        f"coefficient_{key}": float(found.main.estimate),
        f"error_{key}": float(found.main.std_error),
        f"rows_{key}": float(found.n_obs),
    }


def _descriptives(panel: pd.DataFrame) -> dict[str, float]:
    """Return the moments and ends of the variables of Table 2."""
    names = [*CONTROLS, "fc", "export", "digitalisation", "agg", "zone", "post"]
    return {
        f"{short}_{name}": float(panel[name].agg(how))
        for name in names
        for short, how in STATISTICS.items()
    }


def _path(panel: pd.DataFrame) -> dict[str, float]:
    """Return what the figure of the event study shows, in numbers."""
    column = TABLES["3"][2]
    study = event_study(column.sample(panel), column.specification)
    effects = study.effects.set_index("event_time")
    t_ratio, after = effects["statistic"], effects.loc[1:, "estimate"]
    return {
        "event_leads": float((t_ratio.loc[:-1].abs() > LEVEL).sum()),
        "event_first": float(t_ratio.loc[1]),
        "event_peak": float(after.idxmax()),
        "event_decline": float(after.loc[4] - after.loc[3]),
        "event_last": float(t_ratio.loc[5]),
    }
