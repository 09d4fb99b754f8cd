"""The twin's defect catalogue, asked of the twin itself: nobody imports it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rig.errors import BenchError, UsageError
from rig.isolation import own_module


@dataclass(frozen=True, slots=True)
class Defect:
    """A known defect: `kind` is certain, sampled, line, invisible or rig; `caught_by` names the measurements."""

    id: str
    kind: str
    where: str
    caught_by: tuple[str, ...]
    text: str

    def caught(self, verdict: str, failed: tuple[str, ...]) -> bool:
        """Whether a run saw it: a unit's by a FAIL in a measurement that names it, the rig's by an ERROR."""
        if self.where == "rig":
            return verdict == "ERROR"
        return verdict == "FAIL" and any(one in self.caught_by for one in failed)


def load_catalogue() -> Mapping[str, Defect]:
    """Ask the twin for its catalogue, by id; raises BenchError when it doesn't answer."""
    command = own_module("rig.twin", "--catalogue")
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if asked.returncode != 0:
        raise BenchError(f"the twin doesn't tell its defects: {asked.stderr.strip() or asked.returncode}")
    rows = cast("list[dict[str, Any]]", json.loads(asked.stdout))
    return {
        row["id"]: Defect(row["id"], row["class"], row["where"], tuple(row["caught_by"]), row["text"]) for row in rows
    }


def chosen(catalogue: Mapping[str, Defect], names: tuple[str, ...]) -> list[str]:
    """The defects asked for, `all` being every one; raises UsageError for an unknown one."""
    found: list[str] = []
    for name in names:
        if name == "all":
            found += list(catalogue)
            continue
        if name.partition("=")[0] not in catalogue:
            raise UsageError(f"--defect {name}: unknown; known: {', '.join(catalogue)}, all")
        found.append(name)
    return list(dict.fromkeys(found))
