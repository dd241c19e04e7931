"""The secret of a mailbox: looked at while it can be seen, then sealed; its end is kept beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from pydantic import JsonValue, ValidationError

from services.desk.configuration.mailboxes import MailboxSettings
from services.desk.forms.plugins import GROUP
from shared.contracts.errors import Permanent
from shared.plugins.loading import plugin
from shared.plugins.proofs import ChecksSecrets, Entered, Proof


class SecretWrong(ValueError):
    """What was entered, or was not, cannot be signed in with."""


@dataclass(frozen=True)
class Before:
    """How a mailbox signed in until now."""

    provider: str
    settings: Mapping[str, JsonValue]
    has_secret: bool
    thumbprint: str | None


@dataclass(frozen=True)
class Typed:
    """What a person says of the secret now."""

    entered: Entered | None = None
    """None: the one that is kept stays."""
    expires_on: date | None = None


def kind_of(provider: str, settings: Mapping[str, JsonValue]) -> str | None:
    """Name what a mailbox signs in with; None when nothing is entered for it."""
    found = plugin(GROUP, provider)
    if not isinstance(found, ChecksSecrets):
        name: str = found.secret
        return name
    return found.secret_of(found.settings.model_validate(settings))


def secret_columns(
    wanted: MailboxSettings, before: Before | None, typed: Typed, seal: Callable[[str], bytes], now: datetime
) -> dict[str, object]:
    """Decide which columns of the mailbox's secret change, and to what.

    Raises:
        SecretWrong: it cannot be the secret of this provider with these settings.
        Permanent: the provider is not installed; or whatever `seal` raises.
    """
    kind = kind_of(wanted.provider, wanted.settings)
    ends = datetime.combine(typed.expires_on, time(), UTC) if typed.expires_on else None
    if typed.entered is not None:
        proof = _checked(wanted, typed.entered, now)
        return {
            "secret": seal(proof.secret),
            "secret_expires_at": proof.expires_at or ends,
            "secret_thumbprint": proof.thumbprint,
        }
    if kind is None:
        return {"secret": None, "secret_expires_at": None, "secret_thumbprint": None}
    if before is not None and before.has_secret and _kind_of(before) != kind:
        raise SecretWrong(f"enter the {kind}: what is kept is none")
    # a certificate says itself when it ends
    return {} if before and before.thumbprint else {"secret_expires_at": ends}


def _kind_of(before: Before) -> str | None:
    """None also for settings that make no sense any more."""
    try:
        return kind_of(before.provider, before.settings)
    except (ValidationError, Permanent):
        return None


def _checked(wanted: MailboxSettings, entered: Entered, now: datetime) -> Proof:
    found = plugin(GROUP, wanted.provider)
    try:
        if isinstance(found, ChecksSecrets):
            return found.checked(found.settings.model_validate(wanted.settings), entered, now)
        return Proof(entered.content.decode().strip("\r\n"))
    except ValueError as error:  # UnicodeDecodeError is one too
        said = "a secret is text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SecretWrong(said) from error
