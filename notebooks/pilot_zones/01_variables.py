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
# (ch-pz-variables)=
# # Variables: zones, firms, and one very large ratio
#
# **After this chapter you can** turn a list of approval dates into a treatment, say how much the rule
# behind it matters, find the rows that a variance consists of, and check a printed definition against
# printed moments. **It assumes** that you know what a dummy, a logarithm and a standard deviation are.
# **It runs** in about ten seconds.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms in real cities: their number, their
# averages and their estimates are drawn to come close to what the study printed. They are evidence about
# method and code, never about China. The zones, their dates and the cities are real.
# :::

# %% [markdown]
# ## The claim
#
# On 7 March 2015 the State Council of China allowed Hangzhou to set up a *comprehensive pilot zone* for
# cross-border e-commerce. Goods are declared through one window there, and what a firm sells abroad leaves a
# record that a bank can look at. Does it become easier for firms of the city to get money? The study
# {cite:p}`wang2025impact` follows China's listed firms from 2011 to 2020, those of the financial sector left out,
# and says that it does. Its data come from licensed databases. Its data statement names a public link to them, and
# offers them on request. This book has used neither. Where it calls a question open, the authors' file may settle it.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table, frame_table

# %%
claimed = load_published("estimates", study="pilot_zones")
claim_table(
    claimed[(claimed["table"] == "3") & (claimed["term"] == "zone_post")].iloc[[2]],
    name="tab-pz-variables-claim",
    caption="The claim: the baseline of the study, as printed",
)

# %% [markdown]
# Behind it stands a regression with an intercept for every firm, every year and every city:
#
# ```{math}
# :label: eq-pz-variables
# \begin{aligned}
# FC_{it} = {}& \beta\, Zone_c \times Post_{ct} + \gamma' X_{it} \\
#   & + \alpha_i + \lambda_t + \kappa_c + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial assets over fixed assets of firm $i$ in year $t$ | `fc` |
# | $Zone_c$ | the firm's city $c$ has a zone that counts | `zone` |
# | $Post_{ct}$ | the zone has begun | `post` |
# | $Zone_c \times Post_{ct}$ | both | `zone_post` |
# | $X_{it}$ | firm controls | `top1`, `quick`, `liability`, `q`, `pe` |
# |  | city controls | `fin`, `eco` |
# | $\alpha_i$, $\lambda_t$, $\kappa_c$ | effects of firm, year, city | `firm`, `year`, `city` |
# | $u_{it}$ | everything else | |
#
# (The study writes $\lambda_i$, $\omega_t$ and $\tau_k$ for the three effects. Here one letter stands for one
# thing in all chapters, and $\tau$ is a true effect.) This chapter looks at each of these before anything is
# estimated. Behind every symbol there is a choice. Those that you can change here are the parameters. (Of your own
# extract all chapters leave out firms of finance, as the study does, and firms under special treatment, ST, which the
# article does not name, where the file tells which these are.)

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2015-03-07..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
largest: int = 5  # rows shown with the largest values of FC [1..50]
reports_path: str = ""  # your own folder of annual reports, text or PDF; none if empty

# %%
from digitrade.exhibits.phrases import listed
from digitrade.studies.pilot_zones.sources import firm_panels

panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
twin, whose = panels["twin"], listed(panels)

# %% [markdown]
# ## Zone and Post: from dates to a treatment
#
# The zones came in seven batches. A zone that is approved in December can do little in that year, so a
# rule must say from when a firm counts as treated. Two rules are usual: from the *calendar* year of
# approval; or from that year if the approval came by the end of June, and from the next one otherwise
# (*half-year*).

# %%
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.series import path_panels
from digitrade.studies.pilot_zones.describe import (
    post_means,
    printed_moments,
    rough_firms,
    rule_means,
    treated_by_year,
)
from digitrade.studies.pilot_zones.specifications import across
from digitrade.studies.pilot_zones.zones import RULES, rule_table

# %% tags=["full-width"]
batches = rule_table().astype(dict.fromkeys(["batch", *RULES], "str"))
batches["approval_date"] = batches["approval_date"].dt.strftime("%Y-%m-%d")

frame_table(
    batches,
    name="tab-pz-variables-rules",
    caption="The seven batches, and the first treated year under two rules",
    heads={"total": "Up to here", "half-year": "Half-year", "calendar": "Calendar"},
    digits=0,
)

# %% [markdown]
# In the study's definition Post begins in the year in which a zone was *established*. Is that the year of the
# approval, or the one in which the zone opened its windows? The definition leaves it open, but the text names
# the years: 2015, 2016, 2019 and 2020. Under the calendar rule the third batch would begin in 2018; of the two,
# only the half-year rule gives these four years. So that is our default.
#
# How much hangs on it? Look at the share of firms that are treated in each year.

# %%
treated = across(panels, treated_by_year, approved_by=approved_by, rules=RULES)
treated["panel"] = treated["source"].str.capitalize()

# %%
path_panels(
    treated,
    name="fig-pz-variables-treated",
    caption="Share of the rows of a year that are treated, under two rules, a line each. "
    f"Real zones and dates; firms: {whose}.",
    ylabel="Share of rows",
    per_cent=True,
)

# %% [markdown]
# The rules differ in {glue:text}`years_apart` of the years, those in which a batch was approved in the second
# half, and there they put {glue:text}`rows_apart:,` rows of the twin on different sides. The third batch alone
# brought Beijing, Nanjing and Wuhan, cities with many listed firms.
#
# Next, which zones? The study's abstract speaks of 165 zones, its introduction of 132 cities by January
# 2022, and its sample ends in 2020, by when 105 had been approved. And where does a zone lie? Yiwu, a city
# *inside* the prefecture of Jinhua, got its zone in 2018, the rest of Jinhua in 2022. Here firms are located
# by prefecture, so either all firms of Jinhua count as treated with Yiwu (*prefecture*), or none until 2022
# (*city*). A few more zones lie in a part of a prefecture.

# %% tags=["full-width"]
moments = printed_moments()
rough = rough_firms(range(2011, 2021))
readings = rule_means({**panels, "rough counts": rough})
frame_table(
    readings,
    name="tab-pz-variables-ways",
    caption="Means of Zone and Post under twelve readings of one list: "
    f"{listed([*panels, 'rough counts'])}",
    note="Zones approved by the end of 2020: 105; of January 2022: 132; of 2022: 165. Means "
    "over firms and years. Rough counts: as many firms a city as in city_shares.csv. Place: "
    "whether the zone of a part counts for the whole.",
)

# %%
post, by_rough = post_means(twin), post_means(rough)
zones = readings.query("rule == 'half-year' and mapping == 'prefecture'")[
    "Zone, rough counts"
]
apart = treated.query("source == 'twin'").pivot(
    index="year", columns="line", values="value"
)
apart = (apart["calendar"] - apart["half-year"]) * twin["year"].value_counts()

# %%
glue_numbers(post_half=post["half-year"], post_calendar=post["calendar"])
glue_numbers(rough_half=by_rough["half-year"], rough_calendar=by_rough["calendar"])
glue_numbers(
    post_printed=moments.loc["post", "mean"], zone_printed=moments.loc["zone", "mean"]
)
glue_numbers(**dict(zip(["zone_105", "zone_132", "zone_165"], zones, strict=True)))
glue_numbers(years_apart=(apart > 0).sum(), rows_apart=round(apart.sum()))

# %%
in_jinhua = twin.loc[twin["city"] == "Jinhua", "firm"]
cities = twin["city"].value_counts(normalize=True).head(5)
glue_numbers(jinhua_rows=len(in_jinhua), jinhua_firms=in_jinhua.nunique())
glue_numbers(top_names=", ".join(cities.index), top_share=100 * cities.sum())

# %% [markdown]
# Read the table by column.
#
# **Post** moves with the rule. The printed mean is {glue:text}`post_printed:.3f`; the twin has
# {glue:text}`post_half:.3f` under the half-year rule and {glue:text}`post_calendar:.3f` under the calendar
# rule. The twin was made to meet the printed mean under the half-year rule, so its agreement is no evidence.
# But the gap between its two means tells how much is at stake: that share of the rows changes sides.
#
# Is there any evidence that is not of our making? A little. What the two means must be depends on how many
# firms each city has. We have rough counts of listed firms by city, from general knowledge
# (`data/twin/city_shares.csv`). With those firms in every year, the mean of Post would be
# {glue:text}`rough_half:.3f` by half-years and {glue:text}`rough_calendar:.3f` by calendar years. Both rise if
# later years hold more firms, as they do when a stock market grows: then the first moves towards the printed
# mean, and the second, which is nearer to begin with, can pass it. So the counts do not settle the rule. (The
# twin starts from these counts too. Its five largest cities, {glue:text}`top_names`, have
# {glue:text}`top_share:.0f` per cent of its rows.)
#
# **Zone** moves with the last day that counts, **Post does not**. By the rough counts the mean of Zone would be
# {glue:text}`zone_105:.3f` with 105 zones, {glue:text}`zone_132:.3f` with 132 and {glue:text}`zone_165:.3f` with
# 165. Printed is {glue:text}`zone_printed:.3f`, which points to the 105 of the sample's years. For the baseline
# it does not matter: the zones of 2022 begin after the sample ends, so the regressor $Zone \times Post$ is the
# same in every row under all three. In an event study it does, since that counts the years *to* the zone: a
# city with a zone of 2022 is eleven years away from it in 2011. The study's figure starts nine years before,
# as 105 zones give it.
#
# **The place** moves little here, because few firms are concerned: in Jinhua, the largest case, the twin has
# {glue:text}`jinhua_firms` firms with {glue:text}`jinhua_rows` rows. Either choice puts some of them in the
# wrong group.
#
# And a remark on the product. $Post$ is one only in a city that has a zone, so $Zone \times Post$ *is*
# $Post$. Nothing is wrong with that, but the notation suggests a two-by-two comparison with one date for
# everybody, and this is not one.
#
# ## FC: one row in fourteen thousand
#
# The outcome is financial assets over fixed assets. The study prints its mean as
# {glue:text}`fc_mean:.3f` and its maximum as {glue:text}`fc_max:.1f`. A maximum that is more than a
# thousand times the mean calls for a look before any regression. Rank the values from the largest down, and
# draw both axes in logs.

# %%
from digitrade.exhibits.series import rank_plot
from digitrade.studies.pilot_zones.describe import largest_rows, share_of_largest

# %%
rank_plot(
    {source: panel["fc"] for source, panel in panels.items()},
    name="fig-pz-variables-ranks",
    caption="FC, from the largest value down: each dot is a firm-year, both axes are in logs, "
    f"and values below the axis are not drawn. Simulated or yours: {whose}.",
)

# %%
top = across(panels, largest_rows, "fc", largest).astype({"year": "str"})
frame_table(
    top[["source", "rank", "city", "year", "fc", "share"]],
    name="tab-pz-variables-top",
    caption=f"The largest values of FC, and their share of its sum of squares: {whose}",
    heads={"share": "Share of the sum of squares"},
    digits={"fc": 1},
    note="City and year of the twin's firms mean nothing.",
)

# %% [markdown]
# Is that only the twin? No, and you need no data to see it. A standard deviation is a sum of squares in
# disguise: with $N$ rows, the squared distances to the mean add up to $(N - 1)\, SD^2$, and one of them is
# that of the maximum. So the largest row's share of the variance follows from four printed numbers:
#
# ```{math}
# :label: eq-pz-variables-share
# \text{share} = \frac{(\max - \text{mean})^2}{(N - 1)\, SD^2}
# ```

# %%
shares = share_of_largest(moments).rename("share").sort_values(ascending=False)
heaviest = moments.join(shares, how="right").head(5).reset_index()

# %%
frame_table(
    heaviest[["variable", "n", "mean", "sd", "max", "share"]],
    name="tab-pz-variables-shares",
    caption="What one row is of the variance, computed from the study's printed moments",
    heads={"max": "Maximum", "share": "Share of the largest"},
    note="Printed: N, mean, standard deviation and maximum. The last column is ours.",
)

# %%
fc, twin_share = moments.loc["fc"], largest_rows(twin, "fc", 1)["share"].item()
glue_numbers(fc_mean=fc["mean"], fc_max=fc["max"], n_printed=int(fc["n"]))
glue_numbers(fc_share=100 * shares["fc"], pe_share=100 * shares["pe"])
glue_numbers(twin_share=100 * twin_share, twin_median=twin["fc"].median())

# %% [markdown]
# {glue:text}`fc_share:.0f` per cent of the variance of FC is one row, out of {glue:text}`n_printed:,`. (In the
# twin it is {glue:text}`twin_share:.0f` per cent. There the maximum is taken from print, while all other large
# values are drawn.) Of the price-earnings ratio one row is {glue:text}`pe_share:.1f` per cent: that control is,
# for a regression, close to a dummy for a single row. Most rows are far from such values: in the twin, where
# we chose them, the median of FC is {glue:text}`twin_median:.4f`. Print gives no median.
#
# Least squares minimises squares. If one firm in one year holds such a share of them, coefficient and standard
# error depend on where that row stands. We keep it, as the study does, and
# {ref}`the next chapter <ch-pz-baseline>` shows what leaving it out does.
#
# ### Is a higher FC good news?
#
# The study reads a higher ratio as *less* constrained: who has financial assets can pay. There are three
# reasons to doubt that.
#
# - *Precaution.* A firm that fears it will not get credit saves more out of what it earns. In the work that
#   made this argument known it is the *constrained* firms that hoard {cite:p}`almeida2004cash`. Then a higher
#   ratio is a sign of more constraint. Later work finds *risky* financial assets where firms are not constrained, but also
#   where they are badly governed {cite:p}`duchin2017precautionary`. (The study cites both.) So it depends on
#   what is held, and the ratio adds it all up.
# - *The denominator.* The ratio rises when a factory is sold, and it is large by nature in a software
#   company that owns a few desks. Then the ratio tells about buildings and machines.
# - *Choice.* A firm with poor projects may buy securities instead of machines. That is no relief of a
#   constraint.
#
# It is a general trouble: when common measures of constraints were held against events that must bind or
# loosen them, they did badly {cite:p}`farremensa2016measures`. Read every coefficient below as an effect
# on a *ratio of assets*, and the word "constraint" as an interpretation.
#
# ## The size-age index: a sign, a unit, an absolute value
#
# The study's second measure is the index of Hadlock and Pierce {cite:p}`hadlock2010new`:
#
# ```{math}
# :label: eq-pz-variables-sa
# \begin{aligned}
# SA = {}& -0.737\, Size + 0.043\, Size^2 \\
#   & - 0.040\, Age
# \end{aligned}
# ```
#
# $Size$ is the log of total assets, $Age$ the firm's years, and more means *more* constrained. The study
# writes bars around it, $|SA|$, says that it takes assets in ten thousand yuan, and prints a constant of about
# minus three and two thirds. These three cannot all hold as printed, and the next table shows why.

# %%
from digitrade.exhibits.glue import glue_row
from digitrade.studies.pilot_zones.describe import sa_example, sa_readings
from digitrade.studies.pilot_zones.specifications import printed_rows

# %%
readings = across(panels, sa_readings)
frame_table(
    readings,
    name="tab-pz-variables-sa",
    caption=f"The size-age index in two units and with or without its sign: {whose}",
    heads={"unit": "Assets in"},
    note="Last column: share of the rows in which larger assets give a larger number.",
)

# %%
glue_numbers(**sa_example(assets=4e9, age=15))  # four billion yuan, 15 years old
sa_constant = printed_rows("4", term="const")["estimate"].iloc[0]
glue_row("sa_constant", printed_rows("4", term="const").iloc[0])
glue_row("sa_effect", printed_rows("4").iloc[0])

# %%
signed = sa_readings(twin).query("value == 'as it is'").set_index("unit")
million, ten = signed.loc["million yuan"], signed.loc["ten thousand yuan"]
glue_numbers(sa_million=million["mean"], sa_ten=ten["mean"])
glue_numbers(sa_ten_rising=100 * ten["rising"])
gaps = {name: abs(row["mean"] - sa_constant) for name, row in signed.iterrows()}
glue_numbers(sa_nearer=min(gaps, key=gaps.get))

# %% [markdown]
# - *The bars.* An absolute value cannot average to {glue:text}`sa_constant:.3f`. A constant is no mean, but
#   one so far below zero, with a standard error of {glue:text}`sa_constant_se:.2f`, is hard to get from an outcome
#   that is never negative. So the regression seems to have used the index with its sign. This matters: the
#   printed effect is {glue:text}`sa_effect:.3f`. With the sign, a lower index is less constrained, as the
#   study claims. With the bars, the same coefficient would mean the *opposite*.
# - *The unit.* Take a firm of four billion yuan that is fifteen years old. In million yuan its index is
#   {glue:text}`example_million:.2f`, in ten thousand yuan {glue:text}`example_ten:.2f`. The means over the
#   twin's made-up firms are {glue:text}`sa_million:.2f` and {glue:text}`sa_ten:.2f`. The printed constant is
#   nearer to the one in {glue:text}`sa_nearer`. The unit decides more than the level. The index has a turning
#   point, beyond which a *larger* firm counts as *more* constrained. In ten thousand yuan that comes at
#   {glue:text}`turn` million yuan, which hardly any listed firm is below; in the twin
#   {glue:text}`sa_ten_rising:.1f` per cent of the rows lie beyond. The original measures assets in millions of
#   dollars and caps them before the turning point.
#
# We therefore take million yuan and keep the sign.
#
# ## Agglomeration: two definitions, and perhaps a third
#
# The study's equation for agglomeration is a *share*: a city's firms over its area, divided by the sum of
# that over all cities. Its table of definitions has a *ratio*: the city's density over the density of all
# regions together. Both can be computed from the firms at hand and the cities' areas. The twin's counts of
# firms by city are rough, so read the order of magnitude only.

# %%
import pandas as pd

from digitrade.studies.pilot_zones.describe import agglomeration_readings

in_print = moments.loc[["agg"]].assign(source="printed", reading="Printed", where="")
densities = pd.concat([in_print, across(panels, agglomeration_readings)])

# %% tags=["full-width"]
told = ["mean", "sd", "min", "max", "where", "levels", "changes"]
frame_table(
    densities[["source", "reading", *told]],
    name="tab-pz-variables-agglomeration",
    caption=f"Agglomeration as printed, and as its definitions give it: firms of {whose}",
    heads={"levels": "Correlation with agg", "changes": "of changes"},
    note="Real cities with real areas. Moments over firms and years. The correlations are "
    "with the column agg of the same rows; changes: less effects of city and year.",
)

# %%
quotients = agglomeration_readings(twin).set_index("reading")
ratio = quotients.loc["Definition table: ratio of densities"]
glue_numbers(agg_ratio=ratio["max"], agg_where=ratio["where"])
glue_numbers(agg_max=moments.loc["agg", "max"], agg_mean=moments.loc["agg", "mean"])
share = 100 * quotients.loc["Equation: share", ["mean", "max"]]
glue_numbers(agg_share=share["mean"], agg_share_max=share["max"])
glue_numbers(agg_levels=ratio["levels"], agg_changes=ratio["changes"])

# %% [markdown]
# A share cannot exceed one, so the printed maximum of {glue:text}`agg_max:.1f` is none. The ratio is
# {glue:text}`agg_ratio:.0f` at its largest, in {glue:text}`agg_where`. Shenzhen has very many listed firms on a
# small area, so any plausible count gives it a ratio far above the printed maximum. Neither fits. The share
# *in per cent* comes nearer: with the twin's counts its mean is {glue:text}`agg_share:.1f` and its maximum
# {glue:text}`agg_share_max:.1f`; printed are {glue:text}`agg_mean:.1f` and {glue:text}`agg_max:.1f`. So the equation
# times a hundred might be what was computed, and the table of definitions a slip. Print does not settle it.
#
# The twin's own column `agg` follows neither formula. It orders the cities by their density (the correlation with
# the ratio is {glue:text}`agg_levels:.2f`), but it is drawn to have the printed moments and the printed effect
# of a zone. What it does from one year to the next has nothing to do with how many firms come or go
# ({glue:text}`agg_changes:.2f` once effects of city and year are taken out).
#
# ## Digital transformation: counting words
#
# The last variable comes from text. Following a much-used list {cite:p}`wu2021enterprise`, the study counts
# how often words of the digital economy stand in a firm's annual report. Counting sounds harmless, but a
# counter decides three things:
#
# - *Families.* Which words count. Our list, in `data/text/keywords.csv`, has that study's five families. The
#   words within them are our own choice.
# - *The longest match.* 人工智能芯片 (a chip for artificial intelligence) contains 人工智能 (artificial
#   intelligence). It should count once.
# - *Negation.* 尚未开展区块链业务 says that a firm has *no* blockchain business yet. Ours looks for
#   negations such as 没, 未, 无 and 不 before a keyword, and lets words pass that only contain such a sign, as 未来
#   (the future) does.
#
# We ship three short passages, invented for this purpose. The third is from a firm that sells sand.

# %%
from digitrade.data.paths import data_folder
from digitrade.studies.pilot_zones.keywords import digital_words, find_keywords

samples = data_folder("text") / "sample"
words = digital_words(samples).astype({"year": "str"})

# %% tags=["full-width"]
frame_table(
    words,
    name="tab-pz-variables-words",
    caption="Digital words by family in three invented passages",
    digits=0,
)

# %%
passage = (samples / "invented-A_2019.txt").read_text("utf-8")
hits = find_keywords(passage)
hits["counted"] = hits["negated"].map({True: "no, negated", False: "yes"})

frame_table(
    hits[["keyword", "context", "counted"]],
    name="tab-pz-variables-hits",
    caption="Every keyword of the first passage, with the words around it (invented text)",
)

# %% [markdown]
# A counter that looks for characters alone would credit the firm with the three things that it says it does
# not have. It would also find 区块链 in the sand seller's 沿江区块，链条, if it ignored the comma.
#
# There is one trouble that no counter cures. Our list has 电子商务 (electronic commerce) and 跨境电子商务 (the same across
# borders). When a city gets a zone *for cross-border electronic commerce*, reports from that city will mention
# it, if only to say that the zone exists. Some of an effect on the number of digital words may then be the
# name of the policy, printed in the report. {numref}`tab-pz-variables-hits` shows how a check would go: look
# at which words the growth consists of.
#
# If you have annual reports, as text or PDF and one file for each firm and year, name their folder in
# `reports_path`. Their words are counted here.

# %%
from IPython.display import display

from digitrade.studies.pilot_zones import keywords

if reports_path:
    reports = keywords.count_reports(reports_path).astype({"year": "str"})
    by_year = reports.groupby("year", as_index=False).agg(
        reports=("firm", "size"), words=("words", "mean"), digital=("digital", "mean")
    )
    why = "; ".join(reports.loc[reports["digital"].isna(), "note"].unique())
    display(
        frame_table(
            by_year,
            name="tab-pz-variables-reports",
            caption="Length of your reports and digital words in them, means by year",
            heads={"words": "Length, Chinese characters", "digital": "Digital words"},
            digits={"words": 0, "digital": 2},
            note=f"Not readable: {reports['digital'].isna().sum():,} ({why or 'all could be read'}).",
        )
    )

# %% [markdown]
# ## All variables, defined and described
#
# The study's first table defines its variables, its second describes them. Here are both beside ours.
#
# :::{table} The study's definitions (its Table 1), in our words, and what this book computes
# :name: tab-pz-variables-definitions
#
# | Variable | In the study | Here |
# |:--|:--|:--|
# | FC | financial assets over fixed assets | the same |
# | Zone | the registered office is in a city with a zone | by prefecture |
# | Post | one from the year in which the zone was established | by the rule above |
# | Export | export revenue; unit not stated | revenue from abroad |
# | Digitalisation | sum of the counts of digital words | a count as above |
# | Agg | a ratio of densities | see the section above |
# | Fin | deposits and loans of the city over its output | the same |
# | Eco | log of output per head; unit not stated | ten thousand yuan |
# | Top1 | share of the largest shareholder | the same, in per cent |
# | Quick | quick assets over current liabilities | the same |
# | Liability | total assets over total liabilities | the inverse, see below |
# | Q | market value over net assets | the same |
# | PE | price over earnings per share | the same |
# :::

# %%
import math

from digitrade.studies.pilot_zones.describe import descriptives

# %% tags=["full-width"]
frame_table(
    descriptives(moments.reset_index(), panels),
    name="tab-pz-variables-descriptives",
    caption=f"Descriptive statistics (Table 2): {listed(['printed', *panels])}",
    digits={f"N, {source}": 0 for source in ("printed", *panels)},
    note="The twin is drawn to have these moments, Zone and Post with the default dates.",
)

# %%
liability, most = moments.loc["liability"], moments["max"]
glue_numbers(liability_mean=liability["mean"], inverse_least=1 / liability["min"])
glue_numbers(eco_log=most["eco"], eco_most=round(math.exp(most["eco"]) * 10_000, -3))
glue_numbers(pe_max=most["pe"], export_least=moments.loc["export", "min"])

# %% [markdown]
# A descriptive table is a place to catch slips, in anybody's paper. Four entries of the printed ones are worth
# asking about.
#
# - *Liability* is defined in print as total assets over total liabilities. Its mean is
#   {glue:text}`liability_mean:.3f`. If that were assets over debt, a firm at the mean would owe more than twice
#   what it owns, and the firm with the smallest value {glue:text}`inverse_least:.0f` times. It can only be the
#   inverse, debt over assets, and that is how we build it.
# - *Eco*, the log of output per head in ten thousand yuan, has a maximum of {glue:text}`eco_log:.3f`. That
#   is {glue:text}`eco_most:,.0f` yuan per head, more than twice what, to our knowledge, any Chinese city had
#   per *resident* by 2020. It might be output per *registered* resident: cities with many migrants, such as
#   Shenzhen or Dongguan, have several times as many people as registered ones. Then the control measures
#   migration too.
# - *PE* is said to stand for profitability. But a price over earnings is largest where earnings are next to
#   nothing; its maximum of {glue:text}`pe_max:,.0f` can hardly be anything else.
# - *Export* has a minimum of {glue:text}`export_least:.3f`. Revenue cannot be below zero, unless returns or
#   transfers within a group are taken off. The unit is not stated.
#
# Print does not tell whether any of this moves the coefficient of interest. It changes what a reader thinks is
# held constant.
#
# ## What we learned, and what we did not
#
# The treatment can be rebuilt from public documents, and the years that the study names point to its rule. How
# many zones one counts does not matter for the baseline; the rule does. The outcome's variance
# is to a large part one row, which its printed moments show without any data. And two of the printed
# definitions, of debt and of agglomeration, cannot be what was computed; that of the size-age index hardly
# can.
#
# We did not learn whether a high ratio of financial assets is a relief or a precaution, nor what
# agglomeration measures. A referee would ask for an outcome that does not depend on one row, for the
# rule of dating in a sentence, and for the units of the size-age index.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Who changes sides?
# :label: ex-pz-variables-sides
# Take the half-year rule and the calendar rule, zones approved by the end of 2020. In which years do rows
# change from untreated to treated, and how many are they? Predict the years first.
# ```
#
# ```{solution-start} ex-pz-variables-sides
# :class: dropdown
# ```
#
# Only the years in which a batch of the sample came in the second half: 2018 and 2019.

# %%
from digitrade.studies.pilot_zones.zones import assign_treatment

half, calendar = (assign_treatment(twin, rule=name)["zone_post"] for name in RULES)
twin.assign(moved=calendar - half).groupby("year")["moved"].agg(["sum", "mean"]).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Without the largest row
# :label: ex-pz-variables-without
# By how much do mean, standard deviation and median of the twin's FC change if you leave out its largest row?
# Which of the three would you have liked to see in print?
# ```
#
# ```{solution-start} ex-pz-variables-without
# :class: dropdown
# ```
#
# The mean moves by the row's value over the number of rows, the standard deviation by the row's share of the
# squares, which is far more, and the median by next to nothing. A median in print would have shown at once that
# the mean describes hardly any firm.

# %%
columns = {"all": twin["fc"], "less one": twin["fc"].drop(twin["fc"].idxmax())}
pd.DataFrame(columns).agg(["mean", "std", "median"]).round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Fool the counter
# :label: ex-pz-variables-fool
# Write a Chinese sentence with a keyword that counts although the firm has nothing of the kind, without a
# negation. What follows for a word count as a measure?
# ```
#
# ```{solution-start} ex-pz-variables-fool
# :class: dropdown
# ```
#
# A firm can talk about its customers, its rivals, or a business that it has sold. Below it has sold its cloud
# computing, and its industry competes in big data: two words are counted. All counts are of talk, not of
# machines.

# %%
find_keywords("公司已出售云计算业务，行业内大数据企业竞争激烈。")[["keyword", "negated"]]

# %% [markdown]
# ```{solution-end}
# ```
