"""A specification is a value: each robustness row is the baseline with one change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

COVARIANCES = ("clustered", "robust", "driscoll-kraay")


@dataclass(frozen=True, slots=True)
class Specification:
    """What is regressed on what, within which effects, with which covariance.

    Attributes
    ----------
    outcome
        Column of the outcome.
    regressor
        Column whose coefficient the study is about.
    controls
        Columns held constant.
    entity, time
        Columns that key the panel.
    effects
        The columns among ``entity`` and ``time`` that get a fixed effect each.
    covariance
        One of ``"clustered"``, ``"robust"``, ``"driscoll-kraay"``.
    cluster
        Column of the clusters; the entity if ``None``.
    bandwidth
        Lags of the Driscoll-Kraay kernel; unused otherwise.
    confidence
        Level of the confidence intervals, between 0 and 1.
    label
        How tables name it.
    """

    outcome: str
    regressor: str
    controls: tuple[str, ...] = ()
    entity: str = "province"
    time: str = "year"
    effects: tuple[str, ...] = ("province", "year")
    covariance: str = "clustered"
    cluster: str | None = None
    bandwidth: int = 2
    confidence: float = 0.95
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse what no estimator could carry out, naming every problem."""
        problems = []
        if self.covariance not in COVARIANCES:
            problems.append(f"covariance {self.covariance!r}: choose {' | '.join(COVARIANCES)}")
        if unknown := set(self.effects) - {self.entity, self.time}:
            problems.append(f"effects {sorted(unknown)}: only {self.entity!r} and {self.time!r}")
        if repeated := {self.outcome, self.regressor} & set(self.controls):
            problems.append(f"controls repeat {sorted(repeated)}: take them out")
        if self.outcome == self.regressor:
            problems.append(f"outcome and regressor are both {self.outcome!r}: name two columns")
        if not 0 < self.confidence < 1:
            problems.append(f"confidence {self.confidence}: a share between 0 and 1")
        if self.bandwidth < 0:
            problems.append(f"bandwidth {self.bandwidth}: a number of lags, 0 or more")
        if problems:
            raise ValueError("Specification cannot be estimated:\n  - " + "\n  - ".join(problems))

    @property
    def regressors(self) -> tuple[str, ...]:
        """The regressor and the controls, in this order."""
        return (self.regressor, *self.controls)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the specification needs."""
        columns = (self.entity, self.time, self.groups, self.outcome, *self.regressors)
        return tuple(dict.fromkeys(columns))

    @property
    def groups(self) -> str:
        """The column of the clusters."""
        return self.cluster or self.entity

    def but(self, **changes: Any) -> Specification:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)
