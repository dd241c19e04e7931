"""Who uses a private server and whether it lives: locks that end with the processes that hold them."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from shared.contracts.errors import Permanent

SOCKET_BYTES = 100
"""A unix socket's path holds 107 bytes on Linux, 103 on macOS."""

LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


class ServerFailed(Permanent):
    """The private server does not start or does not answer."""


class Holding:
    """One private server of a home, shared by every process that works there.

    The server itself inherits a lock, so that it is known to live while the lock is held, whatever
    process ids say. Each user holds a shared lock: the last one to leave stops the server, one that was
    killed counts no more, and a server left behind is found again.
    """

    def __init__(self, home: Path, name: str) -> None:
        self._home = home
        self._name = name
        self._use: int | None = None

    def enter(self, launch: Callable[[int], None], find: Callable[[], str | None], seconds: float) -> str:
        """Return what `find` finds, after `launch` where no server lives; it gets the lock to pass on."""
        self._home.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            if self._use is None:
                self._use = self._open("users")
                undo.callback(self._release)
                fcntl.flock(self._use, fcntl.LOCK_SH)
            found = self._wait(launch, find, time.monotonic() + seconds)
            undo.pop_all()
        return found

    def leave(self, stop: Callable[[], None]) -> None:
        """Call `stop` when nobody else uses the server. Leaving twice does nothing."""
        if self._use is None:
            return
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop()
        except BlockingIOError:
            pass
        finally:
            self._release()

    def _wait(self, launch: Callable[[int], None], find: Callable[[], str | None], deadline: float) -> str:
        while (found := self._launched(launch, find)) is None:
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"the private {self._name} of {self._home} is held by a process and does not answer",
                    code="server_held",
                )
            time.sleep(0.05)
        return found

    def _launched(self, launch: Callable[[int], None], find: Callable[[], str | None]) -> str | None:
        lock = self._open("lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            launch(lock)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
        return find()

    def _release(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    def _open(self, kind: str) -> int:
        return os.open(self._home / f"{self._name}.{kind}", os.O_RDWR | os.O_CREAT, 0o600)


def socket_folder(wanted: Path) -> Path:
    """`wanted` when a socket's path fits there; else a new private folder that is short."""
    if len(os.fsencode(wanted / LONGEST_SOCKET_NAME)) <= SOCKET_BYTES:
        wanted.mkdir(mode=0o700, exist_ok=True)
        return wanted
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"))  # noqa: S108 - mkdtemp makes it ours alone
    fits = len(os.fsencode(runtime / "postroom-12345678" / LONGEST_SOCKET_NAME)) <= SOCKET_BYTES
    usable = fits and os.access(runtime, os.W_OK | os.X_OK)
    return Path(tempfile.mkdtemp(prefix="postroom-", dir=runtime if usable else "/tmp"))  # noqa: S108 - as above
