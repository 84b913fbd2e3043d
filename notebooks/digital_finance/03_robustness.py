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
# judge an instrument by its first stage before its second, test whether instruments agree, and hold an
# estimate against those that chance would give. **It assumes** {ref}`the baseline chapter <ch-df-baseline>`. **It runs**
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
# Papers in this literature follow their main estimate with a table of robustness checks. The
# study {cite:p}`hohai2025research` may well have one; the news summary that we have prints only the number
# that such checks defend, {glue:text}`printed:.4f`. The equation is that of
# {ref}`the baseline chapter <ch-df-baseline>`:
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
first_year: int = 2011  # first year of the sample [2011..2018]
last_year: int = 2021  # last year [2014..2021; at least first_year + 3]
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
from digitrade.data import load_capitals, load_provinces, published_estimate
from digitrade.data.labels import label
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.twin import simulate_provinces
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

# %%
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
from digitrade.exhibits.table import frame_table
from digitrade.studies.digital_finance.variables import changes_by_start

gains = changes_by_start(public, "dfi", ["ln_dfi", "dfi"])
frame_table(
    gains,
    name="tab-df-robustness-thirds",
    caption="Who gained most, by the index at the start, public figures",
    heads={"group": "Start", "ln_dfi": "Change: in logs", "dfi": "in points"},
    digits={"level": 1, "ln_dfi": 2, "dfi": 1},
)

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.methods.regression import catch_up_share, partial_out, within_by

by_year = within_by(public, "ln_dfi", "year", baseline)
logs, points = (partial_out(public, name, baseline) for name in ("ln_dfi", "dfi"))
glue_numbers(first=by_year.index[0], first_share=100 * by_year.iloc[0])
glue_numbers(catch_up=100 * catch_up_share(public, "ln_dfi", baseline))
glue_numbers(alike=logs.corr(points))


# %%
gap = gains.set_index("group").loc["high"] - gains.set_index("group").loc["low"]
glue_numbers(logs_close=gap["ln_dfi"] < 0, points_open=gap["dfi"] > 0)

# %% [markdown]
# Two-way fixed effects use nothing but such differences. Cleared of effects and controls, the log of the
# index and the index itself have a correlation of {glue:text}`alike:.2f`.

# %% [markdown] tags=["if:logs_close", "if:points_open"]
# In logs the low starters caught up, and in points the high starters pulled away. Both are true: from a
# low level, a smaller distance is a larger multiple.

# %% [markdown]
# {glue:text}`first_share:.0f` per cent of the log's remaining variation lies in {glue:text}`first`, and
# {glue:text}`catch_up:.0f` per cent of it is the fading of where provinces started
# ({ref}`chapter one <ch-df-variables>` has the argument). So look first at the rows that leave out the
# first years, take the index in points, or hold the start constant. Leaving out Shanghai does none of these.
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
glue_numbers(printed=printed)
robustness_table(
    every,
    printed=printed,
    name="tab-df-robustness-exhibit",
    caption="The baseline with one change a row: printed, twin and public figures",
    not_shipped=["Output before the last revision"],
)

# %% [markdown]
# And as one picture, each outcome on its own scale.

# %% tags=["full-width"]
from digitrade.exhibits.intervals import coefficient_panels

coefficient_panels(
    every,
    name="fig-df-robustness-all",
    caption="Every row, with its interval; an arrow where an interval is cut. Dotted: the outcome's own "
    "baseline; dashed: what is printed. The first panel is simulated, the others are public figures.",
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
PUBLIC = ["openness", "trade", "quality"]

# %%
cells = every.replace({"source": SHORT}).set_index(["label", "source"])
for prefix, row in GLUED.items():
    glue_numbers(**cells.loc[row, "estimate"].add_prefix(prefix))
errors, slopes = cells["std_error"].unstack(), cells["estimate"].unstack()
ratio = errors.loc["Without 2011 and 2012"] / errors.loc["Baseline"]
start = errors.loc["First-year index × year"].add_prefix("start_").add_suffix("_se")
glue_numbers(ratio_low=ratio.min(), ratio_high=ratio.max(), **start)

# %%
from digitrade.exhibits.phrases import agreement, listed

usual_rows = list(every.loc[every["group"] == "Which rows", "label"].unique())
usual_rows.append("Without 2020 and 2021")
moves = 100 * (slopes.loc[usual_rows] / slopes.loc["Baseline"] - 1)
glue_numbers(**moves.abs().max().add_prefix("usual_"))

# %%
flips = (slopes * slopes.loc["Baseline"] < 0)[PUBLIC].sum(axis=1)
glue_numbers(points_flips=flips["Index in points, over its mean"], n_public=len(PUBLIC))
glue_numbers(early=first_year < 2013 and ratio.notna().all())
glue_numbers(both_signs=agreement(slopes[PUBLIC].stack()) == "differ in sign")

# %% [markdown]
# Read it by kind of row, not from top to bottom.
#
# **Which rows.** Leaving out the municipalities, pulling in extreme values, or dropping the two years of
# the pandemic are the rows that every paper has. The largest change that one of them makes is
# {glue:text}`usual_openness:.0f` per cent of the estimate for openness, {glue:text}`usual_trade:.0f` for
# log trade, {glue:text}`usual_twin:.0f` for the twin. A per cent of a small baseline means little; trade
# quality, with {glue:text}`quality:.3f`, is left out.

# %% [markdown] tags=["if:early"]
# **Which years.** Without 2011 and 2012 the standard errors are {glue:text}`ratio_low:.1f` to
# {glue:text}`ratio_high:.1f` times those of the baseline, as there is less left to compare. Openness goes
# from {glue:text}`openness:.3f` to {glue:text}`late_openness:.3f`, log trade from
# {glue:text}`trade:.3f` to {glue:text}`late_trade:.3f`, the twin from {glue:text}`twin:.3f` to
# {glue:text}`late_twin:.3f`. The wider the interval, the less such a row can refute.

# %% [markdown]
# **Logs or points.** Put the index itself in the place of its log, over its mean so that the units
# compare. Openness goes from {glue:text}`openness:.3f` to {glue:text}`points_openness:.3f`, log trade
# from {glue:text}`trade:.3f` to {glue:text}`points_trade:.3f`, trade quality from
# {glue:text}`quality:.3f` to {glue:text}`points_quality:.3f`: {glue:text}`points_flips` of
# {glue:text}`n_public` public signs change. {numref}`tab-df-robustness-thirds` shows why they can. Which is
# right? The index is a weighted sum of many indicators, made to be compared between places, and nothing in
# its making tells us that its log is what acts on trade. The study took logs, as most do.
#
# **Compared with whom.** These rows change the comparison itself.
# - *Region-by-year effects* compare Gansu with Qinghai, no longer with Shanghai. Openness goes to
#   {glue:text}`region_openness:.3f`, log trade to {glue:text}`region_trade:.3f`, the twin to
#   {glue:text}`region_twin:.3f`. What an estimate loses here came from comparing regions.
# - *Province trends* let each province drift at its own pace. Openness is
#   {glue:text}`trends_openness:.3f`, log trade {glue:text}`trends_trade:.3f`, trade quality
#   {glue:text}`trends_quality:.3f`.
# - *First-year index × year* lets provinces that started low and high part ways as they like. That takes
#   out the catching up itself: openness {glue:text}`start_openness:.3f` with a standard error of
#   {glue:text}`start_openness_se:.3f`, the twin {glue:text}`start_twin:.3f`
#   ({glue:text}`start_twin_se:.3f`). If you think that provinces with a low start would have done
#   differently anyway, take this regression, and read its interval before its estimate.
#
# **Errors.** Other standard errors keep the estimate and change what is said about its precision;
# {ref}`the baseline chapter <ch-df-baseline>` has the argument. The stars of the table are those of each
# row's standard errors, so that rows can be compared, and with about thirty provinces there are too many of
# them. To quote one estimate, take the $p$-value of the wild cluster bootstrap, which that chapter has for the
# three public baselines, or that of {numref}`tab-df-robustness-placebo` below.
#
# ## Leave one province out
#
# One regression for each province, without it. They show whether one of them carries the estimate.

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
base = without[chosen].iloc[0]
glue_numbers(lowest=left_out.min(), lowest_name=left_out.idxmin())
glue_numbers(highest=left_out.max(), highest_name=left_out.idxmax())
glue_numbers(
    outcome=label(outcome).lower(), base_low=base["conf_low"], base_high=base["conf_high"]
)
in_logs = slopes[SHORT[chosen]].drop("Index in points, over its mean")
glue_numbers(compared_low=in_logs.min(), compared_high=in_logs.max())

# %% [markdown]
# For {glue:text}`outcome` the estimates run from {glue:text}`lowest:.3f` without
# {glue:text}`lowest_name` to {glue:text}`highest:.3f` without {glue:text}`highest_name`. Hold this against
# the baseline's own interval, {glue:text}`base_low:.3f` to {glue:text}`base_high:.3f`, and against all rows
# of {numref}`tab-df-robustness-exhibit` that have the log of the index, which run from {glue:text}`compared_low:.3f` to
# {glue:text}`compared_high:.3f`. Leaving provinces out asks whether one of them carries the estimate. It
# does not ask whether the provinces are compared with the right ones.
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
# The slope is {glue:text}`slope:.4f` log points a year for each thousand kilometres.

# %% [markdown] tags=["if:slope>0"]
# It is the other way round: the *farther* from Hangzhou, the faster the index grew. Far provinces are
# inland provinces, these started low, and what started low caught up. So the strength of the instrument is
# the catching up once more. It cannot separate digital finance from the rest of what happened to inland
# provinces, for which the distance from the coast stands just as well.

# %% [markdown]
# Suppose you believe in the instrument nonetheless. An instrument that hardly moves the index is called
# *weak*: two-stage least squares then leans towards least squares, and its standard error is too small. How
# strong is strong enough? With independent errors an $F$ above ten was the old rule. Our errors are
# clustered, and the *effective F* {cite:p}`montielolea2013robust` is the $F$ that fits them: for one
# instrument it is the squared $t$ of the first stage. It comes with a critical value,
# {glue:text}`critical:.1f` for one instrument; above it, the bias is at most a tenth of what a useless
# instrument would give. Here it is {glue:text}`f_trend:.1f`.
#
# There is also an interval that needs no strength. Guess a value of $\beta$, say one half, and take its part
# out of the outcome: $y - x / 2$. If the guess is right and the instrument is valid, the instrument
# cannot predict what is left. So regress $y - \beta x$ on the instrument for every $\beta$ and keep the
# values for which it predicts nothing. They are the *Anderson–Rubin set*
# {cite:p}`anderson1949estimation,andrews2019weak`. With a weak instrument many values pass and the set is
# wide, or has no end; with several instruments that contradict each other it may fall in two or be empty.

# %% tags=["full-width"]
shown = ["source", "kind", "n_instruments", "effective_f", "critical_f"]
frame_table(
    instrumented[[*shown, "estimate", "std_error", "p_value", "interval"]],
    name="tab-df-robustness-instruments",
    caption="Three instruments made from one distance, twin and public figures",
    heads={"kind": "Distance times", "p_value": "p of zero"},
    digits={"effective_f": 1, "critical_f": 1},
    note=f"Two-stage least squares; {instrumented['covariance'].iloc[0]}, "
    "against Hotelling's F, which allows for the number of clusters. Critical: of a test, at 5 per cent, "
    "that the bias is above a tenth of a useless instrument's.",
)

# %% [markdown]
# The three kinds weigh the years differently. Were the effect the same everywhere, and all three instruments
# valid, they should agree up to chance. To test that, one needs their *differences*. It is not enough that
# intervals overlap, as the three share their data: what makes one too high makes the others too high as well.

# %%
from digitrade.studies.digital_finance.distance import instrument_slopes

joint = instrument_slopes(with_outcome, baseline)
on_twin = instrument_slopes(twin, baseline.replace(outcome="hdft"))
ends = joint.difference("trend", "year-dummies")
differences = ends.assign(label="trend less year-dummies", source=chosen)
record("instrument_differences", differences.assign(covariance=joint.words))

# %%
glue_row("ends", ends.iloc[0])
glue_row("equal", joint.equality().iloc[0])
glue_row("equal_twin", on_twin.equality().iloc[0])

# %% [markdown]
# For {glue:text}`outcome` the trend less the dummies is {glue:text}`ends:.3f`
# ({glue:text}`ends_se:.3f`, {glue:text}`ends_p_is`), and the hypothesis that all three are equal has
# {glue:text}`equal_p_is`; on the twin, whose true slope differs between regions,
# {glue:text}`equal_twin_p_is`. The standard error comes from leaving out each province in turn and watching
# how far the difference moves (the *jackknife*): with as many instruments as years and so few provinces, the
# clustered formula is too small.
#
# ## A placebo: other provinces' paths
#
# How large an estimate does chance give? Hand every province the whole index path of another one, drawn
# by lot, leave outcome and controls where they are, and estimate again, a few thousand times. The share of
# draws that are as large as the real estimate is a $p$-value {cite:p}`fisher1935design,young2019channeling`.
#
# What does it assume? Not that there are many provinces, nor that errors are normal. But it does assume
# that, given the controls, any province could have had any path: *exchangeability*. The paths move and the
# controls stay, so it fails if rich provinces were bound to get high paths. It also fails if provinces
# differ in how much their outcome scatters, as exchanged paths then meet another scatter than the real
# ones; comparing $t$ with $t$, and not estimate with estimate, would guard against this second failure.

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
for name, row in drawn.set_index("label").rename(SHORT).iterrows():
    glue_row(f"placebo_{name}", row)

# %%
from digitrade.exhibits.cells import number

middle = ["draws_low", "draws_high"]
frame_table(
    drawn[["label", "estimate", *middle, "clustered", "p_value", "p_right"]],
    name="tab-df-robustness-placebo",
    caption="Estimates and what exchanged paths give, twin and public figures",
    heads={
        "label": "Source",
        "clustered": "p, baseline",
        "p_value": "p, placebo",
        "p_right": "one-sided, right",
    },
    digits=dict.fromkeys(["clustered", "p_value", "p_right"], 4),
    note=f"{number(draws, 0)} draws; the real assignment counts as one. "
    f"The baseline's p: {usual['covariance'].iloc[0]}.",
)

# %% [markdown]
# For openness {glue:text}`placebo_openness_p_is`, for log trade {glue:text}`placebo_trade_p_is`, for trade
# quality {glue:text}`placebo_quality_p_is`. So openness is {glue:text}`placebo_openness_sure`, log trade
# {glue:text}`placebo_trade_sure`, trade quality {glue:text}`placebo_quality_sure`. But a placebo tests
# *that* a province's index path goes with its outcome, never *why*: exchanged paths break the link
# with the index and, with the same stroke, with everything else that makes a province a low starter. On
# the twin it has {glue:text}`placebo_twin_p_is` for an estimate of {glue:text}`twin:.3f`, where the true
# slope is {glue:text}`effect:.3f`.
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
# Do not count the rows as votes: those that leave the comparison alone can be added at will, and they tend to
# agree with the baseline.

# %% [markdown] tags=["if:both_signs"]
# Whether digital finance goes with more trade or with less depends, in public figures, on the outcome and on
# the row. The study's own outcome might be steadier; its rows are not in our sources.

# %% [markdown]
# On the twin we have the answer, and need not be content with one draw of its noise. An *honest draw* is the
# twin with another seed and nothing adjusted. {numref}`tab-df-robustness-honest` holds every row to
# the truth over {glue:text}`honest_draws` of them.

# %%
from digitrade.data import load_honest_targets
from digitrade.exhibits.honest import honest_table
from digitrade.studies.digital_finance.twin.honest import honest_summary

targets = load_honest_targets("digital_finance").query("chapter == '03_robustness'")
honest = honest_summary(list(targets["target"]))
here = targets.set_index("target")["row"].map(slopes["twin"])

# %% tags=["full-width"]
honest_table(
    honest,
    estimates=here,
    name="tab-df-robustness-honest",
    caption="What each row is worth on the twin, by honest draws",
)

# %%
known = honest.set_index("target")
off = honest.set_index("description")["bias"].abs().sort_values()
glue_numbers(honest_draws=honest["draws"].max(), honest_true=known.loc["baseline", "truth"])
glue_numbers(best=listed(off.index[:3]), **known["bias"].add_prefix("bias_"))
glue_numbers(**(100 * known["coverage"].dropna()).add_prefix("cover_"))

# %% [markdown]
# The true slope is {glue:text}`honest_true:.3f` on average over the rows. The baseline is off by
# {glue:text}`bias_baseline:.3f`, and its interval holds the truth in {glue:text}`cover_baseline:.0f` per
# cent of the draws; with the wild bootstrap in {glue:text}`cover_wild:.0f`. This is built in: the
# twin's regions have year effects of their own that go with their index
# ({ref}`the chapter on calibration <ch-df-calibration>` says why). They are a hidden confounder of the
# baseline, and no way of clustering takes a confounder out.
#
# A referee would ask for three rows before all others. Without the first two years the bias is
# {glue:text}`bias_from_2013:.3f`, with the starting level times year {glue:text}`bias_first_year:.3f`, with
# the index in points {glue:text}`bias_points:.3f`. The rows with the smallest bias are
# *{glue:text}`best`*. So a row that asks a good question need not come closer to the truth. It shows what the
# estimate rests on; which row is right has to be argued.

# %% [markdown]
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
# For distance times the trend, the effective F goes from {glue:text}`f_trend:.1f` to
# {glue:text}`f_held:.1f`, and the second stage from {glue:text}`iv_trend:.2f` to
# {glue:text}`iv_held:.2f`. Below an F of {glue:text}`critical:.1f`, read the Anderson–Rubin set and not
# the estimate.

# %%
from digitrade.studies.digital_finance.variations import initial_by_period

held = compare_instruments(*initial_by_period(with_outcome, baseline))
glue_numbers(f_held=held.loc[0, "effective_f"], iv_held=held.loc[0, "estimate"])
glue_numbers(iv_trend=trend["estimate"])
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
# The log is one more variation, so apply it first and go on from what it returns. The baseline is now
# {glue:text}`logs_base:.3f`, and {glue:text}`logs_same` of {glue:text}`logs_rows` rows, itself included,
# have its sign.

# %%
from digitrade.studies.digital_finance.variations import log_outcome

in_logs = robustness(*log_outcome(public, baseline.replace(outcome="openness")), plain)
counted = summary_frame(in_logs.assign(source="ln openness"))
glue_numbers(logs_base=counted.loc[0, "baseline"], logs_same=counted.loc[0, "same_sign"])
glue_numbers(logs_rows=counted.loc[0, "rows"])
counted.round(3)

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
# A variation is a value: a label, and what is changed. Here *{glue:text}`own_most`* moves the estimate
# more, by {glue:text}`own_by:.3f`. The ports are provinces with large trade shares, but leaving them out
# keeps the comparison; an earlier index also drops the first two years of the outcome.

# %%
from digitrade.studies.digital_finance.variations import Variation, lag

own = [
    Variation("Ports", "Own", rows="province not in ('Shanghai', 'Guangdong', 'Zhejiang')"),
    Variation("Two years earlier", "Own", transform=lag, arguments={"periods": 2}),
]
found = robustness(public, baseline, own).set_index("label")[
    ["estimate", "std_error", "n_obs"]
]
moved = (found["estimate"] - found["estimate"].iloc[0]).abs()
glue_numbers(own_most=moved.idxmax(), own_by=moved.max())
found.round(3)

# %% [markdown]
# ```{solution-end}
# ```
