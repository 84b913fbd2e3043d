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
# should show if the effect is real, split a changed estimate into changed rows and changed controls,
# see what zeros do to a log, and work out exactly what a single row does to a coefficient. **It
# assumes** {ref}`the baseline chapter <ch-pz-baseline>`. **It runs** in about twenty seconds.
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
# controls, placebos in time and in space, a matched sample, and two other programmes held constant.

# %%
import pandas as pd

from digitrade.data import load_published
from digitrade.exhibits.cells import number
from digitrade.exhibits.table import claim_table, frame_table

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
approved_by: str = "2020-12-31"  # zones approved by this day count
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
matching: str = "nearest"  # matching in the figures [nearest | once | caliper | kernel]
winsorised: float = 0.01  # share of rows pulled in at each end [0..0.2]
placebo_draws: int = 500  # draws of the placebo in space [99..9999]
seed: int = 20250613  # seed of the placebo in space [0..4294967295]

# %%
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    COVARIANCES,
    estimation_sample,
    with_covariance,
)

panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
baseline = with_covariance(BASELINE, covariance).replace(label="Baseline")
errors = dict(zip(("covariance", "cluster"), COVARIANCES[covariance], strict=True))
samples = {name: estimation_sample(panel, baseline) for name, panel in panels.items()}

# %%
from digitrade.methods.regression import fixed_effects

fits = {name: fixed_effects(rows, baseline) for name, rows in samples.items()}
words = fits["twin"].words

# %% [markdown]
# ## Look first: a ratio with a long tail
#
# Which check could matter? Look at the outcome. The study prints a mean, a standard deviation and a
# maximum of $FC$, and the maximum is more than a thousand times the mean. The twin was drawn to have
# about the same three. Here is how many of its firm-years lie above each value.

# %%
from digitrade.exhibits.series import tail_plot

tail_plot(
    samples,
    "fc",
    name="fig-pz-robustness-tail",
    caption="Share of firm-years whose ratio is at least so large, both axes in logs. The "
    "twin is simulated; its maximum is the printed one, mean and standard deviation are near.",
)

# %% tags=["hide-input"]
from digitrade.exhibits.glue import glue_numbers

moments = load_published("descriptives", study="pilot_zones").set_index("variable")
mean, sd, top = (float(moments.loc["fc", name]) for name in ("mean", "sd", "max"))
printed_squares = int(moments.loc["fc", "n"]) * (sd**2 + mean**2)
glue_numbers(top=top, printed_first=100 * top**2 / printed_squares)

# %% tags=["hide-input"]
squares = (samples["twin"]["fc"] ** 2).sort_values(ascending=False)
held = 100 * squares.cumsum() / squares.sum()
glue_numbers(
    rows=len(squares),
    first=held.iloc[0],
    ten=held.iloc[9],
    fifty=held.iloc[49],
    median=samples["twin"]["fc"].median(),
)

# %% [markdown]
# Least squares works with squares. Mean, standard deviation and $N$ as printed give the sum of all
# squares, and the printed maximum of {glue:text}`top:.1f` gives one of them: a single firm-year of the
# *study's own data* holds {glue:text}`printed_first:.0f` per cent of the sum. That is arithmetic, not
# simulation. On the twin the largest of {glue:text}`rows:,` rows holds {glue:text}`first:.0f` per cent, the ten
# largest {glue:text}`ten:.0f`, the fifty largest {glue:text}`fifty:.0f`; the median firm-year has a ratio
# of {glue:text}`median:.4f`. In the twin, then, a few dozen firm-years decide the coefficient and its
# standard error. None of the study's checks of $FC$ touches the largest ratios. We go through its checks
# first, and come back to the tail afterwards.
#
# ## Other outcomes
#
# If zones ease financing, other measures of financing should move too: an index of constraints, the
# subsidies a firm gets, and its loans.

# %%
from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import record
from digitrade.studies.pilot_zones.specifications import (
    estimate_table,
    printed_rows,
    source_rows,
    with_labels,
)

outcomes = source_rows(estimate_table(panels, "4", **errors), panels)
record("outcomes", outcomes.query("source != 'truth'"))

# %% tags=["full-width"]
comparison_table(
    pd.concat([with_labels(printed_rows("4"), "4"), outcomes]),
    name="tab-pz-robustness-outcomes",
    caption="Five other outcomes (Table 4): printed, twin, and the twin's truth",
    covariance=words,
    digits=4,
)

# %% tags=["hide-input"]
rows = samples["twin"]
assets = fixed_effects(rows, baseline.replace(outcome="size")).main
slope = -0.737 + 2 * 0.043 * rows["size"].mean()
constants = printed_rows("4", term="const").set_index("column")["estimate"]
glue_numbers(assets=assets.estimate, slope=slope, product=slope * assets.estimate)
glue_numbers(sa_constant=constants["1"])

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

# %% tags=["hide-input"]
import numpy as np

loans = ["log_shortloan", "log_longloan", "log_totalloan"]
short, long, total = (
    printed_rows("4").set_index("column").loc[list("345"), "estimate"].tolist()
)
jump = float(np.log1p(10e6))
glue_numbers(
    short=short, long=long, total=total, jump=jump, switchers=100 * (short - total) / jump
)

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
from digitrade.studies.pilot_zones.scales import true_margins

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

# %% tags=["full-width"]
from digitrade.studies.pilot_zones.scales import in_units, margins
from digitrade.studies.pilot_zones.specifications import across

by_unit = across(panels, in_units, baseline, loans)
record("units", by_unit)

frame_table(
    by_unit[
        [
            "source",
            "outcome",
            "unit",
            "estimate",
            "std_error",
            "p_value",
            "expected",
            "n_obs",
        ]
    ],
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
frame_table(
    by_margin[
        ["source", "outcome", "label", "estimate", "std_error", "n_obs", "zero_share"]
    ],
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

# %%
controls = source_rows(estimate_table(panels, "5", **errors), panels)
record("controls", controls.query("source != 'truth'"))
printed_5 = with_labels(printed_rows("5"), "5")

# %% tags=["full-width"]
comparison_table(
    pd.concat([printed_5, controls]),
    name="tab-pz-robustness-controls",
    caption="More controls (Table 5): printed, twin, and the twin's truth",
    covariance=words,
)

# %% [markdown]
# Two things change at once. With each block of controls come gaps, and rows go: the printed numbers of
# observations fall by a fifth. So each step of a table like this has two parts, and they can be told
# apart. Estimate the *earlier* column on the *later* column's rows: up to there, rows have changed;
# from there on, controls.

# %% tags=["full-width"]
from digitrade.studies.pilot_zones.robustness import beside_printed, row_and_control_changes

steps = across(panels, row_and_control_changes, "5", **errors)
frame_table(
    beside_printed(printed_5, steps)[
        ["row", "source", "change", "from_rows", "from_controls", "lost"]
    ],
    name="tab-pz-robustness-steps",
    caption="Each step of Table 5, and what of it is due to rows and to controls",
    heads={"row": "Step to", "change": "Change of the estimate"},
    note="Printed rows cannot be split without the data.",
)

# %% tags=["hide-input"]
steps_5 = printed_5.set_index("column")
table_3 = printed_rows("3").set_index("column")["estimate"]
glue_numbers(
    city_5=steps_5.loc["4", "estimate"] - steps_5.loc["3", "estimate"],
    lost_5=steps_5.loc["3", "n_obs"] - steps_5.loc["4", "n_obs"],
    city_3=table_3["3"] - table_3["2"],
    city_twin=float(steps.query("source == 'twin'")["from_controls"].iloc[2]),
)

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
from digitrade.studies.pilot_zones.robustness import shifted_truth, time_placebos

other = estimate_table(panels, "6", **errors)
ahead = {1: "Zones a year ahead", 2: "Zones two years ahead"}
in_time = across(panels, time_placebos, baseline)
record("in_time", in_time)

# %%
table_6 = source_rows(other, panels).query("source != 'truth'")
printed_6 = with_labels(printed_rows("6"), "6")
moved = pd.concat([printed_6, table_6, shifted_truth(in_time, ahead)])
comparison_table(
    moved[moved["row"].isin(ahead.values())],
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
frame_table(
    in_time[
        [
            "source",
            "years",
            "sample_label",
            "estimate",
            "std_error",
            "p_value",
            "share",
            "expected",
            "n_obs",
        ]
    ],
    name="tab-pz-robustness-expected",
    caption="Placebos in time, and what a true effect would give in them: twin and yours",
    heads={"share": "Share that shows"},
    note=f"Standard errors: {words}. Expected: the share times the source's own baseline estimate.",
)

# %% tags=["hide-input"]
shares = in_time.query("source == 'twin' and sample == 'full'").set_index("years")["share"]
placebo_6 = printed_rows("6").set_index("column")
order = pd.DataFrame({"expected": shares * table_3["3"]}).reset_index()
for name, columns in (("heads", ["1", "2"]), ("text", ["2", "1"])):
    found = placebo_6.loc[columns]
    order[name] = found["estimate"].to_numpy()
    order[f"{name}_off"] = (order[name] - order["expected"]) / found["std_error"].to_numpy()
glue_numbers(farthest=order[["heads_off", "text_off"]].abs().to_numpy().max())

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
from digitrade.studies.pilot_zones.robustness import (
    space_frame,
    space_panels,
    space_placebos,
)
from digitrade.studies.pilot_zones.specifications import WITH_TRENDS

by_city = with_covariance(WITH_TRENDS, "city")
in_space = space_placebos(panels, by_city, draws=placebo_draws, seed=seed)
record(
    "in_space", pd.concat([one.tidy().assign(source=key) for key, one in in_space.items()])
)

# %% tags=["full-width"]
from digitrade.exhibits.histograms import placebo_panels

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

# %% tags=["hide-input"]
from digitrade.studies.pilot_zones.robustness import implied_by_p_values, printed_placebo

drawn = printed_placebo()
left, centre, spread = implied_by_p_values(
    drawn["estimate"], two_sided=drawn["p_two_sided"], right=drawn["p_right"]
)
glue_numbers(
    two=drawn["p_two_sided"],
    right=drawn["p_right"],
    left_tail=left,
    right_draws=round(500 * drawn["p_right"]),
    left_draws=round(500 * left),
    centre=centre,
    spread=spread,
    printed_se=float(printed_rows("3").set_index("column").loc["4", "std_error"]),
)

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
# ## A matched sample
#
# Cities with a zone are not like the others. Matching looks for firms that are alike: for each
# firm-year in a city that gets a zone, one elsewhere, in the same year, with about the same *propensity
# score* {cite:p}`rosenbaum1983central`, the chance of being in such a city given the seven controls. Then
# the baseline is estimated on the pairs {cite:p}`heckman1997matching`. The study does not say how it
# matched.

# %% tags=["full-width"]
from digitrade.exhibits.histograms import overlap_plot
from digitrade.exhibits.intervals import balance_plot
from digitrade.studies.pilot_zones.robustness import RULES, matched, matched_rows

pairs = matched(panels["twin"], baseline, rule=matching, weighting="weights")
treated = pairs.matches.treated
overlap_plot(
    pairs.scores,
    treated,
    pairs.matches.weights,
    name="fig-pz-robustness-overlap",
    caption="Chances of being in a city with a zone, for those who are and those who are not. "
    f"Twin, {RULES[matching].words()}.",
)

# %%
from digitrade.exhibits.groups import balance_table, counts_table

counts_table(
    pairs.matches,
    name="tab-pz-robustness-counts",
    caption="Who is matched, and how often a control has to serve: twin",
)

# %% tags=["hide-input"]
glue_numbers(per_control=treated.sum() / (~treated).sum())

# %% [markdown]
# To each firm-year in a city without a zone there are {glue:text}`per_control:.1f` in cities with
# one. So to match every treated row some controls have to serve many times, and the column of effective
# rows says how little that leaves. If each control serves once, most of the treated stay out.

# %% tags=["full-width"]
balance_table(
    pairs.balance(),
    name="tab-pz-robustness-balance",
    caption="The seven controls before and after matching, twin",
    note=f"{RULES[matching].words().capitalize()}, within years, weighted.",
)

# %%
balance_plot(
    pairs.balance(),
    name="fig-pz-robustness-balance",
    caption="Standardised differences between firm-years with and without a zone, before "
    "and after matching. Twin.",
)

# %% tags=["hide-input"]
from digitrade.data.labels import label

gaps = pairs.balance().set_index("variable").filter(like="std_difference").abs()
before, after = gaps["std_difference"], gaps["std_difference_matched"]
worst = after.idxmax()
glue_numbers(
    worst=label(worst),
    worst_before=before[worst],
    worst_after=after[worst],
    farther=int((after > before).sum()),
    served=pairs.matches.weights[~treated].max(),
)

# %% [markdown]
# In the twin the controls of firms were alike from the start. What differs are the two controls of
# *cities*, and there the groups overlap least: there is no Shanghai without a zone. No pairing can mend
# that. Pairs on one number, the score, can even push apart what was alike: {glue:text}`farther` of the
# seven are farther apart after matching than before. The largest gap left is in *{glue:text}`worst`*,
# {glue:text}`worst_after:.2f` standard deviations, where it was {glue:text}`worst_before:.2f`. If one row
# stands in for up to {glue:text}`served:.0f` others, its oddities count as often.

# %%
paired = across(panels, matched_rows, baseline)
record("matched", paired.query("source != 'truth'"))
printed_match = (
    printed_rows("6").query("column == '3'").assign(row="Matched as in the study")
)

# %% tags=["full-width"]
comparison_table(
    pd.concat([printed_match, paired]),
    name="tab-pz-robustness-matched",
    caption="Matched samples (Table 6, column 3): printed, and other ways on the twin",
    covariance=words,
    note="Standard errors take matches as given. Truth: over the treated rows that are "
    "kept.",
)

# %% tags=["hide-input"]
three = printed_rows("3").set_index("column")
of_ways = paired.query("source == 'twin'").set_index("row")
true_ways = paired.query("source == 'truth'")["estimate"]
glue_numbers(
    n_printed=int(printed_match["n_obs"].iloc[0]),
    match_printed=float(printed_match["estimate"].iloc[0]),
    beta_3=three.loc["3", "estimate"],
    beta_2=three.loc["2", "estimate"],
    ways=len(of_ways),
    way_low=of_ways["estimate"].min(),
    way_high=of_ways["estimate"].max(),
    true_low=true_ways.min(),
    true_high=true_ways.max(),
    n_low=int(of_ways["n_obs"].min()),
    n_high=int(of_ways["n_obs"].max()),
)

# %% [markdown]
# The printed column has {glue:text}`n_printed:,` observations. So has the whole baseline: nothing was
# lost in matching. With the counts above that is hard to get from pairs. Rows could all stay if every one
# lay on the common support, but then each counts once, and the estimate would have to be the
# baseline's, {glue:text}`beta_3:.3f`; printed is {glue:text}`match_printed:.3f`. Or matching gave
# *weights*, none of them zero, as a wide kernel does. Or the column has other effects or controls: its
# $R^2$ is that of Table 3's column without city effects, whose estimate is
# {glue:text}`beta_2:.3f` (but the two placebos beside it have that $R^2$ too, so it may be of another
# kind). We cannot tell from what is printed; a line on the method would.
#
# On the twin {glue:text}`ways` ways give from {glue:text}`way_low:.3f` to {glue:text}`way_high:.3f`, on
# {glue:text}`n_low:,` to {glue:text}`n_high:,` rows. Look at the column of the truth before you call that noise:
# each way keeps other treated firms, and the mean true effect on those that are kept runs from
# {glue:text}`true_low:.3f` to {glue:text}`true_high:.3f`. A matched sample answers for the firms that
# found a match. And firm effects have already removed what is fixed in a firm; a match in levels adds
# little to that, while it changes which firms, and which of the few large ratios, are in.
#
# ## Two other programmes
#
# Two other programmes, *smart cities* and *innovative cities*, ran in the same period. If zones went to
# the same places, the baseline may give them credit for the others' work. Hold these constant.

# %%
from digitrade.studies.pilot_zones.robustness import policy_rows

policies = policy_rows(other, panels, "With two other programmes")
record("policies", policies[policies["source"].isin(["twin", "yours"])])
comparison_table(
    policies,
    name="tab-pz-robustness-policies",
    caption="Three programmes at once (Table 6, column 4): printed, twin, and the twin's "
    "truth",
    covariance=words,
    note="The twin's dates of the other two programmes are drawn by lot.",
)

# %% [markdown]
# This is a check that could have failed, and in print it does not: the zones' coefficient hardly moves,
# though it loses a star. Smart cities show nothing in print. So not every label of a city "works", and
# that speaks for the study.
#
# Note what the check cannot say. The twin draws the other programmes by lot, unrelated to zones, so there
# holding them constant can hardly matter; in China it could. And in print the innovative cities have an
# effect of three quarters of the zones'. If both labels went to cities that were on their way up anyway,
# both coefficients would show it, and neither would clear the other.
#
# ## The tail
#
# Back to the long tail. What does a single firm-year do to the coefficient? One need not estimate
# fourteen thousand times. With the residual $e_i$, the leverage $h_i$ of effects and controls together,
# and $a_i$ the weight with which the row enters the coefficient,
#
# ```{math}
# :label: eq-pz-robustness-influence
# \hat\beta - \hat\beta_{(-i)} = \frac{a_i \, e_i}{1 - h_i}
# ```
#
# is what goes with row $i$, exactly {cite:p}`belsley1980regression`.

# %% tags=["full-width"]
from digitrade.exhibits.shapes import influence_plot
from digitrade.methods.influence import group_influence, influence, without_rows

of_rows = {name: influence(rows, baseline) for name, rows in samples.items()}
influence_plot(
    of_rows,
    name="fig-pz-robustness-influence",
    caption="What the coefficient loses with each firm-year, for the thousand that matter "
    "most. The twin is simulated: which firm-year has the largest ratio is our choice.",
)

# %% [markdown]
# Now leave rows out: those with the largest ratios, and those whose changes would together take the
# coefficient to zero {cite:p}`broderick2020automatic`. The last is no estimate to report. It is chosen to
# hurt, and its use is the *number* of rows it takes.

# %%
from digitrade.studies.pilot_zones.robustness import without_largest

ladder = across(samples, without_largest, baseline)
carried = pd.concat(
    without_rows(
        rows, baseline, {"Without those that carry it": of_rows[name].rows_to_overturn()}
    )
    .rename(columns={"label": "row"})
    .assign(source=name)
    for name, rows in samples.items()
)
record("without", pd.concat([ladder, carried]).query("source != 'truth'"))

# %%
whole = source_rows({name: {"Baseline": one} for name, one in fits.items()}, panels)
comparison_table(
    pd.concat([whole, ladder, carried]),
    name="tab-pz-robustness-without",
    caption="The baseline without its largest ratios, and without the rows that carry it: "
    "twin, its truth, and yours",
    covariance=words,
    note="Truth: over the treated rows that are left.",
)

# %% tags=["hide-input"]
left = ladder.query("source == 'twin'").set_index("row")
glue_numbers(
    whole=fits["twin"].main.estimate,
    whole_se=fits["twin"].main.std_error,
    one_less=left.loc["Without the largest ratio", "estimate"],
    fifty_less=left.loc["Without the 50 largest ratios", "estimate"],
    fifty_se=left.loc["Without the 50 largest ratios", "std_error"],
    carriers=int(carried["removed"].iloc[0]),
    truth=panels["twin"].query("zone_post == 1")["true_effect_fc"].mean(),
)

# %% [markdown]
# On the twin one row of {glue:text}`rows:,` takes the estimate from {glue:text}`whole:.3f` to
# {glue:text}`one_less:.3f`. The changes of {glue:text}`carriers` rows add up to all of it; without these the
# table has what is left, since changes do not quite add up. Without the fifty largest ratios the
# standard error goes from {glue:text}`whole_se:.3f` to {glue:text}`fifty_se:.3f`. Does that make
# {glue:text}`fifty_less:.3f` the better estimate? Rows were dropped for the size of their *outcome*,
# which the zone may have moved, so this answers a question about smaller ratios only. The
# truth, on all treated rows, is {glue:text}`truth:.3f`.
#
# Where these large ratios stand in the real data we do not know; that they exist follows from the printed
# maximum. A table without the largest few would be the first thing to ask the authors for. Whole
# cities can be left out in the same exact way:

# %%
of_cities = pd.concat(
    [
        group_influence(rows, baseline, by="city").largest(5).assign(source=name)
        for name, rows in samples.items()
    ]
)
frame_table(
    of_cities[["source", "city", "n_rows", "change", "estimate_without"]],
    name="tab-pz-robustness-cities",
    caption="The five cities that matter most to the coefficient, twin and yours",
    heads={"estimate_without": "Estimate without it"},
)

# %% [markdown]
# ### Other scales are other questions
#
# A common cure for a long tail is another scale. Pull in the ends ({glue:text}`share:.0f` per cent at
# *each* end; say so), take a log, an inverse hyperbolic sine, or ranks.

# %%
from digitrade.studies.pilot_zones.scales import (
    QUANTILES,
    above,
    on_scales,
    standard_scales,
)

scaled = across(panels, on_scales, baseline, standard_scales(winsorised))
record("scales", scaled.query("source != 'truth'"))
glue_numbers(share=100 * winsorised)

# %% tags=["full-width"]
comparison_table(
    scaled,
    name="tab-pz-robustness-scales",
    caption="One outcome on six scales, each in its own units: twin, its truth, and yours",
    covariance=words,
    note="Truth: mean over the treated rows used; as it is, of the true effect, on the other "
    "scales of the value less what it would be without it.",
)

# %% [markdown]
# The rows do not compare with each other: each has its own unit and asks something of its own.
#
# - *As it is*: by how much does the ratio change, a firm that goes from one hundred to two hundred
#   counting as much as ten thousand firms that go up by a hundredth?
# - *Winsorised*: the same, with all large ratios taken for equally large. The lower end does nothing here,
#   since many ratios are near zero.
# - *ln(1 + FC)* and *asinh*: for small ratios a change in units, for large ones in per cent. Most ratios
#   are small, so it is mostly the former; count the ratio in per cent, and it is another mixture.
# - *Rank*: by how many places does a firm move up? No tail at all, and no yuan either.
#
# Each is a fair question. None is a check of another. To see *where* in the distribution
# something happens, ask many questions at once: how many more firm-years exceed a cut-off
# {cite:p}`chernozhukov2013inference`?

# %% tags=["full-width"]
exceeding = across(panels, on_scales, baseline, above(QUANTILES))
record("exceeding", exceeding.query("source != 'truth'"))
comparison_table(
    exceeding,
    name="tab-pz-robustness-above",
    caption="Firm-years above each quantile of FC, in per cent: twin, its truth, and yours",
    covariance=words,
    digits=2,
    note="Truth: as on the scales above.",
)

# %% [markdown]
# The twin's zones move treated firms by amounts, many by more than they had, so many cross the lower
# cut-offs, and these rows are far more precise than the baseline. That is how the twin was built;
# the printed tables do not say whether the study's firms are like that. If the effect is real and
# broad, this table would show it without any long tail; if it comes from a few firms, it would show that.
#
# ## All rows together
#
# Here is everything about $FC$ on one page: what was printed beside what the twin gives.

# %%
from digitrade.studies.pilot_zones.robustness import gather, rows_before

clusters = {
    f"Clustered by {kind}": with_covariance(baseline, kind) for kind in ("firm", "city")
}
clustered = {
    name: {text: fixed_effects(rows, one) for text, one in clusters.items()}
    for name, rows in samples.items()
}

# %%
headline = printed_rows("3").query("column == '3'").assign(row="Baseline")
winsorised_rows = scaled[scaled["row"].str.startswith("Winsorised")]
of_zones = policies.query("row == 'Zone × post'")
groups = {
    "Baseline": pd.concat([headline, whole]),
    "Errors": source_rows(clustered, panels),
    "Controls": pd.concat([printed_5, controls]),
    "Programmes": of_zones.assign(row="Two other programmes"),
    "Matching": pd.concat([printed_match, paired]),
    "Large ratios": pd.concat([winsorised_rows, ladder]),
    "Placebos": pd.concat(
        [moved[moved["row"].isin(ahead.values())], rows_before(in_time, ahead)]
    ),
}
every = gather(groups)

# %% tags=["full-width"]
from digitrade.exhibits.intervals import coefficient_panels
from digitrade.studies.pilot_zones.robustness import with_intervals

shown = with_intervals(every.query("source != 'truth'")).rename(columns={"row": "label"})
shown["source"] = shown["source"].str.capitalize()
coefficient_panels(
    shown,
    name="fig-pz-robustness-all",
    caption="Every row, with its interval; an arrow where an interval is cut. A panel each: "
    "as printed, the twin, which is simulated, and yours if there is a file.",
)

# %% tags=["full-width"]
comparison_table(
    every,
    name="tab-pz-robustness-exhibit",
    caption="All rows: printed, twin, the twin's truth, and yours",
    covariance=f"{words}, unless the row says otherwise",
    note="Truth of the winsorised row: as on the scales above.",
)

# %% tags=["hide-input"]
own = shown.query("source == 'Twin' and group != 'Placebos'")
glue_numbers(
    n_rows=len(own),
    n_above=int((own["conf_low"] > 0).sum()),
    lowest=own["estimate"].min(),
    highest=own["estimate"].max(),
)

# %% [markdown]
# ## What we learned, and what we did not
#
# Of the twin's {glue:text}`n_rows` rows that are not placebos, {glue:text}`n_above` have an interval
# above zero; the estimates run from {glue:text}`lowest:.3f` to {glue:text}`highest:.3f`. All come from one
# process, in which zones do raise $FC$. Some rows differ because they ask about other firms, as
# the column of the truth tells; others because, with so long a tail, dropping a few firms moves the estimate
# far. A steady table is then no proof, and a shaky one no refutation.
#
# Reading the printed rows for what they ask, we found four that say less than they seem to. The loans'
# coefficients depend on the unit. The SA index restates that assets grew. The placebos in time contain
# the true years, so "no star" is no pass. And the matched sample is as large as the unmatched one.
# None of this says that the effect is not there.
#
# We did not learn what the study's rows would be without its largest ratios, how it matched, which of its
# placebo columns is which, or how many firms have no loans. All of it is in the authors' data. With an
# extract of your own, set `data_path`, and *yours* stands beside the twin in the exhibits.
#
# A referee would ask for three rows before all others: winsorised or without the ten largest ratios;
# placebos on rows before the zone; errors clustered by city. The first matters most: one firm-year holds
# {glue:text}`printed_first:.0f` per cent of the printed sum of squares, and nobody but the authors knows
# on which side of the comparison it stands.
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
one, fit = in_space["twin"], fixed_effects(samples["twin"], WITH_TRENDS).main
pd.Series(
    {
        "bar of the lottery": pd.Series(one.drawn).abs().quantile(0.95),
        "two robust standard errors": 1.96 * fit["std_error"],
        "estimate": one.estimate,
    }
).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Which firm?
# :label: ex-pz-robustness-firm
# Leave out each firm in turn. Is the firm that matters most the one with the largest ratio? Check one
# number by estimating again.
# ```
#
# ```{solution-start} ex-pz-robustness-firm
# :class: dropdown
# ```
#
# With firm effects a ratio matters by its distance from the firm's own other years, so a firm that is
# large all the time matters little unless its city is treated half-way. The last number is the check.

# %%
firms = group_influence(samples["twin"], baseline, by="firm").largest(4)
peak = samples["twin"].groupby("firm")["fc"].max().rename("largest_fc")
without = samples["twin"].query(f"firm != {firms.loc[0, 'firm']!r}")
firms.merge(peak, on="firm").assign(
    checked=[fixed_effects(without, baseline).main.estimate, *[np.nan] * 3]
).round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Honest draws
# :label: ex-pz-robustness-seeds
# The twin's default seed is adjusted to meet the printed numbers. Take three other seeds. How far do the
# baseline and the winsorised row scatter if nothing is adjusted?
# ```
#
# ```{solution-start} ex-pz-robustness-seeds
# :class: dropdown
# ```
#
# The truth is the same in each line but for where its firms happen to be. The ratio as it is scatters far
# more than the winsorised one: the tail is where luck lives.

# %%
zones = {"approved_by": approved_by, "rule": rule}
others = {draw: firm_panels(twin_seed=draw, **zones)["twin"] for draw in (1, 2, 3)}
two = dict(list(standard_scales(winsorised).items())[:2])
across(others, on_scales, baseline, two).pivot(
    index="source", columns="row", values="estimate"
).rename_axis("seed").round(3)

# %% [markdown]
# ```{solution-end}
# ```
