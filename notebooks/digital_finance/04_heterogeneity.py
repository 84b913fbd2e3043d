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
from digitrade.exhibits.table import claim_table, frame_table

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
last_year: int = 2021  # last year [2011..2021; at least first_year + 2]
provinces_excluded: list[str] = ["Tibet"]  # provinces left out [province; at most 12]
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
    caption=f"{label(outcome)} by province, highest and lowest of the last year in "
    "orange. Public figures.",
)

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row, record
from digitrade.methods.regression import within_by

news = 100 * within_by(public, "ln_dfi", "region", baseline)
glue_numbers(**news.rename("news_{}".format))

# %% [markdown]
# They did not. In the east trade shares were very high and came down; inland there was little to come
# down from. Regions have years of their own, and whoever compares slopes has to decide what to do
# about it. The regions also differ in how much they can tell: of what the effects leave of the log
# index, {glue:text}`news_east:.0f` per cent lies in the east, {glue:text}`news_central:.0f` in the
# centre and {glue:text}`news_west:.0f` in the west.
#
# ## The obvious estimate: split the sample
#
# Run the baseline in each region on its own. {numref}`tab-df-heterogeneity-regions` puts the result
# beside what was printed. The twin's regional slopes agree with the claim because that is what it was
# calibrated to; its standard errors are its own.

# %%
from digitrade.exhibits.groups import (
    designs_table,
    differences_table,
    groups_table,
    printed_cells,
)
from digitrade.methods.heterogeneity import by_group

by_region = by_group(public, baseline, "region", draws=draws, rng=rng)
twin_by_region = by_group(twin, on_twin, "region", draws=draws, rng=rng)

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
record("regions", by_region.slopes)
record("regions, twin", twin_by_region.slopes)
for slope in by_region.slopes.to_dict("records"):
    glue_row(slope["group"], slope)

# %% [markdown]
# On public figures the east has the highest slope, {glue:text}`east:.3f` ({glue:text}`east_se:.3f`),
# the centre {glue:text}`central:.3f` ({glue:text}`central_se:.3f`) and the west {glue:text}`west:.3f`
# ({glue:text}`west_se:.3f`). The order is that of the claim, whose outcome is another. Only the west's
# slope is significant at five per cent, and it is negative.
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
# the region, and every coefficient of the split samples comes back exactly
# {cite:p}`chow1960tests`; what changes is the small-sample factor, since the clusters are now counted
# together. But an interacted model need not be that generous, and most in print are not.
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
glue_numbers(**pooled["slope only"].add_prefix("plain_"))
glue_numbers(years_east=pooled["common years", "east"])

# %% [markdown]
# The order turns round. With years of its own the east is highest; with common years it is *lowest*,
# {glue:text}`years_east:.3f`, and with common controls too, {glue:text}`plain_east:.3f` against
# {glue:text}`plain_central:.3f` in the centre and {glue:text}`plain_west:.3f` in the west. Nothing is
# wrong with the arithmetic of either. They compare different things:
#
# - **Own years**: is a coastal province whose index rose more than that of *other coastal provinces*
#   more open? Whatever hit the coast as a whole drops out.
# - **Common years**: is it more open than *the country* made one expect? The fall of trade shares on
#   the whole coast counts as evidence on the coast's slope.
#
# A study that shows one of the two should say which, and why. If regions have shocks of their own, such
# as weak demand for what ports ship, and the index moves with them, common years charge them to the
# index.

# %% tags=["full-width"]
differences_table(
    {"Public": by_region, "Twin": twin_by_region},
    words=REGIONS,
    name="tab-df-heterogeneity-differences",
    caption="Do slopes differ between regions? Every difference with its tests",
)

# %%
record("regions, differences", by_region.differences)
record("regions, differences, twin", twin_by_region.differences)
key = ["design", "contrast", "test"]
tests, twin_tests = (
    one.differences.set_index(key).sort_index() for one in (by_region, twin_by_region)
)
glue_row("gap", tests.loc["own years", "east less west", "t"])
glue_row("twin_gap", twin_tests.loc["own years", "east less west", "t"])
glue_row("twin_plain", twin_tests.loc["slope only", "east less west", "t"])

# %%
joint = tests["p_value"].xs("all equal", level="contrast")
permuted, f_test = joint["own years"]["permutation"], joint["own years"].drop("permutation")
glue_numbers(joint_permutation=permuted, joint_own=f_test.item())
glue_numbers(joint_plain=joint["slope only"].item())

# %%
few = tests.loc["own years", "east less central"]
twin_own = twin_tests.loc["own years", "p_value"]
glue_numbers(few=int(few["fewest"]["t"]), few_t=few["p_value"]["t"])
glue_numbers(few_wild=few["p_value"]["wild bootstrap"])
glue_numbers(twin_wild=twin_own["east less west", "wild bootstrap"])
glue_numbers(twin_permutation=twin_own["all equal", "permutation"])

# %% [markdown]
# **Public figures, own years.** East less west is {glue:text}`gap:.3f` with a standard error of
# {glue:text}`gap_se:.3f` ($p$ = {glue:text}`gap_p:.2f`). That all three are equal has $p$ =
# {glue:text}`joint_own:.2f`. One region with a significant slope, two without, and no difference that
# the data can see. **With common years and controls** equality has $p$ = {glue:text}`joint_plain:.3f`:
# there the regions do differ, the other way round.
#
# **Few provinces.** The centre has {glue:text}`few`, and a clustered standard error that rests on so
# few provinces is too small more often than not. So three tests stand side by side.
#
# - The *t and F tests* count all clusters as if each carried the difference. Take them as a lower
#   bound of the doubt.
# - The *wild cluster bootstrap* {cite:p}`cameron2008bootstrap` tests the interaction with the null
#   imposed. For east less centre it gives $p$ = {glue:text}`few_wild:.2f` where $t$ gives
#   {glue:text}`few_t:.2f`. It corrects for few clusters, but when one side is only a handful it can err
#   either way {cite:p}`mackinnon2017wild`: here it is a warning, not a proof.
# - The *permutation test* asks Fisher's question: if the region labels had been drawn by lot, keeping
#   the sizes, how often would the slopes lie this far apart? It estimates all groups again for every
#   shuffle. The statistic is divided by its clustered error, which keeps the test right in large
#   samples even if regions differ in other ways {cite:p}`chung2013exact`. Its $p$ for three equal
#   slopes is {glue:text}`joint_permutation:.2f`.
#
# **Twin.** There the truth is known: the east's slope *is* the highest, and regions have shocks of
# their own. With own years, east less west is {glue:text}`twin_gap:.3f`; $t$ gives it $p$ =
# {glue:text}`twin_gap_p:.2f`, the bootstrap {glue:text}`twin_wild:.2f`, and that all three are equal has
# $p$ = {glue:text}`twin_permutation:.2f` by permutation. So a true difference of the printed size is
# not easily seen in thirty provinces, and the more careful the test, the less. With common years and
# controls the difference is {glue:text}`twin_plain:.3f`: where regional shocks move with the index, the
# simpler interaction can get even the sign wrong. A split printed without the test of its difference is
# not wrong. It is a question left open.
#
# ## Why the pooled slope is no average
#
# The study prints a slope for the east that is above the pooled one, and nothing positive elsewhere; and
# for finance it prints two groups *both* below the pooled slope. That looks impossible. It is not, and the reason is worth knowing.
#
# Clear the index of province effects, year effects and controls, and the pooled coefficient is the
# slope of the outcome on what is left {cite:p}`frisch1933partial`. Clear it of *regional* year effects
# as well, and less is left. The two pieces, what remains and what the regional years took away, are
# orthogonal, so the pooled slope is their weighted average, with the piece's share in the sum of
# squares as its weight. Take one more step, controls by region, and the remainder falls into regions:
#
# ```{math}
# :label: eq-df-heterogeneity-parts
# \hat\beta = \sum_{g} w_g \hat\beta_g + w_{z} \hat\beta_{z} + w_{b} \hat\beta_{b},
# \qquad \sum_g w_g + w_z + w_b = 1,
# ```
#
# with $\hat\beta_g$ exactly the slopes of the split samples, $\hat\beta_b$ the slope *between* groups,
# on the movement of whole regions from year to year, and $\hat\beta_z$ a small rest, where the index
# moves with controls whose coefficients differ.

# %%
from digitrade.methods.decompositions import decompose_slope

parts = decompose_slope(public, baseline, "region")
twin_parts = decompose_slope(twin, on_twin, "region")
side_by_side = parts.parts.merge(twin_parts.parts, on="part", suffixes=("", "_twin"))

# %% tags=["full-width"]
frame_table(
    side_by_side.replace({"part": REGIONS}),
    name="tab-df-heterogeneity-parts",
    caption=f"The pooled slope taken apart: {label(outcome)} (public), HDFT (twin)",
    heads={"weight": "Weight, public"},
    note="Contributions sum to the pooled slope, weights to one. Weights rest on the "
    "public index and controls in both columns; the twin has 2015, for which trade is "
    "missing. An identity on these rows: no standard errors.",
)

# %%
from digitrade.exhibits.shapes import bar_plot

bar_plot(
    parts.parts.replace({"part": REGIONS}).set_index("part")["weight"],
    name="fig-df-heterogeneity-weights",
    caption="What the pooled slope is made of: weights of the parts. Public figures.",
    axis="Per cent of the weight",
    subject="the pooled slope's weight, by part",
)

# %%
between = parts.parts.set_index("part").loc["between groups"]
glue_numbers(pooled_public=parts.pooled, between_weight=100 * between["weight"])
glue_numbers(between_slope=between["slope"], between_part=between["contribution"])

# %%
printed_pooled = published_estimate("digital_finance", "baseline", "1", "ln_dfi")
printed_east = published_estimate("digital_finance", "region", "1", "ln_dfi")
part = twin_parts.parts.set_index("part")["weight"]["east"] * printed_east
glue_numbers(printed_pooled=printed_pooled, printed_east=printed_east)
glue_numbers(east_share=100 * part / printed_pooled)

# %%
nothing_inland = {"east": printed_east, "central": 0.0, "west": 0.0}
bare = decompose_slope(twin, on_twin.replace(controls=()), "region")
glue_numbers(rest=twin_parts.rest(printed_pooled, nothing_inland))
glue_numbers(rest_bare=bare.rest(printed_pooled, nothing_inland))

# %% [markdown]
# On public figures {glue:text}`between_weight:.0f` per cent of the weight lies *between* regions, and
# the slope there, {glue:text}`between_slope:.3f`, contributes {glue:text}`between_part:.3f` of the
# pooled {glue:text}`pooled_public:.3f`. No region has a slope as high as the pooled one. The positive
# coefficient of the baseline is, for the most part, the coast against the interior.
#
# Weights do not depend on the outcome, only on index and controls, and those are public. So they can be
# put to the *printed* slopes, whatever the study's outcome is. Give the east its printed
# {glue:text}`printed_east:.3f` and let centre and west be zero. (If they were negative, what follows
# gets stronger; if positive and merely insignificant, weaker.) Then the east supplies
# {glue:text}`east_share:.0f` per cent of the printed pooled {glue:text}`printed_pooled:.4f`, and the
# parts that lie in no region must have a slope of {glue:text}`rest:.3f` together
# ({glue:text}`rest_bare:.3f` without controls, as the study's may not be ours). That is possible, and it
# is the pattern of the public figures: most of such a pooled estimate comes from regions moving apart,
# not from provinces within the region that is said to gain.
#
# In fairness, there are innocent reasons. Digital finance may work *across* a region, through
# suppliers and shared ports, so that comparing neighbours misses it. The study's controls, its years
# or its composite may have been built anew in each subsample. Its split may use effects that the summary
# does not mention. What the arithmetic rules out is only this: to read the pooled number as the
# average of what happened within regions.
#
# ## Financial development: high and low
#
# This split needs a column that is not shipped, so it runs on the twin. Each province belongs to one
# half for good: by its mean over the period, or by its first year, as the parameter `split_rule` says.

# %%
from digitrade.exhibits.cells import NOT_SHIPPED
from digitrade.methods.heterogeneity import split_at_median, split_slopes

FINANCE = {"high": "High", "low": "Low"}
twin["finance"] = split_at_median(twin, on_twin, "financial_development", split_rule)
by_finance = by_group(twin, on_twin, "finance", draws=draws, rng=rng)

# %%
groups_table(
    {
        "Printed": printed_cells(rows.query("table == 'financial_level'"), FINANCE),
        "Twin: HDFT": by_finance.slopes,
        "Public": dict.fromkeys(FINANCE, NOT_SHIPPED),
    },
    FINANCE,
    name="tab-df-heterogeneity-finance",
    caption="Slope of the log index by financial development, split samples",
    digits=4,
)

# %% tags=["full-width"]
differences_table(
    {"Twin": by_finance},
    words=FINANCE,
    name="tab-df-heterogeneity-finance-differences",
    caption="Does the slope differ between high and low financial development?",
    digits=4,
)

# %%
record("finance, twin", by_finance.slopes)
record("finance, differences, twin", by_finance.differences)
own = by_finance.differences.query("design == 'own years'").set_index("test")
glue_row("finance", own.loc["t"])
glue_numbers(finance_wild=own["p_value"]["wild bootstrap"])

# %%
from scipy import stats

high, low = (
    published_estimate("digital_finance", "financial_level", column, "ln_dfi")
    for column in "12"
)
needed = (high - low) / stats.t.ppf(0.975, twin["province"].nunique() - 1)
glue_numbers(high=high, low=low, printed_gap=high - low, needed=needed)

# %%
finance_parts = decompose_slope(twin, on_twin, "finance")
weights = finance_parts.parts.set_index("part")["weight"][["high", "low"]]
rest = finance_parts.rest(printed_pooled, {"high": high, "low": low})
glue_numbers(within_weight=100 * weights.sum(), finance_rest=rest)

# %% [markdown]
# Printed are {glue:text}`high:.4f` and {glue:text}`low:.4f`, without standard errors, hence without a
# test. The difference, {glue:text}`printed_gap:.3f`, is significant at five per cent only if its
# standard error is below {glue:text}`needed:.3f`. On the twin, which has the same two slopes, it is
# {glue:text}`finance_se:.3f`, and $p$ is {glue:text}`finance_p:.2f`, or {glue:text}`finance_wild:.2f`
# by the bootstrap. Whether the study's errors are small enough cannot be told from what we have.
#
# Both slopes lie below the pooled {glue:text}`printed_pooled:.4f`. On the twin's groups
# {glue:text}`within_weight:.0f` per cent of the weight lies within them, so the other parts must have a
# slope of {glue:text}`finance_rest:.3f` together: the group whose index rose more also gained more, *as
# a group*. Again no contradiction, and again a comparison between groups that the split samples were
# meant to set aside. With the study's own groups the weights would differ.
#
# ### Do not split by rows
#
# One could also call a *row* high if it lies above the median of all rows. Finance deepens everywhere,
# so the same province is then low in early years and high in late ones.

# %%
RULES = {
    "Row against row": "rows",
    "First year": "first-year",
    "Mean of the period": "period-mean",
}
for rule in RULES.values():
    twin[rule] = split_at_median(twin, on_twin, "financial_development", rule)
rules = {title: split_slopes(twin, on_twin, rule) for title, rule in RULES.items()}

# %%
groups_table(
    rules,
    FINANCE,
    name="tab-df-heterogeneity-rules",
    caption="The same split by three rules, twin",
    digits=4,
)

# %%
by_rule = pd.concat(rules, names=["rule"]).reset_index("rule")
record("finance by rule, twin", by_rule)
high_rows = by_rule.query("group == 'high'").set_index("rule")
glue_row("rows_high", high_rows.loc["Row against row"])
glue_row("mean_high", high_rows.loc["Mean of the period"])
groups = twin.groupby("province")["rows"].nunique()
glue_numbers(movers=groups.gt(1).sum(), provinces=len(groups))

# %% [markdown]
# Split by rows, {glue:text}`movers` of {glue:text}`provinces` provinces are in both groups. The clean
# comparison of a province with itself is cut in two; high and low are then to some degree *late* and
# *early*; and if digital finance deepens finance, which the study itself claims, the group is an
# outcome of the treatment. The slope among the high is {glue:text}`rows_high:.3f`
# ({glue:text}`rows_high_se:.3f`) by rows and {glue:text}`mean_high:.3f` ({glue:text}`mean_high_se:.3f`)
# by the mean of the period. `by_group` refuses a split by rows and says which provinces move. The
# first-year rule is the safest of the three, for it cannot be an effect of anything later; the mean is
# steadier. That they differ at all is a reason to show more than one.
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
        "Public": dict.fromkeys(DIMENSIONS, NOT_SHIPPED),
    },
    DIMENSIONS,
    name="tab-df-heterogeneity-dimensions",
    caption="Slopes of the index's dimensions, in logs",
)

# %% tags=["full-width"]
differences_table(
    {"Twin": alone},
    words=DIMENSIONS,
    name="tab-df-heterogeneity-dimensions-differences",
    caption="Do the dimensions' slopes differ? Each entered alone",
)

# %%
record("dimensions, twin", alone.slopes)
record("dimensions, differences, twin", alone.differences)
record("dimensions together, twin", together.tidy())
equal = alone.differences.set_index("contrast")["p_value"]
glue_numbers(equal=equal["all equal"], smallest_gap=equal.drop("all equal").min())
breadth, depth = (partial_out(twin, name, on_twin) for name in ("ln_breadth", "ln_depth"))
glue_numbers(corr=breadth.corr(depth))

# %% [markdown]
# To compare slopes of *different* regressors on the *same* rows, the errors must not be added as if
# they were independent: all rest on the same provinces. Stack the data three times, once for each
# dimension, and cluster by province across the copies. Then equality has $p$ = {glue:text}`equal:.2f`,
# and the smallest of the pairwise $p$ is {glue:text}`smallest_gap:.2f`.
#
# Entered together, the dimensions compete. Cleared of effects and controls, breadth and depth have a
# correlation of {glue:text}`corr:.2f` on the twin: the more they move as one, the less a joint
# regression can tell which of them did it, and signs can turn. One at a time, each stands for all. So a
# "slightly negative" dimension beside two positive ones is a statement about the regression as much as
# about the dimension. Which of the two regressions the study ran is not in our sources.
#
# ## More splits that anybody can check
#
# Two splits of public figures: the four municipalities against the other provinces, and provinces above
# against below the median of the index at the start.

# %%
public["start"] = split_at_median(public, baseline, "dfi", "first-year")
public["kind"] = public["municipality"].map({True: "municipality", False: "other"})
by_start = by_group(public, baseline, "start", draws=draws, rng=rng)
by_kind = by_group(public, baseline, "kind", draws=draws, rng=rng)

# %%
START = {"high": "High index at the start", "low": "Low index at the start"}
KIND = {"municipality": "Municipalities", "other": "Other provinces"}
two_splits = pd.concat([by_start.slopes, by_kind.slopes])
two_pooled = pd.concat([by_start.interacted, by_kind.interacted])
groups_table(
    {
        "Split samples": two_splits,
        "Common years and controls": two_pooled.query("design == 'slope only'"),
    },
    START | KIND,
    name="tab-df-heterogeneity-public",
    caption=f"Slope of the log index in two more splits, {label(outcome)}, public figures",
)

# %% tags=["full-width"]
differences_table(
    {"Start": by_start, "Municipalities": by_kind},
    words=KIND,
    name="tab-df-heterogeneity-public-differences",
    caption="Do slopes differ? Start and municipalities, public figures",
)

# %%
record("start and municipalities", two_splits)
record("start, differences", by_start.differences)
record("municipalities, differences", by_kind.differences)
four = by_kind.slopes.set_index("group").loc["municipality"]
glue_row("four", four)
glue_numbers(four_provinces=int(four["entities"]))

# %%
for base, comparison in {"start": by_start, "kind": by_kind}.items():
    own, plain = (
        comparison.differences.query("design == @design").set_index("test")
        for design in ("own years", "slope only")
    )
    glue_row(f"{base}_gap", own.loc["t"])
    glue_row(f"{base}_plain", plain.loc["t"])
    p_values = own["p_value"].rename({"wild bootstrap": "wild"})
    glue_numbers(**p_values.add_prefix(f"{base}_"))

# %% [markdown]
# **Municipalities** are the lesson in few clusters. Their split sample gives a slope of
# {glue:text}`four:.2f` with $t$ = {glue:text}`four_t:.0f`, from {glue:text}`four_provinces` provinces that have
# year effects and four controls to feed. Believe none of it: a clustered error from four clusters is
# close to meaningless. The tests of the difference do not even agree with each other. The bootstrap,
# which has only sixteen ways to sign four provinces, says $p$ = {glue:text}`kind_wild:.2f`. The
# permutation test says {glue:text}`kind_permutation:.4f`, for it asks whether these four could be any
# four, and Beijing and Shanghai could not. With common years and controls nothing is left of the
# difference ($p$ = {glue:text}`kind_plain_p:.2f`).
#
# **The start** is the one split here in which all tests agree that there is a difference, with own
# years: {glue:text}`start_gap:.3f`, $p$ = {glue:text}`start_wild:.3f` by the bootstrap and
# {glue:text}`start_permutation:.3f` by permutation. Among provinces that started high, those whose
# index then rose more became (or stayed) more open. With common years and controls the gap is
# {glue:text}`start_plain:.3f` ($p$ = {glue:text}`start_plain_p:.2f`). And it is one finding of several
# that were looked for on this page; see the second exercise.
#
# ## All slopes in one picture

# %%
from digitrade.exhibits.groups import slope_rows
from digitrade.exhibits.intervals import coefficient_plot

common_years = by_kind.interacted.query("design == 'common years'")
forest = pd.concat(
    [
        slope_rows("Twin", twin_by_region.slopes, REGIONS),
        slope_rows("Twin, finance", by_finance.slopes, FINANCE),
        slope_rows("Twin", alone.slopes, DIMENSIONS),
        slope_rows("Public", by_region.slopes, REGIONS),
        slope_rows("Public", by_start.slopes, START),
        slope_rows("Public", common_years, KIND),
    ]
)

# %% tags=["full-width"]
coefficient_plot(
    forest,
    name="fig-df-heterogeneity-forest",
    caption="Slopes by group with intervals. Split samples, except the municipalities, "
    "who have common years with the others. Twin: HDFT, simulated. Public: "
    f"{label(outcome)}. Dashed: the printed pooled slope.",
    reference=printed_pooled,
)

# %% [markdown]
# ## What we learned, and what we did not
#
# On public figures the east has the highest slope for openness when each region has its own years, as
# the study found for its outcome, and the lowest when years are common. Between regions the difference
# is not significant by any test with own years. Most of the pooled slope comes from between regions,
# which is also how a study's group slopes can lie below its pooled one.
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
# ```{exercise} Log trade instead
# :label: ex-df-heterogeneity-trade
# Repeat the regional split with `ln_trade`. Is the east still highest, and do slopes differ?
# ```
#
# ```{solution-start} ex-df-heterogeneity-trade
# :class: dropdown
# ```
#
# One change in the specification. Look at the difference before you look at the slopes.

# %%
trade, rng = baseline.replace(outcome="ln_trade"), np.random.default_rng(seed)
traded = by_group(public, trade, "region", draws=999, rng=rng)
own = traded.differences.query("design == 'own years'")
own[["contrast", "test", "estimate", "std_error", "p_value"]].round(3)

# %%
traded.slopes[["group", "entities", "estimate", "std_error", "p_value"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How many splits were tried?
# :label: ex-df-heterogeneity-many
# Three splits of public figures are tested on this page. Adjust the bootstrap's (for regions, the
# permutation's) $p$-values for that by Holm's method. Is anything left at five per cent?
# ```
#
# ```{solution-start} ex-df-heterogeneity-many
# :class: dropdown
# ```
#
# Holm multiplies the smallest by three, the next by two, and so on, and keeps the order.

# %%
from statsmodels.stats.multitest import multipletests

wild = "design == 'own years' and test == 'wild bootstrap'"
found = {
    "regions": permuted,
    "start": by_start.differences.query(wild)["p_value"].item(),
    "municipalities": by_kind.differences.query(wild)["p_value"].item(),
}
adjusted = multipletests(list(found.values()), method="holm")[1]
pd.DataFrame({"p": found, "holm": dict(zip(found, adjusted, strict=True))}).round(3)

# %% [markdown]
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
# In the pooled model with own years the two errors add up exactly. The dimensions share their
# provinces, so their estimates are correlated, and adding squares would overstate or understate the
# error of the difference.

# %%
errors = by_region.interacted.set_index(["design", "group"])["std_error"]["own years"]
apart = np.hypot(errors["east"], errors["west"])
apart, tests["std_error"]["own years", "east less west", "t"]

# %%
errors = alone.slopes.set_index("group")["std_error"]
stacked = alone.differences.set_index("contrast")["std_error"]
np.hypot(errors["ln_breadth"], errors["ln_depth"]), stacked["ln_breadth less ln_depth"]

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Honest draws
# :label: ex-df-heterogeneity-draws
# The default seed of the twin is re-centred on the printed slopes; other seeds are honest draws from a
# world in which the east's slope is the highest. In how many of eight does the split show that order,
# and in how many is the difference between east and west significant at five per cent?
# ```
#
# ```{solution-start} ex-df-heterogeneity-draws
# :class: dropdown
# ```
#
# Simulate, split, test. The share of draws with $p$ below five per cent is a rough estimate of the
# test's power. Then ask the stricter test: with groups of eight and eleven, $t$ and $F$ reject too often.

# %%
panels = [simulate_provinces(seed=draw).panel for draw in range(1, 9)]
again = [by_group(panel, on_twin, "region", designs=["own years"]) for panel in panels]
gaps = pd.concat([one.differences for one in again]).query("contrast == 'east less west'")
gaps[["estimate", "std_error", "p_value"]].round(3).reset_index(drop=True)

# %%
sum(one.slopes.set_index("group")["estimate"].idxmax() == "east" for one in again)

# %% [markdown]
# ```{solution-end}
# ```
