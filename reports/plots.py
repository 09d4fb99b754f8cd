"""Pictures of waveforms, drawn after the run from the record: time and spectrum side by side."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.tables import envelope

WIDTH_INCHES, HEIGHT_INCHES, DOTS_PER_INCH = 8.0, 2.4, 80
_POINTS = 1000  # more than there are pixels to show them


def waveform_png(samples: NDArray[np.floating], rate_hz: float, unit: str, title: str) -> bytes:
    """Return a PNG of the waveform against seconds, and of its amplitude spectrum against hertz."""
    # plain figure and canvas: pyplot would keep state and look for a display
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), dpi=DOTS_PER_INCH)
    canvas: Any = FigureCanvasAgg(figure)
    # fixed places: a layout engine would draw everything twice
    time_axes = figure.add_axes((0.09, 0.21, 0.39, 0.66))
    spectrum_axes = figure.add_axes((0.58, 0.21, 0.39, 0.66))
    figure.text(0.09, 0.92, title.replace("$", r"\$"), fontsize=9)
    _draw_time(time_axes, samples, rate_hz, unit)
    _draw_spectrum(spectrum_axes, samples, rate_hz, unit)
    for axes in (time_axes, spectrum_axes):
        axes.tick_params(labelsize=7)
        axes.grid(True, linewidth=0.3)
    sink = io.BytesIO()
    canvas.print_png(sink, pil_kwargs={"compress_level": 1})
    return sink.getvalue()


def _draw_time(axes: Any, samples: NDArray[np.floating], rate_hz: float, unit: str) -> None:
    stretch = -(-len(samples) // _POINTS) or 1
    low, high = envelope(samples, stretch)
    seconds = np.arange(len(low)) * stretch / rate_hz
    axes.fill_between(seconds, low, high, linewidth=0.8, edgecolor="C0", facecolor="C0")
    axes.set_xlabel("s", fontsize=7)
    axes.set_ylabel(unit.replace("$", r"\$"), fontsize=7)


def _draw_spectrum(axes: Any, samples: NDArray[np.floating], rate_hz: float, unit: str) -> None:
    count = len(samples)
    window = np.hanning(count)
    amplitudes = np.abs(np.fft.rfft((samples - samples.mean()) * window)) * 2.0 / max(window.sum(), 1e-12)
    stretch = -(-len(amplitudes) // _POINTS) or 1
    _, peaks = envelope(amplitudes, stretch)
    hertz = np.arange(len(peaks)) * stretch * rate_hz / count
    shown = slice(1, None)  # the mean was taken away
    axes.loglog(hertz[shown], np.maximum(peaks[shown], 1e-12), linewidth=0.8)
    axes.set_xlabel("Hz", fontsize=7)
    axes.set_ylabel(unit.replace("$", r"\$"), fontsize=7)
