"""`python -m rig.bench.guard`: takes its settings as one JSON line on standard input, and guards until nobody is left.

Its first line on standard output is a JSON object: port, token and pid, or the error that kept it from guarding.
"""

import json
import sys
from importlib import import_module

from rig.bench.guard.service import guard
from rig.bench.guard.settings import GuardSettings

PRELOADED = ("pyvisa", "pyvisa_py", "pyvisa_py.tcpip")  # while nobody waits for us yet


def main() -> int:
    """Read the settings, guard; 0 when the bench was left safe, 2 when it couldn't be reached or made safe."""
    for name in PRELOADED:
        import_module(name)
    text = sys.stdin.readline()
    if not text.strip():
        return 0  # whoever started us early needs no guard
    return guard(GuardSettings.from_json(json.loads(text)), sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
