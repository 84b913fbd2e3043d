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
# (ch-est-med)=
# # Mediation, and what would undo it
#
# How much of an effect runs through a mediator, and how much beside it? `mediate` splits it and says how
# sure one can be of the product of two slopes. The split means what it says only if nothing unseen moves
# mediator and outcome together; `sensitivity` says how strong such a thing would have to be.

# %% tags=["parameters"]
inference: str = "bootstrap"  # where the interval comes from [bootstrap | monte-carlo]
draws: int = 999  # draws of it [99..9999]
seed: int = 20250613  # seed of the draws [0..4294967295]

# %% [markdown]
# ## Ten lines
#
# Did grants for training make firms in Michigan produce less scrap, and did they do so through training?
# The panel {cite:p}`holzer1993are` ships with linearmodels: firms from 1987 to 1989, with the log of
# scrapped items per hundred, and hours of training per employee. The grant counts from its year on.

# %%
import numpy as np
from linearmodels.datasets import jobtraining

from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import Specification, mediate

# %%
firms = jobtraining.load()
firms["granted"] = firms.sort_values("year").groupby("fcode")["grant"].cummax()
firms = firms.dropna(subset=["lscrap", "hrsemp", "lemploy"]).reset_index(drop=True)
keys = {"entity": "fcode", "time": "year", "effects": ("fcode", "year")}
scrap = Specification("lscrap", "granted", ("lemploy",), **keys)
rng = np.random.default_rng(seed)
fit = mediate(firms, scrap, "hrsemp", inference=inference, draws=draws, rng=rng)
record("example", fit.tidy())

# %%
via = fit.tidy().query("term.str.contains(':via:')").iloc[-1]
glue_numbers(
    total=fit.total, indirect=fit.indirect, low=via["conf_low"], high=via["conf_high"]
)
shown = ["label", "estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs"]
frame_table(
    fit.tidy()[shown],
    name="tab-est-med-example",
    caption="Log scrap rate on the grant, through hours of training and beside them",
    heads={"label": "Part"},
    note=f"Paths: {fit.total_fit.words}.",
)

# %% [markdown]
# The total is {glue:text}`total:.3f` log points. The indirect part is {glue:text}`indirect:.3f`, with an interval
# from {glue:text}`low:.3f` to {glue:text}`high:.3f`. How strong would an omitted variable have to be to take
# a path away?

# %%
import pandas as pd

from digitrade.methods.sensitivity import path_sensitivity

robust = path_sensitivity(firms, fit)
frame_table(
    pd.concat([found.summary() for found in robust.values()]),
    name="tab-est-med-sensitivity",
    caption="What a confounder must explain, as a share of what is left of regressor and outcome",
    heads={"label": "Regression"},
)

# %% [markdown]
# ## What it returns
#
# | From | Field or method | What it holds |
# |:--|:--|:--|
# | `mediate` | `a`, `b`, `direct`, `total`, `indirect`, `share` | the paths, and what follows from them |
# | | `total_fit`, `mediator_fit`, `outcome_fit` | the three regressions, each an `Estimate` |
# | | `tidy()`, `summary()` | a row a path and a row an interval; one row in all |
# | | `drawn`, `failed`, `n_clusters` | the draws, those left out, the clusters |
# | `sensitivity` | `partial_r2`, `robustness_value` | shares a confounder must explain |
# | | `robustness_value_interval`, `benchmarks` | the same for the interval; confounders as strong as a control |
# | `path_sensitivity` | a dictionary | a `Sensitivity` of the total and of both paths |
#
# ## How it fails
#
# A mediator that stands in the equation already, and a way of drawing that there is not, are said at once.

# %%
try:
    mediate(firms, scrap, "lemploy", inference="jackknife", rng=rng)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# The three regressions are those of {cite:t}`baron1986moderator`; what they mean causally is said by
# {cite:t}`imai2010general`. The normal interval is {cite:t}`sobel1982asymptotic`, the drawn one
# {cite:t}`mackinnon2004confidence`, sensitivity {cite:t}`cinelli2020making`.
# `tests/methods/test_mediation.py` compares with statsmodels and with Stata's sgmediation as printed by
# UCLA, `test_sensitivity.py` with R's sensemakr. Here are the paths by linearmodels, and the robustness
# value of the Darfur example in the article from the estimate printed there:

# %%
from linearmodels.panel import PanelOLS

from digitrade.exhibits.comparison import agreement_table
from digitrade.methods.sensitivity import robustness_value

# %%
indexed = firms.set_index(["fcode", "year"])
effects = {"entity_effects": True, "time_effects": True}
first = PanelOLS(indexed["hrsemp"], indexed[["granted", "lemploy"]], **effects).fit().params
both = (
    PanelOLS(indexed["lscrap"], indexed[["granted", "hrsemp", "lemploy"]], **effects)
    .fit()
    .params
)
ours = robustness_value(0.09731582 / 0.02325654, 783)
pairs = {"path a": (fit.a, first["granted"]), "path b": (fit.b, both["hrsemp"])}
pairs |= {
    "direct plus indirect": (fit.total, both["granted"] + first["granted"] * both["hrsemp"])
}
agreement_table(
    pairs | {"robustness value, Darfur": (ours, 0.138776)},
    name="tab-est-med-agreement",
    caption="Paths by two programs, and a printed robustness value",
    elsewhere="linearmodels, sensemakr",
)

# %% [markdown]
# **Where to read on.** {ref}`The provinces' mechanisms <ch-df-mechanisms>` for the split and its limits,
# {ref}`the zones' <ch-pz-mechanisms>` for chains, and for what two significant paths do not show.
