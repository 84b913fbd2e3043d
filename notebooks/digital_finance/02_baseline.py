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
# **After this chapter you can** estimate a two-way fixed-effects regression, draw which controls it
# may and may not have, choose among four standard errors and say why, and read a coefficient on a log.
# **It assumes** {ref}`the chapter on variables <ch-df-variables>`. **It runs** in about ten seconds,
# on public figures only: nothing on this page is simulated.

# %% [markdown]
# ## The claim
#
# The study {cite:p}`hohai2025research` makes four claims: a direct effect, two mechanisms, differences
# between regions, and thresholds. This chapter is about the first: the coefficient of
# {glue:text}`printed:.4f`, which the summary that we have prints without a standard error.
#
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
from digitrade.data import load_provinces, published_estimate
from digitrade.methods.sample import Sample, complete_rows
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

OUTCOMES = ["openness", "ln_trade", "trade_quality"]
sample = years_between(Sample.of(load_provinces()), first_year, last_year)
sample = without_provinces(sample, provinces_excluded)
panel = complete_rows(Sample.of(build_province_panel(sample.panel)), OUTCOMES).panel

# %%
lags = min(bandwidth, panel["year"].nunique() - 1)
errors = {"covariance": covariance, "bandwidth": lags, "confidence": confidence}
baseline = BASELINE.replace(outcome=outcome, controls=tuple(controls), **errors)

# %% [markdown]
# ## First, how much is there to learn from?
#
# Before any coefficient, ask what it rests on. {ref}`The chapter on variables <ch-df-variables>` has
# counted how little fixed effects leave of the index. Here only rows with trade figures can be used, without
# 2015, so the shares differ slightly.

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.methods.regression import catch_up_share, within_by, within_share

spread = 100 * within_by(panel, "ln_dfi", "year", baseline)
glue_numbers(left=100 * within_share(panel, "ln_dfi", baseline))
glue_numbers(catch_up=100 * catch_up_share(panel, "ln_dfi", baseline))
glue_numbers(rows=len(panel), provinces=panel["province"].nunique())
glue_numbers(n_years=panel["year"].nunique())
glue_numbers(top_year=spread.idxmax(), top_share=spread.max())

# %% [markdown]
# The {glue:text}`rows` rows from {glue:text}`provinces` provinces keep {glue:text}`left:.1f` per cent of the
# log index's variance, {glue:text}`top_share:.0f` per cent of it in {glue:text}`top_year`, and
# {glue:text}`catch_up:.0f` per cent of it is catching up from where provinces started. All estimates below
# are made from this remainder.
#
# So look at the changes before any regression. Sort the provinces into thirds by the index they
# started from, and see what changed from the first year to the last.

# %%
from digitrade.data.labels import label
from digitrade.exhibits.table import frame_table, regression_table
from digitrade.studies.digital_finance.variables import changes_by_start, thirds_by_start

changed = ["ln_dfi", "openness", "ln_trade", "urbanisation"]
frame_table(
    changes_by_start(panel, "dfi", changed),
    name="tab-df-baseline-thirds",
    caption="Who moved, by the index at the start: mean changes, public figures",
    heads={"group": "Start", "ln_dfi": "Change: ln index"},
    digits={"level": 1},
)

# %%
from digitrade.exhibits.phrases import agreement, compared, listed, unit_effect

starts = panel[panel["year"] == panel["year"].min()].set_index("province")["dfi"]
thirds = thirds_by_start(starts)
glue_numbers(
    high=listed(thirds.index[thirds == "high"]), low=listed(thirds.index[thirds == "low"])
)

# %% [markdown]
# The third that started high is {glue:text}`high`. The third that started low is {glue:text}`low`.

# %% [markdown] tags=["own-run"]
# The high third is not the same as the coast: it has Chongqing, which lies far inland, and it does
# without Shandong and Hebei, which have ports. Its log index grew least, and its very large trade shares
# shrank most. The low third's log index grew most and its openness changed little, as there was little of
# it. So where the log index grew more, openness fell less. Log trade grew most in the middle third: here
# the table has no clear direction.

# %% [markdown]
# ## The obvious estimate, and what is wrong with it
#
# Regress the outcome on the index with no effects at all, and you compare Shanghai with Gansu and
# 2021 with 2011. Add province effects, and you compare a province with itself, but any trend that
# the whole country shares is credited to digital finance. Year effects take this common trend out.
# They do not take out a trend of a province's own: had Gansu's trade lagged behind Shanghai's in any
# case, the lag would still be in the coefficient.

# %%
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
# {glue:text}`two_way:.3f` ({glue:text}`two_way_se:.3f`). Each answers another question, so be ready to
# say which comparison you make and why.
#
# ## Built up, control by control
#
# A province may have caught up on the index *and* have grown faster for other reasons. Controls hold
# some of these constant. In {numref}`tab-df-baseline-columns` they enter one at a time, in an order
# chosen before looking.

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
steps = combine(columns).query("term == 'ln_dfi'")["estimate"].reset_index(drop=True)
step = int(steps.diff().abs().fillna(0).to_numpy().argmax())
glue_numbers(step=step, step_control=label([*controls, ""][step - 1]))
glue_numbers(step_from=steps[max(step - 1, 0)], step_to=steps[step])

# %% [markdown] tags=["if:step"]
# The largest step comes with *{glue:text}`step_control`*: the coefficient of the index goes from
# {glue:text}`step_from:.3f` to {glue:text}`step_to:.3f`. Whether this control should be there at all is
# the question of {ref}`the section on controls <sec-df-baseline-controls>`.

# %% [markdown]
# With all controls the coefficient is {glue:text}`beta:.3f`, standard error {glue:text}`beta_se:.3f`
# ({glue:text}`beta_p_is`). {numref}`fig-df-baseline-added` shows the same number as a picture: outcome
# and index, both cleared of effects and controls {cite:p}`frisch1933partial,lovell1963seasonal`. The
# slope of the line is the coefficient. The four rows that move it most are named.

# %%
from digitrade.exhibits.shapes import added_variable_plot
from digitrade.methods.influence import influence
from digitrade.methods.regression import partial_out

top = (
    influence(panel, baseline).rows.sort_values("change", key=abs, ascending=False).head(4)
)
names = top["province"] + " " + top["year"].astype(str)
added_variable_plot(
    partial_out(panel, "ln_dfi", baseline),
    partial_out(panel, outcome, baseline),
    panel["region"],
    named=names,
    name="fig-df-baseline-added",
    caption="The coefficient as a slope. Each point is a province in a year; named are the four whose "
    "loss would change the slope most. Public figures.",
)

# %%
glue_numbers(top=names.iloc[0], second=names.iloc[1])
glue_numbers(without_top=top["estimate_without"].iloc[0])
glue_numbers(without_second=top["estimate_without"].iloc[1])

# %% [markdown]
# Without {glue:text}`top` the coefficient would be {glue:text}`without_top:.3f`, without
# {glue:text}`second` {glue:text}`without_second:.3f`.
#
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
# $\frac{G}{G-1}\frac{N-1}{N-K}$ on the variance. We do not count the province effects in $K$, as they are
# nested in the clusters; programs that count them get a somewhat larger standard error. Both are in use,
# so a table has to say which it has.
#
# ## How sure can we be?
#
# A standard error is a claim about which errors move together. There are four common answers.
#
# - *Robust*: every row is on its own. But a province's good years follow each other, so its rows are
#   not independent pieces of news {cite:p}`bertrand2004how`.
# - *Clustered* by province: rows of one province may move together in any way. With only
#   {glue:text}`provinces` provinces such a test rejects too often {cite:p}`cameron2015practitioner`.
# - The *wild cluster bootstrap* {cite:p}`cameron2008bootstrap` keeps the clusters and does not rely on
#   there being many. It imposes that the index has no effect, switches the signs of whole provinces'
#   residuals at random, estimates again, and counts how often the $t$ is as large as the real one.
# - *Driscoll–Kraay* {cite:p}`driscoll1998consistent`: provinces may share shocks that year effects do
#   not take out, such as a fall in demand that hits ports only. This needs many years, and
#   {glue:text}`n_years` are few. Its lags count the years that are in the data: 2015 has no trade
#   figures, so 2016 is taken for the year after 2014.

# %%
from digitrade.methods.specification import COVARIANCES
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

enough = COVARIANCES if panel["year"].nunique() > 2 else COVARIANCES[:2]
kinds = [baseline.replace(covariance=name, label=name) for name in enough]
inference = combine(fit_all(panel, kinds)).query("term == 'ln_dfi'")
rng = np.random.default_rng(seed)
wild = wild_cluster_bootstrap(panel, baseline, draws=draws, rng=rng).tidy()

# %%
import pandas as pd

uncertainty = pd.concat([inference, wild])
frame_table(
    uncertainty[["covariance", "std_error", "p_value", "conf_low", "conf_high"]],
    name="tab-df-baseline-inference",
    caption=f"One coefficient, several ways to be unsure of it: {label(outcome)}, public figures",
    note="N rows, G groups, K parameters not nested in the groups. The "
    "bootstrap has no standard error; its interval holds the null values "
    "that it does not reject.",
)

# %%
from digitrade.exhibits.cells import small_p

p_values = uncertainty["p_value"]
record("inference", uncertainty.assign(source="public"))
glue_row("wild", wild.iloc[0])
glue_numbers(widest=small_p(p_values.max()), narrowest=small_p(p_values.min()))

# %% [markdown]
# The smallest of these $p$-values is {glue:text}`narrowest`, the largest {glue:text}`widest`; the
# bootstrap has {glue:text}`wild_p_is`, its interval {glue:text}`wild_low:.3f` to
# {glue:text}`wild_high:.3f`. With so few clusters it is the one to quote, and we quote it from here on.
#
# But what is there to be unsure of, if all provinces are in the data? In the usual story the
# provinces are a *sample* of many, and another sample would give another number. Here nearly
# all provinces that there are have been observed. The other story is about *design*: the provinces are
# what they are, and chance decided how much digital finance each one got. Then the number is uncertain
# because, had it spread differently, we would have seen other outcomes
# {cite:p}`abadie2023when`. This says how to cluster: by the unit to which the index was given. A
# province got a whole path of the index, not one year of it, so cluster by province, even though no
# province was drawn from anywhere. If effects differ between provinces, errors clustered in this way are
# rather too large, as they also allow for provinces that we did not see. And the
# design has a weak point: if chance gave neighbours similar paths, there are fewer independent draws
# than provinces.
#
# ## Three outcomes
#
# If digital finance raises trade, several measures of trade should rise. Estimate the same equation
# for openness, for log trade and for the public quality index.

# %%
others = fit_all(
    panel,
    [baseline.replace(outcome=name, label=f"Public: {label(name)}") for name in OUTCOMES],
)

# %%
from digitrade.studies.digital_finance.variations import control_sets

record("outcomes", combine(others).assign(source="public"))
sets = []
for name in OUTCOMES:
    own, rng = baseline.replace(outcome=name), np.random.default_rng(seed)
    sets.append(control_sets(panel, own, draws=draws, rng=rng))
compared_sets = pd.concat(sets, ignore_index=True)

# %%
now = compared_sets.query('label == "This year\'s values"').set_index("outcome")
wild_columns = {"wild_p": "p_value", "wild_low": "conf_low", "wild_high": "conf_high"}
tests = now[["estimate", "std_error", *wild_columns]].rename(columns=wild_columns)
regression_table(
    others,
    heads=[label(name) for name in OUTCOMES],
    wild=tests["p_value"],
    name="tab-df-baseline-outcomes",
    caption="The same equation for three outcomes, public figures",
)

# %%
for name, row in tests.iterrows():
    glue_row(name, row)
sure_up = ((tests["p_value"] < 0.05) & (tests["estimate"] > 0)).any()
sure_down = ((tests["p_value"] < 0.05) & (tests["estimate"] < 0)).any()
glue_numbers(clash=sure_up and sure_down, signs=agreement(tests["estimate"]))

# %% [markdown]
# The three estimates {glue:text}`signs`. With the index, openness {glue:text}`openness_goes`:
# {glue:text}`openness:.3f`, wild bootstrap {glue:text}`openness_p_is`, interval
# {glue:text}`openness_low:.3f` to {glue:text}`openness_high:.3f`. Log trade {glue:text}`ln_trade_goes`:
# {glue:text}`ln_trade:.3f`, {glue:text}`ln_trade_p_is`, interval {glue:text}`ln_trade_low:.3f` to
# {glue:text}`ln_trade_high:.3f`. The composite {glue:text}`trade_quality_goes`:
# {glue:text}`trade_quality:.3f`, {glue:text}`trade_quality_p_is`, interval
# {glue:text}`trade_quality_low:.3f` to {glue:text}`trade_quality_high:.3f`. So the first is
# {glue:text}`openness_sure`, the second {glue:text}`ln_trade_sure`, the third
# {glue:text}`trade_quality_sure`.

# %% [markdown] tags=["if:clash"]
# Two outcomes contradict each other: both estimates are significant, and their signs differ.

# %% [markdown] tags=["unless:clash"]
# No two outcomes contradict each other at that level: it takes two significant estimates of opposite
# sign for that.

# %%
from digitrade.studies.digital_finance.variations import log_outcome

in_logs = log_outcome(panel, baseline.replace(outcome="openness"))
ratio = fixed_effects(*in_logs)
rng = np.random.default_rng(seed)
ratio_test = wild_cluster_bootstrap(*in_logs, draws=draws, rng=rng)
glue_row("log_openness", {**ratio.main, "p_value": ratio_test.p_value})

# %% [markdown]
# A reader who is shown one of the three columns cannot know how the other two turn out. Part of the
# difference between them is arithmetic. Openness counts points of output, so a coastal province with a
# large trade share weighs most; log trade counts per cent, so a halving in Qinghai weighs as much as a
# halving in Guangdong. Take the log of openness, and its coefficient is
# {glue:text}`log_openness:.3f` ({glue:text}`log_openness_se:.3f`; wild bootstrap
# {glue:text}`log_openness_p_is`).
#
# (sec-df-baseline-controls)=
# ## Which controls?
#
# More controls are not always better. Whether one belongs in the regression depends on what causes what,
# and {numref}`fig-df-baseline-graph` draws one view of it. An arrow from one box to another says that the
# first may change the second.

# %%
from digitrade.exhibits.shapes import graph_plot

start, index = "Where the province\nstood in the first year", "Digital finance"
control, hidden = "GDP per head,\nurban share", "What nobody\nrecorded"
boxes = {start: (0.13, 0.9), index: (0.1, 0.1), control: (0.42, 0.35)}
boxes |= {hidden: (0.9, 0.9), "Trade": (0.9, 0.1)}
arrows = {(index, "Trade"): "sought", (start, index): "other", (start, control): "other"}
arrows |= {
    (start, "Trade"): "other",
    (index, control): "other",
    (control, "Trade"): "other",
}
arrows |= {(hidden, control): "unrecorded", (hidden, "Trade"): "unrecorded"}

# %%
graph_plot(
    boxes,
    arrows,
    name="fig-df-baseline-graph",
    caption="A causal graph of the baseline. Orange: the effect that is sought. Black: other effects. "
    "Dashed: effects of what is in no table.",
)

# %% [markdown]
# Start with what has to be held constant. A province that started low caught up on the index, and
# its trade may have changed for reasons of its own. This path, from digital finance back to the start and
# on to trade, makes the two move together without any effect. Holding the start constant closes it.
#
# Now GDP per head and the urban share *of the same year*. They too tell where a province stands, but
# digital finance may have raised them: a shop that can borrow grows, and people move to where the shops
# are. Then part of the effect runs through them, and holding them constant takes that part away. It does
# a second harm. Compare two provinces with the same urban share, one with much digital finance and one
# with little. If digital finance draws people to cities, the second must have had something else that drew
# them, say a new port, and that something may change trade as well. A control that the regressor has
# changed is called a *bad control* {cite:p}`angrist2009mostly`. Industry's share of output and public
# spending are less plausible results of digital finance.
#
# The figures cannot say what causes what. They can say which controls move with the index, if
# each takes the outcome's place with no controls beside it:

# %%
moved = []
for name in controls:
    own, rng = baseline.replace(outcome=name, controls=()), np.random.default_rng(seed)
    test = wild_cluster_bootstrap(panel, own, draws=draws, rng=rng).tidy()
    moved.append(test.assign(std_error=fixed_effects(panel, own).main["std_error"]))
moved = pd.concat([wild.head(0), *moved])
record("moved", moved.assign(source="public"))

# %%
frame_table(
    moved[
        ["outcome", "estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs"]
    ],
    name="tab-df-baseline-moved",
    caption="Each control on the log index, province and year effects, public figures",
    heads={"outcome": "Control", "p_value": "p, wild"},
    note=f"Standard errors: {others[0].words}. The p and the interval are the wild bootstrap's.",
)

# %% [markdown]
# {numref}`tab-df-baseline-sets` compares four answers. *None* closes no path. *First-year values* come
# before the change in the index that the regression uses, so they cannot be its results; as they do not
# vary over time, they enter times a straight trend, or times a dummy for each year, which lets provinces
# that started differently part ways as they like. *This year's values* are those of the baseline.

# %%
from digitrade.exhibits.table import without_repeats

wild_heads = {"wild_p": "p, wild", "wild_low": "Interval from", "wild_high": "to"}
shown = ["outcome", "label", "estimate", "std_error", *wild_columns, "n_obs"]
frame_table(
    without_repeats(compared_sets[shown]),
    name="tab-df-baseline-sets",
    caption="The coefficient of the log index under four sets of controls, public figures",
    heads={"label": "Controls", **wild_heads},
    note=f"Standard errors: {others[0].words}. The p and the interval are the wild bootstrap's, "
    f"{draws:,} draws.",
)

# %%
record("sets", compared_sets.assign(source="public"))
signs = compared_sets.groupby("outcome")["estimate"].agg(agreement)
glue_numbers(**signs.add_suffix("_sets"))
bare = compared_sets.query("label == 'None'").set_index("outcome")
glue_numbers(
    **bare["estimate"].add_suffix("_bare"), **bare["std_error"].add_suffix("_bare_se")
)
count = (compared_sets["wild_p"] < 0.05).groupby(compared_sets["outcome"]).sum()
glue_numbers(**count.add_suffix("_count"), n_sets=len(compared_sets) // len(OUTCOMES))

# %% [markdown]
# The {glue:text}`n_sets` estimates for openness {glue:text}`openness_sets`, and
# {glue:text}`openness_count` of them are significant at 5 per cent. Those for log trade
# {glue:text}`ln_trade_sets` ({glue:text}`ln_trade_count` significant), those for the composite
# {glue:text}`trade_quality_sets` ({glue:text}`trade_quality_count`). Without any control, openness has
# {glue:text}`openness_bare:.3f` ({glue:text}`openness_bare_se:.3f`) and log trade
# {glue:text}`ln_trade_bare:.3f` ({glue:text}`ln_trade_bare_se:.3f`).

# %% [markdown] tags=["own-run"]
# So there is no fall in log trade to explain before the controls come in. Its minus sign arrives with GDP
# per head and the urban share. Both grew fastest where the index started low, and both go with more
# trade; at the same GDP per head and urban share, the provinces that caught up have less trade than
# expected. For openness the urban share alone takes away more than half of the estimate. If these two
# are results of digital finance, the estimate with them is not its effect; if they are not, the estimate
# without them is not. Table and graph cannot settle which; the choice has to be argued before looking.

# %% [markdown]
# ## Reading the number
#
# The study's news summary says that one per cent more of the index goes with so many *per cent* more
# quality. Whether that is right depends on the outcome, and our sources do not settle which it was.

# %%
printed = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
glue_numbers(printed=printed, per_cent=printed / 100, doubling=printed * np.log(2))
glue_numbers(own_ten=unit_effect(outcome, full.estimate))

# %% [markdown]
# - **Outcome in levels**, such as an index between 0 and 1: one per cent more of the index goes with
#   about $\beta / 100$, that is {glue:text}`per_cent:.6f` *units* of quality, not
#   {glue:text}`printed:.4f` per cent of it. A doubling goes with {glue:text}`doubling:.3f` units.
# - **Outcome in logs**: one per cent more of the index goes with about {glue:text}`printed:.4f` *per
#   cent* more quality, which is what the summary's sentence says.
#
# The two differ by the level of the outcome: at a quality of one half, the first reading is about
# twice the second. In our own regression, a ten per cent higher index goes with
# {glue:text}`own_ten`.
#
# ## Printed and public
#
# {numref}`tab-df-baseline-exhibit` puts the printed coefficient above ours. The outcomes differ, in kind
# and in unit, so how far apart they are says nothing about the study.

# %%
told = pd.DataFrame({"source": ["Printed: HDFT"], "estimate": [printed]})
ours = now.reset_index().assign(source=[f"Public: {label(name)}" for name in now.index])
frame_table(
    pd.concat([told, ours])[["source", *shown[2:]]],
    name="tab-df-baseline-exhibit",
    caption="The coefficient of the log index, printed and public",
    heads=wild_heads,
    digits=4,
    note=f"Of the printed estimate no more is reported. Standard errors: {others[0].words}. The p and the "
    "interval are the wild bootstrap's.",
)

# %%
positive = int((compared_sets["estimate"] > 0).sum())
glue_numbers(
    positive=positive, negative=len(compared_sets) - positive, all_count=count.sum()
)

# %% [markdown]
# ## What we learned, and what we did not
#
# On public figures, three outcomes and {glue:text}`n_sets` sets of controls give
# {glue:text}`positive` positive and {glue:text}`negative` negative estimates, of which
# {glue:text}`all_count` are significant at 5 per cent by the wild bootstrap. All are made from a small
# remainder of the index, and {glue:text}`catch_up:.0f` per cent of it is catching up. That neither
# contradicts nor confirms the study, whose outcome is another.
#
# We did not learn what digital finance *causes*: nothing here keeps apart catching up on the index
# from everything else that happened to provinces that were behind at the start. A referee would ask for
# estimates without the first years, for province trends, for an instrument, and for the outcome's
# definition.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Leave out the years of catching up
# :label: ex-df-baseline-late
# Estimate the baseline without the first two years. What happens to the coefficient, and what to its
# standard error?
# ```
#
# ```{solution-start} ex-df-baseline-late
# :class: dropdown
# ```
#
# The coefficient goes from {glue:text}`beta:.3f` to {glue:text}`late:.3f`, the standard error from
# {glue:text}`beta_se:.3f` to {glue:text}`late_se:.3f`. The less the index varies within province and
# year, the wider the interval.

# %%
years = sorted(panel["year"].unique())
later = panel[panel["year"] >= years[min(2, len(years) - 2)]]
one = baseline.replace(bandwidth=min(lags, later["year"].nunique() - 1))
late = fixed_effects(later, one)
glue_row("late", late.main)
brief = ["term", "estimate", "std_error", "conf_low", "conf_high", "n_obs"]
late.tidy().head(1)[brief].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} East, centre, west
# :label: ex-df-baseline-regions
# Estimate the baseline in each region. Then say why three separate stars are no test of a difference
# between regions.
# ```
#
# ```{solution-start} ex-df-baseline-regions
# :class: dropdown
# ```
#
# One significant and one insignificant coefficient can be equal; only a test of their difference
# compares them. And with so few provinces in a region the clustered covariance itself is shaky.

# %%
large = panel[panel.groupby("region")["province"].transform("nunique") > 6]
regions = {name: fixed_effects(rows, baseline) for name, rows in large.groupby("region")}
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
# Since trade in 2015 is missing, lag the index before anything cuts the sample. Last year's
# index has {glue:text}`lagged:.3f` ({glue:text}`lagged_se:.3f`), {glue:text}`lagged_compared` this
# year's {glue:text}`beta:.3f`. This is no test of timing unless the two can be told apart: within
# province and year they have a correlation of {glue:text}`lag_alike:.2f`.

# %%
from digitrade.methods.regression import within
from digitrade.studies.digital_finance.variations import lag

every_year, lagging = lag(build_province_panel(load_provinces()), baseline)
rows = panel.merge(every_year[["province", "year", "ln_dfi_lag"]], on=["province", "year"])
rows = rows.dropna(subset="ln_dfi_lag")
lagged = fixed_effects(rows, lagging)
lagged.tidy().head(1)[brief].round(3)

# %%
alike = within(rows, "ln_dfi_lag", baseline).corr(within(rows, "ln_dfi", baseline))
glue_row("lagged", lagged.main)
glue_numbers(lag_alike=alike, lagged_compared=compared(lagged.main.estimate, full.estimate))

# %% [markdown]
# ```{solution-end}
# ```
