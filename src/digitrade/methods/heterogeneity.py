"""One slope for each group, and the test of whether the groups differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.methods.covariance import SmallSample, small_sample
from digitrade.methods.estimate import ALL_EQUAL, LESS, TIDY, tidy_coefficients
from digitrade.methods.groups import checked_names, group_names
from digitrade.methods.permutation_test import permute_groups
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

DESIGNS = ("own years", "common years", "slope only")
SUM = "_sum"


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Slopes of one regressor by group, and the tests of their differences.

    Attributes
    ----------
    slopes
        Split samples, a row a group: ``group, entities``, the tidy columns, ``covariance``.
    interacted
        Pooled models, a row a design and group: ``design, group``, the tidy columns,
        ``covariance``.
    differences
        A row a design, contrast and test: ``design, contrast, test``, the tidy columns,
        ``covariance`` and ``fewest``, the number of entities in the smallest group of the
        contrast. A joint test has no estimate, and a bootstrap no standard error.
    specification
        What was estimated.
    """

    slopes: pd.DataFrame
    interacted: pd.DataFrame
    differences: pd.DataFrame
    specification: Specification


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

    In each, equality is tested by a Wald test with the specification's covariance: t for
    two groups, F with as many denominator degrees of freedom for all. With draws, every
    difference also gets a wild cluster bootstrap test, and split samples a permutation of
    the group labels across entities if effects and clusters are those of entity and time.

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        What to estimate; the entity must be among its effects.
    group
        Column of the groups, constant within entities. Its categories, or else the
        alphabet, give the order of the groups.
    designs
        Which of the pooled models, by the names above.
    draws
        Draws of the bootstrap and of the permutation; 0 for neither.
    rng
        Source of the draws.

    Returns
    -------
    GroupComparison

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the groups cannot be compared, with everything that is in the way.
    """
    names = checked_names(data, specification, group, draws, rng)
    slopes = split_slopes(data, specification, group)
    sizes = dict(zip(slopes["group"], slopes["entities"], strict=True))
    models = {one: _Design.of(data, specification, group, one) for one in designs}
    fits = {one: model.fit() for one, model in models.items()}
    blocks = [fit.differences(sizes).assign(design=one) for one, fit in fits.items()]
    if rng is not None and draws:
        for one, model in models.items():
            rows = [model.bootstrap(pair, sizes, draws, rng) for pair in combinations(names, 2)]
            blocks.append(pd.concat(rows).assign(design=one))
        if not specification.many_ways:
            row = _permutation(data, specification, group, sizes, draws, rng)
            blocks.append(row.assign(design=DESIGNS[0]))
    interacted = pd.concat([fit.tidy().assign(design=one) for one, fit in fits.items()])
    differences = pd.concat(blocks, ignore_index=True)
    return GroupComparison(
        slopes=slopes,
        interacted=interacted[["design", "group", *TIDY, "covariance"]].reset_index(drop=True),
        differences=differences[["design", "contrast", "test", *TIDY, "covariance", "fewest"]],
        specification=specification,
    )


def by_regressor(
    data: pd.DataFrame, specification: Specification, columns: Sequence[str]
) -> GroupComparison:
    """Compare the slopes of several regressors, each entered alone, on the same rows.

    The data are stacked once for each regressor. Every copy has its own effects and
    controls (the design ``"own years"``), and the clusters are the entities across all
    copies, so that the test of a difference knows that the same rows stand behind each.

    Parameters
    ----------
    data, specification
        As in :func:`by_group`; the specification's regressor is replaced.
    columns
        The regressors, which become the groups of the answer.

    Returns
    -------
    GroupComparison
    """
    names = data[specification.entity].astype(str)
    copies = [
        data.assign(_value=data[one], _equation=one, _unit=names + f":{one}") for one in columns
    ]
    stacked = pd.concat(copies, ignore_index=True)
    stacked["_equation"] = pd.Categorical(stacked["_equation"], categories=list(columns))
    effects = tuple(
        "_unit" if one == specification.entity else one for one in specification.effects
    )
    changed = {"regressor": "_value", "entity": "_unit", "effects": effects}
    alone = specification.replace(cluster=specification.groups, **changed)
    return by_group(stacked, alone, "_equation", designs=("own years",))


def split_slopes(data: pd.DataFrame, specification: Specification, group: str) -> pd.DataFrame:
    """Estimate the specification in each group on its own.

    Unlike :func:`by_group` this takes any split, also one by rows that moves an entity
    from one group to another; the entity then has an effect in each.

    Returns
    -------
    pandas.DataFrame
        A row a group: ``group, entities``, the tidy columns, ``covariance``.
    """
    rows = []
    for name in group_names(data, group):
        fit = fixed_effects(data[data[group].astype(str) == name], specification)
        main = fit.tidy().head(1)
        rows.append(main.assign(group=name, entities=fit.n_entities, covariance=fit.words))
    return pd.concat(rows, ignore_index=True)[["group", "entities", *TIDY, "covariance"]]


@dataclass(frozen=True, slots=True)
class _Fit:
    """Slopes by group from one pooled model, with their covariance.

    Attributes
    ----------
    groups
        Names, length g.
    slopes, covariance
        Arrays of length g and g by g, the small-sample factor included.
    """

    groups: tuple[str, ...]
    slopes: np.ndarray
    covariance: np.ndarray
    correction: SmallSample
    specification: Specification
    n_obs: int

    def tidy(self) -> pd.DataFrame:
        """Return a tidy row a group."""
        rows = self._rows(self.slopes, np.sqrt(np.diag(self.covariance)))
        return rows.assign(group=list(self.groups))

    def differences(self, sizes: dict[str, int]) -> pd.DataFrame:
        """Return a tidy row a pair of groups, and one for all if there are more than two."""
        pairs = list(combinations(range(len(self.groups)), 2))
        signs = np.array(
            [[(g == a) * 1.0 - (g == b) for g in range(len(self.groups))] for a, b in pairs]
        )
        variances = np.diag(signs @ self.covariance @ signs.T)
        rows = self._rows(signs @ self.slopes, np.sqrt(variances)).assign(
            contrast=[_contrast(self.groups[a], self.groups[b]) for a, b in pairs],
            test="t",
            fewest=[min(sizes[self.groups[a]], sizes[self.groups[b]]) for a, b in pairs],
        )
        if len(self.groups) == 2:
            return rows
        return pd.concat([self._joint(signs[: len(self.groups) - 1], sizes), rows])

    def _joint(self, signs: np.ndarray, sizes: dict[str, int]) -> pd.DataFrame:
        """Return the F test that all slopes are equal."""
        gaps, restrictions = signs @ self.slopes, len(signs)
        wald = gaps @ np.linalg.solve(signs @ self.covariance @ signs.T, gaps)
        statistic = float(wald) / restrictions
        p_value = stats.f.sf(statistic, restrictions, self.correction.degrees_of_freedom)
        words = f"F({restrictions}, {self.correction.degrees_of_freedom})"
        row = _joint_row(self.specification.regressor, statistic, float(p_value), self.n_obs)
        return row.assign(test=words, covariance=self.correction.words, fewest=min(sizes.values()))

    def _rows(self, estimates: np.ndarray, errors: np.ndarray) -> pd.DataFrame:
        return tidy_coefficients(
            [self.specification.regressor] * len(estimates),
            estimates,
            errors,
            n_obs=self.n_obs,
            degrees_of_freedom=self.correction.degrees_of_freedom,
            confidence=self.specification.confidence,
        ).assign(covariance=self.correction.words)


@dataclass(frozen=True, slots=True)
class _Design:
    """One pooled model: the columns it needs and what it absorbs.

    Attributes
    ----------
    frame
        Rows of the data with the interacted columns and those of effects by group.
    columns
        Interacted regressor of each group.
    controls
        Columns held constant.
    effects
        Columns with a fixed effect each.
    original
        The specification without interactions.
    """

    frame: pd.DataFrame
    columns: dict[str, str]
    controls: tuple[str, ...]
    effects: tuple[str, ...]
    original: Specification

    @classmethod
    def of(
        cls, data: pd.DataFrame, specification: Specification, group: str, design: str
    ) -> _Design:
        """Interact regressor, controls and time effects as the design says."""
        frame, names = data[list(specification.columns)].copy(), group_names(data, group)
        own = data[group].astype(str)
        shared = set(specification.effects) - {specification.entity}
        cells = {one: f"_group_{one}" for one in shared if design == "own years"}
        frame = frame.assign(**{to: own + " " + data[one].astype(str) for one, to in cells.items()})
        interacted = specification.regressors[: 1 if design == "slope only" else None]
        products = {
            f"{one}:{name}": data[one] * (own == name) for one in interacted for name in names
        }
        columns = {name: f"{specification.regressor}:{name}" for name in names}
        controls = tuple(name for name in products if name not in columns.values())
        return cls(
            frame=frame.assign(**products),
            columns=columns,
            controls=controls if design != "slope only" else specification.controls,
            effects=tuple(cells.get(one, one) for one in specification.effects),
            original=specification,
        )

    def fit(self) -> _Fit:
        """Estimate the pooled model."""
        first, *rest = self.columns.values()
        wanted = self.original.replace(
            regressor=first, controls=(*rest, *self.controls), effects=self.effects
        )
        fit, own = fixed_effects(self.frame, wanted), slice(len(self.columns))
        return _Fit(
            groups=tuple(self.columns),
            slopes=fit.coefficients["estimate"].to_numpy()[own],
            covariance=fit.vcov[own, own],
            correction=small_sample(self.frame, wanted),
            specification=self.original,
            n_obs=len(self.frame),
        )

    def bootstrap(
        self,
        pair: tuple[str, str],
        sizes: dict[str, int],
        draws: int,
        rng: np.random.Generator,
    ) -> pd.DataFrame:
        """Test one difference: with the pair's sum held constant, the first is the gap."""
        first, second = (self.columns[name] for name in pair)
        frame = self.frame.assign(**{SUM: self.frame[first] + self.frame[second]})
        others = [name for name in self.columns.values() if name not in (first, second)]
        held = (SUM, *others, *self.controls)
        wanted = self.original.replace(regressor=first, controls=held, effects=self.effects)
        row = wild_cluster_bootstrap(frame, wanted, draws=draws, rng=rng).tidy()
        return row.assign(
            term=self.original.regressor,
            contrast=_contrast(*pair),
            test="wild bootstrap",
            fewest=min(sizes[name] for name in pair),
        )


def _permutation(
    data: pd.DataFrame,
    specification: Specification,
    group: str,
    sizes: dict[str, int],
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the permutation test of the split samples as a row of the differences."""
    test = permute_groups(data, specification, group, draws=draws, rng=rng)
    row = _joint_row(specification.regressor, test.statistic, test.p_value, len(data))
    contrast = _contrast(*sizes) if len(sizes) == 2 else ALL_EQUAL
    return row.assign(
        contrast=contrast, test="permutation", covariance=test.words, fewest=min(sizes.values())
    )


def _joint_row(term: str, statistic: float, p_value: float, n_obs: int) -> pd.DataFrame:
    row = dict.fromkeys(TIDY, np.nan) | {"term": term, "statistic": statistic}
    return pd.DataFrame([row | {"p_value": p_value, "n_obs": n_obs, "contrast": ALL_EQUAL}])


def _contrast(first: str, second: str) -> str:
    return f"{first}{LESS}{second}"
