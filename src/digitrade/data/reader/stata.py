"""Read a Stata file whatever its texts are encoded in: each is decoded by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.io.stata import StataReader

CJK = re.compile(r"[㐀-鿿]")
CUT = 3  # bytes that may be left of a sign at the end of a text that was cut
WESTERN = "latin-1"  # one sign a byte: nothing is lost before a text is decoded


class _Bytewise(StataReader):  # type: ignore[misc]  # pandas carries no types
    """pandas' reader, but names, labels and texts keep their bytes, as Western signs."""

    def _set_encoding(self) -> None:
        self._encoding = WESTERN

    def labels_by_column(self) -> dict[str, dict[int, str]]:
        """Return the value labels of each column that has some."""
        labels = self.value_labels()
        pairs = zip(self._varlist, self._lbllist, strict=True)
        return {name: labels[label] for name, label in pairs if label in labels}


@dataclass(frozen=True, slots=True)
class StataTable:
    """Cells under the names of the file, its release, and the columns with unreadable texts."""

    cells: pd.DataFrame
    release: int
    unread: dict[str, int]


def read_stata(path: Path) -> StataTable:
    """Read a Stata file: labels for numbers that have one, texts in UTF-8 or GB18030, or mixed."""
    with _Bytewise(path) as reader:
        cells = reader.read(convert_categoricals=False)
        labels = reader.labels_by_column()
    unread: dict[str, int] = {}
    columns = []
    for name, column in cells.items():
        named = labels.get(str(name), {})
        labelled = column.map(named, na_action="ignore")
        texts = labelled.where(labelled.notna(), column.astype(object)) if named else column
        columns.append(_decoded(texts, label := decode_text(str(name)) or str(name), unread))
        columns[-1].name = label
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    return StataTable(table, stata_release(path), unread)


def stata_release(path: Path) -> int:
    """Return the release of the format that a Stata file says it has."""
    with path.open("rb") as file:
        start = file.read(64)
    found = re.search(rb"<release>(\d+)</release>", start)
    return int(found[1]) if found else start[0]


def decode_text(western: str) -> str | None:
    """Return what the bytes of one text mean, or nothing if they are in no encoding known here."""
    content = western.encode(WESTERN)
    if content.isascii():
        return western
    utf8 = _whole(content, "utf-8")
    if utf8 and CJK.search(utf8):
        return utf8
    chinese = _whole(content, "gb18030")
    if chinese and _is_usual(chinese):
        return chinese
    return utf8 or None


def _whole(content: bytes, encoding: str) -> str | None:
    """Decode bytes, without a sign that was cut in two at their end."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        cut = error.start >= len(content) - CUT
        return _whole(content[: error.start], encoding) if cut and error.start else None


def _is_usual(text: str) -> bool:
    """Return whether most of a text's other signs than ASCII are of the usual Chinese set."""
    others = [sign for sign in text if not sign.isascii()]
    usual = [sign for sign in others if sign.encode("gb2312", errors="ignore")]
    return 2 * len(usual) >= len(others)


def _decoded(cells: pd.Series, name: str, unread: dict[str, int]) -> pd.Series:
    """Decode the texts of a column; those that cannot be decoded stay Western, and are counted."""
    texts = cells[cells.map(lambda cell: isinstance(cell, str))]
    if texts.empty:
        return cells
    decoded = {text: decode_text(text) for text in texts.unique()}
    if failed := sum(decoded[text] is None for text in texts):
        unread[name] = failed
    known = {text: found for text, found in decoded.items() if found is not None}
    return cells.map(lambda cell: known.get(cell, cell)).astype(object)
