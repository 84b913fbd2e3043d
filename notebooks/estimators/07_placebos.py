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
# (ch-est-pla)=
# # Placebos, few clusters, and single rows
#
# What would the same estimator find if there were nothing to find? Exchange whole paths, draw the treated
# by lot, or move the treatment ahead in time. If there are few clusters, let the signs of their
# residuals change (`wild_cluster_bootstrap`). And does one row, or one unit, carry the coefficient (`influence`)?

# %% tags=["parameters"]
draws: int = 999  # draws of each placebo and of the bootstrap [99..9999]
seed: int = 20250613  # seed of the draws [0..4294967295]

# %% [markdown]
# ## Ten lines
#
# Grunfeld's panel of eleven American firms from 1935 to 1954 {cite:p}`kleiber2010grunfeld` ships with
# statsmodels: investment on market value and capital, in millions of dollars of 1947.

# %%
import numpy as np
import pandas as pd
from statsmodels.datasets import grunfeld

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import (
    Specification,
    fixed_effects,
    permutation_placebo,
    wild_cluster_bootstrap,
)

# %%
firms = grunfeld.load_pandas().data
keys = {"entity": "firm", "time": "year", "effects": ("firm", "year")}
investment = Specification("invest", "value", ("capital",), label="clustered", **keys)
rng = np.random.default_rng(seed)
fit = fixed_effects(firms, investment)
wild = wild_cluster_bootstrap(firms, investment, draws=draws, rng=rng)
lot = permutation_placebo(firms, investment.replace(label="paths"), draws=draws, rng=rng)

# %%
rows = [fit.tidy().head(1).assign(label="t, clustered"), wild.tidy(), lot.tidy()]
tests = pd.concat(rows, ignore_index=True)
record("example", tests)
glue_numbers(clusters=wild.n_clusters, low=wild.conf_low, high=wild.conf_high)
frame_table(
    tests[["label", "estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs"]],
    name="tab-est-pla-example",
    caption="Three tests of one coefficient: by t, by signs of clusters, by exchanged paths",
    heads={"label": "Test"},
)

# %% [markdown]
# With {glue:text}`clusters` clusters the bootstrap's interval, from {glue:text}`low:.3f` to
# {glue:text}`high:.3f`, is the one to read. Which firm carries the slope? Leave each out, exactly and without another fit:

# %%
from digitrade.methods import group_influence, influence

of_firms = group_influence(firms, investment, by="firm")
frame_table(
    of_firms.largest(4),
    name="tab-est-pla-influence",
    caption="The four firms that matter most to the slope",
    digits={"n_rows": 0},
)

# %% [markdown]
# A treatment has placebos of its own: drawn over firms, and moved ahead a year on rows before the true one.
# The data are those of {ref}`the page on event studies <ch-est-es>`.

# %%
from linearmodels.datasets import jobtraining

from digitrade.methods import in_space_placebo, in_time_placebo

# %%
plants = jobtraining.load()
granted = plants["year"].where(plants["grant"] == 1)
plants["cohort"] = granted.groupby(plants["fcode"]).transform("min")
plants["treated"] = (plants["year"] >= plants["cohort"]).astype(float)
plants = plants.dropna(subset="hrsemp").reset_index(drop=True)
plant = {"entity": "fcode", "time": "year", "effects": ("fcode", "year")}
training = Specification("hrsemp", "treated", label="drawn over firms", **plant)

# %%
space = in_space_placebo(
    plants, training, cohort="cohort", unit="fcode", draws=draws, rng=rng
)
time = in_time_placebo(plants, training, years_ahead=1, cohort="cohort", sample="pre")
moved = time.tidy().assign(label=time.specification.label)
frame_table(
    pd.concat([space.tidy(), moved])[
        ["label", "estimate", "std_error", "p_value", "n_obs"]
    ],
    name="tab-est-pla-treatment",
    caption="Hours of training on the grant: its place among draws, and the grant a year too early",
    heads={"label": "Placebo"},
)

# %% [markdown]
# ## What it returns
#
# | From | Field or method | What it holds |
# |:--|:--|:--|
# | `permutation_placebo`, `in_space_placebo` | `estimate`, `drawn`, `t` | the coefficient, its draws, the same of $t$ |
# | | `p_two_sided`, `p_left`, `p_right`, `p_studentised` | shares of draws at least as extreme |
# | `in_time_placebo` | an `Estimate` | the regression with the treatment moved ahead |
# | `wild_cluster_bootstrap` | `p_value`, `conf_low`, `conf_high`, `drawn` | the test, the values it keeps, the draws |
# | `influence`, `group_influence` | `rows`, `largest()`, `rows_to_overturn()` | what each row or group changes |
#
# ## How it fails
#
# Treatment came to firms, so it cannot be drawn over years; and a placebo needs a draw.

# %%
try:
    in_space_placebo(plants, training, cohort="cohort", unit="year", draws=0, rng=rng)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# Exact tests by lot are those of {cite:t}`fisher1935design`, applied to regressions by {cite:t}`young2019channeling`; the
# bootstrap is {cite:t}`cameron2008bootstrap` by the algebra of {cite:t}`roodman2019fast`; changes by row are equation
# $2.1$ of {cite:t}`belsley1980regression`. `tests/methods/test_wild_bootstrap.py` compares every sign vector with the
# package wildboottest, `test_placebo.py` with pyfixest, `test_influence.py`
# with statsmodels. Here are the slope and the largest change by one row, by statsmodels on dummies:

# %%
from statsmodels.formula.api import ols

from digitrade.exhibits.comparison import agreement_table

# %%
dummies = ols("invest ~ value + capital + C(firm) + C(year)", firms).fit()
place = list(dummies.params.index).index("value")
theirs = dummies.get_influence().dfbeta[:, place]
one = influence(firms, investment).largest(1).iloc[0]
changed = theirs[np.abs(theirs).argmax()]
agreement_table(
    {
        "slope": (fit.main.estimate, dummies.params["value"]),
        "largest change": (one["change"], changed),
    },
    name="tab-est-pla-agreement",
    caption="Slope and influence by two programs",
    elsewhere="statsmodels",
)

# %% [markdown]
# **Where to read on.** {ref}`The zones' robustness <ch-pz-robustness>` has placebos in space and time, and
# what one firm-year does to a coefficient; {ref}`the provinces' baseline <ch-df-baseline>` the bootstrap.
