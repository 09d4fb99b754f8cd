"""What a command was asked, checked before it begins: every text that it got says something."""

import os
from pathlib import Path
from typing import Any

import click

from rig.errors import UsageError
from rig.given import SHOWN, given

SCANNED = "serial"  # `rig test` reads a label itself, and says what a serial looks like


class Checked(click.Command):
    """A command that refuses empty, endless and unprintable values, whatever option they were given with."""

    def invoke(self, ctx: click.Context) -> Any:
        """Check what was parsed, then run; raises UsageError."""
        for param in self.params:
            value: object = ctx.params.get(param.name or "")
            if isinstance(param.type, type(click.UNPROCESSED)) or (ctx.info_name == "test" and param.name == SCANNED):
                continue
            for text in value if isinstance(value, tuple) else (value,):  # pyright: ignore[reportUnknownVariableType]
                if isinstance(text, str):
                    given(param.opts[0] if isinstance(param, click.Option) else param.human_readable_name, text)
        return super().invoke(ctx)


class Commands(click.Group):
    """A group of commands that are checked."""

    command_class = Checked


def station_file(_context: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return the path of a station file; raises UsageError where there is none."""
    if value is not None and not os.path.isfile(given("--station", value)):
        raise UsageError(f"--station {value[:SHOWN]!r}: no such file")
    return value


def record_at(data: str | None, station: str | None) -> Path:
    """Find the record that a command reads, or decides in; raises UsageError or ConfigError."""
    from rig.run.place import whose_record

    return Path(whose_record(data, station)).absolute()
