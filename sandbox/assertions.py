"""Signed assertions in place of a secret: what Entra looks at, in its order, and what it says when not."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sandbox.apps import App, Federated

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS256", "PS256"]
_RECORD = "No matching federated identity record found for presented assertion"
_COMPARE = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
)
_NO_MATCH = "[Reason - The provided signature value did not match the expected signature value."


@dataclass(frozen=True)
class Refused:
    """Entra's number and text."""

    number: int
    text: str


@dataclass(frozen=True)
class _Assertion:
    encoded: str
    header: dict[str, Any]  # Any: JSON as it comes
    claims: dict[str, Any]  # Any: as above


def refusal(app: App, encoded: str, audiences: Sequence[str], now: datetime) -> Refused | None:
    """Why an assertion does not prove to be the app; None when it does. `audiences`: the endpoint's names."""
    try:
        header = jwt.get_unverified_header(encoded)
        claims = jwt.decode(encoded, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return Refused(50027, "JWT token is invalid or malformed.")
    assertion = _Assertion(encoded, header, claims)
    if header.get("alg") not in ALGORITHMS:
        return Refused(50027, "Invalid JWT token. The signature algorithm is not supported.")
    if claims.get("iss") == app.client_id or header.keys() & {"x5t", "x5t#S256"}:
        return (
            _by_certificate(app, assertion, now)
            or _about_itself(app, claims, audiences)
            or _time(claims, now)
        )
    return _by_issuer(app, assertion) or _time(claims, now)


def _by_certificate(app: App, assertion: _Assertion, now: datetime) -> Refused | None:
    # msal pads what the standard does not
    wanted = str(assertion.header.get("x5t#S256") or assertion.header.get("x5t") or "").rstrip("=")
    if not wanted:
        return Refused(50027, "Invalid JWT token. No certificate thumbprint specified in token header.")
    used = f"Thumbprint of key used by client: '{_hex(wanted)}'"
    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        if wanted not in _thumbprints(certificate):
            continue
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        found = f"Found key 'Start={start:%m/%d/%Y %H:%M:%S}, End={end:%m/%d/%Y %H:%M:%S}']"
        if not start <= now <= end:
            text = (
                "The certificate with identifier used to sign the client assertion is expired on application."
            )
            return Refused(700027, f"{text} [Reason - The key used is expired., {used}, {found}")
        if not _signed(assertion, certificate.public_key()):
            text = "Client assertion failed signature validation."
            return Refused(700027, f"{text} {_NO_MATCH}, {used}, {found}")
        return None
    text = (
        "The certificate with identifier used to sign the client assertion is not registered on application."
    )
    return Refused(700027, f"{text} [Reason - The key was not found., {used}]")


def _about_itself(app: App, claims: dict[str, Any], audiences: Sequence[str]) -> Refused | None:  # Any: JSON
    if (claims.get("iss"), claims.get("sub")) != (app.client_id, app.client_id):
        return Refused(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if claims.get("aud") not in audiences:
        return Refused(700023, "Client assertion audience claim does not match Realm issuer.")
    return None


def _by_issuer(app: App, assertion: _Assertion) -> Refused | None:
    issuer, subject, audience = (str(assertion.claims.get(name)) for name in ("iss", "sub", "aud"))
    if not app.federated:
        told = (
            f"Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'."
        )
        return Refused(70021, f"{_RECORD}. {told}")
    found: Iterable[Federated] = app.federated
    for number, what, value in ((700211, "issuer", issuer), (700213, "subject", subject)):
        found = [one for one in found if getattr(one, what) == value]
        if not found:
            return Refused(number, f"{_RECORD} {what} '{value}'. {_COMPARE}")
    found = [one for one in found if one.audience == audience]
    if not found:
        return Refused(700212, f"{_RECORD} audience '{audience}'. {_COMPARE}")
    if not any(_signed(assertion, load_pem_public_key(one.key.encode())) for one in found):
        return Refused(50013, f"Assertion failed signature validation. {_NO_MATCH}]")
    return None


def _time(claims: dict[str, Any], now: datetime) -> Refused | None:  # Any: JSON
    try:
        begins, ends = (
            datetime.fromtimestamp(int(claims[name]), UTC)
            for name in ("nbf" if "nbf" in claims else "iat", "exp")
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return Refused(50027, "JWT token is invalid or malformed.")
    if begins <= now < ends:
        return None
    told = f"assertion valid from {begins:%FT%TZ}, expiry time of assertion {ends:%FT%TZ}."
    text = "Client assertion is not within its valid time range."
    return Refused(700024, f"{text} Current time: {now:%FT%TZ}, {told}")


def _signed(assertion: _Assertion, key: Any) -> bool:  # Any: whichever kind of key it is
    unchecked = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
    try:
        jwt.decode(assertion.encoded, key, algorithms=ALGORITHMS, options=unchecked)  # type: ignore[arg-type]  # a plain dict
    except (jwt.InvalidTokenError, TypeError):  # TypeError: the key is of another kind
        return False
    return True


def _thumbprints(certificate: x509.Certificate) -> set[str]:
    digests = (certificate.fingerprint(SHA256()), certificate.fingerprint(SHA1()))  # noqa: S303 - x5t is SHA-1
    return {base64.urlsafe_b64encode(digest).rstrip(b"=").decode() for digest in digests}


def _hex(thumbprint: str) -> str:
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex().upper()
    except (binascii.Error, ValueError):
        return "?"
