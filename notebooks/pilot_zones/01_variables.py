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
# cross-border e-commerce. A firm in the city can now clear parcels in one window, get its export tax back
# without every invoice, and show banks a record of its sales abroad. Does it become easier for such a firm
# to get money? The study {cite:p}`wang2025impact` follows China's listed firms from 2011 to 2020 and says
# that it does.

# %%
from digitrade.data import load_published
from digitrade.tables import claim_table, frame_table

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
# FC_{it} = \alpha + \beta\, Zone_i \times Post_t + \gamma' X_{it} + \lambda_i + \omega_t + \tau_k
#   + e_{it}
# ```
#
# | Symbol | Meaning | Column |
# |:--|:--|:--|
# | $FC_{it}$ | financial assets over fixed assets of firm $i$ in year $t$ | `fc` |
# | $Zone_i$ | the firm's city has a zone that counts | `zone` |
# | $Post_t$ | the zone has begun | `post` |
# | $Zone_i \times Post_t$ | both | `zone_post` |
# | $X_{it}$ | firm controls | `top1`, `quick`, `liability`, `q`, `pe` |
# |  | city controls | `fin`, `eco` |
# | $\lambda_i$, $\omega_t$, $\tau_k$ | effects of firm, year, city | `firm`, `year`, `city` |
#
# This chapter looks at each of these before anything is estimated. Every symbol hides a choice, and some
# of them turn out to be larger than they look. These are the parameters.

# %% tags=["parameters"]
data_path: str = ""  # your own extract, a CSV, Parquet, Stata or Excel file; none if empty
twin_seed: int = 20250409  # seed of the simulated firms [0..4294967295]
approved_by: str = "2020-12-31"  # zones approved by this day count
rule: str = "half-year"  # first treated year of a zone [half-year | calendar]
largest: int = 5  # rows shown with the largest values of FC [1..50]

# %%
from digitrade.firm_panels import firm_panels

panels = firm_panels(data_path, twin_seed=twin_seed, approved_by=approved_by, rule=rule)
twin = panels["twin"]

# %% [markdown]
# ## Zone and Post: from dates to a treatment
#
# The zones came in seven batches. A zone that is approved in December can do little in that year, so a
# rule must say from when a firm counts as treated. Two rules are usual: from the *calendar* year of
# approval; or from that year if the approval came by the end of June, and from the next one otherwise
# (*half-year*).

# %%
from digitrade.treatment import RULES, rule_table

batches = rule_table()
batches["approval_date"] = batches["approval_date"].dt.strftime("%Y-%m-%d")

frame_table(
    batches,
    name="tab-pz-variables-rules",
    caption="The seven batches, and the first treated year under two rules",
    heads={
        "batch": "Batch",
        "approval_date": "Approved",
        "document": "Document",
        "zones": "Zones",
        "total": "Up to here",
        "half-year": "Half-year",
        "calendar": "Calendar",
    },
    digits=dict.fromkeys(["batch", "zones", "total"], 0),
)

# %% [markdown]
# The study does not state its rule, but it gives itself away. Its text says that the zones began in 2015,
# 2016, 2019 and 2020. Under the calendar rule the third batch would begin in 2018; only the half-year rule
# gives these four years. So that is our default.
#
# How much hangs on it? Look at the share of firms that are treated in each year.

# %%
import pandas as pd

from digitrade.describe_firms import treated_by_year
from digitrade.figures_describe import path_panels

treated = pd.concat(
    treated_by_year(panel, approved_by=approved_by, rules=RULES).assign(panel=source)
    for source, panel in panels.items()
)

# %%
path_panels(
    treated.replace({"panel": {"twin": "Twin", "yours": "Yours"}}),
    name="fig-pz-variables-treated",
    caption="Share of the rows of a year that are treated, under two rules. Real zones and "
    "dates, firms of the twin.",
    ylabel="Share of rows",
    per_cent=True,
)

# %% [markdown]
# The rules differ in two years only, since two batches were approved in the second half of a year. But
# these two years hold many firms: the large cities outside the coast came with the third batch.
#
# Next, which zones? The study's abstract speaks of 165 zones, its introduction of 132 cities by January
# 2022, and its sample ends in 2020, by when 105 had been approved. And where does a zone lie? Yiwu, a city
# *inside* the prefecture of Jinhua, got its zone in 2018, the rest of Jinhua in 2022. Firms are located by
# prefecture, so either all firms of Jinhua count as treated with Yiwu (*prefecture*), or none until 2022
# (*city*).

# %%
from digitrade.describe_firms import rule_means

ways = ["rule", "approved_by", "mapping"]
by_source = [
    rule_means(panel).set_index(ways).rename(columns="{}, {}".format).add_suffix("")
    if False
    else rule_means(panel)
    .set_index(ways)
    .rename(columns={"zone": f"Zone, {source}", "post": f"Post, {source}"})
    for source, panel in panels.items()
]
