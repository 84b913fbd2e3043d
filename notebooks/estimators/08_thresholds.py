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
# (ch-est-thr)=
# # Panel thresholds
#
# Does a slope change once another variable passes a level that nobody has told us? `panel_threshold` looks for up
# to three such levels, tests how many there are by a bootstrap, and gives each a confidence set and each
# regime its slope.

# %% tags=["parameters"]
n_thresholds: int = 1  # thresholds looked for [1..3]
covariance: str = "clustered"  # of the slopes [homoskedastic | robust | clustered]
draws: int = 999  # bootstrap samples of each test [99..9999]
seed: int = 20250613  # seed of the draws [0..4294967295]

# %% [markdown]
# ## Ten lines
#
# The panel has the 48 contiguous American states from 1970 to 1986 {cite:p}`munnell1990why`; it ships
# with linearmodels. The outcome is the log of gross state product, and the slope that may change with
# unemployment (in per cent) is that of public capital. Private capital and employment are held constant, all in
# logs; state and year effects are taken out.

# %%
import numpy as np
from linearmodels.datasets import munnell

from digitrade.exhibits.cells import small_p
from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.phrases import sure
from digitrade.exhibits.table import frame_table
from digitrade.methods import panel_threshold

# %%
states = munnell.load()
states[["gsp", "public", "private", "labour"]] = np.log(
    states[["GSP", "P_CAP", "PC", "EMP"]]
)
model = {"outcome": "gsp", "regime_dependent": "public", "controls": ("private", "labour")}
model |= {"threshold": "UNEMP", "entity": "STATE", "time": "YR", "time_effects": True}
options = {"n_thresholds": n_thresholds, "covariance": covariance, "draws": draws}
fit = panel_threshold(states, **model, **options, rng=np.random.default_rng(seed))
record("example", fit.coefficients)

# %%
first = fit.thresholds.iloc[0]
glue_numbers(level=first["estimate"], low=first["conf_low"], high=first["conf_high"])
glue_numbers(p=small_p(first["p_value"], "below "), sure=sure(first["p_value"]))
shown = ["order", "estimate", "conf_low", "conf_high", "f_statistic", "p_value", "crit_5"]
frame_table(
    fit.thresholds[shown].astype({"order": str}),
    name="tab-est-thr-example",
    caption="Thresholds of unemployment, in per cent",
    heads={"f_statistic": "F", "crit_5": "Critical, 5 %"},
)

# %%
frame_table(
    fit.coefficients.assign(p_value=fit.coefficients["p_value"].map(small_p)),
    name="tab-est-thr-slopes",
    caption="Output of the states: slope of public capital by regime, and controls",
    heads={"statistic": "t"},
    note=f"N = {fit.n_obs:,}. Standard errors: {covariance}, {fit.n_entities} states, thresholds "
    "taken as known.",
)

# %% [markdown]
# The search stops at {glue:text}`level:.1f` per cent, with a set from {glue:text}`low:.1f` to
# {glue:text}`high:.1f`. That a place is found says nothing: there is always a best one. The bootstrap's
# $p$ is {glue:text}`p`: {glue:text}`sure`. The states differ in many ways that change with
# unemployment, and slopes here differ by regime while intercepts do not; `regime_intercepts=True`
# lets levels step, too.
#
# ## What it returns
#
# `panel_threshold` returns a `PanelThreshold`.
#
# | Field | What it holds |
# |:--|:--|
# | `thresholds` | a row a threshold: place, confidence set, $F$, p-value, critical values |
# | `coefficients`, `vcov` | a tidy row a slope, by regime; their covariance |
# | `regimes` | bounds, rows, share and units of each regime |
# | `profile`, `sums_of_squares` | likelihood ratio at every candidate; fit with none to all thresholds |
# | `bootstrap` | the $F$ of every draw |
# | `conventions` | what programs differ in, as it was chosen here |
#
# ## How it fails
#
# Everything wrong with options and columns is listed at once.

# %%
try:
    wrong = model | {"threshold": "ST_ABB"}
    panel_threshold(states, **wrong, n_thresholds=4, rng=np.random.default_rng(seed))
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# The estimator, its tests and its sets are those of {cite:t}`hansen1999threshold`; earlier thresholds are estimated
# again as in {cite:t}`bai1997estimating`; regimes with intercepts are in {cite:t}`bick2010threshold`. Every
# observed value is searched. For a number of another program there is one option, `convention`: `"xthreg"`
# {cite:p}`wang2015fixed`, `"hansen-gauss"` or `"ptm"`, with what each does differently in
# `digitrade.methods.threshold.CONVENTIONS`. `tests/methods/test_threshold_reference.py` holds thresholds,
# sums of squares, sets, slopes and standard errors to numbers printed by R's pdR,
# `test_threshold_slow.py` to a regression at every candidate. Here are the slopes once more, by linearmodels with the regimes as products:

# %%
import pandas as pd
from linearmodels.panel import PanelOLS

from digitrade.exhibits.comparison import agreement_table

# %%
regime = np.searchsorted(fit.thresholds["estimate"].sort_values(), states["UNEMP"]) + 1
ours = fit.coefficients.set_index("term")["estimate"]
products = {
    f"public[regime {k}]": states["public"] * (regime == k) for k in np.unique(regime)
}
held = states[["private", "labour"]].assign(**products)
held.index = pd.MultiIndex.from_frame(states[["STATE", "YR"]])
outcome = states.set_index(["STATE", "YR"])["gsp"]
theirs = PanelOLS(outcome, held, entity_effects=True, time_effects=True).fit().params
agreement_table(
    {term: (ours[term], theirs[term]) for term in ours.index},
    name="tab-est-thr-agreement",
    caption="Slopes at the estimated threshold, by two programs",
    elsewhere="linearmodels",
)

# %% [markdown]
# **Where to read on.** {ref}`The provinces' thresholds <ch-df-thresholds>` builds the estimator up from what one sees,
# {ref}`the zones' <ch-pz-thresholds>` has lotteries for treatments that came to whole cities.
