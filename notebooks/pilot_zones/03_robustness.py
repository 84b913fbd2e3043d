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
# # Robustness: what each row really asks
#
# **After this chapter you can** tell a robustness check from another question, say what a placebo
# should show if the effect is real, split a changed estimate into changed rows and changed controls, and
# see what zeros do to a log. **It assumes** {ref}`the baseline chapter <ch-pz-baseline>`. **It runs** in
# about ten seconds.
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
# controls, placebos in time and in space, a matched sample, and two other programmes held constant. The last
# two have {ref}`a page of their own <ch-pz-robustness-matched>`.

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
# FC_{it} = {}& \alpha_i + \lambda_t + \mu_{c} + \beta D_{ct} \\
#   & + \gamma' z_{it} + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column | What a row below changes |
# |:--|:--|:--|:--|
# | $i$, $t$, $c$ | firm, year, and the firm's city in that year | `firm`, `year`, `city` | which rows are in |
# | $FC_{it}$ | financial over fixed assets | `fc` | the outcome, or its scale |
# | $D_{ct}$ | the city has a zone by then | `zone_post` | when, or where, a zone is said to be |
# | $z_{it}$ | seven controls | `top1` to `eco` | what is held constant |
# | $\alpha_i$, $\lambda_t$, $\mu_c$ | effects | `firm`, `year`, `city` | |
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
words = fixed_effects(samples["twin"], baseline).words

# %% [markdown]
# ## Look first: a ratio with a long tail
#
# Which check could matter? Look at the outcome. The study prints a mean, a standard deviation and a
# maximum of $FC$, and the maximum is more than a thousand times the mean. The twin was drawn to have
# about the same three. Here is how many of its firm-years lie above each value.

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.series import tail_plot
from digitrade.studies.pilot_zones.describe import printed_tail, tail_numbers

# %%
tail_plot(
    samples,
    "fc",
    name="fig-pz-robustness-tail",
    caption="Share of firm-years whose ratio is at least so large, both axes in logs. The "
    "twin is simulated; its maximum is the printed one, mean and standard deviation are near.",
)

# %%
glue_numbers(**printed_tail(), **tail_numbers(samples["twin"]["fc"]))

# %% [markdown]
# Least squares works with squares. Mean, standard deviation and $N$ as printed give the sum of all
# squares, and the printed maximum of {glue:text}`top:.1f` gives one of them: a single firm-year of the
# *study's own data* holds {glue:text}`printed_first:.0f` per cent of the sum. That is arithmetic, not
# simulation. On the twin the largest of {glue:text}`rows:,` rows holds {glue:text}`first:.0f` per cent, the ten
# largest {glue:text}`ten:.0f`, the fifty largest {glue:text}`fifty:.0f`; the median firm-year has a ratio
# of {glue:text}`median:.4f`. In the twin, then, a few dozen firm-years decide the coefficient and its
# standard error. None of the study's checks of $FC$ touches the largest ratios. We go through its checks
# first, and come back to the tail {ref}`afterwards <ch-pz-robustness-matched>`.
#
# ## Other outcomes
#
# If zones ease financing, other measures of financing should move too: an index of constraints, the
# subsidies a firm gets, and its loans.

# %%
import numpy as np

from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import record
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
    caption="Five other outcomes (Table 4): printed, twin, and the twin's truth",
    covariance=words,
    digits=4,
)

# %%
size = fixed_effects(samples["twin"], baseline.replace(outcome="size")).main
slope = -0.737 + 2 * 0.043 * samples["twin"]["size"].mean()
constant = printed_rows("4", term="const")["estimate"].iloc[0]
glue_numbers(assets=size["estimate"], slope=slope, product=slope * size["estimate"])
glue_numbers(sa_constant=constant)

# %% [markdown]
# Start with the *SA index* {cite:p}`hadlock2010new`. It is made of two things only, total assets and age:
# $SA = -0.737\, s + 0.043\, s^2 - 0.040\, a$, with $s$ the log of assets. Age moves by one a year for
# everybody, so the effects take it out. What is left is assets: the twin's log assets move by
# {glue:text}`assets:.3f`, the parabola's slope at their mean is {glue:text}`slope:.3f`, and the
# product is {glue:text}`product:.4f`. So this row says "assets grew", and nothing about credit beyond
# that. Even the sign of the slope depends on the unit that assets are counted in, as
# {ref}`the chapter on variables <ch-pz-variables>` shows.
#
# There is also a question of sign. The study writes that it takes the absolute value of the index, and that
# more of it means more constraint. The printed constant is {glue:text}`sa_constant:.2f`, so the regression
# seems to have had the index itself, which is negative. Read so, a lower index means less constraint, and the
# printed sign supports the study's conclusion. In absolute value it would have to be read the other
# way round.
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
short, _, total = printed_rows("4")["estimate"].iloc[2:]
jump = np.log1p(10e6)
glue_numbers(short=short, total=total, jump=jump)
glue_numbers(switchers=100 * (short - total) / jump)

# %% [markdown]
# What can? The rows differ: short loans have an eighth more of them than the other two. And growth may
# come where the kind that grows is a small part of the whole. Take that to its end: a firm *without* short loans takes its
# first. The variable is $\ln(1 + \text{loan})$, so a first loan of ten million yuan counts as a
# jump from nothing to {glue:text}`jump:.1f` log points, however small it is beside the firm's long
# loans. Short loans are printed at {glue:text}`short:.3f`, all loans at {glue:text}`total:.3f`; for
# the difference it takes first loans in {glue:text}`switchers:.1f` per cent of treated rows, and not
# one yuan of credit beyond that.
#
# The twin is built this way, since we found no simpler way to meet the three printed numbers. That is a
# choice of ours, not a finding about firms. {numref}`tab-pz-robustness-truth` shows what was chosen.

# %%
loans = ["log_shortloan", "log_longloan", "log_totalloan"]
frame_table(
    true_margins(panels["twin"], loans),
    name="tab-pz-robustness-truth",
    caption="The twin's true effect on ln(1 + loans), split into first loans and others",
)

# %% [markdown]
# ### Yuan, or thousands?
#
# So far the loans were counted in yuan. Count them in thousands of yuan, which no one would call
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
    caption="The same loans in three units, twin and yours",
    heads={"outcome": "ln(1 + x) of", "expected": "By the formula"},
    note=f"Standard errors: {words}.",
)

# %% [markdown]
# The formula foretells the change, as long as loans are much larger than the unit. Only the sum keeps
# its coefficient: in the twin every firm has *some* loan. If your own loans behave like that, prefer the sum.
#
# Better practice is to ask two questions instead of one: does the zone bring in firms without a
# loan, and do those with one borrow more?

# %%
by_margin = across(panels, margins, baseline, loans)
record("margins", by_margin)

# %%
results = ["estimate", "std_error", "n_obs", "zero_share"]
frame_table(
    by_margin[["source", "outcome", "label", *results]],
    name="tab-pz-robustness-margins",
    caption="Any loan, and how large a loan: twin and yours",
    heads={"outcome": "Loans", "label": "Outcome"},
    note=f"Standard errors: {words}. No estimate where every firm-year has a loan.",
)

# %% [markdown]
# The first row of each pair is in shares of firm-years, and a clean comparison. The second is not: if
# zones bring in new borrowers, the mean log loan among borrowers moves with the size of *their* loans,
# although nobody else borrows more or less. Beyond that one needs a model of who borrows, or an outcome
# in yuan.
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
    caption="More controls (Table 5): printed, twin, and the twin's truth",
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
    note="Printed rows cannot be split without the data.",
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

# %%
from digitrade.studies.pilot_zones.robustness import (
    printed_orders,
    rows_ahead,
    time_placebos,
)

# %%
in_time = across(panels, time_placebos, baseline)
record("in_time", in_time)

# %%
comparison_table(
    rows_ahead(panels, in_time, **errors),
    name="tab-pz-robustness-ahead",
    caption="Zones moved ahead, all rows (Table 6, columns as headed): printed and twin",
    covariance=words,
    note="Truth: what the true effects alone would give in this regression.",
)

# %% [markdown]
# Now look at what the regression compares. A zone of 2016 moved to 2015 has 2015 in its fictitious
# period, and 2016 to 2020 too. The years of the true effect are still in, so a constant true effect *must*
# show, only thinned out. By how much can be computed without the outcome: regress the true indicator on the
# fictitious one, within the same effects and controls. The coefficient is the share of a constant effect
# that the placebo shows. (An effect that grows with the years can even show with the other sign, because
# late zones are compared with earlier ones whose effect still grows. The column *Truth* above has what the
# twin's own effects give.)

# %% tags=["full-width"]
results = ["estimate", "std_error", "p_value", "share", "expected", "n_obs"]
frame_table(
    in_time[["source", "years", "sample_label", *results]],
    name="tab-pz-robustness-expected",
    caption="Placebos in time, and what a true effect would give in them: twin and yours",
    heads={"share": "Share that shows"},
    note=f"Standard errors: {words}. Expected: the share times the source's own baseline estimate.",
)

# %% [markdown]
# So the printed "no star" is not a pass. If the study's own effect is true and about constant, its two
# placebos should *not* be zero, and with standard errors nearly as large as the baseline's they can hardly
# be told from zero or from anything else. The cleaner form keeps only rows from *before* the zone, where a true effect cannot
# reach unless it was foreseen. It has far fewer treated years to go by, and its interval shows it.
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
# A constant effect fades as zones are moved farther ahead. Only the order of the text has the printed
# numbers fade. But in neither order is a number more than {glue:text}`farthest:.1f` of its standard errors
# off, so this does not settle it. The tables of this page keep the heads.
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
    "real assignment. The twin is simulated.",
)

# %%
lots = space_frame(in_space)
frame_table(
    lots,
    name="tab-pz-robustness-space",
    caption="Placebo in space (Table 7): printed, twin and yours",
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
# So which $p$ to quote? Against the shifted distribution the estimate is rarer than the two-sided
# number says. But a lottery is only as good as its claim that all cities had the same chance, and a shifted
# centre is a sign that they had not.
#
# The second message is the spread, {glue:text}`spread:.3f`. The printed standard error of the same
# coefficient is {glue:text}`printed_se:.3f`. Robust errors treat firm-years as independent; the
# lottery moves whole cities. Where rows of a city move together, the lottery is the one to believe.
# The $t$ clustered by city, in a panel of its own in {numref}`fig-pz-robustness-space`, allows for that
# before it is compared.
#
# ## What we learned, and what we did not
#
# Reading the printed rows for what they ask, we found three so far that say less than they seem to. The
# loans' coefficients depend on the unit. The SA index restates that assets grew. And the placebos in time
# contain the true years, so "no star" is no pass. None of this says that the effect is not there.
#
# We did not learn which of the study's placebo columns is which, or how many firms have no loans. Both are in
# the authors' data. With an extract of your own, set `data_path`, and *yours* stands beside the twin in the
# exhibits.
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
# coefficient behave as equation {eq}`eq-pz-robustness-units` says? Why, or why not?
# ```
#
# ```{solution-start} ex-pz-robustness-units
# :class: dropdown
# ```
#
# It does not. The formula needs amounts much larger than the unit, and most ratios are much smaller than
# one. In ever smaller units the coefficient climbs towards that of the plain log, for which a millionth
# and a thousandth are as far apart as one and a thousand. Whether they should be is for the question to say.

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
# of the true treatment can then be negative, as in {ref}`the baseline chapter <ch-pz-baseline>`.

# %%
across(panels, time_placebos, baseline, years=[1, 2, 3]).query("sample == 'full'")[
    ["source", "years", "estimate", "share", "expected"]
].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How large is large?
# :label: ex-pz-robustness-large
# By the placebo in space, how large would an estimate have to be for a two-sided $p$ of five per cent?
# Compare it with what the usual rule of two standard errors says.
# ```
#
# ```{solution-start} ex-pz-robustness-large
# :class: dropdown
# ```
#
# The bar of the lottery is the larger of the two wherever rows of a city move together more than robust
# errors allow.

# %%
lottery = in_space["twin"]
fit = fixed_effects(samples["twin"], WITH_TRENDS).main
bars = {
    "bar of the lottery": np.quantile(np.abs(lottery.drawn), 0.95),
    "two robust standard errors": 1.96 * fit["std_error"],
}
pd.Series({**bars, "estimate": lottery.estimate}).round(3)

# %% [markdown]
# ```{solution-end}
# ```
