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
# (ch-est-fe)=
# # Regression with fixed effects
#
# What goes with what, once everything that stays with a unit, or is common to a period, is taken
# out? And do two such slopes differ, though the same units stand behind both? `fixed_effects` answers the
# first question for any number of effects and three covariances, `suest` the second.

# %% tags=["parameters"]
covariance: str = "clustered"  # standard errors [clustered | robust | driscoll-kraay]

# %% [markdown]
# ## Ten lines
#
# The panel follows 545 young men in the United States from 1980 to 1987 {cite:p}`vella1998whose`; it ships
# with linearmodels. The outcome is the log of the hourly wage, the regressor whether the wage was set by
# a union.

# %%
from linearmodels.datasets import wage_panel

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import Specification, fixed_effects

# %%
men = wage_panel.load()
keys = {"entity": "nr", "time": "year", "effects": ("nr", "year")}
wages = Specification(
    "lwage", "union", ("married", "expersq"), covariance=covariance, **keys
)
fit = fixed_effects(men, wages)
record("example", fit.tidy())
glue_numbers(premium=fit.main.estimate, men=fit.n_entities, rows=fit.n_obs)
frame_table(
    fit.tidy(),
    name="tab-est-fe-example",
    caption="Log hourly wage of young men within man and year",
    heads={"statistic": "t"},
    note=f"Standard errors: {fit.words}.",
)

# %% [markdown]
# The premium is {glue:text}`premium:.3f` log points, on {glue:text}`rows:,` rows of {glue:text}`men` men. Was it
# the same in both halves of the period? The same men are in both, so the two slopes are not independent;
# `suest` gives their joint covariance.

# %%
from digitrade.methods import suest

halves = {"from 1984": (men.query("year > 1983"), wages)}
halves["to 1983"] = (men.query("year <= 1983"), wages)
slopes = suest(halves)
frame_table(
    slopes.difference("from 1984", "to 1983"),
    name="tab-est-fe-halves",
    caption="Difference of the union premium between two halves of the period",
    heads={"statistic": "t", "term": "Difference"},
    note=f"Standard errors: {slopes.words}.",
)

# %% [markdown]
# ## What it returns
#
# `fixed_effects` returns an `Estimate`, `suest` and `Estimate.slopes` return `Slopes`.
#
# | Field or method | What it holds |
# |:--|:--|
# | `tidy()`, `main`, `fit["married"]` | all rows, the regressor's row, the row of a term |
# | `vcov`, `words`, `degrees_of_freedom` | covariance of the coefficients, what it is, and the freedom of $t$ |
# | `n_obs`, `n_entities`, `n_groups` | rows, units, groups that the covariance rests on |
# | `r_squared_within`, `r_squared` | shares explained of what effects leave, and of everything |
# | `Slopes.difference(a, b)`, `equality()` | a difference with its error, and the F test that all are equal |
#
# ## How it fails
#
# A regressor that never changes within a man cannot be told from the man's effect. The error says what, and
# what to do. Missing values, repeated keys and collinear columns are refused in the same way, all at once.

# %%
try:
    fixed_effects(men, wages.replace(regressor="educ"))
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# Effects are projected out exactly {cite:p}`frisch1933partial,lovell1963seasonal`. Clustered errors and
# their factor follow section II of {cite:t}`cameron2015practitioner`, errors that lag in time
# {cite:t}`driscoll1998consistent`; the joint covariance of several regressions is that of
# {cite:t}`weesie1999seemingly`. `tests/methods/test_regression.py` and `test_absorb.py` compare with numbers
# from R's fixest and plm, with pyfixest and with linearmodels; `test_suest.py` with statsmodels. Here is
# the example, with errors clustered by man, once more by `PanelOLS`, whose own factors are switched off:

# %%
from linearmodels.panel import PanelOLS

from digitrade.exhibits.comparison import agreement_table
from digitrade.methods.covariance import small_sample

# %%
clustered = wages.replace(covariance="clustered")
indexed = men.set_index(["nr", "year"])
effects = {"entity_effects": True, "time_effects": True}
model = PanelOLS(indexed["lwage"], indexed[list(wages.regressors)], **effects)
without_factors = {"debiased": False, "auto_df": False, "count_effects": False}
theirs = model.fit(cov_type="clustered", cluster_entity=True, **without_factors)

# %%
ours = fixed_effects(men, clustered).tidy().set_index("term")
errors = theirs.std_errors * small_sample(men, clustered).factor ** 0.5
pairs = {
    f"slope of {name}": (ours.estimate[name], theirs.params[name]) for name in ours.index
}
pairs |= {f"error of {name}": (ours.std_error[name], errors[name]) for name in ours.index}
agreement_table(
    pairs,
    name="tab-est-fe-agreement",
    caption="The example by two programs, errors multiplied by the same small-sample factor",
    elsewhere="linearmodels",
)

# %% [markdown]
# **Where to read on.** {ref}`The provinces' baseline <ch-df-baseline>` takes two effects and four
# covariances apart; {ref}`the zones' baseline <ch-pz-baseline>` has a third effect, since firms move.
