"""Whatever is written like a test is run, or the plan isn't begun: nothing is left out in silence."""

import pytest

from rig.run.written import left_out, looks_like_test, written_in

BODY = "(measure):\n    pass\n"
AGAIN = f"def test_standby{BODY}"


@pytest.mark.parametrize(
    "name",
    [
        "test",
        "test_x",
        "testx",
        "tests_x",
        "Test_x",
        "TEST_X",
        "_test_x",
        "__test_x",
        "tset_x",
        "tets_x",
        "x_test",
        "MotorTests",
        "TestMotor",
        "test_group",
        "Testing",
        "motorTest",
        "Tests",
    ],
)
def test_names_that_look_like_a_test(name):
    assert looks_like_test(name)


@pytest.mark.parametrize(
    "name", ["measure_soak", "latest", "rest_amperes", "best", "attest", "contest", "protest_x", "_"]
)
def test_names_that_dont(name):
    assert not looks_like_test(name)


@pytest.mark.parametrize(
    ("source", "line", "name", "why"),
    [
        (f"def test_a{BODY}def test_a{BODY}", 1, "test_a", "line 3 gives its name to something else"),
        (f"def Test_a{BODY}", 1, "Test_a", "begin its name with test_"),
        (f"def a_test{BODY}", 1, "a_test", "begin its name with test_"),
        (f"@pytest.mark.measures('boot.time')\ndef boots{BODY}", 2, "boots", "begin its name with test_"),
        (f"if False:\n    def test_a{BODY.replace('    ', '        ')}", 2, "test_a", "kept out by a condition"),
        (f"try:\n    1\nexcept OSError:\n    def test_a{BODY.replace('    ', '        ')}", 4, "test_a", "a condition"),
        (f"match 1:\n  case 2:\n    def test_a{BODY.replace('    ', '        ')}", 3, "test_a", "kept out by a cond"),
        ("class Suite(unittest.TestCase):\n    def test_a(self): pass", 2, "Suite.test_a", "unittest.TestCase"),
        ("class TestA:\n    def __init__(self): pass\n    def test_a(self): pass", 3, "TestA.test_a", "has __init__"),
        ("class TestA:\n    __test__ = False\n    def test_a(self): pass", 3, "TestA.test_a", "says __test__"),
        ("class TestA:\n    __test__: bool = False\n    def test_a(self): pass", 3, "TestA.test_a", "says __test__"),
        ("class test_group:\n    def test_a(self): pass", 2, "test_group.test_a", "with Test, not test_group"),
        ("class MotorTest:\n    def check(self): pass", 1, "MotorTest", "with Test, not MotorTest"),
        ("class TestA:\n    def check(self): pass", 1, "TestA", "no test is in this class"),
        ("def make():\n    def test_a(): pass", 2, "make.test_a", "it stands inside of make;"),
        ("@pytest.fixture\ndef test_rail(): pass", 2, "test_rail", "it is a fixture"),
        ("@wrong\ndef test_a(): pass", 2, "test_a", "a decorator has put something else in its place"),
        ("async def test_a(): pass", 1, "test_a", "taken away, replaced"),
    ],
)
def test_what_is_read_from_the_source(tmp_path, source, line, name, why):
    path = tmp_path / "test_it.py"
    path.write_text(source)
    (first, *_) = left_out(tmp_path, [])
    assert first.startswith(f"test_it.py:{line}: {name}: looks like a test, but pytest doesn't run it: ")
    assert why in first


@pytest.mark.parametrize(
    "name",
    [
        "tests_x.py",
        "Test_x.py",
        "test_x.PY",
        "test-x.py",
        "helper.py",
        "conftest.py",
        "__init__.py",
        "tset_x.py",
        "test_x.py.txt",
        "test_x.pyw",
        "more/helper.py",
        "build/test_x.py",
        "test_x.py.bak",
    ],
)
def test_files_that_are_named_nearly_right(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"def test_a{BODY}")
    (line,) = left_out(tmp_path, [])
    assert line.startswith(f"{name}:1: test_a: looks like a test")


@pytest.mark.parametrize("name", [".venv/test_x.py", "__pycache__/test_x.py", "test_x.pyi", "test_x.py~", "notes.txt"])
def test_files_that_nobody_wrote_as_tests(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"def test_a{BODY}")
    assert left_out(tmp_path, []) == []


def test_a_file_that_is_no_python_is_searched_for_names(tmp_path):
    path = tmp_path / "helper.py"
    path.write_text("print 'old'\nclass TestOld:\n    def test_a(self):\n        print 'x'\n")
    assert [(one.line, one.name) for one in written_in(path)] == [(2, "TestOld"), (3, "test_a")]


def test_a_link_that_leads_back_is_followed_once(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "back").symlink_to(tmp_path)
    (tmp_path / "more" / "tests_x.py").write_text(f"def test_a{BODY}")
    assert len(left_out(tmp_path, [])) == 1


COLLECTED = """
import functools

def kept(function):
    @functools.wraps(function)
    def inner(*arguments, **named):
        return function(*arguments, **named)
    return inner

class Base:
    @kept
    def test_inherited(self):
        pass

class TestIt(Base):
    @pytest.mark.parametrize("x", [1, 2])
    def test_method(self, x):
        pass

    @staticmethod
    def test_static():
        pass

def made(number):
    def test_made(bench):
        pass
    return test_made

test_first = made(1)
test_partly = functools.partial(made(2))

if True:
    @pytest.mark.requirement("PRF-001")
    def testing_too():
        pass
"""


def test_what_runs_by_whatever_way_is_not_refused(run_plan, good_plan, tmp_path):
    (tmp_path / "tiny" / "more").mkdir(parents=True)
    (tmp_path / "tiny" / "helper.py").write_text("class Shared:\n    def test_shared(self):\n        pass\n")
    (tmp_path / "tiny" / "more" / "good_test.py").write_text("def test_it(): pass\n")
    (tmp_path / "tiny" / "test_linked.py").symlink_to(tmp_path / "tiny" / "more" / "good_test.py")
    shared = "import sys; sys.path.insert(0, os.path.dirname(__file__))\nfrom helper import Shared\n"
    ran = run_plan(good_plan + COLLECTED + shared + "class TestShared(Shared): pass\n")
    assert ran.told.refusals == []
    assert ran.verdict == "PASS", ran.reasons
    assert len(ran.told.ends) == 2 + 1 + 3 + 2 + 1 + 1 + 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (AGAIN, "test_standby: looks like a test, but pytest doesn't run it: line "),
        ("def test_a(): pass\ndel test_a\n", "test_a: looks like a test, but pytest doesn't run it: taken away"),
        (
            "import unittest\nclass X(unittest.TestCase):\n    def test_a(self): pass\n",
            "X::test_a: is a TestCaseFunction; a test of",
        ),
        ("async def test_a(): pass\n", "test_a: is async, and nothing awaits it"),
        ("def test_a():\n    yield\n", "'yield' keyword is allowed in fixtures, but not in tests (test_a)"),
        ("@pytest.mark.parametrize('x', [])\ndef test_a(x): pass\n", "is parametrized without any value"),
        ("pytest.skip('later', allow_module_level=True)\n", "Skipped: later"),
        ("pytest.importorskip('no_such_module')\n", "could not import 'no_such_module'"),
        ("import no_such_module\n", "No module named 'no_such_module'"),
    ],
)
def test_a_plan_with_a_hole_is_not_begun(run_plan, good_plan, source, said):
    ran = run_plan(good_plan + source)
    assert (ran.status, ran.told.calls) == (4, [])
    assert any(said in line for line in ran.told.refusals[0].splitlines()), ran.told.refusals
    assert not (ran.data / "record.sqlite").exists()


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_ignore_collect(collection_path):\n    return collection_path.name == 'test_more.py' or None\n",
        "collect_ignore_glob = ['*more*']\n",
        "def pytest_pycollect_makeitem(name):\n    return [] if 'a' in name else None\n",
    ],
)
def test_a_conftest_that_keeps_tests_out(run_plan, good_plan, tmp_path, hook):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "test_more.py").write_text("def test_a(): pass\n")
    ran = run_plan(good_plan, conftest=hook)
    assert ran.told.calls == []
    assert "test_more.py:1: test_a: looks like a test" in ran.told.refusals[0]


THREAD = "import threading\n    one = threading.Thread(target=lambda: 1 / 0)\n    one.start()\n    one.join()"
DELETED = "class Left:\n        def __del__(self):\n            raise ValueError('left')\n    Left()"
AWAITED = "async def coroutine(): pass\n    coroutine()"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return False", "test_a: it returned False: a test measures, and returns nothing"),
        ("return 0", "test_a: it returned 0"),
        (f"{AWAITED}\n    return coroutine()", "test_a: it returned <coroutine object"),
        (THREAD, "ended in ZeroDivisionError: division by zero at test_tiny.py"),
        (DELETED, "ValueError: left at test_tiny.py"),
        (AWAITED, "was never awaited"),
        ("os.fork()", ""),
    ],
)
def test_what_no_test_sees_is_trouble_of_the_plan(run_plan, good_plan, body, said):
    ran = run_plan(good_plan + f"\ndef test_a():\n    {body}\n")
    if not said:
        assert (ran.verdict, ran.status) == ("PASS", 0)
        return
    assert (ran.verdict, ran.status) == ("ERROR", 2)
    assert said in ran.reasons
    assert ran.recorded()[0].verdict == "ERROR"


def test_a_body_that_a_hook_takes_the_place_of(run_plan, good_plan):
    ran = run_plan(
        good_plan + "\ndef test_a(): pass\n", conftest="def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    )
    assert (ran.verdict, ran.status) == ("ERROR", 2)
    assert "its body was called 0 times, not once" in ran.reasons
