"""Who vouches for the journal: the station's Ed25519 key, made at first use.

The private key lies with the user, not with the record, so that a copy of the record can't sign for it.
The library that signs loads when something is signed.
"""

import base64
import os
import secrets
import sys
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rig.durable import make_directories, sync_directory
from rig.errors import RecordError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VARIABLE = "RIG_KEY"
FILE_NAME = "signing-key.pem"
SEED_BYTES = 32
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # what precedes the seed, RFC 8410, 7 and 10.3
_FIRST_LINE, _LAST_LINE = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
_OTHERS = 0o077


def key_path() -> Path:
    """Return where this user's key lies: RIG_KEY, else the rig's directory among the user's configuration."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "vibrosculpt-rig" / FILE_NAME


class SigningKey:
    """An Ed25519 private key in a file that its owner alone can read; `public` is its other half, in hex."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seed: bytes | None = None

    def exists(self) -> bool:
        """Return whether the key was made already."""
        return self.path.exists()

    def ready(self) -> None:
        """Read the key, made now where it is missing; raises RecordError when it can't be used."""
        try:
            if not self.exists():
                _make(self.path)
            if os.name == "posix" and self.path.stat().st_mode & _OTHERS:
                raise RecordError(f"signing key {self.path}: others can read it; make it private (chmod 600)")
            self._seed = _seed_in(self.path.read_text("ascii"))
        except OSError as error:
            text = f"signing key {self.path}: {error.strerror}"
            raise RecordError(f"{text}; make it usable, or name another with {VARIABLE}") from error
        except ValueError as error:
            text = f"signing key {self.path}: not an Ed25519 private key in PEM"
            raise RecordError(f"{text}; restore it, or name another with {VARIABLE}") from error

    @cached_property
    def public(self) -> str:
        """The public key: 64 hexadecimal digits; raises RecordError as `ready` does."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """Return the signature: 128 hexadecimal digits; raises RecordError as `ready` does."""
        return self._private.sign(message).hex()

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if self._seed is None:
            self.ready()
        return Ed25519PrivateKey.from_private_bytes(self._seed or b"")


def holds(public: str, signature: str, message: bytes) -> bool:
    """Return whether that key (hex) has signed this message so (hex)."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public_key(public).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(16)  # one key signs most heads
def _public_key(public: str) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))


def _make(path: Path) -> None:
    """Write a new key; where somebody else is making one at the same time, the first stays."""
    make_directories(path.parent, mode=0o700)
    content = base64.b64encode(_PKCS8 + secrets.token_bytes(SEED_BYTES)).decode("ascii")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_FIRST_LINE}\n{content}\n{_LAST_LINE}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _seed_in(text: str) -> bytes:
    first, *middle, last = text.split("\n")[:-1] or ["", ""]
    encoded = base64.b64decode("".join(middle), validate=True)
    seed = encoded.removeprefix(_PKCS8)
    if (first, last) != (_FIRST_LINE, _LAST_LINE) or len(seed) != SEED_BYTES or len(encoded) == len(seed):
        raise ValueError(text)
    return seed
