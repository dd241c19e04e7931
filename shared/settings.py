"""What a process is told by its environment; each name begins with POSTROOM_."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from platformdirs import user_data_path
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Transport = Literal["rabbit", "embedded"]


class ProcessSettings(BaseSettings):
    """Nothing here is required: with no URL a private server is started, where the process needs one."""

    model_config = SettingsConfigDict(env_prefix="POSTROOM_", frozen=True, env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: user_data_path("postroom"))
    """Keys, blobs and private servers."""
    blobs: Path | None = None
    """A folder that every process shares; None: in `home`."""

    # URLs hold passwords, so no repr shows them
    database_url: str | None = Field(default=None, repr=False)
    listen_database_url: str | None = Field(default=None, repr=False)
    """Reaches the server itself where `database_url` reaches a pooler."""
    redis_url: str | None = Field(default=None, repr=False)
    broker_url: str | None = Field(default=None, repr=False)
    transport: Transport = Field(
        default_factory=lambda given: "rabbit" if given.get("broker_url") else "embedded"
    )

    desk_host: str = "127.0.0.1"
    """The address that the desk listens on; 0.0.0.0 behind a proxy or in a container."""
    desk_port: int = Field(default=8025, ge=1, le=65535)
    health_port: int | None = Field(default=None, ge=0, le=65535)
    """None: no health endpoint; 0: any free port."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    lease: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0))
    """How long a worker may take over a due row before another one takes it."""
    parser_workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=1)
    """Child processes that read mail."""

    @model_validator(mode="after")
    def _rabbit_has_a_broker(self) -> Self:
        if self.transport == "rabbit" and self.broker_url is None:
            raise ValueError("the transport rabbit needs POSTROOM_BROKER_URL")
        return self

    @property
    def listening_url(self) -> str | None:
        """Where LISTEN is heard."""
        return self.listen_database_url or self.database_url
