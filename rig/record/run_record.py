"""One run as it is being recorded: events gather, a commit makes them durable all at once."""

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rig.errors import RecordError
from rig.measure import Decision, Limit, Reading
from rig.record import heads, projection, waveforms
from rig.record.heads import Head
from rig.record.journal import Draft, utc_now
from rig.record.owner import RunLock
from rig.record.store import blobs, translated
from rig.record.text import canonical, clean
from rig.record.writer import Cursor, Writer


class RunRecord:
    """The writing end of one run; `attempt` counts this serial's runs through this plan, from 1.

    Nothing is durable, and nothing may be told to anybody, before `commit` has returned; `on_durable` then hears of
    the events. All writing methods raise RecordError when the disk is full, read-only or broken; what was gathered
    stays gathered.
    """

    def __init__(
        self, writer: Writer, directory: Path, run_id: str, attempt: int, lock: RunLock, first: Head | None = None
    ) -> None:
        self.run_id = run_id
        self.attempt = attempt
        self.fsync_seconds = 0.0
        self.on_durable: Callable[[Sequence[Draft]], None] | None = None
        self._writer = writer
        self._directory = directory
        self._lock = lock
        self._heads: list[Head] = [] if first is None else [first]
        self._ended = False
        self._drafts: list[Draft] = []
        self._blobs: dict[str, bytes] = {}
        self._files: list[waveforms.EncodedWaveform] = []

    def event(self, kind: str, body: Mapping[str, object]) -> None:
        """Gather an event of any kind; kinds are lower-case words with dots between."""
        self._drafts.append(Draft(utc_now(), self.run_id, kind, canonical(body)))

    def test_started(self, nodeid: str, t_s: float) -> None:
        """Gather that a test began, at that bench time in seconds."""
        self.event(projection.TEST_STARTED, {"nodeid": nodeid, "t_s": t_s})
        self.doing(test=nodeid, t_s=t_s, measured=None)

    def test_ended(self, nodeid: str, outcome: str, message: str, t_s: float) -> None:
        """Gather that a test ended; outcome is passed, failed, broken or skipped."""
        body = {"nodeid": nodeid, "outcome": outcome, "message": message, "t_s": t_s}
        self.event(projection.TEST_ENDED, body)
        self.doing(t_s=t_s)

    def measurement(
        self,
        test: str,
        id: str,
        conditions: Mapping[str, object],
        reading: Reading,
        limit: Limit,
        decision: Decision,
        t_s: float,
        own_u: float | None = None,
    ) -> None:
        """Gather a judged reading, taken at that bench time in seconds.

        `own_u` is the part of its uncertainty that it brought along; the rest is in the run's budgets.
        """
        self.event(
            projection.MEASURED,
            {
                "test": test,
                "id": id,
                "conditions": conditions,
                "value": reading.value,
                "unit": reading.unit,
                "u": reading.u,
                "own_u": own_u,
                "low": limit.low,
                "high": limit.high,
                "one_of": limit.one_of,
                "acceptance_low": decision.acceptance_low,
                "acceptance_high": decision.acceptance_high,
                "p_conform": decision.p_conform,
                "verdict": str(decision.verdict),
                "safety": limit.safety,
                "requirement": limit.requirement,
                "t_s": t_s,
            },
        )
        measured = {"id": id, "conditions": conditions, "value": reading.value, "unit": reading.unit}
        self.doing(t_s=t_s, measured=measured)

    def waveform(
        self, name: str, samples: NDArray[np.floating], rate_hz: float, unit: str, test: str, t_s: float
    ) -> str:
        """Gather a waveform of that sample rate in hertz, and return the SHA-256 that names its file."""
        encoded = waveforms.encode(samples, float(rate_hz), clean(unit))
        self._files.append(encoded)
        body = {"test": test, "name": name, "sha256": encoded.sha256, "rate_hz": float(rate_hz)}
        body |= {"unit": unit, "count": len(samples), "t_s": t_s}
        self.event(projection.WAVEFORM, body)
        return encoded.sha256

    def commit(self) -> float:
        """Make everything gathered durable in one transaction; return the seconds spent in fsync.

        The seconds add up in `fsync_seconds`, too.
        """
        with translated(self._directory):
            waited = sum(waveforms.store(self._directory / "waveforms", file) for file in self._files)
            before = self._writer.commit_seconds
            if self._drafts:
                with self._writer.transaction() as cursor:
                    self._store_blobs(cursor)
                    # from the verdict on nothing stands unsigned
                    head = self._writer.append(cursor, self._drafts, signed=self._ended)
                durable, self._drafts = self._drafts, []
                self._files, self._blobs = [], {}
                self.doing(measured=None)
                if self.on_durable is not None:
                    self.on_durable(durable)
                heads.keep(self._directory, head)
                self._heads += [] if head is None else [head]
            waited += self._writer.commit_seconds - before
        self.fsync_seconds += waited
        return waited

    def end(
        self,
        verdict: str,
        reasons: Sequence[str],
        wall_s: float | None,
        bench_s: float | None,
        *,
        last: Mapping[str, object] | None = None,
    ) -> None:
        """Commit the verdict; the run is over, and its lock is free. `last` is what a run that died was doing.

        Where that can't be done nothing of it stays gathered: another verdict may be tried.
        """
        body = {"verdict": str(verdict), "reasons": list(reasons), "wall_s": wall_s, "bench_s": bench_s}
        before = len(self._drafts)
        self.event(projection.RUN_ENDED, body if last is None else {**body, "last": last})
        self._ended = True
        try:
            self.commit()
        except RecordError:
            self._ended = False
            del self._drafts[before:]
            raise
        self._lock.release()

    def doing(self, **state: object) -> None:
        """Note what the run is doing, for whoever closes it should this process die; not part of the journal."""
        self._lock.note(state)

    def copy_heads(self, path: Path) -> None:
        """Add the signed heads of this run that aren't there yet to a file elsewhere, durably; raises OSError."""
        heads.append(path, self._heads, durably=True)
        self._heads = []

    def store_report_files(self, directory: Path) -> None:
        """Put every file of a reporter's results directory into the record, hashed, and commit.

        Allowed after `end`, too: the files are kept, but decide nothing.
        """
        with translated(directory):
            files = sorted(path for path in directory.iterdir() if path.is_file())
            contents = {path.name: path.read_bytes() for path in files}
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        by_hash = {hashes[name]: content for name, content in contents.items()}
        self.event(projection.REPORT_FILES, {"files": hashes})
        self._blobs |= by_hash
        self.commit()

    def _store_blobs(self, cursor: Cursor) -> None:
        if self._blobs:
            new = self._blobs.keys() - self._writer.known_blobs(cursor, list(self._blobs))
            rows = [{"sha256": name, "content": zlib.compress(self._blobs[name], 1)} for name in sorted(new)]
            self._writer.insert(cursor, blobs.name, rows)


def locked(directory: Path, run_id: str) -> RunLock:
    """Return the lock of a new run; raises RecordError."""
    with translated(directory):
        lock = RunLock.take(directory / "open", run_id)
    if lock is None:
        raise RecordError(f"run {run_id}: somebody else holds its lock in {directory}; start it again")
    return lock
