"""Blobs in a folder."""

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from shared.blobs.filesystem import INCOMING, FilesystemBlobs
from shared.blobs.store import BlobDamaged, BlobMissing, BlobStore
from shared.contracts.errors import Permanent

DATA = b"From: a@example.com\r\n\r\nhello\r\n"
SHA = hashlib.sha256(DATA).hexdigest()


async def test_what_was_put_is_found_by_its_hash(blobs: FilesystemBlobs) -> None:
    store: BlobStore = blobs
    assert await store.put("acme", DATA) == SHA
    assert await store.get("acme", SHA) == DATA
    assert await store.exists("acme", SHA)


async def test_a_blob_lies_under_its_tenant_and_hash(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    assert blobs.path("acme", SHA).parts[-4:] == ("acme", SHA[:2], SHA[2:4], SHA)
    assert blobs.path("acme", SHA).read_bytes() == DATA


async def test_a_blob_of_another_tenant_is_missing(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    assert not await blobs.exists("other", SHA)
    with pytest.raises(BlobMissing) as missing:
        await blobs.get("other", SHA)
    assert isinstance(missing.value, Permanent)


async def test_a_blob_is_read_as_a_file_only_when_it_is_there(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    assert await blobs.kept("acme", SHA) == blobs.path("acme", SHA)
    with pytest.raises(BlobMissing):
        await blobs.kept("other", SHA)


async def test_the_same_bytes_are_written_once(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    written = blobs.path("acme", SHA).stat().st_ino
    await blobs.put("acme", DATA)
    assert blobs.path("acme", SHA).stat().st_ino == written


async def test_putting_again_makes_a_blob_new_for_the_sweep_of_old_ones(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    os.utime(blobs.path("acme", SHA), (0, 0))
    await blobs.put("acme", DATA)
    assert blobs.path("acme", SHA).stat().st_mtime > 0


async def test_many_at_once_put_one_blob(blobs: FilesystemBlobs, home: Path) -> None:
    assert set(await asyncio.gather(*(blobs.put("acme", DATA) for _ in range(32)))) == {SHA}
    assert await blobs.get("acme", SHA) == DATA
    assert list((home / "blobs" / INCOMING).iterdir()) == []


async def test_many_at_once_put_different_blobs(blobs: FilesystemBlobs) -> None:
    data = [str(number).encode() * 1000 for number in range(64)]
    names = await asyncio.gather(*(blobs.put("acme", each) for each in data))
    assert await asyncio.gather(*(blobs.get("acme", name) for name in names)) == data


async def test_damaged_bytes_are_not_returned(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    blobs.path("acme", SHA).write_bytes(DATA[::-1])
    with pytest.raises(BlobDamaged):
        await blobs.get("acme", SHA)


async def test_a_cut_blob_is_healed_by_putting_it_again(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    blobs.path("acme", SHA).write_bytes(DATA[:5])
    await blobs.put("acme", DATA)
    assert await blobs.get("acme", SHA) == DATA


async def test_what_a_dead_writer_left_is_no_blob_and_is_cleared(blobs: FilesystemBlobs, home: Path) -> None:
    await blobs.put("acme", DATA)
    left, new = (home / "blobs" / INCOMING / name for name in ("left", "new"))
    for path in (left, new):
        path.write_bytes(DATA[:5])
    os.utime(left, (0, 0))
    assert await blobs.clear_leftovers(timedelta(hours=48)) == 1
    assert not left.exists()
    assert new.exists()
    assert await blobs.get("acme", SHA) == DATA


async def test_nobody_else_reads_the_files(blobs: FilesystemBlobs) -> None:
    await blobs.put("acme", DATA)
    path = blobs.path("acme", SHA)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("tenant", "sha"),
    [("..", SHA), (".incoming", SHA), ("a/b", SHA), ("", SHA), ("acme", "../x"), ("acme", SHA.upper())],
)
async def test_a_name_cannot_lead_out_of_the_store(blobs: FilesystemBlobs, tenant: str, sha: str) -> None:
    with pytest.raises(ValueError, match=r"tenant|SHA-256"):
        await blobs.get(tenant, sha)
