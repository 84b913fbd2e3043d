"""A specification is a value: each robustness row is the baseline with one change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import pandas as pd

from digitrade.methods.checks import Look, Problems, admit, names_of, refuse, share, whole

COVARIANCES = ("clustered", "robust", "driscoll-kraay")
PANEL = "Panel cannot be estimated on"
TITLE = "Specification cannot be estimated"


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
        for name in ("controls", "effects"):
            object.__setattr__(self, name, names_of(getattr(self, name)))
        if isinstance(self.cluster, list):
            object.__setattr__(self, "cluster", tuple(self.cluster))
        if odd := [name for name in self.columns if not isinstance(name, str) or not name]:
            refuse(TITLE, [f"{name!r}: name a column by its text" for name in odd])
        mixed = sorted(set(self.effects) & {self.outcome, *self.regressors})
        repeated = sorted({self.outcome, self.regressor} & set(self.controls))
        twice = sorted({name for name in self.controls if self.controls.count(name) > 1})
        covariances = " | ".join(COVARIANCES)
        wrong = {
            f"covariance {self.covariance!r}: choose {covariances}": (
                self.covariance not in COVARIANCES
            ),
            f"effects {mixed}: also outcome or regressor, take them out": mixed,
            f"effects {list(self.effects)}: name each column once": (
                len(set(self.effects)) < len(self.effects)
            ),
            f"cluster {self.cluster!r}: name one column or several different ones": (
                not self.clusters or len(set(self.clusters)) < len(self.clusters)
            ),
            f"controls repeat {repeated}: take them out": repeated,
            f"controls {twice}: name each column once": twice,
            f"outcome and regressor are both {self.outcome!r}: name two columns": (
                self.outcome == self.regressor
            ),
            f"entity and time are both {self.entity!r}: name two columns": (
                self.entity == self.time
            ),
            f"confidence {self.confidence}: a share between 0 and 1": not share(self.confidence),
            f"bandwidth {self.bandwidth}: a number of lags, 0 or more": not whole(
                self.bandwidth, 0
            ),
        }
        refuse(TITLE, wrong)

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
        """The one column of the clusters, or a refusal if there are several."""
        if len(self.clusters) > 1:
            raise ValueError(
                f"Clusters by {' and '.join(self.clusters)}: this estimator takes one column; "
                "name one, or use fixed_effects"
            )
        return self.clusters[0]

    def replace(self, **changes: Any) -> Specification:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)


def require_specification(specification: Any) -> None:
    """Raise unless a specification is one."""
    if not isinstance(specification, Specification):
        found = f"specification: a {type(specification).__name__}; give a Specification"
        refuse("Nothing can be estimated", [found])


def complete_panel(
    data: Any,
    specification: Specification,
    more: Collection[str] = (),
    *,
    title: str = PANEL,
    labels: Collection[str] = (),
    gaps: Collection[str] = (),
    problems: Problems = (),
    look: Look | None = None,
) -> pd.DataFrame:
    """Return the specification's columns, numbers as floats, or raise with all that is wrong.

    ``more`` are further columns of numbers, ``labels`` of any; those also in ``gaps`` may miss
    values; ``problems`` and ``look`` are those of :func:`digitrade.methods.checks.admit`.
    """
    require_specification(specification)
    lagged = specification.covariance == "driscoll-kraay"
    keys = (specification.entity, specification.time)
    return admit(
        data,
        title,
        numbers=(specification.outcome, *specification.regressors, *more),
        labels=(*specification.effects, *specification.clusters, *labels),
        keys=keys,
        gaps=gaps,
        order=specification.time if lagged else None,
        lags=specification.bandwidth,
        problems=problems,
        look=look,
    )
