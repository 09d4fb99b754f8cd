"""One twin for the tests of a file."""

import json
import subprocess
import sys

import pytest

from tests.faults.proxy import Proxy
from tests.faults.wired import Wired


@pytest.fixture(scope="module")
def wired():
    command = [sys.executable, "-m", "rig.twin", "--seed", "1", "--pace", "0", "--links", "socket", "--powered"]
    twin = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    at = json.loads(twin.stdout.readline())
    proxy = Proxy(at)
    proxy.start()
    bench = Wired(at, proxy)
    bench.clock.sleep(1.0)
    yield bench
    bench.clock.close()
    proxy.stop()
    twin.stdin.close()
    twin.wait(timeout=10)
    twin.stdout.close()
