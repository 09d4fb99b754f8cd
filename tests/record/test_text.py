"""Texts as they enter the record."""

import json

import pytest

from rig.record.text import canonical, clean


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x00", r"\x00"),
        ("\b", r"\x08"),
        ("\f", r"\x0c"),
        ("\r", r"\x0d"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x7f", r"\x7f"),
        ("\x9b", r"\x9b"),
        ("\udc80", r"\udc80"),
        ("\ud800", r"\ud800"),
        ("\uffff", r"\uffff"),
        ("\u202eSSAP", r"\u202eSSAP"),
        ("\u2066\u200f\u061c\u2028", r"\u2066\u200f\u061c\u2028"),
        ("tab\tline\n", "tab\tline\n"),
        ("Ω µ 测 😀", "Ω µ 测 😀"),
        (r"back\slash \b \u0000", r"back\slash \b \u0000"),
    ],
)
def test_each_hostile_character_is_written_out(text: str, written: str):
    assert clean(text) == written
    assert json.loads(canonical({"key": [text]})) == {"key": [written]}
    assert json.loads(canonical({text: 1})) == {written: 1}


def test_one_value_has_one_spelling():
    assert canonical({"b": 1, "a": (2, None)}) == canonical({"a": [2, None], "b": 1}) == '{"a":[2,null],"b":1}'
