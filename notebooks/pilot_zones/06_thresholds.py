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
# (ch-pz-thresholds)=
# # Thresholds: does finance switch the effect on?
#
# **After this chapter you can** search for the level of one variable beyond which the effect of another
# changes, choose whom a bootstrap draws when that variable belongs to a whole city, test a threshold
# against dealt-out copies of itself, and say how large a threshold must be to be found. **It assumes**
# {ref}`the baseline of this study <ch-pz-baseline>` and
# {ref}`the thresholds of the other one <ch-df-thresholds>`. **It runs** in about half a minute.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms in real cities, with the real dates of
# the zones. Their finance, their controls and their FC are made up so that the study's regressions give
# about its printed numbers. They are evidence about method and code, never about China.
# :::
#
# :::{admonition} Ours, not the paper's
# :class: note
#
# The study {cite:p}`wang2025impact` has no threshold regression. This chapter is an extension: a
# question that its readers could ask next. No number on this page but the first table is its own.
# :::

# %% [markdown]
# ## The claim
#
# What is printed is one effect for all, and effects by kind of city and firm, which
# {ref}`the chapter on heterogeneity <ch-pz-heterogeneity>` takes up. None is by level of finance.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.thresholds import threshold_panel

# %%
claimed = load_published("estimates", study="pilot_zones")
claim_table(
    claimed.query("table == '3' and column == '3' and term == 'zone_post'"),
    name="tab-pz-thresholds-claim",
    caption="The effect that might have a switch, as printed",
)

# %% [markdown]
# Now think of a parcel seller in a city where every second street has a bank, and of another in a city
# with one. A zone makes it easier to show a bank what one sells. That may help much where there are
# banks to ask, and not at all where there are none. If so, the effect has a *threshold*: some level of
# regional finance from which on it works. In symbols, after {cite:t}`hansen1999threshold`,
#
# ```{math}
# :label: eq-pz-thresholds
# \begin{aligned}
# FC_{it} = {}& \mu_i + \lambda_t + \beta_1 D_{it} 1(q_{c} \le \gamma) \\
#   & + \beta_2 D_{it} 1(q_{c} > \gamma) \\
#   & + \theta' z_{it} + e_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial over fixed assets of firm $i$ in year $t$; more is less constrained | `fc`, and two tamer versions |
# | $D_{it}$ | the firm's city has a zone by that year | `zone_post` |
# | $q_c$ | deposits plus loans over output in city $c$, at the start | `fin_start`, made from `fin` |
# | $\gamma$ | the threshold, to be estimated | — |
# | $\beta_1$, $\beta_2$ | effect up to the threshold and beyond it | |
# | $z_{it}$ | the study's seven controls | `top1`, `quick`, `liability`, `q`, `pe`, `fin`, `eco` |
# | $\mu_i$, $\lambda_t$ | effects | `firm`, `year` |
#
# The study's city effects are left out of the search, since they matter only for the few firms that
# move; once a cut is found, the slopes beside it are estimated with them.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2016-01-12..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # of slopes at a cut [robust | firm | city | firm-city]
winsorised: float = 0.01  # share of rows whose FC is pulled in, upper end only [0..0.2]
trim: float = 0.10  # smallest share of the rows on either side of a cut [0.02..0.25]
draws: int = 299  # draws of each test [99..9999]
exchanges: int = 99  # how often finance is dealt out to count false alarms [19..999]
planted: float = 0.4  # change of the effect that is planted in the twin [0..2]
planted_at: float = 0.5  # where: a quantile of finance among treated rows [0.2..0.8]
seed: int = 20250827  # seed of all draws [0..4294967295]

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
rows = {name: threshold_panel(panels[name], winsorised=winsorised) for name in panels}
twin = rows["twin"]

# %% [markdown]
# ## Which finance?
#
# The column `fin` has a value for each city and year. The obvious threshold variable is this year's.
# Two things speak against it. A zone may *move* finance: then firms cross the cut because of the zone,
# and rows are sorted by a result of what we want to explain. And if it hardly moves, nothing is lost
# without the years.

# %%
from digitrade.exhibits.glue import glue_numbers, glue_row
from digitrade.studies.pilot_zones.threshold_checks import (
    effect_on_finance,
    finance_numbers,
)

glue_row("moved", effect_on_finance(twin))
glue_numbers(**finance_numbers(twin))

# %% [markdown]
# On the twin {glue:text}`between:.0f` per cent of the variance of finance lies between cities. A zone
# moves it by {glue:text}`moved:.3f` (clustered by city: {glue:text}`moved_low:.3f` to
# {glue:text}`moved_high:.3f`); there that is noise, because the twin's zones do nothing to it. Your
# cities' zones may. So we take each city's figure from its first year in the panel, and none at all if
# its zone was there already.
#
# Mind what this does to the count. There are {glue:text}`all_rows:,` rows, but the threshold variable has
# {glue:text}`values` values, one a city, and only the {glue:text}`treated_cities` cities with a zone
# can tell where the effect changes. Rows do not vote here. Cities do.
#
# ## Look first: a mark a city
#
# For each city with a zone: by how much did mean FC change, compared with cities that never get one?

# %%
from digitrade.exhibits.shapes import city_change_plot
from digitrade.studies.pilot_zones.thresholds import city_changes

changes = city_changes(twin, "fc_winsorised")
city_change_plot(
    changes,
    name="fig-pz-thresholds-cities",
    caption="Change of winsorised FC with the zone, a mark a city, its area by treated rows. "
    "Twin; not in the paper.",
)

# %%
largest = changes.nlargest(4, "treated_rows")
top_share = 100 * largest["treated_rows"].sum() / changes["treated_rows"].sum()
glue_numbers(top_share=top_share, top_names=", ".join(largest["city"]))

# %% [markdown]
# {glue:text}`top_share:.0f` per cent of the treated rows lie in four cities: {glue:text}`top_names`.
# Where a cut falls between two of these, much changes; elsewhere it hardly matters. Look, too, at the
# tiers: in the twin, finance tends to follow the number of listed firms, so a large city has much of it
# *and* whatever else makes a large city. Keep both in mind.
#
# ## The obvious estimate, and what is wrong with it
#
# Let the effect differ between cities below and above the median, by this year's finance and by that of
# the start.

# %% tags=["full-width"]
from digitrade.exhibits.cells import STARS_NOTE, number, small_p
from digitrade.exhibits.table import frame_table
from digitrade.studies.pilot_zones.threshold_checks import split_at_medians

by_eye = split_at_medians(rows, covariance)
columns = ["label", "term", "estimate", "std_error", "p_value", "n_obs"]
frame_table(
    by_eye.assign(p_value=by_eye["p_value"].map(small_p))[columns],
    name="tab-pz-thresholds-eye",
    caption="The effect on winsorised FC split at the median of finance among treated rows, "
    "twin; not in the paper",
    heads={"label": "Finance"},
    note=f"Covariance: {by_eye['covariance'].iloc[0]}. Effects of firm, year and city; seven "
    "controls.",
)

# %% [markdown]
# Why the median? Nothing says that banks begin to matter there. And if you try some other cuts and keep
# the best, the $p$-value beside it is no longer one.
#
# ## Let the data choose, and see what the tail does
#
# Every city's figure is tried as a cut, as long as a share `trim` of the rows is left on either side,
# and the one with the smallest sum of squares is kept. Squares are the trouble. FC is a ratio, and one
# value is far above all others: squared, it is {glue:text}`square_share:.0f` per cent of the sum of
# squares of all the twin's rows. So the search runs four times: on FC as it is, without the firm of
# that value, on FC pulled in at the top, and on its inverse hyperbolic sine, which is about FC itself
# where FC is small and about a log where it is large. (Effects on it depend on FC's unit, as effects on
# $\ln(1 + x)$ do {cite:p}`chen2024logs`; a ratio at least has a natural unit.)

# %%
import numpy as np

from digitrade.exhibits.thresholds import searches_table
from digitrade.studies.pilot_zones.threshold_checks import by_source, without_largest_firm
from digitrade.studies.pilot_zones.thresholds import (
    search_numbers,
    search_outcomes,
    searches_frame,
    zone_threshold,
)

# %%
search = {"trim": trim, "draws": draws, "covariance": covariance}
cases = {
    source: search_outcomes(panel, seed=seed, **search) for source, panel in rows.items()
}
without = {
    f"{source}: without one firm": zone_threshold(
        without_largest_firm(panel), outcome="fc", **search, rng=np.random.default_rng(seed)
    )
    for source, panel in rows.items()
}

# %% tags=["full-width"]
searches_table(
    searches_frame(by_source(cases) | without),
    name="tab-pz-thresholds-search",
    caption="One threshold of the zone's effect in finance at the start, twin; not in the paper",
    note=f"Set: likelihood ratio, 95 per cent. Tests: {draws} draws each; the next section says "
    "of what. Slopes within firms, years and cities at the cut, taken as known, covariance "
    f"{covariance}. Treated rows up to the cut and beyond.",
)

# %%
raw, tame = cases["twin"]["FC as it is"], cases["twin"]["FC, winsorised"]
glue_numbers(**search_numbers("raw", raw), **search_numbers("tame", tame))
glue_numbers(**search_numbers("less", without["twin: without one firm"]))
glue_numbers(largest_fc=twin["fc"].max(), usual_fc=twin["fc"].median())
glue_numbers(pulled_in=100 * winsorised)

# %% [markdown]
# The largest FC on the twin is {glue:text}`largest_fc:.1f`, the median {glue:text}`usual_fc:.4f`. With
# that firm $F$ is {glue:text}`raw_f:.1f`, and the set holds {glue:text}`raw_set` cuts. Without it, $F$ is
# {glue:text}`less_f:.1f`, and the set holds {glue:text}`less_set`. Pull in the highest
# {glue:text}`pulled_in:.0f` per cent of the values, and $F$ is {glue:text}`tame_f:.1f`, the set
# {glue:text}`tame_set`. Cities, zones and finance are the same in all three; what differs is how much a few
# rows may weigh. From here on the outcome is winsorised FC, and FC as it is stays in the tables.
#
# ## Whom does the bootstrap draw?
#
# The three $p$-values ask how large $F$ gets in data that have no threshold in finance. Such data are made
# in three ways, and each is searched anew. The first two take the effect to be the same everywhere, and put
# the residuals back with random signs, so that nothing lines up with finance but by chance. The third leaves
# effects as they are.
#
# - **By firm**: each firm's history gets a sign of its own. This is how `panel_threshold` treats an
#   unbalanced panel {cite:p}`cameron2008bootstrap`. It takes firms for independent.
# - **By city**: all firms of a city get the same sign. If a city's effect is above the common one, for
#   whatever reason, all of its firms' residuals are too, and the sign keeps them together.
# - **Exchanged**: all outcomes stay where they are, and the cities' *finance* is dealt out among
#   the cities with a zone, as {cite:t}`fisher1935design` would. This tests whether finance sorts the
#   effects better than a lottery.

# %%
from digitrade.exhibits.histograms import null_panels
from digitrade.studies.pilot_zones.threshold_checks import alarm_rates

# %% tags=["full-width"]
null_panels(
    {
        "Signs by firm": tame.by_firm,
        "Signs by city": tame.by_city,
        "Finance exchanged": tame.exchanged,
    },
    name="fig-pz-thresholds-null",
    caption="F in data without a threshold in finance, made in three ways, and in orange F of "
    "the rows themselves. Winsorised FC, twin; not in the paper.",
)

# %% [markdown]
# Which one to trust can be found out. Deal finance out by lot, and run the whole test on it, with a
# bootstrap of its own: no threshold can be there, so a test of 5 per cent should say "threshold" five
# times in a hundred.

# %%
counted = alarm_rates(rows, trim=trim, exchanges=exchanges, seed=seed)
frame_table(
    counted,
    name="tab-pz-thresholds-alarms",
    caption="How often a test finds a threshold in finance that was dealt out by lot, twin; "
    "not in the paper",
    heads={"cluster": "Signs"},
    digits={"rejected": 0, "median_f": 1},
    note=f"{exchanges} deals; tests at 5 per cent with 99 draws each. The exchange test keeps "
    "its level by construction.",
)

# %%
share = counted.query("source == 'twin'").set_index(["outcome", "cluster"])["rejected"]
glue_numbers(alarm_raw=share["FC as it is", "by firm"])
glue_numbers(alarm_firm=share["FC, winsorised", "by firm"])
glue_numbers(alarm_city=share["FC, winsorised", "by city"])

# %% [markdown]
# With winsorised FC and signs by firm, {glue:text}`alarm_firm:.0f` per cent of the lotteries have a
# threshold; with FC as it is, {glue:text}`alarm_raw:.0f` per cent. The test answers another question.
# Its null is that *all cities have the same effect*, and they have not. Put lottery numbers on cities
# whose effects differ, try all cuts, and one will have better cities on its one side. In FC as it is,
# such differences can drown in noise, which hides the fault and does not mend it. With signs by city it
# is {glue:text}`alarm_city:.0f` per cent. That test is made for many cities of like size, and here four
# hold {glue:text}`top_share:.0f` per cent of the treated rows. The exchange test needs neither.
#
# For the finance that the twin's cities do have, the three $p$-values are {glue:text}`tame_firm:.3f`,
# {glue:text}`tame_city:.3f` and {glue:text}`tame_exchanged:.3f`.
#
# ## Who lies beyond the cut?
#
# Do what the other study's chapter did with two provinces: read the names.

# %%
from digitrade.studies.pilot_zones.threshold_checks import cities_beyond, truth_by_side

# %%
beyond = cities_beyond(twin, tame.cut)
frame_table(
    beyond.head(8),
    name="tab-pz-thresholds-beyond",
    caption="The cities beyond the cut with the most treated rows, twin; not in the paper",
    heads={"finance": "Finance at the start"},
    digits={"finance": 2},
    note=f"{number(len(beyond), 0)} cities lie beyond {number(tame.cut, 2)}.",
)

# %% [markdown]
# And as the firms are simulated, we can look up the truth. In the twin the effect of a zone depends on
# the tier of the city, its region, the firm's kind and the years since the zone. **Finance is no input
# to it.** There is no switch. Here is the mean true effect on either side of the estimated cut, tier by
# tier.

# %%
truth = truth_by_side(twin, tame.cut)
frame_table(
    truth,
    name="tab-pz-thresholds-truth",
    caption="Mean true effect on winsorised FC in treated rows, by tier and side of the cut, "
    "twin; not in the paper",
    heads={"below": "Up to the cut", "beyond": "Beyond", "All": "Both"},
)

# %%
treated = twin[twin["zone_post"] == 1]
municipal = 100 * (treated["tier"] == "municipality")
far = municipal[treated["fin_start"] > tame.cut]
glue_numbers(municipal_all=municipal.mean(), municipal=far.mean())
true = truth.iloc[-1]
glue_numbers(true_low=true["below"], true_high=true["beyond"], mean_effect=true["All"])

# %% [markdown]
# The last line of that table is a difference in truth: {glue:text}`true_low:.3f` against
# {glue:text}`true_high:.3f`. A test that sees one sees something that is there. But
# {glue:text}`municipal:.0f` per cent of the treated rows beyond {glue:text}`tame_cut:.2f` lie in
# municipalities ({glue:text}`municipal_all:.0f` per cent of all treated rows do). Cities on one side
# differ from those on the other in tier and region, which make the effect, and in finance, which does
# not. A threshold regression says *for whom* the effect is large. Why, it cannot say, and "give them
# banks" would be a costly way to learn it.
#
# ## Let in the differences that you know of
#
# So give the other explanations a chance first. Let every kind of city, that is every tier in every
# region, have an effect of its own, by products with the zone among the controls, and search in what is
# left. And once more on a twin that has no differences at all: each treated row gets the mean true
# effect in place of its own, and the noise is as it was drawn. (On the default seed it was then moved until
# the printed columns came out, those by kind of city among them, so in the moved noise kinds differ.) There
# the null of the bootstraps is true, or nearly so.

# %%
from digitrade.studies.pilot_zones.thresholds import known_kinds, level_effect
from digitrade.studies.pilot_zones.twin import simulate_firms
from digitrade.studies.pilot_zones.variables import build_firm_panel

# %%
LET_IN = "FC, winsorised, kinds of city let in"
let_in = {
    source: {
        LET_IN: zone_threshold(
            panel,
            outcome="fc_winsorised",
            kinds=known_kinds(panel),
            **search,
            rng=np.random.default_rng(seed),
        )
    }
    for source, panel in rows.items()
}

# %%
drawn = simulate_firms(twin_seed, recentre=False).extract
drawn = build_firm_panel(drawn, approved_by=approved_by, rule=rule)
level = threshold_panel(drawn, winsorised=winsorised)
level["level"] = level_effect(level, "fc_winsorised")
no_difference = zone_threshold(
    level, outcome="level", **search, rng=np.random.default_rng(seed)
)

# %% tags=["full-width"]
beside = {"twin: FC, winsorised": tame, **by_source(let_in)}
searches_table(
    searches_frame(beside | {"twin: one effect for all": no_difference}),
    name="tab-pz-thresholds-known",
    caption="The search when known differences are let in, and where there are none, twin; "
    "not in the paper",
    note="As in the table of searches. With kinds let in, the effect up to the cut is "
    "that of prefectures in the east.",
)

# %%
known = let_in["twin"][LET_IN]
glue_numbers(**search_numbers("known", known), **search_numbers("none", no_difference))

# %% [markdown]
# Letting in the kinds of cities takes $F$ from {glue:text}`tame_f:.1f` to {glue:text}`known_f:.1f`; $p$
# by city is then {glue:text}`known_city:.3f`, exchanged {glue:text}`known_exchanged:.3f`. Where all
# have one effect, $F$ is {glue:text}`none_f:.1f`, with $p$-values of {glue:text}`none_firm:.3f`,
# {glue:text}`none_city:.3f` and {glue:text}`none_exchanged:.3f`. On your own rows you do not know the
# truth, but you can do the same. The part of $F$ that goes when kinds of cities are let in was not
# about finance, or cannot be told from what was. And beware of letting in too little: tier *plus*
# region may not be enough where the effect depends on their combination, as it does in the twin (an
# exercise tries it). Nor are kinds all that differs: in the twin, effects change with the years since the
# zone, and Beijing's zone is younger than Shanghai's.
#
# ## Plant one
#
# A test that never says yes is no good either. So take the twin with one effect for all, and add
# `planted` in every treated row whose city lies above a chosen level of finance.

# %%
from digitrade.exhibits.series import likelihood_ratio_plot
from digitrade.studies.pilot_zones.threshold_checks import planted_cut
from digitrade.studies.pilot_zones.thresholds import BEYOND, plant

# %%
place = planted_cut(twin, planted_at)
level["planted"] = plant(level, "level", size=planted, cut=place)
recovered = zone_threshold(
    level, outcome="planted", **search, rng=np.random.default_rng(seed)
)

# %%
likelihood_ratio_plot(
    recovered.fit,
    variable="fin_start",
    digits=2,
    name="fig-pz-thresholds-profile",
    caption="Likelihood ratio over the cuts with a threshold planted. Orange: the estimate and "
    "the confidence set. Twin; not in the paper.",
)

# %%
glue_numbers(planted=planted, place=place, **search_numbers("recovered", recovered))
glue_row("planted_change", recovered.slopes[BEYOND])

# %% [markdown]
# Planted: a change of {glue:text}`planted:.2f` at {glue:text}`place:.2f`. Found: a cut at
# {glue:text}`recovered_cut:.2f` with a set from {glue:text}`recovered_low:.2f` to {glue:text}`recovered_high:.2f`,
# which holds {glue:text}`recovered_set` cuts, and a change between
# {glue:text}`planted_change_low:.3f` and {glue:text}`planted_change_high:.3f`; $p$, exchanged, is
# {glue:text}`recovered_exchanged:.3f`. Two cautions about the set. It assumes errors of equal variance that are
# independent between firms. And it is made of cities' own figures: the true switch may lie anywhere up
# to the next city's finance.
#
# ## How large must it be?
#
# Take samples without a threshold, with signs by city, plant changes of several sizes in each, and
# count how often the test finds them.

# %%
import pandas as pd

from digitrade.exhibits.series import power_plot
from digitrade.studies.pilot_zones.threshold_checks import power_curves, smallest_found

# %%
planting = {"sizes": (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6), "trim": trim, "draws": draws}
curves = power_curves(rows, level, quantile=planted_at, seed=seed, **planting)

# %% tags=["full-width"]
power_plot(
    curves,
    name="fig-pz-thresholds-power",
    caption="How often a planted threshold is found, by its size; bootstrap by city at 5 per cent. "
    "Twin; not in the paper.",
)

# %%
misplaced = pd.DataFrame(
    {title: curve.set_index("size")["misplaced"] for title, curve in curves.items()}
)
frame_table(
    (100 * misplaced).reset_index(),
    name="tab-pz-thresholds-misplaced",
    caption="Treated rows that the estimated cut puts on the wrong side, per cent, median of "
    "the draws, twin; not in the paper",
    heads={"size": "Planted change"},
    digits={"size": 2} | dict.fromkeys(misplaced, 1),
)

# %%
enough = {title: smallest_found(curve) for title, curve in curves.items()}
glue_numbers(
    enough_level=enough["twin, winsorised, one effect for all"],
    enough_tame=enough["twin, winsorised"],
    enough_known=enough["twin, winsorised, kinds let in"],
    enough_raw=enough["twin, FC as it is"],
)

# %% [markdown]
# To be found four times in five, a threshold has to be, of the sizes tried, {glue:text}`enough_level`
# where all else is equal, {glue:text}`enough_tame` among cities whose effects differ anyway,
# {glue:text}`enough_known` once their kinds are let in, and {glue:text}`enough_raw` in FC as it is. The
# mean effect itself is {glue:text}`mean_effect:.2f`. Differences between cities that have nothing to do
# with finance are noise to this test, and no number of further *firms* makes that noise smaller.
#
# ## What if the panel were balanced?
#
# Hansen's theory has every unit in every year, and his bootstrap hands one unit's residuals to another.
# One can have that: with the firms that are there in all years, or with the mean firm of each city and
# year, in cities that have one every year. The first keeps survivors; the second counts every city
# alike, however few its firms. They are other questions, and have other answers.

# %% tags=["full-width"]
from digitrade.exhibits.thresholds import threshold_table
from digitrade.studies.pilot_zones.threshold_checks import search_balanced

balanced = search_balanced(rows, trim=trim, draws=draws, seed=seed)
sizes = {title: f"{number(fit.n_obs)} rows" for title, fit in balanced.items()}
units = [f"{at}: {sizes[at]}, {balanced[at].n_entities} units" for at in balanced]
threshold_table(
    balanced,
    digits=2,
    name="tab-pz-thresholds-balanced",
    caption="The same search in balanced panels, winsorised FC, twin; not in the paper",
    note=f"{'; '.join(units)}.",
)

# %% [markdown]
# A balanced panel repairs what the unbalanced one breaks, and not what was broken before: among firms,
# the draws still take each firm for a witness of its own. With city means a city is one unit; but then
# a city of three firms, whose mean jumps about, weighs as much as Shanghai.
#
# ## Twin, truth, yours

# %%
from digitrade.exhibits.glue import record
from digitrade.exhibits.thresholds import searches_exhibit
from digitrade.studies.pilot_zones.thresholds import exhibit_frame

# %% tags=["full-width"]
cases = {source: cases[source] | let_in[source] for source in cases}
searches_exhibit(
    exhibit_frame(cases, rows),
    name="tab-pz-thresholds-exhibit",
    caption="A threshold of the zone's effect in finance: printed, twin, truth and yours",
    note=f"Standard errors in parentheses: {known.slopes.words}; the cut taken as known. "
    "Not in the paper. Truth: the twin has no threshold; its effects are the mean true ones on "
    "either side of the twin's cut. "
    f"{STARS_NOTE}",
)

# %%
tidied = [
    found.tidy().assign(source=source, label=title)
    for source, own in cases.items()
    for title, found in own.items()
]
record("thresholds", pd.concat(tidied, ignore_index=True))
record("planted", recovered.tidy().assign(source="twin", label="planted"))

# %% [markdown]
# ## What we learned, and what we did not
#
# The search finds what is planted if it is large beside the differences between cities. It can also find
# what nobody planted: a level of finance that separates cities with large effects from others, because
# cities differ in more than finance. A bootstrap that draws firms asks whether all cities are alike, and
# takes lotteries for thresholds when they are not. Draw cities, or better deal finance out among them.
# But not even that can tell finance from what comes with it.
#
# We did not learn whether finance switches the effect of a zone on in China. The study prints no such
# test, the twin's finance is made up, and so is the link between its tiers and its effects. A referee
# would ask: was the threshold variable measured before the zone? How many *cities* lie on either side,
# and which? Does the cut survive when the zone's effect may differ by kind of city? And is it there
# without the largest value?
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} This year's finance
# :label: ex-pz-thresholds-current
# Search with this year's `fin` in the place of that of the start. How many more cuts are tried, and how
# far does the cut move? Why would you still not report it?
# ```
#
# ```{solution-start} ex-pz-thresholds-current
# :class: dropdown
# ```
#
# Between the trims every city-year is a cut, yet finance changes little from year to year, so most of
# them repeat one another. In the twin the zone leaves finance alone, so no harm is done; in your rows
# you could not know, and a cut that firms cross because of the zone mixes the effect with its cause.

# %%
from digitrade.studies.pilot_zones.threshold_checks import search_only

found = {at: search_only(twin, threshold=at, trim=trim) for at in ("fin_start", "fin")}
pd.DataFrame(
    {
        at: {"cuts": fit.conventions.n_candidates, **fit.thresholds.iloc[0, 1:4]}
        for at, fit in found.items()
    }
).round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Where nobody is treated
# :label: ex-pz-thresholds-trim
# The trim counts all rows, but only treated ones tell the slopes apart. Which share of the treated rows
# lies below the lowest cut that is tried, for trims of two, five, ten and twenty per cent?
# ```
#
# ```{solution-start} ex-pz-thresholds-trim
# :class: dropdown
# ```
#
# Where zones went to cities with much finance, at the lower end a share of all rows is a smaller share
# of the treated ones. A small trim lets a handful of firms decide. Look at the treated rows on both
# sides before you look at the slopes.

# %%
tried = {
    share: search_only(twin, trim=share).profile["gamma"].agg(["min", "max"])
    for share in (0.02, 0.05, 0.10, 0.20)
}
ends = pd.DataFrame(tried).T
below = {
    share: 100 * (treated["fin_start"] <= ends["min"][share]).mean() for share in tried
}
ends.assign(treated_below_lowest=below)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Too little let in
# :label: ex-pz-thresholds-additive
# Let in the zone times tier and the zone times region, without their combinations. What is left of $F$?
# ```
#
# ```{solution-start} ex-pz-thresholds-additive
# :class: dropdown
# ```
#
# Chongqing is a municipality in the west. If tier and region add up, its effect is that of Shanghai
# less the distance from west to east, whatever its own is. The error may be left for finance to explain, or
# may hide what finance would explain, so $F$ can go either way. Try both, and ask whether the conclusion is
# the same.

# %%
parts = ["municipality", "sub-provincial", "central", "west"]
kinds = pd.get_dummies(twin[["tier", "region"]], prefix="", prefix_sep="")[parts]
additive = twin.join(kinds.mul(twin["zone_post"], axis=0).add_prefix("zone_"))
let_in = {"combined": known_kinds(twin), "added": [f"zone_{part}" for part in parts]}
by_kinds = {
    title: search_only(additive, kinds=names, trim=trim).thresholds["f_statistic"].item()
    for title, names in let_in.items()
}
pd.DataFrame({"F": by_kinds}).round(1)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Two planted at once
# :label: ex-pz-thresholds-two
# Plant changes at the quantiles of thirty and seventy per cent and search for two thresholds. Are both
# found, and which first?
# ```
#
# ```{solution-start} ex-pz-thresholds-two
# :class: dropdown
# ```
#
# The change that explains more of the sum of squares comes first; then each is estimated again with the
# other held. Compare the two lines with what was planted.

# %%
low, high = treated["fin_start"].quantile([0.3, 0.7])
level["one"] = plant(level, "level", size=0.4, cut=low)
level["two"] = plant(level, "one", size=0.4, cut=high)
double = search_only(level, "two", n_thresholds=2, trim=trim)
cuts = double.thresholds.iloc[:, :4].sort_values("estimate")
cuts.assign(planted=[low, high]).round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Any city figure will do
# :label: ex-pz-thresholds-other
# Search in the place of finance for a threshold in output per head at the start. Is its $F$ smaller?
# What do you conclude about the one in finance?
# ```
#
# ```{solution-start} ex-pz-thresholds-other
# :class: dropdown
# ```
#
# Compare $F$ with $p$. Among cities whose effects differ any figure has some cut with a large $F$, so
# $F$ alone says nothing. And neither figure is an input to the twin's effects. Where one passes the lottery
# nevertheless, it sorts the cities much as a true input does. A paper that tried five figures may report
# the one that passed.

# %%
from digitrade.methods.threshold.clustered import exchange_test
from digitrade.studies.pilot_zones.thresholds import MODEL, start_value

other = twin.assign(eco_start=start_value(twin, "eco"))
options = dict(MODEL) | {"outcome": "fc_winsorised", "trim": trim, "draws": 199}
tests = {}
for name in ("fin_start", "eco_start"):
    lots = {"cluster": "city", "rng": np.random.default_rng(0)}
    tests[name] = exchange_test(other, **options | lots | {"threshold": name})
pd.DataFrame(
    {name: {"F": test.f_statistic, "p": test.p_value} for name, test in tests.items()}
).round(3)

# %% [markdown]
# ```{solution-end}
# ```
