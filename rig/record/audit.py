"""`rig verify`: which keys count, what is compared, and what is done about it when asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from rig.record import heads
from rig.record.chain import trusted_key
from rig.record.models import VerifyReport
from rig.record.rebuild import rebuild as make_tables
from rig.record.record import Record
from rig.record.signing import SigningKey
from rig.record.verify import Verified, known_heads, verify


def audit(
    reading: Callable[[Callable[[Connection], Verified]], Verified],
    writing: Callable[[Callable[[Connection], None]], None] | None,
    directory: Path,
    key: SigningKey,
    against: Sequence[Path],
    heads_to: Path | None,
    keys: Sequence[str],
) -> VerifyReport:
    """Check the record as `Record.verify` says, with the tables made anew where it may be written to.

    Raises RecordError.
    """
    trusted = tuple(trusted_key(text) for text in keys)
    if key.exists():
        trusted = (*trusted, key.public)

    def verified() -> Verified:
        known = known_heads(directory, against)
        return reading(lambda connection: verify(connection, directory, known, trusted))

    found = verified()
    report = found.report
    if writing is not None and found.chain_holds and not found.tables_hold:
        writing(make_tables)
        if found.only_missing:
            report = verified().report
        report = replace(report, rebuilt=True)
    if heads_to is not None and report.ok:
        heads.append(heads_to, heads.missing(heads_to, found.heads), durably=True)
    return report


def verify_record(
    directory: Path, *, rebuild: bool, against: Sequence[str], heads_to: str | None, keys: Sequence[str]
) -> VerifyReport:
    """Check the record in that directory, which is left as it is unless `rebuild`.

    Raises UsageError: no record there. Raises RecordError: it can't be read.
    """
    with Record.open(directory, recover=False) if rebuild else Record.read(directory) as record:
        return record.verify(
            against=[Path(path) for path in against],
            heads_to=None if heads_to is None else Path(heads_to),
            keys=keys,
            rebuild=rebuild,
        )
