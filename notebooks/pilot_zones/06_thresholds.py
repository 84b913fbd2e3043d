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
# changes, choose whom a bootstrap draws when that variable belongs to a whole city, and test a threshold
# against copies of itself that were dealt out by lot. **It assumes**
# {ref}`the baseline of this study <ch-pz-baseline>` and
# {ref}`the thresholds of the other one <ch-df-thresholds>`. **It runs** in about half a minute.
#
# :::{admonition} Simulated data, and a question of ours
# :class: simulated-banner
#
# The study {cite:p}`wang2025impact` has no threshold regression: this page is an extension. Everything called
# *twin* rests on simulated firms in real cities, with the real dates of the zones. Their finance, controls and
# FC are made up. They are evidence about method and code, never about China.
# :::

# %% [markdown]
# ## A switch?
#
# Think of a parcel seller in a city where every second street has a bank, and of another in a city with one.
# A zone makes it easier to show a bank what one sells. That may help much where there are banks to ask, and
# not at all where there are none. If so, the effect has a *threshold*: a level of regional finance from which
# on it works. In symbols, after {cite:t}`hansen1999threshold`,
#
# ```{math}
# :label: eq-pz-thresholds
# \begin{aligned}
# FC_{it} = {}& \beta_1 D_{ct} 1(q_{c} \le \gamma) + \beta_2 D_{ct} 1(q_{c} > \gamma) \\
#   & + \theta' X_{it} + \alpha_i + \lambda_t + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial over fixed assets of firm $i$ in year $t$; more is less constrained | `fc` |
# | $D_{ct}$ | the firm's city $c$ has a zone by that year | `zone_post` |
# | $q_c$ | deposits plus loans over output of the city, at the start | `fin_start`, made from `fin` |
# | $\gamma$ | the threshold, to be estimated | — |
# | $\beta_1$, $\beta_2$ | effect up to the threshold and beyond it | |
# | $X_{it}$ | the study's seven controls | `top1`, `quick`, `liability`, `q`, `pe`, `fin`, `eco` |
# | $\alpha_i$, $\lambda_t$ | effects of firm and year | `firm`, `year` |
#
# City effects $\kappa_c$ matter only for the few firms that move. They are left out of the search, and held
# constant when the slopes beside a cut are estimated.

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
seed: int = 20250827  # seed of all draws [0..4294967295]

# %%
from digitrade.exhibits.phrases import listed
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.thresholds import threshold_panel

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
rows = {name: threshold_panel(panels[name], winsorised=winsorised) for name in panels}
twin, whose = rows["twin"], listed(rows)

# %% [markdown]
# A zone may *move* finance. With this year's figure, firms would cross the cut because of the zone, and rows
# would be sorted by a result of what we want to explain. So we take each city's figure from its first year in
# the panel, and none at all if its zone was there already.

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.shapes import city_change_plot
from digitrade.studies.pilot_zones.thresholds import city_changes, finance_numbers

glue_numbers(**finance_numbers(twin))

# %% [markdown]
# In the twin little is lost by that: {glue:text}`between:.0f` per cent of the variance of finance lie between
# cities. But mind what it does to the count. There are {glue:text}`all_rows:,` rows, and the threshold
# variable has {glue:text}`finances` values, one a city. Only the {glue:text}`treated_cities` cities with a
# zone can show where the effect changes.
#
# ## Look first: a mark a city
#
# For each city with a zone: by how much did mean FC change, compared with cities that never get one?

# %%
changes = city_changes(twin, "fc_winsorised")
city_change_plot(
    changes,
    name="fig-pz-thresholds-cities",
    caption="Change of winsorised FC with the zone, a mark a city, its area by treated rows, its "
    "colour and shape by tier. Named: the four with most rows. Twin; not in the paper.",
)

# %%
largest = changes.nlargest(4, "treated_rows")
top_share = 100 * largest["treated_rows"].sum() / changes["treated_rows"].sum()
glue_numbers(top_share=top_share, top_names=listed(largest["city"]))

# %% [markdown]
# {glue:text}`top_share:.0f` per cent of the treated rows lie in four cities: {glue:text}`top_names`. A cut
# between two of these moves many rows from one side to the other, and any other cut moves few. A large city,
# besides, tends to have more finance in the twin, and whatever else makes a large city.
#
# ## Let the data choose
#
# Every city's figure is tried as a cut, as long as a share `trim` of the rows is left on either side, and
# the one with the smallest sum of squares is kept. The best of many cuts has a large $t$ by chance alone. So
# $F$, the gain of the best cut, is held against the $F$ of searches in data that have *no* threshold in finance.
# Such data can be made in three ways.
#
# - **By firm**: the effect is taken to be the same everywhere, and the residuals of each firm are put back
#   with a random sign of their own {cite:p}`cameron2008bootstrap`. Firms count as independent.
# - **By city**: all firms of a city get the same sign. If the effect in a city is above the common one, for
#   whatever reason, the residuals of all of its firms are too, and one sign keeps them together.
# - **Exchanged**: outcomes stay where they are, and the cities' *finance* is dealt out by lot among the
#   cities with a zone, as {cite:t}`fisher1935design` would. Does finance sort the effects better than that?
#
# The search runs on FC as it is and on FC *winsorised*, with the highest values pulled in. Squares are the
# reason: the largest FC alone has {glue:text}`square_share:.0f` per cent of the sum of squares of all the
# twin's rows. The third search in the table lets kinds of cities in; the end of the page explains it.

# %%
from digitrade.exhibits.histograms import null_panels
from digitrade.exhibits.thresholds import searches_table
from digitrade.studies.pilot_zones.thresholds import LET_IN, searches, searches_frame

# %%
search = {"trim": trim, "draws": draws, "covariance": covariance, "seed": seed}
found = {source: searches(panel, **search) for source, panel in rows.items()}
told, tame = searches_frame(found), found["twin"]["FC, winsorised"]

# %% tags=["full-width"]
searches_table(
    told,
    name="tab-pz-thresholds-search",
    caption=f"One threshold of the zone's effect in finance at the start: {whose}; not in the paper",
    note=f"Set: likelihood ratio, 95 per cent. p: {draws} draws each. Slopes: effects of firm, "
    f"year and city, seven controls, the cut taken as known; {tame.slopes.words}; without rows "
    f"alone in their firm or city, {tame.slopes.n_obs:,} in the twin. Treated rows up to the cut and "
    "beyond. N: of the search.",
)

# %%
cases = {"raw": "FC as it is", "tame": "FC, winsorised", "known": LET_IN}
for name, title in cases.items():
    glue_numbers(**told.loc[f"twin: {title}"].add_prefix(f"{name}_"))
glue_numbers(pulled_in=100 * winsorised)

# %% [markdown]
# On the twin $F$ is {glue:text}`raw_f_statistic:.1f` with FC as it is, and the set that may hold the
# threshold has {glue:text}`raw_in_set` of {glue:text}`raw_tried` cuts. With the highest
# {glue:text}`pulled_in:.0f` per cent pulled in, $F$ is {glue:text}`tame_f_statistic:.1f` and the set has
# {glue:text}`tame_in_set`. Cities, zones and finance are the same; what differs is how much a few rows weigh.

# %%
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
# ## A lottery decides whom to draw
#
# Which of the three $p$ to trust can be found out. Deal finance out by lot, and run the whole test on it, with a
# bootstrap of its own. No threshold can be there, so a test at 5 per cent should find one in about five of a
# hundred lotteries.

# %%
from digitrade.exhibits.table import frame_table
from digitrade.studies.pilot_zones.specifications import across
from digitrade.studies.pilot_zones.thresholds import alarm_rates

# %%
counted = across(rows, alarm_rates, trim=trim, exchanges=exchanges, seed=seed)
frame_table(
    counted,
    name="tab-pz-thresholds-alarms",
    caption="How often a test finds a threshold in finance that was dealt out by lot: "
    f"{whose}; not in the paper",
    heads={"cluster": "Signs", "rejected": "Found, per cent", "median_f": "Median F"},
    digits={"rejected": 0, "median_f": 1},
    note=f"{exchanges} lotteries; tests at 5 per cent with 99 draws each. The exchange test keeps "
    f"its level by construction. N: {listed(f'{len(own):,}' for own in rows.values())}.",
)

# %%
alarms = counted.query("source == 'twin'").set_index(["outcome", "cluster"])["rejected"]
glue_numbers(alarm_raw=alarms["FC as it is", "by firm"])
glue_numbers(alarm_firm=alarms["FC, winsorised", "by firm"])
glue_numbers(alarm_city=alarms["FC, winsorised", "by city"])
glue_numbers(give=200 * (0.05 * 0.95 / exchanges) ** 0.5)

# %% [markdown]
# With winsorised FC and signs by firm, {glue:text}`alarm_firm:.0f` per cent of the lotteries have a threshold;
# with FC as it is, {glue:text}`alarm_raw:.0f` per cent. It should be five, give or take {glue:text}`give:.0f`
# for so few lotteries. The null of this test is that *all cities have the same effect*, and in the twin they have
# not. Put lottery numbers on cities whose effects differ, try all cuts, and one of them will have better cities on
# its one side. In FC as it is the scatter of the largest values can hide this, but the fault is still there.
#
# With signs by city it is {glue:text}`alarm_city:.0f` per cent. That test is made for many cities of like size,
# and here four have {glue:text}`top_share:.0f` per cent of the treated rows. The exchange test does not need that.
# For the finance that the twin's cities do have, the three $p$ are {glue:text}`tame_p_firm:.3f`,
# {glue:text}`tame_p_city:.3f` and {glue:text}`tame_p_exchanged:.3f`.
#
# ## Who lies beyond the cut?

# %%
import pandas as pd

from digitrade.studies.pilot_zones.thresholds import cities_beyond, truth_by_side

# %%
cuts = {source: own["FC, winsorised"].cut for source, own in found.items()}
beyond = {source: cities_beyond(rows[source], cut) for source, cut in cuts.items()}
counts = [
    f"{len(own)} beyond {cuts[source]:.2f} ({source})" for source, own in beyond.items()
]
frame_table(
    pd.concat(
        {at: own.head(8) for at, own in beyond.items()}, names=["source"]
    ).reset_index(0),
    name="tab-pz-thresholds-beyond",
    caption=f"The cities beyond the cut with the most treated rows: {whose}; not in the paper",
    heads={"finance": "Finance at the start"},
    digits={"finance": 2},
    note=f"Cities with a zone: {listed(counts)}.",
)

# %% [markdown]
# In the twin the effect of a zone depends on the tier and region of the city, the firm's kind and the years since
# the zone. **Finance is no input to it**: there is no switch. Here is the mean true effect on either side of the cut.

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
glue_numbers(municipal_all=municipal.mean())
glue_numbers(municipal=municipal[treated["fin_start"] > tame.cut].mean())
glue_numbers(true_low=truth.iloc[-1]["below"], true_high=truth.iloc[-1]["beyond"])

# %% [markdown]
# The last line has {glue:text}`true_low:.3f` up to the cut and {glue:text}`true_high:.3f` beyond. So a test
# that tells the two sides apart may be right. But {glue:text}`municipal:.0f` per cent of the treated rows
# beyond {glue:text}`tame_cut:.2f` lie in municipalities, of all treated rows {glue:text}`municipal_all:.0f`. The
# sides differ in tier and region, which make the effect, and in finance, which does not. A threshold regression
# shows for whom the effect is large. It cannot show why.
#
# So give the other explanations a chance first. In the third search every kind of city, that is every tier in
# every region, has an effect of its own, by products with the zone among the controls. $F$ is then
# {glue:text}`known_f_statistic:.1f` in place of {glue:text}`tame_f_statistic:.1f`; $p$ is
# {glue:text}`known_p_city:.3f` by city and {glue:text}`known_p_exchanged:.3f` exchanged. What goes with the kinds
# was not about finance, or cannot be told from what was. And kinds are not all that differs: in the twin
# effects change with the years since the zone, and cities got theirs in different years.

# %%
from digitrade.exhibits.glue import record

tidied = [
    one.tidy().assign(source=source, label=title)
    for source, own in found.items()
    for title, one in own.items()
]
record("thresholds", pd.concat(tidied, ignore_index=True))

# %% [markdown]
# ## What we learned, and what we did not
#
# A search can find a level of finance that separates cities with large effects from others, because cities differ
# in more than finance. A bootstrap that draws single firms tests whether all cities are alike. If they are not, it
# finds thresholds in numbers dealt out by lot. Draw cities, or better deal finance out among them. Not even that can
# tell finance from what comes with it.
#
# We did not learn whether finance switches the effect of a zone on in China: the twin's finance is made up,
# and so is its link to tiers. A referee would ask: was the threshold variable measured before the zone? How
# many *cities* lie on either side, and which? Is the cut still there when the effect may differ by kind of city,
# and without the largest value?
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
import numpy as np

from digitrade.methods.threshold import panel_threshold
from digitrade.studies.pilot_zones.thresholds import MODEL

tried = {}
options = {
    **MODEL,
    "outcome": "fc_winsorised",
    "trim": trim,
    "rng": np.random.default_rng(0),
}
for name in ("fin_start", "fin"):
    fit = panel_threshold(twin, **options | {"threshold": name, "draws": 0})
    tried[name] = {"cuts": fit.conventions.n_candidates, **fit.thresholds.iloc[0, 1:4]}
pd.DataFrame(tried).round(2)

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
# $F$ alone shows nothing. Neither figure is an input to the twin's effects. If one of them has a small $p$
# nevertheless, it happens to sort the cities much as their tiers and regions do. A paper that tried five
# figures may report the one that passed.

# %%
from digitrade.methods.threshold.clustered import exchange_test
from digitrade.studies.pilot_zones.thresholds import start_value

other = twin.assign(eco_start=start_value(twin, "eco"))
tests = {}
for name in ("fin_start", "eco_start"):
    own = {"threshold": name, "draws": 199, "rng": np.random.default_rng(0)}
    tests[name] = exchange_test(other, cluster="city", **options | own)
pd.DataFrame(
    {name: {"F": test.f_statistic, "p": test.p_value} for name, test in tests.items()}
).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Five figures (derive)
# :label: ex-pz-thresholds-five
# A paper tries $k$ city figures as threshold variables, in none of which there is a threshold, and reports the
# one with the smallest $p$. How often is that below five per cent, if the tests are independent?
# ```
#
# ```{solution-start} ex-pz-thresholds-five
# :class: dropdown
# ```
#
# The chance that none rejects is $0.95^k$, so the chance of at least one is $1 - 0.95^k$. City figures move
# together, so the tests are not independent and the true chance is somewhat smaller. Multiplying the smallest $p$
# by $k$ (Bonferroni) keeps the promise either way.

# %%
tries = pd.Series([1, 2, 5, 10], name="figures tried")
pd.DataFrame({"at least one rejects": 1 - (1 - 0.05) ** tries}).set_index(tries).round(3)

# %% [markdown]
# ```{solution-end}
# ```
