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
# (ch-est-es)=
# # Event studies, and what a treatment dummy averages
#
# What happens in each year before and after a treatment that comes to different units at different times?
# Would the test of the years before have seen a divergence, had there been one? And which treated rows does
# a single treatment dummy count, and with which sign? `event_study`, `pretrend_power` and
# `treatment_weights` answer one question each.

# %% tags=["parameters"]
base: int = -1  # event time whose effect is zero by choice [-2..1]
covariance: str = "clustered"  # standard errors [clustered | robust]

# %% [markdown]
# ## Ten lines
#
# The panel follows manufacturing firms in Michigan from 1987 to 1989 {cite:p}`holzer1993are`; it ships with
# linearmodels. Some received a grant for training in 1988 or in 1989, most never did. The outcome is
# hours of training per employee and year.

# %%
from linearmodels.datasets import jobtraining

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import Specification, event_study

# %%
firms = jobtraining.load()
granted = firms["year"].where(firms["grant"] == 1)
firms["cohort"] = granted.groupby(firms["fcode"]).transform("min")
firms["event_time"] = firms["year"] - firms["cohort"]
firms["treated"] = (firms["year"] >= firms["cohort"]).astype(float)
firms = firms.dropna(subset="hrsemp").reset_index(drop=True)

# %%
keys = {"entity": "fcode", "time": "year", "effects": ("fcode", "year")}
training = Specification("hrsemp", "treated", covariance=covariance, **keys)
study = event_study(firms, training, event_time="event_time", base=base)
record("example", study.tidy())
glue_numbers(p_lead=study.pretrend.p_value, mean=study.mean_effect().estimate)
shown = ["event_time", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
frame_table(
    study.tidy()[[*shown, "n_treated_rows", "n_cohorts"]],
    name="tab-est-es-example",
    caption="Hours of training per employee by years since the grant",
    heads={"event_time": "Years since grant"},
    digits={"event_time": 0, "n_treated_rows": 0, "n_cohorts": 0},
    note=f"Standard errors: {study.estimate.words}.",
)

# %% [markdown]
# The mean effect from the grant on is {glue:text}`mean:.1f` hours. The years before it have
# $p$ = {glue:text}`p_lead:.2f`. What could that test have seen?

# %%
from digitrade.methods import pretrend_power

power = pretrend_power(study.effects, study.vcov, study.post_weights())
frame_table(
    power[["test", "slope", "power", "bias", "bias_if_passed", "mean_effect"]],
    name="tab-est-es-power",
    caption="The divergence, in hours a year, that the test of the years before sees with a given power",
    heads={"power": "Power"},
    digits=2,
)

# %% [markdown]
# With a single lead to test, the joint test is that lead's own. A treatment dummy alone mixes the effects. Its weights, by the year of the grant:

# %%
from digitrade.methods import treatment_weights

weights = treatment_weights(firms, training, cohort="cohort")
frame_table(
    weights.tidy().astype({"cohort": str, "year": str}),
    name="tab-est-es-weights",
    caption="Weights of the treated rows in the coefficient of a treatment dummy",
    digits={"rows": 0, "n_negative": 0},
)

# %% [markdown]
# ## What it returns
#
# | From | Field or method | What it holds |
# |:--|:--|:--|
# | `event_study` | `effects`, `vcov`, `base` | a row an event time, with what it rests on; covariances; the zeros |
# | | `pretrend`, `mean_effect()` | the joint test of the years before; the mean from zero on |
# | | `estimate` | the whole regression, an `Estimate` |
# | `pretrend_power` | a frame | power, bias, and bias among samples that pass, for each test and slope |
# | `treatment_weights` | `rows`, `tidy()`, `negative()` | weights by row, by cell, and how many are negative |
# | | `compatible_sd` | the least spread of effects with which their mean could be zero |
#
# ## How it fails
#
# Without firms that never get a grant, time since the grant, year and firm determine each other but for a
# straight line. The error says which second base closes the gap.

# %%
try:
    event_study(firms.dropna(subset="cohort"), training, event_time="event_time", base=-1)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# Coefficients mix effects of other event times if cohorts differ {cite:p}`sun2021estimating`. Power and bias
# follow {cite:t}`roth2022pretest`, weights Theorem 1 of {cite:t}`dechaisemartin2020two`.
# `tests/methods/test_event_study.py` compares with pyfixest and linearmodels, `test_pretrend.py` with numbers
# of R's and Stata's pretrends, `test_treatment_weights.py` with the example of the article. Here are the
# effects once more, by linearmodels on dummies made by hand:

# %%
import pandas as pd
from linearmodels.panel import PanelOLS

from digitrade.exhibits.comparison import agreement_table

# %%
times = [time for time in study.effects["event_time"] if time != base]
dummies = pd.DataFrame(
    {f"year {k}": (firms["event_time"] == k).astype(float) for k in times}
)
indexed = pd.concat([firms, dummies], axis=1).set_index(["fcode", "year"])
model = PanelOLS(
    indexed["hrsemp"], indexed[list(dummies)], entity_effects=True, time_effects=True
)
theirs, ours = model.fit().params, study.effects.set_index("event_time")["estimate"]
agreement_table(
    {f"effect in year {k}": (ours[k], theirs[f"year {k}"]) for k in times},
    name="tab-est-es-agreement",
    caption="Effects by years since the grant, by two programs",
    elsewhere="linearmodels",
)

# %% [markdown]
# **Where to read on.** {ref}`The zones' baseline <ch-pz-baseline>` has staggered treatment of whole cities,
# the picture that belongs to it, and what the weights say there.
