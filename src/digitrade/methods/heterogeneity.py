"""One slope for each group of entities, and the test of whether the groups differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.checks import (
    admit,
    chosen,
    draws_problems,
    names_of,
    refuse,
    require_columns,
    spare,
)
from digitrade.methods.estimate import ALL_EQUAL, LESS, TIDY, Slopes
from digitrade.methods.permutation import permute_groups
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification, complete_panel, require_specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

DESIGNS = ("own years", "common years", "slope only")
SPLITS = {"first-year": "first", "period-mean": "mean", "rows": ""}


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Slopes of one regressor by group, and the tests of their differences, as tidy frames.

    ``slopes`` of split samples have ``group, entities`` before and ``covariance`` after the tidy
    columns, ``interacted`` ones of pooled models ``design, group``, ``differences`` ``design,
    contrast, test``, and ``fewest``, the entities in the contrast's smallest group, at the end. A
    joint test has no estimate, a bootstrap no error.
    """

    slopes: pd.DataFrame
    interacted: pd.DataFrame
    differences: pd.DataFrame


def by_group(
    data: pd.DataFrame,
    specification: Specification,
    group: str,
    *,
    designs: Sequence[str] = DESIGNS,
    draws: int = 0,
    rng: np.random.Generator | None = None,
) -> GroupComparison:
    r"""Compare the regressor's slope across groups of entities.

    Split samples stand beside three pooled models with a slope for each group:

    - ``"own years"``: :math:`\alpha_i + \lambda_{g(i)t} + \beta_{g(i)} x + \gamma_{g(i)}' z`,
      whose slopes are those of the split samples (effects of further columns are by group, too);
    - ``"common years"``: :math:`\alpha_i + \lambda_t + \beta_{g(i)} x + \gamma_{g(i)}' z`;
    - ``"slope only"``: :math:`\alpha_i + \lambda_t + \beta_{g(i)} x + \gamma' z`.

    In each, equality is tested with the specification's covariance: t for two groups, F for
    all. With draws, every difference also gets a wild cluster bootstrap test, and split samples
    a permutation of the labels across entities if there are no effects beyond entity and time.

    - ``data``, ``specification``: one row for each entity and time, complete; the entity must be
      among the effects.
    - ``group``: column of the groups, constant within entities, in the order of its categories or
      else of the alphabet.
    - ``designs``: which of the pooled models, by the names above.
    - ``draws``, ``rng``: how many draws of the bootstrap and of the permutation, 0 for neither;
      their source.

    Raises KeyError or ValueError if a column is not there; with everything that is in the way of a
    comparison or of draws.
    """
    require_specification(specification)
    entity, designs = specification.entity, names_of(designs)
    unknown = [one for one in designs if one not in DESIGNS]
    cut = draws and _two_way(specification) and entity not in specification.clusters[:1]
    wrong: dict[str, Any] = {
        f"effects {specification.effects}: add {entity!r}": entity not in specification.effects,
        f"designs {unknown}: choose {' | '.join(DESIGNS)}": unknown or not designs,
        f"draws={draws} with clusters {specification.cluster!r}: draw by {entity!r}": cut,
    } | draws_problems(draws, rng, least=0)
    title, look = "Groups cannot be compared", partial(_group_problems, entity=entity, group=group)
    data = complete_panel(
        data, specification, labels=[group], title=title, problems=wrong, look=look
    )
    apart = split_slopes(data, specification, group)
    columns = {f"{specification.regressor}:{name}": name for name in apart["group"]}
    pooled = {design: _pool(data, specification, group, design) for design in designs}
    fits = {design: fixed_effects(*model).slopes(columns) for design, model in pooled.items()}
    pairs = {f"{a}{LESS}{b}": (a, b) for a, b in combinations(apart["group"], 2)}
    tests = [_wald_rows(fit, pairs).assign(design=design) for design, fit in fits.items()]
    if rng is not None and draws > 0:
        for design, model in pooled.items():
            for contrast, pair in zip(pairs, combinations(columns, 2), strict=True):
                row = wild_cluster_bootstrap(*_gap(*model, *pair), draws=draws, rng=rng).tidy()
                tests.append(row.assign(contrast=contrast, test="wild bootstrap", design=design))
        if _two_way(specification):
            row = permute_groups(data, specification, group, draws=draws, rng=rng).tidy()
            contrast = ALL_EQUAL if len(pairs) > 1 else next(iter(pairs))
            tests.append(row.assign(contrast=contrast, test="permutation", design=DESIGNS[0]))
    sizes = apart.set_index("group")["entities"]
    fewest = {contrast: sizes[list(pair)].min() for contrast, pair in pairs.items()}
    fewest[ALL_EQUAL] = sizes.min()
    differences = pd.concat(tests, ignore_index=True)
    differences["fewest"] = differences["contrast"].map(fewest)
    own = [fit.tidy().assign(design=d, covariance=fit.words) for d, fit in fits.items()]
    interacted = pd.concat(own, ignore_index=True)
    interacted["group"] = interacted["term"]
    interacted["term"] = differences["term"] = specification.regressor
    differences["n_obs"] = len(data)
    tested = ["design", "contrast", "test", *TIDY, "covariance", "fewest"]
    estimated = ["design", "group", *TIDY, "covariance"]
    return GroupComparison(apart, interacted[estimated], differences[tested])


def by_regressor(
    data: pd.DataFrame, specification: Specification, columns: Sequence[str]
) -> GroupComparison:
    """Compare regressors' slopes, each alone, as groups of stacked data; clusters span copies."""
    require_columns(data, columns)
    value = spare("_value", data)
    copies = {column: data.assign(**{value: data[column]}) for column in columns}
    stacked, alone, part = _stacked(copies, specification.replace(regressor=value))
    return by_group(stacked, alone, part, designs=("own years",))


def stacked_difference(
    first: pd.DataFrame, second: pd.DataFrame, specification: Specification
) -> tuple[pd.DataFrame, Specification]:
    """Return one regression whose main slope is the difference of two separate samples' slopes."""
    frames = {"1": complete_panel(first, specification), "2": complete_panel(second, specification)}
    pooled = _pool(*_stacked(frames, specification), "own years")
    return _gap(*pooled, f"{specification.regressor}:1", f"{specification.regressor}:2")


def _stacked(
    frames: Mapping[str, pd.DataFrame], specification: Specification
) -> tuple[pd.DataFrame, Specification, str]:
    """Stack frames as groups, with entity effects of their own; clusters span them."""
    entity, taken = specification.entity, set().union(*frames.values())
    part, unit = spare("_part", taken), spare("_unit", taken)
    stacked = pd.concat(frames, names=[part]).reset_index(part).reset_index(drop=True)
    stacked[unit] = stacked.groupby([entity, part], sort=False).ngroup()
    stacked[part] = pd.Categorical(stacked[part], categories=list(frames))
    effects = tuple(unit if name == entity else name for name in specification.effects)
    cluster = specification.cluster or entity
    return stacked, specification.replace(entity=unit, effects=effects, cluster=cluster), part


def split_slopes(data: pd.DataFrame, specification: Specification, group: str) -> pd.DataFrame:
    """Estimate in each group, of entities or rows: ``group, entities``, tidy, ``covariance``."""
    data = complete_panel(data, specification, labels=[group])
    rows = []
    for name in group_names(data, group):
        fit = fixed_effects(data[data[group].astype(str) == name], specification)
        main = fit.tidy().head(1)
        rows.append(main.assign(group=name, entities=fit.n_entities, covariance=fit.words))
    return pd.concat(rows, ignore_index=True)[["group", "entities", *TIDY, "covariance"]]


def split_at_median(
    data: pd.DataFrame, specification: Specification, column: str, rule: str
) -> pd.Series:
    """Return ``"high"`` or ``"low"`` for each row: above the median of a column or not.

    Entities by their ``"first-year"`` or ``"period-mean"`` once and for all, or ``"rows"``.
    """
    require_specification(specification)
    keys, wrong = (specification.entity, specification.time), chosen("rule", rule, SPLITS)
    title = f"Cannot split at the median of {column!r}"
    frame = admit(data, title, numbers=[column], keys=keys, order=keys[1], problems=wrong)
    data = frame.set_axis(data.index)
    high = data[column].gt(data[column].median())
    if how := SPLITS[rule]:
        levels = data.sort_values(keys[1]).groupby(keys[0])[column].agg(how)
        high = data[keys[0]].map(levels.gt(levels.median()))
    return high.map({True: "high", False: "low"})


def group_names(data: pd.DataFrame, group: str) -> list[str]:
    """Return the groups as text, in the order of their categories, as numbers, or alphabetical."""
    return [str(name) for name in pd.Categorical(data[group]).remove_unused_categories().categories]


def _pool(
    data: pd.DataFrame, specification: Specification, group: str, design: str
) -> tuple[pd.DataFrame, Specification]:
    """Interact regressor, controls and time effects as the design says."""
    own, names = data[group].astype(str), group_names(data, group)
    entity, slope_only = specification.entity, design == "slope only"
    by_own = {
        name: spare(f"_group_{name}", data)
        for name in specification.effects
        if design == "own years" and name != entity
    }
    cells = {
        name: data.groupby([group, by], observed=True, sort=False).ngroup()
        for by, name in by_own.items()
    }
    interacted = specification.regressors[: 1 if slope_only else None]
    products = {
        f"{column}:{name}": data[column] * (own == name) for column in interacted for name in names
    }
    if taken := set(products) & set(specification.columns):
        refuse("Groups cannot be compared", [f"{name}: rename the column" for name in taken])
    first, *rest = products
    wanted = specification.replace(
        regressor=first,
        controls=(*rest, *specification.controls) if slope_only else tuple(rest),
        effects=tuple(by_own.get(name, name) for name in specification.effects),
    )
    return data[list(specification.columns)].assign(**cells, **products), wanted


def _gap(
    rows: pd.DataFrame, wanted: Specification, first: str, second: str
) -> tuple[pd.DataFrame, Specification]:
    """Return the model whose main slope is the first less the second: their sum is held."""
    others = [name for name in wanted.regressors if name not in (first, second)]
    total = spare("_sum", rows)
    gap = wanted.replace(regressor=first, controls=(total, *others))
    return rows.assign(**{total: rows[first] + rows[second]}), gap


def _wald_rows(fit: Slopes, pairs: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return a tidy row a pair of groups, led by one for all if there are more than two."""
    rows = [fit.difference(*pair).assign(test="t") for pair in pairs.values()]
    if len(pairs) > 1:
        words = f"F({len(fit.names) - 1}, {fit.degrees_of_freedom[0]})"
        rows.insert(0, fit.equality().assign(test=words))
    found = pd.concat(rows, ignore_index=True)
    return found.assign(contrast=found["term"], covariance=fit.words)


def _two_way(specification: Specification) -> bool:
    return set(specification.effects) <= {specification.entity, specification.time}


def _group_problems(data: pd.DataFrame, entity: str, group: str) -> dict[str, object]:
    kinds = data.groupby(entity)[group].nunique()
    movers = kinds[kinds > 1].index
    sizes = data.groupby(group, observed=True)[entity].nunique()
    listed = ", ".join(f"{name} {size}" for name, size in sizes.items()) or "none"
    few, names = len(sizes) < 2 or sizes.min() < 2, sizes.index.astype(str)
    first = ", ".join(map(str, movers[:3]))
    return {
        f"{group}: {len(movers)} of {len(kinds)} {entity} change group over time "
        f"({first}); give each one group, or use split_slopes": len(movers),
        f"{group}: {entity} by group: {listed}; two groups of two or more": few,
        f"{group}: different groups of one name; rename them": not names.is_unique,
    }
