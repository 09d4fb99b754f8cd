"""The pytest plug-in's front door: options and markers; everything else loads only when a plan is run."""

from pathlib import Path

import pytest

from rig.run import hooks

PLANS = "test_plans"


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
    if config.getoption("--serial") is not None or config.getoption("--plan") is not None:
        return True
    return any(PLANS in Path(argument.partition("::")[0]).absolute().parts for argument in config.args)
