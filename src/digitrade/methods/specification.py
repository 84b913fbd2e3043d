"""A specification is a value: each robustness row is the baseline with one change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import pandas as pd

from digitrade.methods.checks import missing_values, not_numbers, refuse, require_columns

COVARIANCES = ("clustered", "robust", "driscoll-kraay")


@dataclass(frozen=True, slots=True)
class Specification:
    """What is regressed on what, within which effects, with which covariance.

    Attributes
    ----------
    outcome, regressor, controls
        Columns of the outcome, of the regressor whose coefficient the study is about, and of
        what is held constant.
    entity, time
        Columns that key the panel.
    effects
        The columns that get a fixed effect each: ``entity``, ``time``, and any other.
    covariance, bandwidth
        One of ``"clustered"``, ``"robust"``, ``"driscoll-kraay"``, the last with so many lags.
    cluster
        Column of the clusters; the entity if ``None``. Several columns, as in
        ``("firm", "year")``, for clusters in several ways at once.
    confidence, label
        Level of the intervals, between 0 and 1, and how tables name it.
    """

    outcome: str
    regressor: str
    controls: tuple[str, ...] = ()
    _: KW_ONLY
    entity: str
    time: str
    effects: tuple[str, ...]
    covariance: str = "clustered"
    cluster: str | tuple[str, ...] | None = None
    bandwidth: int = 2
    confidence: float = 0.95
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse what no estimator could carry out, naming every problem."""
        for name in ("controls", "effects", "cluster"):
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, tuple(value))
        problems = []
        if self.covariance not in COVARIANCES:
            problems.append(f"covariance {self.covariance!r}: choose {' | '.join(COVARIANCES)}")
        if mixed := set(self.effects) & {self.outcome, *self.regressors}:
            problems.append(f"effects {sorted(mixed)}: also outcome or regressor, take them out")
        if len(set(self.effects)) < len(self.effects):
            problems.append(f"effects {list(self.effects)}: name each column once")
        if not self.clusters or len(set(self.clusters)) < len(self.clusters):
            problems.append(f"cluster {self.cluster!r}: name one column or several different ones")
        if repeated := {self.outcome, self.regressor} & set(self.controls):
            problems.append(f"controls repeat {sorted(repeated)}: take them out")
        if self.outcome == self.regressor:
            problems.append(f"outcome and regressor are both {self.outcome!r}: name two columns")
        if not 0 < self.confidence < 1:
            problems.append(f"confidence {self.confidence}: a share between 0 and 1")
        if self.bandwidth < 0:
            problems.append(f"bandwidth {self.bandwidth}: a number of lags, 0 or more")
        refuse("Specification cannot be estimated", problems)

    @property
    def regressors(self) -> tuple[str, ...]:
        """The regressor and the controls, in this order."""
        return (self.regressor, *self.controls)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the specification needs."""
        keys = (self.entity, self.time, *self.effects, *self.clusters)
        return tuple(dict.fromkeys((*keys, self.outcome, *self.regressors)))

    @property
    def clusters(self) -> tuple[str, ...]:
        """The columns of the clusters, several if the covariance is clustered in several ways."""
        return self.cluster if isinstance(self.cluster, tuple) else (self.cluster or self.entity,)

    @property
    def groups(self) -> str:
        """The column of the clusters, for estimators that can use but one.

        Raises
        ------
        ValueError
            If there are several.
        """
        if len(self.clusters) > 1:
            raise ValueError(
                f"Clusters by {' and '.join(self.clusters)}: this estimator takes one column; "
                "name one, or use fixed_effects"
            )
        return self.clusters[0]

    def replace(self, **changes: Any) -> Specification:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)


def complete_panel(
    data: pd.DataFrame, specification: Specification, more: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the specification's columns and more, or raise with everything that is wrong."""
    names = list(dict.fromkeys((*specification.columns, *more)))
    require_columns(data, names)
    if repeated := [name for name in names if data.columns.tolist().count(name) > 1]:
        raise ValueError(f"Columns {', '.join(repeated)} are there twice: keep one of each")
    panel = data[names]
    keys = [specification.entity, specification.time]
    problems = missing_values(panel, names)
    problems += not_numbers(panel, (specification.outcome, *specification.regressors, *more))
    if count := int(panel.duplicated(keys).sum()):
        problems.append(f"{' and '.join(keys)}: {count} repeated keys; keep one row for each")
    if panel.empty:
        problems.append("no row: check what the sample was cut to")
    if specification.covariance == "driscoll-kraay":
        problems += _periods_problems(panel[specification.time], specification.bandwidth)
    refuse("Panel cannot be estimated on", problems)
    return panel


def _periods_problems(periods: pd.Series, bandwidth: int) -> list[str]:
    """Return what keeps lags from being taken over periods."""
    problems = []
    if not (hasattr(periods, "cat") and periods.cat.ordered) and periods.dtype.kind not in "iufM":
        problems.append(f"{periods.name}: {periods.dtype} has no order; give numbers or dates")
    if bandwidth >= periods.nunique():
        problems.append(f"bandwidth {bandwidth}: fewer lags than the {periods.nunique()} periods")
    return problems
