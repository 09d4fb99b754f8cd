"""Whatever text arrives: a terminal, the record, a file name and a definition take no harm from it."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.files import directory_name
from rig.errors import ConfigError, RigError, UsageError
from rig.plain import safe
from rig.product import load_product
from rig.record.text import canonical, clean
from rig.run.options import make_options, mended
from rig.station import load_station

FEW = settings(max_examples=60, deadline=None, derandomize=True)
HARMFUL = {"Cc", "Cs"}
TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# lone surrogates, controls and all
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(sorted(TURNING))), max_size=40)
SERIAL = r"VS1-\d{4}-\d{6}"


@FEW
@given(TEXTS)
def test_a_terminal_is_never_commanded(text):
    shown = safe(text)
    assert shown.isprintable()
    assert not TURNING & set(shown)


@FEW
@given(TEXTS)
def test_the_record_keeps_no_harmful_character(text):
    kept = clean(text)
    harmful = [one for one in kept if unicodedata.category(one) in HARMFUL and one not in "\t\n"]
    assert harmful == []
    assert not TURNING & set(kept)
    assert clean(kept) == kept
    assert json.loads(canonical({"text": text})) == {"text": kept}  # the fast way and the careful one agree


@FEW
@given(st.one_of(TEXTS, st.from_regex(SERIAL, fullmatch=True)))
def test_an_accepted_serial_can_name_anything(serial):
    try:
        options = make_options(serial=serial, plan="production", data="/nowhere")
        serial = mended(options, SERIAL, "VS1-2026-000001").serial
    except UsageError:
        return
    assert serial.isascii()
    assert len(serial) == 15
    assert directory_name(serial) == serial


@FEW
@given(TEXTS)
def test_a_directory_name_is_one_plain_name(serial):
    try:
        name = directory_name(serial)
    except RigError:
        return
    assert name == serial
    assert not set(name) & set("/\\\0: ")
    assert not name.startswith(".")


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.just("nan"), st.just("-inf"), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=6,
)
KEYS = ("name", "operator", "instruments", "unit", "wiring", "sensors", "operators", "guard", "calibration", "clock")


def spelled(value):
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(spelled, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {spelled(entry)}' for key, entry in value.items())}}}"
    if isinstance(value, str) and value not in ("nan", "-inf"):
        return json.dumps(value.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007F")
    return str(value)


@FEW
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_a_station_of_wrong_values_is_refused_line_by_line(tmp_path_factory, tables):
    path = tmp_path_factory.mktemp("station") / "line.toml"
    path.write_text("\n".join(f"{key} = {spelled(value)}" for key, value in tables.items()))
    with pytest.raises(ConfigError) as refused:
        load_station(path)
    for line in str(refused.value).splitlines():
        assert line.startswith(f"{path}: "), line


@FEW
@given(st.binary(max_size=200))
def test_a_definition_of_any_bytes_is_refused(tmp_path_factory, content):
    directory = tmp_path_factory.mktemp("product")
    (directory / "product.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"product\.toml: "):
        load_product(directory)
