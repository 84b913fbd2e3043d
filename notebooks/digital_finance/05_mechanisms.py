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
# The summary gives no standard error, so that word cannot be checked. It names further ways, such as
# loans to small exporters whose risk is scored from data, lower costs of a transaction, online sales and
# settlement across borders. It prints no number for them, and no public figure here measures them.
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
last_year: int = 2021  # last year [2011..2021; at least first_year + 2; at least first_year + 3 if covariance = driscoll-kraay]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 18]
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
world = simulate_provinces(seed=twin_seed)
regional = world.parts["year_effect"].rename("regional_years")
kept = world.panel.join(regional).query(rows).reset_index(drop=True)

# %%
from digitrade.data.labels import label

glue_numbers(outcome=label(outcome).lower())
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
    "and controls. A point is a province in a year; the slope of the line is path a. Public figures.",
)

# %% [markdown]
# The slope is {glue:text}`public_a:.3f` ({glue:text}`public_a_se:.3f`), {glue:text}`public_a_sure`: the
# density of roads and railways {glue:text}`public_a_goes` with the log index.
# {numref}`tab-df-mechanisms-thirds` shows who built how much, by where the index started.

# %% [markdown] tags=["if:public_a<0"]
# On these figures the channel starts with the sign opposite to the one that the story needs.

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

# %% [markdown] tags=["own-run"]
# The provinces that started low, and whose index therefore grew most in logs, are large and thinly
# built: they added the fewest kilometres per square kilometre, and the most in per cent. So the same
# roads give a negative path in levels and a positive one in logs. Some jumps are no roads at all: the
# length was counted anew in Jiangxi in 2019 and in Sichuan in 2020.

# %% [markdown]
# Which measure of infrastructure the study used is not in our sources.
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
glue_numbers(step_total=steps[0].main.estimate, step_both=steps[-1].main.estimate)
regression_table(
    steps,
    name="tab-df-mechanisms-shrinks",
    caption="HDFT on the log index, with mediators added, twin",
    digits=4,
)

# %% [markdown]
# With both mediators it goes from {glue:text}`step_total:.4f` to {glue:text}`step_both:.4f`. What is
# wrong with stopping here? The *difference* between two coefficients has a sampling error of its own,
# which neither column shows. A coefficient may shrink because a control was added that has nothing to do
# with a channel. And it need not shrink at all when the channel works against the rest.
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
# - **Joint significance**: call the product different from zero if *both* paths are. It is simple, and
#   in simulations it errs less often than Sobel's test {cite:p}`mackinnon2002comparison`; but it gives
#   no interval.
# - **The bootstrap**: draw as many provinces as there are, with replacement, each with all its years;
#   estimate everything anew, and repeat. The middle part of the results is the interval, and it may be
#   lopsided. A province that is drawn twice counts as two provinces, and every draw has year effects of
#   its own.

# %%
from digitrade.exhibits.comparison import mediation_table
from digitrade.exhibits.phrases import compared, covers, goes, sure
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
# The twin's indirect effect is {glue:text}`boot:.4f`. On the book's seed and rows that is the printed
# number, because the twin was made to give it. Nothing was done to its uncertainty, which comes from the noise.
# Sobel's interval, {glue:text}`sobel_low:.4f` to {glue:text}`sobel_high:.4f`, has to reach equally far to both
# sides of the estimate; the bootstrap's, {glue:text}`boot_low:.4f` to {glue:text}`boot_high:.4f`, has not.
# And the share mediated, a headline in many papers, has an interval from {glue:text}`share_low:.0f` to
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
product = found.loc["Indirect effect, bootstrap"]
glue_row("public_indirect", product)
glue_numbers(public_covers=covers(product["conf_low"], product["conf_high"]))
glue_numbers(public_share=100 * roads_public.share)

# %% [markdown]
# In the public column path $a$ is {glue:text}`public_a_sign`, path $b$ is {glue:text}`public_b:.3f`
# ({glue:text}`public_b_sure`), and the product {glue:text}`public_indirect:.4f`. Its interval, from
# {glue:text}`public_indirect_low:.4f` to {glue:text}`public_indirect_high:.4f`, {glue:text}`public_covers`
# zero. The share of the total effect on {glue:text}`outcome` is {glue:text}`public_share:.0f` per cent.

# %% [markdown] tags=["if:public_share<0"]
# A *negative share* is no mistake in the arithmetic: the product and the total have different signs, the
# supposed channel works against the rest, and "a portion of the effect" has lost its meaning.

# %% [markdown] tags=["if:public_indirect_low<0", "if:public_indirect_high>0"]
# So these public figures do not show a channel through road density, and leave room for one in either
# direction.

# %% [markdown]
# ## The share that is true
#
# On the twin one can look up what the share should be. One twin may be an accident, so
# {numref}`tab-df-mechanisms-honest` has many: *honest draws*, that is, twins with other seeds whose noise was
# not moved.

# %% tags=["full-width"]
from digitrade.exhibits.honest import honest_table
from digitrade.studies.digital_finance.twin.honest import honest_summary

here = {
    "baseline": roads.total,
    "via_finance": finance.indirect,
    "finance_share": finance.share,
}
here |= {"via_infrastructure": roads.indirect, "roads_share": roads.share}
honest = honest_summary([*here])
honest_table(
    honest,
    estimates=here,
    name="tab-df-mechanisms-honest",
    caption="Total effect, products and shares: on this page's twin and in honest draws",
)

# %%
coverage = 100 * honest.set_index("target")["coverage"]
true = world.truth.set_index("parameter")["value"]
true_total = kept["true_effect"].mean()
shares = {
    "finance": share,
    "infrastructure": roads.tidy().set_index("label").loc["Share mediated"],
}
glue_numbers(**coverage.add_prefix("coverage_"), true_total=true_total)

# %%
for name, row in shares.items():
    real = true[f"index_on_{name}"] * true[f"{name}_on_hdft"] / true_total
    inside = covers(row["conf_low"], row["conf_high"], real)
    glue_numbers(**{f"true_{name}": 100 * real, f"{name}_covers": inside})
    glue_numbers(**{f"found_{name}": 100 * row["estimate"]})
glue_row("twin_total", roads.total_fit.main)
glue_numbers(total_compared=compared(roads.total, true_total))

# %% [markdown]
# The products are right on average. The totals are not: the average true effect of the index on this page's
# twin is {glue:text}`true_total:.3f`, and the estimate, {glue:text}`twin_total:.4f`, is
# {glue:text}`total_compared` it. The twin's regions have years of their own that move with the index
# ({ref}`the chapter on heterogeneity <ch-df-heterogeneity>` has the arithmetic), and the two-way regression
# counts them as an effect of the index. The share is a fraction with this total below the line. Through
# finance runs {glue:text}`true_finance:.0f` per cent of the true effect, and the estimate is
# {glue:text}`found_finance:.0f`; through infrastructure {glue:text}`true_infrastructure:.0f` per cent, and
# the estimate is {glue:text}`found_infrastructure:.0f`. The bootstrap interval of the first
# {glue:text}`finance_covers` the truth, that of the second {glue:text}`infrastructure_covers` it.
#
# In the draws the intervals of the products hold the truth in {glue:text}`coverage_via_finance:.0f` and
# {glue:text}`coverage_via_infrastructure:.0f` per cent, those of the shares in
# {glue:text}`coverage_finance_share:.0f` and {glue:text}`coverage_roads_share:.0f`. The bootstrap is not at
# fault. It draws provinces anew, and the same confounded total is in every draw. If the study's total is
# confounded in this manner, its shares are too small; nothing in print can settle that.
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
# <ch-df-thresholds>` is about just such a dependence. And cause and effect must not be swapped, which no
# regression can tell: on the twin infrastructure moves quality and never the reverse, and still
# {ref}`an exercise <ex-df-mechanisms-reverse>` estimates a "channel" from the index through *quality* to
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
patents = found.set_index("mediator").loc["inventions_per_head"]
glue_numbers(**patents.add_prefix("patents_"), patents_per_cent=100 * patents["share"])
glue_numbers(sobel_says=sure(patents["p_sobel"]), joint_says=sure(patents["p_joint"]))
glue_numbers(a_goes=goes(patents["a"]), b_goes=goes(patents["b"]))
path_b = tried[1].outcome_fit["inventions_per_head"]
glue_numbers(b_error=path_b.std_error, b_scatter=tried[1].drawn["b"].std())
glue_numbers(patents_cover=covers(patents["conf_low"], patents["conf_high"]))

# %% [markdown]
# Take inventions. Of the effect on {glue:text}`outcome`, {glue:text}`patents_per_cent:.0f` per cent "runs
# through" them. The product is {glue:text}`sobel_says` by Sobel's test and {glue:text}`joint_says` by joint
# significance, the better of the two. The bootstrap's interval, {glue:text}`patents_conf_low:.3f` to
# {glue:text}`patents_conf_high:.3f`, {glue:text}`patents_cover` zero. Now look at the paths. The number of
# inventions per head {glue:text}`a_goes` with the log index ({glue:text}`patents_a:.2f`), and
# {glue:text}`outcome` {glue:text}`b_goes` with inventions ({glue:text}`patents_b:.3f`).

# %% [markdown] tags=["if:patents_a<0", "if:patents_b<0"]
# The product of two negative paths is positive: the index is said to raise {glue:text}`outcome` by way of
# fewer patents, which are said to lower it. Nobody would propose such a channel beforehand.

# %% [markdown] tags=["if:patents_p_sobel<0.05", "if:patents_p_joint<0.05", "if:patents_conf_low<0", "if:patents_conf_high>0"]
# Both usual tests let it pass, for both take the clustered standard error of path $b$ as it is,
# {glue:text}`b_error:.4f`. Over the bootstrap's draws the path scatters by {glue:text}`b_scatter:.4f`: it
# rests on a few provinces with very many patents, and is another one where they are not drawn.

# %% [markdown] tags=["own-run"]
# The coast makes this channel. It started high, so that its index grew least in logs; its patents soared,
# and its trade shares shrank.

# %% [markdown]
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
# with $R^2_x$ the first share, $R^2_y$ the second, $s$ the *ordinary* standard error and $df$ its degrees
# of freedom. The **robustness value** is the share that, explained of both, takes the estimate to zero.
# Whether that is much or little is a matter of comparison: the diamonds in
# {numref}`fig-df-mechanisms-twin` are confounders that explain as much of index and outcome as one of the
# controls does.

# %%
from digitrade.exhibits.shapes import contour_plot
from digitrade.methods.decompositions import decompose_slope
from digitrade.methods.sensitivity import path_sensitivity, sensitivity

twin_paths = path_sensitivity(kept, roads, label="Twin:")
public_paths = path_sensitivity(panel, roads_public, label="Public:")
contour_plot(
    twin_paths["total"],
    name="fig-df-mechanisms-twin",
    caption="The total effect on the twin, were a variable omitted that explains these shares. Along a "
    "line the estimate that is left is the same: zero on the thick line, below zero on dashed ones. Dot: "
    "the robustness value. Diamonds: confounders as strong as a control. Simulated data.",
)

# %%
for source, paths in {"twin": twin_paths, "public": public_paths}.items():
    for path, found in paths.items():
        glue_numbers(**{f"{source}_{path}_value": 100 * found.robustness_value})

# %% [markdown]
# On the twin a confounder must explain {glue:text}`twin_total_value:.0f` per cent of both index and
# quality to remove the total effect. One is in there. It is the series of the regions' own years, which
# the regression leaves out and which we, who made the twin, can put in.

# %%
longer = simulated.replace(controls=("regional_years", *simulated.controls))
held = fixed_effects(kept, longer.replace(label="Twin, held"))
hidden = simulated.replace(regressor="regional_years", controls=simulated.regressors)
in_outcome = sensitivity(kept, hidden).partial_r2
in_index = simulated.replace(outcome="ln_dfi", regressor="regional_years")
in_index = sensitivity(kept, in_index).partial_r2

# %%
record("regional years held, twin", held.tidy())
glue_row("held", held.main)
glue_numbers(in_index=100 * in_index, in_outcome=100 * in_outcome)
dummies = decompose_slope(kept, simulated, "region").parts.set_index("part")["weight"]
glue_numbers(by_dummies=100 * dummies["between groups"])
left = twin_paths["total"].adjusted(in_index, in_outcome)
glue_numbers(
    by_formula=abs(roads.total - left), moved=abs(roads.total - held.main.estimate)
)

# %% [markdown]
# It explains {glue:text}`in_index:.0f` per cent of what is left of the index ({glue:text}`by_dummies:.0f`
# per cent if each region gets a dummy for each year) and {glue:text}`in_outcome:.0f` per cent of what is
# left of quality. With it held constant the estimate goes from {glue:text}`twin_total:.4f` to
# {glue:text}`held:.4f`. It moves by {glue:text}`moved:.4f`, and {eq}`eq-df-mechanisms-bias` gives
# {glue:text}`by_formula:.4f` for these two shares. The mean true effect is {glue:text}`true_total:.3f`. What
# is still between the two has other reasons: one slope weighs the provinces' different effects in its own
# way, there is noise, and on the book's seed it was moved so that the printed numbers come out.

# %% [markdown] tags=["if:in_outcome<twin_total_value"]
# Of the outcome this confounder explains less than the robustness value, and it moves the estimate all the
# same.

# %% [markdown]
# A robustness value is the strength at which an estimate is gone. It is no measure of how far off the
# estimate is. The same picture on public figures is {numref}`fig-df-mechanisms-public`.

# %%
contour_plot(
    public_paths["total"],
    name="fig-df-mechanisms-public",
    caption=f"The same for {label(outcome).lower()}. A hollow diamond would have to explain more of the "
    "outcome than all that is left of it, and is drawn at one. Public figures.",
)

# %%
total = public_paths["total"].summary().iloc[0]
marks = public_paths["total"].benchmarks.set_index("control")
strongest = marks.loc[total["benchmark"], "r2_regressor"]
odds = total["partial_r2"] / (1 - total["partial_r2"])
glue_numbers(needed=100 * odds * (1 - strongest) / strongest, strongest=100 * strongest)
glue_numbers(public_total=total["estimate"], public_left=total["benchmark_estimate"])
glue_numbers(public_benchmark=label(total["benchmark"]))
glue_numbers(implied=100 * total["benchmark_implied"])

# %% [markdown]
# The robustness value is {glue:text}`public_total_value:.0f` per cent. The strongest benchmark is the
# control *{glue:text}`public_benchmark`*, which explains {glue:text}`strongest:.0f` per cent of what is
# left of the index. Set $|\text{bias}|$ equal to the estimate in {eq}`eq-df-mechanisms-bias`: a confounder
# with that share in the index takes the estimate to zero if it explains {glue:text}`needed:.0f` per cent of
# what is left of the outcome. (Beyond a hundred, none can.)

# %% [markdown] tags=["if:implied>100"]
# To be as strong as the control in the outcome, too, it would have to explain {glue:text}`implied:.0f` per
# cent of what is left of it. There is no more than all of it, so no such confounder exists. Programs cut
# the share to one, and then report what a confounder leaves that explains *everything* left of the outcome,
# {glue:text}`public_left:.3f` instead of {glue:text}`public_total:.3f`. That is a bound, not a likely case.

# %% [markdown] tags=["unless:implied>100"]
# One as strong as the control in the outcome, too, would explain {glue:text}`implied:.0f` per cent of what
# is left of it, and could turn {glue:text}`public_total:.3f` into {glue:text}`public_left:.3f`.

# %% [markdown]
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
    note="Partial R²: the share of what is left of the outcome that the variable explains. For the "
    "interval: the share at which the ordinary confidence interval reaches zero; it "
    "treats rows as independent, which rows of one province are not, so it flatters. Benchmark: a "
    "confounder as strong as the control named. If it needs more than 1 of the outcome there can be "
    "none, and the last column is what explaining all of the outcome would leave.",
)

# %% [markdown]
# Path $b$ of infrastructure is gone with a confounder that explains {glue:text}`twin_b_value:.0f` per cent of
# both sides on the twin, and {glue:text}`public_b_value:.0f` per cent on public figures, where that path is
# {glue:text}`public_b_sure` to begin with.
#
# ## What we learned, and what we did not
#
# The printed indirect effects amount to {glue:text}`share_finance:.0f` and
# {glue:text}`share_roads:.0f` per cent of the printed total. A twin with such effects built in shows how
# wide the interval around such a share is with thirty provinces, and that it lies in the wrong place where
# the total is confounded. On public figures for road and rail density, the first path is
# {glue:text}`public_a_sign`, and the interval of the product {glue:text}`public_covers` zero. That does not
# refute the study, whose measures of infrastructure and of quality are others.
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
# interval will be.
# ```
#
# ```{solution-start} ex-df-mechanisms-reverse
# :class: dropdown
# ```
#
# The true product is zero, since quality moves nothing. Given the index, quality and infrastructure are
# correlated, and a correlation is the same in both directions, so path $b$ is not zero; path $a$ of the
# false channel is simply the total effect.

# %%
swapped, rng = simulated.replace(outcome="infrastructure_twin"), np.random.default_rng(seed)
turned = mediate(kept, swapped, "hdft", draws=draws, rng=rng)
false = turned.tidy().set_index("label").loc["Indirect effect, bootstrap"]
glue_numbers(false_covers=covers(false["conf_low"], false["conf_high"]))
turned.tidy()[["label", "estimate", "conf_low", "conf_high"]].round(4)

# %% [markdown]
# The bootstrap interval {glue:text}`false_covers` zero.
#
# ```{solution-end}
# ```
#
# ```{exercise} Kilometres or per cent
# :label: ex-df-mechanisms-logs
# Repeat the public column of {numref}`tab-df-mechanisms-infrastructure` with the *log* of density. What
# happens to path $a$?
# ```
#
# ```{solution-start} ex-df-mechanisms-logs
# :class: dropdown
# ```
#
# Compare the signs of path $a$ in kilometres and in logs. If the sign changes with the unit of measurement,
# it is no property of the roads.

# %%
rng = np.random.default_rng(seed)
in_logs = mediate(density, public, "ln_infrastructure", draws=draws, rng=rng)
glue_row("log_a", in_logs.mediator_fit.main)
in_logs.summary().round(4)

# %% [markdown]
# Path $a$ is {glue:text}`public_a:.3f` in kilometres and {glue:text}`log_a:.3f` in logs, where it is
# {glue:text}`log_a_sure`.
#
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
# A little more than half: when both shares grow together, the bias grows somewhat faster than the share,
# since a confounder that explains more of the index leaves less of it to divide by.

# %%
half = sensitivity(panel, public, reduction=0.5)
round(half.robustness_value, 3), round(public_paths["total"].robustness_value, 3)

# %% [markdown]
# ```{solution-end}
# ```
