"""Touch the disk: off the event loop, and with every error told as a verdict."""

import asyncio
import errno
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from shared.contracts.errors import Permanent, Transient

_T = TypeVar("_T")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR}


class Hands:
    """The threads of one mailbox: a file system that hangs holds up no other mailbox."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="maildir")

    async def do(self, work: Callable[[], _T]) -> _T:
        """Do it in a thread. A caller who gives up leaves the thread to itself."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Tell an error of the file system as a verdict about `what`."""
    try:
        yield
    except OSError as error:
        raise verdict(what, error) from error


def verdict(what: str, error: OSError) -> Transient | Permanent:
    number = error.errno or 0
    if number in _NO_FOLDER:
        return Permanent(f"{what} is not there", code="folder_not_found")
    if number in _NO_RIGHT:
        return Permanent(f"{what}: {os.strerror(number)}", code="not_permitted")
    if number == errno.ELOOP:
        return Permanent(f"{what} is a symbolic link", code="symlink")
    if number in _NO_ROOM:
        return Transient(f"{what}: {os.strerror(number)}", code="no_room")
    return Transient(f"{what}: {os.strerror(number)}", code=errno.errorcode.get(number, "disk"))


def read_plain(path: Path) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file, and what it was after they were read; no link is followed.

    Raises:
        OSError: as it comes; FileNotFoundError when somebody was quicker.
        Permanent: it is no regular file.
    """
    # a pipe must not keep us waiting for its other end
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:  # noqa: PTH123 - opened by number
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Permanent("it is not a regular file", code="not_a_file")
        content = file.read()
        return content, os.fstat(number)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, and return once it is on the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def rename(path: Path, target: Path) -> None:
    """Rename, and return once that is on the disk. Nothing is ever written over.

    Raises:
        Permanent: there is another file of that name.
        FileNotFoundError: somebody was quicker.
    """
    path.lstat()
    if os.path.lexists(target):
        path.lstat()  # somebody who was quicker may have moved this one there
        raise Permanent("there is another file of that name", code="name_taken")
    path.rename(target)
    for folder in {path.parent, target.parent}:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
