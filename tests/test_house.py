"""The house rules that a program can check."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pins

ROOT = Path(__file__).parents[1]
ROOMS = ("rig", "drivers", "fixtures", "reports", "test_plans", "tests", "benchmarks")
LONGEST = 300
LONGEST_TEST = 420  # a file of tests is read one test at a time


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment at the root."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)


def sources() -> list[Path]:
    """Every Python file that is ours."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return [path for path in found if "node_modules" not in path.parts]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("pyright", "--pythonpath", sys.executable),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda command: " ".join(command[:2]).partition(" -")[0],
)
def test_tool_finds_nothing(command):
    done = tool(*command)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_files_can_be_read_in_one_sitting():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert lengths
    allowed = {name: LONGEST_TEST if name.startswith("tests/") else LONGEST for name in lengths}
    assert {name: lines for name, lines in lengths.items() if lines > allowed[name]} == {}


def test_installed_versions_are_the_pinned_ones():
    held = pins.pinned((ROOT / "pyproject.toml").read_text())
    assert pins.differences(held, pins.installed()) == []


def test_direct_dependencies_are_pinned_too():
    project = (ROOT / "pyproject.toml").read_text()
    names = {pin.name for pin in pins.pinned(project)}
    assert {"pytest", "click", "numpy", "ruff", "hypothesis", "openhtf"} <= names


def test_pins_of_several_pythons_get_markers():
    source = {"registry": "somewhere"}
    lock = {
        "package": [
            {"name": "one", "version": "1.0", "source": source},
            {
                "name": "two",
                "version": "2.0",
                "source": source,
                "resolution-markers": ["python_full_version < '3.12' and sys_platform == 'win32'"],
            },
            {
                "name": "two",
                "version": "2.1",
                "source": source,
                "resolution-markers": [
                    "python_full_version >= '3.14' and sys_platform == 'win32'",
                    "python_full_version >= '3.12' and python_full_version < '3.14'",
                ],
            },
            {"name": pins.PROJECT, "version": "0", "source": {"editable": "."}},
        ]
    }
    assert pins.pins_of(lock) == [
        "one==1.0",
        "two==2.0 ; python_full_version < '3.12'",
        "two==2.1 ; python_full_version >= '3.14' or (python_full_version >= '3.12' and python_full_version < '3.14')",
    ]


def test_another_version_and_a_stranger_are_found():
    held = pins.pinned('[tool.uv]\nconstraint-dependencies = ["one==1.0", "two==2.0"]\n')
    assert pins.differences(held, {"one": "1.1", "three": "3.0"}) == [
        "one 1.1 is installed, pinned is ==1.0",
        "three 3.0 is installed, pinned is nothing",
    ]


def test_pins_are_replaced_whole():
    project = "[tool.uv]\ndefault-groups = []\n"
    once = pins.with_pins(project, ["one==1.0"])
    assert pins.with_pins(once, ["two==2.0"]) == pins.with_pins(project, ["two==2.0"])
    assert pins.with_pins(once, []) == project


def test_nothing_committed_names_this_machine_or_a_registry():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("no git here")
    texts = {name: (ROOT / name).read_text(errors="replace") for name in listed if (ROOT / name).is_file()}
    machine = (f"{ROOT}/", f"{Path.home()}/", socket.gethostname())
    named = [name for name, text in texts.items() if any(word in text for word in machine if len(word) > 4)]
    assert named == []
    locks = [name for name in listed if name.endswith("package-lock.json")]
    assert locks
    assert [name for name in locks if '"resolved"' in texts[name]] == []
    assert "uv.lock" not in listed
