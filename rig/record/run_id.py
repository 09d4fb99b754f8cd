"""Run ids: UUIDv7, so that ids sort by time and never meet."""

import secrets
import time
import uuid

_VERSION_7 = 7 << 76
_VARIANT_RFC = 2 << 62


def new_run_id() -> str:
    """Return a new UUIDv7 as text; 48 bits of milliseconds, 74 random bits (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random = secrets.randbits(74)
    high, low = random >> 62, random & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION_7 | high << 64 | _VARIANT_RFC | low))
