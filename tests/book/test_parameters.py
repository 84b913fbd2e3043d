"""Parameters come from the notebook and are checked before anything runs."""

from __future__ import annotations

import jupytext
import pytest

from digitrade.book.chapters import (
    ParameterError,
    all_chapters,
    check_parameters,
    describe,
    find_chapter,
    names_extract,
    names_file,
    read_parameters,
    with_full_paths,
)
from digitrade.data.labels import choices
from digitrade.studies.digital_finance.variables import CONTROLS, QUALITY_INGREDIENTS


@pytest.fixture
def chapter(project):
    return find_chapter("digital_finance/02_baseline", project)


@pytest.fixture
def declared(chapter):
    return read_parameters(chapter)


def test_every_parameter_of_every_chapter_has_type_default_and_meaning(root):
    for one in all_chapters(root):
        cells = jupytext.read(one.source).cells
        cell = next(c for c in cells if "parameters" in c.metadata.get("tags", []))
        declared = read_parameters(one)
        assert {parameter.name for parameter in declared} == {
            line.split(":")[0] for line in cell.source.splitlines() if line[:1].isidentifier()
        }
        for parameter in declared:
            assert parameter.parse(parameter.default) == parameter.default
            assert parameter.meaning


def test_lists_of_choices_are_those_of_the_study():
    assert choices() == {"control": CONTROLS, "ingredient": QUALITY_INGREDIENTS}


def test_defaults_are_those_of_the_notebook(chapter, declared):
    values = check_parameters(chapter, declared, {})
    assert values["first_year"] == 2011
    assert values["provinces_excluded"] == ["Tibet"]
    assert values["confidence"] == 0.95


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("draws", "99", 99),
        ("confidence", "0.9", 0.9),
        ("outcome", "ln_trade", "ln_trade"),
        ("provinces_excluded", "Tibet, Inner Mongolia", ["Inner Mongolia", "Tibet"]),
        ("provinces_excluded", "西藏,内蒙古自治区", ["Inner Mongolia", "Tibet"]),
        ("provinces_excluded", "tibet,inner mongolia", ["Inner Mongolia", "Tibet"]),
        ("controls", "urbanisation,ln_gdp_per_head", ["urbanisation", "ln_gdp_per_head"]),
        ("covariance", "Robust", "robust"),
        ("provinces_excluded", "", []),
        ("controls", "urbanisation", ["urbanisation"]),
    ],
)
def test_text_is_read_in_the_parameters_type(chapter, declared, name, text, value):
    assert check_parameters(chapter, declared, {name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("draws", "many", "draws: found 'many', expected int [99 to 99999]"),
        ("draws", "5", "draws: found '5'"),
        ("first_year", "2011.5", "first_year: found '2011.5'"),
        ("outcome", "exports", "expected str [openness | ln_trade | trade_quality]"),
        ("provinces_excluded", "Tibet,Peking", "provinces_excluded: found ['Tibet', 'Peking']"),
        ("bootstrap", "1", "bootstrap: no such parameter"),
    ],
)
def test_a_wrong_one_is_refused_with_the_valid_ones(chapter, declared, name, text, expected):
    with pytest.raises(ParameterError) as caught:
        check_parameters(chapter, declared, {name: text})
    assert expected in str(caught.value)
    assert "draws of the wild cluster bootstrap" in str(caught.value)


def test_all_that_is_wrong_comes_at_once(chapter, declared):
    with pytest.raises(ParameterError) as caught:
        check_parameters(chapter, declared, {"draws": "x", "seeds": "1", "outcome": "y"})
    assert str(caught.value).count("\n  - ") == 3


def test_parameters_are_listed_in_lines_of_a_terminal(declared):
    lines = describe(declared).splitlines()
    assert max(map(len, lines)) <= 78  # two are for the indent below a message
    assert [line.split(" (")[0] for line in lines if line[0] != " "] == [
        parameter.name for parameter in declared
    ]
    assert "    seed of the bootstrap [0 to 4294967295]" in lines


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"first_year": 2021, "last_year": 2011}, ["last_year: found 2011, first_year is 2021"]),
        ({"first_year": "2020"}, ["expected at least first_year + 2"]),
        (
            {"first_year": 2019, "covariance": "driscoll-kraay", "bandwidth": 5},
            ["bandwidth: found 5, last_year is 2021, first_year is 2019, covariance is driscoll"],
        ),
        ({"controls": "urbanisation,Urbanisation"}, ["controls: urbanisation named twice"]),
        ({"controls": "openness"}, ["controls: found ['openness']"]),
        ([("seed", "1"), ("seed", "2")], ["seed: given 2 times; give it once"]),
        ({"confidence": "nan", "seed": "-1"}, ["confidence: found 'nan'", "seed: found '-1'"]),
        ({"first_year": "x", "last_year": 2011}, ["first_year: found 'x'"]),
        ({"outcme": "openness"}, ["no such parameter; did you mean outcome?"]),
        ({"provinces_excluded": "Shangai"}, ["[of the 31 below]; did you mean Shanghai"]),
    ],
)
def test_what_is_impossible_is_refused_in_a_line_each(chapter, declared, given, problems):
    with pytest.raises(ParameterError) as caught:
        check_parameters(chapter, declared, given)
    assert str(caught.value).count("\n  - ") == len(problems)
    for problem in problems:
        assert problem in str(caught.value)


def test_a_bandwidth_counts_where_it_is_used(chapter, declared):
    given = {"first_year": 2019, "bandwidth": 5}
    assert check_parameters(chapter, declared, given)["bandwidth"] == 5


@pytest.mark.parametrize(
    "day", ["2020-13-45", "", "yesterday", "2015", "2014-01-01", "2015-03-06", "2099-01-01"]
)
def test_a_day_before_the_first_zones_or_after_the_last_is_refused(project, day):
    for number in ("01_variables", "02_baseline"):
        one = find_chapter(f"pilot_zones/{number}", project)
        with pytest.raises(ParameterError, match="approved_by: found"):
            check_parameters(one, read_parameters(one), {"approved_by": day})


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("digital_finance/01_variables", "ingredients"), ("02_instruments", "instruments")],
)
def test_a_list_that_is_needed_is_not_empty(project, name, parameter):
    one = find_chapter(name, project)
    with pytest.raises(ParameterError, match=f"{parameter}: found 0 entries; expected at least 1"):
        check_parameters(one, read_parameters(one), {parameter: ""})


def test_defaults_go_with_each_other(root):
    for one in all_chapters(root):
        declared = read_parameters(one)
        assert check_parameters(one, declared, {}) == {p.name: p.default for p in declared}


@pytest.mark.parametrize(
    "line", ["draws = 99  # draws", "draws: int = 99", "draws: dict = {}  # draws"]
)
def test_a_parameter_that_cannot_be_checked_is_refused(project, line):
    path = project / "notebooks" / "digital_finance" / "02_baseline.py"
    text = path.read_text(encoding="utf-8")
    old = next(one for one in text.splitlines() if one.startswith("draws: int"))
    path.write_text(text.replace(old, line), encoding="utf-8")
    with pytest.raises(ParameterError, match="parameter draws: found type"):
        read_parameters(find_chapter("digital_finance/02_baseline", project))


def test_files_are_named_in_full_and_everything_else_stays(project, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("reader")
    (folder / "mine.csv").write_text("", encoding="utf-8")
    (project / "data" / "yours").mkdir(exist_ok=True)
    (project / "data" / "yours" / "b.csv").write_text("", encoding="utf-8")
    monkeypatch.chdir(folder)
    values = {"data_path": "mine.csv", "draws": 9, "outcome": "mine.csv"}
    expected = {**values, "data_path": str((folder / "mine.csv").resolve())}
    assert with_full_paths(values) == expected
    assert with_full_paths({"data_path": ""}) == {"data_path": ""}
    monkeypatch.chdir(project / "notebooks")
    found = with_full_paths({"data_path": "data/yours/b.csv"})
    assert found == {"data_path": str((project / "data" / "yours" / "b.csv").resolve())}
    with pytest.raises(FileNotFoundError, match="Looked for"):
        with_full_paths({"data_path": "mine.csv"})
    assert names_file("data_path")
    assert names_extract("data_path")
    assert not names_file("path_of_growth")


def test_a_parameter_may_name_a_folder_that_is_there(tmp_path):
    (reports := tmp_path / "reports").mkdir()
    (report := tmp_path / "one.txt").write_text("a")
    assert with_full_paths({"reports_path": str(reports)}) == {"reports_path": str(reports)}
    assert not names_extract("reports_path")
    for given, told in ((report, "one.txt is a file"), (tmp_path / "none", "No folder")):
        with pytest.raises(FileNotFoundError, match=told):
            with_full_paths({"reports_path": str(given)})
