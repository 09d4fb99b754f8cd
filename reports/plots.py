"""Pictures of waveforms, drawn after the run from the record: time and spectrum side by side.

Drawn with Pillow alone: somebody waits for the page, and a plotting library takes longer to load than all the
rest of the page takes to make.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reports.tables import envelope

WIDTH, HEIGHT = 760, 220  # pixels, drawn at twice the size and reduced, which smooths the lines
SCALE = 2
POINTS = 700  # more than a panel has columns
FEWEST = 8  # samples that make a curve
DECADES = 5  # below the highest peak, shown of a spectrum
INK, GRID, LINE, PAPER = "#24292f", "#d8dee4", "#0969da", "#ffffff"

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a panel: values from low to high become pixels from start to end."""

    low: float
    high: float
    start: int
    end: int

    def pixels(self, values: Array) -> Array:
        """Return where the values lie, kept inside."""
        shown = np.clip(values, self.low, self.high)
        return self.start + (shown - self.low) * ((self.end - self.start) / (self.high - self.low))

    def pixel(self, value: float) -> float:
        """Return where one value lies."""
        return float(self.pixels(np.array([value]))[0])


def waveform_png(samples: Array, rate_hz: float, unit: str, title: str) -> bytes:
    """Return a PNG of the waveform against seconds, and of its amplitude spectrum against hertz."""
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    draw.font = ImageFont.load_default(size=11 * SCALE)  # read once a picture
    _text(draw, (60, 4), f"{title}, {unit}", "la")
    if len(samples) >= FEWEST:
        _draw_time(draw, samples, rate_hz)
        _draw_spectrum(draw, samples, rate_hz)
    sink = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(sink, "PNG", compress_level=1)
    return sink.getvalue()


def _draw_time(draw: ImageDraw.ImageDraw, samples: Array, rate_hz: float) -> None:
    stretch = -(-len(samples) // POINTS)
    low, high = envelope(samples, stretch)
    seconds = np.arange(len(low)) * (stretch / rate_hz)
    margin = 0.05 * float(high.max() - low.min()) or 1.0
    across = Axis(0.0, float(seconds[-1]) or 1.0, 60, 360)
    upward = Axis(float(low.min()) - margin, float(high.max()) + margin, HEIGHT - 40, 24)
    _frame(draw, across, upward, _ticks(across), _ticks(upward), "s")
    # there and back: the outline between lowest and highest is the waveform
    places = np.concatenate([across.pixels(seconds), across.pixels(seconds)[::-1]])
    values = np.concatenate([upward.pixels(high), upward.pixels(low)[::-1]])
    outline = list(zip((places * SCALE).tolist(), (values * SCALE).tolist(), strict=True))
    draw.polygon(outline, fill=LINE, outline=LINE)
    draw.line(outline, fill=LINE, width=SCALE)


def _draw_spectrum(draw: ImageDraw.ImageDraw, samples: Array, rate_hz: float) -> None:
    count = len(samples)
    window = np.hanning(count)
    spectrum = np.fft.rfft((samples - samples.mean()) * window)
    amplitudes = np.abs(spectrum) * (2.0 / max(float(window.sum()), 1e-12))
    top = math.ceil(math.log10(max(float(amplitudes.max()), 1e-12)))
    first, last = math.log10(rate_hz / count), math.log10(rate_hz / 2.0)
    across, upward = Axis(first, last, 440, WIDTH - 20), Axis(top - DECADES, top, HEIGHT - 40, 24)
    _frame(draw, across, upward, _decades(across), _decades(upward), "Hz")
    # the highest line within each column of pixels
    columns = np.rint(across.pixels(np.log10(np.arange(1, len(amplitudes)) * (rate_hz / count)))).astype(int)
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    peaks = np.maximum.reduceat(amplitudes[1:], starts)
    values = upward.pixels(np.log10(np.maximum(peaks, 1e-300)))
    points = list(zip((columns[starts] * SCALE).tolist(), (values * SCALE).tolist(), strict=True))
    draw.line(points, fill=LINE, width=SCALE)


def _frame(
    draw: ImageDraw.ImageDraw,
    across: Axis,
    upward: Axis,
    across_ticks: list[tuple[float, str]],
    upward_ticks: list[tuple[float, str]],
    unit: str,
) -> None:
    left, right, bottom, top = across.start, across.end, upward.start, upward.end
    for value, label in across_ticks:
        place = across.pixel(value)
        _line(draw, (place, bottom), (place, top), GRID)
        _text(draw, (place, bottom + 4), label, "ma")
    for value, label in upward_ticks:
        place = upward.pixel(value)
        _line(draw, (left, place), (right, place), GRID)
        _text(draw, (left - 5, place), label, "rm")
    for corner, other in (((left, top), (left, bottom)), ((left, bottom), (right, bottom))):
        _line(draw, corner, other, INK)
    _text(draw, ((left + right) / 2, bottom + 20), unit, "ma")


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    """Return about five round values and their labels."""
    rough = (axis.high - axis.low) / 5.0
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next(size * decade for size in (1.0, 2.0, 5.0, 10.0) if size * decade >= rough * 0.999)
    numbers = range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)
    return [(number * step, f"{number * step:.6g}") for number in numbers]


def _decades(axis: Axis) -> list[tuple[float, str]]:
    exponents = range(math.ceil(axis.low), math.floor(axis.high) + 1)
    return [(float(exponent), f"{10.0**exponent:g}") for exponent in exponents]


def _line(draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    draw.line([(x * SCALE, y * SCALE) for x, y in (start, end)], fill=colour, width=SCALE)


def _text(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, anchor: str) -> None:
    draw.text((place[0] * SCALE, place[1] * SCALE), text, fill=INK, anchor=anchor)
