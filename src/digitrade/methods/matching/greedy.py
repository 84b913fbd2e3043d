"""Nearest neighbours without replacement: each control once, first come, first served."""

from __future__ import annotations

import numpy as np

TIE = 1e-12  # distances that differ by less are equal but for rounding


def greedy_nearest(
    ours: np.ndarray,
    theirs: np.ndarray,
    sequence: np.ndarray,
    *,
    neighbours: int = 1,
    reach: float = np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """Let values choose their nearest neighbour in turn, among those still there.

    With several neighbours, all choose a first one before anybody chooses a second.

    Parameters
    ----------
    ours
        Values that choose, length a.
    theirs
        Values to choose from, length b, sorted upwards.
    sequence
        Positions of ``ours`` in the order in which they choose.
    neighbours
        Rounds.
    reach
        Largest distance.

    Returns
    -------
    tuple of numpy.ndarray
        Positions in ``ours`` and in ``theirs`` that go together.
    """
    places = np.searchsorted(theirs, ours).tolist()
    first_equal = np.searchsorted(theirs, theirs).tolist()
    values, wanted = theirs.tolist(), ours.tolist()
    below, above = list(range(len(values) + 1)), list(range(len(values) + 1))
    pairs: list[tuple[int, int]] = []
    for one in np.tile(sequence, neighbours).tolist():
        if len(pairs) == len(values):
            break
        left, right = _free(below, places[one]) - 1, _free(above, places[one])
        down = wanted[one] - values[left] if left >= 0 else np.inf
        up = values[right] - wanted[one] if right < len(values) else np.inf
        if min(down, up) > reach + TIE:
            continue
        taken = _free(above, first_equal[left]) if down <= up + TIE else right
        pairs.append((one, taken))
        above[taken] = taken + 1
        below[taken + 1] = taken
    found = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _free(parents: list[int], place: int) -> int:
    """Return the place that a chain of taken places leads to, and shorten the chain.

    ``above[j]`` leads from place j to the next free place at or above it, the end being the
    number of places; ``below[j + 1]`` leads to one more than the next free place at or below j,
    the end being 0.
    """
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place
