"""A unit's page: one self-contained Allure report of all its attempts, made from the record alone."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from reports.allure_generator import generate
from reports.allure_results import AttemptResults
from reports.attempts import known_attempts
from reports.banner import banner, title_of
from reports.files import page_path, place_beside, reported, write_whole
from reports.marks import marks_strip
from reports.plain import NAME as PLAIN
from reports.plain import build_plain_page
from reports.plots import waveform_png
from reports.self_contained import self_contained
from reports.tables import measurements_csv, waveform_csv
from reports.wording import requirements
from rig.errors import RigError
from rig.product.model import Requirement
from rig.record import Attempt, Record

WAVEFORMS = "waveforms"
MOST_PLOTS = 14  # of the newest attempts, failed tests first: a page is made while somebody waits
CATEGORIES = [
    {"name": "Unit out of limits", "matchers": {"statuses": ["failed"]}},
    {"name": "Rig fault: do not scrap the unit", "matchers": {"statuses": ["broken", "unknown"]}},
]


def build_page(data: Path, serial: str, output: Path | None = None) -> Path:
    """Make the page of a unit from the record in that directory, in `output` or below the record; see `page_of`."""
    data = data.absolute()  # the generator works in a directory of its own
    with Record.read(data) as record:
        return page_of(record, serial, page_path(data, serial, output).parent)


def page_of(record: Record, serial: str, out_dir: Path) -> Path:
    """Make `index.html` (Allure) and `plain.html` (ours) of all attempts of a unit; return the former.

    The full waveforms lie beside them, named by their SHA-256. Raises UsageError for an unknown serial, and
    RigError when the Allure page can't be made; the plain one stands all the same.
    """
    attempts, known = known_attempts(record, serial), requirements()
    plain = build_plain_page(record, attempts, known, out_dir)
    with reported(out_dir), tempfile.TemporaryDirectory(prefix=".page-", dir=out_dir.parent) as work:
        try:
            page = _generated(record, attempts, known, Path(work), out_dir)
        except RigError as error:
            raise RigError(f"{error}; the plain page stands at {plain}") from error
        return write_whole(out_dir / "index.html", page.encode())


def _generated(
    record: Record, attempts: list[Attempt], known: Mapping[str, Requirement], work: Path, out_dir: Path
) -> str:
    results: list[AttemptResults] = []
    for attempt in attempts:
        directory = work / f"attempt-{len(results) + 1}"
        results.append(AttemptResults(record, attempt, known, PLAIN, directory))
    _attach_waveforms(record, results, out_dir)
    for one in results:
        _attach_run_files(record, one)
        one.write()
    configuration = work / "allurerc.json"
    configuration.write_text(json.dumps(_configuration(record, results, work / "page")), encoding="utf-8")
    generate(configuration, [one.directory for one in results], work)
    page = (work / "page" / "index.html").read_text(encoding="utf-8")
    return _with_banner(self_contained(page), marks_strip(record) + banner(record, attempts))


def _configuration(record: Record, results: list[AttemptResults], output: Path) -> dict[str, Any]:
    attempts = [one.attempt for one in results]
    latest = attempts[-1]
    read = (str(row.value) for row in results[-1].rows if row.id == "identity.firmware")
    variables = {
        "serial": latest.serial,
        "verdict": latest.state,
        "attempt": f"{latest.attempt}",
        "plan": latest.plan,
        "station": latest.station,
        "operator": latest.operator or "nobody named",
        "slot": f"{latest.slot}",
        "pad": latest.pad,
        "firmware": latest.firmware or next(read, "not read"),
        "limits hash": latest.limits_hash[:16],
        "plan hash": latest.plan_hash[:16],
        "run": latest.run_id,
    }
    return {
        "name": title_of(record, attempts),
        "output": str(output),
        "variables": variables,
        "categories": CATEGORIES,
        "plugins": {"awesome": {"options": {"singleFile": True}}},
    }


def _attach_waveforms(record: Record, results: list[AttemptResults], out_dir: Path) -> None:
    """Attach pictures and short tables, and place the full waveforms beside the page."""
    plots_left = MOST_PLOTS
    for one in reversed(results):
        failed = one.failed_tests()
        for row in sorted(one.waveforms, key=lambda row: (row.test not in failed, row.event)):
            file = f"{row.sha256}.parquet"
            place_beside(record.waveform_path(row.sha256), out_dir / WAVEFORMS / file)
            if plots_left == 0:
                continue
            plots_left -= 1
            samples, rate_hz, unit = record.load_waveform(row.sha256)
            label = f"{row.name} ({row.count} samples at {rate_hz:g} Hz, {WAVEFORMS}/{file})"
            one.attach(row.test, row.name, waveform_png(samples, rate_hz, unit, row.name), "image/png")
            one.attach(row.test, label, waveform_csv(samples, rate_hz, unit).encode(), "text/csv")


def _attach_run_files(record: Record, one: AttemptResults) -> None:
    prefix = f"attempt {one.attempt.attempt}, {one.attempt.plan}"
    files = {f"{prefix}: measurements": (measurements_csv(one.frame).encode(), "text/csv")}
    lines: list[str] = []
    for body in record.events(one.attempt.run_id, "bench.transcript"):
        for name, traffic in body.items():
            several = cast("list[object]", traffic) if isinstance(traffic, list) else [traffic]
            lines += [f"== {name}", *map(str, several)]
    if lines:
        files[f"{prefix}: serial transcript"] = ("\n".join(lines).encode(), "text/plain")
    one.attach_to_run(files)


def _with_banner(page: str, head: str) -> str:
    before, body, after = page.partition("<body>")
    if not body:
        raise RigError("report page: has no body to show the verdict in; is it the pinned generator's?")
    return f"{before}{body}{head}{after}"
