"""The reference pages that are made from code: `python -m tests.docs.pages` writes them anew."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from reports.reference import command_line_page, defects_page, measurements_page, station_file_page
from rig.cli import cli
from rig.product import load_product
from rig.station import Station

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def command_line() -> str:
    """Write the command line's page; two commands read their own options."""
    return command_line_page(cli, {name: printed("-m", "rig.cli", name, "--help") for name in ("prove", "twin")})


def station_file() -> str:
    """Write the station file's page."""
    return station_file_page(Station, files("rig.station").joinpath("example.toml").read_text(encoding="utf-8"))


def defects() -> str:
    """Write the catalogue's page; the twin is asked, since nobody imports it."""
    return defects_page(json.loads(printed("-m", "rig.twin", "--catalogue")))


def printed(*arguments: str) -> str:
    """Run this Python on a terminal of 110 columns and return what it prints."""
    command = [sys.executable, *arguments]
    environment = {**os.environ, "COLUMNS": "110"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "command-line.md": command_line,
        "defects.md": defects,
        "measurements.md": lambda: measurements_page(load_product()),
        "station-file.md": station_file,
    }
)


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
