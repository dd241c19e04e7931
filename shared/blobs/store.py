"""Bytes by their hash: what a blob store promises, whichever keeps them."""

import re
from collections.abc import AsyncIterator
from typing import Protocol

from shared.contracts.errors import Permanent

TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobMissing(Permanent):
    """No such bytes are kept."""


class BlobDamaged(Permanent):
    """What is kept is not what was put: the storage lost or changed it."""


class BlobStore(Protocol):
    async def put(self, tenant: str, data: bytes) -> str:
        """Keep `data` durably before returning its SHA-256 in hex, by which it is found again.

        The same bytes may be put any number of times, also at once.
        """

    async def get(self, tenant: str, sha: str) -> bytes:
        """The bytes, checked against their hash. Raises BlobMissing or BlobDamaged."""

    async def exists(self, tenant: str, sha: str) -> bool: ...

    async def remove(self, tenant: str, sha: str) -> bool:
        """Remove the bytes for good; False when they were not there. Whoever asks knows that no row names
        them."""

    def names(self, tenant: str) -> AsyncIterator[list[str]]:
        """Name every blob of a tenant, some hundred at a time."""

    async def clear(self, tenant: str) -> int:
        """Remove every blob of a tenant; returns how many."""


def key_of(tenant: str, sha: str) -> tuple[str, str, str, str]:
    """The parts of a blob's place: tenant, two levels to keep folders small, the hash."""
    if not SHA256.fullmatch(sha):
        raise ValueError(f"{sha!r} is not a SHA-256 in hex")
    return folder_of(tenant), sha[:2], sha[2:4], sha


def folder_of(tenant: str) -> str:
    """Where the blobs of a tenant begin."""
    if not TENANT.fullmatch(tenant):
        raise ValueError(f"{tenant!r} cannot name a tenant: letters, digits, dot, hyphen and underscore")
    return tenant
