"""The pytest plug-in's front door: options and markers; everything else loads only when a plan is run."""

from argparse import Namespace
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from rig.run import hooks

PLANS = "test_plans"
OWN_RULES = Path(__file__).with_name("pytest.ini")
TELLS_ONLY = ("help", "version", "showfixtures", "show_fixtures_per_test", "markers")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Name what a run asks of the plug-ins above it."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the options of a run; see `rig test --help` for what they mean."""
    group = parser.getgroup("rig", "VibroSculpt rig: run a plan on a unit")
    group.addoption("--serial", help="the unit's serial, as on its label")
    group.addoption("--plan", help="name of the plan (default: the directory that was asked for)")
    group.addoption("--station", metavar="FILE", help="station file (default: the built-in twin)")
    group.addoption("--slot", type=int, default=1, help="slot of the bench")
    group.addoption("--operator", metavar="NAME", help="who runs it (default: the station's)")
    group.addoption("--pad", help="the pad fitted in the nest (default: the product's)")
    group.addoption("--data", metavar="DIR", help="the record (default: RIG_DATA, else ./rig-data)")
    group.addoption("--seed", type=int, help="which individual the twin simulates")
    group.addoption("--pace", type=float, metavar="X", help="bench seconds a wall second on the twin")
    group.addoption("--defect", action="append", default=[], metavar="ID[=S]", help="give the twin a defect")
    group.addoption("--acknowledge", metavar="FILE", help="append a line for each measurement once it is durable")
    group.addoption("--again", metavar="REASON", help="why a unit that has passed or failed is tested again")
    group.addoption("--wait-cool", action="store_true", help="wait until a warm unit is cool")
    group.addoption("--product", metavar="NAME or DIR", help="product definition (default: the VS-1's)")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Leave a plan's code to the process that runs it."""
    named = getattr(early_config.known_args_namespace, "file_or_dir", ())
    if _by_others_rules(early_config) and _asks_for_a_plan(early_config.known_args_namespace, named):
        early_config.known_args_namespace.noconftest = True
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run a plan by the rig's own rules, whatever the caller's configuration says."""
    if (
        not in_use(config)
        or not _by_others_rules(config)
        or any(getattr(config.option, one, None) for one in TELLS_ONLY)
    ):
        return None
    from rig.run.direct import run_directly

    return run_directly(config)


@pytest.hookimpl(tryfirst=True)  # Allure reads where to write when it is configured itself
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and the run itself where a plan is in use."""
    config.addinivalue_line("markers", "requirement(id): the requirement a test verifies")
    config.addinivalue_line("markers", "measures(*ids, **conditions): the measurements a test will make")
    if in_use(config):
        from rig.run.start import start

        start(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Look whether the run itself is still there, once every conftest has had its say."""
    if in_use(session.config):
        from rig.run.start import require_life_cycle

        require_life_cycle(session.config)


def in_use(config: pytest.Config) -> bool:
    """Whether this pytest runs a plan rather than ordinary tests."""
    return _asks_for_a_plan(config.option, config.args)


def _asks_for_a_plan(option: Namespace, arguments: Iterable[str]) -> bool:
    if option.serial is not None or option.plan is not None:
        return True
    return any(PLANS in Path(argument.partition("::")[0]).absolute().parts for argument in arguments)


def _by_others_rules(config: pytest.Config) -> bool:
    return config.inipath is None or config.inipath.resolve() != OWN_RULES.resolve()
