"""Every option and argument of every command: a value that says nothing is refused in one line, and nothing begins."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import rig.run.prepare
from rig.cli import cli, status_of

REQUIRED = {"disposition": ["A", "--reason", "r", "--by", "engineer-1"], "report": ["A"], "unit": ["loop://"]}
REQUIRED |= {"calibrate": ["accelerometer"]}
EMPTY = ["", " ", "\t\n", "x" * 5000, "a\0b"]
OPEN = {("test", "serial"), ("twin", "arguments"), ("prove", "arguments")}  # judged elsewhere


def options() -> Iterator[tuple[str, str]]:
    for name, command in cli.commands.items():
        for param in command.params:
            if isinstance(param, click.Option) and isinstance(param.type, type(click.STRING)):
                yield name, param.opts[0]


def arguments() -> Iterator[tuple[str, str]]:
    for name, command in cli.commands.items():
        for param in command.params:
            if isinstance(param, click.Argument) and (name, param.name) not in OPEN and name != "calibrate":
                yield name, str(param.name)


@pytest.fixture(autouse=True)
def nothing_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    def refuse(*_arguments: object, **_options: object) -> None:
        pytest.fail("a twin was started")

    monkeypatch.setattr(rig.run.prepare, "BuiltinTwin", refuse)
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", EMPTY, ids=["nothing", "blank", "blanks", "endless", "NUL"])
@pytest.mark.parametrize(("command", "option"), list(options()))
def test_an_option(command: str, option: str, value: str, capfd: pytest.CaptureFixture[str]):
    assert status_of(cli, [command, *REQUIRED.get(command, []), option, value]) == 64
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"rig: {option}")
    assert len(err) < 300


@pytest.mark.parametrize("value", EMPTY, ids=["nothing", "blank", "blanks", "endless", "NUL"])
@pytest.mark.parametrize(("command", "argument"), list(arguments()))
def test_an_argument(command: str, argument: str, value: str, capfd: pytest.CaptureFixture[str]):
    needed = REQUIRED.get(command, [])[1:] if argument in ("serial", "port") else REQUIRED.get(command, [])
    assert status_of(cli, [command, value, *needed] if argument != "command" else [command, *needed, value]) == 64
    assert capfd.readouterr().err.count("\n") == 1


def test_every_text_option_is_among_them():
    assert ("test", "--data") in list(options())
    assert len(list(options())) > 25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--operator", "mallory"], "--operator 'mallory': the built-in twin doesn't know them, but operator-1"),
        (["--slot", "9"], "--slot 9: the built-in twin has 1"),
        (["--plan", "production\x1b"], "unknown"),
    ],
)
def test_who_and_where_is_known(capfd: pytest.CaptureFixture[str], arguments: list[str], message: str):
    assert status_of(cli, ["test", *arguments]) == 64
    err = capfd.readouterr().err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [["show"], ["show", "A"], ["verify"], ["verify", "--rebuild"], ["report", "A"]])
def test_a_reader_makes_no_record(tmp_path: Path, capfd: pytest.CaptureFixture[str], command: list[str]):
    for place in (tmp_path, tmp_path / "anywhere"):
        assert status_of(cli, [*command, "--data", str(place)]) == 64
        assert "no record there" in capfd.readouterr().err
