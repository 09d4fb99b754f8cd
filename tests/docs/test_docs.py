"""The documents say what is so: their commands run, their links lead somewhere, they name no machine."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.docs.markdown import ROOT, anchors, difference, documents, links, steps

NAMES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in documents()}
TRIED = [name for name, text in NAMES.items() if steps(text)]
MACHINE = re.compile(
    r"/root\b|/work\b|/home\b|/tmp\b|/Users\b|C:\\|pypi\.org|pythonhosted|registry\.npmjs|npmjs\.com|\bmirror\b"
)
LONGEST_DECISION = 60


@contextlib.contextmanager
def lone_twin(*options):
    """A twin of its own, ended with the test; yields what its first line says."""
    command = [sys.executable, "-m", "rig.twin", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


@pytest.fixture
def reader(tmp_path):
    """A reader's directory and environment: `uv run` uses this environment as it is."""
    if os.name == "nt":
        pytest.skip("the documents' commands are written for a POSIX shell")
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\n[ "$1" = run ] || exit 99\nshift\nexec "$@"\n')
    uv.chmod(0o755)
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(ROOT / "rig" / "station" / "example.toml", place)
    left_out = {"RIG_DATA", "PYTHONPATH", "PYTHONWARNINGS"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    binaries = os.path.dirname(sys.executable)
    environment |= {"CLONE": str(ROOT), "COLUMNS": "110", "PATH": f"{uv.parent}:{binaries}:{environment['PATH']}"}
    return place, environment


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TRIED)
def test_what_a_document_asks_for_works(reader, name):
    place, environment = reader
    with contextlib.ExitStack() as twins:
        if "my-line.toml" in NAMES[name]:  # the reader's own bench
            station = twins.enter_context(lone_twin("--pace", "20", "--serial", "VS1-2026-000123"))["station"]
            shutil.copy(station, place / "my-line.toml")
        if "$UNIT" in NAMES[name]:  # a unit on the reader's desk
            environment["UNIT"] = twins.enter_context(lone_twin("--powered"))["unit"]
        try_steps(place, environment, NAMES[name])


def try_steps(place, environment, text):
    """Do what a document asks for, in a directory."""
    for step in steps(text):
        if step.kind == "file":
            (place / step.shown[0]).parent.mkdir(exist_ok=True)
            (place / step.shown[0]).write_text(step.text, encoding="utf-8")
            continue
        command = [sys.executable, "-c", step.text] if step.kind == "python" else ["sh", "-ec", step.text]
        done = subprocess.run(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert done.returncode == step.status, f"{step.text}\n{done.stdout}"
        assert difference(step.shown, done.stdout) is None, step.text


def test_the_main_documents_are_tried():
    assert {"README.md", "docs/tutorial/first-unit.md", "docs/how-to/technician.md"} <= set(TRIED)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (("a 1.50 s", "..."), "a 1.75 s\nb\n", True),
        (("a 1 s",), "a 2 s\n", False),
        (("...", "b"), "a\n\nb\n", True),
        (("b",), "a\nb\n", False),
        (("a",), "a\nb\n", False),
        (("a", "..."), "b\n", False),
        (("rig: ...: no",), "rig: there: no\n", True),
        ((), "anything\n", True),
    ],
)
def test_shown_output_is_compared(shown, printed, same):
    assert (difference(shown, printed) is None) == same


def test_steps_know_their_status():
    text = "```console exit=2\n$ one\nx\n$ two\n```\n```sh exit=1\nthree\n```\n"
    text += "```python\nfour\n```\n```toml file=a/b\nfive\n```\n"
    found = steps(text)
    assert [(one.kind, one.text.strip(), one.status, one.shown) for one in found] == [
        ("console", "one", 0, ("x",)),
        ("console", "two", 2, ()),
        ("sh", "three", 1, ()),
        ("python", "four", 0, ()),
        ("file", "five", 0, ("a/b",)),
    ]


def test_a_long_block_has_a_short_substitute():
    (step,) = steps('```sh exit=2 instead="short; shorter"\nlong\n```\n')
    assert (step.kind, step.text, step.status) == ("sh", "short; shorter", 2)


@pytest.mark.parametrize("block", ["```\n$ one\n```\n", "```text\nuv run rig test\n```\n", "```bash\none\n```\n"])
def test_no_command_hides_in_a_block_that_is_not_tried(block):
    with pytest.raises(ValueError, match="commands belong into"):
        steps(block)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_block_is_fenced(name):
    unfenced = re.sub(r"^ *```.*?^ *```$", "", NAMES[name], flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^(?: {4,}|\t)(?:\$ |uv |rig |pip |git |python ).*$", unfenced, re.MULTILINE) == []


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    broken = []
    for link in links(NAMES[name]):
        target, _, anchor = link.partition("#")
        path = (ROOT / name).parent.joinpath(target) if target else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors(path.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_document_is_reached_from_the_readme():
    reached, waiting = set(), {ROOT / "README.md"}
    while waiting:
        document = waiting.pop()
        reached.add(document)
        for link in links(document.read_text(encoding="utf-8")):
            target = document.parent.joinpath(link.partition("#")[0]).resolve()
            found = set(target.glob("*.md")) if target.is_dir() else {target} if target.suffix == ".md" else set()
            waiting |= found - reached
    assert set(documents()) - reached == set()


@pytest.mark.parametrize("name", NAMES)
def test_no_machine_is_named(name):
    assert MACHINE.findall(NAMES[name]) == []


def test_decisions_are_numbered_and_short():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(f"# {path.name[:4]}: ")
        assert len(lines) <= LONGEST_DECISION


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=!~\[; ]", dependency)[0] for dependency in project["dependencies"]}
    note = NAMES["docs/decisions/0004-dependencies.md"]
    rows = re.findall(r"^\| ([^|]+) \|", note, re.MULTILINE)
    explained = {name.strip() for row in rows for name in row.split(",")} - {"Package"}
    assert explained == wanted


def test_every_cure_and_test_of_a_hazard_exists():
    rows = re.findall(r"^\| (?!Hazard|---)(.*) \|$", NAMES["docs/explanation/hazards.md"], re.MULTILINE)
    assert len(rows) >= 25
    absent = []
    for hazard, _, cures, tests in (row.split(" | ") for row in rows):
        files = re.findall(r"`([a-z_0-9/]+\.py)`", cures)
        named = re.findall(r"`([a-z_0-9/]+\.py)::(\w+)`", tests)
        assert files, hazard
        assert named, hazard
        assert len(named) == tests.count("`") // 2, hazard
        absent += [name for name in files if not (ROOT / name).is_file()]
        for file, test in named:
            path = ROOT / file
            defined = re.findall(r"^def (test_\w+)\(", path.read_text() if path.is_file() else "", re.MULTILINE)
            absent += [f"{file}::{test}"] if test not in defined else []
    assert absent == []


def test_pictures_are_small():
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > 300_000] == []
