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
# (ch-df-variables)=
# # Variables: what public figures can build
#
# **After this chapter you can** say what the study regresses on what, build every variable that
# public figures allow, and name those that they do not. **It assumes** that you know what a
# logarithm and a panel are. **It runs** in a few seconds, on public figures only: nothing on this
# page is simulated.

# %% [markdown]
# ## The claim
#
# Zhejiang's trade comes to more than half of its output, Qinghai's to a few per cent. In 2011 Zhejiang
# also stood more than four times as high as Qinghai on an index of digital finance; ten years later it was
# ahead by about a third. Is digital finance a reason for trade, and what did the catching up change?
# The study {cite:p}`hohai2025research` follows thirty provinces from 2011 to 2021 and reports that
# digital finance raises the *quality* of foreign trade. Its headline is one number.

# %%
from digitrade.data import load_codebook, load_provinces, load_published
from digitrade.exhibits.table import claim_table, descriptive_table, frame_table

printed = load_published("estimates", study="digital_finance")
claim_table(
    printed.query("table == 'baseline'"),
    name="tab-df-variables-claim",
    caption="The claim, as a news summary of the study prints it",
)

# %% [markdown]
# Behind it stands a regression of an outcome on the index, with an intercept for every province and
# one for every year:
#
# ```{math}
# :label: eq-df-variables
# HDFT_{it} = \alpha_i + \lambda_t + \beta \ln DFI_{it} + \gamma' z_{it} + u_{it}
# ```
#
# | Symbol | Meaning | Column here |
# |:--|:--|:--|
# | $HDFT_{it}$ | high-quality development of foreign trade | not shipped; stand-ins `openness`, `ln_trade`, `trade_quality` |
# | $\ln DFI_{it}$ | log of the digital finance index | `ln_dfi` |
# | $z_{it}$ | controls | `ln_gdp_per_head`, `urbanisation`, `secondary_share`, `government_share` |
# | $\alpha_i$, $\lambda_t$ | province and year effects | `province`, `year` |
#
# The indicators that make up the study's $HDFT$ are not in our sources, so nobody can rebuild it
# from here. What we can do is build outcomes that anybody can check, and see whether they tell the
# same story. These are the parameters of the chapter.

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2021]
last_year: int = 2021  # last year [2011..2021; at least first_year + 1]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 28]
ingredients: list[str] = [
    "openness",
    "trade_per_head",
    "inventions_per_head",
    "technology_share",
]  # what the public trade-quality index is made of [ingredient; at least 1]
weighting: str = "entropy"  # rule of their weights [entropy | equal | principal-component]

# %% [markdown]
# ## The figures and the sample
#
# The figures are those of the producers, one row for each province and year. Loading them checks
# every cell against the codebook. Then the sample is cut, with an account of what each cut removes.

# %%
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces, years_between

sample = Sample.of(load_provinces(), "All province-years")
sample = years_between(sample, first_year, last_year)
sample = without_provinces(sample, provinces_excluded)

# %%
caption = "The sample, cut by cut"
frame_table(sample.steps, name="tab-df-variables-sample", caption=caption)

# %% [markdown]
# Some figures were never there to be had. Trade in 2015 is missing from the exports these tables
# were transcribed from, and the level of investment has not been published since 2017. A gap stays a
# gap: an interpolated trade figure would be our guess, and would look like a customs figure.

# %%
gaps = load_codebook("provinces").query("missing_where != ''")
frame_table(
    gaps[["title", "producer", "missing_where", "cells_missing"]],
    name="tab-df-variables-gaps",
    caption="What is missing, and where",
)

# %% [markdown]
# ## The regressor
#
# The index of digital financial inclusion is built at Peking University from the records of a large
# payment company {cite:p}`guo2020measuring`. Look at it before you regress anything on it.

# %% tags=["full-width"]
from digitrade.exhibits.series import small_multiples
from digitrade.studies.digital_finance.variables import build_province_panel

panel = build_province_panel(sample.panel, ingredients=ingredients, weighting=weighting)
small_multiples(
    panel,
    "dfi",
    name="fig-df-variables-index",
    caption="The index by province; highest and lowest of the last year in "
    "orange. Public figures.",
)

# %% [markdown]
# All provinces move together. That is the first thing to worry about: two-way fixed effects compare how
# *differently* provinces move, and there is little difference to see. We can say how little. Take the log
# index, subtract what its province's and its year's average explain, and ask what share of the variance is
# left.

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.methods.regression import catch_up_share, within_by, within_share
from digitrade.studies.digital_finance.variables import BASELINE, CONTROLS

by_year = within_by(panel, "ln_dfi", "year", BASELINE)
glue_numbers(
    left=100 * within_share(panel, "ln_dfi", BASELINE),
    top_year=by_year.idxmax(),
    top_share=100 * by_year.max(),
    even=100 / len(by_year),
    catch_up=100 * catch_up_share(panel, "ln_dfi", BASELINE),
)

# %%
index = panel.pivot(index="year", columns="province", values="dfi")
begin, end = index.iloc[0], index.iloc[-1]
glue_numbers(
    first=index.index[0], low=begin.min(), high=begin.max(), times=begin.max() / begin.min()
)
glue_numbers(last=index.index[-1], end_low=end.min(), end_high=end.max())
glue_numbers(end_times=end.max() / end.min())

# %% [markdown]
# Only {glue:text}`left:.1f` per cent of the variance is left. Were it spread evenly, each year would hold
# {glue:text}`even:.0f` per cent of it; {glue:text}`top_year` holds {glue:text}`top_share:.0f`.

# %%
from digitrade.exhibits.shapes import bar_plot, correlation_plot

bar_plot(
    by_year,
    name="fig-df-variables-years",
    caption="Where the variation that is left lies. Public figures.",
    axis="Per cent",
    subject="the log index's variation within province and year, by year",
)

# %% [markdown]
# The reason is arithmetic. In {glue:text}`first` the index ran from {glue:text}`low:.0f` to
# {glue:text}`high:.0f` points, in {glue:text}`last` from {glue:text}`end_low:.0f` to
# {glue:text}`end_high:.0f`: the highest was at first {glue:text}`times:.2f` times the lowest, and in the
# end {glue:text}`end_times:.2f` times.

# %% [markdown] tags=["if:times>end_times"]
# In logs such ratios count, so in logs the gap closed.

# %% [markdown]
# The province's level in the first year, fading or growing over time, accounts for
# {glue:text}`catch_up:.0f` per cent of all the variation that is left.

# %% [markdown] tags=["if:catch_up>50"]
# So a two-way regression mostly asks: did trade change in another way in *provinces that started low, and
# therefore caught up in logs*? Anything else that happened to such provinces in these years is in the same
# coefficient. Keep this in mind in the next chapter.

# %% [markdown]
# ## Outcomes that anybody can check
#
# **Openness** is imports plus exports over gross regional product. Trade is reported in dollars and
# output in yuan, so an exchange rate is needed: we take the yearly average of the China Statistical
# Yearbook. With year effects in the regression of *log* trade its choice does not matter at all, as
# it shifts all provinces of a year alike.
#
# **Log trade** is the log of imports plus exports.
#
# **Trade quality (public)** is our own composite, on a scale from 0 to 1, of the ingredients named
# in the parameters. Each is scaled to run from 0 to 1 over all province-years; then they are added
# up with weights. The entropy method lets the data choose them: an ingredient that is spread very
# unequally has low entropy
#
# ```{math}
# :label: eq-df-entropy
# e_j = -\frac{1}{\ln n} \sum_{i=1}^{n} p_{ij} \ln p_{ij},
# \qquad w_j = \frac{1 - e_j}{\sum_k (1 - e_k)},
# ```
#
# with $p_{ij}$ the share of row $i$ in the total of the scaled ingredient $j$
# {cite:p}`shannon1948mathematical,zou2006entropy`, and gets a large weight. The rule does not ask what
# matters for trade: what is rare need not be important. So compare.

# %%
import pandas as pd

from digitrade.methods.indices import WEIGHTINGS, composite_weights

weights = {
    rule: composite_weights(panel, positive=ingredients, weighting=rule)
    for rule in WEIGHTINGS
}

# %%
frame_table(
    pd.DataFrame(weights).reset_index(names="Ingredient"),
    name="tab-df-variables-weights",
    caption="Weights of the public trade-quality index under three rules",
    note="All public figures; rows with a gap in any ingredient are left out.",
)

# %%
from digitrade.exhibits.phrases import listed

quality = panel.dropna(subset="trade_quality")
between = 1 - within_share(
    quality, "trade_quality", BASELINE.replace(effects=("province",))
)
final = quality[quality["year"] == quality["year"].max()].nlargest(3, "trade_quality")
glue_numbers(between=100 * between, best=listed(final["province"]))

# %% [markdown]
# Two warnings. This composite is *not* the study's $HDFT$: it has the same intention, and other
# ingredients. And it measures levels of richness. In the last year {glue:text}`best` are at the top, and
# {glue:text}`between:.0f` per cent of its variance lies between provinces, which the fixed effects throw
# away.
#
# ## Controls and other variables
#
# The controls are those that this literature uses: log output per head, the urban share of the
# population, the secondary sector's share of output, and public expenditure over output. The study's
# own list is not in our sources. Infrastructure density, road and rail length per land area, will
# serve as a mechanism later.

# %%
outcomes = ["openness", "ln_trade", "trade_quality"]
described = ["ln_dfi", *outcomes, *CONTROLS, "infrastructure"]
descriptive_table(
    panel,
    described,
    name="tab-df-variables-descriptives",
    caption="Descriptive statistics, public figures",
)

# %% [markdown]
# ## What moves with what
#
# Rich provinces are urban, open and have dense roads: log output per head has a correlation of
# {glue:text}`rich_urban:.2f` with the urban share, {glue:text}`rich_open:.2f` with openness and
# {glue:text}`rich_dense:.2f` with infrastructure density. {numref}`fig-df-variables-correlation` mixes
# differences between provinces and over time; it is no evidence of any effect, but it shows what
# a regression has to hold apart.

# %%
correlation_plot(
    panel,
    described,
    name="fig-df-variables-correlation",
    caption="Correlations over all province-years. Public figures.",
)

# %%
rich = panel[described].corr()["ln_gdp_per_head"]
glue_numbers(rich_urban=rich["urbanisation"], rich_open=rich["openness"])
glue_numbers(rich_dense=rich["infrastructure"])

# %% [markdown]
# ## What is not here
#
# What follows is published or held by somebody, but not shipped with this book. Chapters that need
# it run on a labelled simulation, the *twin*.
#
# | The study uses | Here |
# |:--|:--|
# | $HDFT$ and its indicators | not shipped: the indicator system is not in our sources |
# | breadth, depth and digitalisation of the index | not shipped: the makers give the workbook free of charge, their terms say nothing on passing it on |
# | financial development (loans, deposits) | not shipped |
# | internet penetration | not shipped |
# | investment over output after 2017 | levels are not published |
#
# ## What we learned, and what we did not
#
# We can build the regressor exactly: the study's printed thresholds are logs of two observed values
# of this very index. We cannot build its outcome, only stand-ins. And before any regression we have seen
# that the comparison rests on {glue:text}`left:.1f` per cent of the regressor's variance,
# {glue:text}`top_share:.0f` per cent of it from {glue:text}`top_year`, {glue:text}`catch_up:.0f` per cent
# of it from where provinces started. A referee would ask what the estimate looks like without the first
# years; the next chapter lets you try.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Without the first two years
# :label: ex-df-variables-late
# How much of the log index's variance is left within province and year if the first two years are left
# out? Predict first: more or less? And is catching up over by then?
# ```
#
# ```{solution-start} ex-df-variables-late
# :class: dropdown
# ```
#
# From {glue:text}`late_first` on {glue:text}`late_left:.1f` per cent of the variance is left, against
# {glue:text}`left:.1f`. The largest share of one year is now {glue:text}`late_top:.0f` per cent, in
# {glue:text}`late_top_year`, and where the provinces stood in {glue:text}`late_first` accounts for
# {glue:text}`late_catch_up:.0f` per cent. As long as these two numbers are large, catching up goes on.

# %%
years = sorted(panel["year"].unique())
late = panel[panel["year"] >= years[min(2, len(years) - 2)]]
late_years = within_by(late, "ln_dfi", "year", BASELINE)
glue_numbers(
    late_first=late["year"].min(), late_left=100 * within_share(late, "ln_dfi", BASELINE)
)
glue_numbers(late_top=100 * late_years.max(), late_top_year=late_years.idxmax())
glue_numbers(late_catch_up=100 * catch_up_share(late, "ln_dfi", BASELINE))
late_years.round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Does the weighting matter?
# :label: ex-df-variables-weights
# Rank the provinces by the trade-quality index of the last year under entropy and under equal
# weights. How far do the ranks agree?
# ```
#
# ```{solution-start} ex-df-variables-weights
# :class: dropdown
# ```
#
# Build the panel twice and take Spearman's rank correlation, which is one if all ranks are the same. It is
# {glue:text}`ranks:.3f`, and {glue:text}`places` of {glue:text}`ranked` provinces change their place.

# %%
equal = build_province_panel(sample.panel, ingredients=ingredients, weighting="equal")
last = panel["year"] == quality["year"].max()
both = panel.loc[last, "trade_quality"], equal.loc[last, "trade_quality"]
ranks = both[0].corr(both[1], method="spearman")
places = int((both[0].rank() != both[1].rank()).sum())
glue_numbers(ranks=ranks, places=places, ranked=len(both[0]))
ranks

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The exchange rate
# :label: ex-df-variables-rate
# Show that the exchange rate cannot change the two-way estimate for log trade: what is left of
# `ln_trade` within province and year is the same in yuan and in dollars.
# ```
#
# ```{solution-start} ex-df-variables-rate
# :class: dropdown
# ```
#
# Log trade in dollars differs by a number that is the same for all provinces of a year; the year
# effect takes it out. The largest difference is rounding.

# %%
import numpy as np

from digitrade.methods.regression import within

dollars = panel.assign(ln_usd=np.log(sample.panel["trade_usd_million"]))
rows = dollars.dropna(subset="ln_trade")
(within(rows, "ln_trade", BASELINE) - within(rows, "ln_usd", BASELINE)).abs().max()

# %% [markdown]
# ```{solution-end}
# ```
