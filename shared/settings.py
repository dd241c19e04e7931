"""What a process is told by its environment; each name begins with POSTROOM_."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Transport = Literal["rabbit", "embedded"]


class ProcessSettings(BaseSettings):
    """Nothing here is required: with no URL a private server is started, where the process needs one.

    What stands under a field is its line in docs/configuration.md.
    """

    model_config = SettingsConfigDict(
        env_prefix="POSTROOM_", frozen=True, env_ignore_empty=True, use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=lambda: user_data_path("postroom"))
    """The folder of keys, blobs and private servers."""
    blobs: Path | None = None
    """A folder of mails and files that every process shares. None: `blobs` in the home."""

    config: Path | None = None
    """A TOML file that names resources, actions and filters of your own, as `postroom config example` prints
    it. None: there are none."""

    # URLs hold passwords, so no repr shows them
    database_url: str | None = Field(default=None, repr=False)
    """PostgreSQL 15 or later, as `postgresql://USER:PASSWORD@HOST/DATABASE`. None: a private server under the
    home. The parser needs none."""
    listen_database_url: str | None = Field(default=None, repr=False)
    """Reaches the server itself, where the database URL reaches a pooler. None: the database URL."""
    redis_url: str | None = Field(default=None, repr=False)
    """Redis, as `redis://HOST:6379/0`. None: a private server under the home."""
    broker_url: str | None = Field(default=None, repr=False)
    """RabbitMQ, as `amqp://USER:PASSWORD@HOST/VHOST`, for one process a service."""
    transport: Transport = Field(
        default_factory=lambda given: "rabbit" if given.get("broker_url") else "embedded"
    )
    """How messages travel: over RabbitMQ, or through tables of the database within one process."""

    desk_host: str = "127.0.0.1"
    """The address that the desk listens on; 0.0.0.0 behind a proxy or in a container."""
    desk_port: int = Field(default=8025, ge=1, le=65535)
    """The port that the desk listens on."""
    public_url: str | None = None
    """Where the desk is reached from the internet, as `https://desk.example.com`: there, below `/hooks/`,
    Microsoft tells of new mail; mail to employees links there. None: new mail is found by looking alone, and
    there are no links."""
    health_port: int | None = Field(default=None, ge=0, le=65535)
    """The port of `/health`, `/ready` and `/metrics`. None or 0: there are no such pages."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged: this level and those above it."""
    log_format: Literal["json", "console"] = "json"
    """For machines or for people."""
    lease: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0))
    """How long a worker may take over a due row before another one takes it."""
    largest_mail: int = Field(default=150_000_000, ge=1_000_000)
    """Bytes of the largest mail that is fetched; a larger one is quarantined and stays in its mailbox.
    Exchange Online delivers none above 150 MB."""
    app_requests_at_once: int | None = Field(default=None, ge=1)
    """Requests at once that one app may have at its provider, over all mailboxes and processes. None: only
    each mailbox's own limit counts."""
    private_webhooks: bool = False
    """Whether webhooks may call addresses of your own network, loopback and link-local ones too. Whoever
    sets up triggers then reaches what triggers reaches."""
    private_providers: bool = False
    """Whether OpenID providers, by whom people sign in, may be in your own network, loopback and link-local
    addresses too; they are then asked by HTTPS_PROXY where it is set. Administrators of every tenant then see
    what answers the desk there."""
    parser_workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=1)
    """Child processes of one parser that read mail."""
    parser_memory: int = Field(default=1_500_000_000, ge=300_000_000)
    """Bytes of memory that each of them may have; a mail that needs more is quarantined."""

    @model_validator(mode="after")
    def _rabbit_has_a_broker(self) -> Self:
        if self.transport == "rabbit" and self.broker_url is None:
            raise ValueError("the transport rabbit needs POSTROOM_BROKER_URL")
        return self

    @field_validator("public_url")
    @classmethod
    def _is_reached_over_tls(cls, url: str | None) -> str | None:
        """Plain http is for a sandbox: on this machine, or in a network of containers."""
        if url is None:
            return None
        parts = urlsplit(url)
        host = parts.hostname or ""
        near = host in {"127.0.0.1", "::1"} or "." not in host
        secure = parts.scheme == "https" or (parts.scheme == "http" and near)
        if not host or parts.query or parts.fragment or not secure:
            raise ValueError("it is an https address, such as https://desk.example.com")
        return url.rstrip("/")

    @property
    def desk_url(self) -> str:
        """Where a browser finds the desk; on this machine unless it is reached from elsewhere."""
        return (self.public_url or f"http://127.0.0.1:{self.desk_port}").rstrip("/")

    @property
    def listening_url(self) -> str | None:
        """Where LISTEN is heard."""
        return self.listen_database_url or self.database_url
