"""What a person enters for a provider to sign in with: looked at before it is sealed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Entered:
    """A secret as it came, from a form or a file."""

    content: bytes = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True)
class Proof:
    """A secret that may be sealed, and what may be shown of it."""

    secret: str = field(repr=False)
    expires_at: datetime | None = None
    """None: the secret does not tell."""
    thumbprint: str | None = None


@runtime_checkable
class ChecksSecrets(Protocol):
    """A provider that knows what its secret must look like."""

    def secret_of(self, settings: Any) -> str | None:  # Any: the provider's model
        """Name what it signs in with, such as `certificate`; None when there is nothing to enter."""

    def checked(self, settings: Any, entered: Entered, now: datetime) -> Proof:  # Any: as above
        """Look at what was entered. Raises ValueError with words for the person; they hold nothing of it."""
