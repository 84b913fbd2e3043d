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
# (ch-pz-mechanisms)=
# # Mechanisms: half of an argument
#
# **After this chapter you can** say what a regression of a supposed channel on the treatment shows and
# what it does not, estimate the other half, work out from a published table how strongly a channel would
# have to be tied to the outcome, and produce a significant channel where there is none. **It assumes**
# {ref}`the baseline chapter <ch-pz-baseline>`; the {ref}`mechanisms of the other study
# <ch-df-mechanisms>` help. **It runs** in less than half a minute.
#
# :::{admonition} Simulated data
# :class: simulated-banner
#
# Everything called *twin* on this page rests on simulated firms in real cities. In the twin zones raise
# exports, digital words and agglomeration, and *none of the three acts on FC*: no path was built. What the
# page shows is evidence about method and code, never about China.
# :::

# %% [markdown]
# ## The claim
#
# How would a zone bring a firm money? The study {cite:p}`wang2025impact` has a hypothesis for each of three ways:
# the firm exports more (H2), it becomes more digital (H3), and firms crowd together (H4). It regresses each of the
# three on the zone and reports that the hypotheses are supported.

# %%
from digitrade.data import load_published
from digitrade.exhibits.table import claim_table

# %%
estimates = load_published("estimates", study="pilot_zones")
claimed = estimates[(estimates["table"] == "9") & (estimates["term"] == "zone_post")]
claim_table(
    claimed,
    name="tab-pz-mechanisms-claim",
    caption="The claim: the three columns of Table 9, as printed",
)

# %% [markdown]
# A channel is a chain with two links. The first equation below is the one that the study estimates. The
# second is the one that the word *mechanism* needs; it is argued from the literature and not estimated.
#
# ```{math}
# :label: eq-pz-mechanisms
# \begin{aligned}
# M_{it} = {} & a\, D_{it} + \gamma' X_{it} + \alpha_i + \lambda_t + \kappa_c + v_{it} \\
# FC_{it} = {} & c'\, D_{it} + b\, M_{it} + \delta' X_{it} \\
#   & + \alpha_i + \lambda_t + \kappa_c + u_{it}
# \end{aligned}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $D_{it}$ | the city of the firm has a zone that has begun | `zone_post` |
# | $M_{it}$ | exports (unit not stated) | `export` |
# |  | words of the digital economy in the annual report | `digitalisation` |
# |  | density of listed firms in the city, relative | `agg` |
# | $a$ | effect of the zone on the channel | |
# | $b$ | what a unit of the channel goes with in FC, the zone held constant | |
# | $c'$ | what the zone does beside the channel | |
# | $X_{it}$ | seven controls | `top1`, `quick`, `liability`, `q`, `pe`, `fin`, `eco` |
# | $\alpha_i$, $\lambda_t$, $\kappa_c$ | effects of firm, year, city; other ones in each equation | `firm`, `year`, `city` |
#
# The part of the effect that runs through $M$ is the product $ab$. With $a$ alone, it can be anything.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 5  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count [2015-03-07..2022-12-31]
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
covariance: str = "robust"  # standard errors [robust | firm | city | firm-city]
common_cause: float = 0.3  # SDs of words and of FC that one planted cause adds [0..1]
draws: int = 99999  # draws of the product of two paths [999..999999]
seed: int = 20250613  # seed of the product and of the planted cause [0..4294967295]

# %%
from digitrade.exhibits.phrases import listed
from digitrade.studies.pilot_zones.mechanisms import channel_samples
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import BASELINE, with_covariance

# %%
panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
twin, samples = panels["twin"], channel_samples(panels)
baseline = with_covariance(BASELINE, covariance)
errors = {"covariance": baseline.covariance, "cluster": baseline.cluster}
whose, beside = listed(panels), listed(["printed", "truth", *panels])

# %% [markdown]
# ## Look first: three very different columns
#
# Draw the mean of each by the first treated year of the city.

# %%
import pandas as pd

from digitrade.data.labels import label
from digitrade.exhibits.glue import glue_numbers
from digitrade.exhibits.series import path_panels
from digitrade.exhibits.table import frame_table
from digitrade.studies.pilot_zones.describe import cohort_paths, printed_moments
from digitrade.studies.pilot_zones.mechanisms import CHANNELS, tails
from digitrade.studies.pilot_zones.specifications import across

# %%
paths = pd.concat(cohort_paths(twin, name).assign(panel=label(name)) for name in CHANNELS)
absent = [label(name) for name in CHANNELS if name not in samples.get("yours", CHANNELS)]
glue_numbers(absent=len(absent), absent_names=listed(absent) if absent else "none")

# %% tags=["full-width"]
path_panels(
    paths,
    name="fig-pz-mechanisms-paths",
    caption="Means of the three channels by first treated year of the city, a line a cohort: "
    "exports (unit not stated), words a report, and agglomeration. Twin.",
    ylabel="Mean",
)

# %% [markdown] tags=["if:absent"]
# Not in your file, or with too little to estimate anything from: {glue:text}`absent_names`. These columns have no
# row *yours* below.

# %%
shapes = across(panels, tails, {name: label(name) for name in CHANNELS})

# %%
frame_table(
    shapes,
    name="tab-pz-mechanisms-tails",
    caption=f"Zeros and tails of the three channels: {whose}",
    heads={"row": "Channel"},
    digits={"zero": 2, "mean": 2, "median": 2, "largest": 1, "top": 2},
    note="At zero: share of rows. Top hundredth: its share of the sum of squared deviations.",
)

# %%
top = 100 * shapes[shapes["source"] == "twin"].set_index("row")["top"]
glue_numbers(export_top=top[label("export")], words_top=top[label("digitalisation")])
glue_numbers(**printed_moments().loc["digitalisation"].add_prefix("words_"))

# %% [markdown]
# The twin's cohorts stand at different levels, most of all in agglomeration: the zones of 2016 came to
# Shanghai and Shenzhen, where firms stand densest. Means of exports and words also jump from year to
# year, because a few rows have much of the variance: the top hundredth holds
# {glue:text}`export_top:.0f` and {glue:text}`words_top:.0f` per cent. In print, too, words have a mean of
# {glue:text}`words_mean:.1f`, a standard deviation of {glue:text}`words_sd:.1f` and a maximum of
# {glue:text}`words_max:.0f`. An average effect on such a column can be an effect on its few largest rows,
# if they are in the right place. (The twin's words are drawn, not counted in reports, and its agglomeration is not
# computed from its firms; {ref}`the first chapter <ch-pz-variables>` shows how one counts both.)
#
# ## The obvious estimate: the first link
#
# The three columns again, beside the twin and its truth.

# %%
from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.glue import glue_row, record
from digitrade.methods.estimate import combine
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.mechanisms import (
    channel_errors,
    city_years,
    one_more_firm,
    printed_f,
    words_and_logs,
)
from digitrade.studies.pilot_zones.specifications import (
    estimate_table,
    printed_and_estimated,
    printed_rows,
)

# %%
first_links = estimate_table(panels, "9", **errors)
words = first_links["twin"]["Digital words"].words
for source, found in first_links.items():
    record(f"first links, {source}", combine(found))
glue_numbers(**printed_f().loc["export"].rename({"f": "f_exports", "p_value": "p_exports"}))

# %% tags=["full-width"]
comparison_table(
    printed_and_estimated(panels, "9", **errors),
    name="tab-pz-mechanisms-exhibit",
    caption=f"Zone × post on three channels: {beside}",
    covariance=words,
    note="Truth: mean true effect over treated rows.",
)

# %% [markdown]
# On its default seed the twin is made to come near print. What matters here is the column *Truth*: all
# three first links are real in it. So a reader who takes such a table for evidence on mechanisms, and has
# enough firms, will call all three supported. Keep that in mind.
#
# One printed detail: the column of exports has $F$ = {glue:text}`f_exports:.2f`. If it tests the zone and the seven
# controls together, its $p$ is {glue:text}`p_exports:.2f`, although the zone alone has two stars. Both can be right,
# because $F$ is an average over eight slopes and seven of them may add little.
#
# ### Who is the observation?
#
# Agglomeration is a figure of the *city*: all firms of a city have the same one in a year. The printed
# $R^2$ of {glue:text}`agg_r2:.3f` shows it; in the twin, effects of city and year alone give
# {glue:text}`city_r2:.4f`. Robust standard errors count every firm as news. Here are the four covariances,
# and below them a regression in which a city and year is *one* row.

# %%
by_covariance = across(samples, channel_errors)
record("covariances", by_covariance)

# %% tags=["full-width"]
frame_table(
    by_covariance[["source", "row", "label", "estimate", "std_error", "p_value", "groups"]],
    name="tab-pz-mechanisms-errors",
    caption=f"The first links under four covariances: {whose}",
    heads={"row": "Channel", "label": "Standard error", "std_error": "its value"},
    note="City-years: one row for each city and year, effects of city and year, controls fin and "
    "eco unless the row names one it is without, equal weights, clustered by city.",
)

# %%
of_twin = by_covariance[by_covariance["source"] == "twin"]
agg = of_twin.set_index(["row", "label"]).loc[label("agg")]
glue_row("agg_robust", agg.loc["robust"])
glue_row("agg_city", agg.loc["city"])
glue_row("agg_row", agg.loc["city-years"])
glue_numbers(agg_ratio=agg.loc["city", "std_error"] / agg.loc["robust", "std_error"])

# %%
agg_printed = printed_rows("9").iloc[2]
bare = baseline.replace(outcome="agg", controls=(), effects=("city", "year"))
glue_row("agg_printed", agg_printed)
glue_numbers(agg_r2=float(claimed.iloc[2]["r2"]), city_years=len(city_years(twin)))
glue_numbers(agg_rows=len(samples["twin"]["agg"]))
glue_numbers(city_r2=fixed_effects(twin, bare).r_squared)

# %% [markdown]
# The twin's effect on agglomeration is true, and yet: clustered by city its standard error is
# {glue:text}`agg_city_se:.3f`, which is {glue:text}`agg_ratio:.1f` times the robust one
# ({glue:text}`agg_robust_se:.3f`), and $p$ is {glue:text}`agg_city_p:.2f`. The sample has
# {glue:text}`city_years:,` city-years, not {glue:text}`agg_rows:,` observations of agglomeration. It is a
# well-known trap {cite:p}`moulton1990illustration`.
#
# The last row asks about the average *city*, where the others ask about the average firm. It gives
# {glue:text}`agg_row:.3f` ({glue:text}`agg_row_se:.3f`), $p$ = {glue:text}`agg_row_p:.2f`. In the twin every
# city has the same effect, so both aim at one number. But a few cities have most of the firms, and an
# average over firms hangs on those few. The printed {glue:text}`agg_printed:.3f`
# ({glue:text}`agg_printed_se:.3f`) has the small kind of error, so we do not know whether it can be told
# from zero.
#
# What are the errors worth? Draw the twin's noise again and again, and count how often the intervals hold the truth.

# %%
from digitrade.exhibits.honest import honest_table
from digitrade.studies.pilot_zones.twin.honest import honest_summary

# %% tags=["full-width"]
honest = honest_summary(
    ["t91", "t92", "t93", "agg_city", "agg_cells", "words_log", "agg_ab"]
)
honest_table(
    honest,
    name="tab-pz-mechanisms-honest",
    caption="First links, and a product of two links, in honest draws of the twin",
    note="Errors: robust unless said. Book's own dates of the zones.",
)

# %%
coverage = 100 * honest.set_index("target")["coverage"]
glue_numbers(cover_robust=coverage["t93"], cover_city=coverage["agg_city"])

# %% [markdown]
# For agglomeration, robust intervals hold the truth in {glue:text}`cover_robust:.0f` of a hundred draws, where it
# should be ninety-five, and those clustered by city in {glue:text}`cover_city:.0f`.
#
# ### A channel that counts the firms
#
# The numerator of agglomeration is the number of *listed firms in the city*. When one more firm goes public there, or
# moves in, agglomeration rises for all of its firms, by definition and at once. How much is the printed effect, in
# firms?

# %%
last_year = int(twin["year"].max())
each = one_more_firm(twin, last_year, agg_printed["estimate"])
in_firms = each[["in_firms", "in_firms_share"]].median()
glue_numbers(treated_cities=len(each), **in_firms)

# %%
frame_table(
    each.head(8),
    name="tab-pz-mechanisms-firm",
    caption=f"What one more listed firm does to agglomeration, {last_year}, twin",
    digits={"agg": 2, "in_firms": 2, "in_firms_share": 2},
    note="Treated cities with most firms. Columns three to five: agglomeration as a ratio of "
    "densities, as the study defines it in a table; the last: as a share of the sum of densities, "
    "in per cent. Areas are real, counts of firms are the twin's.",
)

# %% [markdown]
# It depends on what was computed. {ref}`The first chapter <ch-pz-variables>` found that the ratio of densities
# (columns three to five) does not give the printed maximum, and that the share in per cent (last column) comes nearer.
# By the share, the printed effect is {glue:text}`in_firms_share:.2f` of a listed firm in the median of
# {glue:text}`treated_cities` treated cities; by the ratio it would be {glue:text}`in_firms:.2f`. Read the order of
# magnitude only.

# %% [markdown] tags=["if:in_firms_share<1"]
# By either reading it is *less than one firm*. Suppliers that settle in an industrial park are hardly ever listed, so
# they do not show in this number. A single listing does.

# %% [markdown]
# And each row of the regression is a firm. So a city with many firms counts often, and the number of its firms is
# also what its agglomeration is made of.
#
# ### Words are counts
#
# For digital words, adding two to a report with none and to one with three hundred is not the same event.
# Logs are the usual answer, and $\ln(1 + words)$ the usual way round the zeros. What is the truth then?

# %%
both = across(samples, words_and_logs, baseline)
in_logs = both.query("source == 'twin'").set_index("row").loc["ln (1 + words)"]
glue_numbers(log_effect=in_logs["estimate"])

# %%
comparison_table(
    both,
    name="tab-pz-mechanisms-logs",
    caption=f"Zone × post on words and on their log: {listed(['truth', *panels])}",
    covariance=words,
)

# %% [markdown]
# In the twin a zone adds the same number of words to every report. In logs that is a huge effect where
# there were none, and next to none where there were hundreds: {glue:text}`log_effect:.2f` on average. It is
# neither an elasticity nor a per cent, because it depends on how many reports start from nothing and on the one in
# the formula; {ref}`the robustness chapter <ch-pz-robustness>` shows the same for loans. A Poisson regression
# would answer in per cent of the mean, zeros included.
#
# ## What is wrong: any outcome would pass
#
# Suppose both problems away. The test for a mechanism is then: *the zone has a significant effect on
# $M$*. But that is the test for an outcome. Put the study's mechanisms beside the other outcomes that
# it uses to check its baseline:

# %%
from digitrade.studies.pilot_zones.mechanisms import printed_outcomes

# %%
passed = printed_outcomes()
frame_table(
    passed.sort_values("t", key=abs, ascending=False),
    name="tab-pz-mechanisms-outcomes",
    caption="Eight printed effects of a zone, three of them called mechanisms",
    heads={"row": "Variable", "estimate": "Printed", "std_error": "SE"},
    digits={"t": 1, "estimate": 4, "std_error": 4},
    note="Stars as printed; t is ours, from rounded numbers.",
)

# %%
t = passed.set_index("row")["t"]
glue_numbers(starred=(passed["stars"] != "").sum(), tested=len(passed))
glue_numbers(subsidies_t=t[label("log_govsub")], agg_t=t[label("agg")])

# %% [markdown]
# By that test {glue:text}`starred` of {glue:text}`tested` are mechanisms. (Whether the SA index can have
# two stars is a question for {ref}`the robustness chapter <ch-pz-robustness>`.) Subsidies, with $t$ =
# {glue:text}`subsidies_t:.1f`, would be as good a one as agglomeration with {glue:text}`agg_t:.1f`: a zone
# brings subsidies, firms park them in financial assets, and FC is larger. It is at least as good a
# story. Only the second link can tell such stories apart.
#
# ## What would the second link have to be?
#
# The study does not print $b$, so the share of its effect that a channel carries *cannot be computed*. Yet
# something can be had from print. If one channel alone carries all of the effect $c$, then $b = c / a$. And
# $b$ is the partial correlation $r$ of channel and outcome, times the ratio of what the regressions leave of
# the two. Standard deviations and $R^2$ are printed, so
#
# ```{math}
# :label: eq-pz-mechanisms-needed
# r = \frac{c}{a} \cdot \frac{\sigma_M \sqrt{1 - R^2_M}}{\sigma_{FC} \sqrt{1 - R^2_{FC}}}
# ```
#
# is the correlation that the argument needs.

# %%
from digitrade.studies.pilot_zones.mechanisms import needed_and_found

needed = needed_and_found(samples)
by_channel = needed.set_index("channel")

# %% tags=["full-width"]
frame_table(
    needed,
    name="tab-pz-mechanisms-needed",
    caption="What a channel needs in order to carry the printed effect alone",
    heads={
        "a": "Path a, printed",
        "t": "its t",
        "twin": "Partial correlation, twin",
        "yours": "yours",
    },
    digits={"t": 1, "in_sd": 2, "needed_correlation": 2},
    note="From printed coefficients, standard deviations and R squared; a partial correlation "
    "beyond 1 does not exist. The twin's is that of channel and FC in the data; the truth is 0.",
)

# %%
needs, t = by_channel["needed_correlation"], by_channel["t"]
glue_numbers(**needs.add_prefix("needs_"), sd_agg=by_channel.loc["agg", "in_sd"])
glue_numbers(more_export=needs["export"] / (1 + 1 / t["export"]))

# %% [markdown]
# *Exports* would need a correlation of {glue:text}`needs_export:.2f`. There is none above one: if the printed
# coefficients are exact, exports cannot carry the whole effect in a linear chain.
# *Agglomeration* needs {glue:text}`needs_agg:.2f`, and one standard deviation of it would have to move FC by
# {glue:text}`sd_agg:.0f` standard deviations. *Digital words* need {glue:text}`needs_digitalisation:.2f`. Between two noisy
# figures of a firm, with its own level and the year taken out, a tenth would be much. So each channel may
# carry a part, probably a small one.
#
# Four caveats are due. Coefficients have errors: were the effect on exports one printed standard error
# larger, a correlation of {glue:text}`more_export:.2f` would do. The numbers are rounded. The two printed
# regressions differ by a few rows. And a chain that works in some firms and not in others is not the
# product of two averages.
#
# ## Better: both links, one interval
#
# So estimate the second link, and the product with it. The paths share rows and clusters, so they get one
# joint covariance. The interval is that of a product of two normal variables, which need not be symmetric
# {cite:p}`mackinnon2004confidence`.

# %%
from functools import partial

import numpy as np

from digitrade.exhibits.comparison import chain_table
from digitrade.methods.mediation import mediate

# %%
chain = partial(mediate, inference="monte-carlo", draws=draws)
chains = {
    source: {
        name: chain(rows, baseline, name, rng=np.random.default_rng(seed))
        for name, rows in of_source.items()
    }
    for source, of_source in samples.items()
}

# %%
every = [(found, source) for source in chains for found in chains[source].values()]
record("chains", pd.concat(found.tidy().assign(source=source) for found, source in every))

# %% tags=["full-width"]
chain_table(
    chains,
    dict(zip(CHANNELS, printed_rows("9").to_dict("records"), strict=True)),
    name="tab-pz-mechanisms-chains",
    caption=f"Both links of three channels: {beside}",
)

# %%
digital = chains["twin"]["digitalisation"].summary().iloc[0]
glue_row("first", first_links["twin"]["Digital words"].main)
glue_numbers(a=digital["a"], b=digital["b"], b_p=digital["p_b"], total=digital["total"])
glue_numbers(low=digital["conf_low"], high=digital["conf_high"])
glue_numbers(share=100 * digital["share"])

# %% [markdown]
# Take digital words. The first link is {glue:text}`a:.2f` with $t$ = {glue:text}`first_t:.1f`. The
# second is {glue:text}`b:.4f` with $p$ = {glue:text}`b_p:.2f`; the product lies between {glue:text}`low:.4f` and
# {glue:text}`high:.4f`, of a total of {glue:text}`total:.3f`. As a share it is
# {glue:text}`share:.1f` per cent.
#
# In the twin all three first links are true, the effect on FC is true, and no channel exists. H2, H3 and H4 would be
# called supported by the same kind of table, and there is no mechanism. The zone simply does four things. A study
# that stops after the first link cannot notice.
#
# ## Not enough either: a channel made of nothing
#
# Does the product then settle it? Add one unseen thing to the twin: call it good management. It differs
# between firms and years, has nothing to do with zones, and adds {glue:text}`planted:.1f` standard
# deviations to the words of a report and as much to FC. Words still do not act on FC, nor FC on words.

# %%
from digitrade.studies.pilot_zones.mechanisms import plant_common_cause

reported, rng = samples["twin"]["digitalisation"], np.random.default_rng(seed)
planted = plant_common_cause(reported, "digitalisation", strength=common_cause, rng=rng)

# %%
false_chain = chain(planted, baseline, "digitalisation", rng=np.random.default_rng(seed))
made = false_chain.summary().iloc[0]
record("planted", false_chain.tidy().assign(source="twin"))
pair = {"As drawn": digital, "With a common cause": made}

# %% tags=["full-width"]
frame_table(
    pd.DataFrame(pair).T.assign(mediator=list(pair)),
    name="tab-pz-mechanisms-planted",
    caption="Digital words as a channel, before and after a common cause is planted, twin",
    heads={"mediator": "Twin", "conf_low": "from", "total": "Total"},
    digits={"b": 4, "indirect": 4, "conf_low": 4, "conf_high": 4},
    note=f"Standard errors: {words}, joint over the regressions. In both rows the true product is "
    "zero and the true direct effect is the whole.",
)

# %%
glue_numbers(planted=common_cause, made_share=100 * made["share"])
glue_numbers(made=made["indirect"], made_low=made["conf_low"], made_high=made["conf_high"])
glue_numbers(made_direct=made["direct"], made_total=made["total"])

# %% [markdown]
# Now the product is {glue:text}`made:.3f`, with an interval from {glue:text}`made_low:.3f` to
# {glue:text}`made_high:.3f`; as a share of the effect it is {glue:text}`made_share:.0f` per cent. The true share is
# none.

# %% [markdown] tags=["if:made_low>0"]
# An interval above zero, and nothing runs through words. Among firms whose zones are alike, those with more words are
# better managed, and these have a higher FC. Path $b$ picks that up.

# %% [markdown]
# Look at the total and the direct effect. The total is {glue:text}`made_total:.3f`, and was
# {glue:text}`total:.3f`: the cause has nothing to do with zones, so it hardly moves this estimate. The *direct* effect,
# with words held constant, is {glue:text}`made_direct:.3f`. Its truth is the whole, so what is lost was lost by *adding
# a control*. Words are a consequence of both the zone and the management, a **collider**
# {cite:p}`elwert2014endogenous`. Compare two firms with the same words, one with a zone and one without. The second has
# its words for another reason, so it is better managed on average. Among firms with the same words, zone and
# management are then negatively related, though in the whole sample they are not. So a channel must never be put
# among the controls of the total effect. Giving out the zones at random would not have helped.
#
# The assumption that would help is that *nothing unseen moves channel and outcome together*, given
# everything held constant {cite:p}`imai2010general`. It cannot be tested in these data, and for figures out
# of the same annual report it is not likely.
#
# ## How much unseen would undo the first link?
#
# The first link has its own enemy: something that goes with zones and with words, such as a software
# industry. The robustness value {cite:p}`cinelli2020making` is the share of both that it must explain. The
# {ref}`other study's chapter <ch-df-mechanisms>` derives it.

# %%
from digitrade.exhibits.shapes import contour_plot
from digitrade.methods.sensitivity import robustness_value, sensitivity

# %%
first_link = BASELINE.replace(outcome="digitalisation", label="Path a, digital words")
unseen = sensitivity(reported, first_link)
record("sensitivity", unseen.tidy().assign(source="twin"))

# %%
contour_plot(
    unseen,
    name="fig-pz-mechanisms-unseen",
    caption="The effect on digital words, were a variable omitted that explains these shares; "
    "diamonds: as strong as a control, or two or three times as strong. Twin.",
)

# %%
printed_t = by_channel.loc["digitalisation", "t"]
from_print = robustness_value(printed_t, unseen.degrees_of_freedom)
glue_numbers(value_twin=100 * unseen.robustness_value, value_printed=100 * from_print)
glue_numbers(printed_t=printed_t)

# %% [markdown]
# On the twin {glue:text}`value_twin:.1f` per cent of what is left of both treatment and words would be
# enough. From print, with the twin's degrees of freedom and the robust $t$ in place of the ordinary one,
# about {glue:text}`value_printed:.1f` per cent. That is not much for a $t$ of {glue:text}`printed_t:.1f`.
# With thousands of rows a small share is enough to reject zero, and it is enough for a confounder, too.
#
# ## What we learned, and what we did not
#
# The study's table shows that three things rose in zones, with errors that treat one of them as a figure of
# firms, which it is not. It does not show that any of them brings money: the second link is not in it. By
# the printed coefficients, exports can hardly carry the effect by themselves, and the others would need
# tighter ties to FC than such figures usually have. A twin with no channel at all gives a table of the same kind.
#
# We did not learn that the channels do not exist. A first link is necessary for a channel, and the study
# has shown three of them, as far as its design holds. And $b$ may well be positive in the study's data;
# nobody can tell before it is printed.
#
# A referee would ask for the second link with an interval, clustered by city; for what else moves words and
# FC; for agglomeration without the firm itself, on city-years; for when the three were chosen and how
# many others were tried; and, best, for something that moves one channel and not the zone.
#
# ## Exercises
#
# Try these yourself before you open the solution.
#
# ```{exercise} Turn the arrow
# :label: ex-pz-mechanisms-turn
# Take the twin with the common cause, and swap words and FC: does FC "mediate" the effect of the zone on
# words?
# ```
#
# ```{solution-start} ex-pz-mechanisms-turn
# :class: dropdown
# ```
#
# Path $b$ is there again, since a correlation has no direction. The first link, from zone to FC, is now the
# baseline itself, and the product is no surer than that.

# %%
swapped = baseline.replace(outcome="digitalisation")
turned = chain(planted, swapped, "fc", rng=np.random.default_rng(seed))
turned.summary().round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How strong a cause?
# :label: ex-pz-mechanisms-strength
# Plant causes of other strengths. From which one on is the false channel significant, and how does its share
# grow?
# ```
#
# ```{solution-start} ex-pz-mechanisms-strength
# :class: dropdown
# ```
#
# Path $b$ grows with the product of the two loadings, so roughly with the square of the strength. The column
# `p_b` shows from where on it has a star.

# %%
from digitrade.studies.pilot_zones.mechanisms import planted_strengths

strengths = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
planted_strengths(
    reported, baseline, "digitalisation", strengths=strengths, seed=seed
).round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Subsidies as a channel
# :label: ex-pz-mechanisms-subsidies
# Run subsidies through the same two links. Does the twin's truth have a path from them to FC? (Look at the
# parameters of the twin.)
# ```
#
# ```{solution-start} ex-pz-mechanisms-subsidies
# :class: dropdown
# ```
#
# There is none: the twin's zones raise subsidies and FC side by side. Judged by its first link alone ($a$ and its
# $p$), would it count as a mechanism?

# %%
from digitrade.studies.pilot_zones.specifications import CONTROLS, estimation_sample

with_subsidies = baseline.replace(controls=(*CONTROLS, "log_govsub"))
funded = estimation_sample(twin, with_subsidies, singletons=True)
chain(funded, baseline, "log_govsub", rng=np.random.default_rng(seed)).summary().round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Only exporters export
# :label: ex-pz-mechanisms-exporters
# Zones can raise the exports of exporters only. Estimate the first link among exporters. Should it be larger?
# And what does that mean for *no exports* being the group with the larger printed effect on FC
# ({ref}`the last chapter <ch-pz-heterogeneity>`)?
# ```
#
# ```{solution-start} ex-pz-mechanisms-exporters
# :class: dropdown
# ```
#
# It should: the average over all firms counts those that never export. But if exports were the channel,
# exporters should gain in FC, and firms without exports should not. In print the firms without exports have
# the larger estimate. The difference is not significant, but it points away from this channel, and it takes
# no second regression to see.

# %%
exporters = twin[twin["exporter"] == 1]
fixed_effects(exporters, baseline.replace(outcome="export")).tidy().head(1).round(3)

# %% [markdown]
# ```{solution-end}
# ```
