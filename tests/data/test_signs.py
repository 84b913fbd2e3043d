"""Signs that nobody sees never tell two texts apart."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from digitrade.data.signs import clean, folded, shown

UNSEEN = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte-order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "variation selector": "\ufe0f",
    "left-to-right mark": "\u200e",
    "right-to-left embedding": "\u202b",
    "Hangul filler": "\u3164",
    "null": "\x00",
}


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)
def test_an_unseen_sign_changes_nothing(sign):
    for text in ("杭州市", "000001", "total_assets"):
        spelt = sign + text[:2] + sign + text[2:] + sign
        assert clean(spelt) == folded(spelt) == shown(spelt) == text


def test_every_format_character_of_unicode_is_taken_out():
    signs = [chr(code) for code in range(sys.maxunicode + 1)]
    left = [sign for sign in signs if unicodedata.category(sign) == "Cf" and folded(sign)]
    assert left == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("０００００１", "000001"),
        ("\u00a0杭州市\u3000", "杭州市"),
        ("Ｓｕｚｈｏｕ\u2003(Anhui)", "Suzhou (Anhui)"),
        ("资产总计（万元）", "资产总计(万元)"),
    ],
)
def test_forms_of_one_sign_are_one(written, read):
    assert clean(written) == read
