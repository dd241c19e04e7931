"""Mail on its way out, as files whose folder is their state: `prepared`, `sending`, and where it left to.

A mail's name is made of our key, so each state is one look, and every step is one rename, which only one of
two workers can do. What stands in `sending` was being handed over, and nobody said how that ended.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from plugins.mailboxes.maildir.disk import read_plain, rename, sync_folder, told, write_whole
from plugins.mailboxes.maildir.ground import real
from plugins.mailboxes.maildir.layouts import as_name
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Prepared, Sent, Unconfirmed


@dataclass(frozen=True)
class Outbox:
    """The folder for outgoing mail of one mailbox. Every call touches the disk."""

    root: Path
    place: Path
    leaves_to: str
    """Where in it a mail stands that has left: `sent`, or the folder itself for others to take it from."""

    def prepare(self, mime: bytes, key: str) -> str:
        """Lay a mail ready. One that is under the key already, in whatever state, is taken as it is."""
        handle = sha256(key.encode()).hexdigest()[:40]
        with _waiting():
            self._open()
            if not any(os.path.lexists(self._in(state, handle)) for state in self._states):
                unfinished = self._folder("prepared") / f".{uuid4()}"
                write_whole(unfinished, mime)
                unfinished.replace(self._in("prepared", handle))
                sync_folder(self._folder("prepared"))
        return handle

    def read(self, handle: str) -> bytes:
        with _waiting(), _may_have_left():
            return read_plain(self._in("prepared", handle))[0]

    def begin(self, handle: str) -> None:
        """Note that it is being handed over. Of two workers the second one is told that it may have left."""
        self._becomes(handle, "prepared", "sending")

    def take_back(self, handle: str) -> None:
        """Note that it was refused: it has not left."""
        self._becomes(handle, "sending", "prepared")

    def end(self, handle: str) -> None:
        """Note that it has left."""
        self._becomes(handle, "sending", self.leaves_to)

    def hand_over(self, handle: str) -> None:
        """Let it leave by standing where others take it from."""
        self._becomes(handle, "prepared", self.leaves_to)

    def discard(self, handle: str) -> None:
        with _waiting():
            self._in("prepared", handle).unlink(missing_ok=True)

    def find(self, handle: str | None, key: str) -> Sent | Prepared | Unconfirmed | None:
        """Look along the way a mail goes, so that one that goes on meanwhile is not overlooked."""
        handle = handle or sha256(key.encode()).hexdigest()[:40]
        with _waiting():
            if os.path.lexists(self._in("prepared", handle)):
                return Prepared(handle)
            if os.path.lexists(self._in("sending", handle)):
                return Unconfirmed("the mail server did not say whether it took the mail")
            try:
                content, _ = read_plain(self._in(self.leaves_to, handle))
            except FileNotFoundError:
                return None
        header = BytesHeaderParser(policy=SMTP).parsebytes(content)
        return Sent(str(header["Message-ID"] or "").strip(" <>") or None)

    def try_out(self) -> None:
        """Write a file, rename it and remove it, as a mail would be."""
        with _waiting():
            self._open()
            name = f".{uuid4()}"
            write_whole(self._folder("prepared") / name, b"Postroom doctor\r\n")
            rename(self._folder("prepared") / name, self._folder(self.leaves_to) / name)
            (self._folder(self.leaves_to) / name).unlink()

    @property
    def _states(self) -> tuple[str, ...]:
        return ("prepared", "sending", self.leaves_to)

    def _open(self) -> None:
        """Make what is missing of our own folders, but never the mailbox itself."""
        self._real(self.place).mkdir(exist_ok=True)
        for state in self._states:
            self._folder(state).mkdir(exist_ok=True)

    def _becomes(self, handle: str, before: str, after: str) -> None:
        with _waiting(), _may_have_left():
            rename(self._in(before, handle), self._in(after, handle))

    def _in(self, state: str, handle: str) -> Path:
        return self._folder(state) / f"{as_name(handle)}.eml"

    def _folder(self, state: str) -> Path:
        return self._real(self.place / state)

    def _real(self, folder: Path) -> Path:
        return real(self.root, folder)


@contextmanager
def _waiting() -> Iterator[None]:
    """Whatever is wrong with the folder, mail waits until it is put right."""
    try:
        with told("the folder for outgoing mail"):
            yield
    except Permanent as error:
        raise Transient(error.reason, code=error.code) from error


@contextmanager
def _may_have_left() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Transient("what was prepared is not there; it may have left", code="not_prepared") from error
