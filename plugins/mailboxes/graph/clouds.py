"""Microsoft's clouds, and the endpoints that replace them when Graph is somewhere else."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CloudName(StrEnum):
    GLOBAL = "global"
    US_GOV = "us-gov"
    US_DOD = "us-dod"
    CHINA = "china"


@dataclass(frozen=True)
class Cloud:
    """Where one cloud signs in, where its Graph is, and where it lets attachments be uploaded."""

    authority: str
    graph: str
    upload_hosts: tuple[str, ...]


CLOUDS = {
    CloudName.GLOBAL: Cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        ("outlook.office.com", "outlook.office365.com"),
    ),
    CloudName.US_GOV: Cloud(
        "https://login.microsoftonline.us", "https://graph.microsoft.us", ("outlook.office365.us",)
    ),
    CloudName.US_DOD: Cloud(
        "https://login.microsoftonline.us", "https://dod-graph.microsoft.us", ("outlook-dod.office365.us",)
    ),
    CloudName.CHINA: Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        ("partner.outlook.cn",),
    ),
}


class Overrides(BaseSettings):
    """Endpoints from the environment, for a sandbox or a gateway; read at each connect."""

    model_config = SettingsConfigDict(
        env_prefix="POSTROOM_GRAPH_", env_ignore_empty=True, use_attribute_docstrings=True
    )

    base_url: str | None = None
    """Graph's root; the version is added when it has no path."""
    authority: str | None = None
    """Where tokens come from; the tenant is added when it has no path."""
    ca_file: str | None = None
    """PEM file of the only authorities that are trusted then."""
    identity_tenants: str | None = None
    """Tenants of this installation, with commas, whose mailboxes may sign in as this machine (`federated`,
    `managed_identity`). None: nobody's."""
    federated_token_file: Path | None = Field(
        None,
        validation_alias=AliasChoices("POSTROOM_GRAPH_FEDERATED_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE"),
    )
    """The token of another issuer for `federated`. None: what AZURE_FEDERATED_TOKEN_FILE names."""

    def lends_identity_to(self, tenant: str) -> bool:
        """Whether a tenant's mailboxes may be signed in to with what this machine is."""
        return tenant in {name.strip() for name in (self.identity_tenants or "").split(",")} - {""}


@dataclass(frozen=True)
class Endpoints:
    """Where one connection goes."""

    base_url: str
    authority: str
    """With the tenant."""
    scope: str
    ca_file: str | None
    upload_hosts: tuple[str, ...]


def endpoints_of(name: CloudName, tenant_id: str, overrides: Overrides) -> Endpoints:
    """The endpoints of a cloud, with what the environment says instead."""
    cloud = CLOUDS[name]
    base_url = _with_path(overrides.base_url or cloud.graph, "v1.0")
    own_host = urlsplit(base_url).hostname if overrides.base_url else None
    return Endpoints(
        base_url=base_url,
        authority=_with_path(overrides.authority or cloud.authority, tenant_id),
        scope=f"{cloud.graph}/.default",
        ca_file=overrides.ca_file,
        upload_hosts=(*cloud.upload_hosts, *([own_host] if own_host else ())),
    )


def _with_path(url: str, path: str) -> str:
    plain = url.rstrip("/")
    return plain if urlsplit(plain).path else f"{plain}/{path}"
