"""What a person enters for a provider to sign in with: looked at before it is sealed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from shared.plugins.mailboxes import MailboxProvider

STEPS = (0, 3, 14, 30)
"""Days before the end of a secret, at which people are told."""


def step_of(ends: datetime | None, now: datetime) -> int | None:
    """The step that was reached, in days; None while the end is far, or not known."""
    if ends is None:
        return None
    return next((days for days in STEPS if ends - now <= timedelta(days=days)), None)


def ending(ends: datetime, now: datetime) -> str:
    """Say when it ends: `expires in 12 days, on 2027-01-31`."""
    days = (ends - now) // timedelta(days=1)
    if ends <= now:
        return f"expired on {ends:%Y-%m-%d}"
    left = f"in {days} {'day' if days == 1 else 'days'}" if days else "within a day"
    return f"expires {left}, on {ends:%Y-%m-%d}"


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
class ChecksSecrets(MailboxProvider, Protocol):
    """A provider that knows what its secret must look like."""

    def secret_of(self, settings: Any) -> str | None:  # Any: the provider's model
        """Name what it signs in with, such as `certificate`; None when there is nothing to enter."""

    def checked(self, settings: Any, entered: Entered, now: datetime) -> Proof:  # Any: as above
        """Look at what was entered. Raises ValueError with words for the person; they hold nothing of it."""
