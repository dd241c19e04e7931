"""The registered apps: how each proves who it is, and what it may do. Changes last as long as the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

ROLES = ("Mail.ReadWrite", "Mail.Send", "User.Read.All")
EXCHANGE = "api://AzureADTokenExchange"


@dataclass(frozen=True)
class Federated:
    """Another issuer's word that the app takes for its own."""

    issuer: str
    subject: str
    key: str
    """The issuer's public key, as PEM."""
    audience: str = EXCHANGE


@dataclass(frozen=True)
class App:
    client_id: str
    secret: str | None = field(default=None, repr=False)
    secret_expires_at: datetime | None = None
    certificates: tuple[str, ...] = ()
    """PEM, without keys."""
    federated: tuple[Federated, ...] = ()
    roles: tuple[str, ...] = ROLES
    """Application permissions, as tokens carry them."""
    identity: bool = False
    """The identity endpoint speaks for it: it is a managed identity of this machine."""


IDENTITY = App("0dd1d000-5ca1-4b1e-9a0e-7d6c5b4a3928", identity=True)
"""The identity that the machine has by itself."""


class Apps:
    """What Entra knows."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._known = {client: App(client, secret) for client, secret in secrets.items()}
        self._known[IDENTITY.client_id] = IDENTITY

    def find(self, client_id: str) -> App | None:
        return self._known.get(client_id)

    def change(self, client_id: str, **values: object) -> App:
        """Change an app, registered when it is new."""
        # replace() checks the names; the callers' models and types check the values
        self._known[client_id] = replace(self._known.get(client_id, App(client_id)), **values)  # type: ignore[arg-type]
        return self._known[client_id]
