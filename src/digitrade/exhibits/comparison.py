"""Tables of what was printed, the twin, the public figures and a reader's own side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from digitrade.data.labels import label
from digitrade.exhibits.cells import (
    MINUS,
    NOT_REPORTED,
    NOT_SHIPPED,
    STARS_NOTE,
    bracketed,
    estimate,
    interval,
    interval_of,
    number,
    small_p,
    starred,
)
from digitrade.exhibits.table import Cells, frame_cells, once, table, without_repeats
from digitrade.methods.mediation import Mediation

SOURCES = ("printed", "twin", "truth", "yours")
NOT_ESTIMABLE = "not estimable"
MET = {True: "yes", False: "no"}


@table
def comparison_table(rows: pd.DataFrame, *, covariance: str = "", digits: int = 3) -> Cells:
    """Set ``row, source, estimate, std_error, n_obs``, a column a source of :data:`SOURCES`."""
    if unknown := sorted(set(rows["source"]) - set(SOURCES)):
        raise ValueError(f"Sources {unknown}: choose among {', '.join(SOURCES)}")
    keys = rows[["row", "source"]]
    if twice := keys[keys.duplicated()].to_numpy().tolist():
        raise ValueError(f"More than one estimate for {twice}: give each row its own name")
    shown = [source for source in SOURCES if (rows["source"] == source).any()]
    rows = rows.assign(
        told=[estimate(row, digits) for row in rows.to_dict("records")],
        size=[number(size, 0) for size in rows["n_obs"]],
    )
    values = ["told", "size", "estimate", "std_error"]
    wide = rows.pivot(index="row", columns="source", values=values).loc[rows["row"].unique()]
    cells = wide["told"][shown].rename(columns=str.capitalize)
    for source in shown:
        if source != "truth":
            cells[f"N, {source}"] = wide["size"][source]
    if "printed" in shown:
        found = wide["estimate"].reindex(columns=["twin", "printed"]).astype(float)
        gap = (found["twin"] - found["printed"]) / wide["std_error"]["printed"]
        cells["Twin less printed, in printed SE"] = [number(value, 1) for value in gap]
    printed = "as printed; otherwise " if "printed" in shown else ""
    errors = f"Standard errors in parentheses: {printed}{covariance}. " if covariance else ""
    return cells.reset_index(names=""), f"{errors}{STARS_NOTE}"


@table
def robustness_table(
    rows: pd.DataFrame, *, printed: float, not_shipped: Collection[str] = ()
) -> Cells:
    """Set ``label, source`` and tidy columns beside the printed coefficient of the first row."""
    told = [estimate(row) or NOT_ESTIMABLE for row in rows.to_dict("records")]
    wide = rows.assign(told=told).pivot(index="label", columns="source", values="told")
    wide = wide.reindex(index=rows["label"].unique(), columns=rows["source"].unique())
    wide = pd.concat([wide, pd.DataFrame(NOT_SHIPPED, list(not_shipped), wide.columns)])
    wide.insert(0, "Printed", NOT_REPORTED)
    wide.iloc[0, 0] = number(printed, 4)
    sizes = rows.assign(size=[number(size, 0) for size in rows["n_obs"]]).groupby("label")["size"]
    wide["N"] = sizes.agg(lambda own: " / ".join(dict.fromkeys(own))).reindex(wide.index)
    usual = rows[rows["label"] == rows["label"].iloc[0]]
    note = (
        f"Standard errors in parentheses: {once(usual['covariance'])}, unless the row says "
        "otherwise. The stars of the instrumented row are those of the Anderson–Rubin test. "
        f"N: where sources differ, in the order of the columns. {STARS_NOTE}"
    ).replace("|", r"\|")
    return wide.reset_index(names="Row"), note


@table
def mediation_table(
    columns: Mapping[str, Mediation | None],
    *,
    printed_indirect: float,
    printed_total: float,
    truth: tuple[float, float, float] | None = None,
) -> Cells:
    """Set a printed indirect effect beside mediations; ``None`` where a mediator is not shipped.

    ``truth`` is what is true of the twin: path a, path b and the total effect.
    """
    printed = {
        "Indirect effect a × b": number(printed_indirect, 4),
        "Total effect": number(printed_total, 4),
        "Share mediated, per cent": number(100 * printed_indirect / printed_total, 1),
    }
    estimated = [one for one in columns.values() if one]
    if not estimated:
        raise ValueError("No column holds a mediation: pass at least one")
    titles = [title for title, _ in _mediation_cells(estimated[0])]
    beside = [printed.get(title, title and NOT_REPORTED) for title in titles]
    cells = {"": titles, "Printed": beside}
    for head, one in columns.items():
        absent = [title and NOT_SHIPPED for title in titles]
        cells[head] = [cell for _, cell in _mediation_cells(one)] if one else absent
    if truth:
        true = _true_cells(*truth)
        cells["Twin: truth"] = [true.get(title, "") for title in titles]
    drawn = once(one.tidy()["covariance"].iloc[-1] for one in estimated)
    level = once(f"{one.specification.confidence:.0%}" for one in estimated)
    return cells, (
        f"Standard errors in parentheses: {once(one.total_fit.words for one in estimated)}"
        f". Intervals at {level}: {drawn}. Joint significance: the larger p of paths a and b. "
        f"{STARS_NOTE}"
    )


@table
def chain_table(
    chains: Mapping[str, Mapping[str, Any]], printed: Mapping[str, Mapping[str, Any]]
) -> Cells:
    """Set both links of printed channels, and mediations by source and channel, and the truth."""
    rows: list[tuple[str, ...]] = []
    for channel, row in printed.items():
        title = label(channel)
        rows.append((title, "printed", estimate(row), *[NOT_REPORTED] * 3, ""))
        rows += [
            (title, source, *_chain_cells(found[channel]))
            for source, found in chains.items()
            if channel in found
        ]
        rows.append((title, "truth", "as in the table above", "0", "0", "0", ""))
    every = [one.tidy() for found in chains.values() for one in found.values()]
    words = once(tidy.loc[0, "covariance"] for tidy in every)
    heads = ["Channel", "Source", "Path a", "Path b", "a × b", "Share, per cent", "N"]
    return without_repeats(pd.DataFrame(rows, columns=heads)), (
        f"Standard errors in parentheses: as printed; otherwise {words}. {STARS_NOTE} "
        "Brackets: 95 per cent of the distribution of the product. Truth: of the twin."
    )


@table
def contract_table(evaluated: pd.DataFrame) -> Cells:
    """Set evaluated targets as printed beside the twin's values, with difference and tolerance."""
    rows = pd.DataFrame(
        {
            "Target": evaluated["description"],
            "Printed": evaluated["printed"].replace("", "in words"),
            "Twin": [number(value, 4) or "no ratio" for value in evaluated["twin"]],
            "Difference": evaluated["difference"],
            "Allowed": [_allowed(row) for row in evaluated.to_dict("records")],
            "Met": evaluated["met"].map(MET),
        }
    )
    return frame_cells(rows, digits=4), ""


@table
def coefficient_table(evaluated: pd.DataFrame, *, yours: pd.DataFrame | None = None) -> Cells:
    """Set every printed coefficient of evaluated targets beside the twin's and a reader's own."""
    found = evaluated[evaluated["kind"] == "coefficient"]
    errors = "error_" + found["target"].str.removeprefix("coefficient_")
    rows = pd.DataFrame(
        {
            "Coefficient": found["description"],
            "Printed": found["printed"].str.replace("-", MINUS),
            "Printed SE": found["std_error"],
            "Twin": found["twin"],
            "Twin SE": errors.map(evaluated.set_index("target")["twin"]),
            "Distance in printed SE": found["difference"] / found["std_error"],
            "Met": found["met"].map(MET),
        }
    )
    if yours is not None:
        own = yours.set_index("target")["twin"]
        rows["Yours"], rows["Yours SE"] = found["target"].map(own), errors.map(own)
    digits = dict.fromkeys(rows, 4) | {"Distance in printed SE": 2}
    return frame_cells(rows, digits=digits), ""


def _mediation_cells(one: Mediation) -> list[tuple[str, str]]:
    """Return titles and cells of a column, from path a down; an error's title is empty."""
    rows = one.tidy().set_index("label").to_dict("index")

    def pair(title: str, row: str = "") -> list[tuple[str, str]]:
        found = rows[row or title]
        return [(title, starred(found, 4)), ("", bracketed(found, 4))]

    sobel, share = rows["Indirect effect, Sobel"], rows["Share mediated"]
    ends = interval(100 * share["conf_low"], 100 * share["conf_high"], 1)
    return [
        *pair("Path a: index to mediator", "Path a: regressor to mediator"),
        *pair("Path b: mediator to outcome"),
        ("Indirect effect a × b", number(one.indirect, 4)),
        ("Sobel's standard error", number(sobel["std_error"], 4)),
        ("Sobel's p", small_p(sobel["p_value"], below="below ")),
        ("Bootstrap interval", interval_of(rows["Indirect effect, bootstrap"], 4)),
        ("Joint significance, p", small_p(one.joint_p_value, below="below ")),
        *pair("Direct effect"),
        *pair("Total effect"),
        ("Share mediated, per cent", number(100 * one.share, 1)),
        ("Its bootstrap interval", ends),
        ("N", number(one.total_fit.n_obs, 0)),
        ("Clusters", number(one.n_clusters, 0)),
    ]


def _true_cells(a: float, b: float, total: float) -> dict[str, str]:
    """Return the cells of a column that are true of a twin, by their titles."""
    return {
        "Path a: index to mediator": number(a, 4),
        "Path b: mediator to outcome": number(b, 4),
        "Indirect effect a × b": number(a * b, 4),
        "Direct effect": number(total - a * b, 4),
        "Total effect": number(total, 4),
        "Share mediated, per cent": number(100 * a * b / total, 1),
    }


def _chain_cells(one: Any) -> tuple[str, ...]:
    row = one.summary().iloc[0]
    links = {"a": (one.mediator_fit.main, 3), "b": (one.outcome_fit[one.mediator], 4)}
    cells = (
        estimate({**path, "estimate": row[name], "p_value": row[f"p_{name}"]}, digits)
        for name, (path, digits) in links.items()
    )
    ends = f"[{number(row['conf_low'], 4)}, {number(row['conf_high'], 4)}]"
    product = f"{number(row['indirect'], 4)} {ends}"
    return (*cells, product, number(100 * row["share"], 1), number(one.total_fit.n_obs, 0))


def _allowed(row: Mapping[str, Any]) -> str:
    if pd.notna(row["tolerance"]):
        return f"± {row['tolerance']:.5f}".rstrip("0")
    low, high = row["at_least"], row["at_most"]
    if pd.isna(low) or pd.isna(high):
        return f"at most {high:g}" if pd.isna(low) else f"at least {low:g}"
    return f"{low:g} to {high:g}"
