"""One attempt as Allure results: what allure-pytest wrote, corrected and completed from the record.

The record is the truth: it says which tests there should be, how each ended and what was measured. A result
that was lost, torn or never begun is written anew, so that no page looks like a shorter, all-green run.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from reports.labels import NODEID_LABEL
from reports.tables import limits_table
from reports.wording import line_of
from rig.measure import Verdict
from rig.product.model import Requirement
from rig.record import Attempt, MeasurementRow, Record, TestRow

Json = dict[str, Any]
LOST = "lost: the run ended inside this test"
NOT_RUN = "not run: the run ended before this test"
KEPT_LABELS = frozenset({"severity", "tag", "owner", "layer"})
_UNJUDGED = ("skipped", "unknown")


class AttemptResults:
    """Writes the results directory of one attempt."""

    def __init__(
        self,
        record: Record,
        attempt: Attempt,
        known: Mapping[str, Requirement],
        requirement_page: str,
        directory: Path,
    ) -> None:
        self.attempt = attempt
        self.directory = directory
        self.rows = record.measurements(attempt.run_id)
        self.waveforms = record.waveforms(attempt.run_id)
        self._known = known
        self._requirement_page = requirement_page
        self._frame: Any = record.frame(run=attempt.run_id)
        self._started = {row.nodeid: row for row in record.tests(attempt.run_id)}
        self._files = {file.name: file.content for file in record.report_files(attempt.run_id)}
        self._live = {result["nodeid"]: result for result in _live_results(self._files)}
        self._own: dict[str, list[Json]] = {}

    @property
    def frame(self) -> Any:
        """The attempt's measurements, as `record.frame` has them."""
        return self._frame

    def failed_tests(self) -> set[str]:
        """Return the tests that didn't pass."""
        return {nodeid for nodeid, row in self._started.items() if row.outcome != "passed"}

    def attach(self, test: str, name: str, content: bytes, kind: str) -> None:
        """Attach a file to a test's result; `kind` is its media type."""
        self._own.setdefault(test, []).append(self._attachment(name, content, kind))

    def attach_to_run(self, attachments: Mapping[str, tuple[bytes, str]]) -> None:
        """Attach files, by name, with their media types, to the page as a whole."""
        entries = [self._attachment(name, content, kind) for name, (content, kind) in attachments.items()]
        stamp = _milliseconds(self.attempt.ended_utc or self.attempt.started_utc)
        entries = [entry | {"timestamp": stamp} for entry in entries]
        self._write(f"{self.attempt.run_id}-globals.json", {"attachments": entries, "errors": []})

    def write(self) -> None:
        """Write a result for each test that the manifest promises or that was begun."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, content in self._files.items():
            # containers hold the fixtures; attachments are named by the results
            if not name.endswith("-result.json") and "/" not in name and "\\" not in name:
                (self.directory / name).write_bytes(content)
        order = dict.fromkeys([*self.attempt.tests, *self._started])
        for place, nodeid in enumerate(order):
            result = self._result(nodeid, place)
            self._write(f"{result['uuid']}-result.json", result)

    def _result(self, nodeid: str, place: int) -> Json:
        live, row = self._live.get(nodeid, {}), self._started.get(nodeid)
        status, message = _status(row)
        of_test = [one for one in self.rows if one.test == nodeid]
        identity = _digest(self.attempt.plan, nodeid)
        ended = self.attempt.ended_utc or self.attempt.started_utc
        start = live.get("start") or _milliseconds(row.started_utc if row else ended) + place
        details = dict(live.get("statusDetails") or {}) if status not in _UNJUDGED else {}
        stop = live.get("stop") or _milliseconds((row.ended_utc if row else None) or ended) + place
        return {
            "uuid": live.get("uuid") or _digest(self.attempt.run_id, nodeid),
            "name": _title(nodeid, live),
            "fullName": nodeid,
            "testCaseId": identity,
            "historyId": identity,
            "status": status,
            "statusDetails": details | {"message": message} if message or status != "passed" else {},
            "description": "",
            "descriptionHtml": self._description(nodeid, live, of_test),
            "steps": [*_other_steps(live, of_test), *(_step(one, start) for one in of_test)],
            "attachments": [*live.get("attachments", []), *self._own.get(nodeid, [])],
            "labels": self._labels(nodeid, live, of_test),
            "links": self._links(of_test),
            "start": start,
            "stop": max(start, stop),
        }

    def _labels(self, nodeid: str, live: Json, of_test: list[MeasurementRow]) -> list[Json]:
        module = nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py").removeprefix("test_")
        subsystem = module.lstrip("0123456789_").replace("_", " ") or module
        kept = [label for label in live.get("labels", []) if label.get("name") in KEPT_LABELS]
        labels = [("epic", self.attempt.product), ("feature", subsystem)]
        labels += [("story", self._story(id_)) for id_ in _requirements(of_test)]
        return [*kept, *({"name": name, "value": value} for name, value in labels)]

    def _story(self, id_: str) -> str:
        requirement = self._known.get(id_)
        return f"{id_}: {requirement.text}" if requirement else id_

    def _links(self, of_test: list[MeasurementRow]) -> list[Json]:
        page = self._requirement_page
        return [{"name": self._story(id_), "url": f"{page}#{id_}", "type": "link"} for id_ in _requirements(of_test)]

    def _description(self, nodeid: str, live: Json, of_test: list[MeasurementRow]) -> str:
        missing = [one for one in self.attempt.manifest if one.test == nodeid]
        of_frame: Any = self._frame[self._frame["test"] == nodeid]
        places = dict(zip(of_frame.index, of_test, strict=True))
        table = limits_table(of_frame, places, self._requirement_page) if of_test else ""
        count = f"<p>{len(of_test)} of {len(missing)} expected measurements</p>" if missing else ""
        return f"{table}{count}"

    def _attachment(self, name: str, content: bytes, kind: str) -> Json:
        ending = {"image/png": "png", "text/csv": "csv"}.get(kind, "txt")
        source = f"{_digest(self.attempt.run_id, name, hashlib.sha256(content).hexdigest())}-attachment.{ending}"
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / source).write_bytes(content)
        return {"name": name, "source": source, "type": kind}

    def _write(self, name: str, content: object) -> None:
        (self.directory / name).write_text(json.dumps(content), encoding="utf-8")


def _status(row: TestRow | None) -> tuple[str, str]:
    if row is None:
        return "skipped", NOT_RUN
    if row.outcome is None:
        return "broken", LOST
    known = row.outcome in ("passed", "failed", "broken", "skipped")
    return (row.outcome if known else "broken"), row.message


def _live_results(files: Mapping[str, bytes]) -> Iterator[Json]:
    """Yield what allure-pytest wrote and is whole, with the test it belongs to as `nodeid`."""
    for name, content in files.items():
        if not name.endswith("-result.json"):
            continue
        try:
            parsed: object = json.loads(content)
        except ValueError:
            continue  # torn: written anew from the record
        if not isinstance(parsed, dict):
            continue
        result = cast("Json", parsed)
        labels: list[Json] = result.get("labels") or []
        for label in labels:
            if label.get("name") == NODEID_LABEL:
                yield result | {"nodeid": label.get("value")}


def _title(nodeid: str, live: Json) -> str:
    """Return what is tested, from the first line of the test's docstring, with its parameters."""
    name = nodeid.rpartition("::")[2]
    lines = str(live.get("description") or "").strip().splitlines()
    given: list[Json] = live.get("parameters") or []
    # values arrive as Python spells them
    parameters = ", ".join(f"{one.get('name')} {str(one.get('value')).strip(chr(39))}" for one in given)
    if not lines:
        return name
    return f"{lines[0].rstrip('.')} ({parameters})" if parameters else lines[0].rstrip(".")


def _other_steps(live: Json, of_test: list[MeasurementRow]) -> list[Json]:
    """Return the steps written while the test lived, but those that tell of what the record tells."""
    told = tuple({f"{row.id}{mark}" for row in of_test for mark in (",", ":")})
    steps: list[Json] = live.get("steps") or []
    return [step for step in steps if not str(step.get("name")).startswith(told)]


def _step(row: MeasurementRow, at: int) -> Json:
    passed = row.verdict == Verdict.PASS
    status = "passed" if passed else "failed"
    return {"name": line_of(row), "status": status, "start": at, "stop": at, "steps": [], "attachments": []}


def _requirements(of_test: list[MeasurementRow]) -> list[str]:
    return list(dict.fromkeys(row.requirement for row in of_test if row.requirement))


def _milliseconds(utc: str) -> int:
    return round(datetime.fromisoformat(utc).timestamp() * 1000)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
