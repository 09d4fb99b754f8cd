"""Waveform files: Parquet (float32, zstd) named by the SHA-256 of their bytes, durable before any row."""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.durable import sync_directory
from rig.errors import RecordError

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncodedWaveform:
    """A waveform's file content and its name."""

    sha256: str
    content: bytes


def encode(samples: NDArray[np.floating], rate_hz: float, unit: str) -> EncodedWaveform:
    """Return the samples as a Parquet file with one column; sample rate and unit stand in its metadata."""
    pa, pq = _libraries()
    plain = np.ascontiguousarray(samples, dtype="<f4")
    # pyarrow's own conversions from and to numpy would load pandas, seconds in the middle of a test
    column = pa.Array.from_buffers(pa.float32(), len(plain), [None, pa.py_buffer(plain)])
    schema = pa.schema([("samples", pa.float32())], metadata={"rate_hz": repr(rate_hz), "unit": unit})
    sink = pa.BufferOutputStream()
    # plain pages: a dictionary of noise is larger than the noise
    pq.write_table(
        pa.Table.from_arrays([column], schema=schema),
        sink,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
        column_encoding="BYTE_STREAM_SPLIT",
    )
    content = sink.getvalue().to_pybytes()
    return EncodedWaveform(hashlib.sha256(content).hexdigest(), content)


def path_of(directory: Path, sha256: str) -> Path:
    """Return where that waveform lies."""
    return directory / f"{sha256}.parquet"


def store(directory: Path, waveform: EncodedWaveform) -> float:
    """Write the file durably, unless it is there; return the seconds spent in fsync. Raises OSError."""
    target = path_of(directory, waveform.sha256)
    if target.exists():
        return 0.0
    temporary = directory / f".{waveform.sha256}.{os.getpid()}"
    try:
        with temporary.open("wb") as file:
            file.write(waveform.content)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            seconds = time.perf_counter() - started
        temporary.chmod(0o444)  # reports link to it
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    started = time.perf_counter()
    sync_directory(directory)
    return seconds + time.perf_counter() - started


def load(directory: Path, sha256: str) -> tuple[Samples, float, str]:
    """Return samples, sample rate in hertz, and unit; raises RecordError when missing or changed."""
    pa, pq = _libraries()
    path = path_of(directory, sha256)
    reason = why_broken(directory, sha256)
    if reason is not None:
        raise RecordError(f"{path}: {reason}; restore it from a backup")
    table = pq.read_table(pa.BufferReader(path.read_bytes()))
    described = table.schema.metadata
    column = table.column("samples").combine_chunks()
    samples = np.frombuffer(column.buffers()[1], dtype="<f4", count=len(column), offset=4 * column.offset)
    return samples, float(described[b"rate_hz"]), described[b"unit"].decode()


def why_broken(directory: Path, sha256: str) -> str | None:
    """Return why the file can't be the one the journal names; None when it is."""
    try:
        content = path_of(directory, sha256).read_bytes()
    except OSError as error:
        return f"waveform file can't be read ({error.strerror})"
    return None if hashlib.sha256(content).hexdigest() == sha256 else "waveform file was changed"


def _libraries() -> tuple[Any, Any]:
    """Load pyarrow, late as it costs start-up; it comes without types."""
    import pyarrow
    import pyarrow.parquet

    return pyarrow, pyarrow.parquet
