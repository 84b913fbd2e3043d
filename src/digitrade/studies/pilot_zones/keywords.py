"""Digital words in annual reports, in the families of Wu and others (2021, Management World)."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from digitrade.data import load_keywords, load_negation
from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader.reading import decode
from digitrade.data.reader.values import as_codes
from digitrade.data.signs import folded

FAMILIES = (
    *("artificial_intelligence", "big_data", "cloud_computing"),
    *("blockchain", "digital_applications"),
)
NEGATION_REACH = 8  # characters before a keyword in which a negation counts
DENIAL_REACH = 7  # characters between a keyword and a denial of it that ends the clause
BESIDE = "非"  # negates what it is put before
TURN_REACH = 4  # characters between a negation and a word that turns it
CLAUSE = 40  # characters before a keyword that are looked at
CONTEXT = 10  # characters shown on either side of a hit
CLAUSE_END = re.compile(r"[，。；：！？,.;:!?()（）《》“”\"\n]")
JOINED = re.compile(r"[、和及与或]|以及")
PARAGRAPH = re.compile(r"\n\s*\n")
BESIDE_CHINESE = re.compile(
    r"(?<=[\u2e80-\u9fff\uff00-\uffef])\s+|\s+(?=[\u2e80-\u9fff\uff00-\uffef])"
)
SPACE = re.compile(r"\s+")
NAME = re.compile(r"(?P<firm>.+)_(?P<year>(?:19|20)\d{2})")
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
YEAR_OF_REPORT = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年)")
ANY_YEAR = re.compile(r"(?<![\d.])(?<!\d-)((?:19|20)\d{2})(?![\d]|[-.]\d{1,2}[-.])")
SUMMARY = re.compile("摘要|英文")
ENDINGS = (".txt", ".pdf")
CHINESE = re.compile(r"[㐀-鿿]")
LOST = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff]")
COMMON = set(
    "的一是在有和与公司年本股业务为产资不人大会行中国日报告于及期对以上其他收经营情况财现金发展市场项目"
    "生成分部理时到出要这用来了作方面关者合同能法工动高新技术投主额管制度内后前加"
)
TRADITIONAL, SIMPLIFIED = (
    set("業務資產為會國與發經營財現場項關報動術額後時來這長東實"),
    set("业务资产为会国与发经营财现场项关报动术额后时来这长东实"),
)
FEWEST = 50  # Chinese signs without which a text that has no keyword says nothing
LOST_SHARE, CHINESE_SHARE, COMMON_SHARE = 0.05, 0.05, 0.08


def normalise(text: str) -> str:
    """Return a text as it is searched: plain letters, no breaks in words, an end at empty lines."""
    plain = folded(text).replace("\r\n", "\n").casefold()
    plain = PARAGRAPH.sub("。", plain.strip())
    return SPACE.sub(" ", BESIDE_CHINESE.sub("", plain))


def find_keywords(text: str) -> pd.DataFrame:
    """Find every keyword of a text, in its order: ``keyword, family, negated, context``.

    The longest at a place counts. It is negated by a word that negates shortly before it in its
    clause (``data/text/negation.csv``), by one that denies it right before or shortly behind it,
    or joined by 、, 和, 及, 与, 或 or 以及 to one that is.
    """
    table = load_keywords()[["keyword", "family"]]
    known = table.set_axis(table["keyword"].map(normalise)).T
    plain, negation = normalise(text), Negation.load()
    hits, end, negated = [], 0, False
    for match in _pattern(known).finditer(plain):
        start = match.start()
        carried = negated and JOINED.fullmatch(plain[end:start]) is not None
        negated = carried or negation.before(plain, start) or negation.behind(plain, match.end())
        end = match.end()
        context = plain[max(start - CONTEXT, 0) : end + CONTEXT]
        hits.append((*known[match[0]], negated, context))
    return pd.DataFrame(hits, columns=["keyword", "family", "negated", "context"])


def count_keywords(text: str) -> pd.Series:
    """Count the keywords of a text by family, negated ones left out."""
    hits = find_keywords(text)
    counted = hits.loc[~hits["negated"].astype(bool), "family"].value_counts()
    return counted.reindex(list(FAMILIES), fill_value=0).astype("int64").rename_axis(None)


def unreadable(text: str) -> str:
    """Return why a text says nothing of its report, so that its count is a gap and no zero."""
    plain = folded(text)
    chinese = CHINESE.findall(plain)
    lost, signs = len(LOST.findall(text)), len(SPACE.sub("", plain))
    if not signs:
        return "empty"
    if lost > LOST_SHARE * (len(chinese) + lost):
        return f"{lost:,} signs were lost on the way"
    if len(chinese) < CHINESE_SHARE * signs:
        return "hardly any Chinese in it"
    if len(chinese) < FEWEST:
        found = not find_keywords(text).empty
        return "" if found else f"only {len(chinese)} Chinese signs and no keyword"
    if sum(sign in COMMON for sign in chinese) < COMMON_SHARE * len(chinese):
        return "garbled: hardly any of the most common signs"
    old = sum(sign in TRADITIONAL for sign in chinese)
    if old > sum(sign in SIMPLIFIED for sign in chinese):
        return "in traditional signs, and the keywords are in simplified ones"
    return ""


def count_reports(folder: Path | str) -> pd.DataFrame:
    """Count the keywords of a folder of annual reports, .txt or .pdf, a row for each report.

    ``firm`` and ``year`` come from the names of the files (``000001_2019.txt``,
    ``000001-平安银行-2019年年度报告.pdf``). ``words`` is the number of Chinese signs, ``digital``
    that of keywords; a text that cannot be read, as of scanned pages, has neither, and ``note``
    says why. Files of which firm or year cannot be told are raised all at once.
    """
    columns = ["firm", "year", "words", "digital", "note"]
    rows = []
    for one in _reports(Path(folder), ENDINGS):
        note = one.note or unreadable(one.text)
        words = None if note else len(CHINESE.findall(folded(one.text)))
        digital = None if note else int(count_keywords(one.text).sum())
        rows.append((one.firm, one.year, words, digital, note))
    found = pd.DataFrame(rows, columns=columns).astype({"words": "Int64", "digital": "Int64"})
    return found.sort_values(["firm", "year"], ignore_index=True)


def digital_words(folder: Path | str) -> pd.DataFrame:
    """Count the keywords of texts ``<firm>_<year>.txt``, UTF-8 or GB18030, by family and in all.

    Raises with every file that cannot be read: a gap is not a zero. :func:`count_reports` goes on.
    """
    reports = _reports(Path(folder), ENDINGS[:1])
    why = {one.file: one.note or unreadable(one.text) for one in reports}
    advice = "Convert the report again, or take the file out: a gap is not a zero"
    problems = [Problem(Path(folder).name, file, words, advice) for file, words in why.items()]
    if any(why.values()):
        raise DataError(problem for problem in problems if problem.found)
    counts = {(one.firm, one.year): count_keywords(one.text) for one in reports}
    rows = pd.DataFrame(counts).T.rename_axis(["firm", "year"]).sort_index()
    return rows.assign(digital_words=rows.sum(axis=1)).reset_index().astype({"firm": "str"})


@dataclass(frozen=True, slots=True)
class _Report:
    """A file, whose report it is, its text, and why there is none."""

    file: str
    firm: str
    year: int
    text: str
    note: str


def _reports(folder: Path, endings: tuple[str, ...]) -> list[_Report]:
    """Read the reports of a folder, each firm and year once; raise if a name does not tell them."""
    if not folder.is_dir():
        raise FileNotFoundError(f"No folder {folder}: name the one with the texts of the reports.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
    problem = partial(Problem, folder.name)
    if not files:
        none = f"no file ends in {' or '.join(endings)}"
        raise DataError(
            [problem("the folder", none, "Save each report as text, <firm>_<year>.txt")]
        )
    keys = {path: _key(path.stem) for path in files if not SUMMARY.search(path.stem)}
    texts = {path: _text(path) for path in files}
    advice = "Call it <firm>_<year>, such as 000001_2015.txt"
    problems = [
        problem(path.name, "neither firm nor year", advice) for path in keys if not keys[path]
    ]
    strict = endings == ENDINGS[:1]
    problems += [
        problem(path.name, note, "Save it as UTF-8 text: a gap is not a zero")
        for path, (_, note) in texts.items()
        if note and strict
    ]
    if problems:
        raise DataError(sorted(problems, key=lambda one: one.place))
    codes = as_codes(pd.Series([key[0] for key in keys.values() if key], dtype="str"))
    found: dict[tuple[str, int], _Report] = {}
    for firm, (path, key) in zip(codes, keys.items(), strict=True):
        one = _Report(path.name, str(firm), key[1] if key else 0, *texts[path])
        before = found.get((one.firm, one.year))
        if before is None or (before.note and not one.note):
            found[one.firm, one.year] = one
    return list(found.values())


def _key(stem: str) -> tuple[str, int] | None:
    """Return firm and year as the name of a file tells them, or nothing."""
    name = folded(stem)
    if named := NAME.fullmatch(name):
        return named["firm"], int(named["year"])
    codes = CODE.findall(name)
    years = set(YEAR_OF_REPORT.findall(name)) or set(ANY_YEAR.findall(name))
    return (codes[0], int(years.pop())) if codes and len(years) == 1 else None


def _text(path: Path) -> tuple[str, str]:
    """Return the text of a file, or nothing and why there is none."""
    try:
        text = _pdf_text(path) if path.suffix.lower() == ".pdf" else decode(path.read_bytes())[0]
    except ValueError as error:
        return "", str(error)
    return text, "" if text.strip() else "empty: no text in it, as of scanned pages"


def _pdf_text(path: Path) -> str:
    """Return the text of a PDF file by pypdf, which is an extra, or raise ``ValueError``."""
    try:
        pypdf = importlib.import_module("pypdf")
    except ModuleNotFoundError:
        raise ValueError("pypdf is not installed: `python -m pip install pypdf`") from None
    try:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    except (pypdf.errors.PyPdfError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ValueError(f"cannot be read ({error})") from None


@dataclass(frozen=True, slots=True)
class Negation:
    """What finds words that negate, that only look like it, and negations that are undone."""

    negates: re.Pattern[str]
    harmless: re.Pattern[str]
    denies: re.Pattern[str]

    @classmethod
    def load(cls) -> Negation:
        """Read ``data/text/negation.csv``."""
        table = load_negation()
        words = {kind: _any_of(rows["word"]) for kind, rows in table.groupby("kind")}
        denies = re.compile(f".{{,{DENIAL_REACH}}}(?:{words['denies']})(?:(?:相关)?业务)?")
        turned = f"(?:{words['negates']}).{{0,{TURN_REACH}}}?(?:{words['turns']})"
        return cls(re.compile(words["negates"]), re.compile(f"{words['affirms']}|{turned}"), denies)

    def before(self, text: str, start: int) -> bool:
        """Return whether a negation stands shortly before a place, in its clause."""
        clause = CLAUSE_END.split(text[max(start - CLAUSE, 0) : start])[-1]
        shortly = self.harmless.sub("", clause)[-NEGATION_REACH:]
        return shortly.endswith(BESIDE) or self.negates.search(shortly) is not None

    def behind(self, text: str, end: int) -> bool:
        """Return whether the clause ends shortly behind a place with a denial: 尚未开展, 无关."""
        clause = CLAUSE_END.split(text[end : end + CLAUSE])[0]
        return self.denies.fullmatch(clause) is not None


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


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
