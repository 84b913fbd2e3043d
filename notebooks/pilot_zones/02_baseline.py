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
# (ch-pz-baseline)=
# # Baseline: difference in differences with several dates
#
# **After this chapter you can** estimate a staggered difference in differences with effects of firm, year
# and city, say what each set of effects adds, read an $R^2$ for what it is, choose the level at which errors
# are clustered, and take an event study apart into the cohorts behind it. **It assumes**
# {ref}`the chapter on variables <ch-pz-variables>`. **It runs** in about twenty seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms in real cities, drawn so that the study's
# regressions give about its printed numbers. They are evidence about method and code, never about China.
# In the twin the true effect of every row is known, and is called *truth*.
# :::

# %% [markdown]
# ## The claim
#
# The study {cite:p}`wang2025impact` states as its first hypothesis, H1, that a zone eases the financing
# constraints of firms. It tests it in four columns. They differ in what is held constant, hardly in the
# coefficient, and each has two stars. (The text speaks of columns two to six; the table has four.)

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table, frame_table

# %%
claimed = load_published("estimates", study="pilot_zones")
effects_printed = claimed[claimed["term"] == "zone_post"]
claim_table(
    effects_printed[effects_printed["table"] == "3"],
    name="tab-pz-baseline-claim",
    caption="The claim, as the study prints it",
)

# %% [markdown]
# The full equation is that of columns three and four:
#
# ```{math}
# :label: eq-pz-baseline
# \begin{aligned}
# FC_{it} = {}& \beta\, D_{it} + \gamma' X_{it} + \delta'\, trend_{it} \\
#   & + \alpha_i + \lambda_t + \kappa_{c(i,t)} + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial over fixed assets | `fc` |
# | $D_{it}$ | the firm's city has a zone that has begun | `zone_post` |
# | $X_{it}$ | controls of firm and city | `top1`, `quick`, `liability`, `q`, `pe`, `fin`, `eco` |
# | $\alpha_i$, $\lambda_t$, $\kappa_c$ | effects | `firm`, `year`, `city` |
# | $trend_{it}$ | a line through the years for each region (column four) | `trend_central`, `trend_west` |
# | $\beta$ | the effect | |
#
# Firms in cities with a zone are compared, before and after, with firms in cities that have none, or have none
# yet, or have had theirs for years. The last kind comes back at the end of the chapter.
#
# The text also says that output per head is significant and financial development is not, and that neither is
# once city effects are in. No table prints coefficients of controls, so this cannot be seen.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2016-01-12..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
trends: str = "province"  # trends beside the printed ones [region | province]
band: float = 0.9  # level of the event study's intervals, as in the study [0.5..0.999]
draws: int = 9999  # draws of the wild cluster bootstrap [99..99999]
seed: int = 20250613  # seed of the bootstrap [0..4294967295]

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.phrases import compared, intervals, listed
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    estimation_sample,
    printed_rows,
    with_covariance,
)

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
samples = {name: estimation_sample(panel, BASELINE) for name, panel in panels.items()}
twin, sample, whose = panels["twin"], samples["twin"], listed(panels)
baseline = with_covariance(BASELINE, covariance)

# %%
printed = printed_rows("3")
glue_numbers(rows_all=len(twin), rows_used=len(sample), alone=len(twin) - len(sample))
glue_numbers(firms=sample["firm"].nunique(), cities=sample["city"].nunique())
glue_numbers(fewer=int(-printed["n_obs"].diff().iloc[2]))

# %% [markdown]
# The twin has {glue:text}`rows_all:,` rows. {glue:text}`alone` of them are *singletons*, the only row of their
# firm or their city: an effect of their own fits them without error, so they say nothing about $\beta$.
# Without them {glue:text}`rows_used:,` are left, of {glue:text}`firms:,` firms in {glue:text}`cities` cities.
# In print, columns three and four have {glue:text}`fewer` rows less than one and two, so it seems that they leave
# singletons out as well.
#
# ## Look first
#
# Cities fall into *cohorts* by the year in which they were first treated. Draw the mean of FC of each, over
# the years, once with every row and once without the single largest.

# %%
from digitrade.exhibits.series import path_panels
from digitrade.studies.pilot_zones.describe import paths_with_and_without

# %% tags=["full-width"]
path_panels(
    paths_with_and_without(panels, "fc"),
    name="fig-pz-baseline-paths",
    caption="Mean FC by first treated year of the city, a line a cohort, with all rows and "
    f"without the largest value: {whose}. Each panel has its own scale.",
    ylabel="Mean FC",
)

# %%
largest = sample.loc[sample["fc"].idxmax()]
cohort = largest["cohort"]
glue_numbers(
    cohort_words=f"the cohort of {cohort:.0f}" if cohort > 0 else "the cities never treated"
)
glue_numbers(cohort_rows=(twin["cohort"].fillna(0) == (cohort if cohort > 0 else 0)).sum())
glue_numbers(largest_year=largest["year"])

# %% [markdown]
# The twin's largest value is in {glue:text}`largest_year`, in {glue:text}`cohort_words` with
# {glue:text}`cohort_rows:,` rows. There the line has a peak on the left that is gone on the right. One row makes
# it, so one row moves $\beta$. Means of a ratio with so long a tail are no smooth curves on the right either, and
# whether the lines run parallel before the zones cannot be read off them.
#
# ## The obvious estimates
#
# Take treated rows against all others, with nothing held constant. Then give each firm its own intercept.
# Then each year, too. Two-way effects are what linearmodels {cite:p}`sheppard2025linearmodels` is made for.

# %%
import pandas as pd

from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import glue_row, record
from digitrade.methods.estimate import combine
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.specifications import UNCONTROLLED, source_rows

# %%
first = with_covariance(UNCONTROLLED, covariance)
steps = {
    "No effects": first.replace(effects=()),
    "Firm effects": first.replace(effects=("firm",)),
    "Firm and year": first,
}
naive = {
    source: {step: fixed_effects(panel, one_way) for step, one_way in steps.items()}
    for source, panel in panels.items()
}

# %%
comparison_table(
    pd.concat([source_rows(naive, panels), printed.head(1).assign(row="Firm and year")]),
    name="tab-pz-baseline-naive",
    caption=f"FC on Zone × Post with three sets of effects and no controls: {whose}",
    covariance=naive["twin"]["Firm and year"].words,
)

# %%
record("naive", pd.concat(combine(naive[name]).assign(source=name) for name in naive))
names = ["naive_none", "naive_firm", "naive_both"]
for name, fit in zip(names, naive["twin"].values(), strict=True):
    glue_row(name, fit.main)

# %% [markdown]
# - *No effects* ({glue:text}`naive_none:.3f`) compares Shenzhen from 2016 on with Lhasa, and with Shenzhen
#   before. Zones went to cities with much trade and many firms, so part of this is what such cities are like
#   anyway.
# - *Firm effects* ({glue:text}`naive_firm:.3f`) compare a firm with itself. But treatment lies late in the
#   sample, so whatever changed for all firms over the decade is in the number.
# - *Firm and year* ({glue:text}`naive_both:.3f`) take that out. This is the regression of the printed column one.
#
# ## The four columns
#
# Now controls, city effects and trends, as printed. City effects are a third set of intercepts. Programs that
# sweep out one set after the other, again and again, crawl when few firms tie cities together; ours solves for
# all sets at once. The last row is our addition, with a trend for each {glue:text}`trends_word`.

# %%
import numpy as np

from digitrade.studies.pilot_zones.specifications import (
    CONTROLLED,
    estimate_table,
    true_effect,
    with_labels,
)
from digitrade.studies.pilot_zones.variables import with_trends

# %%
errors = {"covariance": baseline.covariance, "cluster": baseline.cluster}
columns = estimate_table(panels, "3", **errors)
finer = f"With trends by {trends}"
for name, rows in samples.items():
    columns[name][finer] = fixed_effects(*with_trends(rows, baseline, trends))

# %% tags=["full-width"]
main = columns["twin"]["With city effects"]
comparison_table(
    pd.concat([with_labels(printed, "3"), source_rows(columns, panels)]),
    name="tab-pz-baseline-exhibit",
    caption=f"Zone × Post: {listed(['printed', 'truth', *panels])}",
    covariance=main.words,
    note="Truth: mean effect over the treated rows of the twin.",
)

# %%
record("columns", pd.concat(combine(columns[name]).assign(source=name) for name in columns))
glue_row("main", main.main)
glue_row("finer", columns["twin"][finer].main)
glue_numbers(truth=true_effect(twin), trends_word=trends)
always = sample.groupby("firm")["zone_post"].transform("min") == 1
glue_numbers(n_treated=sample["zone_post"].sum(), n_always=always.sum())
glue_numbers(truth_both=true_effect(sample[~always]))

# %% [markdown]
# In the twin the third column is {glue:text}`main:.3f`, with an interval from {glue:text}`main_low:.3f` to
# {glue:text}`main_high:.3f`; the true mean effect is {glue:text}`truth:.3f`. With a trend for each
# {glue:text}`trends_word` it is {glue:text}`finer:.3f` ({glue:text}`finer_se:.3f`). On the default seed printed
# and twin are close by construction; what you may take from the table is how wide the intervals are.
#
# Which rows does the truth average over? All treated ones, {glue:text}`n_treated:,` of the regression's. But
# {glue:text}`n_always:,` of them belong to firms that are never seen without a zone. No comparison of before and
# after can tell what the zone did to these. Without them the true mean is {glue:text}`truth_both:.3f`.
#
# Column two has two sets of effects, and linearmodels can do it just as well. Here it is in that program's own
# words, with all of its corrections for the size of the sample switched off.

# %%
from linearmodels.panel import PanelOLS

keyed = twin.set_index(["firm", "year"])
regressors = keyed[[*CONTROLLED.regressors]]
model = PanelOLS(keyed["fc"], regressors, entity_effects=True, time_effects=True)
theirs = model.fit(cov_type="robust", debiased=False, auto_df=False, count_effects=False)

# %%
ours = fixed_effects(twin, CONTROLLED).tidy().set_index("term")
apart = (theirs.params / ours["estimate"] - 1).abs().max()
glue_numbers(digits=int(min(-np.log10(apart + np.finfo(float).eps), 10)))
glue_numbers(larger=ours.loc["zone_post", "std_error"] / theirs.std_errors["zone_post"])
of_fit = effects_printed.loc[effects_printed["table"] == "3", "r2"].astype(float)
t_squared = (printed["estimate"] / printed["std_error"]) ** 2
glue_numbers(r2_rise=100 * of_fit.diff().iloc[1])
glue_numbers(zone_share=100 * (t_squared / printed["n_obs"]).iloc[0])

# %% [markdown]
# Every coefficient agrees with ours to {glue:text}`digits` digits or more. Our standard error is
# {glue:text}`larger:.3f` times as large, and all of that is the factor $N/(N-K)$, which we put on and name under each table:
# programs differ in it, and in whether the effects count in $K$.
#
# Columns that hardly move when controls enter are often called robust. What does that tell? From column one to column
# two the printed $R^2$ is higher by {glue:text}`r2_rise:.1f` percentage points. That is little, but by its printed $t$
# the zone itself explains about {glue:text}`zone_share:.2f` points. So controls of this size could have moved the
# estimate, had they changed along with the zones. These seven did not. About what was not measured that tells nothing.
#
# ## What do city effects add?
#
# Every firm that stays in its city has the city's effect inside its own. So city effects are told apart from
# firm effects by firms that *move*, and by nothing else {cite:p}`abowd1999high`.

# %%
from digitrade.methods.absorb import Absorber
from digitrade.studies.pilot_zones.describe import mover_counts

moves = mover_counts(sample)
with_city = Absorber.of(sample, ("firm", "year", "city"))
gain = with_city.rank - Absorber.of(sample, ("firm", "year")).rank
stayers = sample[sample.groupby("firm")["city"].transform("nunique") == 1]

# %%
glue_numbers(movers=moves["movers"], changers=moves["changers"] or "none")
glue_numbers(mover_share=100 * moves["mover_rows"] / moves["rows"])
glue_numbers(city_levels=with_city.n_levels["city"], rank_gain=gain)
glue_row("stay", fixed_effects(stayers, baseline).main)

# %% [markdown]
# In the twin {glue:text}`movers` firms are seen in more than one city; they have {glue:text}`mover_share:.1f`
# per cent of the rows. So {glue:text}`city_levels` city effects add only {glue:text}`rank_gain` parameters
# to those of firms and years: the rest is already there. (Firms that go from a city with a zone to one without,
# or back: {glue:text}`changers`. With the default dates the twin lets its firms move among cities of one kind.) Leave
# the movers out altogether, and the city effects are idle: the estimate is {glue:text}`stay:.3f`
# ({glue:text}`stay_se:.3f`).
#
# City effects do no harm. But in a panel of firms that stay, holding them constant is hardly a test. How many
# firms move in the study's panel is not printed.
#
# ## An $R^2$ that jumps
#
# From column two to column three the printed $R^2$ jumps about sixteenfold. That it rises while the estimate
# stays is, to the study, a sign of robustness. Look at the other $R^2$ that it prints for this outcome on the
# whole sample.

# %%
fits = effects_printed[
    (effects_printed["outcome"] == "fc") & effects_printed["table"].isin(["3", "5", "6"])
]
frame_table(
    fits[["table", "column", "label", "n_obs", "r2"]].astype({"n_obs": "int"}),
    name="tab-pz-baseline-fits",
    caption="R² of the baseline and its variants, as printed",
    heads={"label": "Printed as"},
)

# %% [markdown]
# One formula can hardly have made them all. Table 5 *adds* controls from column two to column three, and its
# $R^2$ falls from about a quarter to below one per cent; fewer rows can lower an $R^2$, but not like that. And
# the first three columns of Table 6 have the rows of Table 3's column three and the $R^2$ of its column two.
#
# There is a harmless explanation. $R^2$ is one less the unexplained squares over some total, and programs
# differ in the total. In the table below *within* is what the regressors explain of what all intercepts leave,
# and each further column counts more of the intercepts as explanation.

# %%
from digitrade.methods.decompositions import MEASURES
from digitrade.studies.pilot_zones.specifications import fit_measures

measures = fit_measures(panels, columns, "3")

# %% tags=["full-width"]
frame_table(
    measures,
    name="tab-pz-baseline-measures",
    caption="Four R² of the same four regressions, twin",
    heads={**MEASURES},
    digits=4,
    note="Within one line the residuals are the same.",
)

# %%
by_column = measures.set_index(["source", "column"])
glue_numbers(**by_column.loc["twin", "With city effects"].add_prefix("r_"))

# %% [markdown]
# Residuals within a line are the same; the measures are not. If columns one and two came from a command that
# sweeps out the firms, and columns three and four from one that absorbs every effect, then the jump is one
# from the second measure to the third or fourth. In the twin that is from {glue:text}`r_entity:.4f` to
# {glue:text}`r_overall:.3f` or {glue:text}`r_adjusted:.3f` *in the same regression*. If so, nothing was learned
# about the effect. The measure to look at is the first: in the twin, zone and controls explain
# {glue:text}`r_within:.4f` of what the intercepts leave.
#
# Two more printed numbers bear on this, the $F$ of the regression and its constant. Column one has a single
# regressor. If all intercepts are swept out, $F$ must be the square of its $t$, as both rest on the same errors,
# and the constant the mean of FC less $\beta$ times the mean of the regressor. If the years are *listed*, as
# dummies for all but the first, then $F$ tests them too, and the constant is the level of the first year.

# %%
from digitrade.studies.pilot_zones.describe import printed_moments, t_from_print
from digitrade.studies.pilot_zones.specifications import constants_and_f

checks = constants_and_f(panels, "3", **errors)
frame_table(
    checks,
    name="tab-pz-baseline-constants",
    caption="F and constant of Table 3's columns, years swept out or listed: "
    f"{listed(['printed', *panels])}",
    heads={"column": "Column", "f": "F", "constant": "Constant", "years": "Years"},
    note=f"F of {whose}: {main.words}.",
)

# %%
moments, of_print = printed_moments()["mean"], t_from_print("3", "1")
first_column = checks.query("source == 'printed'").iloc[0]
glue_numbers(**{name: value**2 for name, value in of_print.items()})
glue_numbers(f_printed=first_column["f"], constant_printed=first_column["constant"])
glue_numbers(constant_swept=moments["fc"] - printed["estimate"].iloc[0] * moments["post"])

# %% [markdown]
# With the printed digits $t^2$ is {glue:text}`t:.2f`, and rounding allows {glue:text}`t_least:.2f` to
# {glue:text}`t_most:.2f`. Printed is $F$ = {glue:text}`f_printed:.3f`. The constant would be
# {glue:text}`constant_swept:.3f`; printed is {glue:text}`constant_printed:.4f`. Both cannot hold if the years were
# swept out, and both can if they were listed. So columns one and two do seem to come from a command that sweeps
# out the firms only. That supports the reading of the $R^2$ above.
#
# ## At which level do errors move together?
#
# The study's standard errors are *robust*: each row is news of its own. But a zone is given to a *city*, and
# what else happens to that city in that year happens to all its firms. If treatment is assigned to groups, so
# that rows of a group are treated together, one clusters by that group
# {cite:p}`bertrand2004how,abadie2023when`. The wild cluster bootstrap {cite:p}`cameron2008bootstrap` is
# the check for when clusters are few or very unequal, and here a handful of cities has a large part of all firms.

# %%
from scipy import stats

from digitrade.exhibits.cells import stars
from digitrade.studies.pilot_zones.groups import with_bootstrap
from digitrade.studies.pilot_zones.specifications import across

# %%
rng = np.random.default_rng(seed)
inference = across(samples, with_bootstrap, BASELINE, draws=draws, rng=rng)
inference["stars"] = inference["p_value"].map(stars)
record("inference", inference)

# %% tags=["full-width"]
shown = ["source", "covariance", "std_error", "p_value", "stars", "conf_low", "conf_high"]
frame_table(
    inference[shown],
    name="tab-pz-baseline-inference",
    caption=f"The coefficient of column three with five kinds of error: {whose}",
    note="The bootstrap has no standard error; its interval holds the values that it does "
    "not reject.",
)

# %%
third = printed.iloc[2]
limit = third["estimate"] / stats.norm.isf(0.025)
glue_row("printed", third)
glue_numbers(room=100 * (limit / third["std_error"] - 1))

# %%
at = inference[inference["source"] == "twin"].set_index("label")
larger = 100 * (at["std_error"] / at.loc["robust", "std_error"] - 1)
glue_numbers(by_city=larger["city"], by_firm=larger["firm"])
glue_numbers(p_wild=at.loc["wild cluster bootstrap", "p_value"])

# %% [markdown]
# How much room does the printed result have? {glue:text}`printed:.3f` with a standard error of
# {glue:text}`printed_se:.3f` keeps its second star until the error is {glue:text}`room:.0f` per cent larger.
# In the twin, clustering by city changes the standard error by {glue:text}`by_city:.0f` per cent, by firm by
# {glue:text}`by_firm:.0f` per cent, and the bootstrap by city gives $p$ = {glue:text}`p_wild:.3f`. But the
# twin's errors are ours: they are drawn firm by firm, and a city's firms share little beyond the effects of
# policies. So this says nothing about the study's firms, which may share shocks as well. Whether clustering uses up
# the room is what a referee would ask first.

# %%
left_out = fixed_effects(sample.drop(index=largest.name), baseline).main
glue_row("without", left_out)
glue_numbers(largest=largest["fc"], change=left_out["estimate"] - main.main["estimate"])

# %%
years = sample.loc[sample["firm"] == largest["firm"], "year"]
d_left = with_city.residualise(sample["zone_post"].to_numpy(dtype=float))
left = d_left[sample["fc"].argmax()]
glue_numbers(d_largest=largest["zone_post"], d_left=left, first_seen=years.min())
glue_numbers(last_seen=years.max(), pulls="up" if left > 0 else "down")
glue_numbers(odd=(left > 0) != (largest["zone_post"] == 1))

# %% [markdown]
# And the row with the {ref}`largest FC <ch-pz-variables>` of the twin? Without it, one row of
# {glue:text}`rows_used:,`, the estimate is {glue:text}`without:.3f` ({glue:text}`without_se:.3f`), a change of
# {glue:text}`change:.3f`. In that row $D$ is {glue:text}`d_largest`. But the estimate depends on what the
# intercepts of firm, year and city leave of $D$, which is {glue:text}`d_left:.2f` there. Its sign decides: this
# row pulls $\beta$ {glue:text}`pulls`.

# %% [markdown] tags=["if:odd"]
# Here the sign is not that of the treatment. To the regression an untreated row counts as treated, or the reverse.
# How can that be? The firm is seen from {glue:text}`first_seen` to {glue:text}`last_seen`. In that time zones came to
# other cities, so that the yearly mean of $D$ goes up, and the year effects take this mean out. Beside it a firm
# whose own $D$ stays the same looks treated in its early years and untreated in its late ones.

# %% [markdown]
# ## The event study, as the study draws it
#
# Instead of one $\beta$, give every year before and after the zone its own:
#
# ```{math}
# :label: eq-pz-baseline-event
# \begin{aligned}
# FC_{it} = {}& \sum_{k \neq b} \eta_k\, 1[t - g_i = k] + \gamma' X_{it} \\
#   & + \alpha_i + \lambda_t + \kappa_{c(i,t)} + u_{it}
# \end{aligned}
# ```
#
# with $g_i$ the first treated year of the firm's city (`cohort`) and $k$ the years since (`event_time`). One of
# them, the base $b$, must be zero by choice. The study takes the earliest, nine years before, and draws
# intervals of ninety per cent. It prints no numbers; its text says that no year before the zone is
# significant, that effects show from the first year after it, are largest in the third, and are no longer
# significant in the fifth.

# %%
from digitrade.exhibits.intervals import event_study_plot
from digitrade.methods.event_study import EventStudy, event_study
from digitrade.methods.pretrend import pretrend_power
from digitrade.studies.pilot_zones.describe import true_path

# %%
wide = baseline.replace(confidence=band)
early = {
    name: event_study(rows, wide, event_time="event_time", base="earliest")
    for name, rows in samples.items()
}
late = {
    name: event_study(rows, wide, event_time="event_time", base=-1)
    for name, rows in samples.items()
}
sizes = {name: len(rows) for name, rows in samples.items()}
told = intervals(band, late["twin"].estimate.words, sizes)

# %% tags=["full-width"]
event_study_plot(
    pd.concat([across(early, EventStudy.tidy), true_path(sample)]),
    name="fig-pz-baseline-event",
    caption="Effects by years since the zone; the hollow mark is the base, the earliest "
    f"year, as in the study. {whose.capitalize()}; the dashed line is the twin's truth. {told}",
    ylabel="Effect on FC",
    confidence=band,
)

# %% [markdown]
# Below each year stands how many cohorts it rests on. Read that line before the dots. At the left end stands
# the last cohort alone, in its first year. That is the base, *against which every other coefficient is measured*.
# At the right end stands Hangzhou alone. In the study the fifth year's coefficient is not significant. This may
# be, as it suggests, because by then the industry had matured everywhere. It may also be because one city is
# little to go by.

# %%
shown = ["event_time", "n_treated_rows", "n_cohorts", "cohorts"]
frame_table(
    late["twin"].effects[shown],
    name="tab-pz-baseline-support",
    caption="What each year since the zone rests on: twin",
    heads={"event_time": "Years since"},
    digits=0,
    note="Cities, dates and so the cohorts are real; the numbers of rows are the twin's.",
)

# %% [markdown]
# The effects of neighbouring years come from different cities: from one line of the table to the next a cohort
# drops out. If its effect differs from the others', the curve moves although no city's effect does.
#
# The usual base is the last year before the zone. All cohorts have it.

# %% tags=["full-width"]
event_study_plot(
    pd.concat([across(late, EventStudy.tidy), true_path(sample)]),
    name="fig-pz-baseline-last",
    caption="The same regression with the year before the zone as its base (hollow). "
    f"{whose.capitalize()}; the dashed line is the twin's truth. {told}",
    ylabel="Effect on FC",
    confidence=band,
)

# %%
both = {"early": early["twin"], "late": late["twin"]}
rows = [(fits[name], name) for fits in (early, late) for name in fits]
record(
    "event",
    pd.concat(fit.tidy().assign(base=fit.base[0], source=name) for fit, name in rows),
)
for name, fit in both.items():
    errors_by_year = fit.effects.set_index("event_time")["std_error"]
    glue_row(f"mean_{name}", fit.mean_effect())
    glue_numbers(**{f"spread_{name}": (fit.post_weights() * errors_by_year).sum()})

# %%
joint = early["twin"].pretrend
glue_numbers(pre_f=joint.statistic, pre_df=joint.df_num, pre_p=joint.p_value)

# %% [markdown]
# Nothing was estimated anew: all coefficients were shifted by one number, the old coefficient of year minus
# one. But the shift carries noise. Average the years from the zone on, each weighted by its treated rows. The mean
# effect is {glue:text}`mean_early:.3f` with the first base and {glue:text}`mean_late:.3f` with the second, and the
# mean of the standard errors of these years {glue:text}`spread_early:.3f` and {glue:text}`spread_late:.3f`. (A
# base on more rows need not be the quieter one: with such a tail, one large value in it is enough.) So from which
# year on an effect is significant depends on the base. In the twin the truth is drawn in; look how far from it
# the dots can be.
#
# ### Parallel before? What the test could have seen
#
# Looking at intervals one by one is no test of all years before the zone together. The joint test has
# $F$ = {glue:text}`pre_f:.2f` with {glue:text}`pre_df` restrictions, $p$ = {glue:text}`pre_p:.3f`, whichever of the
# years before is the base. But with a tail like this one, what *could* it have found? Suppose the treated had
# drifted away from the others on a line all along, zone or no zone. How steep must the line be for the test to
# see it, and what would it put into the mean effect {cite:p}`roth2022pretest`?

# %%
power = {
    name: pretrend_power(fit.effects, fit.vcov, fit.post_weights(), target_power=(0.8,))
    for name, fit in late.items()
}

# %%
seen = pd.concat(rows.assign(source=name) for name, rows in power.items())
frame_table(
    seen[["source", "test", "slope", "bias", "bias_if_passed", "mean_effect"]],
    name="tab-pz-baseline-power",
    caption=f"A line before the zone that tests see four times out of five: {whose}",
    heads={"slope": "Slope, FC a year"},
    note="Base: the year before the zone. Joint: all leads at once. Individual: any lead "
    f"alone. Level 5 per cent; {late['twin'].estimate.words}.",
)

# %%
line = power["twin"].set_index("test").loc["joint"]
glue_numbers(slope=line["slope"], bias=line["bias"], passed=line["bias_if_passed"])
glue_numbers(ratio=100 * abs(line["bias"] / late["twin"].mean_effect()["estimate"]))
drifting = sample.assign(fc=line["slope"] * (sample["event_time"] + 1).fillna(0))
into_beta = fixed_effects(drifting, baseline).main["estimate"]
glue_numbers(into_beta=into_beta, ratio_beta=100 * abs(into_beta / main.main["estimate"]))

# %% [markdown]
# In the twin the joint test sees a slope of {glue:text}`slope:.3f` a year four times out of five. That slope
# alone, without any effect, would put {glue:text}`bias:.3f` into the mean effect of the event study, or
# {glue:text}`ratio:.0f` per cent of it; among samples that *pass* the test it is {glue:text}`passed:.3f`. Into the
# one $\beta$ of column three the same line puts {glue:text}`into_beta:.3f`, or {glue:text}`ratio_beta:.0f` per
# cent, since $\beta$ also compares treated years with each other. So a passed test speaks against lines steeper
# than that, and leaves room for flatter ones.
#
# ## What does the coefficient average?
#
# Cities start in different years, so some of the comparisons that make $\beta$ use firms *already treated* as the
# comparison for firms treated later. Those are the *forbidden comparisons*
# {cite:p}`goodmanbacon2021difference`: if effects grow with time, the growth of the early ones is
# subtracted from the effect on the late ones. One can say exactly what happens. Whatever the effects are, what
# $\beta$ makes of them is a weighted sum over all treated rows. The weights add up to one, and some can be
# negative {cite:p}`dechaisemartin2020two`. They depend on the treatment, the intercepts and the controls, not on
# the outcome.

# %%
from digitrade.exhibits.shapes import weights_plot
from digitrade.methods.decompositions import TreatmentWeights, treatment_weights

# %%
weights = {
    name: treatment_weights(rows, baseline, cohort="cohort")
    for name, rows in samples.items()
}
last = list(weights)[-1]

# %% tags=["full-width"]
weights_plot(
    weights[last].tidy(),
    name="fig-pz-baseline-weights",
    caption=f"Weights of cohorts by year in the baseline coefficient, in per cent: {last}. "
    "Real dates; a negative weight counts an effect with the wrong sign.",
)

# %%
negative = across(weights, TreatmentWeights.negative)
frame_table(
    negative[["source", "unit", "number", "n_negative", "share_negative", "sum_negative"]],
    name="tab-pz-baseline-negative",
    caption=f"Negative weights in the baseline coefficient: {whose}",
    heads={"unit": "Counted by"},
    note="Cell: a cohort in a year. All weights sum to one.",
)

# %%
of_rows = negative.query("source == 'twin' and unit == 'row'").iloc[0]
glue_numbers(share_negative=100 * of_rows["share_negative"])
glue_numbers(sum_negative=of_rows["sum_negative"])
below = weights["twin"].tidy().query("weight < 0")
cells = [f"{c} in {y}" for c, y in zip(below["cohort"], below["year"], strict=True)]
glue_numbers(negative_cells=", ".join(cells) or "none")

# %%
own, effects = weights["twin"], sample["true_effect_fc"]
glue_numbers(weighted=own.weighted_mean(effects), plain=true_effect(sample))
glue_numbers(spread=own.compatible_sd, true_spread=effects[sample["zone_post"] == 1].std())
glue_numbers(weighted_is=compared(own.weighted_mean(effects), true_effect(sample)))

# %% [markdown]
# In the twin {glue:text}`share_negative:.0f` per cent of the treated rows have a negative weight, and these sum
# to {glue:text}`sum_negative:.2f`. Whole cells with a negative weight: {glue:text}`negative_cells`. As a rule they
# are cohorts that came early, in the last years, when nearly everybody is treated. Here we can see what this
# does. Average the *true* effects $\tau$ over treated rows, and you get {glue:text}`plain:.3f`. Average them with the regression's weights, and you
# get {glue:text}`weighted:.3f`, which is {glue:text}`weighted_is` the first. The first is the answer to the
# question; the second is what is estimated, plus noise and whatever else told the cities apart.
#
# Is this a matter of one sample? *Honest draws* are twins with other seeds, whose noise is not moved to meet print.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.pilot_zones.twin.honest import honest_summary

honest = honest_summary(["t33", "city", "weights", "without_1", "events", "early", "leads"])

# %% tags=["full-width"]
honest_table(
    honest,
    name="tab-pz-baseline-honest",
    caption="What the estimates of this chapter are worth on the twin, by honest draws",
    note="Default dates; errors robust unless the row names others.",
)

# %%
of = honest.set_index("target")
glue_numbers(
    h_draws=of["draws"].max(), h_mean=of["mean"]["t33"], h_truth=of["truth"]["t33"]
)
glue_numbers(h_own=of["truth"]["weights"], h_sd=of["sd"]["t33"], h_se=of["mean_se"]["t33"])
glue_numbers(h_city=of["mean_se"]["city"], h_cover=100 * of["coverage"]["t33"])
glue_numbers(h_cover_city=100 * of["coverage"]["city"], h_less=of["mean"]["without_1"])

# %% [markdown]
# Over {glue:text}`h_draws` draws the estimates of column three average {glue:text}`h_mean:.3f`. The mean true effect
# is {glue:text}`h_truth:.3f`, and what the regression's weights make of the effects is {glue:text}`h_own:.3f`. Noise
# averages out over draws, so something else lies between the last number and the first. It is one row: every twin has
# the printed maximum, in 2015 and in a city whose zone came later, where it pulls $\beta$ up. Without that row the
# estimates average {glue:text}`h_less:.3f`. So two errors offset each other here, the weights and one value. The
# estimates scatter by {glue:text}`h_sd:.3f`; their robust errors average {glue:text}`h_se:.3f`, those by city
# {glue:text}`h_city:.3f`. The interval holds the mean true effect in {glue:text}`h_cover:.0f` per cent of the draws
# with robust errors and in {glue:text}`h_cover_city:.0f` per cent by city. With errors of this size one draw tells
# little about the weights.
#
# How worried must one be without a truth at hand? If the effects of rows had a standard deviation of
# {glue:text}`spread:.3f`, the coefficient could be what it is and their true mean *zero*. In the twin they have
# one of {glue:text}`true_spread:.3f`. For real firms it is not known. The event study has the same trouble,
# leads included {cite:p}`sun2021estimating`. There are estimators that make no forbidden comparisons; this book
# does not use them.
#
# ## What we learned, and what we did not
#
# The four printed columns can be set up again with public dates and a firm panel. City effects add little to
# those of firms as long as few firms move. The printed $R^2$, $F$ and constants point to a change of command, not
# of fit. The printed stars rest on errors that treat firms of one city as unrelated, and on an outcome in which
# one row holds a large part of the squares. The event study's first and last years are one cohort each, and its
# base is one of them. With a tail like the twin's, a test of the years before leaves room for a drift that would
# put {glue:text}`bias:.3f` into the mean effect.
#
# We did not learn whether H1 holds: the twin's rows are simulated. A referee would ask, in this order, for
# standard errors by city, for the estimate without the largest rows, for the event study with the year before
# the zone as base, and for an estimator without forbidden comparisons.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} The other rule
# :label: ex-pz-baseline-rule
# Date the zones by both rules and estimate column three with each. Is the estimate smaller by calendar years, as
# it should be if some rows that count as treated are not treated yet?
# ```
#
# ```{solution-start} ex-pz-baseline-rule
# :class: dropdown
# ```
#
# Only the treatment changes, so replace its columns. In the twin the effect begins by the half-year rule, and
# rows dated too early dilute it. The noise of one sample can hide that.

# %%
from digitrade.studies.pilot_zones.zones import RULES, assign_treatment

by_rule = {
    name: assign_treatment(sample, rule=name, approved_by=approved_by) for name in RULES
}
dated = {name: sample.assign(zone_post=by_rule[name]["zone_post"]) for name in RULES}
both = pd.DataFrame(
    {name: fixed_effects(rows, baseline).main for name, rows in dated.items()}
)
both.loc[["estimate", "std_error", "p_value"]].astype(float).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Without one cohort
# :label: ex-pz-baseline-cohort
# Estimate column three without each cohort in turn. Which one carries the estimate?
# ```
#
# ```{solution-start} ex-pz-baseline-cohort
# :class: dropdown
# ```
#
# The estimate moves most {glue:text}`carrier`. If one cohort decides, the result is about the cities of one batch.

# %%
cohorts = sorted(sample["cohort"].dropna().unique())
fewer = {
    f"without {cohort:.0f}": estimation_sample(sample[sample["cohort"] != cohort], baseline)
    for cohort in cohorts
}
by_row = pd.DataFrame(
    {name: fixed_effects(rows, baseline).main for name, rows in fewer.items()}
).T
moved = (by_row["estimate"].astype(float) - main.main["estimate"]).abs()
glue_numbers(carrier=moved.idxmax())
kept = by_row[["estimate", "std_error", "p_value", "n_obs"]].astype(float).round(3)
kept.astype({"n_obs": int})

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Bins
# :label: ex-pz-baseline-bins
# Count all years beyond five before and four after with those, and take the year before the zone as base. How
# many cohorts does each coefficient rest on now, and what is the $p$ of the joint test?
# ```
#
# ```{solution-start} ex-pz-baseline-bins
# :class: dropdown
# ```
#
# The fewest cohorts behind a coefficient are now {glue:text}`fewest`, and the joint test of the years before has
# $p$ = {glue:text}`binned_p:.3f`. The price is an assumption: one effect for all years of a bin.

# %%
binned = event_study(sample, baseline, event_time="event_time", base=-1, bins=(-5, 4))
glue_numbers(fewest=binned.effects["n_cohorts"].min(), binned_p=binned.pretrend.p_value)
shown = ["event_time", "estimate", "std_error", "n_cohorts", "cohorts"]
binned.tidy().query("std_error > 0")[shown].round(3)

# %% [markdown]
# ```{solution-end}
# ```
