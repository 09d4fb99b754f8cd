"""What looks like a test in a plan's files, read from their source, and what of it pytest has left out."""

import ast
import functools
import inspect
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import pytest

COLLECTED = ("test_*.py", "*_test.py")  # pytest's own names for files
NEVER_OPENED = (".pyc", ".pyo", ".pyd", ".pyi")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
DEFINITION = re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
NO_VALUES = "got empty parameter set"  # pytest's own reason for the skip that it makes of such a test
NOT_A_TEST = "a plan is run whole: make it a test that runs, or give it a name without 'test'"

Place = tuple[str, int | str]  # a file, and the line of a function or the name of a class
Function = ast.FunctionDef | ast.AsyncFunctionDef


def looks_like_test(name: str) -> bool:
    """Whether somebody who reads this name would take its bearer for a test; `tset_` and `Test_` count, too."""
    words = [word.lower() for word in WORDS.findall(name)]
    if not words:
        return False
    return name.lower().lstrip("_").startswith("test") or _nearly_test(words[0]) or _nearly_test(words[-1])


def _nearly_test(word: str) -> bool:
    return sorted("test") in (sorted(word), sorted(word.removesuffix("s")))


@dataclass(frozen=True, slots=True)
class Written:
    """Something in a file that looks like a test, from the line of its first decorator to that of its name."""

    path: Path
    first: int
    line: int
    name: str
    why: str  # pytest may have left it out

    def at(self, root: Path) -> str:
        """Say where it is, for an error."""
        return f"{self.path.relative_to(root)}:{self.line}: {self.name}"

    def among(self, collected: Collection[Place]) -> bool:
        """Whether its code is that of a collected test, or it is a collected test's class."""
        real = os.path.realpath(self.path)
        return (real, self.name) in collected or any((real, at) in collected for at in range(self.first, self.line + 1))


def left_out(root: Path, items: Iterable[pytest.Item]) -> list[str]:
    """Say of everything in the plan's directory that looks like a test, and isn't among the items, where and why.

    One line each. Hidden directories, byte code and virtual environments aren't looked into.
    """
    kept = list(items)
    collected = {place for item in kept for place in _places(item)}
    files = {os.path.realpath(item.path) for item in kept}
    found: list[str] = []
    for path in sources(root):
        written = list(written_in(path))
        missing = [one for one in written if not one.among(collected)]
        found += [f"{one.at(root)}: looks like a test, but pytest doesn't run it: {one.why}" for one in missing]
        if not missing and _is_collected(path) and os.path.realpath(path) not in files:
            found.append(f"{path.relative_to(root)}: named as a test file, but no test in it was collected")
    return found


def sources(root: Path) -> Iterator[Path]:
    """Yield every file below the directory that is Python, or was meant to be, in order; links are followed."""
    seen: set[str] = set()
    for place, directories, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        hidden = {name for name in directories if name.startswith(".") or name == "__pycache__"}
        hidden |= {name for name in directories if Path(place, name, "pyvenv.cfg").exists()}
        directories[:] = [] if real in seen else sorted(set(directories) - hidden)
        if real not in seen:
            yield from (Path(place, name) for name in sorted(names) if _was_meant_for_python(name))
        seen.add(real)


def _was_meant_for_python(name: str) -> bool:
    lower = name.lower()
    return ".py" in lower and not lower.startswith(".") and not lower.endswith((*NEVER_OPENED, "~"))


def _is_collected(path: Path) -> bool:
    return path.suffix == ".py" and any(path.match(pattern) for pattern in COLLECTED)


def written_in(path: Path) -> Iterator[Written]:
    """Yield what looks like a test in a file; one that is no Python is searched for names alone."""
    text = path.read_text(encoding="utf-8", errors="replace")
    why = "" if _is_collected(path) else f"name the file test_NAME.py, not {path.name}; {NOT_A_TEST}"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        for found in DEFINITION.finditer(text):
            line = text.count("\n", 0, found.start(1)) + 1
            if looks_like_test(found[1]):
                yield Written(path, line, line, found[1], why or "the file is no Python")
        return
    yield from _in_scope(path, tree.body, "", why)


def _in_scope(path: Path, body: list[ast.stmt], outer: str, why: str) -> Iterator[Written]:
    """Yield the tests of a module, class or function, whatever `if`, `try` or `with` they stand in."""
    statements = list(_statements(body))
    last = {node.name: node.lineno for node in statements if isinstance(node, Function | ast.ClassDef)}
    for node in statements:
        if isinstance(node, ast.ClassDef):
            shadow = _shadow(node, last)
            yield from _in_class(path, node, f"{outer}{node.name}.", why or shadow)
        elif isinstance(node, Function):
            if looks_like_test(node.name) or _is_marked(node):
                reason = why or _shadow(node, last) or _of_function(node, bool(outer))
                yield _written(path, node, f"{outer}{node.name}", reason)
            inside = f"it stands inside of {outer}{node.name}; {NOT_A_TEST}"
            yield from _in_scope(path, node.body, f"{outer}{node.name}.", why or inside)


def _in_class(path: Path, node: ast.ClassDef, outer: str, why: str) -> Iterator[Written]:
    reason = why or _of_class(node)
    inside = list(_in_scope(path, node.body, outer, reason))
    yield from inside
    if not inside and looks_like_test(node.name):
        yield _written(path, node, outer.rstrip("."), reason or f"no test is in this class; {NOT_A_TEST}")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, field, []))
            for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from _statements(branch.body)


def _written(path: Path, node: Function | ast.ClassDef, name: str, why: str) -> Written:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return Written(path, first, node.lineno, name, why)


def _shadow(node: Function | ast.ClassDef, last: dict[str, int]) -> str:
    later = last[node.name]
    return f"line {later} gives its name to something else; rename one of them" if later > node.lineno else ""


def _of_function(node: Function, inner: bool) -> str:
    if any("fixture" in _dotted(one) for one in node.decorator_list):
        return "it is a fixture; give it a name without 'test'"
    if not node.name.startswith("test"):
        return f"begin its name with test_; {NOT_A_TEST}"
    if node.decorator_list:
        return "a decorator has put something else in its place (functools.wraps keeps it), or it was taken away"
    where = "a base class of none that is run, " if inner else ""
    return f"{where}taken away, replaced, or kept out by a condition or a conftest; {NOT_A_TEST}"


def _of_class(node: ast.ClassDef) -> str:
    names = {one.name for one in node.body if isinstance(one, Function)}
    assigned = {target.id for one in node.body for target in _targets(one) if isinstance(target, ast.Name)}
    if _derives_from_test_case(node):
        return "a unittest.TestCase can't ask for fixtures; write functions, or a class without that base"
    for name in ("__init__", "__new__"):
        if name in names:
            return f"its class has {name}, which pytest leaves out; use fixtures instead"
    if "__test__" in assigned:
        return f"its class says __test__; leave that out, or {NOT_A_TEST.partition(': ')[2]}"
    if not node.name.startswith("Test"):
        return f"begin the name of its class with Test, not {node.name}; {NOT_A_TEST}"
    return ""


def _targets(node: ast.stmt) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []


def _derives_from_test_case(node: ast.ClassDef) -> bool:
    return any(_dotted(base).endswith("TestCase") for base in node.bases)


def _is_marked(node: Function) -> bool:
    return any(".mark." in _dotted(one) for one in node.decorator_list)


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def _places(item: pytest.Item) -> Iterator[Place]:
    """Yield where the code of a collected test stands, with whatever it wraps."""
    if isinstance(item, pytest.Function) and item.cls is not None:
        yield os.path.realpath(item.path), item.cls.__qualname__  # its tests may be inherited
    function: object = getattr(item, "obj", None)
    while function is not None:
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            yield os.path.realpath(code.co_filename), code.co_firstlineno
        inner: object = getattr(function, "__func__", None) or getattr(function, "__wrapped__", None)
        function = function.func if inner is None and isinstance(function, functools.partial) else inner


def unfit(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Say of each collected test that can't do what it says why, one line each."""
    for item in items:
        function: object = getattr(item, "function", None)
        if type(item) is not pytest.Function:
            yield f"{item.nodeid}: is a {type(item).__name__}; a test of a plan is a plain function or method"
        elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            yield f"{item.nodeid}: is async, and nothing awaits it; make it a plain function"
        elif any(str(mark.kwargs.get("reason")).startswith(NO_VALUES) for mark in item.iter_markers("skip")):
            yield f"{item.nodeid}: is parametrized without any value; give it some, or take the test out"
