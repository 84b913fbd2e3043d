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
# (ch-df-mechanisms)=
# # Mechanisms: through which channel?
#
# **After this chapter you can** split an effect into a part that runs through a mediator and the rest,
# put an honest interval around that part, say what has to be true before it deserves the word
# *channel*, and work out how strong an omitted variable would have to be to undo it. **It assumes**
# {ref}`the baseline chapter <ch-df-baseline>`. **It runs** in about fifteen seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated rows: an outcome, financial development and
# infrastructure made up around the public index, with the printed indirect effects built in. They are
# evidence about method and code, never about China.
# :::

# %% [markdown]
# ## The claim
#
# Suppose the phone wallet does help exporters. How? Perhaps banks learn to lend to them, perhaps
# somebody builds the road to the port. The study {cite:p}`hohai2025research` says: both. Its news
# summary gives two numbers and says that they "explain significant portions" of the effect.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table, frame_table, regression_table

rows = load_published("estimates", study="digital_finance")
claimed = rows[rows["table"].isin(["baseline", "mediation"])]
claim_table(
    claimed,
    name="tab-df-mechanisms-claim",
    caption="The claim, as a news summary of the study prints it",
)

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record

printed, via_finance, via_roads = claimed["estimate"].astype(float)
glue_numbers(printed=printed, via_finance=via_finance, via_roads=via_roads)
glue_numbers(share_finance=100 * via_finance / printed)
glue_numbers(share_roads=100 * via_roads / printed)
glue_numbers(share_rest=100 * (printed - via_finance - via_roads) / printed)

# %% [markdown]
# Portions of what? Divide by the effect of {glue:text}`printed:.4f`: financial development carries
# {glue:text}`via_finance:.4f`, or {glue:text}`share_finance:.0f` per cent of it, infrastructure
# {glue:text}`via_roads:.4f`, or {glue:text}`share_roads:.0f` per cent. If the two do not overlap,
# {glue:text}`share_rest:.0f` per cent is left to run through neither. And *significant* in which sense?
# The summary gives no standard error, so that word cannot be checked.
#
# Behind such numbers stand three regressions, on the same rows, with the same controls and effects:
#
# ```{math}
# :label: eq-df-mechanisms
# \begin{aligned}
# y_{it} &= \alpha_i + \lambda_t + c \ln DFI_{it} + \gamma' z_{it} + u_{it} \\
# m_{it} &= \alpha^m_i + \lambda^m_t + a \ln DFI_{it} + \delta' z_{it} + v_{it} \\
# y_{it} &= \alpha^y_i + \lambda^y_t + c' \ln DFI_{it} + b\, m_{it} + \eta' z_{it} + w_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $y_{it}$ | outcome | `hdft` on the twin; the parameter `outcome` on public figures |
# | $m_{it}$ | mediator | twin: `financial_development`, `infrastructure_twin`; public: `infrastructure` |
# | $c$ | total effect of the index | `ln_dfi` |
# | $a$ | path from the index to the mediator | `ln_dfi` |
# | $b$ | path from the mediator to the outcome, the index held constant | the mediator |
# | $c'$ | direct effect | `ln_dfi` |
# | $z_{it}$ | the four controls of the baseline | `ln_gdp_per_head`, `urbanisation`, `secondary_share`, `government_share` |
#
# The *indirect effect* is the product $ab$: one unit of the index moves the mediator by $a$, and each
# unit of the mediator goes with $b$ of the outcome.

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2021]
last_year: int = 2021  # last year [2011..2021; at least first_year + 1; at least first_year + 2 if covariance = driscoll-kraay]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 20]
outcome: str = "openness"  # public outcome [openness | ln_trade | trade_quality]
covariance: str = "clustered"  # standard errors [clustered | robust | driscoll-kraay]
draws: int = 4999  # draws of the cluster bootstrap [99..99999]
seed: int = 20250613  # seed of the bootstrap [0..4294967295]
twin_seed: int = 2025  # seed of the simulated provinces [0..4294967295]
confidence: float = 0.95  # level of the confidence intervals [0.5..0.999]

# %%
from digitrade.data import load_provinces
from digitrade.methods.sample import Sample, complete_rows
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

sample = years_between(Sample.of(load_provinces()), first_year, last_year)
sample = without_provinces(sample, provinces_excluded)
panel = complete_rows(Sample.of(build_province_panel(sample.panel)), [outcome]).panel

# %%
from digitrade.studies.digital_finance.twin import simulate_provinces

rows = "@first_year <= year <= @last_year and province not in @provinces_excluded"
kept = simulate_provinces(seed=twin_seed).panel.query(rows).reset_index(drop=True)

# %%
from digitrade.data.labels import label

public_head = f"Public: {label(outcome)}"
public = BASELINE.replace(outcome=outcome, covariance=covariance, confidence=confidence)
public = public.replace(label=public_head)
simulated = public.replace(outcome="hdft", label="Twin")

# %% [markdown]
# ## Look first: did the roads follow the index?
#
# Loans and deposits by province are not shipped, so financial development can be followed on the twin
# only. Infrastructure is another matter: the length of roads and railways per square kilometre is a
# public figure. Before any product, look at its first factor.

# %%
from digitrade.exhibits.shapes import added_variable_plot
from digitrade.methods.regression import fit_all, fixed_effects, partial_out

path_a = public.replace(outcome="infrastructure", label="Public: path a")
glue_row("public_a", fixed_effects(panel, path_a).main)
added_variable_plot(
    partial_out(panel, "ln_dfi", path_a),
    partial_out(panel, "infrastructure", path_a),
    panel["region"],
    name="fig-df-mechanisms-path",
    caption="Path a as a slope: road and rail density against the index, both cleared of effects "
    "and controls. Public figures.",
)


# %% [markdown]
# The slope is {glue:text}`public_a:.3f` ({glue:text}`public_a_se:.3f`): where the log index rose more
# than elsewhere, the density of roads rose *less*. On these figures the channel starts with the opposite
# sign. {numref}`tab-df-mechanisms-thirds` shows why; you have met the reason in the baseline chapter.

# %%
import numpy as np

from digitrade.studies.digital_finance.variables import changes_by_start

density = panel.assign(ln_infrastructure=np.log(panel["infrastructure"]))
changing = ["ln_dfi", "infrastructure", "ln_infrastructure"]
heads = {"ln_dfi": "Change: ln index", "infrastructure": "km per square km"}
frame_table(
    changes_by_start(density, "dfi", changing),
    name="tab-df-mechanisms-thirds",
    caption="Where roads and railways were built, by the index at the start, public figures",
    heads={"group": "Start", **heads},
    digits={"level": 1, "ln_dfi": 2},
)

# %% [markdown]
# The provinces that started low, and whose index therefore grew most in logs, are large and thinly
# built: they added the fewest kilometres per square kilometre, and the most in per cent. Density in
# levels and density in logs tell opposite stories about the same roads. The study's measure is not in
# our sources. (Roads were also recounted in Jiangxi in 2019 and Sichuan in 2020, which no regression
# knows.)
#
# ## The obvious estimate: does the coefficient shrink?
#
# The recipe of {cite:t}`baron1986moderator`, followed in a great many papers: add the mediator to the
# regression and see whether the coefficient of interest gets smaller. On the twin, where both channels
# were built in:

# %%
from digitrade.methods.estimate import combine

added = {
    "Total": (),
    "+ finance": ("financial_development",),
    "+ infrastructure": ("infrastructure_twin",),
    "+ both": ("infrastructure_twin", "financial_development"),
}
steps = [
    simulated.replace(controls=(*mediators, *simulated.controls), label=title)
    for title, mediators in added.items()
]

# %%
steps = fit_all(kept, steps)
record("steps", combine(steps))
regression_table(
    steps,
    name="tab-df-mechanisms-shrinks",
    caption="HDFT on the log index, with mediators added, twin",
    digits=4,
)

# %% [markdown]
# It shrinks, and with both mediators it shrinks by both parts, since the twin's two channels are
# separate by construction. What is wrong with stopping here? The *difference* between two coefficients has a sampling
# error of its own, which neither column shows. A coefficient may shrink because a control was added
# that has nothing to do with a channel. And it need not shrink at all when the channel works against
# the rest.
#
# ## Better: the product, with an interval
#
# In linear models on the same rows the difference *is* the product, to the last digit:
#
# ```{math}
# :label: eq-df-mechanisms-identity
# c = c' + ab .
# ```
#
# So the question becomes how uncertain $ab$ is. Three answers are in use.
#
# - **Sobel** {cite:p}`sobel1982asymptotic`, the habit of this field: the standard error
#   $\sqrt{a^2 s_b^2 + b^2 s_a^2}$ and a normal distribution. But a product of two normal variables is
#   not normal, least of all near zero.
# - **Joint significance**: call the product different from zero if *both* paths are. Simple, and in
#   simulations better than Sobel {cite:p}`mackinnon2002comparison`; but it gives no interval.
# - **The bootstrap**: draw as many provinces as there are, with replacement, each with all its years;
#   estimate everything anew, and repeat. The middle part of the results is the interval, and it may be
#   lopsided. A province that is drawn twice counts as two provinces, and every draw has year effects of
#   its own.

# %%
from digitrade.exhibits.comparison import mediation_table
from digitrade.methods.mediation import mediate

rng = np.random.default_rng(seed)
finance = mediate(kept, simulated, "financial_development", draws=draws, rng=rng)

# %%
mediation_table(
    {"Twin": finance, public_head: None},
    printed_indirect=via_finance,
    printed_total=printed,
    name="tab-df-mechanisms-finance",
    caption="Through financial development: printed, twin and public figures",
)

# %%
record("finance-twin", finance.tidy())
found = finance.tidy().set_index("label")
share = found.loc["Share mediated"]
glue_numbers(share_low=100 * share["conf_low"], share_high=100 * share["conf_high"])
glue_row("sobel", found.loc["Indirect effect, Sobel"])
glue_row("boot", found.loc["Indirect effect, bootstrap"])

# %% [markdown]
# The twin's indirect effect is the printed {glue:text}`boot:.4f`, because the default seed is
# made to give it; its *uncertainty* is not made to be anything. Sobel's interval goes from
# {glue:text}`sobel_low:.4f` to {glue:text}`sobel_high:.4f`, alike on both sides; the bootstrap's from
# {glue:text}`boot_low:.4f` to {glue:text}`boot_high:.4f`, longer on the right. And the share mediated, a
# headline in many papers, could be anything from {glue:text}`share_low:.0f` to
# {glue:text}`share_high:.0f` per cent. A share divides one uncertain number by another; where the total
# effect may be near zero, it has no sensible interval at all.
#
# Infrastructure can be followed on public figures as well, with an outcome and a measure of its own.

# %%
rng = np.random.default_rng(seed)
roads = mediate(kept, simulated, "infrastructure_twin", draws=draws, rng=rng)
rng = np.random.default_rng(seed)
roads_public = mediate(panel, public, "infrastructure", draws=draws, rng=rng)

# %%
mediation_table(
    {"Twin": roads, public_head: roads_public},
    printed_indirect=via_roads,
    printed_total=printed,
    name="tab-df-mechanisms-infrastructure",
    caption="Through infrastructure: printed, twin and public figures",
    note="Outcomes and measures of infrastructure differ between the columns.",
)

# %%
record("infrastructure-twin", roads.tidy())
record("infrastructure-public", roads_public.tidy())
found = roads_public.tidy().set_index("label")
glue_row("public_b", found.loc["Path b: mediator to outcome"])
glue_row("public_indirect", found.loc["Indirect effect, bootstrap"])
glue_numbers(public_share=100 * roads_public.share)

# %% [markdown]
# In the public column path $a$ is negative, path $b$ is {glue:text}`public_b:.3f`
# ($p$ = {glue:text}`public_b_p:.2f`), and the product {glue:text}`public_indirect:.4f`, with an interval
# from {glue:text}`public_indirect_low:.4f` to {glue:text}`public_indirect_high:.4f`. The share is
# {glue:text}`public_share:.0f` per cent. A *negative share* is no mistake in the arithmetic: the supposed
# channel works against the total, and "portion of the effect" has lost its meaning. Public figures for
# openness do not show a channel through road density; the interval leaves room for a small one in either
# direction.
#
# ## What it assumes, in plain words
#
# The three regressions always have an answer. For $ab$ to be *the part of the effect that runs through
# the mediator*, two things must hold, together called sequential ignorability
# {cite:p}`imai2010general`:
#
# 1. **The index is as good as random**, given effects and controls. That was already needed for the
#    total effect, and the baseline chapter gave reasons for doubt.
# 2. **The mediator is as good as random too**, given the index, the effects and the controls. This is a
#    second, separate assumption, and randomising the index would not make it true. Who builds roads?
#    Governments of provinces that expect trade. Then roads and trade go together given the index,
#    $b$ is biased, and so is the product.
#
# Three more conditions hide in the linear form. No other consequence of the index may move both
# mediator and outcome: but income per head, which we hold constant, may itself be such a consequence. The
# effect of the mediator must not depend on the index, yet {ref}`the chapter on thresholds
# <ch-df-thresholds>` is about just such a dependence. And the arrow must point the right way. The
# regressions cannot see arrows: on the twin, where infrastructure moves quality and never the reverse,
# {ref}`an exercise <ex-df-mechanisms-reverse>` finds a "channel" from the index through *quality* to
# *infrastructure*.
#
# ## A channel chosen afterwards
#
# Mediators are rarely chosen before the data are seen. Let us do on purpose what should not be done: try
# other public columns as mediators, whatever they mean.

# %%
import pandas as pd

candidates = ["infrastructure", "inventions_per_head", "technology_share"]
tried = [
    mediate(panel, public, name, draws=draws, rng=np.random.default_rng(seed))
    for name in candidates
]
found = pd.concat([one.summary() for one in tried])
record("candidates", pd.concat([one.tidy() for one in tried]))

# %% tags=["full-width"]
frame_table(
    found,
    name="tab-df-mechanisms-candidates",
    caption=f"Three public columns tried as mediators of {label(outcome)}",
    heads={"conf_low": "From", "conf_high": "To"},
    note=f"Tests of paths: {tried[0].total_fit.words}. Share: of the total effect. From, to: "
    "interval of the product by the cluster bootstrap.",
)

# %%
patents = found.set_index("mediator").loc["inventions_per_head"].add_prefix("patents_")
glue_numbers(**patents, patents_per_cent=100 * patents["patents_share"])

# %% [markdown]
# Inventions would pass a referee in a hurry: {glue:text}`patents_per_cent:.0f` per cent of the effect on
# openness "runs through" them, Sobel's $p$ = {glue:text}`patents_p_sobel:.3f`. Look at the paths. Where
# the log index rose more, patents per head rose *less* ({glue:text}`patents_a:.2f`); where patents rose
# more, openness *fell* ({glue:text}`patents_b:.3f`). Two minuses make a plus. Nobody would have proposed
# this channel, but with the product in hand a story is soon told. It is the coast again: it
# started high, its patents soared and its trade share shrank. The bootstrap, which lets whole
# provinces come and go, gives {glue:text}`patents_conf_low:.3f` to {glue:text}`patents_conf_high:.3f` and is not
# convinced.
#
# A mediator picked after the fact shows an association of three things that moved together. It
# shows a channel only if something outside the regression says so.
#
# ## How much would it take to undo it?
#
# Neither assumption can be tested. One can ask, though, how badly it must fail. Let a variable that we
# left out explain a share of what is left of the index, once effects and controls are taken out, and a
# share of what is left of the outcome. {cite:t}`cinelli2020making` show that the bias depends on these
# two shares and nothing else:
#
# ```{math}
# :label: eq-df-mechanisms-bias
# |\text{bias}| = s \sqrt{df} \, \sqrt{ \frac{R^2_{y} \, R^2_{x}}{1 - R^2_{x}} } ,
# ```
#
# with $s$ the *ordinary* standard error and $df$ its degrees of freedom. The **robustness value** is the
# share that, explained of both, takes the estimate to zero. Whether that is much or little is a matter of
# comparison: the diamonds in {numref}`fig-df-mechanisms-twin` are confounders as strong as one of the
# controls.

# %%
from digitrade.exhibits.contours import contour_plot
from digitrade.methods.sensitivity import path_sensitivity

twin_paths = path_sensitivity(kept, roads, label="Twin:")
public_paths = path_sensitivity(panel, roads_public, label="Public:")
contour_plot(
    twin_paths["total"],
    name="fig-df-mechanisms-twin",
    caption="The total effect on the twin, were a variable omitted that explains these shares. "
    "Simulated data.",
)

# %%
for source, paths in {"twin": twin_paths, "public": public_paths}.items():
    for path, found in paths.items():
        glue_numbers(**{f"{source}_{path}_value": 100 * found.robustness_value})
total = public_paths["total"].summary().iloc[0]
glue_numbers(public_total=total["estimate"], public_left=total["benchmark_estimate"])
glue_numbers(public_benchmark=label(total["benchmark"]).lower())

# %% [markdown]
# On the twin a confounder must explain {glue:text}`twin_total_value:.0f` per cent of both index and quality to
# remove the total effect, more of either than any control accounts for. Nobody hid one there. The same
# picture on public figures is {numref}`fig-df-mechanisms-public`.

# %%
contour_plot(
    public_paths["total"],
    name="fig-df-mechanisms-public",
    caption=f"The same for {label(outcome).lower()}. Public figures.",
)

# %% [markdown]
# The robustness value is {glue:text}`public_total_value:.0f` per cent, which sounds comfortable. The benchmark
# says otherwise: a confounder as strong as {glue:text}`public_benchmark` could turn
# {glue:text}`public_total:.3f` into {glue:text}`public_left:.3f`. We hold urbanisation constant; is there
# nothing else like it?
#
# The same can be asked of each path. A product is zero as soon as one factor is, so *an indirect effect
# is no more robust than the weaker of its paths*.

# %% tags=["full-width"]
both = [*twin_paths.values(), *public_paths.values()]
record("sensitivity", pd.concat([one.tidy() for one in both]))
frame_table(
    pd.concat([one.summary() for one in both]),
    name="tab-df-mechanisms-robustness",
    caption="What an omitted variable must explain, infrastructure as mediator, twin and public",
    heads={"label": "Coefficient"},
    note="For the interval: the share at which the ordinary confidence interval reaches zero; it "
    "treats rows as independent, which rows of one province are not, so it flatters. Benchmark: a "
    "confounder as strong as the control named.",
)

# %% [markdown]
# Path $b$ of infrastructure falls to a confounder of {glue:text}`twin_b_value:.0f` per cent on the twin.
# On public figures {glue:text}`public_b_value:.0f` per cent would do, but that path was never
# distinguishable from zero to begin with.
#
# ## What we learned, and what we did not
#
# The printed indirect effects amount to {glue:text}`share_finance:.0f` and
# {glue:text}`share_roads:.0f` per cent of the printed total. A twin with such effects built in shows how
# wide the interval around such a share is with thirty provinces, something the summary does not tell.
# On public figures for road and rail density, the first path has the opposite sign in levels, and the
# product cannot be told from zero. That does not refute the study, whose measures of infrastructure and of
# quality are others; it does mean that the channel is not visible in the roads.
#
# We did not learn whether either channel exists. Financial development cannot be followed at all without
# loans and deposits. A referee would ask when the two mediators were chosen and from how many; for paths
# with standard errors; for what else moves mediator and outcome together; whether quality brings
# infrastructure rather than the reverse; and for a source of variation in the mediator itself.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Turn the arrow round
# :label: ex-df-mechanisms-reverse
# On the twin, infrastructure moves quality and quality never moves infrastructure. Estimate the
# mediation with the two swapped: index, then quality, then infrastructure. Predict what the bootstrap
# interval will say.
# ```
#
# ```{solution-start} ex-df-mechanisms-reverse
# :class: dropdown
# ```
#
# It finds a channel that is not there. Given the index, quality and infrastructure are correlated, and a
# correlation looks the same from both ends; path $a$ of the false channel is simply the total
# effect.

# %%
swapped, rng = simulated.replace(outcome="infrastructure_twin"), np.random.default_rng(seed)
turned = mediate(kept, swapped, "hdft", draws=draws, rng=rng)
turned.tidy()[["label", "estimate", "p_value", "conf_low", "conf_high"]].round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Kilometres or per cent
# :label: ex-df-mechanisms-logs
# Repeat the public column of {numref}`tab-df-mechanisms-infrastructure` with the *log* of density. Which
# path changes its sign?
# ```
#
# ```{solution-start} ex-df-mechanisms-logs
# :class: dropdown
# ```
#
# Path $a$ does, and is no longer distinguishable from zero. A channel that exists in one unit of
# measurement and not in the other is a statement about units.

# %%
rng = np.random.default_rng(seed)
in_logs = mediate(density, public, "ln_infrastructure", draws=draws, rng=rng)
in_logs.summary().round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Honest draws
# :label: ex-df-mechanisms-draws
# The default twin is made to give the printed products. Other seeds are honest draws around the same
# truth. How far do their indirect effects through infrastructure scatter, and is the bootstrap's standard
# error about right?
# ```
#
# ```{solution-start} ex-df-mechanisms-draws
# :class: dropdown
# ```
#
# About right: the spread over twenty worlds and the average of their bootstrap standard errors are of the
# same size. A single study sees one of these worlds, and its standard error is a draw as well.

# %%
honest = []
for step in range(1, 21):
    world = simulate_provinces(seed=twin_seed + step).panel
    rng = np.random.default_rng(seed)
    honest.append(mediate(world, simulated, "infrastructure_twin", draws=199, rng=rng))
products = pd.Series([one.indirect for one in honest])
errors = [(one.drawn["a"] * one.drawn["b"]).std() for one in honest]
products.describe().round(4), f"average bootstrap standard error: {np.mean(errors):.4f}"

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Half of it
# :label: ex-df-mechanisms-half
# How much must a confounder explain to halve the public estimate instead of removing it? Predict first:
# half of the robustness value, or more?
# ```
#
# ```{solution-start} ex-df-mechanisms-half
# :class: dropdown
# ```
#
# A little more than half: for small shares the bias grows almost in proportion to the share, when both
# shares grow together.

# %%
from digitrade.methods.sensitivity import sensitivity

half = sensitivity(panel, public, reduction=0.5)
round(half.robustness_value, 3), round(public_paths["total"].robustness_value, 3)

# %% [markdown]
# ```{solution-end}
# ```
