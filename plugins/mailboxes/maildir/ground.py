"""What the environment gives: the root of all folders, and the mail servers that may be used.

What is wrong with it is `Transient`: mail waits until the operator has put it right.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.errors import Permanent, Transient


class Ground(BaseSettings):
    """Read at each connect."""

    model_config = SettingsConfigDict(
        env_prefix="POSTROOM_MAILDIR_", env_ignore_empty=True, use_attribute_docstrings=True
    )

    root: Path | None = None
    """The folder below which mailboxes of the provider `maildir` lie, each tenant's in a folder of its own.
    None: that provider cannot be used."""
    smtp: str | None = None
    """Mail servers that such a mailbox may send through, separated by commas; the first serves those that
    name none. `starttls://HOST:587`, `tls://HOST:465` or, on this machine only, `plain://localhost:25`."""
    smtp_password: SecretStr | None = None
    """The password of mailboxes that have a user name there and no secret of their own."""
    smtp_ca_file: str | None = None
    """PEM file of the only authorities that are trusted then. None: those of the system."""
    smtp_timeout: float = 60
    """Seconds that a mail server may take for one answer."""


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.PLAIN: 25}


@dataclass(frozen=True)
class Server:
    """A mail server that the operator has named."""

    host: str
    port: int
    security: Security

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def home_of(ground: Ground, tenant: str, directory: str) -> Path:
    """The folder of a mailbox: below the root, in its tenant's part of it.

    Raises:
        Transient: the environment names no root.
    """
    if ground.root is None:
        raise Transient("POSTROOM_MAILDIR_ROOT is not set for this process", code="maildir_root")
    if not ground.root.is_absolute():
        raise Transient("POSTROOM_MAILDIR_ROOT is not an absolute path", code="maildir_root")
    assert tenant, "each tenant has a part of its own"
    return ground.root / tenant / directory


def real(root: Path, folder: Path) -> Path:
    """A folder below the root as it really lies.

    Raises:
        Permanent: a symbolic link below the root leads elsewhere.
    """
    base = os.path.realpath(root)
    wanted = os.path.join(base, folder.relative_to(root))  # noqa: PTH118 - Path has no realpath that keeps what is missing
    if os.path.realpath(wanted) != wanted:
        raise Permanent(f"{folder.name} is a symbolic link or lies behind one", code="symlink")
    return Path(wanted)


def server_of(ground: Ground, wanted: str) -> Server:
    """The server that a mailbox names, as HOST or HOST:PORT, among those that it may use.

    Raises:
        Transient: there is none, or it is not one of these.
    """
    servers = _servers(ground.smtp or "")
    if not servers:
        raise Transient("POSTROOM_MAILDIR_SMTP names no mail server for this process", code="smtp_servers")
    for server in servers:
        if wanted.lower() in {"", server.host, str(server)}:
            return server
    raise Transient(f"{wanted} is not among the servers of POSTROOM_MAILDIR_SMTP", code="smtp_server")


def _servers(text: str) -> list[Server]:
    return [_server(part.strip()) for part in text.split(",") if part.strip()]


def _server(text: str) -> Server:
    wrong = f"POSTROOM_MAILDIR_SMTP: {text} is not such as starttls://mail.example.com:587"
    try:
        url = urlsplit(text)
        security, host, port = Security(url.scheme), url.hostname, url.port
    except ValueError as error:
        raise Transient(wrong, code="smtp_servers") from error
    if not host or url.path or url.username or url.query:
        raise Transient(wrong, code="smtp_servers")
    if security is Security.PLAIN and not _is_here(host):
        raise Transient(f"POSTROOM_MAILDIR_SMTP: {host} is not this machine; use TLS", code="smtp_servers")
    return Server(host, port or _PORTS[security], security)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
