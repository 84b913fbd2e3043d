"""Descriptions of the firm panel that come before any estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from digitrade.data import load_city_shares, load_published
from digitrade.data.labels import label
from digitrade.methods.absorb import Absorber
from digitrade.studies.pilot_zones.specifications import STUDY
from digitrade.studies.pilot_zones.variables import (
    MILLION_YUAN,
    TEN_THOUSAND_YUAN,
    city_counts,
    location_quotient,
    on_rows,
    sa_index,
)
from digitrade.studies.pilot_zones.zones import CUT_OFFS, MAPPINGS, RULES, assign_treatment

STATISTICS = {"n": "N", "mean": "Mean", "sd": "SD", "min": "Min", "max": "Max"}
SA_TURN = 0.737 / (2 * 0.043)  # log of assets beyond which the size-age index rises with them


def rule_means(
    panels: Mapping[str, pd.DataFrame],
    *,
    cut_offs: Sequence[str] = CUT_OFFS,
    mappings: Sequence[str] = MAPPINGS,
) -> pd.DataFrame:
    """Return which share of rows each way to date and place the zones treats, by source."""
    rows = []
    for way in product(RULES, cut_offs, mappings):
        row = dict(zip(("rule", "approved_by", "mapping"), way, strict=True))
        treated = {source: assign_treatment(panel, **row) for source, panel in panels.items()}
        for source, frame in treated.items():
            row |= {f"{name}, {source}": frame[name.lower()].mean() for name in ("Zone", "Post")}
        rows.append(row)
    return pd.DataFrame(rows)


def treated_by_year(keys: pd.DataFrame, *, approved_by: str, rules: Sequence[str]) -> pd.DataFrame:
    """Return the share of each year's rows treated by each rule: ``line, year, value``."""
    ways = {rule: assign_treatment(keys, approved_by=approved_by, rule=rule) for rule in rules}
    treated = pd.DataFrame({rule: frame["zone_post"] for rule, frame in ways.items()})
    shares = treated.groupby(keys["year"]).mean().reset_index()
    return shares.melt("year", var_name="line")[["line", "year", "value"]]


def largest_rows(panel: pd.DataFrame, column: str, count: int) -> pd.DataFrame:
    """Return the rows with the largest values, and their share of the sum of squares."""
    values = panel[column]
    squares = (values - values.mean()) ** 2
    rows = panel.assign(share=squares / squares.sum()).nlargest(count, column)
    rows = rows.assign(rank=np.arange(1, len(rows) + 1)).reset_index(drop=True)
    return rows[["rank", "firm", "year", "city", column, "share"]]


def share_of_largest(moments: pd.DataFrame) -> pd.Series:
    """Return the share :math:`(M - m)^2 / ((N - 1) s^2)` of the largest value, from moments."""
    return (moments["max"] - moments["mean"]) ** 2 / ((moments["n"] - 1) * moments["sd"] ** 2)


def cohort_paths(panel: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a column's mean by cohort of the city and year: ``line, year, value, rows``."""
    cohorts = panel["cohort"].map("{:.0f}".format, na_action="ignore").fillna("never")
    grouped = panel.groupby([cohorts.rename("line"), "year"])[column]
    return grouped.agg(value="mean", rows="size").reset_index()


def mover_counts(panel: pd.DataFrame) -> pd.Series:
    """Count the firms in more than one city, their rows, and those in and out of zones."""
    seen = panel.groupby("firm")[["city", "zone"]].nunique()
    several = seen > 1
    movers, changers = several.sum()
    rows = {"rows": len(panel), "mover_rows": panel["firm"].map(several["city"]).sum()}
    return pd.Series({"firms": len(several), "movers": movers, **rows, "changers": changers})


def sa_readings(panel: pd.DataFrame) -> pd.DataFrame:
    """Return moments of the size-age index by unit and sign, and where assets raise it."""
    assets = np.exp(panel["size"]) * MILLION_YUAN
    age = np.expm1(panel["ln_age"]).clip(lower=0)
    units = {"million yuan": MILLION_YUAN, "ten thousand yuan": TEN_THOUSAND_YUAN}
    rows = []
    for unit, yuan in units.items():
        signed = sa_index(assets, age, unit=yuan)
        up = np.log(assets / yuan) > SA_TURN
        readings = {"as it is": (signed, up), "absolute": (signed.abs(), up != (signed < 0))}
        rows += [(unit, n, i.mean(), i.std(), rising.mean()) for n, (i, rising) in readings.items()]
    return pd.DataFrame(rows, columns=["unit", "value", "mean", "sd", "rising"])


def agglomeration_readings(panel: pd.DataFrame) -> pd.DataFrame:
    """Return moments of agglomeration by definition, and how each goes with the panel's ``agg``."""
    counts = city_counts(panel)
    share = location_quotient(counts, measure="share")
    readings = {
        "Equation: share": share,
        "Equation, in per cent": 100 * share,
        "Definition table: ratio of densities": location_quotient(counts),
    }
    wide = on_rows(panel, counts.assign(**readings))
    top = wide.loc[wide[list(readings)].idxmax()]
    summary = _moments(wide, list(readings)).rename_axis("reading").reset_index()
    summary["where"] = (top["city"] + " " + top["year"].astype(str)).to_list()
    both = wide[list(readings)].assign(own=panel["agg"])
    inside = Absorber.of(panel, ("city", "year")).residualise(both.to_numpy(dtype=float))
    alike = {"levels": both, "changes": pd.DataFrame(inside, columns=both.columns)}
    return summary.assign(**{n: rows.corr()["own"].to_list()[:-1] for n, rows in alike.items()})


def descriptives(printed: pd.DataFrame, panels: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Set printed moments beside those of panels, a row a variable under its label."""
    named = printed.set_index("variable")
    moments = {"printed": named, **{s: _moments(panel, named.index) for s, panel in panels.items()}}
    heads = [(name, head, source) for name, head in STATISTICS.items() for source in moments]
    columns = {f"{head}, {source}": moments[source][name] for name, head, source in heads}
    frame = pd.DataFrame(columns).reindex(named.index).reset_index()
    return frame.assign(variable=frame["variable"].map(label))


def true_path(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the mean true effect by years since treatment; nothing if it is not known."""
    known = panel.reindex(columns=["event_time", "true_effect_fc"]).dropna()
    means = known.groupby("event_time")["true_effect_fc"].mean().rename("estimate").reset_index()
    return means.assign(source="truth", conf_low=np.nan, conf_high=np.nan)


def _moments(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    moments = rows[list(columns)].agg(["count", "mean", "std", "min", "max"])
    return moments.T.set_axis([*STATISTICS], axis=1)


def tail_numbers(values: pd.Series) -> dict[str, float]:
    """Return the largest rows' shares in the sum of squares, in per cent; ``rows``; ``median``."""
    squares = (values**2).sort_values(ascending=False)
    held = 100 * squares.cumsum() / squares.sum()
    shares = {"first": held.iloc[0], "ten": held.iloc[9], "fifty": held.iloc[49]}
    return {"rows": len(values), **shares, "median": values.median()}


def printed_moments() -> pd.DataFrame:
    """Return the printed moments as numbers, a row a variable."""
    moments = load_published("descriptives", study=STUDY).set_index("variable")
    return moments.drop(columns="study").apply(pd.to_numeric)


def t_from_print(table: str, column: str, term: str = "zone_post") -> dict[str, float]:
    """Return the size of a printed coefficient's t, and from where to where rounding allows it."""
    rows = load_published("estimates", study=STUDY).set_index(["table", "column", "term"])
    texts = rows.loc[(table, column, term), ["estimate", "se"]]
    size, error = texts.astype(float).abs()
    half, half_error = (0.5 * 10.0 ** -len(text.partition(".")[2]) for text in texts)
    return {
        "t": size / error,
        "t_least": (size - half) / (error + half_error),
        "t_most": (size + half) / (error - half_error),
    }


def paths_with_and_without(panels: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Return the paths of cohorts with all rows and without the largest value, by ``panel``."""
    rows: dict[str, pd.DataFrame] = {}
    for source, panel in panels.items():
        less = panel.drop(index=panel[column].idxmax())
        rows |= {source.capitalize(): panel, f"{source.capitalize()}, largest value out": less}
    return pd.concat(cohort_paths(some, column).assign(panel=head) for head, some in rows.items())


def post_means(rows: pd.DataFrame) -> pd.Series:
    """Return the mean of Post by rule, of the zones of the sample's years, whole prefectures."""
    means = rule_means({"these": rows}, cut_offs=CUT_OFFS[:1], mappings=MAPPINGS[:1])
    return means.set_index("rule")["Post, these"]


def rough_firms(years: Iterable[int]) -> pd.DataFrame:
    """Return ``city, year`` of as many firms a city as roughly counted, in each of the years."""
    counts = load_city_shares()
    firms = counts.loc[counts.index.repeat(counts["listed_firms"]), ["city"]]
    return firms.merge(pd.DataFrame({"year": years}), how="cross")


def sa_example(assets: float = 4e9, age: float = 15) -> dict[str, float]:
    """Return a firm's size-age index in two units, and its ``turn`` in million yuan."""
    size, years = pd.Series([assets]), pd.Series([age])
    return {
        "example_million": sa_index(size, years).item(),
        "example_ten": sa_index(size, years, unit=TEN_THOUSAND_YUAN).item(),
        "turn": round(np.exp(SA_TURN) * TEN_THOUSAND_YUAN / MILLION_YUAN),
    }
