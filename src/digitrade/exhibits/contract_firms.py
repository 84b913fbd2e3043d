"""The firm twin's contract and draws as exhibits; nothing is estimated here."""

from __future__ import annotations

import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure as Canvas

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import MINUS, Table, frame_table, number

FROM_COEFFICIENT = len("coefficient_")


def coefficient_table(
    evaluated: pd.DataFrame,
    *,
    name: str,
    caption: str,
    note: str = "",
    yours: pd.DataFrame | None = None,
) -> Table:
    """Set every printed coefficient with its standard error beside the twin's.

    Parameters
    ----------
    evaluated
        What :func:`digitrade.studies.pilot_zones.twin.calibration.evaluate_firm_targets` returns.
    yours
        The same for a reader's own panel, if there is one.
    """
    found = evaluated[evaluated["kind"] == "coefficient"]
    errors = evaluated.set_index("target")["twin"]
    names = "error_" + found["target"].str.slice(FROM_COEFFICIENT)
    rows = pd.DataFrame(
        {
            "description": found["description"],
            "printed": found["printed"].str.replace("-", MINUS),
            "std_error": found["std_error"],
            "twin": found["twin"],
            "twin_error": names.map(errors),
            "distance": [number(one, 2) for one in found["difference"] / found["std_error"]],
            "met": found["met"].map({True: "yes", False: "no"}),
        }
    )
    if yours is not None:
        own = yours.set_index("target")["twin"]
        rows["yours"], rows["yours_error"] = found["target"].map(own), names.map(own)
    heads = {
        "yours": "Yours",
        "yours_error": "Yours SE",
        "description": "Coefficient",
        "printed": "Printed",
        "std_error": "Printed SE",
        "twin": "Twin",
        "twin_error": "Twin SE",
        "distance": "Distance in printed SE",
        "met": "Met",
    }
    digits = dict.fromkeys(["std_error", "twin", "twin_error", "yours", "yours_error"], 4)
    return frame_table(rows, name=name, caption=caption, heads=heads, digits=digits, note=note)


def distance_plot(
    scatter: pd.DataFrame, evaluated: pd.DataFrame, *, name: str, caption: str
) -> Figure:
    """Draw how far honest draws and the default seed are from print, in printed errors.

    Parameters
    ----------
    scatter
        What :func:`digitrade.studies.pilot_zones.twin.calibration.scatter_of_firm_draws` returns.
    evaluated
        What :func:`digitrade.studies.pilot_zones.twin.calibration.evaluate_firm_targets` returns.
    """
    found = evaluated[evaluated["kind"] == "coefficient"].set_index("target").iloc[::-1]
    places = {target: k for k, target in enumerate(found.index)}
    drawn_at = scatter["target"].map(places)
    distance = (scatter["value"] - scatter["target"].map(found["reference"])) / scatter[
        "target"
    ].map(found["std_error"])
    with style.context(STYLE):
        canvas = Canvas(figsize=(8.5, 0.22 * len(found) + 1.0))
        ax = canvas.subplots()
        ax.axvspan(-1, 1, color="#009E73", alpha=0.15, linewidth=0)
        ax.axvline(0, color="#555555", linewidth=0.8)
        ax.plot(distance.clip(-5, 5), drawn_at, "o", color="#0072B2", alpha=0.35, markersize=4)
        own = found["difference"] / found["std_error"]
        ax.plot(own, list(places.values()), "D", color="#D55E00", markersize=5)
        ax.set_yticks(list(places.values()), [short_name(one) for one in found["description"]])
        ax.tick_params(axis="y", labelsize=8)
        ax.set_xlim(-5.2, 5.2)
        ax.set_xlabel("Distance to the printed coefficient, in printed standard errors")
        within = 100 * scatter["hit"].mean()
        alt = (
            f"{len(found)} printed coefficients. In {scatter['seed'].nunique()} honest draws "
            f"{within:.0f} per cent lie within one printed standard error; on the page's own "
            f"seed {int(found['met'].sum())} of {len(found)} do."
        )
        return Figure(name, caption, alt, drawn(canvas))


def short_name(description: str) -> str:
    """Return a description without its regressor, where that is the zone's, as in most rows."""
    regressor, _, rest = description.partition(", ")
    place, _, row = rest.partition(": ")
    return f"{place}: {row if regressor == label('zone_post') else regressor}"
