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
# (ch-pz-robustness-matched)=
# # Robustness, continued: other firms, other programmes, one row
#
# **After this chapter you can** say which firms a matched sample answers for, what holding another
# programme constant can and cannot show, work out exactly what a single row does to a coefficient, and tell
# the questions apart that other scales ask. **It assumes**
# {ref}`the first part of these checks <ch-pz-robustness>`. **It runs** in about fifteen seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms: made-up balance sheets in real cities,
# treated by the real list of zones, so that the study's regressions give about its printed numbers. It
# is evidence about method and code, never about China's firms.
# :::
#
# Two checks of the study {cite:p}`wang2025impact` are left: a matched sample, and two other programmes held
# constant. Both are columns of its Table 6, which {ref}`the page before <ch-pz-robustness>` shows as printed,
# with the equation and its symbols. Then come checks of our own. All concern H1, that a zone eases financing
# constraints.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2015-03-07..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
matching: str = "nearest"  # matching in the figures [nearest | once | caliper | kernel]
winsorised: float = 0.01  # share of rows pulled in at each end [0..0.2]

# %%
from digitrade.exhibits.phrases import intervals, listed
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    estimation_sample,
    with_covariance,
)

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
baseline = with_covariance(BASELINE, covariance).replace(label="Baseline")
samples = {name: estimation_sample(panel, baseline) for name, panel in panels.items()}

# %%
fits = {name: fixed_effects(rows, baseline) for name, rows in samples.items()}
errors = {"covariance": baseline.covariance, "cluster": baseline.cluster}
words, whose = fits["twin"].words, listed(panels)
beside = listed(["printed", "truth", *panels])

# %% [markdown]
# ## A matched sample
#
# Cities with a zone are not like the others. Matching looks for firms that are alike: for each
# firm-year in a city that gets a zone, one elsewhere, in the same year, with about the same *propensity
# score* {cite:p}`rosenbaum1983central`, the chance of being in such a city given the seven controls. Then
# the baseline is estimated on the pairs {cite:p}`heckman1997matching`. The study does not say how it
# matched.

# %%
import pandas as pd

from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.exhibits.groups import counts_table
from digitrade.exhibits.histograms import overlap_plot
from digitrade.exhibits.intervals import balance_plot
from digitrade.studies.pilot_zones.robustness import (
    RULES,
    matched,
    matched_rows,
    matching_numbers,
    matching_ranges,
)
from digitrade.studies.pilot_zones.specifications import (
    across,
    estimated_here,
    printed_rows,
)

# %%
pairs = matched(panels["twin"], baseline, rule=matching, weighting="weights")
way = RULES[matching].words()

# %% tags=["full-width"]
overlap_plot(
    pairs.scores,
    pairs.matches.treated,
    pairs.matches.weights,
    name="fig-pz-robustness-overlap",
    caption="Chances of being in a city with a zone: bars upwards for firm-years that are, "
    f"downwards for those that are not. Twin, {way}.",
)

# %%
counts_table(
    pairs.matches,
    name="tab-pz-robustness-counts",
    caption="Who is matched, and how often a control has to serve: twin",
)

# %%
glue_numbers(**matching_numbers(pairs))

# %% [markdown]
# To each firm-year in a city without a zone there are {glue:text}`per_control:.1f` in cities with
# one. So to match every treated row some controls have to serve many times, and the column of effective
# rows shows how little that leaves. If each control serves once, most of the treated stay out.

# %%
balance_plot(
    pairs.balance(),
    name="fig-pz-robustness-balance",
    caption="Differences of means between firm-years with and without a zone, in standard "
    f"deviations, before and after matching. Twin, {way}, weighted.",
)

# %% [markdown]
# Before matching the largest gap is in *{glue:text}`first`*, {glue:text}`first_before:.2f` standard deviations. In
# controls of *cities* the groups overlap least: there is no Shanghai without a zone, and no pairing can mend
# that. Pairs on one number, the score, can even push apart what was alike: {glue:text}`farther` of the
# seven are farther apart after matching than before. The largest gap left is in *{glue:text}`worst`*,
# {glue:text}`worst_after:.2f` standard deviations, where it was {glue:text}`worst_before:.2f`. The most used control
# counts {glue:text}`served:.0f` times, with all that is odd about it.

# %%
paired = across(panels, matched_rows, baseline)
record("matched", estimated_here(paired))
in_print = printed_rows("6").query("column == '3'")
in_print = in_print.assign(row="Matched as in the study")
ways = pd.concat([in_print, paired])

# %% tags=["full-width"]
comparison_table(
    ways,
    name="tab-pz-robustness-matched",
    caption=f"Matched samples (Table 6, column 3): {beside}",
    covariance=words,
    note="Standard errors take matches as given. Truth: over the treated rows that are "
    "kept.",
)

# %%
columns = printed_rows("3").set_index("column")["estimate"]
glue_numbers(beta_2=columns["2"], beta_3=columns["3"], **matching_ranges(paired))
glue_row("match", in_print.iloc[0])

# %% [markdown]
# The printed column has {glue:text}`match_n:,` observations. So has the whole baseline: nothing was
# lost in matching. With the counts above that is hard to get from pairs. Rows could all stay if every one
# lay on the common support, but then each counts once, and the estimate would have to be the
# baseline's, {glue:text}`beta_3:.3f`; printed is {glue:text}`match:.3f`. Or matching gave
# *weights*, none of them zero, as a wide kernel does. Or the column has other effects or controls: its
# $R^2$ is that of Table 3's column without city effects, whose estimate is
# {glue:text}`beta_2:.3f` (but the two placebos beside it have that $R^2$ too, so it may be of another
# kind). Print does not settle it; a line on the method would.
#
# On the twin {glue:text}`ways` ways give from {glue:text}`way_low:.3f` to {glue:text}`way_high:.3f`, on
# {glue:text}`n_low:,.0f` to {glue:text}`n_high:,.0f` rows. Look at the column of the truth before you call that noise:
# each way keeps other treated firms, and the mean true effect on those that are kept runs from
# {glue:text}`true_low:.3f` to {glue:text}`true_high:.3f`. A matched sample answers for the firms that
# found a match. And firm effects have already removed what is fixed in a firm; a match in levels adds
# little to that, while it changes which firms, and which of the few large ratios, are in.
#
# ## Two other programmes
#
# Two other programmes, *smart cities* and *innovative cities*, ran in the same period. If zones went to
# the same places, the baseline may give them credit for the others' work. Hold these constant. The programmes are
# public, but to code them takes choices: the housing ministry's first list of smart cities, of 29 January 2013, names
# 37 prefecture-level cities, 50 districts and counties, and 3 towns. We have no full copy of all lists that we
# could check name by name. So in the twin cities and dates of both programmes are *drawn by lot*.

# %%
from digitrade.studies.pilot_zones.robustness import policy_rows
from digitrade.studies.pilot_zones.specifications import estimate_table

table_6 = estimate_table(panels, "6", **errors)
policies = policy_rows(table_6, panels, "With two other programmes")
record("policies", estimated_here(policies))

# %%
comparison_table(
    policies,
    name="tab-pz-robustness-policies",
    caption="Three programmes at once (Table 6, column 4), the twin's other two drawn by lot: "
    f"{beside}",
    covariance=words,
)

# %% [markdown]
# This is a check that could have failed, and in print it does not: the zones' coefficient hardly moves,
# though it loses a star. The printed effect of smart cities has no star. So not every label of a city comes with an effect,
# and that speaks for the study.
#
# The check has limits. The twin draws the other programmes by lot, unrelated to zones, so there
# holding them constant can hardly matter; in China it could. And in print the innovative cities have an
# effect of three quarters of the zones'. If both labels went to cities that were on their way up anyway,
# both coefficients would show it, and neither would clear the other.
#
# ## The tail
#
# Back to the {ref}`long tail <ch-pz-robustness>` of the outcome. What does a single firm-year do to the
# coefficient? One need not estimate fourteen thousand times. With the residual $e_i$, the leverage $h_i$ of effects
# and controls together, and $a_i$ the weight with which the row enters the coefficient,
#
# ```{math}
# :label: eq-pz-robustness-influence
# \hat\beta - \hat\beta_{(-i)} = \frac{a_i \, e_i}{1 - h_i}
# ```
#
# is what goes with row $i$, exactly {cite:p}`belsley1980regression`.

# %%
from digitrade.exhibits.shapes import influence_plot
from digitrade.exhibits.table import frame_table
from digitrade.methods.influence import influence
from digitrade.studies.pilot_zones.robustness import (
    largest_groups,
    without_carriers,
    without_largest,
)
from digitrade.studies.pilot_zones.scales import (
    QUANTILES,
    above,
    on_scales,
    scales_table,
    standard_scales,
)
from digitrade.studies.pilot_zones.specifications import source_rows

# %%
of_rows = {name: influence(rows, baseline) for name, rows in samples.items()}

# %% tags=["full-width"]
influence_plot(
    of_rows,
    name="fig-pz-robustness-influence",
    caption="What the coefficient loses with each firm-year, for the thousand that matter "
    f"most: {whose}. Named: the largest ratio and those that matter most, each with its "
    "ratio. Which firm-years of the twin these are was drawn.",
)

# %% [markdown]
# Now leave rows out: those with the largest ratios, and those whose changes would together take the
# coefficient to zero {cite:p}`broderick2020automatic`. The last is no estimate to report. It is chosen to
# hurt, and its use is the *number* of rows it takes.

# %%
whole = source_rows({name: {"Baseline": fit} for name, fit in fits.items()}, panels)
ladder = across(samples, without_largest, baseline)
carried = across(samples, without_carriers, baseline)
record("without", estimated_here(pd.concat([ladder, carried])))

# %%
comparison_table(
    pd.concat([whole, ladder, carried]),
    name="tab-pz-robustness-without",
    caption="The baseline without its largest ratios, and without the rows that carry it: "
    f"{listed(['truth', *panels])}",
    covariance=words,
    note="Truth: over the treated rows that are left.",
)

# %%
left = ladder.query("source == 'twin'").set_index("row")
glue_row("whole", fits["twin"].main)
glue_row("one_less", left.loc["Without the largest ratio"])
glue_row("fifty_less", left.loc["Without the 50 largest ratios"])

# %%
known = ladder.query("source == 'truth'").set_index("row")["estimate"]
fifty = left.loc["Without the 50 largest ratios"]
fifty_true = known["Without the 50 largest ratios"]
carriers = carried["removed"].iloc[0]
glue_numbers(carriers=f"{carriers:.0f} row{'s' if carriers > 1 else ''}")
glue_numbers(rows=len(samples["twin"]))
off = abs(fifty_true - fifty["estimate"]) / fifty["std_error"]
glue_numbers(fifty_true=fifty_true, fifty_off=off)

# %% [markdown]
# On the twin one row of {glue:text}`rows:,` takes the estimate from {glue:text}`whole:.3f` to
# {glue:text}`one_less:.3f`. The changes of {glue:text}`carriers` add up to all of it; without these the
# table has what is left, since changes do not quite add up. Without the fifty largest ratios the
# standard error goes from {glue:text}`whole_se:.3f` to {glue:text}`fifty_less_se:.3f`. Does that make
# {glue:text}`fifty_less:.3f` the better estimate? Rows were dropped for the size of their *outcome*, which the zone
# may have moved, so this answers a question about smaller ratios only. And the truth over the treated rows that
# are left is {glue:text}`fifty_true:.3f`, {glue:text}`fifty_off:.1f` of these standard errors away.

# %% [markdown] tags=["if:fifty_off>2"]
# That is far off for so small an error. The next section shows why.

# %% [markdown]
# That real data have such ratios follows from the printed maximum. Print does not tell where they stand. Whole
# cities can be left out in the same exact way:

# %%
of_cities = across(samples, largest_groups, baseline, by="city", count=5)
frame_table(
    of_cities[["source", "city", "n_rows", "change", "estimate_without"]],
    name="tab-pz-robustness-cities",
    caption=f"The five cities that matter most to the coefficient: {whose}",
    heads={"estimate_without": "Estimate without it"},
    note=f"Changes of the baseline's point estimate, whose errors are {words}.",
)

# %% [markdown]
# ### Other scales are other questions
#
# A common cure for a long tail is another scale: pull in the ends ({glue:text}`share:g` per cent at *each* end; say
# so), or take ranks.

# %%
three = dict(list(standard_scales(winsorised).items())[:3])
scaled = scales_table(panels, baseline, three)
record("scales", estimated_here(scaled))
told = ["source", "row", "estimate", "std_error", "true", "truth_weighted", "n_obs"]
truths = {
    "true": "Mean true effect",
    "truth_weighted": "with the regression's weights",
}

# %% tags=["full-width"]
frame_table(
    scaled[told],
    name="tab-pz-robustness-scales",
    caption=f"One outcome on three scales, each in its own unit: {whose}",
    heads={"row": "Scale", **truths},
    note=f"Standard errors: {words}. True effects of the treated rows: as it is, the effect "
    "itself; on the other scales the value less what it would be without the effect.",
)

# %%
by_row = scaled.query("source == 'twin'").set_index("row")
wins = by_row.iloc[1]
glue_row("wins", wins)
glue_numbers(share=100 * winsorised, wins_mean=wins["true"])
glue_numbers(wins_weighted=wins["truth_weighted"])
miss = wins[["true", "truth_weighted"]] - wins["estimate"]
glue_numbers(**(miss.abs() / wins["std_error"]).add_prefix("miss_"))

# %% [markdown]
# The rows do not compare with each other: each has its own unit and asks something of its own.
#
# - *As it is*: by how much does the ratio change? One firm that goes from one hundred to two hundred counts as
#   much as ten thousand firms whose ratios rise by a hundredth each.
# - *Winsorised*: the same, with all large ratios taken for equally large. The lower end does nothing here,
#   since many ratios are near zero.
# - *Rank*: by how many places, in per cent of all rows, does a firm move up?
#
# Each is a fair question. None is a check of another.
#
# Now compare estimates with truths. The twin's winsorised estimate is {glue:text}`wins:.3f` with a standard error of
# {glue:text}`wins_se:.3f`. The mean true effect on this scale is {glue:text}`wins_mean:.3f`,
# {glue:text}`miss_true:.1f` standard errors away. Take the true effects without any noise, and average them
# with the {ref}`weights of the regression <ch-pz-baseline>`, some of which are negative. That gives
# {glue:text}`wins_weighted:.3f`, {glue:text}`miss_truth_weighted:.1f` standard errors from the estimate.

# %% [markdown] tags=["if:miss_true>2", "if:miss_true>miss_truth_weighted"]
# Little noise is left here, so a trouble shows that noise hides on the first scale: the regression does not weigh all
# treated rows alike. A small standard error tells how near an estimate is to its *own* target, and here the target
# is not the mean effect. The rest of the distance is what else told the cities apart.

# %% [markdown]
# Is this the luck of one sample? {ref}`Honest draws <ch-pz-baseline>` tell.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.pilot_zones.twin.honest import honest_summary

rows = ["nearest", "t64", "innova", "without_50", "winsorised", "winsorised_w", "rank"]
honest = honest_summary([*rows, "above_90", "above_90_w"])

# %% tags=["full-width"]
honest_table(
    honest,
    name="tab-pz-robustness-draws",
    caption="What estimates of this page are worth on the twin, by honest draws",
    note="Default dates, robust errors, one per cent winsorised.",
)

# %%
of = honest.set_index("target")
glue_numbers(h_draws=of["draws"].max(), h_mean=of["mean"]["winsorised"])
glue_numbers(h_truth=of["truth"]["winsorised"], h_own=of["truth"]["winsorised_w"])
glue_numbers(h_cover=100 * of["coverage"]["winsorised"])
glue_numbers(h_cover_own=100 * of["coverage"]["winsorised_w"])

# %% [markdown]
# Over {glue:text}`h_draws` draws the winsorised estimates average {glue:text}`h_mean:.3f`, the mean true effects
# {glue:text}`h_truth:.3f`, and the true effects with the regression's weights {glue:text}`h_own:.3f`. The interval
# holds the mean true effect in {glue:text}`h_cover:.0f` per cent of the draws, its own target in
# {glue:text}`h_cover_own:.0f` per cent. (Truths differ from draw to draw as well, so estimates may scatter more than
# their errors tell.) The row without the fifty largest ratios can be read in the same way.
#
# To see *where* in the distribution something happens, ask many questions at once: how many more firm-years
# exceed a cut-off {cite:p}`chernozhukov2013inference`?

# %%
exceeding = scales_table(panels, baseline, above(QUANTILES))
record("exceeding", estimated_here(exceeding))

# %% tags=["full-width"]
frame_table(
    exceeding[told],
    name="tab-pz-robustness-above",
    caption=f"Firm-years above each quantile of FC, in per cent: {whose}",
    heads={"row": "FC", **truths},
    digits=2,
    note=f"Standard errors: {words}. True effects as on the scales above.",
)

# %% [markdown]
# The twin's zones add amounts to the ratios of treated firms, often more than these had, so many cross the lower
# cut-offs. That is how the twin was built; the printed tables do not tell whether the study's firms are like that.
# With the study's data this table would show whether many firms rise or a few. Its target is that of the other
# scales: hold the estimates against the true effects with the regression's weights.
#
# ## All rows together
#
# Here is everything about $FC$, of this page and the one before, at a glance: what was printed beside what
# the twin gives.

# %%
from digitrade.exhibits.intervals import coefficient_panels
from digitrade.studies.pilot_zones.robustness import (
    clustered_rows,
    gather,
    placebo_rows,
    with_intervals,
)
from digitrade.studies.pilot_zones.specifications import printed_and_estimated

# %%
headline = printed_rows("3").query("column == '3'").assign(row="Baseline")
zones = policies.query("row == 'Zone × post'").assign(row="Two other programmes")
pulled_in = scaled[scaled["row"].str.startswith("Winsorised")]

# %%
groups = {
    "Baseline": pd.concat([headline, whole]),
    "Errors": across(panels, clustered_rows, baseline),
    "Controls": printed_and_estimated(panels, "5", **errors),
    "Programmes": zones,
    "Matching": ways,
    "Large ratios": pd.concat([pulled_in, ladder]),
    "Placebos": placebo_rows(panels, baseline),
}
every = gather(groups)
sizes = {"printed baseline": int(headline["n_obs"].iloc[0])}
sizes |= {name: fit.n_obs for name, fit in fits.items()}

# %%
shown = with_intervals(every.query("source != 'truth'")).rename(columns={"row": "label"})
shown["source"] = shown["source"].str.capitalize()

# %% tags=["full-width"]
coefficient_panels(
    shown,
    name="fig-pz-robustness-all",
    one_scale=True,
    caption="Every row, with its interval; an arrow where an interval is cut. One scale: "
    f"{listed(['printed', *panels])}. Dotted: the first row. As printed, the intervals are "
    "normal. " + intervals(0.95, f"{words} unless the row says otherwise", sizes),
)

# %%
own = shown.query("source == 'Twin' and group != 'Placebos'")
glue_numbers(n_rows=len(own), n_above=(own["conf_low"] > 0).sum())
glue_numbers(lowest=own["estimate"].min(), highest=own["estimate"].max())

# %% [markdown]
# ## What we learned, and what we did not
#
# Of the twin's {glue:text}`n_rows` rows that are not placebos, {glue:text}`n_above` have an interval
# above zero; the estimates run from {glue:text}`lowest:.3f` to {glue:text}`highest:.3f`. All come from one
# process, in which zones do raise $FC$. Some rows differ because they ask about other firms, as the truths in the
# tables show; others because, with so long a tail, dropping a few firms moves the estimate far. So agreement
# of many rows does not prove an effect, and disagreement does not refute one. Nor need the most precise rows be
# the best at the mean effect: they come near what the regression's weights make of the effects.
#
# On {ref}`the page before <ch-pz-robustness>` some printed rows turned out to show less than they seem to. Here it
# is the matched sample, which is as large as the unmatched one. We did not learn what the study's rows would be
# without its largest ratios, or how it matched. The authors' data would tell both.
#
# A referee would ask for three rows before all others: winsorised or without the ten largest ratios;
# placebos on rows before the zone; errors clustered by city. The first matters most, as one firm-year holds a
# large part of the printed squares, and print does not tell on which side of the comparison it stands.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} How far in?
# :label: ex-pz-robustness-far
# Pull in more and more rows at each end. Does the estimate have to come nearer to the truth on that scale?
# ```
#
# ```{solution-start} ex-pz-robustness-far
# :class: dropdown
# ```
#
# The standard error falls, since it rests on squares, and the mean true effect falls with it: of an effect on the
# largest ratios less and less is counted. Between the estimate and that mean the regression's weights remain: from
# the lightest to the hardest cut the estimate is {glue:text}`gaps` of its standard errors off. Pulling in more rows
# takes noise away, not these weights.

# %%
scales = {}
for share in (0.001, 0.01, 0.05, 0.1):
    scales |= dict(list(standard_scales(share).items())[1:2])
further = on_scales(panels["twin"], baseline, scales)
off = (further["estimate"] - further["true"]).abs() / further["std_error"]
glue_numbers(gaps=listed(f"{value:.1f}" for value in off))
further[["row", "estimate", "std_error", *truths]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A report on one row (find the error)
# :label: ex-pz-robustness-report
# A report reads: "Without its largest row the estimate falls. So the effect was that row." Find what is
# wrong with the conclusion, and which two numbers the report should have given.
# ```
#
# ```{solution-start} ex-pz-robustness-report
# :class: dropdown
# ```
#
# The estimate has to be set against the truth of the same rows, and its fall against a standard error. A row
# with a large noise moves the estimate by the noise, not by the effect: whether there is an effect in the other
# rows is a question for their own estimate. The table has both, from the least cut to the hardest.

# %%
both = ladder.query("source in ['twin', 'truth']")
both[["source", "row", "estimate", "std_error"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Fewer rows (predict)
# :label: ex-pz-robustness-fewer
# Say before you look which of the matched estimates has the largest standard error, and whether a matched
# estimate and the baseline have the same target.
# ```
#
# ```{solution-start} ex-pz-robustness-fewer
# :class: dropdown
# ```
#
# Treated rows without a partner drop out, and their effect with them: a matched estimate is about the treated
# rows that were matched, and controls count by how often they serve. So it can differ from the baseline
# without a fault in either. Fewer rows usually mean a larger standard error, unless the rows that went
# were the noisiest: compare the last two columns.

# %%
paired.query("source == 'twin'")[["row", "estimate", "std_error", "n_obs"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
