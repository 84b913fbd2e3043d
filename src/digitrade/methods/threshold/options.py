"""What the caller asked for, as one frozen value, and the check that it can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np

Split = Literal["<=", "<"]
FDivisor = Literal["n(T-1)", "T(n-1)"]
Covariance = Literal["homoskedastic", "robust", "clustered"]

CHOICES: dict[str, tuple[str, ...]] = {
    "split": ("<=", "<"),
    "f_divisor": ("n(T-1)", "T(n-1)"),
    "covariance": ("homoskedastic", "robust", "clustered"),
}
MAX_THRESHOLDS = 3


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that play each part; `regime_dependent` and `controls` are tuples."""

    outcome: str
    regime_dependent: tuple[str, ...]
    threshold: str
    controls: tuple[str, ...]
    entity: str
    time: str

    @property
    def numeric(self) -> tuple[str, ...]:
        """Every column that enters the regression or the split, each once."""
        named = (self.outcome, *self.regime_dependent, self.threshold, *self.controls)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one call; see `panel_threshold` for what each means."""

    time_effects: bool
    n_thresholds: int
    trim: float
    grid: int | None
    split: Split
    f_divisor: FDivisor
    confidence: float
    covariance: Covariance
    draws: int
    rng: np.random.Generator


def as_names(names: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def raise_problems(problems: Sequence[str]) -> None:
    """Raise one ValueError that lists every problem; do nothing when there is none."""
    if problems:
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        listed = "\n".join(f"  {i}. {text}" for i, text in enumerate(problems, 1))
        raise ValueError(f"panel_threshold cannot run; {count}:\n{listed}")


def option_problems(options: Options) -> list[str]:
    """Every option outside what is offered: its name, what was found, what to pass."""
    return [
        *_choice_problems(options),
        *_number_problems(options),
        *_kind_problems(options),
    ]


def _choice_problems(options: Options) -> list[str]:
    return [
        f"option {name}={getattr(options, name)!r} is not known: "
        f"choose one of {', '.join(map(repr, known))}"
        for name, known in CHOICES.items()
        if getattr(options, name) not in known
    ]


def _number_problems(options: Options) -> list[str]:
    problems = []
    count_ok = _is_whole(options.n_thresholds, at_least=1)
    if not (count_ok and options.n_thresholds <= MAX_THRESHOLDS):
        problems.append(f"option n_thresholds={options.n_thresholds!r}: pass 1, 2 or 3")
    elif not _is_between(options.trim, 0, 1 / (2 * options.n_thresholds)):
        problems.append(
            f"option trim={options.trim!r}: with {options.n_thresholds} threshold(s) pass a share "
            f"above 0 and below {1 / (2 * options.n_thresholds):.4g}, so that a further cut fits"
        )
    if not _is_between(options.confidence, 0, 1):
        problems.append(f"option confidence={options.confidence!r}: pass a share such as 0.95")
    if options.grid is not None and not _is_whole(options.grid, at_least=2):
        problems.append(
            f"option grid={options.grid!r}: pass a whole number of quantile steps (2 or more), "
            "or None for every observed value"
        )
    if not _is_whole(options.draws, at_least=0):
        problems.append(f"option draws={options.draws!r}: pass a whole number, 0 for no tests")
    return problems


def _kind_problems(options: Options) -> list[str]:
    problems: list[str] = []
    if not isinstance(options.time_effects, bool):
        problems.append(f"option time_effects={options.time_effects!r}: pass True or False")
    if not isinstance(options.rng, np.random.Generator):
        problems.append(
            f"option rng is a {type(options.rng).__name__}: pass numpy.random.default_rng(seed)"
        )
    return problems


def _is_whole(value: object, *, at_least: int) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and value >= at_least  # type: ignore[operator]


def _is_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, Real) and low < float(value) < high
