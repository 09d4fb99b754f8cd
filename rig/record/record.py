"""The record of a station: every run, attempt, measurement and waveform, for writing and for reading."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine

from rig.errors import RecordError
from rig.record import heads, history, projection, queries
from rig.record import waveforms as waveform_files
from rig.record.birth import Birth, Kind
from rig.record.history import FirstPass, UnitHistory
from rig.record.journal import Draft, utc_now
from rig.record.models import (
    Attempt,
    ExpectedMeasurement,
    MeasurementRow,
    ReportFile,
    TestRow,
    VerifyReport,
    WaveformRow,
)
from rig.record.opening import Opened, open_for_reading, open_for_writing
from rig.record.owner import RunLock
from rig.record.reading import ReadOnly
from rig.record.run_id import new_run_id
from rig.record.run_record import RunRecord, locked
from rig.record.store import translated
from rig.record.text import canonical
from rig.record.writer import Writer

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class Record:
    """What one data directory holds; a context manager, as the database must be closed.

    `birth` is its kind, and whether it holds trials; `recovered` are the runs of dead processes that were closed
    when it was opened.
    """

    def __init__(self, directory: Path, opened: Opened) -> None:
        self.directory = directory
        self.birth = opened.birth
        self.recovered = opened.recovered
        self._engine = opened.engine
        self._key = opened.key
        self._first = opened.head
        self._writer: Writer | None = None
        self._locks: list[RunLock] = []

    @property
    def simulated(self) -> bool:
        """Whether no verdict in it counts for a real unit: of a twin, or not known to be of a real bench."""
        return self.birth.kind is not Kind.REAL

    @property
    def trial(self) -> bool:
        """Whether it holds trials, which count for nothing."""
        return self.birth.trial

    @classmethod
    def open(cls, directory: Path, birth: Birth | None = None, *, begin: bool = True, recover: bool = True) -> "Record":
        """Open the record there for writing, and close as INTERRUPTED what dead processes left open.

        Only one of that birth, where it is given; where the directory holds nothing of a record's, one is then begun,
        unless `begin` is false. With `recover` false, open runs of the dead stay as they are.
        Raises UsageError: no record there, or one of another birth. Raises RecordError: the database is missing
        beside what belongs to it, not writable, disk full, or not a record.
        """
        return cls(directory, open_for_writing(directory, birth, begin=begin, recover=recover))

    @classmethod
    def read(cls, directory: Path) -> "Record":
        """Open the record there for reading: nothing is written, wherever it lies, nothing made, nothing closed.

        Raises UsageError: no record there. Raises RecordError: the database is missing beside what belongs to it, or
        can't be read.
        """
        return cls(directory, open_for_reading(directory))

    def close(self) -> None:
        """Close the database; a run that wasn't ended will be closed as INTERRUPTED by the next `open`."""
        for lock in self._locks:
            lock.release()
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()

    def __enter__(self) -> "Record":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin_run(
        self,
        *,
        serial: str,
        plan: str,
        manifest: Sequence[ExpectedMeasurement],
        tests: Sequence[str],
        station: str,
        operator: str,
        slot: int | str,
        pad: str,
        product_name: str,
        limits_hash: str,
        plan_hash: str,
        firmware: str | None = None,
        seed: int | None = None,
        instruments: Sequence[Mapping[str, object]] = (),
        extra: Mapping[str, object] | None = None,
        known: int | None = None,
    ) -> RunRecord:
        """Begin the next attempt of this serial with this plan, durably.

        `known` is how many items the history held by which the run was admitted. Raises RecordError, also when it
        holds others by now, or another run of the serial is going on.
        """
        self._key.ready()
        run_id = new_run_id()
        lock = locked(self.directory, run_id)
        self._locks.append(lock)
        body: dict[str, Any] = {
            "serial": serial,
            "plan": plan,
            "station": station,
            "operator": operator,
            "slot": slot,
            "pad": pad,
            "firmware": firmware,
            "product": product_name,
            "limits_hash": limits_hash,
            "plan_hash": plan_hash,
            "seed": seed,
            "tests": list(tests),
            "manifest": [[entry.test, entry.id, dict(entry.conditions)] for entry in manifest],
            "instruments": list(instruments),
            "extra": extra or {},
        }
        # the stored spelling decides which attempts are this unit's
        unit = json.loads(canonical({"serial": serial, "plan": plan}))
        with translated(self.directory):
            writer = self._writing()
            with writer.transaction() as cursor:
                if known is not None:
                    writer.admit(cursor, unit["serial"], known)
                attempt = writer.next_attempt(cursor, unit["serial"], unit["plan"])
                draft = Draft(utc_now(), run_id, projection.RUN_BEGUN, canonical(body | {"attempt": attempt}))
                writer.append(cursor, [draft])
        return RunRecord(writer, self.directory, run_id, attempt, lock, self._first)

    def refused(self, serial: str, plan: str, reason: str) -> None:
        """Note, durably, that a run of this serial was asked for and not begun; raises RecordError."""
        body = {"serial": serial, "plan": plan, "reason": reason}
        self._append(Draft(utc_now(), "", projection.RUN_REFUSED, canonical(body)))

    def dispose(self, unit: UnitHistory, *, reason: str, by: str, role: str, station: str) -> None:
        """Open a unit again that is blocked by that history, durably; raises RecordError, also when it has changed."""
        blocking = unit.status.blocking
        body = {"serial": unit.serial, "reason": reason, "by": by, "role": role, "station": station}
        unblocks = {one.run_id: list(one.unsafe) for one in blocking}
        draft = Draft(utc_now(), blocking[-1].run_id, projection.DISPOSITION, canonical(body | {"unblocks": unblocks}))
        self._append(draft, unit)

    def history(self, serial: str) -> UnitHistory:
        """Return a unit's attempts and dispositions, and where it stands by them."""
        return replace(self._read(history.history, serial), trial=self.trial)

    def histories(self) -> list[UnitHistory]:
        """Return every unit's history, in the order in which they were first tested."""
        return [replace(one, trial=self.trial) for one in self._read(history.histories)]

    def serials(self) -> list[str]:
        """Return every serial that was ever tested."""
        return self._read(queries.serials)

    def first_pass(self) -> list[FirstPass]:
        """Return the first-pass yield of each plan; none of trials."""
        return [] if self.trial else history.first_pass(self.histories())

    def note(self, kind: str, body: Mapping[str, object], run_id: str = "") -> None:
        """Append one event by itself, durably: something that happened, in a run or beside all of them."""
        self._append(Draft(utc_now(), run_id, kind, canonical(dict(body))))

    def attempts(self, serial: str) -> list[Attempt]:
        """Return this unit's runs through all plans, oldest first."""
        return self._read(queries.attempts, serial, self.directory / "open")

    def run(self, run_id: str) -> Attempt:
        """Return one run; raises RecordError when there is none of that id."""
        return self._read(queries.run, run_id, self.directory / "open")

    def tests(self, run_id: str) -> list[TestRow]:
        """Return the tests that a run started, in order."""
        return self._read(queries.tests, run_id)

    def measurements(self, run_id: str) -> list[MeasurementRow]:
        """Return a run's judged readings, in order."""
        return self._read(queries.measurements, run_id)

    def waveforms(self, run_id: str) -> list[WaveformRow]:
        """Return what is known about a run's waveforms, in order."""
        return self._read(queries.waveforms, run_id)

    def events(self, run_id: str, kind: str) -> list[Mapping[str, Any]]:
        """Return the bodies of a run's events of one kind, in order."""
        return self._read(queries.event_bodies, run_id, kind)

    def events_before(self, run_id: str, kind: str) -> list[Mapping[str, Any]]:
        """Return the bodies of one kind of event of the run before that one, at its station and slot."""
        return self._read(queries.bodies_before, run_id, kind)

    def report_files(self, run_id: str) -> list[ReportFile]:
        """Return what the run's reporter wrote, as it was; raises RecordError when a file was changed."""
        return self._read(queries.report_files, run_id)

    def missing(self, run_id: str) -> list[ExpectedMeasurement]:
        """Return the measurements that the manifest promises and the journal doesn't hold."""
        return queries.missing(self.run(run_id), self.measurements(run_id))

    def load_waveform(self, sha256: str) -> tuple[waveform_files.Samples, float, str]:
        """Return float32 samples, sample rate in hertz, and unit; raises RecordError."""
        with translated(self.directory):
            return waveform_files.load(self.directory / "waveforms", sha256)

    def waveform_path(self, sha256: str) -> Path:
        """Return the Parquet file of a waveform."""
        return waveform_files.path_of(self.directory / "waveforms", sha256)

    def frame(self, serial: str | None = None, plan: str | None = None, run: str | None = None) -> "pd.DataFrame":
        """Return measurements as a DataFrame, one row each: of a serial, a plan, a run, or all of them."""
        from rig.record.frames import measurement_frame

        return self._read(measurement_frame, serial, plan, run)

    def verify(
        self,
        *,
        against: Sequence[Path] = (),
        heads_to: Path | None = None,
        keys: Sequence[str] = (),
        rebuild: bool = False,
    ) -> VerifyReport:
        """Check the whole chain and its signed heads, the tables against it, every stored file against its hash.

        Heads count when this user's key signed them, where there is one, or one of `keys` (hex; the first 16 digits
        will do). `against` are files of heads kept elsewhere; to `heads_to` those are added that it lacks, where
        nothing is wrong. `rebuild` makes tables that are missing or differ anew from the events, as long as the
        chain holds: one that was missing is then no fault any more, one that differed is still named.

        Raises RecordError for a file of heads or a key that can't be used.
        """
        from rig.record.audit import audit

        with translated(self.directory):
            return audit(
                self._do, self._rebuild if rebuild else None, self.directory, self._key, against, heads_to, keys
            )

    def _append(self, draft: Draft, unit: UnitHistory | None = None) -> None:
        with translated(self.directory), self._writing().transaction() as cursor:
            if unit is not None:
                self._writing().admit(cursor, unit.serial, len(unit.items))
            head = self._writing().append(cursor, [draft], signed=True)
        heads.keep(self.directory, head)

    def _writing(self) -> Writer:
        self._writer = self._writer or Writer(self._writable(), self._key)
        return self._writer

    def _writable(self) -> Engine:
        if isinstance(self._engine, ReadOnly):
            raise RecordError(f"record {self.directory}: opened for reading; nothing can be written")
        return self._engine

    def _rebuild(self, work: Callable[[Connection], None]) -> None:
        with self._writable().execution_options(immediate=True).begin() as connection:
            work(connection)

    def _do(self, work: Callable[[Connection], T]) -> T:
        if isinstance(self._engine, ReadOnly):
            return self._engine.run(work)
        with self._engine.begin() as connection:
            return work(connection)

    def _read(self, query: Any, *arguments: object) -> Any:
        with translated(self.directory):
            return self._do(lambda connection: query(connection, *arguments))
