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
# (ch-df-calibration)=
# # The provincial twin: how it was calibrated
#
# **After this chapter you can** say what is public and what is made up in the simulated provinces, read
# the contract they are held to, judge how much was done to meet it, and tell printed numbers that can
# stand in one data set from those that cannot. **It assumes**
# {ref}`the chapter on heterogeneity <ch-df-heterogeneity>` and
# {ref}`the chapter on thresholds <ch-df-thresholds>`. **It runs** in about ten seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# The outcome, the index's dimensions, financial development, internet penetration, late investment and
# one infrastructure index on this page are simulated; the index itself and the controls are public. What
# follows is evidence about method and code, never about China.
# :::

# %% [markdown]
# ## What a twin is for
#
# You want to try a threshold search on the study's data, and the study's data are not to be had. You
# could try it on any numbers at all, but then nothing you see can be compared with what was printed. So
# we build provinces in which the study's regressions give the study's numbers
# {cite:p}`hohai2025research`, and in which we know what is true.
# {numref}`tab-df-calibration-contract` lists all that was printed. The process behind the twin is
#
# ```{math}
# :label: eq-df-calibration
# HDFT_{it} = \alpha_i + \lambda_{r(i)t} + \beta_{it} \ln DFI_{it} + \gamma' z_{it} + u_{it},
# \qquad
# \beta_{it} = \beta_{r(i)} + \sum_k \delta_k \, 1(q_{k,it} > c_k)
# ```
#
# | Symbol | Meaning | Column | Public? |
# |:--|:--|:--|:--|
# | $HDFT_{it}$ | the study's outcome | `hdft` | simulated |
# | $\ln DFI_{it}$ | log of the index | `ln_dfi` | **public** |
# | $z_{it}$ | the four controls | `ln_gdp_per_head`, `urbanisation`, `secondary_share`, `government_share` | **public** |
# | $\beta_{it}$ | the true effect: the region's, and a rise $\delta_k$ beyond each cut $c_k$ | `true_effect` | simulated |
# | $q_{k,it}$ | the index; investment over output; internet penetration | `ln_dfi`, `fai_gdp`, `internet` | **public**; public to 2017; simulated |
# | $\lambda_{rt}$ | effects of years, *in each region* | `year_effect` in the parts | simulated |
# | $u_{it}$ | noise, part of it the mediators' | `noise`, `mediator_noise` in the parts | simulated |
#
# This is the parameter of the chapter.

# %% tags=["parameters"]
twin_seed: int = 2025  # seed of the twin; only this one is re-centred [0..4294967295]

# %%
from digitrade.studies.digital_finance.twin import simulate_provinces

twin = simulate_provinces(seed=twin_seed)
honest = simulate_provinces(seed=twin_seed, recentre=False)
panel = twin.panel

# %% [markdown]
# ## Look first
#
# The twin's outcome is an index between 0 and 1. Its level follows the public quality composite of
# {ref}`the first chapter <ch-df-variables>`, so the coast leads; its movement comes from the equation.

# %% tags=["full-width"]
from digitrade.exhibits.series import small_multiples

small_multiples(
    panel,
    "hdft",
    name="fig-df-calibration-outcome",
    caption="The simulated outcome by province; highest and lowest of the last year in orange.",
)

# %% [markdown]
# ## The obvious process, and what is wrong with it
#
# Take the printed regions at their word: an effect of the printed size in the east and none elsewhere.
# Give all provinces the same year effects, as the pooled regression does. Then run the study's
# regressions on it; no noise is needed.

# %%
import pandas as pd

from digitrade.data import published_estimate
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.table import frame_table
from digitrade.studies.digital_finance.twin.calibration import (
    evaluate_targets,
    naive_slopes,
)

# %%
contract = evaluate_targets(panel)
pooled = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
east = published_estimate("digital_finance", "region", "1", "ln_dfi")
naive = naive_slopes(panel, {"east": east})

# %%
names = {"baseline": "All", "east": "East", "central": "Centre", "west": "West"}
told = pd.Series({"baseline": pooled, "east": east})
beside = pd.DataFrame({"Printed": told, "Naive process": naive}).reindex(names)
frame_table(
    beside.rename(index=names).reset_index(names="Provinces"),
    name="tab-df-calibration-naive",
    caption="Two-way slopes of the log index: printed, and in a process that takes the regions "
    "at their word",
    digits=4,
    note="Public index and controls; the outcome is the eastern effect times the log index. For "
    "centre and west no number is printed.",
)

# %%
growth = panel.groupby(["region", "year"])["ln_dfi"].mean().unstack()
grown = growth[2021] - growth[2011]
glue_numbers(naive=naive["baseline"], east=east)
glue_numbers(coast=grown["east"], inland=grown[["central", "west"]].mean())

# %% [markdown]
# The eastern regression gives its {glue:text}`east:.3f` back, but the pooled one finds
# {glue:text}`naive:.3f`: a *positive* effect, and a *negative* slope. The public index says why. In
# logs it grew by {glue:text}`coast:.2f` on the coast and by {glue:text}`inland:.2f` inland, because the
# coast started high. If the coast alone gains from the index, then with shared year effects the slow
# growers gain and the fast growers do not, and that is a negative slope.
#
# ## Year effects by region
#
# Split samples have year effects of their own; the pooled sample does not. So give the process year
# effects by region,
#
# ```{math}
# :label: eq-df-calibration-years
# \lambda_{rt} = -\beta_r \bar x_{rt} + \kappa (\bar x_{rt} - \bar x_t) + \tau \bar x_t
#   - \gamma' \bar z_t ,
# ```
#
# with $\bar x_{rt}$ the region's and $\bar x_t$ the country's mean of the log index. Within a region the
# slope is then $\beta_r$; between regions it is $\kappa$, another number. Coefficients are linear in the
# outcome, so the pooled slope is a fixed mixture of them, whose weights come from public figures alone.

# %%
from digitrade.studies.digital_finance.twin.calibration import mixture_of_slopes

mixed = mixture_of_slopes(panel, contract, pooled)
frame_table(
    mixed,
    name="tab-df-calibration-mixture",
    caption="What the pooled slope is made of, if the printed slopes are to hold together in one process "
    "with common controls",
    heads={"share": "Contribution"},
    digits=4,
    note="Weights rest on public figures and sum to one. Slopes of centre and west are our choice; "
    "the last slope is solved for. The cuts, which move the pooled slope a little, are left out.",
)

# %%
from digitrade.methods.decompositions import decompose_slope
from digitrade.studies.digital_finance.twin.recentre import TWO_WAY

apart = decompose_slope(panel, TWO_WAY, "region").parts.set_index("part")["weight"]
glue_numbers(east_apart=apart["east"], between_apart=apart["between groups"])
glue_numbers(east_here=mixed["weight"].iloc[0], between_here=mixed["weight"].iloc[-1])

# %%
between, own_east = mixed.iloc[-1], mixed.iloc[0]
glue_numbers(pooled=pooled, needed=between["slope"])
glue_numbers(share_between=100 * between["share"] / pooled)
glue_numbers(share_east=100 * own_east["share"] / pooled)
glue_numbers(share_outside=100 * (1 - own_east["share"] / pooled))

# %% [markdown]
# To get the printed {glue:text}`pooled:.4f`, the slope between regions has to be
# {glue:text}`needed:.3f`, and it makes {glue:text}`share_between:.0f` per cent of the pooled slope.
#
# How much of that do the printed numbers force, and how much is our choice? The printed eastern slope, times
# its weight, makes {glue:text}`share_east:.0f` per cent of the pooled one. If the index does nothing in the
# centre and the west, the other {glue:text}`share_outside:.0f` per cent come from no region's own slope. That
# is forced. What to call them is not. Our process gives the controls the same slopes everywhere, and then
# they lie between regions. {ref}`The chapter on heterogeneity <ch-df-heterogeneity>` lets every region have
# its own slopes of the controls; it has one part more, *controls*, and somewhat other weights, east
# {glue:text}`east_apart:.3f` for {glue:text}`east_here:.3f` and between regions {glue:text}`between_apart:.3f`
# for {glue:text}`between_here:.3f` on the twin's rows. Only the sum of those two parts is fixed by the data, as that chapter shows.
#
# The twin puts it all between regions: *whole regions* moved together as inland caught up. Whether China's
# did, nobody can tell from here.
#
# The other parameters were found in the same manner, by solving a linear system for the printed numbers
# and rounding what came out. {numref}`tab-df-calibration-truth` has the slopes, cuts and noises. The
# paths of the other simulated columns, such as internet penetration, are written in
# `digitrade.studies.digital_finance.twin.simulate`.

# %% tags=["full-width"]
truth = twin.truth.assign(
    value=twin.truth["value"].map("{:g}".format).str.replace("-", "−")
)
frame_table(
    truth,
    name="tab-df-calibration-truth",
    caption="The truth of the twin",
)

# %% [markdown]
# ## Moving the noise
#
# With this truth a draw gives about the printed numbers, give or take its noise. We want them exactly,
# on one seed, so that a reader can hold a page beside the study. A least-squares coefficient is a fixed
# row of numbers times the outcome, $\hat\beta = a' y$. Stack the rows of all *binding* targets, those
# that the twin has to meet, into $A$.
# The smallest change of the noise that meets the targets $t$ is
#
# ```{math}
# :label: eq-df-calibration-move
# u \leftarrow u + A'(AA')^{-1} (t - A y) .
# ```
#
# Three things are not linear. An indirect effect is a product: we first move the mediator so that its
# path from the index is the true one, then the outcome's path from the mediator is linear. A threshold
# must be an observed value: one value of internet penetration is set to the printed cut. And the
# *search* must find the true cuts: as long as it prefers another, the change of slope there, which is
# linear again, is made smaller by a fifth. Only the default seed is treated like this.

# %% tags=["full-width"]
from digitrade.studies.digital_finance.twin.calibration import move_of_noise, size_of_move

move = move_of_noise(contract, evaluate_targets(honest.panel))
frame_table(
    move.drop(columns="target"),
    name="tab-df-calibration-move",
    caption="The same seed before and after its noise was moved, twin",
    digits=4,
    note="Empty: the slope below the threshold is not positive, so that there is no ratio.",
)

# %%
size = size_of_move(twin, honest)
glue_numbers(**size)

# %% [markdown] tags=["unless:moved"]
# On this seed nothing was moved, and the two columns are the same.

# %% [markdown] tags=["if:moved"]
# How much was moved? By the root mean square {glue:text}`moved:.4f` in units of the outcome, against a
# noise of standard deviation {glue:text}`noise:.3f`: {glue:text}`relative:.0f` per cent of it. To meet
# fourteen linear targets with noise that is not persistent, one needs about {glue:text}`floor:.0f` per
# cent on average; the rest is persistence, what the truth misses on average, and the cuts that the
# search had preferred. The noise of financial development was
# moved by {glue:text}`finance:.0f` per cent of its own. Everything else is untouched: the index,
# the controls, the true effects, the year effects.

# %% [markdown]
# ## The contract
#
# {numref}`tab-df-calibration-contract` is the contract: every binding target with the number that was
# printed, the twin's, the difference and what is allowed. The study's summary prints no standard errors,
# so tolerances are absolute: half a unit of the last printed digit, with one exception, the investment
# threshold, whose nearest public value differs in the fourth decimal. The file
# `data/twin/province_targets.csv` has the specification, the source and the reason of each.

# %%
from digitrade.exhibits.comparison import contract_table
from digitrade.exhibits.glue import record
from digitrade.studies.digital_finance.twin.calibration import tidy_targets

# %% tags=["full-width"]
binding = contract[contract["binding"]]
contract_table(
    binding,
    name="tab-df-calibration-contract",
    caption="The contract: binding targets, printed and on the twin",
    note="Slopes of the log index and its dimensions, and indirect effects: province and year "
    "effects, four public controls; finance is high above the median of the provinces' means. "
    "Thresholds and the slopes on either side: province effects only. In words: centre and west negative "
    "or insignificant, breadth and depth positive, digitalisation slightly negative. Public figures cannot "
    "speak here: the outcome is not shipped.",
)

# %%
record("contract", tidy_targets(contract, len(panel)))
glue_numbers(met=binding["met"].sum(), bound=len(binding))

# %% [markdown]
# Of the {glue:text}`bound` targets {glue:text}`met` are met.

# %% [markdown] tags=["if:moved"]
# That the twin gives the printed numbers is no evidence for them: it was made to.

# %% [markdown]
# ## Honest draws: bias, scatter, coverage
#
# The default seed's noise was moved, so its estimates say nothing about how good a method is. Every other seed
# is an *honest draw*: the same truth, the same public figures, noise left as it is drawn. The file
# `data/twin/honest_provinces.csv` has {glue:text}`draws` of them, with every twin estimate of these chapters
# and what is true of it; `digitrade data honest` makes it again.

# %%
from digitrade.data import load_honest_draws
from digitrade.exhibits.histograms import draws_plot
from digitrade.exhibits.honest import honest_table
from digitrade.studies.digital_finance.twin.calibration import SLOPES, below_investment
from digitrade.studies.digital_finance.twin.honest import honest_summary
from digitrade.studies.digital_finance.twin.recentre import THRESHOLDS

# %%
scatter = load_honest_draws("digital_finance").rename(columns={"estimate": "value"})
summary = honest_summary()
by_target = summary.set_index("target")
glue_numbers(draws=scatter["seed"].nunique())

# %% tags=["full-width"]
draws_plot(
    scatter,
    contract,
    SLOPES,
    name="fig-df-calibration-draws",
    caption="Slopes in honest draws of the twin, with their mean as a line. Dashed in orange: what is "
    "printed, and what the default seed gives; dashed in green: our choice where none is printed.",
)

# %% tags=["full-width"]
honest_table(
    summary[summary["target"].isin(list(SLOPES))],
    estimates=contract.set_index("target")["twin"],
    name="tab-df-calibration-draws",
    caption="What slopes of the twin are worth, by honest draws",
)

# %%
slope, coast, centre = (by_target.loc[name] for name in ("baseline", "east", "central"))
glue_numbers(slope_true=slope["truth"], slope_mean=slope["mean"], slope_sd=slope["sd"])
glue_numbers(slope_cover=100 * slope["coverage"], slope_error=slope["mean_se"])
glue_numbers(
    wide=slope["mean_se"] / slope["sd"], east_sd=coast["sd"], east_error=coast["mean_se"]
)
glue_numbers(east_power=100 * coast["power"], centre_true=centre["truth"])
glue_numbers(centre_mean=centre["mean"], centre_power=100 * centre["power"])

# %% [markdown]
# Read a line in three steps.
#
# *Bias: is the estimate centred on the truth?* The pooled slope is not. The mean true effect over all rows is
# {glue:text}`slope_true:.3f`, the estimates are {glue:text}`slope_mean:.3f` on average, and an interval of 95
# per cent holds the truth in {glue:text}`slope_cover:.0f` of a hundred draws. The regions' year effects go
# along with the index and are not held constant, so the regression counts them as effect. That the average is
# near the printed number tells us that the calibration works, and no more. In the centre the truth is
# {glue:text}`centre_true:.3f` and the average estimate {glue:text}`centre_mean:.3f`, because a regression with
# one slope turns the steps at the cuts into slope, too; {glue:text}`centre_power:.0f` per cent of the draws
# reject zero there. And slopes by regime come from a model without year effects, whose estimates are mostly
# trend: none of them is an estimate of the effects in its regime.
#
# *Scatter: is the standard error as large as the scatter?* The pooled slope varies by
# {glue:text}`slope_sd:.4f` from draw to draw, and the clustered standard error says
# {glue:text}`slope_error:.4f` on average, {glue:text}`wide:.1f` times as much; in the east it is
# {glue:text}`east_error:.3f` for a scatter of {glue:text}`east_sd:.3f`. The two are about
# different chances: the draws renew the noise alone, and the clustered error also allows for other provinces
# ({ref}`the chapter on heterogeneity <ch-df-heterogeneity>` has the argument).
#
# *Power: how often does a test reject zero?* In the east, where the effect is large, in
# {glue:text}`east_power:.0f` per cent of the draws. With a standard error of the size of the scatter the
# test would reject more often.
#
# Thresholds do not scatter; they jump. {numref}`tab-df-calibration-cuts` says how often the search ends
# on the very cut, that is, sets apart the same province-years;
# {ref}`the page on thresholds compared <ch-df-thresholds-compared>` discusses it.

# %%
cuts = [f"{name}{end}" for name in THRESHOLDS for end in ("", "_same")]
honest_table(
    by_target.loc[cuts].reset_index(),
    name="tab-df-calibration-cuts",
    caption="Thresholds in honest draws of the twin",
    note="Coverage of a threshold is that of its likelihood-ratio set; of *the cut itself*, how often it is "
    "found. Power is that of the test against one threshold fewer.",
)

# %%
glue_numbers(**below_investment(panel))

# %% [markdown]
# On the default seed the cut of investment is where it is because the noise was moved; the search for that of
# the internet was at the right place before, and only that one value was set to the printed digits. Why
# investment is so hard is plain: the printed cut sets apart
# {glue:text}`public_rows` public province-years, {glue:text}`who`, and {glue:text}`all_rows` rows in all
# on the twin. One province crosses it in the public years. A "threshold" on investment is a statement
# about that province.
#
# ## What cannot hold together
#
# Some printed numbers can stand in one data set under one specification and not under another. The file
# of targets names these, and nothing was forced.

# %%
from digitrade.studies.digital_finance.twin.calibration import regime_weights, tied_slopes
from digitrade.studies.digital_finance.twin.recentre import ENTITY, ENTITY_CONTROLS

# %% tags=["full-width"]
contract_table(
    contract[~contract["binding"]],
    name="tab-df-calibration-incompatible",
    caption="Targets that do not bind: printed numbers under a specification that cannot give "
    "them along with the others, twin",
    note="No ratio: the slope below the threshold is not positive.",
)

# %% [markdown]
# **The east under shared years.** In one regression with an interaction, all regions share the year
# effects, and the eastern slope is also made from what sets the coast apart. It is the naive process
# again, read backwards.
#
# **Slopes by regime.** Write $\tilde x$ for the log index cleared of effects and controls. Whatever the
# outcome, the normal equation of $\tilde x$ ties the slopes by regime together:
#
# ```{math}
# :label: eq-df-calibration-average
# \hat\beta = \sum_j w_j \hat\beta_j, \qquad
# w_j = \frac{\tilde x' x_j}{\tilde x' \tilde x}, \qquad \sum_j w_j = 1,
# ```
#
# with $x_j$ the index in regime $j$ and zero elsewhere. The left side, the slope without regimes, is
# *the same for every threshold variable*. The weights need no outcome; for the index they are public.

# %%
kinds = {"Province": ENTITY, "and controls": ENTITY_CONTROLS, "and years": TWO_WAY}
table = regime_weights(panel, ENTITY)[["threshold", "regime"]]
for kind in kinds:
    table[kind] = regime_weights(panel, kinds[kind])["weight"]

# %%
frame_table(
    table,
    name="tab-df-calibration-weights",
    caption="Weights with which slopes by regime average to the slope without regimes, at the "
    "printed thresholds",
    heads={"Province": "Province effects", "and years": "and year effects"},
    note="Regimes from 0, the lowest. Those of the index rest on public figures only.",
)

# %%
tied = tied_slopes(table, pooled)
little, much = table.loc[table["threshold"] == "fai_gdp", "and controls"]
glue_numbers(**tied, gain=tied["between"] - tied["least"], little=little, much=much)

# %% [markdown]
# *With the four controls* the slope without regimes is {glue:text}`w_low:.3f` times the slope below the
# first threshold plus {glue:text}`rest:.4f`, what the printed {glue:text}`between:.4f` and
# {glue:text}`beyond:.4f` contribute. The weights on later regimes are negative, because output per head
# rises along with them. The slopes by investment average to the same number, with the weights
# {glue:text}`little:.3f` and {glue:text}`much:.3f`. Two cases are left.
#
# 1. The slope below the first threshold is under {glue:text}`least:.4f`. Then the average is negative, and the
#    two slopes by investment cannot both be positive, let alone nearly double.
# 2. It is between {glue:text}`least:.4f` and {glue:text}`between:.4f`, to which it is said to *strengthen*.
#    Then the average is positive, at most {glue:text}`most:.4f`, and both slopes by investment may be. But
#    the first threshold adds {glue:text}`gain:.4f` at most to the slope.
#
# This is so under *our* four controls; the summary does not say which ones the threshold model has. Without
# controls all of it fits. That is why the twin's threshold targets are those of the barest model, with
# province effects only.
#
# *With year effects* the average is the pooled {glue:text}`pooled:.4f`. With the printed slopes beyond
# the first threshold, the slope below would have to be {glue:text}`under_years:.3f`: the effect would
# collapse where it is said to grow. The printed slopes by regime and the printed pooled slope come from
# two different comparisons, one over the years and one within them.
#
# **Both levels of finance below the pooled slope.** This can hold, and binds here. It needs what the
# regions need: a slope between the two groups that is larger than either within.
# {ref}`The chapter on heterogeneity <ch-df-heterogeneity>` does that sum.

# %% [markdown]
# ## What we learned, and what we did not
#
# The printed numbers can live in one data set, if regions have year effects of their own, if the
# threshold model has neither year effects nor controls, and if most of the pooled slope comes from no
# region's own slope. That is a finding about the numbers. In such a data set the pooled slope is not the
# mean effect, and a search finds two of the four thresholds by luck only. About China we learned nothing: we
# chose the truth. Nor did we learn how sure the study can be, as the size of the noise is our choice too.
#
# A referee would ask whether other truths give the same numbers. Certainly: there are more parameters
# than targets. The twin is *one* world in which the printed tables come out, useful for
# checking code and for seeing what a method can find.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Another draw
# :label: ex-df-calibration-draw
# Evaluate the contract on seed 7. How many binding targets are met, and why are signs met more often
# than coefficients?
# ```
#
# ```{solution-start} ex-df-calibration-draw
# :class: dropdown
# ```
#
# A coefficient is met to half of its last digit only by luck; a sign leaves room.

# %%
seventh = evaluate_targets(simulate_provinces(seed=7).panel)
seventh[seventh["binding"]].groupby("kind")["met"].agg(["sum", "count"])

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} One target alone
# :label: ex-df-calibration-one
# Find the smallest move of the honest outcome that meets the pooled slope alone. What does it look like,
# and how large is it against the move that meets them all?
# ```
#
# ```{solution-start} ex-df-calibration-one
# :class: dropdown
# ```
#
# It is the index cleared of effects and controls, times a number: to change a slope at the least cost,
# move the outcome along what the slope is made from. The first number is the correlation, the second how
# many times as large the move was that meets all targets (zero on a seed that was left as drawn).

# %%
from digitrade.methods.calibration import minimum_norm
from digitrade.methods.regression import partial_out
from digitrade.studies.digital_finance.twin.recentre import all_rows

row = all_rows(honest.panel)["baseline"]
alone = minimum_norm(row[None], pooled - row[None] @ honest.panel["hdft"].to_numpy())
cleared = partial_out(panel, "ln_dfi", TWO_WAY)
round(abs(cleared.corr(pd.Series(alone))), 6), round(size["moved"] / alone.std(), 3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} No effect in the east
# :label: ex-df-calibration-none
# Set the eastern slope to zero and let regions keep their slope between them. What does the pooled regression
# find? And if the index has no effect within any region? What would you have concluded?
# ```
#
# ```{solution-start} ex-df-calibration-none
# :class: dropdown
# ```
#
# Take the shares of {numref}`tab-df-calibration-mixture` and leave out what is set to zero. Most of the printed
# number stays in both cases. From the pooled slope alone one would conclude that the index works.

# %%
shares = mixed.set_index("Part")["share"]
pd.Series(
    {"none in the east": shares.iloc[1:].sum(), "none in any": shares.iloc[-1]}
).round(4)

# %% [markdown]
# ```{solution-end}
# ```
