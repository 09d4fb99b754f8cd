"""Pages made from code are what the code says now."""

import click
import pytest
from pydantic import BaseModel

from reports.reference import command_line_page, defects_page, station_file_page
from rig.cli import cli
from tests.docs.pages import PAGES, REFERENCE

AGAIN = "write it anew: uv run python -m tests.docs.pages"


@pytest.mark.parametrize("name", PAGES)
def test_committed_page_is_what_the_code_says(name):
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), AGAIN


def test_every_command_and_option_stands_on_the_page():
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        section = page.partition(f"## `rig {name}`\n")[2].partition("\n## ")[0]
        assert "\nOptions:\n" in section
        options = [option for one in command.params if isinstance(one, click.Option) for option in one.opts]
        assert [option for option in options if option not in section] == []


@pytest.mark.parametrize("heading", ["Options:\n", "options:\n"])
def test_options_that_a_command_reads_itself_are_shown(heading):
    group = click.Group("rig", commands=[click.Command("own", help="Reads its own.")])
    page = command_line_page(group, {"own": f"usage: own\n\nwhat it is\n\n{heading}  --x  what x does\n"})
    assert "\nOptions:\n  --x  what x does\n```" in page
    assert "usage: own" not in page


def test_a_key_is_shown_with_its_bounds_and_default():
    class Inner(BaseModel):
        """What is inside."""

        volts: float = 1.5

    class Outer(BaseModel):
        """What is outside."""

        name: str
        places: dict[str, Inner]

    page = station_file_page(Outer, 'name = "x"\n')
    assert "| `name` | a text | required |" in page
    assert "## `[places.NAME]`\n\nWhat is inside.\n" in page
    assert "| `volts` | a number | `1.5` |" in page
    assert '```toml\nname = "x"\n```' in page


def test_each_defect_stands_in_the_table_of_its_class():
    row = {"id": "dust", "class": "line", "where": "rig", "caught_by": ["x.y"], "text": "dusty"}
    page = defects_page([row])
    assert "| `dust` | dusty | `x.y` |" in page.partition("## Line")[2].partition("## ")[0]
