"""Tables for pages and spreadsheets."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.plots import waveform_png
from reports.tables import MOST_ROWS, measurements_csv, waveform_csv
from tests.record.begun import opened
from tests.reports.lived import record_attempt


def test_a_waveform_keeps_its_peaks_in_a_short_table():
    samples = np.zeros(300_000)
    samples[123_456] = 5.0
    samples[200_001] = -3.0
    lines = waveform_csv(samples, 1000.0, "V").splitlines()
    assert lines[0] == "t_s,low_V,high_V"
    assert len(lines) <= MOST_ROWS + 1 <= 2001
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert rows[:, 1].min() == -3.0
    assert rows[:, 2].max() == 5.0
    assert abs(rows[rows[:, 2].argmax(), 0] - 123.456) < 0.3


def test_a_short_waveform_stands_whole():
    assert waveform_csv(np.array([1.5, 2.5]), 2.0, "A") == "t_s,value_A\n0,1.5\n0.5,2.5\n"


def test_no_cell_is_a_formula(tmp_path: Path):
    with opened(tmp_path) as record:
        record_attempt(record, None, serial="=HYPERLINK(1)", firmware="@SUM(1)", hertz=50.5)
        text = measurements_csv(record.frame())
    assert "'=HYPERLINK(1)," in text
    assert ",'@SUM(1)," in text
    assert ",50.5," in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠"])
def test_each_start_of_a_formula_is_quoted(start: str):
    written = measurements_csv(pd.DataFrame({"text": [f"{start}1+1"], "number": [-1.5]}))
    ((text, number),) = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert text == f"'{start}1+1"
    assert number == "-1.5"


def test_no_text_begins_a_row():
    written = measurements_csv(pd.DataFrame({"text": ["a\r=1+1"], "number": [1.0]}))
    assert written == "text,number\na\\x0d=1+1,1.0\n"


def test_any_waveform_can_be_drawn():
    for samples in (np.zeros(100), np.zeros(1), np.full(70_000, 1e-9), np.array([1.0, -1.0] * 50)):
        assert waveform_png(samples, 1e6, "A", "name $x$ <b>").startswith(b"\x89PNG")
