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
# (ch-est-iv)=
# # Instruments, strong and weak
#
# Something moves the regressor and, we believe, the outcome only through it. What follows for the
# slope, and can it be trusted if the instrument moves the regressor only a little?
# `instrumental_variables` gives two-stage least squares within any fixed effects, the effective $F$ of the
# first stage, and a confidence set that is right however weak the instruments are.

# %% tags=["parameters"]
covariance: str = "robust"  # standard errors [clustered | robust]
instruments: list[str] = ["nearc4"]  # columns left out [nearc4 | nearc2; at least 1]

# %% [markdown]
# ## Ten lines
#
# The data are 3,010 men in the United States in 1976 {cite:p}`card1995using`, as linearmodels ships them.
# The outcome is the log of the hourly wage in cents, the regressor years of schooling; the instrument says
# whether a four-year college stood near the place where the man grew up. Each man is seen once, so there
# are no effects; a panel is keyed all the same.

# %%
from linearmodels.datasets import card

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import Specification, instrumental_variables

# %%
men = card.load().assign(year=1976)
men["man"] = range(len(men))
regions = [f"reg66{k}" for k in range(2, 10)]
controls = ("exper", "expersq", "black", "smsa", "south", "smsa66", *regions)
keys = {"entity": "man", "time": "year", "effects": (), "covariance": covariance}
schooling = Specification("lwage", "educ", controls, **keys)
fit = instrumental_variables(men, schooling, instruments)
record("example", fit.tidy())

# %% tags=["full-width"]
glue_numbers(slope=fit.main.estimate, interval=fit.anderson_rubin.words())
glue_numbers(strength=fit.effective_f, needed=fit.critical_f)
shown = ["term", "estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs"]
frame_table(
    fit.tidy()[[*shown, "effective_f", "critical_f"]],
    name="tab-est-iv-example",
    caption="Log wage on schooling, instrumented by a college nearby",
    note=f"Standard errors: {fit.second_stage.words}. P-value and interval: Anderson–Rubin.",
)

# %% [markdown]
# The slope is {glue:text}`slope:.3f` log points a year of schooling. The effective $F$ is
# {glue:text}`strength:.1f`; for a worst-case bias below a tenth it would have to exceed
# {glue:text}`needed:.1f`. So we read the set that needs no strong instrument: {glue:text}`interval`.
#
# ## What it returns
#
# `instrumental_variables` returns an `Instrumented`.
#
# | Field or method | What it holds |
# |:--|:--|
# | `second_stage`, `first_stage`, `reduced_form` | three `Estimate`s |
# | `main`, `tidy()` | the regressor's row with Wald's interval; with Anderson and Rubin's test and set |
# | `effective_f`, `critical_f` | strength of the instruments, and what it must exceed |
# | `anderson_rubin` | a `ConfidenceSet`: `intervals`, `low`, `high`, `bounded`, `words()` |
# | `p_zero` | the same test's p-value of a slope of zero |
#
# ## How it fails
#
# An instrument that stands in the equation too is none, and standard errors that lag in time have no
# convention here. Both are said at once.

# %%
try:
    instrumental_variables(men, schooling.replace(covariance="driscoll-kraay"), ["exper"])
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# The set inverts the test of {cite:t}`anderson1949estimation`; the effective $F$ and its critical value are
# those of {cite:t}`montielolea2013robust`, section $3.2$; {cite:t}`andrews2019weak` say when to use which.
# `tests/methods/test_instruments.py` holds them to Stata's `ivreg` on these data, as printed in Wooldridge's
# lecture notes, to R's ivmodel and `weakivtest`, and to pyfixest. Here are `IV2SLS` of linearmodels
# without its factors and Wooldridge's printout, both with one instrument and robust errors:

# %%
import pandas as pd
from linearmodels.iv import IV2SLS

from digitrade.exhibits.comparison import agreement_table

# %%
ours = instrumental_variables(men, schooling.replace(covariance="robust"), ["nearc4"]).main
held = men[list(controls)].assign(constant=1.0)
model = IV2SLS(men["lwage"], held, men[["educ"]], men[["nearc4"]])
theirs = model.fit(cov_type="robust", debiased=True)
printed = pd.Series({"estimate": 0.1315038, "std_error": 0.0541436})
agreement_table(
    {
        "slope, linearmodels": (ours.estimate, theirs.params["educ"]),
        "error, linearmodels": (ours.std_error, theirs.std_errors["educ"]),
        "slope, Stata as printed": (ours.estimate, printed.estimate),
        "error, Stata as printed": (ours.std_error, printed.std_error),
    },
    name="tab-est-iv-agreement",
    caption="The return to schooling by three programs, factor N/(N−K)",
    elsewhere="Elsewhere",
    digits=7,
)

# %% [markdown]
# **Where to read on.** {ref}`The provinces' robustness <ch-df-robustness>` uses an instrument that turns out
# weak, and says what is left.
