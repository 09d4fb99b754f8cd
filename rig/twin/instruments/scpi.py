"""The command tree: headers with optional nodes, short and long forms, numeric suffixes, compound messages.

A pattern is written as in the manuals: `[SENSe[1]]:VOLTage[:DC]:NPLCycles`, `ISUMmary<n>:CONDition?`.
Capitals are the short form, brackets are optional, `<n>` is a numeric suffix handed to the command as
its first argument. Source: SCPI-1999, volume 1, chapters 5 to 8.
"""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from rig.errors import RigError
from rig.twin.instruments.parameters import Parameter, ScpiError, bind, split_parameters

__all__ = ["Command", "CommandTree", "ScpiError", "Unit", "command", "commands_of", "parse_message"]

Handler = Callable[..., object]
Function = TypeVar("Function", bound=Handler)

_HEADER = re.compile(r"\s*(\*?:?[A-Za-z0-9_:]*\??)(.*)$", re.DOTALL)
_NODE = re.compile(r"\[?:?([A-Za-z0-9_]+)(<n>|\[1\])?\]?")
_PART = re.compile(r"\[:?[A-Za-z0-9_]+(?:<n>|\[1\])?:?\]|:?[A-Za-z0-9_]+(?:<n>|\[1\])?")
_SUFFIXED = re.compile(r"([A-Z_]+)([0-9]{1,9})$")
_Keyword = tuple[str, str, str]  # short form, long form, kind of numeric suffix
_DECLARED = "scpi_declared"


@dataclass(frozen=True)
class Command:
    """One entry of the manual's command reference."""

    pattern: str
    parameters: tuple[Parameter, ...]
    handler: Handler

    @property
    def is_query(self) -> bool:
        """Whether it is answered."""
        return self.pattern.endswith("?")


def command(pattern: str, *parameters: Parameter) -> Callable[[Function], Function]:
    """Declare a method as the handler of a command; a method may carry several."""

    def declare(function: Function) -> Function:
        declared = getattr(function, _DECLARED, ())
        setattr(function, _DECLARED, (*declared, (pattern, parameters)))
        return function

    return declare


def commands_of(instrument: object) -> Iterable[Command]:
    """All commands that an instrument's class and its ancestors declare."""
    for name in dir(type(instrument)):
        for pattern, parameters in getattr(getattr(type(instrument), name), _DECLARED, ()):
            yield Command(pattern, parameters, getattr(instrument, name))


@dataclass
class _Node:
    children: "dict[str, _Node]" = field(default_factory=dict[str, "_Node"])
    numbered: set[str] = field(default_factory=set[str])
    only_one: set[str] = field(default_factory=set[str])
    commands: dict[bool, Command] = field(default_factory=dict[bool, Command])

    def child(self, keyword: str) -> "tuple[_Node, int | None] | None":
        """Find the node behind a keyword as sent, with its numeric suffix (1 where none was sent)."""
        if keyword in self.children:
            return self.children[keyword], (1 if keyword in self.numbered else None)
        suffixed = _SUFFIXED.match(keyword)
        if suffixed is None:
            return None
        name, number = suffixed[1], int(suffixed[2])
        if name in self.numbered:
            return self.children[name], number
        return (self.children[name], None) if name in self.only_one and number == 1 else None


class CommandTree:
    """Finds the command that a header as sent names.

    A branch is grown when its first keyword is first used: a meter has hundreds of commands, a run uses few.
    """

    def __init__(self, commands: Iterable[Command] = ()) -> None:
        self._root = _Node()
        self._common: dict[str, Command] = {}
        self._ungrown: dict[str, list[Command]] = {}
        for entry in commands:
            self.add(entry)

    def add(self, entry: Command) -> None:
        """Take a command in; a pattern that is taken already is replaced (a subclass knows better)."""
        if entry.pattern.startswith("*"):
            self._common[entry.pattern.upper()] = entry
            return
        for keyword in _first_keywords(entry.pattern):
            self._ungrown.setdefault(keyword, []).append(entry)

    def find(self, header: str) -> tuple[Command, tuple[int, ...]] | None:
        """Return the command and the numeric suffixes for it; None for an unknown header."""
        header = header.upper()
        if header.startswith("*"):
            common = self._common.get(header)
            return None if common is None else (common, ())
        node, numbers = self._root, list[int]()
        keywords = header.removesuffix("?").removeprefix(":").split(":")
        for first in (keywords[0], keywords[0].rstrip("0123456789")):  # CALC2 is a name, TRIG1 one with a suffix
            for entry in self._ungrown.pop(first, ()):
                self._grow(entry)
        for keyword in keywords:
            found = node.child(keyword)
            if found is None:
                return None
            node = found[0]
            if found[1] is not None:
                numbers.append(found[1])
        entry = node.commands.get(header.endswith("?"))
        return None if entry is None else (entry, tuple(numbers))

    def _grow(self, entry: Command) -> None:
        for path in _expand(entry.pattern):
            node = self._root
            for short, long, suffix in path:
                known = node.children.get(short) or node.children.get(long) or _Node()
                for form in (short, long):
                    node.children[form] = known
                    if suffix:
                        (node.numbered if suffix == "<n>" else node.only_one).add(form)
                node = known
            node.commands[entry.is_query] = entry


def short_form(keyword: str) -> str:
    """Return the capitals of a manual's spelling: SENSe -> SENS."""
    return re.sub(r"[a-z]", "", keyword)


@cache
def _expand(pattern: str) -> tuple[tuple[_Keyword, ...], ...]:
    """All keyword sequences that a pattern with optional nodes stands for."""
    choices: list[tuple[tuple[_Keyword, ...], ...]] = []
    for part in _PART.findall(pattern.removesuffix("?")):
        match = _NODE.match(part)
        if match is None:
            raise RigError(f"command pattern {pattern!r}: can't read {part!r}; mend the pattern")
        node = ((short_form(match[1]), match[1].upper(), match[2] or ""),)
        choices.append((node, ()) if part.startswith("[") else (node,))
    return tuple(tuple(itertools.chain(*path)) for path in itertools.product(*choices))


@cache
def _first_keywords(pattern: str) -> frozenset[str]:
    """Return the forms that a header of a pattern can begin with, without numeric suffix."""
    return frozenset(form for path in _expand(pattern) for form in path[0][:2])


@dataclass(frozen=True)
class Unit:
    """One program message unit: a resolved command with its raw parameters, or what is wrong with it."""

    command: Command | None
    suffixes: tuple[int, ...] = ()
    tokens: tuple[str, ...] = ()
    error: ScpiError | None = None

    @property
    def is_query(self) -> bool:
        """Whether executing it may give a reply: an unknown query gives none."""
        return self.command is not None and self.command.is_query

    def execute(self) -> object:
        """Run the handler with the parameters as declared.

        Raises:
            ScpiError: the header is unknown, a parameter is wrong, or the instrument refuses.

        """
        if self.error is not None or self.command is None:
            raise self.error or ScpiError(-113)
        arguments = bind(self.command.parameters, self.tokens)
        return self.command.handler(*self.suffixes, *arguments)


def parse_message(message: str, tree: CommandTree) -> list[Unit]:
    """Split a program message at `;` and resolve each header along the current path (SCPI-99, 6.2.4)."""
    units: list[Unit] = []
    path = ""
    for text in split_parameters(message, ";"):
        if not text.strip():
            continue
        match = _HEADER.match(text)
        header, rest = (match[1], match[2]) if match else ("", text)
        if not header or not header.isascii() or (rest and not rest[0].isspace() and header[-1] != "?"):
            units.append(Unit(None, error=ScpiError(-101 if not text.isascii() else -102)))
            continue
        full = header
        if not header.startswith("*"):
            full = header.removeprefix(":") if header.startswith(":") else path + header
            path = full[: full.rfind(":") + 1]
        found = tree.find(full)
        if found is None:
            units.append(Unit(None, error=ScpiError(-113)))
            continue
        units.append(Unit(found[0], found[1], tuple(split_parameters(rest))))
    return units
