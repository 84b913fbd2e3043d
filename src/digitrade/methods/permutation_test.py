"""Permutation of group labels across entities: could the groups have been drawn by lot?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import refuse
from digitrade.methods.estimate import TIDY
from digitrade.methods.specification import Specification
from digitrade.methods.threads import one_thread

BATCH = 500  # draws worked on at a time; memory grows with it, the answer does not change
TIE = 1e-9  # a relabelling that only swaps names reproduces the statistic up to rounding


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A test that groups of entities share one slope, by shuffling who is in which group.

    Attributes
    ----------
    slopes
        Slope of the regressor in each group, as in split samples, indexed by group.
    statistic, drawn, p_value
        Wald statistic of equal slopes, clustered by entity, without small-sample factor; that of
        each shuffle; and the share of them, the observed one included, at least as large.
    n_obs, n_entities
        Rows, and entities whose labels are shuffled.
    """

    slopes: pd.Series
    statistic: float
    p_value: float
    drawn: np.ndarray
    n_obs: int
    n_entities: int

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row without an estimate."""
        row = {name: getattr(self, name, np.nan) for name in TIDY} | {"term": self.slopes.name}
        words = (
            f"labels shuffled over {self.n_entities} entities, {len(self.drawn):,} draws, "
            "statistic studentised by entity clusters"
        )
        return pd.DataFrame([row | {"covariance": words}])


@one_thread()
def permute_groups(
    data: pd.DataFrame,
    specification: Specification,
    group: str,
    *,
    draws: int = 9_999,
    rng: np.random.Generator,
) -> PermutationTest:
    """Test equal slopes across groups by shuffling the labels over whole entities.

    Every shuffle keeps the sizes of the groups and estimates each group's regression again, with
    its own controls and time effects. The statistic is studentised, so that the test stays
    asymptotically valid if the groups differ in other ways than in the slope (Chung and Romano
    2013, Annals of Statistics 41(2), 484-507).

    Parameters
    ----------
    data, specification
        One row for each entity and time, complete; effects of entity, or of entity and time.
    group
        Column of the groups, the same in every row of an entity.
    draws, rng
        Number and source of the shuffles.

    Raises
    ------
    ValueError
        If there is no draw, there are effects of further columns, or a shuffled group cannot
        be estimated.
    """
    problems = [f"needs draws: found draws={draws}, give 1 or more"] if draws < 1 else []
    if beyond := set(specification.effects) - {specification.entity, specification.time}:
        problems.append(
            f"estimates effects of {specification.entity} and {specification.time} anew in every "
            f"group: found effects of {', '.join(sorted(beyond))} too, take them out"
        )
    refuse("Labels cannot be shuffled, since the test", problems)
    products = _entity_products(data, specification)
    labels = data.groupby(specification.entity, sort=True)[group].first()
    codes, names = pd.factorize(labels, sort=True)
    try:
        slopes, observed = _wald(products, codes[None, :])
        shuffled = rng.permuted(np.tile(codes, (draws, 1)), axis=1)
        batches = np.array_split(shuffled, max(draws // BATCH, 1))
        drawn = np.concatenate([_wald(products, batch)[1] for batch in batches])
    except np.linalg.LinAlgError as error:
        raise ValueError(
            f"A shuffled group of {group!r} cannot be estimated: it has too few entities for "
            f"{len(specification.regressors)} regressors and its own time effects; merge groups "
            "or take out controls"
        ) from error
    extreme = int((drawn >= observed[0] * (1 - TIE)).sum())
    return PermutationTest(
        slopes=pd.Series(slopes[0], index=list(names), name=specification.regressor),
        statistic=float(observed[0]),
        p_value=(1 + extreme) / (1 + draws),
        drawn=drawn,
        n_obs=len(data),
        n_entities=len(codes),
    )


def _entity_products(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the cross-products of every entity's own columns, n by q by q, free of its effect.

    These are regressor, controls, time dummies but the first, and outcome.
    """
    columns = [*specification.regressors, specification.outcome]
    absorber = Absorber.of(data, specification.effects)
    residual = absorber.residualise(data[columns].to_numpy(dtype=float))
    scale = np.linalg.norm(residual, axis=0)
    scale[-1] = scale[0]  # regressor and outcome in one unit, so that slopes keep theirs
    residual /= scale
    periods = np.empty((len(data), 0))
    if specification.time in specification.effects:
        times = pd.get_dummies(data[specification.time], drop_first=True, dtype=float)
        periods = (times - times.groupby(data[specification.entity]).transform("mean")).to_numpy()
    design = np.column_stack([residual[:, :-1], periods, residual[:, -1]])
    codes = pd.factorize(data[specification.entity], sort=True)[0]
    rows = [design[codes == code] for code in range(codes.max() + 1)]
    return np.stack([own.T @ own for own in rows])


def _wald(products: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes (draws by groups) and the Wald statistic of their equality (draws)."""
    size, k = len(products), products.shape[1] - 1
    member = (codes[:, None, :] == np.arange(codes.max() + 1)[:, None]).astype(float)
    sums = (member @ products.reshape(size, -1)).reshape(*member.shape[:2], k + 1, k + 1)
    unit = np.eye(k)[:, :1]
    right = np.concatenate([sums[..., :k, k:], np.broadcast_to(unit, (*member.shape[:2], k, 1))], 3)
    solved = np.linalg.solve(sums[..., :k, :k], right)
    theta, bread = solved[..., 0], solved[..., 1]
    residual = np.concatenate([-theta, np.ones((*theta.shape[:2], 1))], axis=2)
    weights = (bread[..., :, None] * residual[..., None, :]).reshape(*member.shape[:2], -1)
    scores = member * (weights @ products[:, :k, :].reshape(size, -1).T)
    precision = 1 / (scores**2).sum(axis=2)
    slopes = theta[..., 0]
    mean = (slopes * precision).sum(axis=1) / precision.sum(axis=1)
    return slopes, ((slopes - mean[:, None]) ** 2 * precision).sum(axis=1)
