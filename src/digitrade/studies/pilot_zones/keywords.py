"""Digital words in annual reports, in the families of Wu and others (2021, Management World)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pandas as pd

from digitrade.data import load_keywords
from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader.reading import decode

FAMILIES = (
    *("artificial_intelligence", "big_data", "cloud_computing"),
    *("blockchain", "digital_applications"),
)
NEGATION_REACH = 8  # characters before a keyword in which a negation counts
CONTEXT = 10  # characters shown on either side of a hit
CLAUSE_END = re.compile(r"[，。；：！？,.;:!?()（）《》“”\"\n]")
NEGATION = re.compile(r"没|未|无|不")
NO_NEGATION = re.compile(
    "未来|不断|不仅|不但|不同|不少于|不少|不低于|不超过|不限于|不久|不论|不管|不可或缺|不可分割"
    "|无人|无线|无锡|无缝|无论|无疑|无形|无纸化"
)
JOINED = re.compile(r"[、和及与或]|以及")
PARAGRAPH = re.compile(r"\n\s*\n")
BESIDE_CHINESE = re.compile(
    r"(?<=[\u2e80-\u9fff\uff00-\uffef])\s+|\s+(?=[\u2e80-\u9fff\uff00-\uffef])"
)
NAME = re.compile(r"(?P<firm>.+)_(?P<year>(?:19|20)\d{2})")
SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return a text as it is searched: plain letters, no breaks in words, an end at empty lines."""
    plain = unicodedata.normalize("NFKC", text).replace("\r\n", "\n").casefold()
    plain = PARAGRAPH.sub("。", plain.strip())
    return SPACE.sub(" ", BESIDE_CHINESE.sub("", plain))


def find_keywords(text: str) -> pd.DataFrame:
    """Find every keyword of a text, in its order: ``keyword, family, negated, context``.

    The longest at a place counts. It is negated by 没, 未, 无 or 不 shortly before it in a clause,
    but not in words such as 未来, or joined by 、, 和, 及, 与, 或 or 以及 to one that is.
    """
    table = load_keywords()[["keyword", "family"]]
    known = table.set_axis(table["keyword"].map(normalise)).T
    plain = normalise(text)
    hits, end, negated = [], 0, False
    for match in _pattern(known).finditer(plain):
        start = match.start()
        carried = negated and JOINED.fullmatch(plain[end:start]) is not None
        negated, end = carried or _negated(plain, start), match.end()
        context = plain[max(start - CONTEXT, 0) : end + CONTEXT]
        hits.append((*known[match[0]], negated, context))
    return pd.DataFrame(hits, columns=["keyword", "family", "negated", "context"])


def count_keywords(text: str) -> pd.Series:
    """Count the keywords of a text by family, negated ones left out."""
    hits = find_keywords(text)
    counted = hits.loc[~hits["negated"].astype(bool), "family"].value_counts()
    return counted.reindex(list(FAMILIES), fill_value=0).astype("int64").rename_axis(None)


def digital_words(folder: Path | str) -> pd.DataFrame:
    """Count the keywords of texts ``<firm>_<year>.txt``, UTF-8 or GB18030, by family and in all."""
    place = Path(folder)
    if not place.is_dir():
        raise FileNotFoundError(f"No folder {place}: name the one with the texts of the reports.")
    counts = {key: count_keywords(text) for key, text in sorted(_read_reports(place).items())}
    rows = pd.DataFrame(counts).T.rename_axis(["firm", "year"])
    return rows.assign(digital_words=rows.sum(axis=1)).reset_index().astype({"firm": "str"})


def _read_reports(folder: Path) -> dict[tuple[str, int], str]:
    """Return the texts of a folder by firm and year, or raise with all that is wrong."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".txt")
    texts: dict[tuple[str, int], str] = {}
    problem = partial(Problem, folder.name)
    problems = []
    if not files:
        advice = "Save each report as plain text, <firm>_<year>.txt"
        problems.append(problem("the folder", "no file ends in .txt", advice))
    for path in files:
        named = NAME.fullmatch(path.stem)
        try:
            text = decode(path.read_bytes())[0]
        except ValueError as error:
            problems.append(problem(path.name, str(error), "Save it as UTF-8"))
            continue
        if not text.strip():
            advice = "Convert the report again, or take the file out: a gap is not a zero"
            problems.append(problem(path.name, "empty", advice))
        if named is None:
            advice = "Call it <firm>_<year>.txt, such as 000001_2015.txt"
            problems.append(problem(path.name, "neither firm nor year", advice))
        else:
            texts[named["firm"], int(named["year"])] = text
    if problems:
        raise DataError(problems)
    return texts


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the longest keyword at a place; Latin ones only as whole words."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    begin, end = r"(?<![a-z0-9])", r"(?![a-z0-9])"
    return re.compile(
        "|".join(
            begin * word[0].isascii() + re.escape(word) + end * word[-1].isascii()
            for word in longest_first
        )
    )


def _negated(text: str, start: int) -> bool:
    """Return whether a negation stands shortly before a place, in its clause."""
    before = text[max(start - NEGATION_REACH - 1, 0) : start]
    clause = CLAUSE_END.split(before)[-1]
    return NEGATION.search(NO_NEGATION.sub("", clause)[-NEGATION_REACH:]) is not None
