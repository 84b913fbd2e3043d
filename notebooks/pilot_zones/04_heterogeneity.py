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
# (ch-pz-heterogeneity)=
# # Heterogeneity: twelve columns, and nine questions that they do not answer
#
# **After this chapter you can** test whether two groups *differ* when cities lie in both of them, read
# such a test out of somebody else's table, count what a column of a split sample rests on, and say how
# many stars chance alone hands out. **It assumes** {ref}`the baseline chapter <ch-pz-baseline>`. **It
# runs** in less than half a minute.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms in real cities, drawn to give about the
# printed numbers. They are evidence about method and code, never about China. The zones, their dates and
# the tiers of the cities are real, and so is all the arithmetic on printed numbers.
# :::

# %% [markdown]
# ## The claim
#
# Whom does a zone help? The study {cite:p}`wang2025impact` splits its firms five times, by region, by
# exports, by tier of the city and twice by industry, and runs the baseline in each group. It concludes
# that eastern, non-exporting, high-tech and clean firms gain, and firms in ordinary cities, more than
# the others. None of its hypotheses is about groups: H1 is {ref}`the baseline <ch-pz-baseline>`, H2 to H4 are
# {ref}`the channels <ch-pz-mechanisms>`.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table

# %%
estimates = load_published("estimates", study="pilot_zones")
claimed = estimates[(estimates["table"] == "8") & (estimates["term"] == "zone_post")]
claim_table(
    claimed,
    name="tab-pz-heterogeneity-claim",
    caption="The claim: twelve columns of Table 8, as printed",
)

# %% [markdown]
# Each column is the baseline on the firms of one group $g$, with everything of its own:
#
# ```{math}
# :label: eq-pz-heterogeneity
# \begin{aligned}
# FC_{it} = {} & \beta_g\, D_{it} + \gamma_g' X_{it} \\
#   & + \alpha_i + \lambda_{gt} + \kappa_{gc} + u_{it}, \quad i \in g
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial assets over fixed assets | `fc` |
# | $g$ | the group | `region`, `exporter`, `tier`, `high_tech`, `polluting` |
# | $D_{it}$ | the city of the firm has a zone that has begun | `zone_post` |
# | $X_{it}$ | seven controls | `top1`, `quick`, `liability`, `q`, `pe`, `fin`, `eco` |
# | $\alpha_i$, $\lambda_{gt}$, $\kappa_{gc}$ | effects of firm, and of year and city in the group | `firm`, `year`, `city` |
#
# "More than the others" is a statement on $\beta_g - \beta_h$. No column of the table estimates that.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2016-01-12..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
draws: int = 1999  # draws of the wild cluster bootstrap [99..99999]
splits: int = 100  # random splits of the firms [10..2000]
seed: int = 20250613  # seed of bootstrap and splits [0..4294967295]

# %%
from digitrade.exhibits.phrases import listed
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import BASELINE, with_covariance

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
twin, baseline = panels["twin"], with_covariance(BASELINE, covariance)
errors = {"covariance": baseline.covariance, "cluster": baseline.cluster}
whose, beside = listed(panels), listed(["printed", "truth", *panels])

# %% [markdown]
# ## Look first: where the large values are
#
# The largest FC that the study prints is above three hundred, more than a thousand times the mean;
# {ref}`the first chapter <ch-pz-variables>` has shown what that does to a variance. Whatever the split,
# that one row lies in *one* of the groups.

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row
from digitrade.exhibits.table import frame_table
from digitrade.studies.pilot_zones.groups import group_basis, printed_groups
from digitrade.studies.pilot_zones.specifications import across

# %%
counted = across(panels, group_basis)
basis = counted.query("source == 'twin'").set_index("row")
holders = basis[basis["largest"] == twin["fc"].max()]

# %% tags=["full-width"]
frame_table(
    counted,
    name="tab-pz-heterogeneity-basis",
    caption=f"What each column rests on: {whose}",
    heads={
        "row": "Group",
        "treated": "treated",
        "switch": "seen before and after",
        "never": "never treated",
        "largest": "Largest FC",
    },
    digits={"share_squares": 3, "largest": 1},
    note="Share of squares: of the squared deviations of FC in the group's split.",
)

# %%
printed = printed_groups()
glue_row("none", printed.loc["No exports"])
glue_row("some", printed.loc["Exports"])

# %%
centre, never = basis.loc["Centre"], basis["never"]
errors_of, shares = printed["std_error"], 100 * holders["share_squares"]
glue_numbers(error_ratio=errors_of["No exports"] / errors_of["Exports"])
glue_numbers(holders=listed(holders.index.str.lower()))
glue_numbers(share_low=shares.min(), share_high=shares.max())
glue_numbers(never_there=never[["Municipalities", "Sub-provincial cities"]].sum())
glue_numbers(cities_centre=int(centre["cities"]), switch_centre=int(centre["switch"]))

# %% [markdown]
# In the twin the largest value sits in these groups: {glue:text}`holders`. Each of them holds
# {glue:text}`share_low:.0f` to {glue:text}`share_high:.0f` per cent of the squared deviations of its split. Where it
# sits in the study's data is not printed. But the standard errors give a hint. Among firms without exports it is
# {glue:text}`none_se:.3f` on {glue:text}`none_n:,` rows; among exporters {glue:text}`some_se:.3f` on
# {glue:text}`some_n:,`. The samples are not far apart in size, and the errors differ by a factor of
# {glue:text}`error_ratio:.0f`: the large values are most likely on one side. The same hint in the other splits
# points to the east, the municipalities, and industries that are neither high-tech nor polluting.
#
# A column also rests on cities. The eight central provinces contribute {glue:text}`cities_centre` of them in the
# twin, of which {glue:text}`switch_centre` are seen both before and after their zone.

# %% [markdown] tags=["unless:never_there"]
# All municipalities and all sub-provincial cities had a zone by the end, so *nobody there is never treated*: only
# the order in which cities got their zones identifies anything.

# %% [markdown]
# ## The obvious estimate: split and star
#
# Run the twelve regressions and put them beside print.

# %%
from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import record
from digitrade.exhibits.intervals import coefficient_panels
from digitrade.methods.estimate import combine
from digitrade.studies.pilot_zones.groups import (
    covariance_words,
    group_rows,
    interval_rows,
    text_against_table,
)
from digitrade.studies.pilot_zones.specifications import estimate_table

# %%
columns = estimate_table(panels, "8", **errors)
groups = group_rows(columns, panels)
for source, found in columns.items():
    record(f"columns, {source}", combine(found))

# %%
names = {"tech": "High-tech", "others": "Other industries than high-tech"}
names |= {"ordinary": "Other prefectures", "four_printed": "Municipalities"}
for name, group in (names | {"west": "West", "middle": "Centre"}).items():
    glue_row(name, printed.loc[group])

# %% tags=["full-width"]
words = covariance_words(columns["twin"])
comparison_table(
    groups,
    name="tab-pz-heterogeneity-columns",
    caption=f"Zone × post by group: {beside}",
    covariance=words,
    note="Truth: mean true effect over the treated rows of the group.",
)

# %% tags=["full-width"]
coefficient_panels(
    interval_rows(groups),
    name="fig-pz-heterogeneity-intervals",
    one_scale=True,
    caption="The twelve columns with intervals at 95 per cent: printed (from the printed robust errors) and "
    f"{whose} ({words}). N: the table above; cities: the first table. Dotted: the estimate of the "
    "first row. An arrow where an interval is cut.",
)

# %% [markdown]
# Look at the figure before you look for stars. In print the intervals of the groups of one split overlap,
# most of them widely. Yet the text reads the stars as a ranking, and three of its
# rankings go *against* the estimates:
#
# - *High-tech* firms are said to gain more than others. Their coefficient is {glue:text}`tech:.3f`, that of the
#   others {glue:text}`others:.3f`. The first has the stars because its standard error is {glue:text}`tech_se:.3f` and
#   not {glue:text}`others_se:.3f`.
# - *Ordinary cities* are said to gain more than municipalities: {glue:text}`ordinary:.3f` against
#   {glue:text}`four_printed:.3f`.
# - The conclusion puts the *west* before the *centre*; printed are {glue:text}`west:.4f` and {glue:text}`middle:.4f`,
#   and neither can be told from zero.
#
# A standard error is small where a sample holds few extreme ratios. It does not make an effect strong.
#
# ### Where text and table part
#
# The text repeats coefficients of the table, and {glue:text}`gaps` of them have other digits there.

# %%
apart = text_against_table()
glue_numbers(largest_gap=apart["gap_in_se"].abs().max(), gaps=len(apart))

# %%
frame_table(
    apart,
    name="tab-pz-heterogeneity-text",
    caption="The same coefficients in the study's text and in its table",
    heads={"row": "Group", "table": "Table 8", "text": "Text"},
    digits={"table": 3, "gap_in_se": 2},
)

# %% [markdown]
# All of them are apart by little, at most {glue:text}`largest_gap:.2f` of a printed standard error, and no star
# changes. So nothing hangs on them. An innocent explanation is an earlier draft: the text sends the reader to
# Table 7 for the regions, which are in Table 8. A table that was run again, on a sample that had changed by a few
# rows, would do exactly this.
#
# ## What is wrong: a star here, none there
#
# One group has a star and another has none. That does not make the difference between them significant
# {cite:p}`gelman2006difference`. To see how little it takes, split the firms *by lot*. Each time, half of
# them are group one, the rest are group two, and nothing distinguishes the halves.

# %%
from functools import partial

import numpy as np

from digitrade.studies.pilot_zones.groups import count_stars, random_splits

by_lot = {
    source: random_splits(panel, draws=splits, rng=np.random.default_rng(seed), **errors)
    for source, panel in panels.items()
}
stars_by_lot = across(by_lot, count_stars)

# %%
frame_table(
    stars_by_lot,
    name="tab-pz-heterogeneity-lot",
    caption=f"Stars at ten per cent when the firms are split in two by lot: {whose}",
    heads={"both": "Stars in both halves", "one": "in one half only", "none": "in neither"},
    digits=2,
    note=f"Shares of {splits} random splits. Standard errors: {words}.",
)

# %%
on_twin = stars_by_lot.set_index("source").loc["twin"]
glue_numbers(one_star=100 * on_twin["one"], differ=100 * on_twin["differ"])
glue_numbers(give=200 * np.sqrt(0.1 * 0.9 / splits))

# %% [markdown]
# In {glue:text}`one_star:.0f` per cent of the splits one half has a star and the other has none. Each of
# these could be written up: *the effect is concentrated in group one*. No such group exists. It happens
# most easily where the whole sample has a star by a small margin, as in print. And with a heavy tail, the
# half that gets the largest values gets a large standard error with them.
#
# In the last column a test at ten per cent tells the halves apart in
# {glue:text}`differ:.0f` per cent of the splits. It should be ten, give or take {glue:text}`give:.0f` for
# so few splits. Where it is more, even the *proper* test rejects too often: one row may decide it, and no
# formula for the covariance takes that into account.
#
# ## Better: estimate the difference
#
# The difference needs a standard error of its own:
#
# ```{math}
# :label: eq-pz-heterogeneity-variance
# \begin{aligned}
# Var(\hat\beta_g - \hat\beta_h) = {}& Var(\hat\beta_g) + Var(\hat\beta_h) \\
#   & - 2\, Cov(\hat\beta_g, \hat\beta_h)
# \end{aligned}
# ```
#
# What is the covariance? No row is in two groups of a split. So if rows are independent, as the printed
# robust standard errors assume, it is zero, and *print alone is enough for the test*: take the root of the
# sum of the squared standard errors. That is the study's own assumption, not ours.
#
# If errors are shared within a city, it is zero for regions and tiers only, since there each city is in
# one group. Exporters and others live in the same cities. Then write each slope as the truth plus a sum
# over rows of what each row pushes it up or down, add these pushes up by city *across both regressions*,
# and multiply {cite:p}`weesie1999seemingly`:
#
# ```{math}
# :label: eq-pz-heterogeneity-joint
# \begin{aligned}
# \widehat{Cov}(\hat\beta_g, \hat\beta_h) &= \sum_{c} \Big( \sum_{i \in g, c} \psi_{it} \Big)
#   \Big( \sum_{i \in h, c} \psi_{it} \Big) \\
# \psi_{it} &= \frac{\tilde x_{it} \tilde e_{it}}{\tilde x' \tilde x} ,
# \end{aligned}
# ```
#
# with $\tilde x$ the treatment cleared of effects and controls, $\tilde e$ the residual, and $c$ the
# cities. `suest` does this for any of our covariances.

# %%
from digitrade.studies.pilot_zones.groups import (
    bootstrap_differences,
    difference_rows,
    p_value_frame,
)
from digitrade.studies.pilot_zones.specifications import estimated_here

# %%
differences = difference_rows(panels, **errors)
record("differences", estimated_here(differences))

# %% tags=["full-width"]
comparison_table(
    differences,
    name="tab-pz-heterogeneity-differences",
    caption=f"Nine differences between groups: {beside}",
    covariance=words,
    note="Printed differences and their errors are ours, from printed coefficients and errors.",
)

# %% [markdown]
# Nine differences in five families are nine tests. At ten per cent, nine tests of nothing find about one
# thing. Holm's method {cite:p}`holm1979simple` corrects for it: multiply the smallest $p$ by nine, the
# next by eight, and so on, and never let a later one be smaller than an earlier one. And where one
# side has few cities, a $t$ distribution is a poor guide; the *wild cluster bootstrap*
# {cite:p}`cameron2008bootstrap` gives each city's residuals a common random sign instead.

# %%
wild = {
    source: bootstrap_differences(panel, draws=draws, rng=np.random.default_rng(seed))
    for source, panel in panels.items()
}
tests = p_value_frame(differences, wild)

# %% tags=["full-width"]
frame_table(
    tests,
    name="tab-pz-heterogeneity-tests",
    caption=f"Do groups differ? Values of p: {listed(['printed', *panels])}",
    heads={"row": "Difference"},
    note=f"Printed: normal, independent rows. Otherwise: {words}. Wild bootstrap: by city, null "
    f"imposed, {draws} draws, not corrected for the number of tests. N: the table before.",
)

# %%
p, by_holm = tests["p_printed"], tests["holm_printed"]
glue_numbers(tests=len(tests), smallest=p.min(), smallest_holm=by_holm.min())
glue_numbers(below_ten=(p < 0.1).sum(), below_five=(p < 0.05).sum())
glue_numbers(twin_holm=(tests["holm_twin"] < 0.1).sum())

# %% [markdown]
# **In print**, {glue:text}`below_five` of {glue:text}`tests` differences are significant at five per cent,
# and {glue:text}`below_ten` at ten; the smallest $p$ is {glue:text}`smallest:.3f`. Corrected for having
# looked nine times, the smallest is {glue:text}`smallest_holm:.2f`. By the study's own numbers and its own
# assumption on errors, *no group of firms gains significantly more than another* at five per cent, and
# after the correction at no usual level. Each sentence on who benefits more is an open question.
#
# **On the twin** the groups do differ: the truth was made to differ much as print does, by the column *Truth* of
# {numref}`tab-pz-heterogeneity-differences`. At ten per cent, {glue:text}`twin_holm` of the
# {glue:text}`tests` tests find a difference after Holm's correction. How good can such tests be? The twin's noise can
# be drawn again and again, with the truth known each time.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.pilot_zones.twin.honest import honest_summary

# %% tags=["full-width"]
targets = [
    "east_centre",
    "exports",
    "sub_munis",
    "tech",
    "pollution",
    "t8A2",
    "t8B2",
    "t8B3",
]
honest = honest_summary(targets)
honest_table(
    honest,
    name="tab-pz-heterogeneity-honest",
    caption="Differences between groups, and three of the columns, in honest draws of the twin",
    note="Errors: robust. Book's own dates of the zones.",
)

# %%
gaps = honest.head(5)
glue_numbers(power_low=100 * gaps["power"].min(), power_high=100 * gaps["power"].max())
glue_numbers(four_bias=honest.set_index("target").loc["t8B3", "bias"])

# %% [markdown]
# All five differences are there in the twin. A test at five per cent finds them in
# {glue:text}`power_low:.0f` to {glue:text}`power_high:.0f` per cent of the draws (column *Power*). Where power is
# low, an insignificant difference does not show that groups are alike. And the *municipalities* are off by
# {glue:text}`four_bias:.2f` on average: their estimate hangs on one value, as {ref}`a later table <sec-pz-one-row>` shows.
#
# ## Few cities
#
# Four cities make a column with thousands of rows. If errors are shared within a city, its standard error is a sum
# over four squares. And cities count unequally: some move the treatment much, others hardly. The *effective*
# number of clusters is how many equal ones would carry the slope as evenly. Where it is below twenty (†), the
# $t$ test is a poor guide, and the wild bootstrap should stand beside it.

# %%
from digitrade.exhibits.cells import number
from digitrade.exhibits.table import DAGGER
from digitrade.studies.pilot_zones.groups import few_clusters

rng = np.random.default_rng(seed)
few = across(panels, few_clusters, draws=draws, rng=rng)
record("by city", few)

# %% tags=["full-width"]
marks = few["few"].map({True: DAGGER, False: ""})
shown = few.assign(effective=few["n_effective"].map(partial(number, digits=1)) + marks)
told = ["estimate", "robust", "std_error", "groups", "effective", "p_value", "p_wild"]
frame_table(
    shown[["source", "row", *told]],
    name="tab-pz-heterogeneity-few",
    caption=f"The columns with errors clustered by city: {whose}",
    heads={
        "row": "Group",
        "robust": "Robust SE",
        "std_error": "SE by city",
        "groups": "Cities",
        "effective": "effective",
        "p_value": "p, t by city",
        "p_wild": "p, wild bootstrap",
    },
    note=f"Wild bootstrap by city, null imposed, {draws} draws. N: the table of columns.",
)

# %%
lines = few.query("source == 'twin'").set_index("row")
glue_row("four", lines.loc["Municipalities"])
results = lines.loc["Municipalities", ["robust", "p_wild", "n_effective"]]
glue_numbers(**results.add_prefix("four_"), daggers=lines["few"].sum())
own = twin[twin["tier"] == "municipality"].drop_duplicates("city").groupby("cohort")["city"]
glue_numbers(dates="; ".join(f"{year:.0f} {listed(sorted(names))}" for year, names in own))

# %% [markdown]
# On the twin {glue:text}`daggers` columns have the mark. The *municipalities* have four cities, and
# {glue:text}`four_n_effective:.1f` effective ones. Their error is {glue:text}`four_se:.3f` by city and
# {glue:text}`four_robust:.3f` robust. If the first is smaller, that is no good news: a sum over four squares,
# whose own residuals the regression has already fitted, can be nearly anything {cite:p}`mackinnon2023cluster`. The
# bootstrap gives $p$ = {glue:text}`four_p_wild:.3f`. For four cities there are only sixteen ways to choose signs. Turn
# all four round and $|t|$ is the same, so sixteen ways are eight, and the smallest possible $p$ is one in eight.
# With this bootstrap *no star is possible in this column*. (In {numref}`tab-pz-heterogeneity-tests` the bootstrap
# signs all cities of a pair, so it can give small values there. With four cities on one side it can err either way
# {cite:p}`mackinnon2017wild`: do not trust the two rows of the municipalities.)
#
# Dates make it worse. The twin's municipalities are first treated in these years: {glue:text}`dates`. A city that
# has a year to itself is compared with the others, and whatever else happened there in those years is in the
# coefficient. The printed {glue:text}`four_printed:.3f` ({glue:text}`four_printed_se:.3f`) claims nothing, and that
# is right; a *significant* number there would have claimed too much.
#
# (sec-pz-one-row)=
# ## One row
#
# Leave the largest value out and run the columns that hold it again.

# %%
from digitrade.studies.pilot_zones.groups import with_and_without

bare = across(panels, with_and_without, **errors)

# %% tags=["full-width"]
frame_table(
    bare,
    name="tab-pz-heterogeneity-one",
    caption=f"Columns with and without their largest value: {whose}",
    heads={
        "row": "Group",
        "value": "Largest FC",
        "estimate": "With it",
        "std_error": "SE",
        "change": "Change in SE",
    },
    digits={"value": 1, "change": 2},
    note=f"Standard errors: {words}. Change: of the estimate, in standard errors of the column with the row.",
)

# %%
on_twin = bare[bare["source"] == "twin"].set_index("row")
most = on_twin.loc[on_twin["change"].abs().idxmax()]
glue_numbers(held=len(on_twin), most=most.name.lower())
glue_numbers(most_with=most["estimate"], most_without=most["estimate_without"])

# %% [markdown]
# The column that changes most is *{glue:text}`most`*: {glue:text}`most_with:.3f` with its one row,
# {glue:text}`most_without:.3f` without. The same row is in {glue:text}`held` columns at once, so the
# "findings" of a table like this are to some degree *one*. A referee would ask for these columns with FC winsorised,
# or in another form that does not hang on one firm; {ref}`the robustness chapter <ch-pz-robustness-matched>` does
# that for the baseline.
#
# ## Do the groups add up?
#
# A firm is either in the east, the centre or the west. So the groups of a split should make up the
# sample, of which the study prints two sizes: one with all rows, one without those that are alone in a
# firm or city. No split meets either.

# %%
from digitrade.studies.pilot_zones.groups import printed_sizes
from digitrade.studies.pilot_zones.specifications import printed_rows

# %%
sizes = printed_sizes()
frame_table(
    sizes,
    name="tab-pz-heterogeneity-sizes",
    caption="Printed groups, added up",
    heads={
        "rows": "Rows in all groups",
        "short": "short of all rows",
        "beyond": "beyond rows that are not alone",
        "mean": "Mean coefficient",
    },
    digits={"short": 0, "beyond": 0},
    note="Mean coefficient: of the groups, weighted by their rows.",
)

# %%
short, mean = sizes.set_index("family")["short"], sizes["mean"]
glue_numbers(short_region=short["Region"], short_tier=short["Tier"])
glue_numbers(short_exports=short["Exports"], mean_low=mean.min(), mean_high=mean.max())

# %%
pooled = printed_rows("3")
glue_row("pooled", pooled.iloc[2])
glue_numbers(all_rows=pooled["n_obs"].max(), not_alone=pooled["n_obs"].min())

# %% [markdown]
# - *Regions and tiers* have more rows than the {glue:text}`not_alone:,` of the baseline. So rows that are
#   alone must have been kept in Table 8, although they were dropped in Table 3. (They are fitted by their
#   own effect and move no coefficient; they do enter the small-sample factor.)
# - The {glue:text}`short_region` rows that no region has, and the {glue:text}`short_tier` that no tier
#   has, look like missing labels: a blank province, a county-level city.
# - The {glue:text}`short_exports` rows that are in neither exports group may lack a figure for exports.
#   But then the mechanism regression on exports could not have all rows either, and it is printed with
#   all {glue:text}`all_rows:,`. An exporter label from another source would explain both.
# - Firms that change their group cannot explain it. Each of their rows is in the group of that year, and is counted
#   there.
#
# None of this is large. It shows what a reader can find out with addition alone, and that a table of
# groups should come with a line for *not classified*.
#
# The last column is a check of another kind. Means of the groups' coefficients run from
# {glue:text}`mean_low:.3f` to {glue:text}`mean_high:.3f`; the pooled coefficient is
# {glue:text}`pooled:.3f` ({glue:text}`pooled_se:.3f`). It is *not* the mean of its groups
# ({ref}`why <ch-df-heterogeneity>`), but were the means far off, one would have to ask where the rest comes
# from. Here all lie within one standard error of it, as they should.
#
# ## How many stars by chance?
#
# Twelve columns were tested. If zones did nothing anywhere and the columns were independent, the number
# of stars at ten per cent would be a binomial draw.

# %%
from scipy import stats

n, marks = len(claimed), claimed["stars"]
starred, strict = (marks != "").sum(), marks.isin(["**", "***"]).sum()
glue_numbers(expected=n * 0.1, starred=starred, strict=strict)
glue_numbers(chance=stats.binom.sf(starred - 1, n, 0.1))
glue_numbers(chance_strict=stats.binom.sf(strict - 1, n, 0.05))

# %% [markdown]
# One would expect {glue:text}`expected:.1f` stars and finds {glue:text}`starred`; so many or more have a
# probability of {glue:text}`chance:.4f`. At five per cent there are {glue:text}`strict`, with a
# probability of {glue:text}`chance_strict:.3f`. So pure chance is no explanation of the table as a whole.
# But this tests the wrong thing twice. The columns are not independent, since each row appears in five of
# them. And the baseline has shown already that *some* effect exists. This part of the study is about differences,
# and in print none of these is significant at five per cent.
#
# ## What we learned, and what we did not
#
# Twelve coefficients are twelve answers to the question whether a group's own effect is zero. Who gains
# *more* is another question. The test of the differences can be had from print, under the study's own
# assumption, with a pocket calculator; none is significant at five per cent, before or after correction
# for their number. Stars in one group and none in the other come out of a lottery just as well.
#
# We did not learn that zones help all firms alike. On the twin, where they do not, the same tests
# find it in {glue:text}`twin_holm` of {glue:text}`tests` cases. Nor did we learn which large values the study's
# groups hold.
#
# A referee would ask for the nine differences with standard errors clustered by city; for groups fixed
# before the zones came (a firm's export status may *respond* to a zone); for the municipalities to be left
# out of the table of tests; for FC in a form that does not hang on one row; and for the number of splits
# that were tried.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} By hand
# :label: ex-pz-heterogeneity-hand
# Compute the standard error of *no exports less exports* as the root of the sum of two squares, from
# clustered errors of the split samples. Compare it with the joint one. Which is right, and why do they
# differ here and not for *east less west*?
# ```
#
# ```{solution-start} ex-pz-heterogeneity-hand
# :class: dropdown
# ```
#
# The joint one is right: exporters and others share cities, so what hits a city enters both slopes. No
# city is in two regions, and there the two ways agree.

# %%
import pandas as pd

by_city = {"covariance": "clustered", "cluster": "city"}
joint = difference_rows(panels, **by_city).query("source == 'twin'").set_index("row")
alone = estimate_table(panels, "8", **by_city)["twin"]
alone = {name: fit.main["std_error"] for name, fit in alone.items()}
pairs = {
    f"{a} less {b}": np.hypot(alone[a], alone[b])
    for a, b in [("No exports", "Exports"), ("East", "West")]
}
pd.DataFrame({"by hand": pairs, "joint": joint["std_error"][list(pairs)]}).round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} An interaction instead
# :label: ex-pz-heterogeneity-interaction
# Many papers interact $Zone \times Post$ with the group and leave all else in common. Do it for exporters.
# Which years and which controls are shared now? How far does the difference move?
# ```
#
# ```{solution-start} ex-pz-heterogeneity-interaction
# :class: dropdown
# ```
#
# *Own years* gives the split samples back, if no firm changes its group. *Common years* has one effect of
# year and city for all. *Slope only* has common controls, too: exporters are then compared with what all
# firms of the country did, not other exporters. These are other questions, and they have other standard
# errors.

# %%
from digitrade.methods.heterogeneity import by_group

known = twin.dropna(subset=["exporter"])
kinds = known["exporter"].map({0.0: "no exports", 1.0: "exports"})
always = known.assign(kind=kinds.groupby(known["firm"]).transform("first"))
compared = by_group(always, BASELINE.replace(**by_city), "kind")
compared.differences[["design", "contrast", "estimate", "std_error", "p_value"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Without the municipalities
# :label: ex-pz-heterogeneity-without
# Leave the four municipalities out of the east. Is its difference to the centre still what it was?
# ```
#
# ```{solution-start} ex-pz-heterogeneity-without
# :class: dropdown
# ```
#
# A specification and a set of rows are values, so this is a matter of naming two samples. Compare with the
# first row of {numref}`tab-pz-heterogeneity-differences`. The twin's municipalities have large true effects; how far
# the standard error falls with them depends on the large ratios they hold.

# %%
from digitrade.methods.regression import suest

outside = twin[twin["tier"] != "municipality"]
east, centre = (outside[outside["region"] == name] for name in ("east", "central"))
two = suest({"East": (east, baseline), "Centre": (centre, baseline)})
two.difference("East", "Centre").round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How large must a difference be?
# :label: ex-pz-heterogeneity-power
# With the printed standard errors, how far apart must two groups be for a test at five per cent to find
# it four times out of five? Compare with the baseline coefficient.
# ```
#
# ```{solution-start} ex-pz-heterogeneity-power
# :class: dropdown
# ```
#
# About two and four fifths standard errors of the difference (the sum of two normal quantiles). In most
# splits that is more than the whole effect of the baseline, so these tests could hardly succeed.

# %%
in_print = differences.query("source == 'printed'").set_index("row")["std_error"]
(stats.norm.ppf([0.975, 0.8]).sum() * in_print).round(2)

# %% [markdown]
# ```{solution-end}
# ```
