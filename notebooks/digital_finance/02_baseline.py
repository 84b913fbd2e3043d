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
# (ch-df-baseline)=
# # Baseline: two-way fixed effects
#
# **After this chapter you can** estimate a two-way fixed-effects regression, build it up control by
# control, choose among four standard errors and say why, and read a coefficient on a log in two ways.
# **It assumes** {ref}`the chapter on variables <ch-df-variables>`. **It runs** in about ten seconds,
# on public figures only: nothing on this page is simulated.

# %% [markdown]
# ## The claim
#
# The study's headline {cite:p}`hohai2025research` is one coefficient, printed without a standard
# error in the summary that we have.

# %%
from digitrade.data import load_provinces, load_published, published_estimate
from digitrade.exhibits.table import claim_table

rows = load_published("estimates", study="digital_finance")
claim_table(
    rows[rows["table"] == "baseline"],
    name="tab-df-baseline-claim",
    caption="The claim, as a news summary of the study prints it",
)

# %% [markdown]
# The equation compares how much faster or slower than its own average, and than the country's average
# in that year, a province's outcome and index moved:
#
# ```{math}
# :label: eq-df-baseline
# y_{it} = \alpha_i + \lambda_t + \beta \ln DFI_{it} + \gamma' z_{it} + u_{it}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $y_{it}$ | outcome of province $i$ in year $t$ | the parameter `outcome` |
# | $\ln DFI_{it}$ | log of the digital finance index | `ln_dfi` |
# | $z_{it}$ | controls | the parameter `controls` |
# | $\alpha_i$, $\lambda_t$ | effects | `province`, `year` |
#
# The study's outcome is not shipped with this book, so the regression here has another outcome than
# the study's. That is no re-estimation of its number. It asks whether trade figures that anybody can
# check tell the same story.

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2021]
last_year: int = 2021  # last year [2011..2021; at least first_year + 2]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
outcome: str = "openness"  # outcome of the regression [openness | ln_trade | trade_quality]
controls: list[str] = [
    "ln_gdp_per_head",
    "urbanisation",
    "secondary_share",
    "government_share",
]  # controls, in the order in which they enter [control; in order]
covariance: str = "clustered"  # standard errors [clustered | robust | driscoll-kraay]
bandwidth: int = 2  # lags of that kernel [0..8; at most last_year - first_year if covariance = driscoll-kraay]
draws: int = 9999  # draws of the wild cluster bootstrap [99..99999]
seed: int = 20250613  # seed of the bootstrap [0..4294967295]
confidence: float = 0.95  # level of the confidence intervals [0.5..0.999]

# %%
from digitrade.methods.sample import Sample, complete_rows
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

OUTCOMES = ["openness", "ln_trade", "trade_quality"]
sample = years_between(Sample.of(load_provinces()), first_year, last_year)
sample = without_provinces(sample, provinces_excluded)
panel = complete_rows(Sample.of(build_province_panel(sample.panel)), OUTCOMES).panel

# %%
lags = min(bandwidth, last_year - first_year)
errors = {"covariance": covariance, "bandwidth": lags, "confidence": confidence}
baseline = BASELINE.replace(outcome=outcome, controls=tuple(controls), **errors)

# %% [markdown]
# ## First, how much is there to learn from?
#
# Before any coefficient, ask what it rests on. Fixed effects throw away every difference between
# provinces that lasts, and every movement that all provinces share.

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.methods.regression import catch_up_share, within_by, within_share

spread = 100 * within_by(panel, "ln_dfi", "year", baseline)
glue_numbers(left=100 * within_share(panel, "ln_dfi", baseline))
glue_numbers(catch_up=100 * catch_up_share(panel, "ln_dfi", baseline))
glue_numbers(rows=len(panel), provinces=panel["province"].nunique())
glue_numbers(top_year=spread.idxmax(), top_share=spread.max())

# %% [markdown]
# There are {glue:text}`rows` rows from {glue:text}`provinces` provinces, and they keep
# {glue:text}`left:.1f` per cent of the log index's variance. {glue:text}`top_share:.0f` per cent of
# that remainder lies in {glue:text}`top_year`; {glue:text}`catch_up:.0f` per cent of it is the fading
# of the differences in the first year. All estimates below are made from this remainder.
#
# ## The obvious estimate, and what is wrong with it
#
# Regress the outcome on the index with no effects at all, and you compare Shanghai with Gansu and
# 2021 with 2011. Add province effects, and you compare a province with itself, but any trend that
# the whole country shares is credited to digital finance. Only with both do trends drop out.

# %%
from digitrade.data.labels import label
from digitrade.exhibits.table import exhibit_table, frame_table, regression_table
from digitrade.methods.estimate import combine
from digitrade.methods.regression import build_up, fit_all, fixed_effects

naive = fit_all(
    panel,
    [
        baseline.replace(effects=(), controls=(), label="None"),
        baseline.replace(effects=("province",), controls=(), label="Province"),
        baseline.replace(controls=(), label="Province and year"),
    ],
)

# %%
regression_table(
    naive,
    name="tab-df-baseline-naive",
    caption=f"{label(outcome)} on the log index, three sets of effects, public",
)

# %%
record("naive", combine(naive).assign(source="public"))
for base, fit in zip(["pooled", "province_only", "two_way"], naive, strict=True):
    glue_row(base, fit.main)

# %% [markdown]
# The estimate goes from {glue:text}`pooled:.3f` over {glue:text}`province_only:.3f` to
# {glue:text}`two_way:.3f` ({glue:text}`two_way_se:.3f`). Such swings are a warning: the answer
# depends on which comparison you make, so be ready to defend the comparison.
#
# ## Built up, control by control
#
# Poor inland provinces caught up on the index *and* grew faster. Controls hold some of that apart. In
# {numref}`tab-df-baseline-columns` they enter one at a time, in an order chosen before looking.

# %% tags=["full-width"]
columns = fit_all(panel, build_up(baseline))
regression_table(
    columns,
    name="tab-df-baseline-columns",
    caption=f"{label(outcome)} on the log index, control by control, public",
)

# %%
full = columns[-1].main
record("columns", combine(columns).assign(source="public"))
glue_row("beta", full)

# %% [markdown]
# With all controls the coefficient is {glue:text}`beta:.3f`, standard error {glue:text}`beta_se:.3f`
# ($p$ = {glue:text}`beta_p:.3f`). Here is the same number as a picture: outcome and index, both cleared of
# effects and controls {cite:p}`frisch1933partial,lovell1963seasonal`. The slope of the line *is* the
# coefficient, and you can see who makes it.

# %%
from digitrade.exhibits.shapes import added_variable_plot
from digitrade.methods.regression import partial_out

added_variable_plot(
    partial_out(panel, "ln_dfi", baseline),
    partial_out(panel, outcome, baseline),
    panel["region"],
    name="fig-df-baseline-added",
    caption="The coefficient as a slope. Each point is a province in a year. Public figures.",
)

# %% [markdown]
# You need not take our program's word for it. Here is the same regression in linearmodels
# {cite:p}`sheppard2025linearmodels`, with all of its corrections for the size of the sample switched off.

# %%
from linearmodels.panel import PanelOLS

keyed = panel.set_index(["province", "year"])
regressors = keyed[[*baseline.regressors]]
model = PanelOLS(keyed[outcome], regressors, entity_effects=True, time_effects=True)
off = {"debiased": False, "auto_df": False, "count_effects": False}
theirs = model.fit(cov_type="clustered", cluster_entity=True, **off)

# %%
import numpy as np

ours = fixed_effects(panel, baseline.replace(covariance="clustered")).tidy()
ours = ours.set_index("term")
apart = (theirs.params / ours["estimate"] - 1).abs().max() + np.finfo(float).eps
larger = ours["std_error"]["ln_dfi"] / theirs.std_errors["ln_dfi"]
glue_numbers(digits=int(min(-np.log10(apart), 10)), larger=larger)

# %% [markdown]
# All coefficients agree with ours to {glue:text}`digits` digits or more. Clustered by province, our
# standard error is {glue:text}`larger:.3f` times as large, and all of that is the factor
# $\frac{G}{G-1}\frac{N-1}{N-K}$ on the variance, which we put on ourselves and name under each table: programs differ in
# theirs.
#
# ## How sure can we be?
#
# A standard error is a claim about which errors move together. If every row were on its own, the
# *robust* one would do. But a province's good years follow each other, so rows of one province are
# not independent pieces of news {cite:p}`bertrand2004how`: *cluster* by province. But
# {glue:text}`provinces` clusters are few, and cluster-robust tests then reject too often
# {cite:p}`cameron2015practitioner`; the *wild cluster bootstrap* {cite:p}`cameron2008bootstrap`
# builds the distribution of the test from the data, by switching the signs of whole provinces'
# residuals. And provinces share shocks that the
# year effects do not take out, such as a fall in demand that hits ports only; *Driscoll–Kraay*
# errors {cite:p}`driscoll1998consistent` allow for that, but lean on a long time dimension, and ten
# years are not long.

# %%
from digitrade.methods.specification import COVARIANCES
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

kinds = [baseline.replace(covariance=name, label=name) for name in COVARIANCES]
inference = combine(fit_all(panel, kinds)).query("term == 'ln_dfi'")
rng = np.random.default_rng(seed)
wild = wild_cluster_bootstrap(panel, baseline, draws=draws, rng=rng).tidy()

# %%
import pandas as pd

uncertainty = pd.concat([inference, wild])
frame_table(
    uncertainty[["covariance", "std_error", "p_value", "conf_low", "conf_high"]],
    name="tab-df-baseline-inference",
    caption="One coefficient, four ways to be unsure of it, public figures",
    note="N rows, G groups, K parameters not nested in the groups. The "
    "bootstrap has no standard error; its interval holds the null values "
    "that it does not reject.",
)

# %%
p_values = uncertainty["p_value"]
record("inference", uncertainty.assign(source="public"))
glue_row("wild", wild.iloc[0])
glue_numbers(widest=p_values.max(), narrowest=p_values.min())

# %% [markdown]
# The four $p$-values lie between {glue:text}`narrowest:.3f` and {glue:text}`widest:.3f`; the
# bootstrap's is {glue:text}`wild_p:.3f`, its interval {glue:text}`wild_low:.3f` to
# {glue:text}`wild_high:.3f`. With so few clusters it is the one to quote.
#
# Packages disagree on small-sample factors. We multiply the clustered covariance by
# $\frac{G}{G-1}\frac{N-1}{N-K}$ and do not count the province effects in $K$, as they are nested in
# the clusters; counting them, as linearmodels does unless told otherwise, makes the standard error
# somewhat larger. Neither is wrong. Not saying which is.
#
# ## Two outcomes that disagree
#
# If digital finance raises trade, several measures of trade should rise. Estimate the same equation
# for openness, for log trade and for the public quality index.

# %%
heads = [label(name) for name in OUTCOMES]
others = fit_all(
    panel,
    [baseline.replace(outcome=name, label=f"Public: {label(name)}") for name in OUTCOMES],
)
regression_table(
    others,
    heads=heads,
    name="tab-df-baseline-outcomes",
    caption="The same equation for three outcomes, public figures",
)

# %%
record("outcomes", combine(others).assign(source="public"))
for base, fit in zip(["openness", "trade", "quality"], others, strict=True):
    glue_row(base, fit.main)

# %% [markdown]
# They do not agree. Openness goes up with the index, {glue:text}`openness:.3f`
# ({glue:text}`openness_se:.3f`), while log trade goes *down*, {glue:text}`trade:.3f`
# ({glue:text}`trade_se:.3f`), and the composite does neither, {glue:text}`quality:.3f`
# ({glue:text}`quality_se:.3f`). A paper that showed only the first column would have a result.
#
# How can trade over output rise and trade fall? Sort the provinces into thirds by the index they
# started from, and look at what changed until the last year.

# %%
from digitrade.studies.digital_finance.variables import changes_by_start

shown = ["ln_dfi", "openness", "ln_trade"]
frame_table(
    changes_by_start(panel, "dfi", shown),
    name="tab-df-baseline-thirds",
    caption="Who moved, by the index at the start, public figures",
    heads={"group": "Start", "ln_dfi": "Change: ln index"},
    digits={"level": 1, "ln_dfi": 2, "openness": 2, "ln_trade": 2},
)

# %% [markdown]
# The third that started high is the coast. Its index had the least to catch up, and over the same
# years its very large trade shares shrank. The third that started low is inland: its index grew most
# in logs, its openness changed little, because there was little of it, and its trade grew least in
# per cent. So openness, measured in *levels*, moves with the log index because of what the coast lost;
# log trade, which weighs a halving in Qinghai like a halving in Guangdong, moves against it because
# of what the far west did not gain. The sign rests on whether one counts yuan or per cent. Neither
# column is evidence that mobile payments did it.

# %%
in_logs = panel.assign(ln_openness=np.log(panel["openness"]))
ratio = fixed_effects(in_logs, baseline.replace(outcome="ln_openness"))
glue_row("log_openness", ratio.main)

# %% [markdown]
# The check is one line: take the log of openness, and its coefficient turns into
# {glue:text}`log_openness:.3f` ({glue:text}`log_openness_se:.3f`).
#
# ## Reading the number
#
# The study's news summary says that one per cent more of the index goes with so many *per cent* more
# quality. Whether that is right depends on the outcome, and our sources do not settle which it was.

# %%
printed = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
glue_numbers(printed=printed, per_cent=printed / 100, doubling=printed * np.log(2))
glue_numbers(own_ten=100 * full.estimate * np.log(1.1))

# %% [markdown]
# - **Outcome in levels**, such as an index between 0 and 1: one per cent more of the index goes with
#   about $\beta / 100$, that is {glue:text}`per_cent:.6f` *units* of quality, not
#   {glue:text}`printed:.4f` per cent of it. A doubling goes with {glue:text}`doubling:.3f` units.
# - **Outcome in logs**: one per cent more of the index goes with about {glue:text}`printed:.4f` *per
#   cent* more quality, which is what the summary's sentence says.
#
# The two differ by the level of the outcome: at a quality of one half, the first reading is about
# twice the second. For our own regression with openness, a ten per cent higher index goes with
# {glue:text}`own_ten:.2f` percentage points of output more trade.
#
# ## Printed and public
#
# {numref}`tab-df-baseline-exhibit` puts the printed coefficient beside ours. Outcomes differ, so the
# distance is not a test of the study; it tells how far the printed number is from what public trade
# figures give under the same equation.

# %%
exhibit_table(
    printed,
    others,
    name="tab-df-baseline-exhibit",
    caption="The coefficient of the log index, printed and public",
)

# %% [markdown]
# ## What we learned, and what we did not
#
# On public figures the two-way estimate has one sign for openness and the other for log trade, and it
# is made from a small remainder of the index, mostly its catching up after the first year. That does
# not contradict the study, whose outcome is another; it does mean that its claim cannot be checked
# against trade volumes, and that the direction of the effect depends on how trade is measured.
#
# We did not learn what digital finance *causes*: nothing here keeps apart catching up on the index
# from everything else that happened to provinces that were behind in 2011. A referee would ask for
# estimates without the first years, for province trends, for an instrument, and for the outcome's
# definition.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Leave out the years of catching up
# :label: ex-df-baseline-late
# Estimate the baseline from 2013 on. What happens to the coefficient, and what to its standard error?
# ```
#
# ```{solution-start} ex-df-baseline-late
# :class: dropdown
# ```
#
# The coefficient moves, and the standard error grows several times: once catching up is over there is
# little left to compare.

# %%
late = fixed_effects(panel[panel["year"] >= 2013], baseline)
late.tidy().head(1).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} East, centre, west
# :label: ex-df-baseline-regions
# Estimate the baseline for openness in each region. Then say why three separate stars are no test of a
# difference between regions.
# ```
#
# ```{solution-start} ex-df-baseline-regions
# :class: dropdown
# ```
#
# One significant and one insignificant coefficient can be equal; only a test of their difference
# compares them. And with eight central provinces the clustered covariance itself is shaky.

# %%
regions = {name: fixed_effects(rows, baseline) for name, rows in panel.groupby("region")}
slopes = combine(regions).query("term == 'ln_dfi'")
slopes[["label", "estimate", "std_error", "n_obs"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Last year's index
# :label: ex-df-baseline-lag
# Replace the index by its value one year earlier. Does timing change the story?
# ```
#
# ```{solution-start} ex-df-baseline-lag
# :class: dropdown
# ```
#
# Lag within the province, drop the rows without a lag, and change one thing in the specification.
# Since trade in 2015 is missing, lag the index before the outcome's gaps cut the sample.

# %%
full_panel = build_province_panel(sample.panel).sort_values(["province", "year"])
full_panel["lag_ln_dfi"] = full_panel.groupby("province")["ln_dfi"].shift()
lagged = full_panel.dropna(subset=["lag_ln_dfi", *OUTCOMES])
fixed_effects(lagged, baseline.replace(regressor="lag_ln_dfi")).tidy().head(1).round(3)

# %% [markdown]
# ```{solution-end}
# ```
