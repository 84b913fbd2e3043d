"""What honest draws of a twin say of the estimates on a page."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.exhibits.cells import number
from digitrade.exhibits.figure import GREY, ZERO, Drawing, canvas, figure, write
from digitrade.exhibits.table import Cells, table

NOTE = (
    "An honest draw is the twin with another seed, its noise left as it is drawn: {draws} of them, "
    "with the book's own parameters. "
    "Truth, bias and SE are means over the draws; SD is the scatter of the estimates. Coverage: "
    "per cent of the 95 per cent intervals that hold the truth, with a Monte Carlo error of up to "
    "{error} points. Power: per cent of the tests that reject zero at 5 per cent. A bias below "
    "{share} SD may be chance. Truth: {truths}."
)
VALUES = {"Truth": "truth", "Bias": "bias", "SD over draws": "sd", "Mean SE": "mean_se"}
SHARES = {"Coverage": "coverage", "Power": "power"}
USUAL, PLACES = 3, 5  # decimals, and at most


@table
def honest_table(
    summary: pd.DataFrame, *, estimates: Mapping[str, float] | pd.Series | None = None
) -> Cells:
    """Set a summary of honest draws, with the page's own ``estimates`` by target if given."""
    rows: list[dict[str, str]] = []
    for row in summary.to_dict("records"):
        places = _places(row["sd"])
        rows.append({"Estimate": row["description"]})
        if estimates is not None:
            rows[-1]["This page"] = number(estimates.get(row["target"]), places)
        rows[-1] |= {head: number(row[name], places) for head, name in VALUES.items()}
        rows[-1] |= {head: number(100 * row[name], 0) for head, name in SHARES.items()}
    return rows, _note(summary)


@figure
def honest_plot(summary: pd.DataFrame) -> Drawing:
    """Draw the bias of each estimate in standard deviations, and write its coverage beside it."""
    known = summary.dropna(subset=["bias", "coverage"]).iloc[::-1].reset_index(drop=True)
    off = known["bias"] / known["sd"]
    (ax,) = canvas(7.0, 0.8 + 0.3 * len(known))
    ax.axvline(0, **ZERO)
    ax.hlines(known.index, 0, off, colors=GREY, linewidth=1.0)
    ax.plot(off, known.index, "o", color="C0")
    for place, share in known["coverage"].items():
        spot = (1.02, float(str(place)))
        write(ax, f"{100 * share:.0f} %", spot, on=("axes fraction", "data"), va="center")
    ax.set_yticks(known.index, known["description"])
    ax.set_xlabel("Bias in standard deviations over draws;\nright: coverage of 95 % intervals")
    worst = known.loc[off.abs().idxmax()]
    return ax, (
        f"Bias of {len(known)} estimates in standard deviations over honest draws, from "
        f"{number(off.min(), 1)} to {number(off.max(), 1)}, the farthest {worst['description']}; "
        f"coverage from {100 * known['coverage'].min():.0f} to "
        f"{100 * known['coverage'].max():.0f} per cent."
    )


def _places(sd: float) -> int:
    """Return decimals with which a scatter has two digits, at least three if it is below one."""
    if not sd > 0:
        return USUAL
    needed = int(np.clip(1 - math.floor(math.log10(sd)), 0, PLACES))
    return max(needed, USUAL) if sd < 1 else needed


def _note(summary: pd.DataFrame) -> str:
    """Say what an honest draw is, and what is true of which estimate."""
    groups = summary.groupby("what_is_true", sort=False)["description"]
    usual = groups.size().idxmax()
    others = "; ".join(f"{', '.join(own)}: {true}" for true, own in groups if true != usual)
    return NOTE.format(
        draws=summary["draws"].max(),
        error=number(100 * summary["coverage_se"].max(), 0),
        share=number(2 / summary["draws"].max() ** 0.5, 2),
        truths=f"{usual}, but for {others}" if others else usual,
    )
