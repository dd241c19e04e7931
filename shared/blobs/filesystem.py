"""Blobs in a folder: written aside, synced, renamed; a reader sees the whole of one or nothing."""

import asyncio
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from shared.blobs.store import SHA256, BlobDamaged, BlobMissing, folder_of, key_of

INCOMING = ".incoming"
"""Where blobs are written before they are whole; no tenant's name begins with a dot."""


class FilesystemBlobs:
    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, tenant: str, data: bytes) -> str:
        return await asyncio.to_thread(self._put, tenant, data)

    async def get(self, tenant: str, sha: str) -> bytes:
        return await asyncio.to_thread(self._get, tenant, sha)

    async def exists(self, tenant: str, sha: str) -> bool:
        return await asyncio.to_thread(self.path(tenant, sha).is_file)

    async def remove(self, tenant: str, sha: str) -> bool:
        return await asyncio.to_thread(self._remove, self.path(tenant, sha))

    async def names(self, tenant: str) -> AsyncIterator[list[str]]:
        root = self._root / folder_of(tenant)
        for folder in await asyncio.to_thread(lambda: sorted(root.glob("??/??"))):
            names = await asyncio.to_thread(os.listdir, folder)
            yield sorted(name for name in names if SHA256.fullmatch(name))

    async def clear(self, tenant: str) -> int:
        count = sum([len(names) async for names in self.names(tenant)])
        await asyncio.to_thread(shutil.rmtree, self._root / folder_of(tenant), ignore_errors=True)
        return count

    async def kept(self, tenant: str, sha: str) -> Path:
        """Where the blob is kept, for whoever reads it as a file.

        Raises:
            BlobMissing: no such bytes are kept.
        """
        if not await self.exists(tenant, sha):
            raise _missing(tenant, sha)
        return self.path(tenant, sha)

    def path(self, tenant: str, sha: str) -> Path:
        """Where the blob is kept, or would be."""
        return self._root.joinpath(*key_of(tenant, sha))

    async def clear_leftovers(self, older_than: timedelta) -> int:
        """Remove what writers that died have left aside; returns how many files."""
        return await asyncio.to_thread(self._clear_leftovers, older_than)

    def _put(self, tenant: str, data: bytes) -> str:
        sha = hashlib.sha256(data).hexdigest()
        path = self.path(tenant, sha)
        if _kept(path, len(data)):
            return sha
        incoming = self._root / INCOMING
        _make_folder(incoming)
        _make_folder(path.parent)
        written = _write_aside(incoming, data)
        try:
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return sha

    @staticmethod
    def _remove(path: Path) -> bool:
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        return True

    def _get(self, tenant: str, sha: str) -> bytes:
        try:
            data = self.path(tenant, sha).read_bytes()
        except FileNotFoundError as error:
            raise _missing(tenant, sha) from error
        if hashlib.sha256(data).hexdigest() != sha:
            raise BlobDamaged(f"blob {sha} of tenant {tenant} is damaged", code="blob_damaged")
        return data

    def _clear_leftovers(self, older_than: timedelta) -> int:
        before = time.time() - older_than.total_seconds()
        incoming = self._root / INCOMING
        old = [path for path in incoming.glob("*") if _modified(path) < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _missing(tenant: str, sha: str) -> BlobMissing:
    return BlobMissing(f"blob {sha} of tenant {tenant} is missing", code="blob_missing")


def _kept(path: Path, size: int) -> bool:
    """Whether the whole blob is there; it then counts as new, so that no sweep of old ones takes it."""
    try:
        if path.stat().st_size != size:
            return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _write_aside(folder: Path, data: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _make_folder(folder: Path) -> None:
    """Make a folder and what leads to it, so that a crash of the machine does not take them back."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
