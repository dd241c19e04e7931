"""Whom TLS trusts: the public authorities, or those of one file and no other."""

import ssl
from functools import lru_cache
from pathlib import Path

import httpx

from shared.contracts.errors import Permanent


def trust(ca_file: str | None) -> ssl.SSLContext:
    """A context for clients; made once for each version of the file, because making one is slow.

    Raises:
        Permanent: the file is missing or holds no certificate.
    """
    if ca_file is None:
        return _public()
    try:
        return _only(ca_file, Path(ca_file).stat().st_mtime_ns)
    except OSError as error:  # ssl.SSLError is one too
        raise Permanent(f"the CA file {ca_file} cannot be used", code="ca_file") from error


@lru_cache(maxsize=1)
def _public() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@lru_cache(maxsize=8)
def _only(ca_file: str, _changed: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
