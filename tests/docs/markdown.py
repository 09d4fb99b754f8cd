"""What the documents hold: fenced blocks, links, headings."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^ *```(?P<info>[^\n`]*)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
INSTEAD = re.compile(r'instead="(?P<script>[^"]+)"')
NO_COMMANDS = ("text", "toml", "json")  # blocks that a reader reads
COMMAND = re.compile(r"^(\$ |uv |rig |pip |git |python )", re.MULTILINE)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
DECIMAL = re.compile(r"\d+\\\.\d+")
ANYTHING = "..."


@dataclass(frozen=True, slots=True)
class Step:
    """Something a reader would do: a command with its output, a Python script, or a file that `shown` names."""

    kind: str
    text: str
    status: int
    shown: tuple[str, ...] = ()


def documents() -> list[Path]:
    """Every document of the repository."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def steps(text: str) -> list[Step]:
    """What a document asks its reader to do, in order; `exit=N` beside the language is the last command's status.

    A block that installs, clones, serves or takes over 20 s carries `instead="SCRIPT"`, which is tried in its place.
    `file=NAME` beside any language is a file that the reader writes.
    Raises ValueError for a block that holds commands, or may hold them, and isn't called sh, console or python.
    """
    found: list[Step] = []
    for fence in FENCE.finditer(text):
        kind, _, options = fence["info"].partition(" ")
        body = textwrap.dedent(fence["body"])
        instead = INSTEAD.search(options)
        last = int((re.findall(r"exit=(\d+)", options) or [0])[0])
        if kind not in ("python", "sh", "console") and (kind not in NO_COMMANDS or COMMAND.search(body)):
            raise ValueError(f"a block called {fence['info']!r}: commands belong into sh, console or python")
        if options.startswith("file="):
            found.append(Step("file", body, 0, (options.removeprefix("file="),)))
        elif instead is not None:
            found.append(Step("sh", instead["script"], last))
        elif kind in ("python", "sh"):
            found.append(Step(kind, body, last))
        elif kind == "console":
            commands = list(_commands(body.splitlines()))
            found += [Step(kind, text, 0, shown) for text, shown in commands[:-1]]
            found += [Step(kind, text, last, shown) for text, shown in commands[-1:]]
    return found


def _commands(lines: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start][2:], tuple(lines[start + 1 : stop])


def difference(shown: tuple[str, ...], printed: str) -> str | None:
    """Why the output isn't what the document shows; None when it is.

    A line of three dots stands for any lines, three dots in a line for any text; decimal fractions may differ, since
    the last digits are another machine's. Blank lines don't count.
    """
    left = [line.strip() for line in printed.splitlines() if line.strip()]
    anywhere = not shown
    for line in filter(str.strip, shown):
        if line.strip() == ANYTHING:
            anywhere = True
            continue
        pattern = _pattern(line.strip())
        skipped = 0
        while anywhere and skipped < len(left) and not pattern.fullmatch(left[skipped]):
            skipped += 1
        if skipped == len(left) or not pattern.fullmatch(left[skipped]):
            return f"not printed: {line!r}; printed was:\n{printed}"
        left, anywhere = left[skipped + 1 :], False
    return None if anywhere or not left else f"printed, but not shown: {left[0]!r}"


def _pattern(line: str) -> re.Pattern[str]:
    escaped = re.escape(line).replace(re.escape(ANYTHING), ".*")
    return re.compile(DECIMAL.sub(r"-?[0-9.]+", re.sub(r"(\\ )+", r"\\s+", escaped)))


def links(text: str) -> list[str]:
    """The relative targets of links and pictures outside of code."""
    return [found["target"] for found in LINK.finditer(FENCE.sub("", text)) if ":" not in found["target"]]


def anchors(text: str) -> set[str]:
    """The names under which a document's headings can be linked."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
