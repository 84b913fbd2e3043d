"""Tables of what was printed, the twin, the public figures and a reader's own side by side."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
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


@table
def comparison_table(rows: pd.DataFrame, *, covariance: str = "", digits: int = 3) -> Cells:
    """Set one row an estimate, one column a source, and the twin's distance to print.

    ``rows`` have ``row, source`` (one of :data:`SOURCES`), ``estimate, std_error, n_obs`` and,
    where known, ``p_value`` or ``stars``; ``covariance`` describes errors that are not printed.
    Sources without a row get no column. Raises ``ValueError`` for an unknown source or a cell
    that is filled twice.
    """
    if unknown := sorted(set(rows["source"]) - set(SOURCES)):
        raise ValueError(f"Sources {unknown}: choose among {', '.join(SOURCES)}")
    keys = ["row", "source"]
    if rows.duplicated(keys).any():
        twice = rows.loc[rows.duplicated(keys), keys].to_numpy().tolist()
        raise ValueError(f"More than one estimate for {twice}: give each row its own name")
    shown = [source for source in SOURCES if (rows["source"] == source).any()]
    counted = [source for source in shown if source != "truth"]
    body: list[tuple[str, ...]] = []
    for row, own in rows.groupby("row", sort=False):
        found = own.set_index("source").to_dict("index")
        cells = [estimate(found.get(source, {}), digits) for source in shown]
        sizes = [number(found.get(source, {}).get("n_obs"), 0) for source in counted]
        body.append((str(row), *cells, *sizes, *([_distance(found)] if "printed" in shown else [])))
    header = ("", *map(str.capitalize, shown), *(f"N, {source}" for source in counted))
    printed = ""
    if "printed" in shown:
        header, printed = (*header, "Twin less printed, in printed SE"), "as printed; otherwise "
    errors = f"Standard errors in parentheses: {printed}{covariance}. " if covariance else ""
    return header, body, f"{errors}{STARS_NOTE}"


@table
def robustness_table(
    rows: pd.DataFrame, *, printed: float, not_shipped: Collection[str] = ()
) -> Cells:
    """Set every row of every source beside the printed coefficient of the first, the baseline.

    ``rows`` have ``label, source`` and the tidy columns; rows that no source can fill come last.
    """
    sources = list(dict.fromkeys(rows["source"]))
    body: list[tuple[str, ...]] = []
    for title, own in rows.groupby("label", sort=False):
        found = own.set_index("source").to_dict("index")
        cells = [
            (estimate(found[source]) or NOT_ESTIMABLE) if source in found else ""
            for source in sources
        ]
        body.append((str(title), NOT_REPORTED if body else number(printed, 4), *cells))
    body += [(title, NOT_REPORTED, *[NOT_SHIPPED] * len(sources)) for title in not_shipped]
    usual = rows[rows["label"] == rows["label"].iloc[0]]
    counts = ", ".join(
        f"{source} {number(int(size), 0)}"
        for source, size in zip(usual["source"], usual["n_obs"], strict=True)
    )
    told = (
        f"Standard errors in parentheses: {once(usual['covariance'])}, unless the row says "
        "otherwise. The stars of the instrumented row are those of the Anderson–Rubin test. "
        f"Rows of the baseline: {counts}. {STARS_NOTE}"
    ).replace("|", r"\|")
    return ("Row", "Printed", *sources), body, told


def summary_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how each source's rows turn out beside its first, the baseline.

    A row a source: the ``baseline``, the ``lowest`` and ``highest`` estimate with its row, how
    many ``rows`` there are, have the baseline's sign (``same_sign``), and leave out zero.
    """
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


def variation_words(variations: Sequence[Any]) -> pd.DataFrame:
    """Return what each variation changes, a transform by the first line of its documentation."""
    rows = [(one.group, one.label, _change_words(one)) for one in variations]
    return pd.DataFrame(rows, columns=["group", "label", "change"])


@table
def mediation_table(
    columns: Mapping[str, Mediation | None], *, printed_indirect: float, printed_total: float
) -> Cells:
    """Set a printed indirect effect beside mediations; ``None`` where a mediator is not shipped."""
    printed = {
        "Indirect effect a × b": number(printed_indirect, 4),
        "Total effect": number(printed_total, 4),
        "Share mediated, per cent": number(100 * printed_indirect / printed_total, 1),
    }
    estimated = {title: one for title, one in columns.items() if one}
    if not estimated:
        raise ValueError("No column holds a mediation: pass at least one")
    cells = {title: _mediation_cells(one) for title, one in estimated.items()}
    titles = [title for title, _ in next(iter(cells.values()))]
    rows = [
        (
            title,
            printed.get(title, NOT_REPORTED) if title else "",
            *(
                cells[head][place][1] if head in cells else NOT_SHIPPED if title else ""
                for head in columns
            ),
        )
        for place, title in enumerate(titles)
    ]
    drawn = once(one.tidy()["covariance"].iloc[-1] for one in estimated.values())
    level = once(f"{one.specification.confidence:.0%}" for one in estimated.values())
    told = (
        f"Standard errors in parentheses: {once(one.total_fit.words for one in estimated.values())}"
        f". Intervals at {level}: {drawn}. Joint significance: the larger p of paths a and b. "
        f"{STARS_NOTE}"
    )
    return ("", "Printed", *columns), rows, told


@table
def chain_table(
    chains: Mapping[str, Mapping[str, Any]], printed: Mapping[str, Mapping[str, Any]]
) -> Cells:
    """Set both links of each channel, in print, by source and in truth.

    ``chains`` are :class:`Mediation` values by source and channel, ``printed`` the rows of the
    printed first links by channel, in the order of the page.
    """
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
    words = once(rows.loc[0, "covariance"] for rows in every)
    header = ("Channel", "Source", "Path a", "Path b", "a × b", "Share, per cent", "N")
    note = (
        f"Standard errors in parentheses: as printed; otherwise {words}. {STARS_NOTE} "
        "Brackets: 95 per cent of the distribution of the product. Truth: of the twin."
    )
    return header, without_repeats(rows), note


@table
def contract_table(evaluated: pd.DataFrame) -> Cells:
    """Set evaluated targets as printed beside the twin's values, with difference and tolerance."""
    rows = pd.DataFrame(
        {
            "Target": evaluated["description"],
            "Printed": evaluated["printed"].replace("", "in words"),
            "Twin": [number(value, 4) or "no ratio" for value in evaluated["twin"]],
            "Difference": [number(value, 4) for value in evaluated["difference"]],
            "Allowed": [_allowed(row) for row in evaluated.to_dict("records")],
            "Met": evaluated["met"].map({True: "yes", False: "no"}),
        }
    )
    return (*frame_cells(rows), "")


@table
def coefficient_table(evaluated: pd.DataFrame, *, yours: pd.DataFrame | None = None) -> Cells:
    """Set every printed coefficient of evaluated targets with its error beside the twin's.

    ``yours`` are the targets evaluated on a reader's own panel, if there is one.
    """
    found = evaluated[evaluated["kind"] == "coefficient"]
    target = found["target"]
    errors = "error_" + target.str.removeprefix("coefficient_")
    twin = evaluated.set_index("target")["twin"]
    rows = pd.DataFrame(
        {
            "Coefficient": found["description"],
            "Printed": found["printed"].str.replace("-", MINUS),
            "Printed SE": found["std_error"],
            "Twin": found["twin"],
            "Twin SE": errors.map(twin),
            "Distance in printed SE": [
                number(value, 2) for value in found["difference"] / found["std_error"]
            ],
            "Met": found["met"].map({True: "yes", False: "no"}),
        }
    )
    if yours is not None:
        own = yours.set_index("target")["twin"]
        rows["Yours"], rows["Yours SE"] = target.map(own), errors.map(own)
    return (*frame_cells(rows, digits=4), "")


def _distance(found: Mapping[str, Any]) -> str:
    """Return the twin less the printed estimate, in printed standard errors."""
    if not {"printed", "twin"} <= set(found):
        return ""
    gap = found["twin"]["estimate"] - found["printed"]["estimate"]
    return number(gap / found["printed"]["std_error"], 1)


def _change_words(one: Any) -> str:
    told = inspect.getdoc(one.transform) if one.transform else ""
    parts = [
        f"Keep the rows where {one.rows}" if one.rows else "",
        (told or "").split("\n")[0].rstrip("."),
        ", ".join(f"{name} {value}" for name, value in one.arguments.items()),
        *(f"{name.capitalize()}: {value or 'none'}" for name, value in one.change.items()),
        f"Instrument the regressor by distance, {one.instrument}" if one.instrument else "",
    ]
    return "; ".join(part for part in parts if part)


def _mediation_cells(one: Mediation) -> list[tuple[str, str]]:
    """Return titles and cells of a column, from path a down; an error's title is empty."""
    rows = one.tidy().set_index("label").to_dict("index")

    def pair(title: str, row: str) -> list[tuple[str, str]]:
        return [(title, starred(rows[row], 4)), ("", bracketed(rows[row], 4))]

    sobel, share = rows["Indirect effect, Sobel"], rows["Share mediated"]
    ends = interval(100 * share["conf_low"], 100 * share["conf_high"], 1)
    return [
        *pair("Path a: index to mediator", "Path a: regressor to mediator"),
        *pair("Path b: mediator to outcome", "Path b: mediator to outcome"),
        ("Indirect effect a × b", number(one.indirect, 4)),
        ("Sobel's standard error", number(sobel["std_error"], 4)),
        ("Sobel's p", small_p(sobel["p_value"], "below ")),
        ("Bootstrap interval", interval_of(rows["Indirect effect, bootstrap"], 4)),
        ("Joint significance, p", small_p(one.joint_p_value, "below ")),
        *pair("Direct effect", "Direct effect"),
        *pair("Total effect", "Total effect"),
        ("Share mediated, per cent", number(100 * one.share, 1)),
        ("Its bootstrap interval", ends),
        ("N", number(one.total_fit.n_obs, 0)),
        ("Clusters", number(one.n_clusters, 0)),
    ]


def _chain_cells(one: Any) -> tuple[str, ...]:
    row = one.summary().iloc[0]
    paths = {"a": one.mediator_fit.main, "b": one.outcome_fit[one.mediator]}
    links = (
        estimate({**paths[path], "estimate": row[path], "p_value": row[f"p_{path}"]}, digits)
        for path, digits in (("a", 3), ("b", 4))
    )
    ends = f"[{number(row['conf_low'], 4)}, {number(row['conf_high'], 4)}]"
    product = f"{number(row['indirect'], 4)} {ends}"
    return (*links, product, number(100 * row["share"], 1), number(one.total_fit.n_obs, 0))


def _allowed(row: Mapping[str, Any]) -> str:
    """Return tolerance or bounds in words."""
    if pd.notna(row["tolerance"]):
        return f"± {row['tolerance']:.5f}".rstrip("0")
    if pd.isna(row["at_least"]):
        return f"at most {row['at_most']:g}"
    if pd.isna(row["at_most"]):
        return f"at least {row['at_least']:g}"
    return f"{row['at_least']:g} to {row['at_most']:g}"
