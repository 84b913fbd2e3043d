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
# (ch-df-robustness)=
# # Robustness: one change at a time
#
# **After this chapter you can** change a regression in one way at a time and say what the change asks,
# judge an instrument by its first stage before you look at its second, and hold an estimate against
# those that chance would give. **It assumes** {ref}`the baseline chapter <ch-df-baseline>`. **It runs**
# in about twenty seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated rows: an outcome made up around the public
# index so that the study's regression gives about its printed number. It is evidence about method and
# code, never about China.
# :::

# %% [markdown]
# ## The claim
#
# A table of robustness checks is a ritual in this literature: ten more columns, ten more stars. The
# study {cite:p}`hohai2025research` may well have one; the news summary that we have prints only the number
# that such checks defend.

# %%
from digitrade.data import load_published, published_estimate
from digitrade.data.labels import label
from digitrade.exhibits.table import claim_table, frame_table

claimed = load_published("estimates", study="digital_finance")
claim_table(
    claimed.query("table == 'baseline'"),
    name="tab-df-robustness-claim",
    caption="The claim, as a news summary of the study prints it",
)

# %% [markdown]
# The equation is that of the baseline chapter:
#
# ```{math}
# :label: eq-df-robustness
# y_{it} = \alpha_i + \lambda_t + \beta x_{it} + \gamma' z_{it} + u_{it}
# ```
#
# Each row below changes *one* thing in it and nothing else, so that we know what moved the estimate:
#
# | Symbol | Meaning | Column | What a row can change |
# |:--|:--|:--|:--|
# | $i$, $t$ | provinces and years | `province`, `year` | which are in |
# | $y_{it}$ | outcome | `hdft` (twin), `openness`, `ln_trade`, `trade_quality` | its definition; its extreme values |
# | $x_{it}$ | the index | `ln_dfi` | log or points; this year's or last year's |
# | $z_{it}$, $\alpha_i$, $\lambda_t$ | what is held constant | four controls, `province`, `year` | whom one is compared with |
# | $\beta$ | the effect | | least squares or instruments |
# | $u_{it}$ | errors | | which of them may move together |

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2019]
last_year: int = 2021  # last year [2013..2021; at least first_year + 2]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
outcome: str = "openness"  # public outcome in focus [openness | ln_trade | trade_quality]
weighting: str = "entropy"  # of trade quality [entropy | equal | principal-component]
winsorised: float = 0.01  # share of rows pulled in at each end [0..0.2]
instrument: str = "trend"  # distance times what [trend | national-mean | year-dummies]
covariance: str = "clustered"  # standard errors [clustered | robust]
draws: int = 4999  # draws of the placebo [99..99999]
seed: int = 20250613  # seed of the placebo [0..4294967295]
twin_seed: int = 2025  # seed of the twin; 2025 is calibrated [0..4294967295]
confidence: float = 0.95  # level of the confidence intervals [0.5..0.999]

# %%
from digitrade.data import load_capitals, load_provinces
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.twin import simulate_provinces
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

sample = years_between(Sample.of(load_provinces()), first_year, last_year)
sample = without_provinces(sample, provinces_excluded)
baseline = BASELINE.replace(outcome=outcome, covariance=covariance, confidence=confidence)

# %%
distances = load_capitals().set_index("province")["distance_hangzhou_km"]
public = build_province_panel(sample.panel, weighting=weighting)
public["distance_hangzhou"] = public["province"].map(distances)
twin = simulate_provinces(seed=twin_seed).panel
twin = twin.merge(public[["province", "year"]], validate="1:1")

# %% [markdown]
# ## Look first: one index, two stories
#
# The log of the index is a choice, and before any regression one can see what it chooses. Sort the
# provinces by the index they started from. Who gained most?

# %%
from digitrade.studies.digital_finance.variables import changes_by_start

frame_table(
    changes_by_start(public, "dfi", ["ln_dfi", "dfi"]),
    name="tab-df-robustness-thirds",
    caption="Who gained most, by the index at the start, public figures",
    heads={"group": "Start", "ln_dfi": "Change: in logs", "dfi": "in points"},
    digits={"level": 1, "ln_dfi": 2, "dfi": 1},
)

# %%
from digitrade.exhibits.glue import glue_numbers, record
from digitrade.methods.regression import catch_up_share, partial_out, within_by

by_year = within_by(public, "ln_dfi", "year", baseline)
logs, points = (partial_out(public, name, baseline) for name in ("ln_dfi", "dfi"))
glue_numbers(first=by_year.index[0], first_share=100 * by_year.iloc[0])
glue_numbers(catch_up=100 * catch_up_share(public, "ln_dfi", baseline))
glue_numbers(alike=logs.corr(points))

# %% [markdown]
# In logs the low starters gained most: they caught up. In points the high starters did: they pulled
# away. Both are true, and two-way fixed effects see nothing but such differences. Cleared of effects and
# controls, the log of the index and the index itself have a correlation of {glue:text}`alike:.2f`.
# They are the same series, and for this regression they are two unrelated ones.
#
# Remember also what {ref}`the first chapter <ch-df-variables>` found: {glue:text}`first_share:.0f` per
# cent of the log's remaining variation lies in {glue:text}`first`, and {glue:text}`catch_up:.0f` per
# cent of it is the fading of where provinces started. These two facts tell us which rows to look for in a
# robustness table. Leaving out Shanghai is not the dangerous one.
#
# ## The rows
#
# A good list asks what *could* break the estimate, not what is sure to leave it alone. Besides the rows of
# {numref}`tab-df-robustness-rows`, every province is left out in turn.
#
# One usual row is missing: output in another vintage. China revises its provincial accounts after each
# census, and ours are the figures after the fifth, up to nine per cent off those that papers of the time
# used. We ship one vintage, so that row says so.
#
# Four outcomes go through the same list: the twin's $HDFT$, and the three public ones. A row that an outcome
# does not have stays blank: only for our own composite do we know the weights.

# %%
from digitrade.exhibits.comparison import robustness_table
from digitrade.methods.indices import WEIGHTINGS
from digitrade.studies.digital_finance.variations import (
    reweigh,
    standard_variations,
    variation_words,
)

changes = standard_variations(
    winsorise_share=winsorised,
    instrument=instrument,
    weightings=[name for name in WEIGHTINGS if name != weighting],
)
frame_table(
    variation_words(changes),
    name="tab-df-robustness-rows",
    caption="The baseline with one change",
    heads={"group": "Kind", "label": "Row", "change": "What is changed"},
)

# %%
plain = [change for change in changes if change.transform is not reweigh]
sources = {
    "Twin: HDFT": (twin, baseline.replace(outcome="hdft"), plain),
    "Public: openness": (public, baseline.replace(outcome="openness"), plain),
    "Public: ln trade": (public, baseline.replace(outcome="ln_trade"), plain),
    "Public: trade quality": (public, baseline.replace(outcome="trade_quality"), changes),
}

# %%
import pandas as pd

from digitrade.studies.digital_finance.variations import (
    extremes,
    leave_one_out,
    robustness,
    stack,
)

without = {name: leave_one_out(*source[:2]) for name, source in sources.items()}
rows = {
    name: pd.concat([robustness(*source), extremes(without[name])])
    for name, source in sources.items()
}
every = stack(rows)
record("rows", every)

# %% tags=["full-width"]
printed = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
robustness_table(
    every,
    printed=printed,
    name="tab-df-robustness-exhibit",
    caption="The baseline with one change a row: printed, twin and public figures",
    not_shipped=["Output before the last revision"],
)

# %% [markdown]
# And as one picture, each outcome on its own scale. The dotted line is the outcome's own baseline.

# %% tags=["full-width"]
from digitrade.exhibits.intervals import coefficient_panels

coefficient_panels(
    every,
    name="fig-df-robustness-all",
    caption="Every row, with its interval; an arrow where an interval is cut. The first panel is "
    "simulated, the others rest on public figures.",
    references={"Twin: HDFT": printed},
)

# %% tags=["hide-input"]
GLUED = {
    "": "Baseline",
    "late_": "Without 2011 and 2012",
    "points_": "Index in points, over its mean",
    "region_": "Region-by-year effects",
    "trends_": "Province trends",
    "start_": "First-year index × year",
}
SHORT = dict(zip(sources, ["twin", "openness", "trade", "quality"], strict=True))

# %%
cells = every.replace({"source": SHORT}).set_index(["label", "source"])
for prefix, row in GLUED.items():
    glue_numbers(**cells.loc[row, "estimate"].add_prefix(prefix))
errors = cells["std_error"].unstack()
ratio = errors.loc["Without 2011 and 2012"] / errors.loc["Baseline"]
start = errors.loc["First-year index × year"].add_prefix("start_").add_suffix("_se")
glue_numbers(ratio_low=ratio.min(), ratio_high=ratio.max(), **start)

# %% [markdown]
# Read it by kind of row, not from top to bottom.
#
# **Which rows.** Leaving out the municipalities, pulling in extreme values, or dropping the two years of
# the pandemic moves little. These are the rows that every paper has. They answer a question about
# outliers, and outliers were not the worry.
#
# **Which years.** Without 2011 and 2012 the standard errors are {glue:text}`ratio_low:.1f` to
# {glue:text}`ratio_high:.1f` times those of the baseline, since most of what there was to compare is
# gone. Openness goes from {glue:text}`openness:.3f` to {glue:text}`late_openness:.3f`, log trade from
# {glue:text}`trade:.3f` to {glue:text}`late_trade:.3f`, the twin from {glue:text}`twin:.3f` to
# {glue:text}`late_twin:.3f`. This is not a refutation; an interval that wide refutes nothing. It says
# that the later years have little to tell, and that the baseline is mostly about the first two.
#
# **Logs or points.** Put the index itself in the place of its log, over its mean so that the units
# compare. Openness turns from {glue:text}`openness:.3f` to {glue:text}`points_openness:.3f`, log trade
# from {glue:text}`trade:.3f` to {glue:text}`points_trade:.3f`, trade quality from
# {glue:text}`quality:.3f` to {glue:text}`points_quality:.3f`. Every public sign is the other one. The table
# of thirds has told us why: in logs the poor gained, in points the rich. Which is right? The index is a
# weighted sum of many indicators, made to be compared between places, and nothing in its making says
# that its log is what acts on trade. The study took logs, as most do.
#
# **Compared with whom.** These are the rows that bite.
# - *Region-by-year effects* compare Gansu with Qinghai, no longer with Shanghai. Openness falls to
#   {glue:text}`region_openness:.3f`, log trade to {glue:text}`region_trade:.3f`, the twin to
#   {glue:text}`region_twin:.3f`: much of the baseline is a comparison between regions.
# - *Province trends* let each province drift at its own pace. Openness is
#   {glue:text}`trends_openness:.3f`, but log trade changes sign, to {glue:text}`trends_trade:.3f`, and
#   trade quality is now {glue:text}`trends_quality:.3f`.
# - *First-year index × year* lets provinces that started low and high part ways as they like. That is
#   the catching up itself, so nearly all of the comparison is gone: openness
#   {glue:text}`start_openness:.3f` with a standard error of {glue:text}`start_openness_se:.3f`, the twin
#   {glue:text}`start_twin:.3f` ({glue:text}`start_twin_se:.3f`). If you think that provinces with a low
#   start would have done differently anyway, this is your regression, and it knows nothing.
#
# **Errors.** Other standard errors keep the estimate and change what is said about its precision;
# {ref}`the baseline chapter <ch-df-baseline>` has the argument. An estimate that moves with every
# comparison is not made safe by a small standard error.
#
# ## Leave one province out
#
# Thirty regressions, each without one province. They show whether one of them carries the estimate.

# %%
chosen = f"Public: {outcome.replace('_', ' ')}"
order = ["Baseline", *without[chosen].iloc[1:].sort_values("estimate")["label"]]
lined = [
    without[name].set_index("label").loc[order].reset_index().assign(source=name)
    for name in ("Twin: HDFT", chosen)
]

# %% tags=["full-width"]
coefficient_panels(
    pd.concat(lined),
    name="fig-df-robustness-without",
    caption="Without each province in turn, in the order of the right-hand panel. Left: "
    "simulated. Right: public figures.",
)

# %%
left_out = without[chosen].set_index("left_out")["estimate"].drop("")
glue_numbers(lowest=left_out.min(), lowest_name=left_out.idxmin())
glue_numbers(highest=left_out.max(), highest_name=left_out.idxmax())
glue_numbers(outcome=label(outcome))

# %% [markdown]
# For {glue:text}`outcome` the estimates run from {glue:text}`lowest:.3f` without
# {glue:text}`lowest_name` to {glue:text}`highest:.3f` without {glue:text}`highest_name`. That is a narrow
# band, and here lies the trap of the whole exercise: the estimate withstands the loss of any province, and
# not a change of whom provinces are compared with. A paper that showed this figure and the first rows of
# the table would look very solid.
#
# ## An instrument: the distance to Hangzhou
#
# Perhaps trade brings payment apps, and not the reverse. The usual answer in this literature is an
# *instrument*: Alipay started in Hangzhou and is said to have spread from there, so the distance from
# Hangzhou should tell how much digital finance a province got, for a reason that has nothing to do with its
# trade. The distance does not change over time and the province effects take it out, so it is multiplied
# by something that does: by the year, by the national mean of the index, or by a dummy for each year.
#
# Look at the first stage before anything else. The story says: the farther away, the *less*. Since
# everything is cleared of province effects, that means: the farther, the slower the growth.

# %%
from digitrade.exhibits.shapes import added_variable_plot
from digitrade.studies.digital_finance.distance import (
    compare_instruments,
    distance_instruments,
)

with_outcome = public.dropna(subset=outcome, ignore_index=True)
first_stage = with_outcome.join(distance_instruments(with_outcome, baseline))

# %%
added_variable_plot(
    partial_out(first_stage, "distance_trend", baseline),
    partial_out(first_stage, "ln_dfi", baseline),
    first_stage["region"],
    name="fig-df-robustness-first",
    caption="The first stage: the log index against distance times years, both cleared of effects and "
    "controls. Public figures.",
)

# %%
on_twin = compare_instruments(twin, baseline.replace(outcome="hdft"))
on_public = compare_instruments(with_outcome, baseline)
instrumented = pd.concat(
    [on_twin.assign(source="Twin: HDFT"), on_public.assign(source=chosen)],
    ignore_index=True,
)
record("instruments", instrumented)
trend = on_public.set_index("kind").loc["trend"]
glue_numbers(slope=trend["first_stage"], f_trend=trend["effective_f"])
glue_numbers(critical=trend["critical_f"])

# %% [markdown]
# It is the other way round. The slope is {glue:text}`slope:.4f` log points a year for each thousand
# kilometres: the *farther* from Hangzhou, the faster the index grew. Of course it did. Far provinces are
# inland provinces, these started low, and what started low caught up. By the old rule that an $F$ should
# be above ten the instrument passes, with {glue:text}`f_trend:.1f`; but its strength is the catching
# up once more. It cannot separate digital finance from the rest of what happened to inland provinces, for
# which distance from the coast stands just as well.
#
# Suppose you believe in it nonetheless. The *effective F* {cite:p}`montielolea2013robust` measures
# strength under clustered errors; beyond a critical value, {glue:text}`critical:.1f` for one instrument, the
# bias is at most a tenth of the worst. Below it the usual interval cannot be trusted, but the *Anderson–Rubin
# set* {cite:p}`anderson1949estimation` can: it holds every value of $\beta$ for which the instrument does not
# predict $y - \beta x$, however weak it is {cite:p}`andrews2019weak`. The set is honest enough to be
# unbounded when the data know nothing, and empty when the instruments contradict each other.

# %% tags=["full-width"]
shown = ["source", "kind", "n_instruments", "effective_f", "critical_f"]
frame_table(
    instrumented[[*shown, "estimate", "std_error", "p_value", "interval"]],
    name="tab-df-robustness-instruments",
    caption="Three instruments made from one distance, twin and public figures",
    heads={"kind": "Distance times", "p_value": "p of zero"},
    digits={"effective_f": 1, "critical_f": 1},
    note=f"Two-stage least squares; {instrumented['covariance'].iloc[0]}, "
    "against Hotelling's F. Critical: worst-case bias below a tenth, 5 per cent.",
)

# %% [markdown]
# Three versions of one distance, three answers. They weigh the years differently: the trend gives most to
# the last years, the dummies to the first. Were the effect the same everywhere, and the exclusion
# right, they should agree.
#
# ## A placebo: other provinces' paths
#
# How large an estimate does chance give? Hand every province the whole index path of another one, drawn
# by lot, leave outcome and controls where they are, and estimate again, a few thousand times. If the
# index has nothing to do with the outcome, the real assignment is one draw among many, and the share of
# draws that are as large is a $p$-value {cite:p}`fisher1935design,young2019channeling`. It needs
# neither large samples nor a model of the errors.

# %%
import numpy as np

from digitrade.methods.placebo import permutation_placebo

placebos = {
    name: permutation_placebo(
        panel.dropna(subset=specification.outcome),
        specification,
        draws=draws,
        rng=np.random.default_rng(seed),
    )
    for name, (panel, specification, _) in sources.items()
}

# %% tags=["full-width"]
from digitrade.exhibits.histograms import placebo_panels

placebo_panels(
    placebos,
    name="fig-df-robustness-placebo",
    caption="Estimates with the provinces' index paths exchanged, and in orange the real one. "
    "The first panel is simulated, the others rest on public figures.",
)

# %%
drawn = pd.concat([fit.tidy().assign(label=name) for name, fit in placebos.items()])
record("placebo", drawn)
usual = every.query("label == 'Baseline'").set_index("source")
drawn["clustered"] = drawn["label"].map(usual["p_value"])
glue_numbers(**drawn.set_index("label")["p_value"].rename(SHORT).add_prefix("p_"))

# %%
from digitrade.exhibits.cells import number

ends = ["draws_low", "draws_high"]
frame_table(
    drawn[["label", "estimate", *ends, "clustered", "p_value", "p_right"]],
    name="tab-df-robustness-placebo",
    caption="Estimates and what exchanged paths give, twin and public figures",
    heads={
        "label": "Source",
        "clustered": "p, baseline",
        "p_value": "p, placebo",
        "p_right": "one-sided, right",
    },
    digits={"clustered": 4, "p_value": 4, "p_right": 4},
    note=f"{number(draws, 0)} draws; the real assignment counts as one. "
    f"The baseline's p: {usual['covariance'].iloc[0]}.",
)

# %% [markdown]
# For openness $p$ is {glue:text}`p_openness:.3f`, for log trade {glue:text}`p_trade:.3f`, for trade quality
# {glue:text}`p_quality:.3f`, not far from the clustered ones. So openness is hardly luck. But a placebo
# says *that* a province's index path goes with its outcome, never *why*: exchanged paths break the link
# with the index and, with the same stroke, with everything else that makes a province a low starter. The
# twin shows it. There $p$ is {glue:text}`p_twin:.4f`, and we know that most of that estimate is not the
# effect.
#
# ## What we learned, and what we did not
#
# Count the rows of each outcome first.

# %% tags=["full-width"]
from digitrade.studies.digital_finance.variations import summary_frame

glue_numbers(effect=twin["true_effect"].mean())
frame_table(
    summary_frame(every),
    name="tab-df-robustness-summary",
    caption="How the rows turn out, twin and public figures",
    note="Intervals are those of each row's own covariance, Anderson–Rubin's if instrumented.",
)

# %% [markdown]
# By the count, the public estimates look half robust. But rows are no votes: those that leave the
# comparison alone agree, those that change it do not, and there are as many of the first kind as one
# cares to add. Whether digital finance goes with more trade or less depends, in public figures, on
# whether the index is taken in logs, whether trade is, and whom a province is compared with. The study's
# own outcome might be steadier; its rows are not in our sources.
#
# On the twin we know the answer. The true slope is {glue:text}`effect:.3f` on average over the rows; the
# baseline says {glue:text}`twin:.3f`. The difference is no accident: what was printed by region and what was
# printed overall hold together if part of the overall number comes from differences *between* regions, so
# the twin's regions have year effects of their own that go with their index. The rows that take such effects out come closer:
# region-by-year effects with {glue:text}`region_twin:.3f`, first-year index × year with
# {glue:text}`start_twin:.3f`. Leaving out provinces, pulling in extremes and other standard errors all said
# that the wrong number was robust.
#
# A referee would ask for three rows before all others: without the first two years, with the starting
# level times year, and with the index in points.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Is the instrument more than a low start?
# :label: ex-df-robustness-start
# Add the first-year index times year to the controls, then use the distance as an instrument. What is left
# of the first stage?
# ```
#
# ```{solution-start} ex-df-robustness-start
# :class: dropdown
# ```
#
# About half of its strength goes, and the second stage goes somewhere else altogether. What the distance
# added to the starting level is not what the story needs.

# %%
from digitrade.studies.digital_finance.variations import initial_by_period

held = compare_instruments(*initial_by_period(with_outcome, baseline))
held[["kind", "effective_f", "critical_f", "estimate", "interval"]].round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Openness in logs
# :label: ex-df-robustness-logs
# Take the log of openness and run all rows again. Which sign does the baseline have now, and in how many
# rows?
# ```
#
# ```{solution-start} ex-df-robustness-logs
# :class: dropdown
# ```
#
# The log is one more variation, so apply it first and go on from what it returns.

# %%
from digitrade.studies.digital_finance.variations import log_outcome

in_logs = robustness(*log_outcome(public, baseline.replace(outcome="openness")), plain)
summary_frame(in_logs.assign(source="ln openness")).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} An honest draw
# :label: ex-df-robustness-draw
# The twin's default seed is adjusted to meet the printed numbers. Take five other seeds. How far do baseline
# and placebo scatter if nothing is adjusted?
# ```
#
# ```{solution-start} ex-df-robustness-draw
# :class: dropdown
# ```
#
# The same truth, other noise: what differs between these lines is luck.

# %%
own = baseline.replace(outcome="hdft")
tests = []
for draw in range(1, 6):
    other, rng = simulate_provinces(seed=draw).panel, np.random.default_rng(draw)
    test = permutation_placebo(other, own, draws=999, rng=rng)
    tests.append(test.tidy().assign(label=f"seed {draw}"))
pd.concat(tests)[["label", "estimate", "p_value", "draws_low", "draws_high"]].round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A row of your own
# :label: ex-df-robustness-own
# Write a variation that leaves out the provinces with the three largest ports, Shanghai, Guangdong and
# Zhejiang, and one that uses the index two years earlier. Before you run them: which will move the
# estimate more?
# ```
#
# ```{solution-start} ex-df-robustness-own
# :class: dropdown
# ```
#
# A variation is a value: a label, and what is changed.

# %%
from digitrade.studies.digital_finance.variations import Variation, lag

own = [
    Variation("Ports", "Own", rows="province not in ('Shanghai', 'Guangdong', 'Zhejiang')"),
    Variation("Two years earlier", "Own", transform=lag, arguments={"periods": 2}),
]
robustness(public, baseline, own)[["label", "estimate", "std_error", "n_obs"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
