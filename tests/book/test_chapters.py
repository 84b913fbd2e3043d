"""Chapters are found by name or by a unique ending."""

from __future__ import annotations

import pytest

from digitrade.book.chapters import Chapter, UnknownChapterError, all_chapters, find_chapter


@pytest.mark.parametrize(
    "name",
    [
        "digital_finance/02_baseline",
        "digital_finance/02_baseline.py",
        "notebooks/digital_finance/02_baseline.py",
    ],
)
def test_name_with_and_without_folder_and_ending(root, name):
    assert find_chapter(name, root).name == "digital_finance/02_baseline"


def test_an_ending_that_only_one_has_is_enough(project):
    (project / "notebooks" / "other").mkdir()
    (project / "notebooks" / "other" / "08_only.py").write_text("# %%\n", encoding="utf-8")
    assert find_chapter("08_only", project).name == "other/08_only"


def test_a_longer_name_that_begins_alike_is_another_chapter(root):
    assert find_chapter("digital_finance/06_thresholds", root).name.endswith("/06_thresholds")
    assert find_chapter("06_thresholds_compared", root).part == "digital_finance"


def test_unknown_name_lists_the_chapters(root):
    with pytest.raises(UnknownChapterError) as caught:
        find_chapter("03_robustnes", root)
    assert "digital_finance/01_variables" in str(caught.value)


def test_an_ending_that_fits_two_is_refused_with_both(root):
    with pytest.raises(UnknownChapterError, match="More than one") as caught:
        find_chapter("02_baseline", root)
    assert "pilot_zones/02_baseline" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("compared", "digital_finance/06_thresholds_compared"),
        ("Pilot zones baseline", "pilot_zones/02_baseline"),
        ("event studies", "estimators/03_event_study"),
    ],
)
def test_words_of_the_title_are_enough(root, words, name):
    assert find_chapter(words, root).name == name


def test_words_that_fit_more_than_one_name_them(root):
    with pytest.raises(UnknownChapterError, match="More than one") as caught:
        find_chapter("baseline", root)
    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        "digital_finance/02_baseline",
        "pilot_zones/02_baseline",
    ]


def test_a_misspelt_name_is_asked_back(root):
    with pytest.raises(UnknownChapterError, match="did you mean mechanisms"):
        find_chapter("mechansms", root)


def test_titles_are_the_first_headings(root):
    titles = {one.name: one.title() for one in all_chapters(root)}
    assert titles["digital_finance/02_baseline"] == "Baseline: two-way fixed effects"


def test_a_chapter_without_heading_is_called_by_its_name(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "x.py").write_text("# %%\n# not a heading\n1\n", encoding="utf-8")
    assert Chapter("x", tmp_path).title() == "x"
