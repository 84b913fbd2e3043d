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
# {ref}`the baseline chapter <ch-df-baseline>`. **It runs** in about twenty seconds.
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
from digitrade.data import load_provinces, load_published, published_estimate
from digitrade.exhibits.table import frame_table

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
provinces_excluded: list[str] = ["Tibet"]  # provinces left out, as in the study [province]
outcome: str = "ln_trade"  # outcome in public figures [ln_trade | openness]
controls: list[str] = []  # controls, with one slope for all regimes [control]
time_effects: bool = False  # year effects too, which Hansen's model does not have
trim: float = 0.01  # smallest share of the rows in a regime of the index [0.005..0.15]
trim_switches: float = 0.05  # the same for investment and internet [0.005..0.15]
grid: int = 0  # quantile steps of the search, 0 for every observed value [0..2000]
split: str = "below"  # where a row at the cut belongs [below | above]
f_divisor: str = "n(T-1)"  # divisor of the residual variance in F [n(T-1) | T(n-1)]
confidence: float = 0.95  # level of sets and intervals [0.5..0.999]
covariance: str = "clustered"  # of slopes [clustered | robust | homoskedastic]
draws: int = 300  # bootstrap draws of each test of the number of thresholds [99..9999]
seed: int = 20250705  # seed of the bootstraps [0..4294967295]
twin_seed: int = 2025  # seed of the twin; only this one is calibrated [0..4294967295]

# %%
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.twin import simulate_provinces
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

sample = without_provinces(Sample.of(load_provinces()), provinces_excluded)
sample = years_between(sample, first_year, last_year)
public = build_province_panel(sample.panel).dropna(subset=["openness", "ln_trade"])

# %%
simulated = simulate_provinces(seed=twin_seed)
left_out = set(provinces_excluded) & set(simulated.panel["province"])
twin = without_provinces(Sample.of(simulated.panel), left_out)
twin = years_between(twin, first_year, last_year).panel

# %% [markdown]
# ## Look first: where do the printed cuts lie?
#
# Between two neighbouring values of the threshold variable a cut can be moved without changing anything,
# so programs report an observed value. Each printed cut should be some province in some year. Round the log of the
# public index to the digits that were printed, and look it up.

# %%
study = without_provinces(Sample.of(load_provinces()), ["Tibet"])
study = build_province_panel(study.panel)
index_cuts = printed.loc[printed["symbol"] == "ln_dfi", "value"].astype(float)
matches = study[study["ln_dfi"].round(4).isin(index_cuts)].sort_values("dfi")
first_cut, second_cut = matches["ln_dfi"]

# %%
frame_table(
    matches[["province", "year", "dfi", "ln_dfi"]].astype({"year": str}),
    name="tab-df-thresholds-matches",
    caption="Province-years whose log index rounds to a printed cut, public figures",
    digits={"dfi": 2, "ln_dfi": 4},
)

# %% [markdown]
# One row each, of {glue:text}`all_rows`: the study's threshold variable is the log of this very index. Now see how much
# lies beyond.

# %%
from digitrade.exhibits.histograms import threshold_histogram

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
    beyond[["province", "year", "dfi", "ln_dfi"]].astype({"year": str}),
    name="tab-df-thresholds-beyond",
    caption="From the second printed cut up: the whole highest regime, public figures",
    digits={"dfi": 2, "ln_dfi": 4},
    note="The first row is the cut itself, which `<=` counts below and `<` above.",
)

# %% tags=["hide-input"]
import math

from digitrade.exhibits.glue import glue_numbers

above = beyond[beyond["ln_dfi"] > second_cut]
needed = math.ceil(0.05 * len(study))
glue_numbers(
    strict_rows=len(above),
    strict_provinces=above["province"].nunique(),
    loose_rows=len(beyond),
    loose_provinces=beyond["province"].nunique(),
    all_rows=len(study),
    needed=needed,
    highest=study["ln_dfi"].nlargest(needed + 1).iloc[-1],
    first_beyond=int(beyond["year"].min()),
)

# %% [markdown]
# The highest regime holds {glue:text}`strict_rows` of {glue:text}`all_rows` province-years if the
# boundary row belongs below it, as $q \le \gamma$ says, and {glue:text}`loose_rows` if above
# ($q < \gamma$): {glue:text}`strict_provinces` or {glue:text}`loose_provinces` rich eastern provinces,
# none before {glue:text}`first_beyond`. It is usual to keep 5 per cent of the rows in every regime. Here
# that would be {glue:text}`needed` rows, and no cut above {glue:text}`highest:.4f` could be found. On
# these rows, then, the second one takes a search with a smaller *trim*; ours is 1 per cent.
#
# And something else is worth a look: the index rises everywhere, every year.

# %%
passed = study.assign(
    first=100 * (study["ln_dfi"] > first_cut), second=100 * (study["ln_dfi"] > second_cut)
)
passed = passed.groupby("year")[["first", "second"]].mean().T.rename(columns=str)

# %% tags=["full-width"]
frame_table(
    passed.reset_index(),
    name="tab-df-thresholds-years",
    caption="Per cent of the provinces beyond each printed cut, year by year, public figures",
    heads={"index": "Printed cut"},
    digits=0,
)

# %% tags=["hide-input"]
glue_numbers(
    nobody=int(passed.columns[(passed.loc["first"] == 0)].max()),
    last_share=passed.loc["first"].iloc[-1],
    last=int(passed.columns[-1]),
)

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
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold.results import increment_columns

fields = {"regressor": "ln_dfi", "threshold": "ln_dfi"}
median = public["ln_dfi"].median()
eyed = public.join(increment_columns(public, **fields, cuts=[median]))
eyed["ln_dfi[squared]"] = eyed["ln_dfi"] ** 2

# %%
from digitrade.exhibits.table import regression_table

effects = ("province", "year") if time_effects else ("province",)
linear = BASELINE.replace(outcome=outcome, controls=tuple(controls), effects=effects)
by_eye = [
    fixed_effects(eyed, linear.replace(controls=(*extra, *controls)))
    for extra in ((), ("ln_dfi[squared]",), ("ln_dfi[beyond cut 1]",))
]
regression_table(
    by_eye,
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
import numpy as np

from digitrade.methods.threshold import panel_threshold

options = {
    "regime_dependent": "ln_dfi",
    "threshold": "ln_dfi",
    "controls": controls,
    "entity": "province",
    "time": "year",
    "time_effects": time_effects,
    "trim": trim,
    "grid": grid or None,
    "split": {"below": "<=", "above": "<"}[split],
    "f_divisor": f_divisor,
    "confidence": confidence,
    "covariance": covariance,
    "draws": draws,
}
single = panel_threshold(
    public, outcome=outcome, **options, rng=np.random.default_rng(seed)
)

# %%
from digitrade.exhibits.thresholds import threshold_table

threshold_table(
    {label(outcome): single},
    name="tab-df-thresholds-single",
    caption=f"One threshold in the log index, {label(outcome)}, public figures",
)

# %% tags=["hide-input"]
from scipy import stats

ordinary = stats.chi2.ppf(0.95, 1)
found = single.thresholds.iloc[0]
glue_numbers(
    ordinary=ordinary,
    searched=found["crit_5"],
    false_alarms=100 * (single.bootstrap["f_statistic"] > ordinary).mean(),
    cut_points=single.conventions.n_candidates,
    f_single=found["f_statistic"],
    gamma_single=found["estimate"],
    set_low=found["conf_low"],
    set_high=found["conf_high"],
    critical=single.conventions.critical_value,
)

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
# The threshold in public trade is {glue:text}`gamma_single:.4f`, its set runs from
# {glue:text}`set_low:.4f` to {glue:text}`set_high:.4f`. Two cautions: the critical value is derived for
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

on_twin = options | {"outcome": "hdft"}
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", SmallRegimeWarning)
    by_count = [
        panel_threshold(
            twin, **on_twin, n_thresholds=count, rng=np.random.default_rng(seed)
        )
        for count in (1, 2, 3)
    ]

# %% tags=["full-width"]
threshold_table(
    dict(zip(("One", "Two", "Three"), by_count, strict=True)),
    name="tab-df-thresholds-count",
    caption="One, two and three thresholds in the log index, HDFT on the twin",
)

# %% tags=["hide-input"]
_, double, triple = by_count
third = triple.thresholds.iloc[2]
glue_numbers(
    third=third["estimate"],
    third_p=third["p_value"],
    middle_two=double.coefficients["estimate"].iloc[1],
    middle_three=triple.coefficients["estimate"].iloc[2],
)

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

# %% tags=["hide-input"]
glue_numbers(warned=str(told[0].message) if told else "(nothing: no regime is small)")

# %% [markdown]
# > *SmallRegimeWarning:* {glue:text}`warned`
#
# That is a warning to read, not to switch off. Having read it, we keep it quiet from here on; the tables
# of slopes say how many rows each regime holds.

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import regime_table

warnings.simplefilter("ignore", SmallRegimeWarning)
regime_table(
    double,
    name="tab-df-thresholds-regimes",
    caption="Slopes by regime of the log index, two thresholds, HDFT on the twin",
)

# %%
from digitrade.exhibits.intervals import regime_slope_plot

slopes = {
    place: published_estimate("digital_finance", "threshold", column, f"ln_dfi:{place}")
    for column, place in (("1", "between"), ("2", "high"))
}
regime_slope_plot(
    {"HDFT, twin": double},
    twin["ln_dfi"],
    printed={f"printed, {place}": value for place, value in slopes.items()},
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
import pandas as pd

from digitrade.methods.estimate import combine
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

printed_cuts = [first_cut, second_cut]
full_twin = simulated.panel.join(
    increment_columns(simulated.panel, **fields, cuts=printed_cuts)
)
change = linear.replace(
    outcome="hdft",
    regressor="ln_dfi[beyond cut 2]",
    controls=("ln_dfi", "ln_dfi[beyond cut 1]", *controls),
)

# %%
clustered, robust = (
    fixed_effects(full_twin, change.replace(covariance=kind))
    for kind in ("clustered", "robust")
)
wild = wild_cluster_bootstrap(
    full_twin, change, draws=9999, rng=np.random.default_rng(seed)
)
uncertainty = pd.concat([combine([clustered, robust]), wild.tidy()])
uncertainty = uncertainty[uncertainty["term"] == change.regressor]

# %%
frame_table(
    uncertainty[
        ["covariance", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    ],
    name="tab-df-thresholds-uncertainty",
    caption="The change at the second printed cut, three ways to be unsure of it, twin",
    heads={"estimate": "Change"},
    digits=dict.fromkeys(["estimate", "std_error", "conf_low", "conf_high"], 4),
    note="The bootstrap has no standard error; its interval holds the null values that "
    "it does not reject.",
)

# %%
from digitrade.exhibits.intervals import coefficient_plot

leaving_out = {
    f"without {name}": fixed_effects(full_twin[full_twin["province"] != name], change)
    for name in sorted(above["province"].unique())
}
changes = combine({"all provinces": clustered} | leaving_out)
coefficient_plot(
    changes[changes["term"] == change.regressor],
    name="fig-df-thresholds-left-out",
    caption="The slope's change at the second printed cut, leaving out one province of "
    "the highest regime at a time; clustered by province. Simulated outcome.",
    reference=slopes["high"] - slopes["between"],
)

# %% tags=["hide-input"]
glue_numbers(
    t_clustered=clustered.main.statistic,
    p_wild=wild.p_value,
    wild_low=wild.conf_low,
    wild_high=wild.conf_high,
    change=clustered.main.estimate,
    least=min(one.main.estimate for one in leaving_out.values()),
    most=max(one.main.estimate for one in leaving_out.values()),
    se_clustered=clustered.main.std_error,
    jump=clustered.main.estimate * second_cut,
)

# %% [markdown]
# The clustered standard error is {glue:text}`se_clustered:.4f`, which makes a $t$ of
# {glue:text}`t_clustered:.1f`. The bootstrap has a $p$-value of {glue:text}`p_wild:.3f` and an interval
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
    unit: panel_threshold(
        rescaled,
        **on_twin | {"regime_dependent": column, "n_thresholds": 2},
        rng=np.random.default_rng(seed),
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

comparisons = {
    "HDFT, twin": by_comparison(twin, linear.replace(outcome="hdft")),
    **{
        f"{label(name)}, public": by_comparison(public, linear.replace(outcome=name))
        for name in ("ln_trade", "openness")
    },
}
stacked = pd.concat(comparisons, names=["source"]).reset_index("source")

# %%
frame_table(
    stacked,
    name="tab-df-thresholds-comparisons",
    caption="One slope, no threshold: what province effects alone compare",
    heads={"source": "Outcome", "contribution": "Weight × slope"},
    digits=4,
    note="Within years: the two-way slope. Both: the slope with province effects only, "
    "which is exactly the sum of the two contributions.",
)

# %% tags=["hide-input"]
arithmetic = comparisons["HDFT, twin"].set_index("comparison")
glue_numbers(
    weight=100 * arithmetic.loc["within years", "weight"],
    inside=arithmetic.loc["within years", "slope"],
    national=arithmetic.loc["from year to year", "slope"],
    both=arithmetic.loc["both", "slope"],
    two_way=published_estimate("digital_finance", "baseline", "1", "ln_dfi"),
    between=slopes["between"],
    high=slopes["high"],
)

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
from digitrade.studies.digital_finance.variables import CONTROLS

cuts_and = ("ln_dfi[beyond cut 1]", "ln_dfi[beyond cut 2]")
variants = {
    " and ".join(kept).capitalize() + (", controls" if held else ""): BASELINE.replace(
        outcome="hdft", controls=(*cuts_and, *held), effects=kept
    )
    for kept in (("province",), ("province", "year"))
    for held in ((), CONTROLS)
}

# %% tags=["full-width"]
regression_table(
    [fixed_effects(full_twin, one) for one in variants.values()],
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
        fixed_effects(full_public, one.replace(outcome=name)) for one in variants.values()
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

# %% tags=["hide-input"]
steps = {name: [one[cuts_and[0]].estimate for one in on_public[name]] for name in on_public}
final = on_public["ln_trade"][-1][cuts_and[0]]
glue_numbers(
    smallest=min(steps["ln_trade"]),
    largest=max(steps["ln_trade"]),
    final=final.estimate,
    final_se=final.std_error,
    final_jump=100 * (math.exp(final.estimate * first_cut) - 1),
    open_smallest=min(steps["openness"]),
    open_largest=max(steps["openness"]),
)

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
#
# ## The other two switches
#
# The same search with investment over output, and then internet penetration, as the variable that
# switches. The slope that changes is still that of the index. The printed cuts leave enough rows on
# either side for the usual trim of 5 per cent.

# %%
switching = {"trim": trim_switches}
switches = {
    name: panel_threshold(
        twin, **on_twin | switching | {"threshold": name}, rng=np.random.default_rng(seed)
    )
    for name in ("fai_gdp", "internet")
}

# %%
invested = public.dropna(subset=["investment_share"])
investing = options | switching | {"threshold": "investment_share"}
on_investment = {
    name: panel_threshold(
        invested, outcome=name, **investing, rng=np.random.default_rng(seed)
    )
    for name in ("openness", "ln_trade")
}

# %%
less_trimmed, with_year_effects = (
    panel_threshold(
        invested,
        outcome="openness",
        **investing | change,
        rng=np.random.default_rng(seed),
    )
    for change in ({"trim": trim}, {"time_effects": True})
)

# %% tags=["full-width"]
threshold_table(
    {
        "Investment over output, HDFT, twin": switches["fai_gdp"],
        "Internet penetration, HDFT, twin": switches["internet"],
        "Investment over output, ln trade, public": on_investment["ln_trade"],
        "Investment over output, openness, public": on_investment["openness"],
        "the same with year effects": with_year_effects,
        "the same with the trim of the index": less_trimmed,
    },
    name="tab-df-thresholds-switches",
    caption="One threshold in investment over output, or in internet penetration",
    note="Public investment ends in 2017; internet penetration is not shipped.",
)

# %% tags=["hide-input"]
wall = on_investment["openness"]
low_cut = wall.thresholds["estimate"].item()
low_side = invested[invested["investment_share"] <= low_cut]
cities = sorted(low_side["province"].unique())
shares = invested[invested["province"].isin(cities)].sort_values("year")
falls = shares.groupby("province")["openness"].agg(["first", "last"])
glue_numbers(
    low_cut=low_cut,
    low_rows=len(low_side),
    least_rows=wall.conventions.min_rows,
    cities=" and ".join(cities),
    smallest_fall=100 * (falls["first"] - falls["last"]).min(),
    fai_printed=float(printed.set_index("symbol").loc["fai_gdp", "value"]),
    lower_still=less_trimmed.thresholds["estimate"].item(),
    p_investment=switches["fai_gdp"].thresholds["p_value"].item(),
    p_internet=switches["internet"].thresholds["p_value"].item(),
)

# %% [markdown]
# In public figures openness has a cut at {glue:text}`low_cut:.4f`, a hair from the printed
# {glue:text}`fai_printed:.4f`. Before you are impressed, see who lies below it:
# {glue:text}`low_rows` rows of {glue:text}`cities`, two cities whose trade over output fell by
# {glue:text}`smallest_fall:.0f` percentage points or more over these years. And {glue:text}`least_rows` rows are
# the fewest that the trim allows. The estimate stands with its back to the wall; with a smaller trim it
# moves on to {glue:text}`lower_still:.4f`. What this threshold finds is two cities, whatever made their
# trade different, and not an investment climate.
#
# ## "About doubling": a ratio needs an interval
#
# One slope with three stars and another with none do not make a doubling, and neither do two with
# three. Compare them: the difference, with the covariance of the two slopes, and their ratio. The
# interval of a ratio is best read off the question it answers: which multiples $r$ does a test of
# $\beta_2 = r \beta_1$ not reject {cite:p}`fieller1954some`?

# %%
from digitrade.exhibits.thresholds import contrast_table
from digitrade.methods.threshold.results import slope_contrasts

compared = {
    "Index, HDFT, twin": double,
    "Investment over output, HDFT, twin": switches["fai_gdp"],
    "Internet penetration, HDFT, twin": switches["internet"],
    "Index, ln trade, public": single,
    "Investment over output, openness, public": on_investment["openness"],
    "the same with year effects": with_year_effects,
}
contrasts = {title: slope_contrasts(fit) for title, fit in compared.items()}

# %% tags=["full-width"]
contrast_table(
    contrasts,
    name="tab-df-thresholds-ratios",
    caption="Slopes of neighbouring regimes compared",
    note=f"Thresholds taken as known, covariance of the slopes {covariance}.",
)

# %% tags=["hide-input"]
investment_change = contrasts["Investment over output, HDFT, twin"].iloc[0]
year_ratio = contrasts["the same with year effects"].iloc[1]
glue_numbers(
    t_investment=investment_change["statistic"],
    year_ratio=year_ratio["estimate"],
    year_ratio_low=year_ratio["conf_low"],
    year_ratio_high=year_ratio["conf_high"],
)

# %% [markdown]
# Three lessons. First, a difference can be sharp and the ratio wide open: where the lower slope cannot
# be told from zero, no multiple is excluded, and "doubles" and "rises tenfold" are the same finding.
# Public openness with year effects has a ratio of {glue:text}`year_ratio:.2f`, which one could print as
# "nearly doubles"; its interval runs from {glue:text}`year_ratio_low:.1f` to
# {glue:text}`year_ratio_high:.1f`. Second, all these ratios change with the unit of the index.
#
# Third, compare with {numref}`tab-df-thresholds-switches`. On the twin the change of the slope at the investment
# cut has a $t$ of {glue:text}`t_investment:.1f`, while the $p$-value of its $F$ is
# {glue:text}`p_investment:.2f` (internet: {glue:text}`p_internet:.2f`). Both thresholds are true, and
# rightly located. But the $t$ test takes the cut as given; the $F$ test knows that it was searched for,
# in data where whole histories wander, since one switch leaves the other cuts and the nation's path in
# the residuals. Such histories yield large $F$ without any threshold. A threshold can be there, be found,
# and not be provable. If you report the stars of the slopes, report the test of the threshold beside them.
#
# ## Conventions
#
# Programs for this model differ. Hansen's text puts a row at the cut below it, divides by $n(T-1)$ and
# searches 400 quantiles; Stata's `xthreg` {cite:p}`wang2015fixed` divides by $T(n-1)$; the GAUSS
# program and R's `pdR` put the row at the cut above. None is wrong; not saying which is.

# %%
changes = {
    "This chapter": {},
    "Row at the cut above it": {"split": "<"},
    "F with T(n−1)": {"f_divisor": "T(n-1)"},
    "400 quantiles": {"grid": 400},
    "100 quantiles": {"grid": 100},
    "Trim 5 %": {"trim": 0.05},
}
by_convention = {
    title: panel_threshold(
        twin,
        **on_twin | {"n_thresholds": 2} | change,
        rng=np.random.default_rng(seed),
    )
    for title, change in changes.items()
}

# %% tags=["full-width"]
conventions_table(
    by_convention,
    name="tab-df-thresholds-conventions",
    caption="What each convention changes, two thresholds in the log index, HDFT on the twin",
)

# %% [markdown]
# With `<` the rows fall into the same regimes, but the cut is named after the next province-year up. So
# a printed threshold says which rows it separates only together with its inequality: at the printed
# second cut, {glue:text}`strict_rows` rows or {glue:text}`loose_rows`. The divisor scales $F$, its
# critical values and the likelihood ratio, so it moves no $p$-value and the sets a little. On a panel
# this small, 400 quantiles are every value; 100 are not, and miss a cut by a row. A trim of 5 per cent
# cannot reach the second cut, and the search does not say so: it returns another one in its place.
#
# ## Printed, twin, public figures

# %%
two_public = {
    name: panel_threshold(
        public,
        outcome=name,
        **options | {"n_thresholds": 2},
        rng=np.random.default_rng(seed),
    )
    for name in ("openness", "ln_trade")
}

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import threshold_exhibit

threshold_exhibit(
    printed,
    {"Twin: HDFT": {"ln_dfi": double, **switches}}
    | {
        f"Public: {label(name)}": {"ln_dfi": fit, "fai_gdp": on_investment[name]}
        for name, fit in two_public.items()
    },
    name="tab-df-thresholds-exhibit",
    caption="Thresholds, printed, on the twin and in public figures",
    note="Public investment over output ends in 2017.",
)

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import slope_exhibit

slope_exhibit(
    ("", *(f"{slopes[place]:.4f}" for place in ("between", "high"))),
    {"Twin: HDFT": double}
    | {f"Public: {label(name)}": fit for name, fit in two_public.items()},
    name="tab-df-thresholds-exhibit-slopes",
    caption="Slopes by regime of the log index, each source at its own two cuts",
)

# %% tags=["hide-input"]
from digitrade.exhibits.glue import record
from digitrade.methods.threshold.results import tidy

record("twin", tidy({"Index": double} | switches, outcome="hdft"))
for name in two_public:
    kept = {"Index": two_public[name], "Investment over output": on_investment[name]}
    record(f"public-{name}", tidy(kept, outcome=name))
record("change-at-second-cut", uncertainty)

# %% [markdown]
# ## What we learned, and what we did not
#
# The printed index thresholds are two province-years of the public index. On a twin that has such
# thresholds, the method finds them, though not every test accepts them. In public figures the estimated
# cuts differ between outcomes. Log trade changes at the first printed cut, with year effects and controls
# too, and does nothing at the second; for openness neither has a stable sign. Openness has a cut next to
# the printed one of investment, which sets two cities apart.
#
# We did not learn that digital finance has increasing returns. Three things stand between the printed
# slopes and that sentence. The highest regime is a handful of rich province-years. The regimes of the
# index are nearly periods of the calendar, and the model has no year effects. And slope and level cannot
# be told apart in a regime a tenth of a log point wide. A referee would ask for year effects, for
# intercepts by regime, for the rows beyond each cut by name, and for an interval around "doubling".
#
# ## How fast?
#
# Every search here passes once over the sorted rows instead of running a regression at every cut, and
# the bootstrap is matrix work. `python benchmarks/threshold.py` measures it against the slow way on
# your machine.
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
with_years = panel_threshold(
    twin,
    **on_twin | {"n_thresholds": 2, "time_effects": True},
    rng=np.random.default_rng(seed),
)
with_years.thresholds.round(4), with_years.coefficients.round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Six rows, seven or more
# :label: ex-df-thresholds-inequality
# Count the rows beyond the second cut in three ways: `>` the exact value, `>=` the exact value, and `>`
# the *printed* value. Why is the third not the first?
# ```
#
# ```{solution-start} ex-df-thresholds-inequality
# :class: dropdown
# ```
#
# The printed value is rounded down, so the very province-year that defines the cut lies beyond it. Use
# thresholds at full precision, or compare rounded with rounded.

# %%
{
    "> exact": int((study["ln_dfi"] > second_cut).sum()),
    ">= exact": int((study["ln_dfi"] >= second_cut).sum()),
    "> printed": int((study["ln_dfi"] > index_cuts.max()).sum()),
}

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Move the trim
# :label: ex-df-thresholds-trim
# Search for two thresholds in public trade with trims of 1, 5 and 10 per cent. Which cuts stay?
# ```
#
# ```{solution-start} ex-df-thresholds-trim
# :class: dropdown
# ```
#
# One cut stays under all trims; the other moves each time, and its test never accepts it. A cut that only
# a small trim can reach separates few rows.

# %%
trimmed = {
    share: panel_threshold(
        public,
        outcome=outcome,
        **options | {"n_thresholds": 2, "trim": share},
        rng=np.random.default_rng(seed),
    )
    for share in (0.01, 0.05, 0.10)
}
pd.concat({share: fit.thresholds.round(3) for share, fit in trimmed.items()})

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
kinked = simulated.panel.assign(
    excess=(simulated.panel["ln_dfi"] - second_cut).clip(lower=0),
    first_excess=(simulated.panel["ln_dfi"] - first_cut).clip(lower=0),
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
quick = on_twin | {"n_thresholds": 2, "draws": 0}
drawn = [
    panel_threshold(
        simulate_provinces(seed=one).panel, **quick, rng=np.random.default_rng(0)
    )
    for one in range(20)
]
pd.Series(
    [tuple(sorted(fit.thresholds["estimate"].round(4))) for fit in drawn]
).value_counts()

# %% [markdown]
# ```{solution-end}
# ```
