"""Keys by purpose: sealed boxes that one process writes and another opens, and keys of thread tokens."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self, get_args

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import Aead

from shared.contracts.errors import Permanent

Purpose = Literal["mailbox", "webhook", "sign-in"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
THREAD = "thread"
KEY_BYTES = 32


class KeyMissing(Permanent):
    """The process needs a key that nobody gave it."""


class KeyMalformed(Permanent):
    """What should be a key is none."""


class SealBroken(Permanent):
    """The sealed bytes were changed, or sealed for another key."""


@dataclass(frozen=True)
class Sealer:
    purpose: Purpose
    public_key: bytes

    def seal(self, text: str) -> bytes:
        return SealedBox(PublicKey(self.public_key)).encrypt(text.encode())


@dataclass(frozen=True)
class Opener:
    purpose: Purpose
    private_key: bytes = field(repr=False)

    def open(self, sealed: bytes) -> str:
        try:
            return SealedBox(PrivateKey(self.private_key)).decrypt(sealed).decode()
        except CryptoError as error:
            raise SealBroken(
                f"a secret for {self.purpose} does not open with this process's key", code="seal_broken"
            ) from error

    @property
    def sealer(self) -> Sealer:
        """Seals what this opens, where one process does both."""
        return Sealer(self.purpose, bytes(PrivateKey(self.private_key).public_key))

    def safe(self, use: str) -> "Safe":
        """Return a safe that only processes with this key open, another one for each `use`."""
        return Safe(hashlib.blake2b(use.encode(), key=self.private_key, digest_size=KEY_BYTES).digest())


@dataclass(frozen=True)
class Safe:
    """For what the same processes lay down elsewhere and take up again."""

    key: bytes = field(repr=False)

    def lock(self, text: str, name: str) -> bytes:
        """Seal `text` under its name: in another one's place it does not open."""
        return bytes(Aead(self.key).encrypt(text.encode(), name.encode()))

    def unlock(self, sealed: bytes, name: str) -> str | None:
        """None: another key locked it, or another name, or it was changed."""
        try:
            return Aead(self.key).decrypt(sealed, name.encode()).decode()
        except (CryptoError, ValueError):
            return None

    def alias(self, name: str) -> str:
        """The name for others to see, who cannot guess it back."""
        return hashlib.blake2b(name.encode(), key=self.key, digest_size=16).hexdigest()


@dataclass(frozen=True)
class ThreadKeys:
    """Keys of thread tokens by id. The first signs; all verify, so that one is replaced without a gap."""

    keys: Mapping[str, bytes] = field(repr=False)

    def sign(self, text: str) -> tuple[str, bytes]:
        """The id of the key and the HMAC-SHA256 of `text` under it."""
        key_id, key = next(iter(self.keys.items()))
        return key_id, _hmac(key, text)

    def verify(self, key_id: str, text: str, signature: bytes) -> bool:
        """Whether the key signed `text`; a signature may be cut, but to no less than 8 bytes."""
        key = self.keys.get(key_id)
        whole = _hmac(key or bytes(KEY_BYTES), text)
        return key is not None and len(signature) >= 8 and _begins(whole, signature)  # noqa: PLR2004 - as told


@dataclass(frozen=True)
class Keys:
    """The keys that a process may read, each read when asked for; the environment goes before the files."""

    home: Path | None
    env: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, home: Path | None, env: Mapping[str, str] | None = None) -> Self:
        """Take the process's own environment when none is given."""
        return cls(home, os.environ if env is None else env)

    def sealer(self, purpose: Purpose) -> Sealer:
        if (public := self._find(purpose, "public")) is not None:
            return Sealer(purpose, public)
        if (private := self._find(purpose, "private")) is not None:
            return Sealer(purpose, bytes(PrivateKey(private).public_key))
        raise self._missing(purpose, "public")

    def opener(self, purpose: Purpose) -> Opener:
        if (private := self._find(purpose, "private")) is None:
            raise self._missing(purpose, "private")
        return Opener(purpose, private)

    def thread(self) -> ThreadKeys:
        given = self.env.get(_variable(THREAD)) or self._read(THREAD)
        if not given:
            raise self._missing(THREAD, None)
        # several are told apart by white space or commas, the one that signs first
        keys = [_decoded(part, THREAD) for part in given.replace(",", " ").split()]
        return ThreadKeys({hashlib.sha256(key).hexdigest()[:8]: key for key in keys})

    def _find(self, purpose: Purpose, half: str) -> bytes | None:
        given = self.env.get(_variable(purpose, half)) or self._read(f"{purpose}.{half}")
        return _decoded(given, f"{purpose} ({half})") if given else None

    def _read(self, name: str) -> str | None:
        if self.home is None:
            return None
        try:
            return (self.home / "keys" / name).read_text()
        except FileNotFoundError:
            return None

    def _missing(self, purpose: str, half: str | None) -> KeyMissing:
        variable = _variable(purpose, *([half] if half else []))
        place = f" in {self.home / 'keys'}" if self.home else ""
        return KeyMissing(
            f"no {half or 'signing'} key for {purpose}{place}: run `postroom keys make`, or set {variable}",
            code="key_missing",
        )


def make_keys(home: Path) -> None:
    """Create the keys that are missing; what is there stays, since sealed secrets depend on it."""
    folder = home / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for purpose in PURPOSES:
        private = _kept(folder / f"{purpose}.private", bytes(PrivateKey.generate()))
        _kept(folder / f"{purpose}.public", bytes(PrivateKey(private).public_key))
    _kept(folder / THREAD, secrets.token_bytes(KEY_BYTES))


def rotate_thread_key(home: Path) -> int:
    """Put a new key of thread tokens before the others; return how many there are. The older ones go on
    recognising what they signed.

    Raises:
        KeyMissing: there is none to follow.
        KeyMalformed: the file holds what is no key.
    """
    path = home / "keys" / THREAD
    known = Keys(home, {}).thread()
    lines = [base64.b64encode(key).decode() for key in (secrets.token_bytes(KEY_BYTES), *known.keys.values())]
    _aside(path, lines).replace(path)
    return len(lines)


def _kept(path: Path, key: bytes) -> bytes:
    """Write the key whole unless the file is there; return what the file holds, whoever was first."""
    aside = _aside(path, [base64.b64encode(key).decode()])
    try:
        try:
            os.link(aside, path)
        except FileExistsError:
            return _decoded(path.read_text().split()[0], path.name)
        return key
    finally:
        aside.unlink()


def _aside(path: Path, lines: Sequence[str]) -> Path:
    """Write a file beside `path`, to take its place whole."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return aside


def _decoded(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMalformed(f"the key for {name} is not {KEY_BYTES} bytes in base64", code="key_malformed")
    return key


def _variable(purpose: str, half: str = "") -> str:
    return "_".join(("POSTROOM_KEY", *(part for part in (purpose, half) if part))).upper().replace("-", "_")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _begins(whole: bytes, part: bytes) -> bool:
    return hmac.compare_digest(whole[: len(part)], part)
