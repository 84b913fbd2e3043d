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
# (ch-pz-robustness)=
# # Robustness: what each row asks
#
# **After this chapter you can** tell a robustness check from another question, say what a placebo
# should show if the effect is real, split a changed estimate into changed rows and changed controls, see
# what zeros do to a log, and read the spread of a placebo by lot. **It assumes**
# {ref}`the baseline chapter <ch-pz-baseline>`. **It runs** in about twenty seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms: made-up balance sheets in real cities,
# treated by the real list of zones, so that the study's regressions give about its printed numbers. It
# is evidence about method and code, never about China's firms.
# :::

# %% [markdown]
# ## The claim
#
# The study {cite:p}`wang2025impact` defends its baseline with four tables: other outcomes, other
# controls, placebos in time and in space, a matched sample, and two other programmes held constant. All serve
# H1, that a zone eases financing constraints. The last two have
# {ref}`a page of their own <ch-pz-robustness-matched>`.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table, frame_table

# %%
claimed = load_published("estimates", study="pilot_zones").query("term == 'zone_post'")
claim_table(
    claimed[claimed["table"].isin(["4", "5", "6", "7"])],
    name="tab-pz-robustness-claim",
    caption="The checks, as printed in Tables 4 to 7 of the study",
)

# %% [markdown]
# The equation is that of the baseline chapter:
#
# ```{math}
# :label: eq-pz-robustness
# \begin{aligned}
# FC_{it} = {}& \beta\, D_{it} + \gamma' X_{it} \\
#   & + \alpha_i + \lambda_t + \kappa_c + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column | What a row below changes |
# |:--|:--|:--|:--|
# | $i$, $t$, $c$ | firm, year, and the firm's city in that year | `firm`, `year`, `city` | which rows are in |
# | $FC_{it}$ | financial over fixed assets | `fc` | the outcome, or its scale |
# | $D_{it}$ | the firm's city has a zone by then | `zone_post` | when, or where, a zone is said to be |
# | $X_{it}$ | seven controls | `top1` to `eco` | what is held constant |
# | $\alpha_i$, $\lambda_t$, $\kappa_c$ | effects | `firm`, `year`, `city` | |
# | $u_{it}$ | errors | | which of them may move together |

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2016-01-12..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
placebo_draws: int = 500  # draws of the placebo in space [99..9999]
seed: int = 20250613  # seed of the placebo in space [0..4294967295]

# %%
from digitrade.exhibits.phrases import compared, listed
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
errors = {"covariance": baseline.covariance, "cluster": baseline.cluster}
words, whose = fixed_effects(samples["twin"], baseline).words, listed(panels)
beside = listed(["printed", "truth", *panels])

# %% [markdown]
# ## Look first: a ratio with a long tail
#
# Which check could matter? {ref}`One firm-year <ch-pz-variables>` holds a large part of the printed variance of $FC$,
# and the twin was drawn to have about the same maximum and variance. Here is how many of its firm-years lie above
# each value.

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.series import tail_plot
from digitrade.studies.pilot_zones.describe import t_from_print, tail_numbers

# %%
tail_plot(
    samples,
    "fc",
    name="fig-pz-robustness-tail",
    caption="Share of firm-years whose ratio is at least so large, both axes in logs: "
    f"{whose}. Blue: rows with a zone; orange: before it, or never.",
)

# %%
glue_numbers(**tail_numbers(samples["twin"]["fc"]))
cut = 0.01
beyond = (samples["twin"]["fc"] > cut).groupby(samples["twin"]["zone_post"]).mean()
glue_numbers(cut=cut, with_zone=100 * beyond[1], without_zone=100 * beyond[0])

# %% [markdown]
# On the twin the largest of {glue:text}`rows:,` rows holds {glue:text}`first:.0f` per cent of the sum of squares, the
# ten largest {glue:text}`ten:.0f`, the fifty largest {glue:text}`fifty:.0f`; the median firm-year has a ratio
# of {glue:text}`median:.4f`. None of the study's checks of $FC$ touches the largest ratios. We go through its
# checks first, and come back to the tail {ref}`afterwards <ch-pz-robustness-matched>`.
#
# The two curves differ far to the left of the tail, too. {glue:text}`with_zone:.0f` per cent of the twin's rows
# with a zone have a ratio above {glue:text}`cut:.2f`, and {glue:text}`without_zone:.0f` per cent of the others. The
# reason is how the twin is made: a zone *adds* an amount to the ratio, and for a typical firm this amount is many
# times the ratio that it had. (The steps in the curves are amounts that many rows of the twin got alike.) Whether
# real zones work like that is not known. It matters on the next page, where other scales and cut-offs are used.
#
# ## Other outcomes
#
# If zones ease financing, other measures of financing should move too: an index of constraints, the
# subsidies a firm gets, and its loans.

# %%
import numpy as np
from scipy import stats

from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import glue_row, record
from digitrade.studies.pilot_zones.scales import in_units, margins, true_margins
from digitrade.studies.pilot_zones.specifications import (
    across,
    estimated_here,
    printed_and_estimated,
    printed_rows,
)

# %%
outcomes = printed_and_estimated(panels, "4", **errors)
record("outcomes", estimated_here(outcomes))

# %% tags=["full-width"]
comparison_table(
    outcomes,
    name="tab-pz-robustness-outcomes",
    caption=f"Five other outcomes (Table 4): {beside}",
    covariance=words,
    digits=4,
)

# %%
size = fixed_effects(samples["twin"], baseline.replace(outcome="size")).main
slope = -0.737 + 2 * 0.043 * samples["twin"]["size"].mean()
glue_numbers(assets=size["estimate"], slope=slope, product=slope * size["estimate"])
glue_numbers(**{f"sa_{name}": value for name, value in t_from_print("4", "1").items()})
same = load_published("estimates", study="pilot_zones").query("table == '4'").iloc[0]
glue_numbers(same_r2=float(same["r2"]), same_f=float(same["f_stat"]))
glue_numbers(two_stars=stats.norm.isf(0.025))

# %% [markdown]
# Start with the *SA index* {cite:p}`hadlock2010new`. It is made of two things only, total assets and age:
# $SA = -0.737\, s + 0.043\, s^2 - 0.040\, a$, with $s$ the log of assets. Age moves by one a year for
# everybody, so the effects take it out. What is left is assets: the twin's log assets move by
# {glue:text}`assets:.3f`, the parabola's slope at their mean is {glue:text}`slope:.3f`, and the
# product is {glue:text}`product:.4f`. So this row shows that assets grew, and nothing about credit beyond that.
# (Its sign and its unit are discussed in {ref}`the chapter on variables <ch-pz-variables>`.)
#
# Two printed details are worth asking about. The SA coefficient has two stars, but its printed digits give
# $t$ = {glue:text}`sa_t:.2f`, and two stars take {glue:text}`two_stars:.2f`. Rounding allows {glue:text}`sa_t_least:.2f` to
# {glue:text}`sa_t_most:.2f`, so the stars may be right if the digits cut off were large. And the columns of SA and
# of subsidies print the same $R^2$, {glue:text}`same_r2:.3f`, and the same $F$, {glue:text}`same_f:.3f`, for two
# different outcomes. One pair is probably a slip of copying.
#
# ### A sum that lags behind its parts
#
# The loans are odd. All loans are the sum of short and long ones, $T = S + L$. If both grow a little,
#
# ```{math}
# :label: eq-pz-robustness-sum
# \begin{aligned}
# d \ln T &= w \, d \ln S + (1 - w) \, d \ln L, \\
# w &= S / T ,
# \end{aligned}
# ```
#
# so the sum grows by a mean of the two. The printed coefficients are about a third for short loans, more
# for long ones, and a sixteenth for the sum. That is no mean of the two. One proportional effect for all
# firms cannot give these three numbers.

# %%
of_loans = printed_rows("4").iloc[2:].set_axis(["short", "long", "total"])
jump, loan = np.log1p(10e6), of_loans["estimate"]
glue_numbers(jump=jump, switchers=100 * (loan["short"] - loan["total"]) / jump)
for name, row in of_loans.iterrows():
    glue_row(name, row)
glue_numbers(error_ratio=of_loans["std_error"]["long"] / of_loans["std_error"]["total"])

# %% [markdown]
# What can? Growth may come where the kind that grows is a small part of the whole. Take that to its end: a firm
# *without* short loans takes its first. What this does depends on how a loan of zero is logged, and the study
# writes "logarithm" and no more.
#
# - *If it is the plain log*, rows without a loan drop out, and no unit matters. The printed rows fit that in part:
#   {glue:text}`short_n:,` for short loans, {glue:text}`long_n:,` for long ones, of which fewer firms have any. But the
#   sum would then have at least the rows of the short loans, unless it is blank where a part is blank, and it has
#   exactly those of the long ones.
# - *If it is $\ln(1 + \text{loan})$*, they stay, at zero, and a first loan of ten million yuan is a jump of
#   {glue:text}`jump:.1f` log points, however small it is beside the firm's other loans. The printed errors fit
#   that: on the same {glue:text}`long_n:,` rows that of long loans is {glue:text}`long_se:.3f` and that of the sum
#   {glue:text}`total_se:.4f`, {glue:text}`error_ratio:.1f` times smaller.
#
# In the second case the difference between {glue:text}`short:.3f` for short loans and {glue:text}`total:.4f` for
# all takes first loans in {glue:text}`switchers:.1f` per cent of treated rows, and no credit beyond that. The twin
# is built this way, since we found no simpler way to meet the three numbers: zones bring a first short loan to
# {glue:text}`first_short:.1f` per cent of its treated rows. That is a choice of ours, not a finding about firms.

# %%
loans = ["log_shortloan", "log_longloan", "log_totalloan"]
chosen = true_margins(panels["twin"], loans).set_index("outcome")
glue_numbers(first_short=100 * chosen.loc["log_shortloan", "share_first"])

# %% [markdown]
# ### Yuan, or thousands?
#
# Suppose that it is $\ln(1 + \text{loan})$, in yuan. Count the loans in thousands of yuan, which no one would call
# another model. Where there is a loan, $\ln(1 + x/1000)$ is $\ln x - \ln 1000$; where there is
# none, it stays at zero. A coefficient is linear in its outcome, so that
#
# ```{math}
# :label: eq-pz-robustness-units
# \hat\beta(\text{unit } u) \approx \hat\beta(1) - \ln u \cdot \hat\beta(\text{has a loan}) .
# ```
#
# If the treatment moves anybody between none and some, the coefficient is whatever the unit makes it
# {cite:p}`chen2024logs`. It is not a percentage.

# %%
by_unit = across(panels, in_units, baseline, loans)
record("units", by_unit)

# %% tags=["full-width"]
results = ["estimate", "std_error", "p_value", "expected", "n_obs"]
frame_table(
    by_unit[["source", "outcome", "unit", *results]],
    name="tab-pz-robustness-units",
    caption=f"The same loans in three units, as ln(1 + x): {whose}",
    heads={"outcome": "ln(1 + x) of", "expected": "By the formula"},
    note=f"Standard errors: {words}.",
)

# %% [markdown]
# The formula gives the change, as long as loans are much larger than the unit. In the twin the sum keeps
# its coefficient, as every firm there has *some* loan.
#
# It is better to ask two questions instead of one: does the zone bring in firms without a loan, and do those with
# one borrow more?

# %%
by_margin = across(panels, margins, baseline, loans)
record("margins", by_margin)

# %%
results = ["estimate", "std_error", "n_obs", "zero_share"]
frame_table(
    by_margin[["source", "outcome", "label", *results]],
    name="tab-pz-robustness-margins",
    caption=f"Any loan, and how large a loan: {whose}",
    heads={"outcome": "Loans", "label": "Outcome"},
    note=f"Standard errors: {words}. No estimate where every firm-year has a loan.",
)

# %% [markdown]
# The first row of each pair is in shares of firm-years and compares like with like. The second, the plain log, does
# not: if zones bring in new borrowers, the mean log loan among borrowers moves with the size of *their* loans,
# although nobody else borrows more or less.
#
# ## More controls, fewer rows
#
# Table 5 adds controls of firms, then of cities, then the city effects, then regional trends.

# %% tags=["full-width"]
controls = printed_and_estimated(panels, "5", **errors)
record("controls", estimated_here(controls))
comparison_table(
    controls,
    name="tab-pz-robustness-controls",
    caption=f"More controls (Table 5): {beside}",
    covariance=words,
)

# %% [markdown]
# Two things change at once. With each block of controls come gaps, and rows go: the printed numbers of
# observations fall by a fifth. So each step of a table like this has two parts, and they can be told
# apart. Estimate the *earlier* column on the *later* column's rows: up to there, rows have changed;
# from there on, controls.

# %%
from digitrade.studies.pilot_zones.robustness import beside_printed, row_and_control_changes

printed_5 = controls.query("source == 'printed'")
steps = across(panels, row_and_control_changes, "5", **errors)

# %% tags=["full-width"]
frame_table(
    beside_printed(printed_5, steps)[
        ["row", "source", "change", "from_rows", "from_controls", "lost"]
    ],
    name="tab-pz-robustness-steps",
    caption="Each step of Table 5, and what of it is due to rows and to controls",
    heads={"row": "Step to", "change": "Change of the estimate"},
    note=f"Printed rows cannot be split without the data. Ours: {whose}.",
)

# %%
to_city = printed_5[["estimate", "n_obs"]].diff().iloc[3]
on_twin = steps.query("source == 'twin'")["from_controls"]
glue_numbers(city_5=to_city["estimate"], lost_5=-to_city["n_obs"])
glue_numbers(city_3=printed_rows("3")["estimate"].diff().iloc[2], city_twin=on_twin.iloc[2])

# %% [markdown]
# The study notes that the effect is larger in the reduced sample. In columns (2) and (3) it is, in (4) and
# (5) it is smaller. The step to column (4) is the one to look at: city effects come in, {glue:text}`lost_5:.0f` rows go,
# and the estimate changes by {glue:text}`city_5:.3f`. In Table 3 the same effects changed it by
# {glue:text}`city_3:.3f`; on the twin this step is {glue:text}`city_twin:.3f`. A firm that stays has its
# city's effect in its own already. So city effects can matter through firms that move only, and such a
# change asks for a look at the movers. Anyone with the data can do it.
#
# One more warning. Size and return on equity come *after* the zone in time: if zones make firms
# grow, holding size constant takes part of the effect away {cite:p}`angrist2009mostly`. In the twin
# they do make firms grow. More controls are not always safer.
#
# ## Placebo in time
#
# Pretend that every zone came a year or two before it did, and estimate again. Nothing should be
# found, since nothing had happened: so goes the argument, and both printed coefficients are without a star.
#
# Now look at what the regression compares. A zone of 2016 moved to 2015 has 2015 in its fictitious
# period, and 2016 to 2020 too. The years of the true effect are still in, so a constant true effect *must*
# show, only thinned out. By how much can be computed without the outcome: regress the true indicator on the
# fictitious one, within the same effects and controls. The coefficient is the share of a constant effect
# that the placebo shows. (An effect that grows with the years can even show with the other sign, because
# late zones are compared with earlier ones whose effect still grows. *Truth* is what the twin's own effects,
# without any noise, give in the regression.)

# %%
from digitrade.studies.pilot_zones.robustness import printed_orders, time_placebos

in_time = across(panels, time_placebos, baseline)
record("in_time", in_time)

# %% tags=["full-width"]
results = ["estimate", "std_error", "p_value", "share", "expected", "truth", "n_obs"]
frame_table(
    in_time[["source", "years", "sample_label", *results]],
    name="tab-pz-robustness-expected",
    caption=f"Placebos in time, and what a true effect would give in them: {whose}",
    heads={"share": "Share that shows", "truth": "Truth"},
    note=f"Standard errors: {words}. Expected: the share times the source's own baseline estimate.",
)

# %% [markdown]
# So a printed placebo without a star has not passed. If the study's own effect is true and about constant, its two
# placebos should *not* be zero, and with standard errors nearly as large as the baseline's they can hardly
# be told from zero or from anything else. The cleaner form keeps only rows from *before* the zone, where a true
# effect cannot reach unless it was foreseen. It has fewer treated years to go by.
#
# The shares help with a puzzle. The study's text says that its two columns move zones by two years and
# by one, its column heads say one and two. Under either reading we can say what the printed effect
# would lead one to expect.

# %%
order = printed_orders(in_time)
glue_numbers(farthest=order.filter(like="_off").abs().max(axis=None))

# %%
frame_table(
    order,
    name="tab-pz-robustness-order",
    caption="The two printed placebos, read by the heads and by the text, and what is "
    "expected with the twin's shares",
    heads={
        "heads": "Printed, by the heads",
        "heads_off": "off, in its SE",
        "text": "Printed, by the text",
        "text_off": "off, in its SE",
    },
    digits={"heads_off": 1, "text_off": 1},
    note="Expected: the share that shows on the twin times the printed baseline (Table 3, "
    "column 3).",
)

# %% [markdown]
# A constant effect fades as zones are moved farther ahead. In the order of the text the printed numbers fade, in
# that of the heads they grow. But in neither order is a number more than {glue:text}`farthest:.1f` of its standard
# errors off, so this does not settle it.
#
# One twin is one sample. Here is what the other outcomes and the placebos in time give in
# {ref}`honest draws <ch-pz-baseline>`.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.pilot_zones.twin.honest import honest_summary

honest = honest_summary(["t41", "t42", "t43", "t44", "t45", "t61", "t62", "ahead_1"])

# %% tags=["full-width"]
honest_table(
    honest,
    name="tab-pz-robustness-honest",
    caption="What these estimates are worth on the twin, by honest draws",
    note="Default dates, robust errors.",
)

# %%
of = honest.set_index("target")
glue_numbers(h_draws=of["draws"].max(), h_ahead=100 * of["power"]["t61"])
glue_numbers(h_before=100 * of["power"]["ahead_1"], h_power=100 * of["power"]["t43"])
glue_numbers(h_bias=of["bias"]["ahead_1"])

# %% [markdown]
# A test at five per cent rejects zero for the placebo a year ahead in {glue:text}`h_ahead:.0f` per cent of the
# {glue:text}`h_draws` draws, though part of the true effect shows in it. On the rows before the zone, where nothing is
# true, it does so in {glue:text}`h_before:.0f` per cent. For a real effect, that on short loans, it is
# {glue:text}`h_power:.0f` per cent. (The bias on the rows before the zone, {glue:text}`h_bias:.3f`, comes from one
# row: every twin has its largest value in {ref}`one place <ch-pz-baseline>`, where it pulls this placebo down.)
#
# ## Placebo in space
#
# Who else could have been treated? Hand the cities' dates to other cities, drawn by lot, and estimate;
# do so a few hundred times. If zones do nothing, the true assignment is one draw among many. The number of
# zones of each year stays what it was. The study prints the estimate of its column with regional trends
# here, so we draw for that one.

# %%
import pandas as pd

from digitrade.exhibits.cells import number
from digitrade.exhibits.histograms import placebo_panels
from digitrade.studies.pilot_zones.robustness import (
    space_frame,
    space_panels,
    space_placebos,
    space_spreads,
    treated_by_lot,
)
from digitrade.studies.pilot_zones.specifications import WITH_TRENDS

# %%
by_city = with_covariance(WITH_TRENDS, "city")
in_space = space_placebos(panels, by_city, draws=placebo_draws, seed=seed)
tidy = [drawn.tidy().assign(source=source) for source, drawn in in_space.items()]
record("in_space", pd.concat(tidy))

# %% tags=["full-width"]
placebo_panels(
    space_panels(in_space),
    name="fig-pz-robustness-space",
    caption="Estimates, and t clustered by city, with zones drawn by lot; in orange the "
    f"real assignment: {whose}.",
)

# %%
lots = space_frame(in_space)
frame_table(
    lots,
    name="tab-pz-robustness-space",
    caption=f"Placebo in space (Table 7): {listed(['printed', *panels])}",
    heads={"p_left": "left"},
    note=f"{number(placebo_draws, 0)} draws. Centre and spread: mean and standard deviation "
    "of our draws; for print, those of the normal with its p-values. t clustered by city.",
)

# %%
printed = lots.iloc[0]
two, right = printed["p_two_sided"], printed["p_right"]
glue_numbers(two=two, right=right, left_tail=two - right)
glue_numbers(right_draws=round(500 * right), left_draws=round(500 * (two - right)))
glue_numbers(centre=printed["centre"], spread=printed["spread"])
glue_numbers(printed_se=printed_rows("3")["std_error"].iloc[3])

# %% [markdown]
# The three printed $p$-values hold a message. A draw is "at least as far from zero" if it lies at the right
# end or at the left. The right end has {glue:text}`right:.3f` of the draws, both together
# {glue:text}`two:.2f`. That leaves {glue:text}`left_tail:.3f` for the left: {glue:text}`left_draws` of
# 500 draws there, {glue:text}`right_draws` here. A distribution around zero would have about as many on
# either side. A normal with these tails has its centre at {glue:text}`centre:.3f` and a standard
# deviation of {glue:text}`spread:.3f`. The study says itself that its distribution is not centred
# on zero, and thinks of spillovers; another reason is that draws made over unlike cities carry the
# cities' unlike trends with them.
#
# So which $p$ to quote? Against the shifted distribution the estimate is rarer than the two-sided number tells.
# By that number the null is not rejected at five per cent, although the text calls it rejected and the
# coefficient has two stars, which come from robust errors. And a lottery assumes that all cities had the same
# chance; a shifted centre is a sign that they had not.
#
# The second message is the spread of the draws, {glue:text}`spread:.3f`. The printed standard error of the same
# coefficient is {glue:text}`printed_se:.3f`. One is tempted to conclude that firms of a city share errors, so that
# robust ones are too small. On the twin the spread is {glue:text}`lot:.3f`, {glue:text}`lot_vs` the robust error of
# {glue:text}`lot_se:.3f`, and its errors are drawn firm by firm. There are two other reasons for a wide spread.
#
# - *The effect is still in the outcome.* The real zones have moved FC in their cities. Under dates drawn by lot
#   these movements are noise, and noise that all firms of a city share. So take the effect out of the outcome
#   first. With real data only the estimate can be taken out, the same for all; in the twin the true effect of each
#   row can.
# - *Draws are weaker experiments.* Real zones went to cities with many firms: {glue:text}`real_share:.0f` per cent of
#   the rows are treated. With dates drawn by lot it is {glue:text}`lot_share:.0f` per cent. So the spread must be
#   held against the standard errors of the *draws*, not against that of the real assignment.

# %%
spreads = space_spreads(panels, WITH_TRENDS, draws=placebo_draws, seed=seed)
frame_table(
    spreads[["source", "less", "spread", "own_error", "std_error", "n_obs"]],
    name="tab-pz-robustness-spreads",
    caption=f"Spread of the draws, and their own robust standard errors: {whose}",
    heads={
        "less": "Taken out of FC",
        "own_error": "Errors of the draws, root mean square",
        "std_error": "Error of the real assignment",
    },
    note=f"{number(placebo_draws, 0)} draws of the column with regional trends.",
)

# %%
lot = spreads.query("source == 'twin'").set_index("less")
real_share, lot_share = treated_by_lot(samples["twin"])
glue_numbers(lot=lot["spread"]["nothing"], lot_se=lot["std_error"]["nothing"])
glue_numbers(lot_less=lot["spread"]["estimate"], lot_true=lot["spread"]["true effect"])
glue_numbers(own_error=lot["own_error"]["true effect"])
glue_numbers(lot_vs=compared(lot["spread"]["nothing"], lot["std_error"]["nothing"]))
glue_numbers(lot_is=compared(lot["spread"]["true effect"], lot["own_error"]["true effect"]))
glue_numbers(real_share=100 * real_share, lot_share=100 * lot_share)

# %%
glue_numbers(p_studentised=in_space["twin"].p_studentised)

# %% [markdown]
# With the estimate taken out the twin's spread is {glue:text}`lot_less:.3f`, with the true effects taken out
# {glue:text}`lot_true:.3f`. The last is {glue:text}`lot_is` the robust error of those draws,
# {glue:text}`own_error:.3f`. (Their squares are averaged, since a spread averages squares, too.)

# %% [markdown] tags=["unless:lot_true>own_error"]
# So what widens the twin's spread is effects that differ between cities, not errors that firms share. A spread above
# the standard error is no evidence of shared errors, and that goes for the printed one too.

# %% [markdown] tags=["if:lot_true>own_error"]
# So even then these draws spread wider than their errors tell, although the twin's errors are drawn firm by firm. With
# a tail as long as this a standard error is itself uncertain.

# %% [markdown]
# A better comparison divides each draw's coefficient by its own standard error, clustered by city, and asks how many
# draws have a $t$ as far from zero as the real one. A test that does this is called *studentised*. A draw that is a
# weak experiment has a large error and so no large $t$, and what firms of a city share is in the error as well. In
# {numref}`fig-pz-robustness-space` the $t$ have a panel of their own; the twin's $p$ is
# {glue:text}`p_studentised:.3f`.
#
# ## What we learned, and what we did not
#
# We asked what each printed row compares, and found four that show less than they seem to. If the loans are in
# $\ln(1 + \text{loan})$, their coefficients depend on the unit. The SA index restates that assets grew. The placebos
# in time contain the true years, so that a coefficient without a star is no pass. And a wide placebo in space need
# not come from shared errors. None of this means that the effect is not there.
#
# We did not learn which of the study's placebo columns is which, how a loan of zero was logged, or how many firms
# have none. All are in the authors' data. With an extract of your own, set `data_path`, and *yours* stands
# beside the twin in the exhibits.
#
# What a referee would ask for stands at the end of {ref}`the next page <ch-pz-robustness-matched>`, which
# goes through the checks that are left and puts all rows side by side.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} A ratio in per cent
# :label: ex-pz-robustness-units
# Take $\ln(1 + FC)$ and count $FC$ first as a ratio, then in per cent, then in per mille. Does the
# coefficient change as equation {eq}`eq-pz-robustness-units` has it? Why, or why not?
# ```
#
# ```{solution-start} ex-pz-robustness-units
# :class: dropdown
# ```
#
# It does not. The formula needs amounts much larger than the unit, and most ratios are much smaller than
# one. In ever smaller units the coefficient climbs towards that of the plain log, for which a millionth
# and a thousandth are as far apart as one and a thousand. Whether they should be depends on the question.

# %%
logged = panels["twin"].assign(log_fc=np.log1p(panels["twin"]["fc"]))
units = {"ratio": 1.0, "per cent": 0.01, "per mille": 0.001}
in_units(logged, baseline, ["log_fc"], units)[
    ["unit", "estimate", "std_error", "expected"]
].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Three years ahead
# :label: ex-pz-robustness-three
# Move zones by three years. Which share of a true effect shows now, and can it be negative? Say why
# before you run it.
# ```
#
# ```{solution-start} ex-pz-robustness-three
# :class: dropdown
# ```
#
# The farther the fictitious date, the more years without an effect are called treated, and the
# comparison uses cities whose true zone came later as controls, and the other way round. The weights
# of the true treatment can then be negative, as in {ref}`the baseline chapter <ch-pz-baseline>`. On the twin the
# share at three years is {glue:text}`share_three:.3f`.

# %%
farther = across(panels, time_placebos, baseline, years=[1, 2, 3]).query("sample == 'full'")
glue_numbers(share_three=farther.query("source == 'twin'")["share"].iloc[2])
farther[["source", "years", "estimate", "share", "expected"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How much of a change does one plus let through? (derive)
# :label: ex-pz-robustness-plus
# Derive by how many per cent $1 + y$ grows if $y$ grows by one per cent. At which ratio is it half a per
# cent? Then work out how much of a proportional change $\ln(1 + FC)$ sees on the twin.
# ```
#
# ```{solution-start} ex-pz-robustness-plus
# :class: dropdown
# ```
#
# The derivative of $\ln(1 + y)$ by $\ln y$ is $y / (1 + y)$, so half of a change comes through at $y = 1$,
# and next to nothing where $y$ is small. The table has that share over the rows of the twin. Most ratios are
# small, so a coefficient on $\ln(1 + FC)$ is mostly about the few that are not.

# %%
ratios = samples["twin"]["fc"]
(ratios / (1 + ratios)).describe().round(3).to_frame("share that comes through")

# %% [markdown]
# ```{solution-end}
# ```
