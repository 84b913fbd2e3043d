"""A specification is a value: each robustness row is the baseline with one change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import pandas as pd

from digitrade.methods.checks import (
    admit,
    chosen,
    names_of,
    refuse,
    repeated,
    share,
    whole,
)

COVARIANCES = ("clustered", "robust", "driscoll-kraay")
PANEL = "Panel cannot be estimated on"
TITLE = "Specification cannot be estimated"


@dataclass(frozen=True, slots=True)
class Specification:
    """What is regressed on what, within which effects, with which covariance.

    - ``outcome``, ``regressor``, ``controls``, ``entity``, ``time``, ``effects``: columns of the
      outcome, of the regressor whose coefficient the study is about, and of what is held constant;
      that key the panel; that get a fixed effect each, whichever they are.
    - ``covariance``, ``bandwidth``, ``cluster``: one of ``"clustered"``, ``"robust"``,
      ``"driscoll-kraay"``, the last with so many lags. Column of the clusters, the entity if
      ``None``; several, as in ``("firm", "year")``, for clusters in several ways at once.
    - ``confidence``, ``label``: level of the intervals, between 0 and 1, and how tables name it.
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
        outcome, entity, lags, clusters = self.outcome, self.entity, self.bandwidth, self.clusters
        mixed = sorted(set(self.effects) & {outcome, *self.regressors})
        inside = sorted({outcome, self.regressor} & set(self.controls))
        apart = 0 < len(clusters) == len(set(clusters))
        wrong: dict[str, object] = {
            f"effects {mixed}: also outcome or regressor, take them out": mixed,
            f"cluster {self.cluster!r}: name one column or several different ones": not apart,
            f"controls repeat {inside}: take them out": inside,
            f"outcome and regressor are both {outcome!r}: name two": self.regressor == outcome,
            f"entity and time are both {entity!r}: name two columns": entity == self.time,
            f"confidence {self.confidence}: a share between 0 and 1": not share(self.confidence),
            f"bandwidth {lags}: a number of lags, 0 or more": not whole(lags, 0),
        }
        wrong |= chosen("covariance", self.covariance, COVARIANCES)
        wrong |= repeated("effects", self.effects) | repeated("controls", self.controls)
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
    found = f"specification: a {type(specification).__name__}; give a Specification"
    refuse("Nothing can be estimated", {found: not isinstance(specification, Specification)})


def complete_panel(
    data: Any,
    specification: Specification,
    more: Collection[str] = (),
    *,
    title: str = PANEL,
    labels: Collection[str] = (),
    **asked: Any,
) -> pd.DataFrame:
    """Return the specification's columns, numbers as floats, or raise with all that is wrong.

    ``more`` are further columns of numbers, ``labels`` of any; the rest is asked as of
    :func:`digitrade.methods.checks.admit`.
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
        order=specification.time if lagged else None,
        lags=specification.bandwidth,
        **asked,
    )
