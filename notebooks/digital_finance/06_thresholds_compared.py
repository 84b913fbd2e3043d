# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (ch-df-thresholds-compared)=
# # Thresholds compared: switches, ratios, conventions
#
# **After this page you can** let another variable switch, put an interval around a ratio of slopes, say
# what a program's conventions do to a threshold, and set thresholds beside what was printed.
# **It assumes** {ref}`the page before <ch-df-thresholds>`, with its model and its printed cuts.
# **It runs** in about ten seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated rows: an outcome, internet penetration and
# late investment figures made up around the public index, with the printed thresholds built in. They are
# evidence about method and code, never about China.
# :::

# %% [markdown]
# These are the parameters of the page. Those that it shares with the page before mean the same.

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2015]
last_year: int = 2021  # last year of the sample [2017..2021]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
controls: list[str] = []  # controls, with one slope for all regimes [control; in order]
time_effects: bool = False  # year effects too, which Hansen's model does not have
trim: float = 0.01  # smallest share of the rows in a regime of the index [0.005..0.15]
trim_switches: float = 0.05  # the same for investment and internet [0.005..0.15]
grid: int = 0  # quantile steps of the search, 0 for every observed value [0..2000]
split: str = "below"  # where a row at the cut belongs [below | above]
f_divisor: str = "n(T-1)"  # divisor of the residual variance in F [n(T-1) | T(n-1)]
confidence: float = 0.95  # level of sets and intervals [0.5..0.999]
covariance: str = "clustered"  # of slopes [clustered | robust | homoskedastic]
draws: int = 300  # bootstrap draws of each test of the number of thresholds [99..9999]
seed: int = 20250705  # seed of the bootstraps [0..4294967295]
twin_seed: int = 2025  # seed of the twin; only this one is calibrated [0..4294967295]

# %%
from digitrade.studies.digital_finance.thresholds import chosen_rows, public_rows
from digitrade.studies.digital_finance.twin import simulate_provinces

chosen = (provinces_excluded, first_year, last_year)
twin = chosen_rows(simulate_provinces(seed=twin_seed).panel, *chosen)
public = public_rows(*chosen)

# %% [markdown]
# ## The other two switches
#
# The same search with investment over output, and then internet penetration, as the variable that
# switches. The slope that changes is still that of the index. The printed cuts leave enough rows on
# either side for the usual trim of 5 per cent.

# %%
import warnings

from digitrade.data import load_published
from digitrade.exhibits.glue import glue_numbers, glue_row
from digitrade.exhibits.series import likelihood_ratio_plot
from digitrade.exhibits.thresholds import threshold_table
from digitrade.methods.threshold import SmallRegimeWarning
from digitrade.studies.digital_finance.thresholds import low_side, search_thresholds

# %%
choices = {"controls": controls, "time_effects": time_effects, "trim": trim, "grid": grid}
choices |= {"split": split, "f_divisor": f_divisor, "confidence": confidence}
choices |= {"covariance": covariance, "draws": draws, "seed": seed}
warnings.simplefilter("ignore", SmallRegimeWarning)  # read on the page before

# %%
switching = choices | {"trim": trim_switches}
switches = {
    name: search_thresholds(twin, "hdft", threshold=name, **switching)
    for name in ("fai_gdp", "internet")
}

# %%
invested = public.dropna(subset=["investment_share"])
investing = switching | {"threshold": "investment_share"}
on_investment = {
    name: search_thresholds(invested, name, **investing)
    for name in ("openness", "ln_trade")
}
less_trimmed = search_thresholds(invested, "openness", **investing | {"trim": trim})
with_year_effects = search_thresholds(
    invested, "openness", **investing | {"time_effects": True}
)

# %% tags=["full-width"]
threshold_table(
    {
        "Investment over output, HDFT, twin": switches["fai_gdp"],
        "Internet penetration, HDFT, twin": switches["internet"],
        "Investment over output, ln trade, public": on_investment["ln_trade"],
        "Investment over output, openness, public": on_investment["openness"],
        "the same with year effects": with_year_effects,
        "the same with the trim of the index": less_trimmed,
    },
    name="tab-df-thresholds-switches",
    caption="One threshold in investment over output, or in internet penetration",
    note="Public investment ends in 2017; internet penetration is not shipped.",
)

# %%
likelihood_ratio_plot(
    on_investment["openness"],
    variable="investment_share",
    name="fig-df-thresholds-investment",
    caption="Likelihood ratio over the cut points of investment over output, openness. "
    "Orange: the estimate and the confidence set. Public figures, up to 2017.",
)

# %%
printed = load_published("thresholds", study="digital_finance")
fai_printed = printed.set_index("symbol").loc["fai_gdp", "value"]
glue_numbers(
    fai_printed=float(fai_printed), **low_side(invested, on_investment["openness"])
)
glue_row("lower_still", less_trimmed.thresholds.iloc[0])

# %% [markdown]
# In public figures openness has a cut at {glue:text}`low_cut:.4f`, a hair from the printed
# {glue:text}`fai_printed:.4f`. Before you are impressed, see who lies below it:
# {glue:text}`low_rows` rows of {glue:text}`cities`, two cities whose trade over output fell by
# {glue:text}`smallest_fall:.0f` percentage points or more over these years. And {glue:text}`least_rows` rows are
# the fewest that the trim allows. The estimate stands with its back to the wall; with a smaller trim it
# moves on to {glue:text}`lower_still:.4f`. {numref}`fig-df-thresholds-investment` begins where the trim
# lets the search begin. What this threshold finds is two cities, whatever made their
# trade different, and not an investment climate.
#
# ## "About doubling": a ratio needs an interval
#
# One slope with three stars and another with none do not make a doubling, and neither do two with
# three. Compare them: the difference, with the covariance of the two slopes, and their ratio. The
# interval of a ratio is best read off the question it answers: which multiples $r$ does a test of
# $\beta_2 = r \beta_1$ not reject {cite:p}`fieller1954some`?

# %%
double = search_thresholds(twin, "hdft", n_thresholds=2, **choices)
compared = {
    "Index, HDFT, twin": double,
    "Investment over output, HDFT, twin": switches["fai_gdp"],
    "Internet penetration, HDFT, twin": switches["internet"],
    "Index, ln trade, public": search_thresholds(public, "ln_trade", **choices),
    "Investment over output, openness, public": on_investment["openness"],
    "the same with year effects": with_year_effects,
}

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import contrast_table
from digitrade.methods.threshold.results import slope_contrasts

contrasts = {title: slope_contrasts(fit) for title, fit in compared.items()}
contrast_table(
    contrasts,
    name="tab-df-thresholds-ratios",
    caption="Slopes of neighbouring regimes compared",
    note=f"Thresholds taken as known, covariance of the slopes {covariance}.",
)

# %%
glue_row("investment_change", contrasts["Investment over output, HDFT, twin"].iloc[0])
glue_row("investment", switches["fai_gdp"].thresholds.iloc[0])
glue_row("internet", switches["internet"].thresholds.iloc[0])
glue_row("year_ratio", contrasts["the same with year effects"].iloc[1])

# %% [markdown]
# Three lessons. First, a difference can be sharp and the ratio wide open: where the lower slope cannot
# be told from zero, no multiple is excluded, and "doubles" and "rises tenfold" are the same finding.
# Public openness with year effects has a ratio of {glue:text}`year_ratio:.2f`, which one could print as
# "nearly doubles"; its interval runs from {glue:text}`year_ratio_low:.1f` to
# {glue:text}`year_ratio_high:.1f`. Second, all these ratios change with the unit of the index.
#
# Third, compare with {numref}`tab-df-thresholds-switches`. On the twin the change of the slope at the investment
# cut has a $t$ of {glue:text}`investment_change_t:.1f`, while the $p$-value of its $F$ is
# {glue:text}`investment_p:.2f` (internet: {glue:text}`internet_p:.2f`). Both thresholds are true, and
# rightly located. But the $t$ test takes the cut as given; the $F$ test knows that it was searched for,
# in data where whole histories wander, since one switch leaves the other cuts and the nation's path in
# the residuals. Such histories yield large $F$ without any threshold. A threshold can be there, be found,
# and not be provable. If you report the stars of the slopes, report the test of the threshold beside them.
#
# ## Conventions
#
# Programs for this model differ. Hansen's text puts a row at the cut below it, divides by $n(T-1)$ and
# searches 400 quantiles; Stata's `xthreg` {cite:p}`wang2015fixed` divides by $T(n-1)$; the GAUSS
# program and R's `pdR` put the row at the cut above. None is wrong; not saying which is.

# %%
from digitrade.exhibits.thresholds import conventions_table
from digitrade.studies.digital_finance.thresholds import (
    highest_regime,
    rows_at_printed_cuts,
    study_panel,
)

# %%
changes = {
    "This chapter": {},
    "Row at the cut above it": {"split": "above"},
    "F with T(n−1)": {"f_divisor": "T(n-1)"},
    "400 quantiles": {"grid": 400},
    "100 quantiles": {"grid": 100},
    "Trim 5 %": {"trim": 0.05},
}
by_convention = {
    title: search_thresholds(twin, "hdft", n_thresholds=2, **choices | change)
    for title, change in changes.items()
}

# %% tags=["full-width"]
conventions_table(
    by_convention,
    name="tab-df-thresholds-conventions",
    caption="What each convention changes, two thresholds in the log index, HDFT on the twin",
)

# %%
study = study_panel()
second_cut = rows_at_printed_cuts(study)["ln_dfi"].max()
glue_numbers(**highest_regime(study, second_cut))

# %% [markdown]
# With `<` the rows fall into the same regimes, but the cut is named after the next province-year up. So
# a printed threshold says which rows it separates only together with its inequality: at the printed
# second cut, {glue:text}`strict_rows` rows or {glue:text}`loose_rows`. The divisor scales $F$, its
# critical values and the likelihood ratio, so it moves no $p$-value and the sets a little. On a panel
# this small, 400 quantiles are every value; 100 are not, and miss a cut by a row. A trim of 5 per cent
# cannot reach the second cut, and the search does not say so: it returns another one in its place.
#
# ## Printed, twin, public figures

# %%
from digitrade.data import published_estimate
from digitrade.data.labels import label
from digitrade.exhibits.glue import record
from digitrade.exhibits.thresholds import slope_exhibit, threshold_exhibit
from digitrade.methods.threshold.results import tidy

# %%
two_public = {
    name: search_thresholds(public, name, n_thresholds=2, **choices)
    for name in ("openness", "ln_trade")
}

# %% tags=["full-width"]
sources = {"Twin: HDFT": {"ln_dfi": double, **switches}}
for name, fit in two_public.items():
    sources[f"Public: {label(name)}"] = {"ln_dfi": fit, "fai_gdp": on_investment[name]}
threshold_exhibit(
    printed,
    sources,
    name="tab-df-thresholds-exhibit",
    caption="Thresholds, printed, on the twin and in public figures",
    note="Public investment over output ends in 2017.",
)

# %% tags=["full-width"]
places = {"1": "ln_dfi:between", "2": "ln_dfi:high"}.items()
slopes = [published_estimate("digital_finance", "threshold", *place) for place in places]
slope_exhibit(
    ["", *map("{:.4f}".format, slopes)],
    {source: fits["ln_dfi"] for source, fits in sources.items()},
    name="tab-df-thresholds-exhibit-slopes",
    caption="Slopes by regime of the log index, each source at its own two cuts",
)

# %%
record("twin", tidy({"Index": double} | switches, outcome="hdft"))
for name, fit in two_public.items():
    kept = {"Index": fit, "Investment over output": on_investment[name]}
    record(f"public-{name}", tidy(kept, outcome=name))

# %% [markdown]
# ## What we learned, and what we did not
#
# On a twin that has the printed thresholds, the method finds them, though not every test accepts them.
# In public figures the estimated cuts differ between outcomes. Openness has a cut next to the printed
# one of investment, which sets two cities apart.
#
# We did not learn that any effect doubles. A ratio of slopes changes with the unit of the
# index, and where the lower slope may be zero it has no bound. To the questions of
# {ref}`the page before <ch-df-thresholds>` a referee would add two: for an interval around "doubling",
# and for the inequality and the trim that a printed threshold goes with.
#
# ## How fast?
#
# Every search here passes once over the sorted rows instead of running a regression at every cut, and
# the bootstrap is matrix work. `python benchmarks/threshold.py` measures it against the slow way on
# your machine.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Six rows, seven or more
# :label: ex-df-thresholds-inequality
# Count the rows beyond the second cut in three ways: `>` the exact value, `>=` the exact value, and `>`
# the *printed* value. Why is the third not the first?
# ```
#
# ```{solution-start} ex-df-thresholds-inequality
# :class: dropdown
# ```
#
# The printed value is rounded down, so the very province-year that defines the cut lies beyond it. Use
# thresholds at full precision, or compare rounded with rounded.

# %%
last_printed = printed.loc[printed["symbol"] == "ln_dfi", "value"].astype(float).max()
{
    "> exact": int((study["ln_dfi"] > second_cut).sum()),
    ">= exact": int((study["ln_dfi"] >= second_cut).sum()),
    "> printed": int((study["ln_dfi"] > last_printed).sum()),
}

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Move the trim
# :label: ex-df-thresholds-trim
# Search for two thresholds in public trade with trims of 1, 5 and 10 per cent. Which cuts stay?
# ```
#
# ```{solution-start} ex-df-thresholds-trim
# :class: dropdown
# ```
#
# One cut stays under all trims; the other moves each time, and its test never accepts it. A cut that only
# a small trim can reach separates few rows.

# %%
import pandas as pd

trimmed = {
    share: search_thresholds(
        public, "ln_trade", n_thresholds=2, **choices | {"trim": share}
    )
    for share in (0.01, 0.05, 0.10)
}
pd.concat({share: fit.thresholds.round(3) for share, fit in trimmed.items()})

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Count the index in tens
# :label: ex-df-thresholds-unit
# Divide the index by ten, which takes $\ln 10$ from its log in every row, and repeat the search in
# investment on the twin. Which numbers should stay, and which do?
# ```
#
# ```{solution-start} ex-df-thresholds-unit
# :class: dropdown
# ```
#
# In a regression with one slope nothing would change. Here slopes differ by regime and the intercept does
# not, so taking $\ln 10$ from the log adds a step at the cut, as high as the change of the slope times
# $\ln 10$. The model is another one: difference, ratio and $F$ move, and the cut may move, too. A model
# with an intercept for each regime would not care.

# %%
import numpy as np

in_tens = twin.assign(ln_dfi=twin["ln_dfi"] - np.log(10))
again = search_thresholds(in_tens, "hdft", threshold="fai_gdp", **switching)
both = {"As it is": switches["fai_gdp"], "In tens": again}
pd.concat({unit: slope_contrasts(fit).round(3) for unit, fit in both.items()})

# %% [markdown]
# ```{solution-end}
# ```
