"""Nothing of the user's own is touched: the tests sign with a key of their own. A whole run uses every core."""

import os
from collections.abc import Iterator

import pytest

from rig.record.signing import VARIABLE


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread a whole run over the cores; tests chosen by hand, and plans, run in one process as ever.

    Contiguous shares, from whose ends an idle process steals: what a module's tests share is made once or twice.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if whole and config.option.numprocesses is None and not config.option.usepdb and not hasattr(config, "workerinput"):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        config.option.numprocesses = cores if cores > 1 else 0
        config.option.dist = "worksteal"


@pytest.fixture(scope="session", autouse=True)
def _signing_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("key") / "signing-key.pem"))
        yield
