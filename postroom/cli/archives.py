"""What is exported: JSON lines, mails and blobs in a folder or a .zip, written one after the other.

A new archive appears under its name when it is whole; nothing is written over.
"""

import json
import shutil
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from pydantic import JsonValue

from shared.contracts.errors import Permanent


class Place(Protocol):
    """Where files are put by name."""

    def file(self, name: str) -> IO[bytes]: ...

    def close(self) -> None: ...


class Archive:
    """Counts what it holds; that is its manifest."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.counts: Counter[str] = Counter()

    async def lines(self, name: str, lines: AsyncIterator[str]) -> None:
        """Write a file of lines; none when there are no lines."""
        first = await anext(lines, None)
        if first is None:
            return
        with self._place.file(f"{name}.jsonl") as file:
            file.write(f"{first}\n".encode())
            self.counts[name] += 1
            async for line in lines:
                file.write(f"{line}\n".encode())
                self.counts[name] += 1

    def put(self, name: str, content: bytes) -> None:
        """Write a file; it is counted by its folder."""
        with self._place.file(name) as file:
            file.write(content)
        self.counts[name.partition("/")[0]] += 1

    def manifest(self, **facts: JsonValue) -> None:
        told = facts | {"counts": dict(sorted(self.counts.items()))}
        with self._place.file("manifest.json") as file:
            file.write(json.dumps(told, indent=2).encode())


@contextmanager
def archive_at(path: Path) -> Iterator[Archive]:
    """Open an archive: a .zip by that ending, else a folder.

    Raises:
        Permanent: something is there already.
    """
    if path.exists():
        raise Permanent(f"{path} is there already; name another one", code="exists")
    unfinished = path.with_name(f"{path.name}.unfinished")
    _remove(unfinished)
    place: Place = _Zip(unfinished) if path.suffix == ".zip" else _Folder(unfinished)
    try:
        yield Archive(place)
        place.close()
        unfinished.rename(path)
    finally:
        _remove(unfinished)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(mode=0o700, parents=True)

    def file(self, name: str) -> IO[bytes]:
        path = self._path / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return path.open("wb")

    def close(self) -> None:
        """Nothing: every file is closed."""


class _Zip:
    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def file(self, name: str) -> IO[bytes]:
        return self._zip.open(name, "w", force_zip64=True)

    def close(self) -> None:
        self._zip.close()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
