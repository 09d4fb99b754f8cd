"""Run one campaign by its name: `uv run python -m tests.campaigns determinism --points 20`."""

import sys
from collections.abc import Callable

from tests.campaigns import (
    determinism,
    disk,
    hang,
    kill,
    paces,
    power,
    prediction,
    repeatability,
    sampled,
    strangers,
    transport,
)

CAMPAIGNS: dict[str, Callable[[list[str]], int]] = {
    "determinism": determinism.main,
    "paces": paces.main,
    "prediction": prediction.main,
    "repeatability": repeatability.main,
    "sampled": sampled.main,
    "kill": kill.main,
    "hang": hang.main,
    "power": power.main,
    "disk": disk.main,
    "strangers": strangers.main,
    "transport": transport.main,
}


def main() -> int:
    """Find the campaign and hand it the rest of the command line; 64 for a name that isn't known."""
    name, *arguments = sys.argv[1:] or [""]
    campaign = CAMPAIGNS.get(name)
    if campaign is None:
        print(f"unknown campaign {name!r}; known: {', '.join(CAMPAIGNS)}", file=sys.stderr)
        return 64
    return campaign(arguments)


if __name__ == "__main__":
    sys.exit(main())
