"""Tables of the robustness chapter; nothing is estimated here."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Sequence

import pandas as pd

from digitrade.exhibits.tables import NOT_REPORTED, NOT_SHIPPED, STARS_NOTE, Table, number, stars
from digitrade.studies.digital_finance.variations import BASELINE, TRANSFORMS, Variation

NOT_ESTIMABLE = "not estimable"


def variation_words(variations: Sequence[Variation]) -> pd.DataFrame:
    """Return what each variation changes, in words: ``group, label, change``."""
    rows = [(one.group, one.label, _change_words(one)) for one in variations]
    return pd.DataFrame(rows, columns=["group", "label", "change"])


def robustness_table(
    rows: pd.DataFrame,
    *,
    printed: float,
    name: str,
    caption: str,
    not_shipped: Collection[str] = (),
    digits: int = 3,
) -> Table:
    """Set every row of every source beside what was printed.

    Parameters
    ----------
    rows
        From :func:`robustness`, with a ``source``, stacked.
    printed
        The printed coefficient of the baseline; no other row was reported.
    name, caption
        As in :class:`digitrade.exhibits.tables.Table`.
    not_shipped
        Rows that no source can fill; they come last.
    digits
        Decimals.
    """
    sources = list(dict.fromkeys(rows["source"]))
    cells = {key: _cell(row, digits) for key, row in rows.set_index(["label", "source"]).iterrows()}
    body = [
        (
            label,
            number(printed, 4) if label == BASELINE else NOT_REPORTED,
            *(cells.get((label, source), "") for source in sources),
        )
        for label in dict.fromkeys(rows["label"])
    ]
    body += [(label, NOT_REPORTED, *[NOT_SHIPPED] * len(sources)) for label in not_shipped]
    header = ("Row", "Printed", *sources)
    return Table(name, caption, header, tuple(body), _note(rows))


def summary_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how the rows of each source turn out.

    Returns
    -------
    pandas.DataFrame
        A row a source: ``source``, the ``baseline``, the ``lowest`` and ``highest`` estimate
        with the label of its row, how many ``rows`` there are, how many have the baseline's
        sign (``same_sign``), and in how many the interval leaves zero out above (``above``)
        and below (``below``).
    """
    return pd.DataFrame(
        [_summary(source, own) for source, own in rows.groupby("source", sort=False)]
    )


def _summary(source: object, rows: pd.DataFrame) -> dict[str, object]:
    own = rows.dropna(subset=["estimate"]).set_index("label")
    estimates, baseline = own["estimate"], own.loc[BASELINE, "estimate"]
    return {
        "source": source,
        "baseline": baseline,
        "lowest": estimates.min(),
        "lowest_row": estimates.idxmin(),
        "highest": estimates.max(),
        "highest_row": estimates.idxmax(),
        "rows": len(own),
        "same_sign": int((estimates * baseline > 0).sum()),
        "above": int((own["conf_low"] > 0).sum()),
        "below": int((own["conf_high"] < 0).sum()),
    }


def _cell(row: pd.Series, digits: int) -> str:
    """Return estimate, stars and standard error of one row, or that there is none."""
    if pd.isna(row["estimate"]):
        return NOT_ESTIMABLE
    marks = stars(row["p_value"])
    return f"{number(row['estimate'], digits)}{marks} ({number(row['std_error'], digits)})"


def _change_words(one: Variation) -> str:
    """Return what a variation does, a transform by the first line of its documentation."""
    told = inspect.getdoc(TRANSFORMS[one.transform]) if one.transform else ""
    options = ", ".join(f"{name} {value}" for name, value in one.arguments.items())
    parts = [
        f"Keep the rows where {one.rows}" if one.rows else "",
        (told or "").split("\n")[0].rstrip("."),
        options,
        *(f"{name.capitalize()}: {value or 'none'}" for name, value in one.change.items()),
        f"Instrument the regressor by distance, {one.instrument}" if one.instrument else "",
    ]
    return "; ".join(part for part in parts if part)


def _note(rows: pd.DataFrame) -> str:
    """Name the covariance of the baseline and what the other rows have instead."""
    usual = rows.loc[rows["label"] == BASELINE, "covariance"]
    sizes = rows.loc[rows["label"] == BASELINE].set_index("source")["n_obs"]
    counts = ", ".join(f"{source} {number(int(size), 0)}" for source, size in sizes.items())
    return (
        f"Standard errors in parentheses: {'; '.join(dict.fromkeys(usual))}, unless the row says "
        "otherwise. The stars of the instrumented row are those of the Anderson–Rubin test. "
        f"Rows of the baseline: {counts}. {STARS_NOTE}"
    ).replace("|", r"\|")
