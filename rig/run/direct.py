"""A plan run with plain `pytest`: by the rules of `rig test`, whatever the caller's own configuration says."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rig.errors import ConfigError, RigError, UsageError
from rig.plain import safe
from rig.run.chosen import Chosen, Direct
from rig.run.options import RunOptions
from rig.run.own_process import Tell, can_fork, in_own_process
from rig.run.plans import directory_of
from rig.run.start import options_of

USAGE, TROUBLE = 64, 2
REWRITES = "AssertionRewritingHook"
NEED_A_CACHE = {"lf": "--lf", "failedfirst": "--ff", "newfirst": "--nf", "stepwise": "--sw"}


def run_directly(config: pytest.Config) -> int:
    """Run the plan in a process of its own and return the command's exit status, as `rig test` would end.

    The caller's ini file, plug-ins and environment have no part in it; the options of the command line have.
    """
    try:
        for key, name in NEED_A_CACHE.items():
            if getattr(config.option, key, None):
                what = "needs pytest's cacheprovider, and a plan is run without it"
                raise UsageError(f"{name}: {what}; name the tests instead, as FILE::TEST")
        if getattr(config.option, "numprocesses", None):
            raise UsageError("-n: a unit is tested by one process; leave it out")
        options = options_of(config)
        direct = Direct(options.plan_path, _chosen(config))
        if can_fork():
            return in_own_process(lambda tell: _work(config, options, direct, tell), f"plan {options.plan}")[0]
        told: list[int] = []

        def keep(status: int, _: Mapping[str, object]) -> None:
            told.append(status)

        _work(config, options, direct, keep)
        return told[-1]
    except RigError as error:
        for line in str(error).splitlines():
            print(safe(f"rig: {line}"), file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else TROUBLE
    except KeyboardInterrupt:
        print("rig: interrupted", file=sys.stderr)
        return TROUBLE


def _chosen(config: pytest.Config) -> list[Chosen]:
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return []
    found: list[Chosen] = []
    for argument in config.args:
        path, _, names = argument.partition("::")
        place = Path(path).absolute()
        if not place.exists():
            raise UsageError(f"{path}: no such file or directory")
        if names or place != directory_of(place):
            found.append(Chosen(argument, place.resolve(), names))
        else:
            return []
    return found


def _work(config: pytest.Config, options: RunOptions, direct: Direct, tell: Tell) -> None:
    from rig.run.command import Watcher, arguments, run
    from rig.run.finish import exit_status

    # the caller's pytest has put it there; plans measure instead of asserting
    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != REWRITES]
    asked = list(config.invocation_params.args)
    end = asked.index("--") if "--" in asked else len(asked)
    line = [*asked[:end], *arguments(options, shown=("terminal", "terminalprogress", "junitxml"))[:-1]]
    line += ["--capture=no"] if config.getoption("capture") == "no" else []
    results = config.getoption("allure_report_dir", None)
    line += [f"--alluredir={results}"] if results else []
    watcher = Watcher()
    status = run(options, [watcher, direct], line=[*line, *asked[end:]])
    if watcher.refusal is not None:
        raise watcher.refusal
    if watcher.summary is not None:
        tell(exit_status(watcher.summary), {})
    elif status == pytest.ExitCode.OK and config.getoption("collectonly"):
        tell(0, {})
    elif status == pytest.ExitCode.USAGE_ERROR:
        advice = "a plan is run without plug-ins of others: leave them and their options out"
        raise UsageError(f"plan {options.plan}: pytest doesn't accept its options, see above; {advice}")
    elif status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    else:
        what = f"pytest ended with status {status} before a run began or was judged"
        raise ConfigError(f"plan {options.plan}: {what}; see its messages")
