"""However a run's process ends, the command's status is a judgement's, or trouble; never one that a plan has chosen."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from rig.errors import RecordError, RigError
from rig.run.own_process import in_own_process
from tests.product.mini import PLAN, write_mini

GOOD = {"verdict": "PASS"}


def leave(how):
    """Everything that a plan could do to end its process."""
    ways = {
        "os._exit(0)": lambda: os._exit(0),
        "os._exit(1)": lambda: os._exit(1),
        "sys.exit(0)": lambda: sys.exit(0),
        "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        "alarm": lambda: (signal.signal(signal.SIGALRM, signal.SIG_DFL), signal.alarm(1), time.sleep(9)),  # noqa: TID251
        "exec": lambda: os.execv(shutil.which("true"), ["true"]),  # noqa: S606
        "return": lambda: None,
    }
    ways[how]()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("os._exit(0)", "plan x: its process ended with exit status 0 and without a judgement"),
        ("os._exit(1)", "exit status 1"),
        ("sys.exit(0)", "internal error: SystemExit(0)"),
        ("killed", "signal SIGKILL"),
        ("crash", "signal SIGSEGV"),
        ("alarm", "signal SIGALRM"),
        ("exec", "exit status 0 and without a judgement"),
        ("return", "exit status 0 and without a judgement"),
    ],
)
def test_a_process_that_leaves_without_a_judgement_is_trouble(how, said):
    with pytest.raises(RigError, match=said.replace("(", r"\(").replace(")", r"\)")):
        in_own_process(lambda _: leave(how), "plan x")


@pytest.mark.parametrize("how", ["os._exit(0)", "os._exit(1)", "killed", "exec", "return"])
@pytest.mark.parametrize("status", [0, 1, 2])
def test_what_was_told_stands_however_the_process_ends(how, status):
    assert in_own_process(lambda tell: (tell(status, GOOD), leave(how)), "plan x") == (status, GOOD)


def test_errors_and_interruptions_are_told():
    def full(_tell):
        raise RecordError("disk full")

    def stopped(_tell):
        raise KeyboardInterrupt

    with pytest.raises(RecordError, match="disk full"):
        in_own_process(full, "plan x")
    with pytest.raises(KeyboardInterrupt):
        in_own_process(stopped, "plan x")


def test_an_answer_of_any_size_comes_through():
    long = {"reasons": ["x" * 1000] * 1000}
    assert in_own_process(lambda tell: tell(2, long), "plan x") == (2, long)


HANGS = """
import os, sys, time
from rig.run.own_process import in_own_process

def work(tell):
    try:
        print(os.getpid(), flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("in order", flush=True)
        raise

import signal
def terminated(number, frame):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, terminated)
try:
    in_own_process(work, "plan x")
except KeyboardInterrupt:
    print("told", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGTERM, ["in order", "told"]), (signal.SIGINT, ["in order", "told"]), (signal.SIGKILL, ["in order"])],
)
def test_signals_go_on_and_a_killed_command_leaves_no_run_behind(number, said):
    with subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True) as command:
        assert int(command.stdout.readline()) != command.pid
        os.kill(command.pid, number)
        # until the last process that can write there has ended
        assert [line.strip() for line in command.stdout] == said


@pytest.mark.parametrize(
    "leaves",
    ["os._exit(0)", "os.execv(sys.executable, [sys.executable, '-c', 'pass'])"],
)
def test_a_plan_that_leaves_never_ends_with_status_0_unjudged(tmp_path, leaves):
    definition = write_mini(tmp_path / "mini")
    plan = tmp_path / "line_end"
    shutil.copytree(PLAN, plan)
    text = (plan / "test_mini.py").read_text()
    text = text.replace("import pytest", "import os, sys\nimport pytest", 1)
    (plan / "test_mini.py").write_text(text.replace("    unit.run_at(level)", f"    {leaves}"))
    command = [sys.executable, "-m", "rig.cli", "test", "--plan", str(plan), "--product", str(definition)]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 2, done
    assert "PASS  MN26" not in done.stdout
    assert "rig: plan line_end: its process ended with exit status 0 and without a judgement" in done.stderr
