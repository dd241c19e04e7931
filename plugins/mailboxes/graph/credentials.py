"""How an app proves to Entra who it is: its own secret or certificate, or who this machine is."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from plugins.mailboxes.graph import certificates
from plugins.mailboxes.graph.certificates import Certificate
from plugins.mailboxes.graph.clouds import Overrides
from shared.contracts.errors import AuthExpired
from shared.plugins.mailboxes import MailboxTools
from shared.plugins.proofs import Entered, Proof


class SignIn(StrEnum):
    SECRET = "secret"  # noqa: S105 - its name
    CERTIFICATE = "certificate"
    FEDERATED = "federated"
    MANAGED_IDENTITY = "managed_identity"


ENTERED = {SignIn.SECRET: "client secret", SignIn.CERTIFICATE: "certificate"}
"""Those for which a person enters something."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LARGEST_TOKEN_FILE = 64 * 1024


@dataclass(frozen=True)
class ClientSecret:
    value: str = field(repr=False)


@dataclass(frozen=True)
class Federated:
    """Another issuer's token in a file, which somebody keeps fresh."""

    file: Path

    def assertion(self) -> str:
        """The token of now. Raises AuthExpired."""
        try:
            with self.file.open(encoding="ascii") as opened:
                found = opened.read(_LARGEST_TOKEN_FILE).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AuthExpired("the token file cannot be read", code="token_file") from error
        if not found:
            raise AuthExpired("the token file is empty", code="token_file")
        return found


@dataclass(frozen=True)
class Identity:
    """A managed identity of this machine: the one with that id, or its own."""

    client_id: str


@dataclass(frozen=True)
class Unusable:
    """Something is missing, or the tenant may not sign in as this machine; told when a token is wanted."""

    reason: str
    code: str


Credential = ClientSecret | Certificate | Federated | Identity | Unusable


def credential_for(sign_in: SignIn, client_id: str, tools: MailboxTools, overrides: Overrides) -> Credential:
    """Take what the mailbox and the environment of this process give."""
    match sign_in:
        case SignIn.SECRET | SignIn.CERTIFICATE if not tools.secret:
            return Unusable(f"the mailbox has no {ENTERED[sign_in]}", f"no_{sign_in}")
        case SignIn.SECRET:
            return ClientSecret(tools.secret or "")
        case SignIn.CERTIFICATE:
            return _kept(tools.secret or "")
    if not overrides.lends_identity_to(tools.tenant):
        return Unusable("this tenant's mailboxes may not sign in as this machine", "identity_not_lent")
    if sign_in is SignIn.MANAGED_IDENTITY:
        return Identity(client_id)
    if overrides.federated_token_file is None:
        return Unusable("the environment names no token file", "token_file")
    return Federated(overrides.federated_token_file)


def stamp(credential: Credential) -> str:
    """What tells it from others; nothing can be read from it."""
    match credential:
        case ClientSecret(value):
            told = f"secret {value}"
        case Certificate():
            told = f"certificate {credential.pem}"
        case Federated(file):
            told = f"federated {file}"
        case Identity(client_id):
            told = f"identity {client_id}"
        case Unusable(_, code):
            told = f"unusable {code}"
    return sha256(told.encode()).hexdigest()


def checked(sign_in: SignIn, entered: Entered, now: datetime) -> Proof:
    """Look at what a person entered. Raises ValueError with words for them."""
    match sign_in:
        case SignIn.CERTIFICATE:
            found = certificates.read(entered)
            if found.ends <= now:
                raise ValueError(f"the certificate expired on {found.ends:%Y-%m-%d}")
            return Proof(found.pem, found.ends, found.thumbprint)
        case SignIn.SECRET:
            return Proof(_secret(entered))
        case _:
            raise ValueError("nothing is entered for this sign-in: leave it empty")


def _secret(entered: Entered) -> str:
    if b"-----BEGIN " in entered.content:
        raise ValueError("this is a key or certificate: choose the sign-in `certificate` for it")
    try:
        text = entered.content.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError("a client secret is one line of text") from error
    if len(text.splitlines()) != 1:
        raise ValueError("a client secret is one line of text")
    if _UUID.fullmatch(text):
        raise ValueError("this is the secret's id; enter its value, which Entra shows once")
    return text


def _kept(pem: str) -> Certificate | Unusable:
    try:
        return certificates.read(Entered(pem.encode()))
    except ValueError as error:
        return Unusable(f"the certificate that is kept cannot be used: {error}", "certificate")
