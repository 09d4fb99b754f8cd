"""Writes new entries into a station file: comments and order stay, and a file is whole or as it was."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rig.durable import sync_directory
from rig.errors import ConfigError
from rig.station.loader import station_from


def write_entries(path: Path, entries: Mapping[tuple[str, ...], object]) -> None:
    """Set values by their key paths, each table made where it is missing; checked before anything is replaced.

    Raises ConfigError when the file can't be read, wouldn't be a station file any more, or can't be written; it is
    untouched then.
    """
    import tomlkit  # only a calibration writes
    from tomlkit.exceptions import TOMLKitError

    place = path.resolve()  # a link stays a link
    try:
        document: Any = tomlkit.parse(place.read_text(encoding="utf-8"))
        for keys, value in entries.items():
            table = document
            for key in keys[:-1]:
                if key not in table:
                    table[key] = tomlkit.table()
                table = table[key]
            table[keys[-1]] = value
        text = tomlkit.dumps(document)
        station_from(tomlkit.parse(text).unwrap(), str(path))
        _replace(place, text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}; not changed") from error
    except TOMLKitError as error:
        raise ConfigError(f"{path}: {error}; not changed") from error


def _replace(path: Path, text: str) -> None:
    """Put the text in the file's place, durably and at once."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    sync_directory(path.parent)
