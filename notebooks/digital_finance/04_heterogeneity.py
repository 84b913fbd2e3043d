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
# (ch-df-heterogeneity)=
# # Heterogeneity: who gains, and more than whom?
#
# **After this chapter you can** estimate a slope for each group of provinces, test whether the slopes
# *differ* instead of counting stars, say what an interacted model assumes that split samples do not,
# and take a pooled slope apart into what comes from within groups and what from between them.
# **It assumes** {ref}`the baseline <ch-df-baseline>`. **It runs** in under half a minute.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Columns called *twin* rest on simulated outcomes, index dimensions and financial development, built
# around the public index so that the printed coefficients come out: they are evidence about the
# method and the code, never about China.
# :::

# %% [markdown]
# ## The claim
#
# The study {cite:p}`hohai2025research` reports that digital finance works where much is in place
# already: in the east, and where finance is developed. It splits its sample, and it splits its index.

# %%
from digitrade.data import load_provinces, load_published, published_estimate
from digitrade.exhibits.groups import claims_note
from digitrade.exhibits.table import claim_table, frame_table, without_repeats

rows = load_published("estimates", study="digital_finance")
split = rows[rows["table"].isin(["region", "financial_level", "dimension"])]
claim_table(
    split,
    name="tab-df-heterogeneity-claim",
    caption="The claim, as a news summary of the study prints it",
    note=claims_note(split),
)

# %% [markdown]
# A sample split by region is one equation in which *everything* has a regional index:
#
# ```{math}
# :label: eq-df-heterogeneity
# y_{it} = \alpha_i + \lambda_{g(i)t} + \beta_{g(i)} \ln DFI_{it} + \gamma_{g(i)}' z_{it} + u_{it}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $y_{it}$ | outcome of province $i$ in year $t$ | `hdft` (twin), the parameter `outcome` (public) |
# | $g(i)$ | the group of province $i$, the same in all years | `region`, `finance`, `start`, `kind` |
# | $\beta_g$ | slope of the log index in group $g$ | `ln_dfi` |
# | $z_{it}$, $\gamma_g$ | controls, and their coefficients in group $g$ | the four of the baseline |
# | $\alpha_i$, $\lambda_{gt}$ | effects of provinces, and of years in each group | `province`, `year` |
#
# The claim is not that one $\beta_g$ has a star. It is that $\beta_{east} > \beta_{west}$. So that is
# what has to be tested.

# %% tags=["parameters"]
first_year: int = 2011  # first year of the sample [2011..2021]
last_year: int = 2021  # last year [2011..2021; at least first_year + 3]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 5]
outcome: str = "openness"  # public outcome [openness | ln_trade | trade_quality]
split_rule: str = "period-mean"  # level split at its median [first-year | period-mean]
covariance: str = "clustered"  # standard errors [clustered | robust | driscoll-kraay]
draws: int = 9999  # draws of bootstrap and permutation [99..99999]
seed: int = 20250613  # seed of bootstrap and permutation [0..4294967295]
twin_seed: int = 2025  # seed of the simulated provinces [0..4294967295]
confidence: float = 0.95  # level of the confidence intervals [0.5..0.999]

# %%
from digitrade.methods.sample import Sample, complete_rows
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import BASELINE, build_province_panel

OUTCOMES = ["openness", "ln_trade", "trade_quality"]
sample = years_between(Sample.of(load_provinces()), first_year, last_year)
sample = without_provinces(sample, provinces_excluded)
public = complete_rows(Sample.of(build_province_panel(sample.panel)), OUTCOMES).panel

# %%
from digitrade.studies.digital_finance.twin import simulate_provinces

kept = "@first_year <= year <= @last_year and province not in @provinces_excluded"
twin = simulate_provinces(seed=twin_seed).panel.query(kept).reset_index(drop=True)

# %%
import numpy as np
import pandas as pd

REGIONS = {"east": "East", "central": "Centre", "west": "West"}
for panel in (public, twin):
    panel["region"] = pd.Categorical(panel["region"], list(REGIONS))
baseline = BASELINE.replace(outcome=outcome, covariance=covariance, confidence=confidence)
on_twin = baseline.replace(outcome="hdft")
rng = np.random.default_rng(seed)

# %% [markdown]
# ## Look first
#
# Before asking whether slopes differ, see whether the groups even lived through the same years.

# %% tags=["full-width"]
from digitrade.data.labels import label
from digitrade.exhibits.series import small_multiples

small_multiples(
    public,
    outcome,
    name="fig-df-heterogeneity-outcome",
    caption=f"{label(outcome)} by province, a line each; highest and lowest of the last year in "
    "orange. A line is broken where a year has no figure. Public figures.",
)

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.methods.regression import within_by

news = 100 * within_by(public, "ln_dfi", "region", baseline)
glue_numbers(**news.rename("news_{}".format), outcome=label(outcome).lower())

# %% [markdown] tags=["own-run"]
# They did not. In the east trade shares were very high and came down; inland there was little to come
# down from.

# %% [markdown]
# Regions have years of their own, and whoever compares slopes has to decide what to do about it. The
# regions also differ in how much there is to learn from them: of what the effects leave of the log index,
# {glue:text}`news_east:.0f` per cent lies in the east, {glue:text}`news_central:.0f` in the centre and
# {glue:text}`news_west:.0f` in the west.
#
# ## The obvious estimate: split the sample
#
# Run the baseline in each region on its own. {numref}`tab-df-heterogeneity-regions` puts the result
# beside what was printed. On the book's seed and rows the twin's eastern slope is the printed one, because
# the twin was made to give it; nothing was done to its standard errors.

# %%
from digitrade.exhibits.groups import (
    designs_table,
    differences_table,
    groups_table,
    printed_cells,
)
from digitrade.methods.heterogeneity import by_group

by_region = by_group(public, baseline, "region")
twin_by_region = by_group(twin, on_twin, "region")

# %%
groups_table(
    {
        "Printed": printed_cells(rows.query("table == 'region'"), REGIONS),
        "Twin: HDFT": twin_by_region.slopes,
        f"Public: {label(outcome)}": by_region.slopes,
    },
    REGIONS,
    name="tab-df-heterogeneity-regions",
    caption="Slope of the log index by region, split samples",
)

# %%
from digitrade.exhibits.phrases import agreement, listed

record("regions", by_region.slopes)
record("regions, twin", twin_by_region.slopes)
slopes = by_region.slopes.set_index("group").rename(index=REGIONS)
surely = [f"the {name.lower()}" for name in slopes.query("p_value < 0.05").index]
glue_numbers(highest=slopes["estimate"].idxmax().lower(), surely=listed(surely or ["none"]))

# %% [markdown]
# On public figures the highest slope for {glue:text}`outcome` is that of the {glue:text}`highest`.
# Significant at five per cent: {glue:text}`surely`.
#
# ## What is wrong: stars are no test
#
# "Significant in the east, insignificant in the west" does not say that east and west differ
# {cite:p}`gelman2006difference`. A slope of $0.10$ with a standard error of $0.04$ and one of $0.05$ with
# the same error differ by less than one standard error of their difference. The difference needs a
# standard error of its own. With split samples it is easy to have: no province is in two regions, so
# the estimates are independent as far as clusters are, and the squared errors add up.
#
# The same can be had from one regression. Interact the index, the controls *and the year effects* with
# the region, and every coefficient of the split samples comes back exactly {cite:p}`chow1960tests`; only
# the small-sample factor changes, since the clusters are now counted together. Most interacted models in
# print have fewer interactions than that.
#
# ## Better: interactions, and which years are compared
#
# {numref}`tab-df-heterogeneity-designs` has four columns. The first two are the same model. The third
# gives all regions the same year effects, the fourth also the same coefficients of the controls: what
# you get by adding `index × region` to a baseline.

# %% tags=["full-width"]
designs_table(
    by_region,
    REGIONS,
    name="tab-df-heterogeneity-designs",
    caption=f"Slopes by region under four models, {label(outcome)}, public figures",
    note="N of a pooled model is that of all regions.",
)

# %%
pooled = by_region.interacted.set_index(["design", "group"])["estimate"]
record("regions, interacted", by_region.interacted)
for name, design in {"own_top": "own years", "years_top": "common years"}.items():
    glue_numbers(**{name: REGIONS[pooled[design].idxmax()].lower()})

# %% [markdown]
# With years of their own the highest slope is that of the {glue:text}`own_top`, with common years that of
# the {glue:text}`years_top`. The arithmetic of both is right. They compare different things:
#
# - **Own years**: in a coastal province whose index gained more than that of *other coastal provinces*,
#   did {glue:text}`outcome` gain more, too? Whatever hit the coast as a whole drops out.
# - **Common years**: did it rise more than *the country as a whole* made one expect? What happened to the
#   whole coast counts as evidence on the coast's slope.
#
# A study that shows one of the two should say which, and why. If regions have shocks of their own, such
# as weak demand for what ports ship, and the index moves with them, common years charge them to the
# index.

# %%
tested = by_group(public, baseline, "region", designs=["own years"], draws=draws, rng=rng)
twin_tested = by_group(twin, on_twin, "region", designs=["own years"], draws=draws, rng=rng)

# %% tags=["full-width"]
differences_table(
    {"Public": tested, "Twin": twin_tested},
    words=REGIONS,
    name="tab-df-heterogeneity-differences",
    caption="Do slopes differ between regions? Every region with years and controls of its own",
)

# %%
record("regions, differences", tested.differences)
record("regions, differences, twin", twin_tested.differences)
tests, twin_tests, plain = (
    one.differences.set_index(["contrast", "test"]).sort_index()
    for one in (tested, twin_tested, by_region)
)
glue_row("gap", tests.loc["east less west", "t"])
glue_row("twin_gap", twin_tests.loc["east less west", "t"])
glue_row("twin_wild", twin_tests.loc["east less west", "wild bootstrap"])

# %%
shared = "design == 'slope only'"
joint = tests.loc["all equal"]
glue_row("joint", joint.drop("permutation").iloc[0])
glue_row("permuted", joint.loc["permutation"])
glue_row("joint_plain", plain.query(shared).loc["all equal"].iloc[0])
glue_numbers(few=int(joint["fewest"].iloc[0]))

# %% [markdown]
# **Public figures.** East less west is {glue:text}`gap:.3f` with a standard error of
# {glue:text}`gap_se:.3f`, {glue:text}`gap_sure`. The difference between all three is
# {glue:text}`joint_sure` ({glue:text}`joint_p_is`) when each has years of its own, and
# {glue:text}`joint_plain_sure` ({glue:text}`joint_plain_p_is`) with common years and controls.
#
# **Few provinces.** The smallest region has {glue:text}`few`. A clustered standard error that rests on so few is
# more often too small than too large, so the $t$ and $F$ tests, which count all clusters as if each carried
# the difference, reject too easily. Two other tests stand beside them.
#
# The *wild cluster bootstrap* {cite:p}`cameron2008bootstrap`, which you met in
# {ref}`the baseline chapter <ch-df-baseline>`, tests the interaction with the null imposed. It corrects for
# few clusters; when one side has only a handful it can err either way {cite:p}`mackinnon2017wild`.
#
# The *permutation test* {cite:p}`fisher1935design` starts elsewhere. Suppose that the region makes no
# difference. Then the regions' names might as well have been drawn by lot, from as many slips of paper as
# there are provinces. Do that: shuffle the names over the provinces, estimate every group again with its
# own years and controls, and measure how far apart the slopes lie. Do it thousands of times. The $p$-value
# is the share of shuffles, the true regions counted as one, in which the slopes lie at least as far apart
# as in the true regions. This is exact if regions differ in nothing at all. But they may have one slope and
# still differ, say because the figures of one are noisier, and then the plain distance between slopes takes
# noise for a difference. The remedy is to *studentise*: divide each distance by its own clustered standard
# error, in the true regions and in every shuffle. The test is then right in large samples even if regions
# differ in other ways than the slope {cite:p}`chung2013exact`. For three equal slopes it gives
# {glue:text}`permuted_p_is`.

# %% [markdown]
# **Twin.** There the truth is known: the east's slope *is* the highest, and regions have shocks of their
# own. East less west is {glue:text}`twin_gap:.3f` with a standard error of {glue:text}`twin_gap_se:.3f`
# ({glue:text}`twin_gap_sure` by $t$; bootstrap {glue:text}`twin_wild_p_is`). Would a difference
# of this size be seen as a rule? One twin cannot answer that. {numref}`tab-df-heterogeneity-honest` has many:
# honest draws, that is, twins with other seeds whose noise was not moved.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.digital_finance.twin.honest import honest_summary

targets = "east central west east_west east_west_wild east_west_shared regions_equal"
honest = honest_summary([*targets.split(), "finance_high", "finance_low", "finance_gap"])

# %% tags=["full-width"]
honest_table(
    honest,
    name="tab-df-heterogeneity-honest",
    caption="Slopes of groups and their differences in honest draws of the twin",
)

# %%
worth = honest.set_index("target")
power = (
    100 * worth["power"][["east_west", "east_west_wild", "regions_equal", "finance_gap"]]
)
glue_numbers(**power.add_prefix("power_"), honest_draws=int(honest["draws"].max()))
glue_numbers(honest_sd=worth["sd"]["east_west"], honest_se=worth["mean_se"]["east_west"])
glue_numbers(honest_ratio=worth["mean_se"]["east_west"] / worth["sd"]["east_west"])
glue_numbers(shared_truth=worth["truth"]["east_west_shared"])
glue_numbers(shared_mean=worth["mean"]["east_west_shared"])

# %% [markdown]
# Of {glue:text}`honest_draws` draws $t$ finds the difference between east and west in
# {glue:text}`power_east_west:.0f` per cent, the bootstrap in {glue:text}`power_east_west_wild:.0f`, and the
# permutation finds the three regions unequal in {glue:text}`power_regions_equal:.0f` per cent. Whether a
# true difference of the printed size is seen in thirty provinces is a matter of the test.
#
# Compare two columns. The mean clustered standard error of the difference is {glue:text}`honest_se:.3f`,
# {glue:text}`honest_ratio:.1f` times the scatter over the draws, {glue:text}`honest_sd:.3f`. The two are
# about different chances {cite:p}`abadie2023when`. The draws keep the provinces, their index and their true
# effects, and renew the noise alone. The clustered error treats the provinces as a sample from many that
# might have been drawn. Effects differ between provinces of one region, as some cross the thresholds and
# others do not, so that another sample would have given another slope. For a claim about provinces like
# these the clustered error is the right one, for a claim about these very provinces it is too large.
#
# With shared years and controls the mean difference is {glue:text}`shared_mean:.3f`, and the truth is
# {glue:text}`shared_truth:.3f`: where regional shocks move with the index, the simpler interaction can get
# even the sign wrong.

# %% [markdown]
# ## Why the pooled slope is no average
#
# The study prints a slope for the east that is above the pooled one, and nothing positive elsewhere; and
# for finance it prints two groups *both* below the pooled slope. That looks impossible and is not.
#
# Clear the index of province effects, year effects and controls, and the pooled coefficient is the
# slope of the outcome on what is left {cite:p}`frisch1933partial`. Clear it of *regional* year effects
# as well, and less is left. What remains and what the regional years took away are uncorrelated, so the
# pooled slope is their weighted average, and a piece's weight is its share in the sum of squares. Take one
# more step, controls by region, and the remainder falls into regions:
#
# ```{math}
# :label: eq-df-heterogeneity-parts
# \hat\beta = \sum_{g} w_g \hat\beta_g + w_{z} \hat\beta_{z} + w_{b} \hat\beta_{b},
# \qquad \sum_g w_g + w_z + w_b = 1,
# ```
#
# with $\hat\beta_g$ exactly the slopes of the split samples, $\hat\beta_b$ the slope *between* groups,
# on the movement of whole regions from year to year, and $\hat\beta_z$ the slope where the index moves with
# controls whose coefficients differ. {ref}`An exercise <ex-df-heterogeneity-parts>` asks for the proof.
#
# One thing in it is a choice. The two steps could be taken in the other order, controls by region first.
# The parts of the regions stay as they are, and so does the sum of the other two. But what regional years
# and the controls' regional coefficients *both* explain goes to whichever comes first.

# %%
from digitrade.methods.decompositions import decompose_slope

parts = decompose_slope(public, baseline, "region")
turned = decompose_slope(public, baseline, "region", years_first=False)
orders = {
    "public, years first": parts,
    "public, controls first": turned,
    "twin, years first": decompose_slope(twin, on_twin, "region"),
    "twin, controls first": decompose_slope(twin, on_twin, "region", years_first=False),
}
taken = pd.concat(
    {name: one.parts.set_index("part") for name, one in orders.items()}, axis=1
)

# %%
weights = taken.xs("weight", axis=1, level=1).iloc[:, :2].add_prefix("Weight: ")
contributions = taken.xs("contribution", axis=1, level=1).add_prefix("Contribution: ")
outside = pd.concat([weights, contributions], axis=1).loc[["controls", "between groups"]]
both = outside.sum().rename("both of these")
named = {"controls": "Controls by region", "between groups": "Between regions"} | REGIONS
apart = pd.concat([weights.join(contributions), both.to_frame().T]).rename(index=named)

# %% tags=["full-width"]
frame_table(
    apart.reset_index(names="Part"),
    name="tab-df-heterogeneity-parts",
    caption=f"The pooled slope taken apart in two orders: {label(outcome)} (public), HDFT (twin)",
    note="A contribution is weight times slope; contributions sum to the pooled slope, weights to one. "
    "Weights rest on the public index and controls; the twin's differ a little, as it has 2015 too, for "
    "which trade is missing. An identity on these rows: no standard errors.",
)

# %%
between = outside.loc["between groups"]
public_between = [between["Contribution: public, years first"]]
public_between += [between["Contribution: public, controls first"]]
glue_numbers(between_low=min(public_between), between_high=max(public_between))
rest_part = both["Contribution: public, years first"]
glue_numbers(rest_weight=100 * both["Weight: public, years first"], rest_part=rest_part)
glue_numbers(pooled_public=parts.pooled, inside_part=parts.pooled - rest_part)

# %%
printed_pooled = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
printed_east = published_estimate("digital_finance", "region", "1", "ln_dfi")
twin_parts = orders["twin, years first"]
part = twin_parts.parts.set_index("part")["weight"]["east"] * printed_east
glue_numbers(printed_east=printed_east, east_share=100 * part / printed_pooled)
glue_numbers(printed_pooled=printed_pooled)

# %%
nothing_inland = {"east": printed_east, "central": 0.0, "west": 0.0}
bare = decompose_slope(twin, on_twin.replace(controls=()), "region")
glue_numbers(rest=twin_parts.rest(printed_pooled, nothing_inland))
glue_numbers(rest_bare=bare.rest(printed_pooled, nothing_inland))

# %% [markdown]
# For {glue:text}`outcome` the pooled slope is {glue:text}`pooled_public:.3f`. What happened within regions
# contributes {glue:text}`inside_part:.3f` of it, and what lies in no region {glue:text}`rest_part:.3f`, with
# {glue:text}`rest_weight:.0f` per cent of the weight. Of that the movement *between* regions contributes
# {glue:text}`between_low:.3f` in one order and {glue:text}`between_high:.3f` in the other; the controls'
# coefficients by region contribute what is left. How much of the baseline is coast against interior cannot
# be said more closely than that.
#
# Weights do not depend on the outcome, only on index and controls, and those are public. So they can be
# put to the *printed* slopes, whatever the study's outcome is. Give the east its printed
# {glue:text}`printed_east:.3f` and let centre and west be zero. (If they were negative, what follows
# gets stronger; if positive and merely insignificant, weaker.) Then the east supplies
# {glue:text}`east_share:.0f` per cent of the printed pooled {glue:text}`printed_pooled:.4f`, and the
# parts that lie in no region must have a slope of {glue:text}`rest:.3f` together, in either order
# ({glue:text}`rest_bare:.3f` without controls, as the study's may not be ours). That is possible. Most of
# such a pooled estimate then comes from regions moving apart, or from controls that work differently in
# them, and not from provinces within the region that is said to gain.
#
# In fairness, there are innocent reasons. Digital finance may work *across* a region, through
# suppliers and shared ports, so that comparing neighbours misses it. The study's controls, its years
# or its composite may have been built anew in each subsample. Its split may use effects that the summary
# does not mention. The arithmetic rules out only one reading: that the pooled number is the average of what
# happened within regions. For the inland slopes the summary has reasons of its own, weak regulation and
# credit that went to the wrong places; no column here measures either.
#
# ({ref}`The chapter on calibration <ch-df-calibration>` has weights for the same words that are no shares of
# a sum of squares. They say how much the pooled regression, with controls common to all, takes from each
# piece of a *process*.)
#
# ## Financial development: high and low
#
# This split needs a column that is not shipped, so it runs on the twin. The twin was calibrated to halves
# by the mean over the period; the parameter `split_rule` can take the first year instead. One could also
# call a *row* high if it lies above the median of all rows, but finance deepens everywhere, so the same
# province is then low in early years and high in late ones.

# %%
from digitrade.methods.heterogeneity import split_at_median, split_slopes

FINANCE = {"high": "High", "low": "Low"}
RULES = {
    "Twin: mean of the period": "period-mean",
    "Twin: first year": "first-year",
    "Twin: row against row": "rows",
}

# %%
for rule in RULES.values():
    twin[rule] = split_at_median(twin, on_twin, "financial_development", rule)
rules = {title: split_slopes(twin, on_twin, rule) for title, rule in RULES.items()}
by_finance = by_group(
    twin, on_twin, split_rule, designs=["own years"], draws=draws, rng=rng
)

# %%
groups_table(
    {"Printed": printed_cells(rows.query("table == 'financial_level'"), FINANCE), **rules},
    FINANCE,
    name="tab-df-heterogeneity-finance",
    caption="Slope of the log index by financial development, split samples by three rules",
    digits=4,
    note="Public figures cannot speak here: loans and deposits by province are not shipped.",
)

# %%
by_rule = pd.concat(rules, names=["rule"]).reset_index("rule")
record("finance by rule, twin", by_rule)
record("finance, differences, twin", by_finance.differences)
own = by_finance.differences.set_index("test")
for test, row in own.iterrows():
    glue_row(f"finance_{test.split()[0]}", row)

# %%
for (rule, group), row in by_rule.set_index(["rule", "group"]).iterrows():
    glue_row(f"{group}_{RULES[rule].replace('-', '_')}", row)
groups = twin.groupby("province")["rows"].nunique()
glue_numbers(movers=groups.gt(1).sum(), provinces=len(groups))

# %%
from scipy import stats

high, low = (
    published_estimate("digital_finance", "financial_level", column, "ln_dfi")
    for column in "12"
)
needed = (high - low) / stats.t.ppf(0.975, twin["province"].nunique() - 1)
glue_numbers(high=high, low=low, printed_gap=high - low, needed=needed)

# %%
finance_parts = decompose_slope(twin, on_twin, split_rule)
weights = finance_parts.parts.set_index("part")["weight"][["high", "low"]]
rest = finance_parts.rest(printed_pooled, {"high": high, "low": low})
glue_numbers(within_weight=100 * weights.sum(), finance_rest=rest)

# %% [markdown]
# Printed are {glue:text}`high:.4f` and {glue:text}`low:.4f`, without standard errors, hence without a
# test. The difference, {glue:text}`printed_gap:.3f`, would be significant at five per cent if its
# standard error were below {glue:text}`needed:.3f`. On the twin the difference is {glue:text}`finance_t:.3f`
# ({glue:text}`finance_t_se:.3f`): {glue:text}`finance_t_p_is` by $t$, {glue:text}`finance_wild_p_is` by the
# bootstrap and {glue:text}`finance_permutation_p_is` by permutation. Of the honest draws, in which there is
# a true difference, $t$ finds it in {glue:text}`power_finance_gap:.0f` per cent. Whether the study's errors
# are small enough cannot be told from what we have.
#
# **The rule matters.** By the mean of the period the slopes are {glue:text}`high_period_mean:.3f`
# ({glue:text}`high_period_mean_se:.3f`) and {glue:text}`low_period_mean:.3f`
# ({glue:text}`low_period_mean_se:.3f`); by the first year {glue:text}`high_first_year:.3f`
# ({glue:text}`high_first_year_se:.3f`) and {glue:text}`low_first_year:.3f`
# ({glue:text}`low_first_year_se:.3f`). A province's first year cannot be an effect of what came later, which
# speaks for that rule; the mean is less noisy, but the later years in it may already show what digital
# finance did. Split by rows, {glue:text}`movers` of {glue:text}`provinces` provinces are in both groups:
# the comparison of a province with itself is cut in two, and high and low become *late* and *early*.
# `by_group` refuses such a split and says which provinces move. A study should say which rule it used and
# show a second.
#
# **Below the pooled slope.** Both printed slopes lie below the pooled {glue:text}`printed_pooled:.4f`. On
# the twin's groups {glue:text}`within_weight:.0f` per cent of the weight lies within them, so the other
# parts must have a slope of {glue:text}`finance_rest:.3f` together: as with the regions, a comparison
# between groups that the split samples were meant to set aside. With the study's own groups the weights
# would differ.
#
# ## An amplifier?
#
# From the two printed slopes the summary concludes that digital finance strengthens what is strong already
# and does not correct what is weak. Two halves are a crude test of that. On figures that anybody can check,
# let the slope depend on where a province began:
#
# ```{math}
# :label: eq-df-heterogeneity-amplifier
# y_{it} = \alpha_i + \lambda_t + (\beta + \delta s_i) \ln DFI_{it} + \gamma' z_{it} + u_{it},
# ```
#
# with $s_i$ the level of the first year, in standard deviations from the mean of the provinces. An
# amplifier has $\delta > 0$, a corrective $\delta < 0$. The banks' loans are not shipped, so $s_i$ is
# income or the digital index itself. And again one has to decide which years are compared. With *common*
# years, whatever rich provinces went through together counts for $\delta$. *By start* adds $s_i$ times
# each year, so that a province is compared with those that began like it.

# %%
from digitrade.studies.digital_finance.variations import amplifier

STARTS = ["ln_gdp_per_head", "ln_dfi"]
models = [baseline.replace(outcome=name) for name in OUTCOMES]
amplified = pd.concat(
    [amplifier(public, model, STARTS, draws=draws, rng=rng) for model in models]
)

# %% tags=["full-width"]
heads = {"wild_p": "p, bootstrap", "wild_low": "From", "wild_high": "To"}
columns = ["outcome", "start", "years", "estimate", "std_error", *heads]
frame_table(
    without_repeats(amplified[columns], 2),
    name="tab-df-heterogeneity-amplifier",
    caption="What a standard deviation more at the start adds to the slope, public figures",
    heads=heads | {"start": "Start", "years": "Years"},
    note=f"Standard errors: {amplified['covariance'].iloc[0]}. From, to: interval of the wild cluster "
    f"bootstrap by province. N {amplified['n_obs'].iloc[0]}.",
)

# %%
record("amplifier", amplified)
sure_ones = amplified[amplified["wild_p"] < 0.05]
glue_numbers(amplified=len(amplified), up=(sure_ones["estimate"] > 0).sum())
glue_numbers(down=(sure_ones["estimate"] < 0).sum())
chosen = amplified.query("outcome == @outcome and start == 'ln_gdp_per_head'")
glue_numbers(amplified_agree=agreement(chosen["estimate"]))
for name, (_, row) in zip(["common", "by_start"], chosen.iterrows(), strict=True):
    glue_row(f"amplified_{name}", {"estimate": row["estimate"], "p_value": row["wild_p"]})

# %%
public["start"] = split_at_median(public, baseline, "dfi", "first-year")
by_start = by_group(public, baseline, "start", designs=["own years"], draws=draws, rng=rng)
record("start", by_start.slopes)
record("start, differences", by_start.differences)
for test, row in by_start.differences.set_index("test").iterrows():
    glue_row(f"start_{test.split()[0]}", row)

# %% [markdown]
# For {glue:text}`outcome` and income, $\delta$ is {glue:text}`amplified_common:.3f` with common years
# (bootstrap {glue:text}`amplified_common_p_is`) and {glue:text}`amplified_by_start:.3f` by start
# ({glue:text}`amplified_by_start_p_is`); the two {glue:text}`amplified_agree`. Of the
# {glue:text}`amplified` rows, {glue:text}`up` positive and {glue:text}`down` negative ones have a bootstrap
# $p$ below five per cent. Two halves by the index of the first year, each with its own years, give a
# difference of {glue:text}`start_t:.3f`, high less low: {glue:text}`start_wild_p_is` by the bootstrap and
# {glue:text}`start_permutation_p_is` by permutation.
#
# What can be concluded from such a row? Take $\delta > 0$ by start. A rich province whose index rose more
# than that of other rich provinces then gained more than a poor one whose index rose more than that of
# other poor ones. That is the amplifier's pattern. Four things it leaves open:
#
# - *Size.* A province with ten times the trade moves ten times as much for the same per cent. In a share of
#   output, that alone looks like an amplifier, so compare the rows of log trade.
# - *Which strength.* Income was not drawn by lot. It goes with ports, universities and banks, and $\delta$
#   belongs to all of them.
# - *Which years.* A sign that depends on the years compared is no property of the provinces.
# - *Which finance.* Neither start is bank finance, and no outcome here is the study's.
#
# ## Dimensions of the index
#
# The index has three dimensions: how many are reached (breadth), how much they use it (depth), and how
# convenient and cheap it is (digitalisation). They are not shipped, so this too runs on the twin.

# %%
from digitrade.methods.heterogeneity import by_regressor
from digitrade.methods.regression import fixed_effects, partial_out

DIMENSIONS = {
    "ln_breadth": "Breadth",
    "ln_depth": "Depth",
    "ln_digitalisation": "Digitalisation",
}
alone = by_regressor(twin, on_twin, list(DIMENSIONS))
first, *others = DIMENSIONS
joint_model = on_twin.replace(regressor=first, controls=(*others, *on_twin.controls))
together = fixed_effects(twin, joint_model)

# %%
joint_slopes = together.tidy().assign(covariance=together.words)
groups_table(
    {
        "Printed": printed_cells(rows.query("table == 'dimension'"), DIMENSIONS),
        "Twin, one at a time": alone.slopes,
        "Twin, together": joint_slopes.rename(columns={"term": "group"}),
    },
    DIMENSIONS,
    name="tab-df-heterogeneity-dimensions",
    caption="Slopes of the index's dimensions, in logs",
    note="Public figures cannot speak here: the dimensions are not shipped.",
)

# %%
record("dimensions, twin", alone.slopes)
record("dimensions, differences, twin", alone.differences)
record("dimensions together, twin", together.tidy())
for contrast, row in alone.differences.set_index("contrast").iterrows():
    glue_row(contrast.replace(" ", "_"), row)
breadth, depth = (partial_out(twin, name, on_twin) for name in ("ln_breadth", "ln_depth"))
glue_numbers(corr=breadth.corr(depth))

# %% [markdown]
# To compare slopes of *different* regressors on the *same* rows, the errors must not be added as if
# they were independent: all rest on the same provinces. Stack the data three times, once for each
# dimension, and cluster by province across the copies. For the hypothesis that the three slopes are equal
# this gives {glue:text}`all_equal_p_is`, {glue:text}`all_equal_sure`.
#
# Entered together, the dimensions compete. Cleared of effects and controls, breadth and depth have a
# correlation of {glue:text}`corr:.2f` on the twin: the more they move as one, the less a joint
# regression can tell which of them did it, and signs can turn. One at a time, each stands for all three. So
# a "slightly negative" dimension beside two positive ones depends on the regression as much as on the
# dimension, and which of the two the study ran is not in our sources. The summary's reason for the negative
# one, platforms that work badly under weak oversight, is a guess that none of these columns can test.
#
# ## All slopes in one picture

# %%
from digitrade.exhibits.groups import slope_rows
from digitrade.exhibits.intervals import coefficient_panels

START = {"high": "High index", "low": "Low index"}
head = f"Public: {label(outcome)}"
forest = [
    slope_rows("Twin: HDFT", "Regions", twin_by_region.slopes, REGIONS),
    slope_rows("Twin: HDFT", "Finance", rules["Twin: mean of the period"], FINANCE),
    slope_rows("Twin: HDFT", "Dimensions", alone.slopes, DIMENSIONS),
    slope_rows(head, "Regions", by_region.slopes, REGIONS),
    slope_rows(head, "Start", by_start.slopes, START),
]

# %% tags=["full-width"]
coefficient_panels(
    pd.concat(forest, ignore_index=True),
    name="fig-df-heterogeneity-forest",
    caption="Slopes by group with intervals, split samples; each panel has the scale of its outcome. "
    f"Left: HDFT, simulated; dashed: the printed pooled slope. Right: {label(outcome).lower()}, public. "
    "Dotted: the slope of the east. An arrow: the interval goes on beyond the panel.",
    references={"Twin: HDFT": printed_pooled},
)

# %% [markdown]
# ## What we learned, and what we did not
#
# On public figures the {glue:text}`own_top` has the highest slope for {glue:text}`outcome` when each
# region has its own years, and the {glue:text}`years_top` when years are common. East less west is
# {glue:text}`gap_sure` by $t$ with own years. Of the pooled slope, {glue:text}`rest_part:.3f` lies in no
# region, and parts like it are how a study's group slopes can all lie below its pooled one. Of the
# {glue:text}`amplified` rows about an amplifier, {glue:text}`up` positive and {glue:text}`down` negative ones
# are significant by the bootstrap.
#
# We did not learn whether the study's own differences are significant: that takes standard errors,
# which the summary does not print. Nor can we say whether movement between regions is an effect of
# digital finance or of what else sets coast and interior apart; that is the question of
# {ref}`the baseline <ch-df-baseline>` again. A referee would ask for the tests of the differences, for
# the interacted model with group-by-year effects as the main one, for splits fixed before the
# treatment, and for how many splits were tried.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Four municipalities
# :label: ex-df-heterogeneity-four
# Split all provinces but Tibet into the four municipalities and the others. Look at the $t$ of the municipalities'
# slope. Why should nobody believe it, and what do bootstrap and permutation make of the difference?
# ```
#
# ```{solution-start} ex-df-heterogeneity-four
# :class: dropdown
# ```
#
# From four provinces year effects and four controls have to be estimated, too, and a clustered error from
# four clusters is close to meaningless. The bootstrap has only sixteen ways to sign four provinces. The
# permutation asks whether these four could be any four, and Beijing and Shanghai could not. With common
# years the difference is another one.

# %%
usual = years_between(Sample.of(load_provinces()), first_year, last_year)
usual = without_provinces(usual, ["Tibet"])
kinds = complete_rows(Sample.of(build_province_panel(usual.panel)), OUTCOMES).panel
kinds["kind"] = kinds["municipality"].map({True: "municipality", False: "other"})

# %%
rng = np.random.default_rng(seed)
by_kind = by_group(kinds, baseline, "kind", draws=999, rng=rng)
record("municipalities", by_kind.slopes)
record("municipalities, differences", by_kind.differences)
by_kind.slopes[["group", "entities", "estimate", "std_error", "statistic"]].round(3)

# %%
drawn = by_kind.differences.query("test != 't'")
drawn[["design", "test", "estimate", "p_value"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How many splits were tried?
# :label: ex-df-heterogeneity-many
# Three splits of public figures are tested on this page: regions, the start, the municipalities. Adjust
# the bootstrap's (for regions, the permutation's) $p$-values for that by Holm's method. What is left at
# five per cent?
# ```
#
# ```{solution-start} ex-df-heterogeneity-many
# :class: dropdown
# ```
#
# Holm {cite:p}`holm1979simple` multiplies the smallest by three, the next by two, and so on, and keeps the
# order.

# %%
from statsmodels.stats.multitest import multipletests

wild = "design == 'own years' and test == 'wild bootstrap'"
found = {
    "regions": joint.loc["permutation", "p_value"],
    "start": by_start.differences.query(wild)["p_value"].item(),
    "municipalities": by_kind.differences.query(wild)["p_value"].item(),
}

# %%
adjusted = multipletests(list(found.values()), method="holm")[1]
holm = pd.DataFrame({"p": found, "holm": dict(zip(found, adjusted, strict=True))})
glue_numbers(still=listed(list(holm.query("holm < 0.05").index) or ["nothing"]))
holm.round(3)

# %% [markdown]
# Left at five per cent: {glue:text}`still`.
#
# ```{solution-end}
# ```
#
# ```{exercise} By hand
# :label: ex-df-heterogeneity-hand
# Show that the standard error of east less west is, up to the small-sample factor, the root of the sum
# of the two squared errors. Why is that wrong for the dimensions of the index?
# ```
#
# ```{solution-start} ex-df-heterogeneity-hand
# :class: dropdown
# ```
#
# Clustered by province, the two squared errors add up exactly in the pooled model with own years. The dimensions share their
# provinces, so their estimates are correlated, and adding squares would overstate or understate the
# error of the difference.

# %%
errors = by_region.interacted.set_index(["design", "group"])["std_error"]["own years"]
apart = np.hypot(errors["east"], errors["west"])
apart, tests["std_error"]["east less west", "t"]

# %%
errors = alone.slopes.set_index("group")["std_error"]
stacked = alone.differences.set_index("contrast")["std_error"]
np.hypot(errors["ln_breadth"], errors["ln_depth"]), stacked["ln_breadth less ln_depth"]

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Derive the parts
# :label: ex-df-heterogeneity-parts
# Let $M_a$, $M_b$ and $M_c$ take out of a column what the three regressions behind
# {eq}`eq-df-heterogeneity-parts` hold constant, each more than the one before. Prove the equation. Where
# does the order of the steps come in?
# ```
#
# ```{solution-start} ex-df-heterogeneity-parts
# :class: dropdown
# ```
#
# Write $x_a = M_a x$ and so on. What is taken out at one step is a combination of columns that are held
# constant at the next, so $x_c$, $x_b - x_c$ and $x_a - x_b$ are orthogonal, and the members of one region
# have no row in common with another's. Hence $x_a = \sum_p x_p$ with orthogonal pieces. By Frisch and Waugh
#
# ```{math}
# \hat\beta = \frac{x_a' y}{x_a' x_a} = \sum_p \frac{x_p' x_p}{x_a' x_a} \cdot \frac{x_p' y}{x_p' x_p}
# = \sum_p w_p \hat\beta_p ,
# ```
#
# and the weights sum to one by Pythagoras. On the rows of region $g$, $x_c$ is the index cleared of the
# region's own effects and controls, so $\hat\beta_g$ is the slope of its own sample. $M_a$ and $M_c$ are the
# same in both orders and only $M_b$ differs; so $x_c$ and $x_a - x_c$, which is the sum of the other two
# pieces, do not depend on it, and their division does.

# %%
sums = [one.parts["contribution"].sum() - one.pooled for one in (parts, turned)]
np.allclose(sums, 0), (parts.parts["weight"] - turned.parts["weight"]).round(3).to_list()

# %% [markdown]
# ```{solution-end}
# ```
