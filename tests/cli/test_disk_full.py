"""A disk that is really full, end to end: an ERROR that names it, and nothing is energised.

The disk is a small tmpfs in a mount namespace of our own, which needs no root where users may have namespaces.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.cli.test_bad_input import ENVIRONMENT, SERIAL, Bench

NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")


@pytest.mark.parametrize("kilobytes", [16, 400])
def test_disk_full(tmp_path, kilobytes):
    data = tmp_path / "data"
    data.mkdir()
    bench = Bench("--pace", "0")
    (tmp_path / "line.toml").write_text(bench.station)
    mount = f"mount -t tmpfs -o size={kilobytes}k tmpfs {data} || exit 99"
    run = f"exec {sys.executable} -m rig.cli test {SERIAL} --json --data {data} --station {tmp_path / 'line.toml'}"
    done = subprocess.run(
        [*NAMESPACE, f"{mount}; {run}"], env=ENVIRONMENT, capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode in (1, 99) and not done.stdout:
        pytest.fail(f"no mount namespace here, so the full disk was NOT tried: {done.stderr.strip()}; allow them")
    assert os.listdir(data) == []  # seen from here: it was another disk
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    answer = json.loads(done.stdout)
    said = " ".join(answer.get("reasons") or [answer["error"]])
    assert str(data) in said
    assert answer.get("verdict", "ERROR") == "ERROR"
    assert bench.energised() == []
    bench.close()
