"""One reading of written signs: what nobody sees is taken out, forms of one sign are made one."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f"
    "\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Controls, format characters, variation selectors, fillers and other signs without a shape."""


def folded(text: str) -> str:
    """Return a text without unseen signs, letters and digits of full width in the usual form."""
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def clean(text: object) -> str:
    """Return what is :func:`folded` on one line: blanks of every kind as one, none at the ends."""
    written = str(text)
    plain = written.isascii() and written.isprintable()  # nothing to be folded, most often
    return " ".join((written if plain else folded(written)).split())


def shown(text: object) -> str:
    """Return a name as its writer sees it: no unseen signs, blanks as in :func:`clean`."""
    return " ".join(UNSEEN.sub("", str(text)).split())
