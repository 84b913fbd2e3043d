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
# (ch-est-match)=
# # Matching on the propensity score
#
# The treated differ from the others before any treatment. Whom can they be compared with? `propensity_score`
# puts what makes them differ into one number, `match` finds those with the same number, `balance` says
# whether they are alike then; `psm_did` does all three in a panel and estimates on what is kept.

# %% tags=["parameters"]
caliper: float = 0.0  # largest distance in sd of the score; none if 0 [0..5]
weighting: str = "weights"  # rows of the panel that count [support | matched | weights]

# %% [markdown]
# ## Ten lines
#
# The data are 4,642 births in Pennsylvania {cite:p}`cattaneo2010efficient`; they ship with statsmodels, in the
# tests of its treatment effects. The treatment is whether the mother smoked, the outcome the child's weight
# in grams.

# %%
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels

# %%
from digitrade.exhibits.glue import glue_numbers, record
from digitrade.exhibits.table import frame_table
from digitrade.methods import balance, match
from digitrade.methods.matching import MatchingRule
from digitrade.methods.matching_did import propensity_score

# %%
folder = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results"
births = pd.read_csv(folder / "cataneo2.csv")
covariates = ["mmarried_", "mage", "fage", "medu", "prenatal1_"]
scores = propensity_score(births, treatment="mbsmoke_", covariates=covariates)
rule = MatchingRule(caliper=caliper or None)
matches = match(scores, births["mbsmoke_"], rule=rule)
alike = balance(births, covariates, matches.treated, matches.weights)

# %%
groups = births.assign(weight=matches.weights).query("weight > 0").groupby("mbsmoke_")
means = {k: np.average(own["bweight"], weights=own["weight"]) for k, own in groups}
raw = births.groupby("mbsmoke_")["bweight"].mean()
glue_numbers(effect=means[1] - means[0], raw=raw[1] - raw[0])
shown = [
    "std_difference",
    "std_difference_matched",
    "variance_ratio",
    "variance_ratio_matched",
]
frame_table(
    alike[["variable", *shown]],
    name="tab-est-match-balance",
    caption="Mothers who smoked against the others, before and after matching",
    note=f"Rule: {rule.words()}.",
)

# %% [markdown]
# The children's weights differ by {glue:text}`raw:.0f` grams (minus: those of mothers who smoked weigh less),
# against matched mothers by {glue:text}`effect:.0f`. How few controls carry this? `matches.counts()` says:

# %%
frame_table(
    matches.counts(),
    name="tab-est-match-counts",
    caption="Rows of each group that matching uses",
    digits={"largest_weight": 2, "effective": 0},
)

# %% [markdown]
# In a panel, scores and matches are made within each year if you like, and a regression follows. Here are
# the firms of {ref}`the page on event studies <ch-est-es>`, matched on size and union:

# %%
from linearmodels.datasets import jobtraining

from digitrade.methods import Specification
from digitrade.methods.matching_did import psm_did

# %%
firms = jobtraining.load()
firms["granted"] = firms.sort_values("year").groupby("fcode")["grant"].cummax()
firms["ever"] = firms.groupby("fcode")["grant"].transform("max")
keys = {"entity": "fcode", "time": "year", "effects": ("fcode", "year")}
training = Specification("hrsemp", "granted", **keys)
paired = {"covariates": ["lemploy", "union"], "treatment": "ever", "within": "year"}
found = psm_did(firms, training, weighting=weighting, **paired)
record("example", found.estimate.tidy())

# %%
frame_table(
    found.estimate.tidy(),
    name="tab-est-match-did",
    caption="Hours of training on the grant, on matched firm-years",
    heads={"statistic": "t"},
    note=f"Standard errors: {found.estimate.words}.",
)

# %% [markdown]
# ## What it returns
#
# | From | Field or method | What it holds |
# |:--|:--|:--|
# | `propensity_score` | a series | probabilities of treatment, on the index of the data |
# | `match` | `weights`, `matched`, `unmatched`, `on_support` | how much each row counts, and who found nobody |
# | | `pairs`, `counts()` | who with whom; how many rows are used, and how evenly |
# | `balance` | a frame | means, standardised differences, ratios of variances, before and after |
# | `psm_did` | `estimate`, `matches`, `scores` | an `Estimate`, and what led to it |
# | | `sample`, `balance()` | rows left after each step; covariates as estimated on |
#
# ## How it fails
#
# Whoever has a grant now ever had one, so the present grant separates the groups and no logit exists.

# %%
try:
    propensity_score(firms, treatment="ever", covariates=["granted"], by="year")
except ValueError as error:
    print(error)

# %% [markdown]
# ## Where it comes from, and what it is tested against
#
# The score is due to {cite:t}`rosenbaum1983central`, matching before differences in differences to
# {cite:t}`heckman1997matching`. Tied controls share the weight, as Stata's `teffects psmatch` has it.
# `tests/methods/test_matching.py` holds scores, ties and effects to a published log of Stata on these births,
# and every rule to a tree or a slow loop. Here is that log's effect on the treated, with neither caliper nor
# other changes, and the largest distance to a match by a tree of scipy:

# %%
from scipy.spatial import cKDTree

from digitrade.exhibits.comparison import agreement_table

# %%
nearest, smoked = match(scores, births["mbsmoke_"]), births["mbsmoke_"] == 1
effect = np.average(births.loc[smoked, "bweight"], weights=nearest.weights[smoked])
effect -= np.average(births.loc[~smoked, "bweight"], weights=nearest.weights[~smoked])
tree = cKDTree(scores[~smoked].to_numpy()[:, None])
farthest = tree.query(scores[smoked].to_numpy()[:, None])[0].max()
pairs = {"effect on the treated, Stata as printed": (effect, -224.5927)}
agreement_table(
    pairs | {"largest distance, scipy": (nearest.pairs["distance"].max(), farthest)},
    name="tab-est-match-agreement",
    caption="Matching by other programs",
    elsewhere="Elsewhere",
    digits=4,
)

# %% [markdown]
# **Where to read on.** {ref}`The zones' robustness <ch-pz-robustness>` matches firm-years, and shows what a
# matched sample as large as the unmatched one says.
