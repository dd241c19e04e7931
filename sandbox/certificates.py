"""The sandbox's own certificate authority and the server certificate it signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme

_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Certificates:
    authority: Path
    """What a client must trust."""
    server: Path
    """Private key and chain, readable by the owner only."""


def certificates_in(folder: Path, names: Sequence[str] = ()) -> Certificates:
    """The certificates kept in `folder`; made at the first start, for this machine and for `names`. The
    authority's key is not kept."""
    found = Certificates(folder / "ca.pem", folder / "server.pem")
    if not (found.authority.exists() and found.server.exists()):
        authority = trustme.CA(organization_name="Graph sandbox")
        found.server.touch(mode=0o600)
        authority.issue_cert(*_HOSTS, *names).private_key_and_cert_chain_pem.write_to_path(str(found.server))
        authority.cert_pem.write_to_path(str(found.authority))
    return found
