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
# (ch-est-het)=
# # Slopes by group, and slopes taken apart
#
# Is the slope another one in another group? That one is significant and the other is not says nothing
# of it {cite:p}`gelman2006difference`; the difference needs a test of its own. `by_group` makes it in several
# ways. `decompose_slope` and `by_comparison` go the other way: of what is one pooled slope an average?

# %% tags=["parameters"]
draws: int = 199  # draws of bootstrap and permutation [99..9999]
seed: int = 20250613  # seed of the draws [0..4294967295]

# %% [markdown]
# ## Ten lines
#
# The same young men as on {ref}`the page on regression <ch-est-fe>`, followed from 1980 to 1987
# {cite:p}`vella1998whose`: log hourly wage on union membership, for Black and Hispanic men and for all others.

# %%
import numpy as np
from linearmodels.datasets import wage_panel

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import Specification, by_group

# %%
men = wage_panel.load()
minority = (men["black"] == 1) | (men["hisp"] == 1)
men["origin"] = minority.map({True: "Black or Hispanic", False: "other"})
keys = {"entity": "nr", "time": "year", "effects": ("nr", "year")}
wages = Specification("lwage", "union", ("married", "expersq"), **keys)
rng = np.random.default_rng(seed)
found = by_group(men, wages, "origin", designs=("own years",), draws=draws, rng=rng)
record("example", found.slopes)

# %%
tests = found.differences.set_index("test")
glue_numbers(p_t=tests.loc["t", "p_value"], p_lot=tests.loc["permutation", "p_value"])
shown = ["estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs"]
frame_table(
    found.slopes[["group", "entities", *shown]],
    name="tab-est-het-slopes",
    caption="Union premium in log points, by group",
    heads={"entities": "Men"},
    digits={"entities": 0},
    note=f"Standard errors: {found.slopes['covariance'].iloc[0]}.",
)

# %%
frame_table(
    found.differences[["contrast", "test", *shown]],
    name="tab-est-het-differences",
    caption="The difference of the two premiums, by three tests",
    heads={"contrast": "Difference"},
    note="A bootstrap has no standard error, a permutation no estimate either.",
)

# %% [markdown]
# By $t$ the difference has $p$ = {glue:text}`p_t:.2f`; with the labels shuffled over the men it is
# {glue:text}`p_lot:.2f`. The pooled slope is an average of the groups' and of what lies between them:

# %%
from digitrade.methods.decompositions import by_comparison, decompose_slope

taken_apart = decompose_slope(men, wages, "origin")
frame_table(
    taken_apart.parts,
    name="tab-est-het-parts",
    caption="The pooled premium as a weighted average; contributions add up to it",
)

# %% [markdown]
# ## What it returns
#
# | From | Field or method | What it holds |
# |:--|:--|:--|
# | `by_group`, `by_regressor` | `slopes`, `interacted` | split samples; pooled models with a slope a group |
# | | `differences` | each pair, and all at once: `design, contrast, test`, the tidy columns |
# | `split_slopes` | a frame | slopes of any split, also one by rows |
# | `decompose_slope` | `pooled`, `parts`, `rest(...)` | weights, slopes, contributions; the slope left for the others |
# | `by_comparison` | a frame | the same within periods and from period to period |
#
# ## How it fails
#
# A group has to be a property of the unit. Occupation is not, since men change it; the error says how many.

# %%
try:
    by_group(men, wages, "occupation")
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# The test across groups is that of {cite:t}`chow1960tests` with clustered errors; labels are shuffled with a
# studentised statistic {cite:p}`chung2013exact`. The decomposition is {cite:t}`frisch1933partial`, done
# twice. `tests/methods/test_heterogeneity.py` compares with pyfixest and statsmodels,
# `test_decompositions.py` with regressions on dummies. Here are the two slopes by linearmodels in each group,
# and the two ways in which the pooled slope is put together again:

# %%
from linearmodels.panel import PanelOLS

from digitrade.exhibits.comparison import agreement_table

# %%
pairs = {}
effects = {"entity_effects": True, "time_effects": True}
for name, slope in found.slopes.set_index("group")["estimate"].items():
    own = men[men["origin"] == name].set_index(["nr", "year"])
    model = PanelOLS(own["lwage"], own[list(wages.regressors)], **effects)
    pairs[f"premium, {name}"] = (slope, model.fit().params["union"])

# %%
whole = men.set_index(["nr", "year"])
pooled = (
    PanelOLS(whole["lwage"], whole[list(wages.regressors)], **effects).fit().params["union"]
)
one_way = (
    PanelOLS(whole["lwage"], whole[list(wages.regressors)], entity_effects=True)
    .fit()
    .params
)
sums = by_comparison(men, wages).set_index("comparison")["contribution"]
pairs["sum of the parts"] = (taken_apart.parts["contribution"].sum(), pooled)
pairs["sum of the comparisons"] = (sums.drop("both").sum(), one_way["union"])
agreement_table(
    pairs,
    name="tab-est-het-agreement",
    caption="Slopes by group, and sums of the parts, by two programs",
    elsewhere="linearmodels",
)

# %% [markdown]
# **Where to read on.** {ref}`The provinces' heterogeneity <ch-df-heterogeneity>` has five splits and two
# decompositions, {ref}`the zones' <ch-pz-heterogeneity>` twelve groups and the correction for so many tests.
