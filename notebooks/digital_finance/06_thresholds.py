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
# an unknown value, test how many such values there are, say how well each is located, tell a slope from
# a step, and judge whether a "regime" has enough rows to mean anything. **It assumes**
# {ref}`the baseline chapter <ch-df-baseline>`. **It runs** in about fifteen seconds.
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
# y_{it} = \alpha_i &+ \beta_1 x_{it} 1(q_{it} \le \gamma_1)
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
# | $\alpha_i$ | province effects; there are no year effects | `province` |

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2015]
last_year: int = 2021  # last year of the sample [2017..2021]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
outcome: str = "ln_trade"  # outcome in public figures [ln_trade | openness]
controls: list[str] = []  # controls, with one slope for all regimes [control; in order]
time_effects: bool = False  # year effects too, which Hansen's model does not have
trim: float = 0.01  # smallest share of the rows in a regime of the index [0.005..0.15]
convention: str = "every-value"  # program [every-value | xthreg | hansen-gauss | ptm]
confidence: float = 0.95  # level of sets and intervals [0.5..0.999]
covariance: str = "clustered"  # of slopes [clustered | robust | homoskedastic]
draws: int = 999  # bootstrap draws of each test of the number of thresholds [99..9999]
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
import pandas as pd

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
threshold_histogram(
    study["ln_dfi"],
    {"first printed": first_cut, "second printed": second_cut},
    name="fig-df-thresholds-cuts",
    caption="The log index, a tick for each province-year, and the printed cuts. "
    "Public figures.",
)

# %%
beyond = study[study["ln_dfi"] >= second_cut].sort_values("dfi")
columns = ["province", "year", "dfi", "ln_dfi"]
frame_table(
    pd.concat([matches.head(1), beyond])[columns].astype({"year": str}),
    name="tab-df-thresholds-beyond",
    caption="The province-year at the first printed cut, and all from the second up, public figures",
    digits={"dfi": 2, "ln_dfi": 4},
    note="The second row is the second cut itself, which `<=` counts below and `<` above.",
)

# %%
glue_numbers(**highest_regime(study, second_cut), trimmed=f"{100 * trim:g}")

# %% [markdown]
# One row each, of {glue:text}`all_rows`: the study's threshold variable is the log of this very index.
# The highest regime holds {glue:text}`strict_rows` of these province-years if the
# boundary row belongs below it ($q \le \gamma$), and {glue:text}`loose_rows` if above
# ($q < \gamma$): {glue:text}`strict_provinces` or {glue:text}`loose_provinces` rich eastern provinces,
# none before {glue:text}`first_beyond`. It is usual to keep 5 per cent of the rows in every regime. Here
# that would be {glue:text}`needed` rows, and no cut above {glue:text}`highest:.4f` could be found. On
# these rows, then, the second one takes a search with a smaller *trim*; ours is {glue:text}`trimmed` per cent.
#
# One more thing is worth a look: the index rises nearly everywhere and nearly every year.

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
growth = study.sort_values("year").groupby("province")["dfi"].diff().dropna()
fallen = study.loc[growth[growth < 0].index]
where = " and ".join(fallen["province"] + " in " + fallen["year"].astype(str))
glue_numbers(nobody=nobody, last=last, last_share=share[last])
glue_numbers(changes=len(growth), falls=len(fallen), where=where)

# %% [markdown]
# Of {glue:text}`changes` changes from one year to the next, {glue:text}`falls` is downward:
# {glue:text}`where`. Up to {glue:text}`nobody` nobody has passed the first cut; in {glue:text}`last`,
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
from digitrade.studies.digital_finance.variables import BASELINE

# %%
eyed = public.assign(**{"ln_dfi[squared]": public["ln_dfi"] ** 2})
middle = {"threshold": "ln_dfi", "cuts": [public["ln_dfi"].median()]}
eyed = eyed.join(increment_columns(public, regressor="ln_dfi", **middle))
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
# Why the median? No theory puts the cut there. And if you try several cuts and report the
# best, the $t$ test beside it has lost its meaning: it was derived for a cut chosen *before*
# looking, and you show the largest of many. How much that matters, the next section can count.
#
# ## A better one: let the data choose, and pay for the choice
#
# Try every observed value as a cut, and take the one with the smallest sum of squared residuals. Every
# regime has to keep a share `trim` of the rows. To test whether there is a threshold at all, compare
# $F$, the relative gain in fit, with what the *same search* finds in data that have none: residual
# histories of whole provinces are drawn at random, added to the straight-line fit, and searched again.
# And to see what the search does by itself, let it also run on plain noise, which has no
# threshold, no trend and no memory.

# %%
import numpy as np
from scipy import stats

from digitrade.exhibits.cells import small_p
from digitrade.exhibits.thresholds import threshold_table
from digitrade.methods.threshold.clustered import noise_test
from digitrade.studies.digital_finance.thresholds import INDEX, KEYS, search_thresholds

# %%
model = {"controls": controls, "time_effects": time_effects, "trim": trim}
model |= {"convention": convention}
choices = model | {"confidence": confidence, "covariance": covariance}
choices |= {"draws": draws, "seed": seed}
single = search_thresholds(public, outcome, **choices)
rng = np.random.default_rng(seed)
noise = noise_test(public, outcome=outcome, draws=draws, rng=rng, **KEYS, **INDEX, **model)

# %%
threshold_table(
    {label(outcome): single},
    name="tab-df-thresholds-single",
    caption=f"One threshold in the log index, {label(outcome)}, public figures",
)

# %%
ordinary, drawn = stats.chi2.ppf(0.95, 1), single.bootstrap["f_statistic"]
glue_numbers(ordinary=ordinary, alarms=100 * (drawn > ordinary).mean())
glue_numbers(noise_alarms=100 * (noise.drawn > ordinary).mean(), by_noise=noise.critical())

# %%
found = single.thresholds.iloc[0]
glue_row("cut", found)
glue_numbers(searched=found["crit_5"], f=found["f_statistic"])
glue_numbers(
    p=small_p(found["p_value"], "below "), critical=single.conventions.critical_value
)
bounds = stats.quantile_test(drawn, p=0.95).confidence_interval(0.95)
glue_numbers(searched_low=bounds.low, searched_high=bounds.high, draws=f"{draws:,}")

# %% [markdown]
# In noise, {glue:text}`noise_alarms:.0f` per cent of the searches come back with an $F$ above
# {glue:text}`ordinary:.2f`, the ordinary 5 per cent critical value. That is what choosing the cut by
# looking does to a test; it would take a critical value of {glue:text}`by_noise:.1f` to allow for it.
# Provinces are not noise. Whoever traded more than the line predicts in one year does so in the next,
# and a cut that comes late in the calendar picks such years up together. With whole histories,
# {glue:text}`alarms:.0f` per cent of the searches exceed {glue:text}`ordinary:.2f`, and the critical
# value is {glue:text}`searched:.1f`. From {glue:text}`draws` draws it is itself known only to lie
# between {glue:text}`searched_low:.1f` and {glue:text}`searched_high:.1f`, at 95 per cent.
#
# The data have {glue:text}`f:.1f`, with a $p$-value of {glue:text}`p`: {glue:text}`cut_sure`. The
# bootstrap is justified for many provinces, and we have about thirty, so read its $p$-values as
# approximate.
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
# with $S$ the sum of squared residuals and $C$ the confidence set. The critical value at this page's
# level is {glue:text}`critical:.2f`. The set need not be an interval: what is between its ends can be
# outside.

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
# The threshold of the public outcome is {glue:text}`cut:.4f`, its set runs from
# {glue:text}`cut_low:.4f` to {glue:text}`cut_high:.4f`. Two cautions: the critical value is derived for
# errors of equal variance, and for effects that are small; where the slopes differ much, the set is
# wider than it need be. {cite:t}`wang2015fixed` simulates such sets and finds their coverage
# unsatisfactory.
#
# ## One or two
#
# A second threshold is searched for with the first one held. But the first was estimated as if there
# were no second, so it is estimated again with the second held {cite:p}`bai1997estimating`. The second
# is tested against the model with one. We turn to the twin, where two printed thresholds were built in.

# %%
import warnings

from digitrade.methods.threshold import SmallRegimeWarning

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", SmallRegimeWarning)
    by_count = {
        title: search_thresholds(twin, "hdft", n_thresholds=count, **choices)
        for count, title in enumerate(("One", "Two"), start=1)
    }

# %% tags=["full-width"]
threshold_table(
    by_count,
    name="tab-df-thresholds-count",
    caption="One and two thresholds in the log index, HDFT on the twin",
)

# %%
double = by_count["Two"]
low_cut, high_cut = sorted(double.thresholds["estimate"])
glue_numbers(first_cut=first_cut, second_cut=second_cut, low_cut=low_cut, high_cut=high_cut)
second = double.thresholds.iloc[1]
glue_row("second", second)

# %% [markdown]
# Built in were {glue:text}`first_cut:.4f` and {glue:text}`second_cut:.4f`; found are
# {glue:text}`low_cut:.4f` and {glue:text}`high_cut:.4f`. The test of a second threshold is
# {glue:text}`second_sure` ({glue:text}`second_p_is`).

# %% [markdown] tags=["own-run"]
# Both built-in cuts come back to the last digit. Do not count that as a success of the method: on this
# one seed the twin's noise was moved so that the printed numbers come out, cuts included. What the
# search finds when nobody has moved anything is counted over many honest draws on
# {ref}`the next page <ch-df-thresholds-compared>`.

# %% [markdown]
# ## What a regime of a few rows can bear

# %%
from digitrade.data import published_estimate
from digitrade.exhibits.glue import record
from digitrade.exhibits.intervals import regime_slope_plot
from digitrade.exhibits.phrases import compared
from digitrade.exhibits.thresholds import changes_table, regime_table, ways_table
from digitrade.methods.decompositions import by_comparison
from digitrade.studies.digital_finance.thresholds import change_four_ways, changes_at_cuts

# %%
glue_numbers(warnings=len(told), warned=str(told[0].message) if told else "")

# %% [markdown] tags=["if:warnings"]
# Running this, the program said:
#
# > *SmallRegimeWarning:* {glue:text}`warned`
#
# That is a warning to read, not to switch off. Having read it, we keep it quiet from here on; the tables
# of slopes say how many rows each regime holds.

# %%
warnings.simplefilter("ignore", SmallRegimeWarning)
bottom, *_, top = double.coefficients.head(3).to_dict("records")
glue_numbers(bottom_n=bottom["n_obs"], top_n=top["n_obs"])
glue_numbers(top_provinces=double.regimes["n_entities"].iloc[-1])
glue_numbers(narrow=compared(top["std_error"], bottom["std_error"]))

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
# The highest regime has {glue:text}`top_n` rows, the lowest {glue:text}`bottom_n`; and the standard
# error of the highest slope is {glue:text}`narrow` that of the lowest. What decides how sure we are of
# such a slope? A first suspicion is the standard error: {glue:text}`top_provinces` provinces have rows in the
# highest regime, and where few carry the change of a slope, its clustered standard error is too small
# {cite:p}`mackinnon2023cluster`. A second is the model. Equation
# {eq}`eq-df-thresholds` has no intercepts for regimes, so the lines of all regimes meet where the log index is zero, far to the left. At the second cut the fitted outcome therefore
# *jumps*, by $(\beta_3 - \beta_2) \gamma_2$. Give each regime an intercept of its own
# {cite:p}`bick2010threshold`, and the line may jump and turn as it likes. We search again in that model,
# and judge the change of the slope in four ways under both.

# %%
second = model | {"n_thresholds": 2, "confidence": confidence}
stepped = search_thresholds(
    twin,
    "hdft",
    regime_intercepts=True,
    **second,
    covariance=covariance,
    draws=0,
    seed=seed,
)
ways = {
    "without steps": change_four_ways(twin, "hdft", seed=seed, draws=9999, **second),
    "with steps": change_four_ways(
        twin, "hdft", seed=seed, draws=9999, regime_intercepts=True, **second
    ),
}

# %% tags=["full-width"]
regime_table(
    {"without steps": double, "with steps": stepped},
    name="tab-df-thresholds-regimes",
    caption="Slopes by regime of the log index, two thresholds, HDFT on the twin",
)

# %% tags=["full-width"]
ways_table(
    ways,
    name="tab-df-thresholds-uncertainty",
    caption="The change of the slope at the second cut, by model and by way to be unsure of it, twin",
    note=f"Cuts taken as known. N = {len(twin):,}, {twin['province'].nunique()} provinces, which "
    "are the clusters; 9,999 draws.",
)

# %%
plain, turned = (frame.set_index("way") for frame in ways.values())
judged = pd.concat(ways, names=["label"]).reset_index("label")
record("change-at-second-cut", judged.rename(columns={"way": "covariance"}))
glue_row("change", plain.loc["homoskedastic"])
glue_row("cluster", plain.loc["clustered"])
glue_numbers(tied=small_p(plain.loc["wild bootstrap", "p_value"], "below "))
glue_numbers(untied=small_p(turned.loc["wild bootstrap", "p_value"], "below "))

# %%
change, error = plain.loc["homoskedastic", ["estimate", "std_error"]]
glue_numbers(width=twin["ln_dfi"].max() - high_cut, jump=change * high_cut)
glue_numbers(error_of_jump=error * high_cut)
glue_numbers(wider=turned.loc["homoskedastic", "std_error"] / error)
slopes = stepped.coefficients.head(3)
glue_row("free_low", slopes.iloc[0])
glue_row("free_middle", slopes.iloc[1])
glue_row("free_high", slopes.iloc[2])

# %% [markdown]
# Without steps, the ordinary standard error of the change is {glue:text}`change_se:.4f` and the
# clustered one {glue:text}`cluster_se:.4f`.

# %% [markdown] tags=["if:change_t>3"]
# The change is many times the ordinary standard error, too. So the clusters are not the reason why
# the interval is narrow.

# %% [markdown]
# Look at the model. The change of slope, {glue:text}`change:.4f`, is nothing but the height of a jump, {glue:text}`jump:.3f`,
# divided by the value of the log index there, {glue:text}`high_cut:.2f`; and its standard error is that
# of the jump, {glue:text}`error_of_jump:.4f`, divided by the same number.

# %% [markdown] tags=["if:warnings"]
# A few rows are enough to estimate how high a jump is. They can hardly tell anything about a slope *within*
# the regime, over which the log index moves by {glue:text}`width:.2f`.

# %% [markdown]
# With steps in the model the slopes are {glue:text}`free_low:.3f` ({glue:text}`free_low_se:.3f`),
# {glue:text}`free_middle:.3f` ({glue:text}`free_middle_se:.3f`) and {glue:text}`free_high:.3f`
# ({glue:text}`free_high_se:.3f`). The standard error of the change is {glue:text}`wider:.0f` times what
# it was, and the bootstrap's $p$-value goes from {glue:text}`tied` to
# {glue:text}`untied`. No steps were built into the twin, so a model that allows for them is not
# wrong. But it has to read each slope off the few years that a province spends in the regime; where there are
# no year effects, these slopes follow the nation's path.

# %% [markdown] tags=["if:free_middle<0"]
# The staircase of slopes is gone: the middle one is now negative.

# %% [markdown]
# The same thing seen from another side: as the place of the zero decides how jump and slope are mixed,
# the slopes without steps depend on the *unit* of the index, which a slope on a log should not
# (the last table of {ref}`the next page <ch-df-thresholds-compared>` shows it).

# %% [markdown] tags=["if:warnings", "if:change>0"]
# So state what the rows can bear: *a few rich provinces had, in the last years, an outcome higher than the
# line predicts.* That is a description. It is no law that any province will meet at a certain number of index
# points.

# %% [markdown]
# ## Year effects: two different questions
#
# The printed slopes are far below the study's own two-way coefficient. That is no contradiction. With
# province effects only, a slope compares a province's years with each other; with year effects too, it
# compares provinces within a year. The first is a weighted mean of the second and of the nation's
# year-to-year path, and the weights are the parts of the log index's variation.

# %%
parts = by_comparison(twin, linear.replace(outcome="hdft")).set_index("comparison")
inside, national = parts.loc["within years"], parts.loc["from year to year"]
glue_numbers(weight=100 * inside["weight"], inside=inside["slope"])
glue_numbers(national=national["slope"], both=parts.loc["both", "slope"])
two_way = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
glue_numbers(two_way=two_way, between=between, high=high)

# %% [markdown]
# On the twin, {glue:text}`weight:.1f` per cent of the weight falls on the comparison within years and
# its slope of {glue:text}`inside:.4f`. The rest falls on the nation's path, {glue:text}`national:.4f`.
# Together: {glue:text}`both:.4f`. So a slope of {glue:text}`between:.4f` or {glue:text}`high:.4f` without
# year effects can stand beside {glue:text}`two_way:.4f` with them in one data set. It is not a smaller
# effect of digital finance. It answers another question.
#
# The bootstrap does not repair this. It draws each province's history by itself, as if thirty provinces
# had thirty independent years. It leaves out the shocks that hit all of them in one year, and with them
# the calendar that we saw in {numref}`tab-df-thresholds-years`. So put year effects in, at the printed
# cuts; then controls; then years of each region. Beside the change of the slope stands the plainer
# model in which the slope is one and the *level* steps up at the cut.

# %%
at_cuts = {"cuts": [first_cut, second_cut], "seed": seed, "draws": 9999}
changes = pd.concat(
    [changes_at_cuts(simulated, "hdft", **at_cuts)]
    + [changes_at_cuts(study, name, **at_cuts) for name in ("ln_trade", "openness")]
)

# %% tags=["full-width"]
changes_table(
    changes.replace({"outcome": {"hdft": "HDFT, twin"}}),
    name="tab-df-thresholds-changes",
    caption="What changes at the printed cuts of the index: HDFT on the twin, trade and openness in "
    "public figures",
)

# %%
rows = changes.set_index(["outcome", "form", "cut", "effects"]).sort_index()
controlled, fullest = (f"province, {years}; controls" for years in ("year", "region-year"))
glue_row("slope", rows.loc[("ln_trade", "slope", 1, controlled)])
glue_row("step", rows.loc[("ln_trade", "step", 1, controlled)])
glue_row("regional", rows.loc[("ln_trade", "slope", 1, fullest)])
bare = rows.loc[("openness", "slope", 1, "province, year")]
glue_row("open", bare)
glue_row("held", rows.loc[("openness", "slope", 1, controlled)])

# %%
wild = rows["wild_p"]
glue_numbers(slope_wild=wild[("ln_trade", "slope", 1, controlled)])
glue_numbers(step_wild=wild[("ln_trade", "step", 1, controlled)], open_wild=bare["wild_p"])
glue_numbers(regional_wild=wild[("ln_trade", "slope", 1, fullest)])
glue_numbers(second_wild=wild.loc[("ln_trade", "slope", 2)].min())
step = rows.loc[("ln_trade", "step", 1, controlled), "estimate"]
worst = small_p(wild.loc[("hdft", "slope")].max(), "below ")
glue_numbers(percent=100 * np.expm1(step), twin_wild=worst)

# %% [markdown]
# On the twin, which has the cuts built in, the largest $p$-value of the bootstrap is
# {glue:text}`twin_wild`. Public log trade has something at the
# first printed cut. With year effects and controls the slope changes by {glue:text}`slope:.3f`
# ({glue:text}`slope_se:.3f`; the bootstrap's $p$ is {glue:text}`slope_wild:.3f`); with years of each
# region it is {glue:text}`regional:.3f` ({glue:text}`regional_se:.3f`;
# {glue:text}`regional_wild:.3f`). That speaks for the study, and against our doubt about the calendar.
# But read it as the last section taught. The plainer model gives the same as a step of
# {glue:text}`step:.3f` ({glue:text}`step_se:.3f`; {glue:text}`step_wild:.3f`), which is
# {glue:text}`percent:.0f` per cent more trade for a province that passes the cut. It is hard to see how
# payment apps do that within a year. Provinces that pass the cut early may have been growing their
# trade anyway, and this regression cannot tell. At the second cut the smallest of the four $p$-values is
# {glue:text}`second_wild:.2f`.
#
# In openness the change of the slope at the first cut is {glue:text}`open:.4f`
# ({glue:text}`open_se:.4f`; {glue:text}`open_wild:.3f`) with year effects and no controls, that is
# {glue:text}`open_sign`: the opposite of the claim. With controls it is {glue:text}`held:.4f`
# ({glue:text}`held_se:.4f`).
#
# ## What we learned, and what we did not
#
# The printed index thresholds are two province-years of the public index. Public log trade changes at
# the first printed cut, with year effects and controls too, and shows no change at the second; openness
# falls behind at the first, unless controls are held.
#
# We did not learn that digital finance has increasing returns. Three things stand between the printed
# slopes and that sentence. The highest regime is a handful of rich province-years. The regimes of the
# index are nearly periods of the calendar, and the printed model has no year effects. And without intercepts a
# "slope" in a regime a tenth of a log point wide is the height of a step. A referee would ask for year
# effects, for intercepts by regime, and for the rows beyond each cut by name.
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
# Search for two thresholds on the twin with year effects. Where are the cuts now, and what
# happens to the slopes? Predict with the arithmetic of the chapter.
# ```
#
# ```{solution-start} ex-df-thresholds-years
# :class: dropdown
# ```
#
# The slopes move towards the two-way one, since the nation's path is gone from the comparison. Cuts can
# stay where they are, for regimes differ within years as well.

# %%
yearly = {"time_effects": True, "convention": "every-value", "draws": 0}
with_years = search_thresholds(twin, "hdft", n_thresholds=2, **choices | yearly)
with_years.thresholds.round(4), with_years.coefficients.round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A line that bends without a jump
# :label: ex-df-thresholds-kink
# Let the slope change at the second printed cut without a step in the level: regress on the log index
# and on its *excess* over the cut. Compare the change of the slope with that in the table.
# ```
#
# ```{solution-start} ex-df-thresholds-kink
# :class: dropdown
# ```
#
# The excess is at most a tenth of a log point, so the slope over it has to do all that the step did,
# and comes out many times as large. This slope does not depend on the unit. That two such
# different numbers describe the same rows shows how little the rows say about a slope.

# %%
kinked = simulated.assign(
    excess=(simulated["ln_dfi"] - second_cut).clip(lower=0),
    first_excess=(simulated["ln_dfi"] - first_cut).clip(lower=0),
)
kink = linear.replace(outcome="hdft", regressor="excess")
kink = kink.replace(controls=("ln_dfi", "first_excess", *controls))
bent = fixed_effects(kinked, kink).tidy().head(3)
bent[["term", "estimate", "std_error", "conf_low", "conf_high"]].round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Twenty honest draws
# :label: ex-df-thresholds-draws
# The default twin's noise is moved so that it meets what was printed; other seeds are honest draws. In
# how many of twenty does the search find each of the four cuts that were built in: two of the index, one
# of investment, one of internet penetration? Predict which are hard.
# ```
#
# ```{solution-start} ex-df-thresholds-draws
# :class: dropdown
# ```
#
# A cut counts as found if it sets the same province-years apart as the true one. The index cuts, whose
# steps are large beside the noise, are found far more often than the other two. Those make small steps
# in the middle of the data, where the index cuts and the nation's path are left in the residuals.

# %%
from digitrade.studies.digital_finance.twin.recentre import THRESHOLDS

searches = {"ln_dfi": {"n_thresholds": 2, "trim": 0.01}, "fai_gdp": {}, "internet": {}}
twins = [simulate_provinces(seed=draw).panel for draw in range(20)]
found = {
    (draw, name): search_thresholds(
        rows, "hdft", threshold=name, draws=0, seed=0, **options
    )
    for draw, rows in enumerate(twins)
    for name, options in searches.items()
}

# %%
split = {
    (draw, target): [
        (twins[draw][name] <= cut).equals(twins[draw][name] <= value)
        for value in found[draw, name].thresholds["estimate"]
    ]
    for draw in range(20)
    for target, (name, cut) in THRESHOLDS.items()
}
pd.Series({key: any(same) for key, same in split.items()}).groupby(level=1).sum()

# %% [markdown]
# ```{solution-end}
# ```
