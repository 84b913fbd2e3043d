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
# (ch-df-thresholds)=
# # Thresholds: slopes that change
#
# **After this chapter you can** estimate a panel model whose slope changes where some variable crosses
# an unknown value, test how many such values there are, say how well each is located, and judge
# whether a "regime" has enough rows to mean anything. **It assumes**
# {ref}`the baseline chapter <ch-df-baseline>`. **It runs** in about ten seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated rows: an outcome, internet penetration and
# late investment figures made up around the public index, with the printed thresholds built in. They are
# evidence about method and code, never about China.
# :::

# %% [markdown]
# ## The claim
#
# Perhaps a payment app does little for exporters until most customers have one. The study
# {cite:p}`hohai2025research` says so: the effect of digital finance on the quality of trade grows once
# the index, investment, or the internet has passed a threshold.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import frame_table
from digitrade.studies.digital_finance.thresholds import chosen_rows, public_rows
from digitrade.studies.digital_finance.twin import simulate_provinces

# %%
printed = load_published("thresholds", study="digital_finance")
frame_table(
    printed[["symbol", "order", "value", "unit", "effect_description"]],
    name="tab-df-thresholds-claim",
    caption="The claim, as a news summary of the study prints it",
    heads={"value": "Printed"},
)

# %% [markdown]
# The model is Hansen's {cite:p}`hansen1999threshold`, with an intercept for every province and, in the
# printed form with two thresholds, three slopes:
#
# ```{math}
# :label: eq-df-thresholds
# \begin{aligned}
# y_{it} = \mu_i &+ \beta_1 x_{it} 1(q_{it} \le \gamma_1)
#   + \beta_2 x_{it} 1(\gamma_1 < q_{it} \le \gamma_2) \\
#   &+ \beta_3 x_{it} 1(q_{it} > \gamma_2) + \theta' z_{it} + e_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $y_{it}$ | outcome of province $i$ in year $t$ | `hdft` on the twin; `ln_trade`, `openness` in public figures |
# | $x_{it}$ | the regressor whose slope changes | `ln_dfi` |
# | $q_{it}$ | the threshold variable | `ln_dfi`, then investment over output, then `internet` |
# | $\gamma_1$, $\gamma_2$ | thresholds, to be estimated | — |
# | $z_{it}$ | controls | the parameter `controls`; none by default, as the study's list is not in our sources |
# | $\mu_i$ | province effects; there are no year effects | `province` |

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2015]
last_year: int = 2021  # last year of the sample [2017..2021]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
outcome: str = "ln_trade"  # outcome in public figures [ln_trade | openness]
controls: list[str] = []  # controls, with one slope for all regimes [control; in order]
time_effects: bool = False  # year effects too, which Hansen's model does not have
trim: float = 0.01  # smallest share of the rows in a regime of the index [0.005..0.15]
grid: int = 0  # quantile steps of the search, 0 for every observed value [0..2000]
split: str = "below"  # where a row at the cut belongs [below | above]
f_divisor: str = "n(T-1)"  # divisor of the residual variance in F [n(T-1) | T(n-1)]
confidence: float = 0.95  # level of sets and intervals [0.5..0.999]
covariance: str = "clustered"  # of slopes [clustered | robust | homoskedastic]
draws: int = 300  # bootstrap draws of each test of the number of thresholds [99..9999]
seed: int = 20250705  # seed of the bootstraps [0..4294967295]
twin_seed: int = 2025  # seed of the twin; only this one is calibrated [0..4294967295]

# %%
chosen = (provinces_excluded, first_year, last_year)
simulated = simulate_provinces(seed=twin_seed).panel
twin, public = chosen_rows(simulated, *chosen), public_rows(*chosen)

# %% [markdown]
# ## Look first: where do the printed cuts lie?
#
# Between two neighbouring values of the threshold variable a cut can be moved without changing anything,
# so programs report an observed value. Each printed cut should be some province in some year. Round the log of the
# public index to the digits that were printed, and look it up.

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row
from digitrade.exhibits.histograms import threshold_histogram
from digitrade.studies.digital_finance.thresholds import (
    highest_regime,
    rows_at_printed_cuts,
    study_panel,
)

# %%
study = study_panel()
matches = rows_at_printed_cuts(study)
first_cut, second_cut = matches["ln_dfi"]

# %%
columns = ["province", "year", "dfi", "ln_dfi"]
frame_table(
    matches[columns].astype({"year": str}),
    name="tab-df-thresholds-matches",
    caption="Province-years whose log index rounds to a printed cut, public figures",
    digits={"dfi": 2, "ln_dfi": 4},
)

# %% [markdown]
# One row each, of {glue:text}`all_rows`: the study's threshold variable is the log of this very index. Now see how much
# lies beyond.

# %%
threshold_histogram(
    study["ln_dfi"],
    {"first printed": first_cut, "second printed": second_cut},
    name="fig-df-thresholds-cuts",
    caption="The log index, a tick for each province-year, and the printed cuts. "
    "Public figures.",
)

# %%
beyond = study[study["ln_dfi"] >= second_cut].sort_values("dfi")
frame_table(
    beyond[columns].astype({"year": str}),
    name="tab-df-thresholds-beyond",
    caption="From the second printed cut up: the whole highest regime, public figures",
    digits={"dfi": 2, "ln_dfi": 4},
    note="The first row is the cut itself, which `<=` counts below and `<` above.",
)

# %%
glue_numbers(**highest_regime(study, second_cut))

# %% [markdown]
# The highest regime holds {glue:text}`strict_rows` of {glue:text}`all_rows` province-years if the
# boundary row belongs below it, as $q \le \gamma$ says, and {glue:text}`loose_rows` if above
# ($q < \gamma$): {glue:text}`strict_provinces` or {glue:text}`loose_provinces` rich eastern provinces,
# none before {glue:text}`first_beyond`. It is usual to keep 5 per cent of the rows in every regime. Here
# that would be {glue:text}`needed` rows, and no cut above {glue:text}`highest:.4f` could be found. On
# these rows, then, the second one takes a search with a smaller *trim*; ours is 1 per cent.
#
# And something else is worth a look: the index rises everywhere, every year.

# %% tags=["full-width"]
cuts = {"first": first_cut, "second": second_cut}
passed = study[["year"]].assign(**{at: study["ln_dfi"] > cuts[at] for at in cuts})
passed = 100 * passed.groupby("year").mean().T
frame_table(
    passed.rename(columns=str).reset_index(),
    name="tab-df-thresholds-years",
    caption="Per cent of the provinces beyond each printed cut, year by year, public figures",
    heads={"index": "Printed cut"},
    digits=0,
)

# %%
share = passed.loc["first"]
nobody, last = share.index[share == 0].max(), share.index.max()
glue_numbers(nobody=nobody, last=last, last_share=share[last])

# %% [markdown]
# Up to {glue:text}`nobody` nobody has passed the first cut; in {glue:text}`last`,
# {glue:text}`last_share:.0f` per cent of the provinces have. A regime of the index is nearly a period of
# the calendar. Keep that in mind: a model without year effects can hardly tell the two apart.
#
# ## The obvious estimate, and what is wrong with it
#
# The obvious things are to add a square, or to split where it looks right, say at the median, and to
# let the slope differ. The coefficient beyond the cut is then the *change* of the slope.

# %%
from digitrade.data.labels import label
from digitrade.exhibits.table import regression_table
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold.results import increment_columns
from digitrade.studies.digital_finance.variables import BASELINE, CONTROLS

# %%
fields = {"regressor": "ln_dfi", "threshold": "ln_dfi"}
eyed = public.assign(**{"ln_dfi[squared]": public["ln_dfi"] ** 2})
eyed = eyed.join(increment_columns(public, **fields, cuts=[public["ln_dfi"].median()]))

# %%
effects = ("province", "year") if time_effects else ("province",)
linear = BASELINE.replace(outcome=outcome, controls=tuple(controls), effects=effects)
bends = [(), ("ln_dfi[squared]",), ("ln_dfi[beyond cut 1]",)]
regression_table(
    [fixed_effects(eyed, linear.replace(controls=(*bend, *controls))) for bend in bends],
    heads=["Linear", "Square", "Split at the median"],
    name="tab-df-thresholds-eye",
    caption=f"{label(outcome)} on the log index, bent by eye, public figures",
)

# %% [markdown]
# Why the median? Nothing says that the slope changes there. And if you try several cuts and report the
# best, the $t$ test beside it no longer means what it says: it was derived for a cut chosen *before*
# looking, and you show the largest of many. How much that matters, the next section can count.
#
# ## A better one: let the data choose, and pay for the choice
#
# Try every observed value as a cut, and take the one with the smallest sum of squared residuals. Every
# regime has to keep a share `trim` of the rows. To test whether there is a threshold at all, compare
# $F$, the relative gain in fit, with what the *same search* finds in data that have none: residual
# histories of whole provinces are drawn at random, added to the straight-line fit, and searched again.

# %%
from scipy import stats

from digitrade.exhibits.thresholds import threshold_table
from digitrade.studies.digital_finance.thresholds import search_thresholds

# %%
choices = {"controls": controls, "time_effects": time_effects, "trim": trim, "grid": grid}
choices |= {"split": split, "f_divisor": f_divisor, "confidence": confidence}
choices |= {"covariance": covariance, "draws": draws, "seed": seed}
single = search_thresholds(public, outcome, **choices)

# %%
threshold_table(
    {label(outcome): single},
    name="tab-df-thresholds-single",
    caption=f"One threshold in the log index, {label(outcome)}, public figures",
)

# %%
ordinary = stats.chi2.ppf(0.95, 1)
alarms = single.bootstrap["f_statistic"] > ordinary
glue_numbers(ordinary=ordinary, false_alarms=100 * alarms.mean())
glue_numbers(critical=single.conventions.critical_value)
found = single.thresholds.iloc[0]
glue_row("cut", found)
glue_numbers(searched=found["crit_5"], f_single=found["f_statistic"])

# %% [markdown]
# In the draws, which have no threshold, {glue:text}`false_alarms:.0f` per cent of the searches come
# back with an $F$ above {glue:text}`ordinary:.2f`, the ordinary 5 per cent critical value. That is what
# choosing the cut by looking does to a test. The right critical value is {glue:text}`searched:.1f`; the
# data have {glue:text}`f_single:.1f`. The bootstrap is justified for many provinces, not for thirty, so
# read its $p$-values as approximate.
#
# ## How well is the cut located?
#
# Fix some other cut $\gamma$, and the fit gets worse. If it gets hardly worse, $\gamma$ might as well be
# the truth. Hansen's likelihood ratio measures the loss,
#
# ```{math}
# :label: eq-df-thresholds-ratio
# \begin{aligned}
# LR(\gamma) &= \frac{S(\gamma) - S(\hat\gamma)}{S(\hat\gamma) / [n(T-1)]}, \\
# C &= \{\gamma : LR(\gamma) \le -2 \ln(1 - \sqrt{1 - \alpha})\},
# \end{aligned}
# ```
#
# with $S$ the sum of squared residuals and $C$ the confidence set. The critical value for $\alpha$ of 5 per cent is
# {glue:text}`critical:.2f`. The set need not be an interval: what is between its ends can be outside.

# %%
from digitrade.exhibits.series import likelihood_ratio_plot

likelihood_ratio_plot(
    single,
    variable="ln_dfi",
    name="fig-df-thresholds-profile",
    caption=f"Likelihood ratio over the cut points, {label(outcome)}. Orange: the "
    "estimate and the confidence set. Public figures.",
)

# %% [markdown]
# The threshold in public trade is {glue:text}`cut:.4f`, its set runs from
# {glue:text}`cut_low:.4f` to {glue:text}`cut_high:.4f`. Two cautions: the critical value is derived for
# errors of equal variance, and for effects that are small; where the slopes differ much, the set is
# wider than it need be. {cite:t}`wang2015fixed` simulates such sets and finds their coverage
# unsatisfactory.
#
# ## One, two, three
#
# A second threshold is searched for with the first one held. But the first was estimated as if there
# were no second, so it is estimated again with the second held {cite:p}`bai1997estimating`. Then a
# third, in the same way. Each is tested against one fewer. We turn to the twin, where two printed
# thresholds were built in.

# %%
import warnings

from digitrade.methods.threshold import SmallRegimeWarning

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", SmallRegimeWarning)
    by_count = {
        title: search_thresholds(twin, "hdft", n_thresholds=count, **choices)
        for count, title in enumerate(("One", "Two", "Three"), start=1)
    }

# %% tags=["full-width"]
threshold_table(
    by_count,
    name="tab-df-thresholds-count",
    caption="One, two and three thresholds in the log index, HDFT on the twin",
)

# %%
_, double, triple = by_count.values()
glue_row("third", triple.thresholds.iloc[2])
glue_row("middle_two", double.coefficients.iloc[1])
glue_row("middle_three", triple.coefficients.iloc[2])

# %% tags=["full-width"]
likelihood_ratio_plot(
    triple,
    variable="ln_dfi",
    name="fig-df-thresholds-three",
    caption="Likelihood ratio of each threshold with the others held. Orange: estimates and "
    "confidence sets. Simulated outcome.",
)

# %% [markdown]
# The two built-in values come back. The third, {glue:text}`third:.4f`, was not built in, and still its
# $p$-value is {glue:text}`third_p:.3f`: without year effects a bend in the nation's path looks like a
# threshold of the index. It does harm, too. The slope
# between the two true cuts was {glue:text}`middle_two:.4f` with two thresholds and is
# {glue:text}`middle_three:.4f` with three; and as earlier cuts are estimated again with it held, a
# spurious threshold can move a true one. Do not keep a third because a program prints it.
#
# ## What a regime of seven rows can bear
#
# Running this, the program said:

# %%
import numpy as np
import pandas as pd

from digitrade.data import published_estimate
from digitrade.exhibits.glue import record
from digitrade.exhibits.intervals import coefficient_plot, regime_slope_plot
from digitrade.exhibits.thresholds import regime_table
from digitrade.methods.estimate import combine
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

# %%
glue_numbers(warned=str(told[0].message) if told else "(nothing: no regime is small)")

# %% [markdown]
# > *SmallRegimeWarning:* {glue:text}`warned`
#
# That is a warning to read, not to switch off. Having read it, we keep it quiet from here on; the tables
# of slopes say how many rows each regime holds.

# %% tags=["full-width"]
warnings.simplefilter("ignore", SmallRegimeWarning)
regime_table(
    double,
    name="tab-df-thresholds-regimes",
    caption="Slopes by regime of the log index, two thresholds, HDFT on the twin",
)

# %%
study_slope = ("digital_finance", "threshold")
between = published_estimate(*study_slope, "1", "ln_dfi:between")
high = published_estimate(*study_slope, "2", "ln_dfi:high")
regime_slope_plot(
    {"HDFT, twin": double},
    twin["ln_dfi"],
    printed={"printed, between": between, "printed, high": high},
    name="fig-df-thresholds-slopes",
    caption="The slope of each regime over the range it holds for, with its "
    "interval. Simulated outcome.",
)

# %% [markdown]
# The interval of the highest regime is about as tight as the others. {glue:text}`strict_rows` rows from
# {glue:text}`strict_provinces` provinces, and we are as sure as with hundreds? A standard error that is
# clustered by province learns the spread of the errors
# from the provinces that *enter* a coefficient; the slope's change at the second cut rests on these few,
# and the $t$ distribution with thirty clusters knows nothing of that {cite:p}`mackinnon2023cluster`. Three
# ways to see it: other covariances, the wild cluster bootstrap, and leaving provinces out. All hold the
# cuts at the printed values, where the model is an ordinary regression on the index and on its value
# beyond each cut.

# %%
printed_cuts = [first_cut, second_cut]
full_twin = simulated.join(increment_columns(simulated, **fields, cuts=printed_cuts))
steps = ("ln_dfi[beyond cut 1]", "ln_dfi[beyond cut 2]")
change = linear.replace(
    outcome="hdft", regressor=steps[1], controls=("ln_dfi", steps[0], *controls)
)

# %%
clustered = fixed_effects(full_twin, change.replace(covariance="clustered"))
robust = fixed_effects(full_twin, change.replace(covariance="robust"))
rng = np.random.default_rng(seed)
wild = wild_cluster_bootstrap(full_twin, change, draws=9999, rng=rng).tidy()

# %%
uncertainty = pd.concat([combine([clustered, robust]), wild])
uncertainty = uncertainty[uncertainty["term"] == change.regressor]
record("change-at-second-cut", uncertainty)
glue_row("change", clustered.main)
glue_row("wild", wild.iloc[0])
glue_numbers(jump=clustered.main["estimate"] * second_cut)

# %%
figures = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
frame_table(
    uncertainty[["covariance", *figures]],
    name="tab-df-thresholds-uncertainty",
    caption="The change at the second printed cut, three ways to be unsure of it, twin",
    heads={"estimate": "Change"},
    digits=dict.fromkeys(figures, 4) | {"p_value": 3},
    note="The bootstrap has no standard error; its interval holds the null values that "
    "it does not reject.",
)

# %%
few = study.loc[study["ln_dfi"] > second_cut, "province"].unique()
leaving_out = {
    f"without {name}": fixed_effects(full_twin[full_twin["province"] != name], change)
    for name in sorted(few)
}
changes = combine({"all provinces": clustered} | leaving_out)
changes = changes[changes["term"] == change.regressor]
least, *_, most = sorted(changes["estimate"].iloc[1:])
glue_numbers(least=least, most=most)

# %%
coefficient_plot(
    changes,
    name="fig-df-thresholds-left-out",
    caption="The slope's change at the second printed cut, leaving out one province of "
    "the highest regime at a time; clustered by province. Simulated outcome.",
    reference=high - between,
)

# %% [markdown]
# The clustered standard error is {glue:text}`change_se:.4f`, which makes a $t$ of
# {glue:text}`change_t:.1f`. The bootstrap has a $p$-value of {glue:text}`wild_p:.3f` and an interval
# from {glue:text}`wild_low:.4f` to {glue:text}`wild_high:.4f`; with so few provinces on one side it too
# is on thin ice. Leaving out one province moves the estimate between {glue:text}`least:.4f` and
# {glue:text}`most:.4f`, which is little, but on the twin the effect *is* there, for all provinces alike.
# With other data no test helps if the few have something else in common. So state what the rows can
# bear: *a few rich provinces had, in the last years, more than the line predicts.* That is a
# description. It is no law that any province will meet at 410 index points.
#
# ## A slope, or a step?
#
# Equation {eq}`eq-df-thresholds` has no intercepts for regimes. At the second cut the slope changes by
# {glue:text}`change:.4f`, and since the lines of all regimes meet where the log index is zero, far to the
# left, the fitted outcome jumps on the spot by $(\beta_3 - \beta_2) \gamma_2$, that is
# {glue:text}`jump:.3f`. Beyond the cut the log index moves by a tenth only. In a regime so narrow, a
# higher slope and a higher level are the same thing. And as the place of the zero decides how the two
# are mixed, the slopes depend on the *unit* of the index. Divide it by 100, which a slope on a log
# should shrug off, and see.

# %%
rescaled = twin.assign(ln_dfi_100=np.log(twin["dfi"] / 100))
units = {
    unit: search_thresholds(
        rescaled, "hdft", n_thresholds=2, regime_dependent=column, **choices
    )
    for unit, column in {"Index": "ln_dfi", "Index / 100": "ln_dfi_100"}.items()
}

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import conventions_table

conventions_table(
    units,
    name="tab-df-thresholds-units",
    caption="The unit of the index changes the slopes, same rows, HDFT on the twin",
)

# %% [markdown]
# The rows are split in the same way, the fit is about the same, and the slopes are other numbers with
# other ratios. Statements such as "the effect doubles" are statements about the unit. What does not
# depend on it, nor on the origin, is a model in which regimes have intercepts as well, or one whose
# line bends without a jump; the exercises try the second.
#
# ## Year effects: two different questions
#
# The printed slopes are far below the study's own two-way coefficient. That is no contradiction. With
# province effects only, a slope compares a province's years with each other; with year effects too, it
# compares provinces within a year. The first is a weighted mean of the second and of the nation's
# year-to-year path, and the weights are the parts of the log index's variation.

# %%
from digitrade.methods.decompositions import by_comparison

comparisons = {"HDFT, twin": by_comparison(twin, linear.replace(outcome="hdft"))}
for name in ("ln_trade", "openness"):
    own = by_comparison(public, linear.replace(outcome=name))
    comparisons[f"{label(name)}, public"] = own

# %%
frame_table(
    pd.concat(comparisons, names=["source"]).reset_index("source"),
    name="tab-df-thresholds-comparisons",
    caption="One slope, no threshold: what province effects alone compare",
    heads={"source": "Outcome", "contribution": "Weight × slope"},
    digits=4,
    note="Within years: the two-way slope. Both: the slope with province effects only, "
    "which is exactly the sum of the two contributions.",
)

# %%
slopes = comparisons["HDFT, twin"]["slope"]
glue_numbers(**dict(zip(("inside", "national", "both"), slopes, strict=True)))
glue_numbers(weight=100 * comparisons["HDFT, twin"]["weight"].iloc[0])
two_way = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
glue_numbers(two_way=two_way, between=between, high=high)

# %% [markdown]
# On the twin, {glue:text}`weight:.1f` per cent of the weight falls on the comparison within years and
# its slope of {glue:text}`inside:.4f`. The rest falls on the nation's path, {glue:text}`national:.4f`.
# Together: {glue:text}`both:.4f`. So a slope of {glue:text}`between:.4f` or {glue:text}`high:.4f` without
# year effects can stand beside {glue:text}`two_way:.4f` with them in one data set; in such data quality
# creeps up nationally while the index soars. It is not a smaller effect of digital finance. It answers
# another question.
#
# Nor does the bootstrap repair this. It draws each province's history by itself, as if thirty provinces
# had thirty independent years. A shock that hits them all in one year, and with it the calendar that we
# saw in {numref}`tab-df-thresholds-years`, it does not know. Put the year effects in, at the same cuts.

# %%
variants = {
    " and ".join(kept).capitalize() + (", controls" if held else ""): BASELINE.replace(
        outcome="hdft", controls=(*steps, *held), effects=kept
    )
    for kept in (("province",), ("province", "year"))
    for held in ((), CONTROLS)
}

# %% tags=["full-width"]
regression_table(
    [fixed_effects(full_twin, variant) for variant in variants.values()],
    heads=list(variants),
    name="tab-df-thresholds-year-effects",
    caption="Slope of the log index and its changes at the printed cuts, HDFT on the twin",
    digits=4,
)

# %%
full_public = study.dropna(subset=["ln_trade"])
full_public = full_public.join(increment_columns(full_public, **fields, cuts=printed_cuts))
on_public = {
    name: [
        fixed_effects(full_public, variant.replace(outcome=name))
        for variant in variants.values()
    ]
    for name in ("ln_trade", "openness")
}

# %% tags=["full-width"]
regression_table(
    on_public[outcome],
    heads=list(variants),
    name="tab-df-thresholds-year-effects-public",
    caption=f"The same for {label(outcome)}, public figures",
    digits=4,
)

# %%
at_first = pd.DataFrame(
    {name: [fit[steps[0]]["estimate"] for fit in on_public[name]] for name in on_public}
)
lowest, highest = at_first.min(), at_first.max()
glue_numbers(smallest=lowest["ln_trade"], largest=highest["ln_trade"])
glue_numbers(open_smallest=lowest["openness"], open_largest=highest["openness"])
final = on_public["ln_trade"][-1][steps[0]]
glue_row("final", final)
glue_numbers(final_jump=100 * np.expm1(final["estimate"] * first_cut))

# %% [markdown]
# On the twin, which has the cuts built in, both changes survive; only the slope they start from is
# another. Public log trade has something at the first printed cut: a change between
# {glue:text}`smallest:.3f` and {glue:text}`largest:.3f` in all four columns, and with year effects and
# controls still {glue:text}`final:.3f` ({glue:text}`final_se:.3f`). That speaks for the study, and
# against our doubt about the calendar. But read it as the last section taught: a change of the slope by
# that much at this cut is a *jump*, by {glue:text}`final_jump:.0f` per cent of its trade, for a province
# that passes it. It is hard to see how payment apps do that within a year; provinces that pass the cut
# early may have been growing their trade anyway, and this regression cannot tell. At the second cut
# there is nothing, and in openness the change at the first has no stable sign ({glue:text}`open_smallest:.3f` to
# {glue:text}`open_largest:.3f`).

# %% [markdown]
# ## What we learned, and what we did not
#
# The printed index thresholds are two province-years of the public index. On a twin that has such
# thresholds, the method finds them. Public log trade changes at the first printed cut, with year
# effects and controls too, and does nothing at the second; for openness neither has a stable sign.
#
# We did not learn that digital finance has increasing returns. Three things stand between the printed
# slopes and that sentence. The highest regime is a handful of rich province-years. The regimes of the
# index are nearly periods of the calendar, and the model has no year effects. And slope and level cannot
# be told apart in a regime a tenth of a log point wide. A referee would ask for year effects, for
# intercepts by regime, and for the rows beyond each cut by name.
#
# {ref}`The next page <ch-df-thresholds-compared>` lets other variables switch, asks what "about
# doubling" means, and sets what was printed beside the twin and the public figures.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Year effects in the search
# :label: ex-df-thresholds-years
# Search for two thresholds on the twin with year effects. Which cut is found first now, and what
# happens to the slopes? Predict with the arithmetic of the chapter.
# ```
#
# ```{solution-start} ex-df-thresholds-years
# :class: dropdown
# ```
#
# The slopes rise towards the two-way one, since the nation's path is gone. The cuts stay: regimes differ
# within years as well, and in the twin they truly do.

# %%
with_years = search_thresholds(
    twin, "hdft", n_thresholds=2, **choices | {"time_effects": True}
)
with_years.thresholds.round(4), with_years.coefficients.round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A line that bends without a jump
# :label: ex-df-thresholds-kink
# Let the slope change at the second printed cut without a step in the level: regress on the log index
# and on its *excess* over the cut. Does the change of the slope survive on the twin?
# ```
#
# ```{solution-start} ex-df-thresholds-kink
# :class: dropdown
# ```
#
# It survives, at a size that nobody would print: the excess is at most a tenth of a log point, so the
# slope over it has to do all that the step did. This slope does not depend on the unit. That two such
# different numbers describe the same rows shows how little the rows say about a slope.

# %%
kinked = simulated.assign(
    excess=(simulated["ln_dfi"] - second_cut).clip(lower=0),
    first_excess=(simulated["ln_dfi"] - first_cut).clip(lower=0),
)
kink = change.replace(regressor="excess", controls=("ln_dfi", "first_excess", *controls))
fixed_effects(kinked, kink).tidy().head(3).round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Twenty honest draws
# :label: ex-df-thresholds-draws
# The default twin's noise is re-centred so that it meets what was printed; other seeds are honest draws.
# How often does a search for two thresholds find the two that were built in?
# ```
#
# ```{solution-start} ex-df-thresholds-draws
# :class: dropdown
# ```
#
# Count the draws by what was found, smallest cut first. Nearly all find the pair, because the twin's
# noise is small beside its steps. That is a property of the twin; real outcomes promise nothing.

# %%
quick = choices | {"draws": 0, "seed": 0, "n_thresholds": 2}
twins = (simulate_provinces(seed=draw).panel for draw in range(20))
found = [search_thresholds(drawn, "hdft", **quick).thresholds for drawn in twins]
pd.Series([tuple(sorted(row["estimate"].round(4))) for row in found]).value_counts()

# %% [markdown]
# ```{solution-end}
# ```
