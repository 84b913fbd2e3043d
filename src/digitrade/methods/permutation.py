"""A test that groups share one slope, by shuffling who is in which group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import (
    check_outcome,
    check_variation,
    draws_problems,
    ranked,
    refuse_lost,
)
from digitrade.methods.estimate import TIDY
from digitrade.methods.placebo import shuffled
from digitrade.methods.specification import Specification, complete_panel, require_specification
from digitrade.methods.threads import one_thread

BATCH = 500  # draws worked on at a time; memory grows with it, the answer does not change
TIE = 1e-9  # a relabelling that only swaps names reproduces the statistic up to rounding


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A test that groups of entities share one slope, by shuffling who is in which group.

    ``slopes`` are the groups'; ``statistic`` and ``drawn`` Wald statistics of their equality,
    clustered by entity, without small-sample factor; ``p_value`` counts the observed one as a draw.
    ``failed`` shuffles that could not be estimated are left out.
    """

    slopes: pd.Series
    statistic: float
    p_value: float
    drawn: np.ndarray
    n_obs: int
    n_entities: int
    failed: int = 0

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row without an estimate."""
        words = (
            f"labels shuffled over {self.n_entities} entities, {len(self.drawn):,} draws, "
            "statistic studentised by entity clusters"
        )
        told = {"term": self.slopes.name, "covariance": words}
        return pd.DataFrame([{name: getattr(self, name, np.nan) for name in TIDY} | told])


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

    - ``data``, ``specification``: one row for each entity and time, complete; effects of entity, or
      of entity and time.
    - ``group``: column of the groups, the same in every row of an entity.
    - ``draws``, ``rng``: number and source of the shuffles.

    Raises KeyError or ValueError if there is no draw, there are effects of further columns, or the
    groups, or most of those shuffled, cannot be estimated.
    """
    require_specification(specification)
    beyond = set(specification.effects) - {specification.entity, specification.time}
    wrong = {
        f"estimates effects of {specification.entity} and {specification.time} anew in every "
        f"group: found effects of {', '.join(sorted(beyond))} too, take them out": bool(beyond),
        f"needs draws: found draws={draws}": draws == 0,
    } | draws_problems(draws, rng)
    title = "Labels cannot be shuffled, since the test"
    panel = complete_panel(data, specification, labels=[group], title=title, problems=wrong)
    products, units = _entity_products(panel, specification)
    codes, names = pd.factorize(panel[group].groupby(units).first(), sort=True)
    orders = shuffled(codes, int(draws), rng)
    batches = np.array_split(orders, max(len(orders) // BATCH, 1))
    parts = [_wald(products, batch) for batch in batches]
    slopes, (observed, *drawn) = parts[0][0], np.concatenate([part[1] for part in parts])
    known = np.array(drawn)[np.isfinite(drawn)]
    why = (
        f"shuffles leave a group of {group!r} too few entities for "
        f"{len(specification.regressors)} regressors and its own time effects; merge groups or "
        "take out controls"
    )
    failed = len(drawn) - len(known)
    lost = failed if np.isfinite(observed) else len(drawn)
    refuse_lost("Labels cannot be shuffled", lost, len(drawn), why)
    extreme = int((known >= observed * (1 - TIE)).sum())
    return PermutationTest(
        slopes=pd.Series(slopes[0], index=list(names), name=specification.regressor),
        statistic=float(observed),
        p_value=(1 + extreme) / (1 + len(known)),
        drawn=known,
        n_obs=len(panel),
        n_entities=len(products),
        failed=failed,
    )


def _entity_products(
    data: pd.DataFrame, specification: Specification
) -> tuple[np.ndarray, np.ndarray]:
    """Return cross-products of entities' regressors, time dummies and outcome within effects.

    And the entities' places by row, in the order of their outcomes' residuals.
    """
    columns = [*specification.regressors, specification.outcome]
    absorber = Absorber.of(data, specification.effects)
    values = data[columns].to_numpy(dtype=float)
    residual = absorber.residualise(values)
    check_outcome(values[:, -1], residual[:, -1], columns[-1], specification.effects)
    check_variation(values[:, :-1], residual[:, :-1], columns[:-1], specification.effects)
    codes = ranked(data[specification.entity], residual[:, -1])
    scale = np.linalg.norm(residual, axis=0)
    scale[-1] = scale[0]  # regressor and outcome in one unit, so that slopes keep theirs
    residual /= scale
    periods = np.empty((len(data), 0))
    if specification.time in specification.effects:
        times = pd.get_dummies(data[specification.time], drop_first=True, dtype=float)
        periods = (times - times.groupby(data[specification.entity]).transform("mean")).to_numpy()
    design = np.column_stack([residual[:, :-1], periods, residual[:, -1]])
    rows = [design[codes == code] for code in range(codes.max() + 1)]
    return np.stack([own.T @ own for own in rows]), codes


def _wald(products: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes (draws by groups) and the Wald statistic of their equality (draws)."""
    size, k = len(products), products.shape[1] - 1
    member = (codes[:, None, :] == np.arange(codes.max() + 1)[:, None]).astype(float)
    sums = (member @ products.reshape(size, -1)).reshape(*member.shape[:2], k + 1, k + 1)
    unit = np.eye(k)[:, :1]
    right = np.concatenate([sums[..., :k, k:], np.broadcast_to(unit, (*member.shape[:2], k, 1))], 3)
    regular = np.linalg.matrix_rank(sums[..., :k, :k], hermitian=True) == k
    square = np.where(regular[..., None, None], sums[..., :k, :k], np.eye(k))
    solved = np.linalg.solve(square, right)
    solved[~regular] = np.nan
    theta, bread = solved[..., 0], solved[..., 1]
    residual = np.concatenate([-theta, np.ones((*theta.shape[:2], 1))], axis=2)
    weights = (bread[..., :, None] * residual[..., None, :]).reshape(*member.shape[:2], -1)
    scores = member * (weights @ products[:, :k, :].reshape(size, -1).T)
    precision = 1 / (scores**2).sum(axis=2)
    slopes = theta[..., 0]
    mean = (slopes * precision).sum(axis=1) / precision.sum(axis=1)
    return slopes, ((slopes - mean[:, None]) ** 2 * precision).sum(axis=1)
