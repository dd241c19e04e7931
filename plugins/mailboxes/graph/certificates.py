"""A certificate and its private key: as people have them, and as they are kept."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from shared.plugins.proofs import Entered

_SHORTEST_KEY = 2048
_LARGEST = 100_000
_BEGIN = b"-----BEGIN "
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_CUT = "the private key cannot be read: copy it whole, from its BEGIN line to its END line"


@dataclass(frozen=True)
class Certificate:
    """Both as PEM, the key without a pass phrase."""

    key: str = field(repr=False)
    public: str
    ends: datetime
    thumbprint: str
    """SHA-1 in hexadecimal, as Entra's page shows it."""

    @property
    def pem(self) -> str:
        return self.key + self.public


def read(entered: Entered) -> Certificate:
    """Read PEM, with the two in any order and others of a chain between them, or PFX.

    Raises:
        ValueError: it is none, with words for whoever entered it.
    """
    if len(entered.content) > _LARGEST:
        raise ValueError("this is too large for a private key and a certificate")
    try:
        key, certificates = _pem(entered) if _BEGIN in entered.content else _pfx(entered)
        return _pair(key, certificates)
    except UnsupportedAlgorithm as error:
        raise ValueError("the key or the certificate is of a kind that cannot be used") from error


def _pair(key: object, certificates: list[x509.Certificate]) -> Certificate:
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SHORTEST_KEY:
        raise ValueError(f"the private key must be an RSA key of {_SHORTEST_KEY} bits or more")
    public = _spki(key.public_key())
    mine = next((one for one in certificates if _spki(one.public_key()) == public), None)
    if mine is None:
        raise ValueError("the private key and the certificate do not belong together")
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificate(
        key=plain.decode(),
        public=mine.public_bytes(Encoding.PEM).decode(),
        ends=mine.not_valid_after_utc,
        thumbprint=mine.fingerprint(SHA1()).hex().upper(),  # noqa: S303 - what Entra's page shows
    )


def _pem(entered: Entered) -> tuple[object, list[x509.Certificate]]:
    """Read whatever stands between BEGIN and END."""
    found = _KEY.search(entered.content)
    if found is None:
        raise ValueError("the private key is missing: paste it together with the certificate")
    if b"-----BEGIN CERTIFICATE-----" not in entered.content:
        raise ValueError("the certificate is missing: paste it together with the private key")
    key = _opened(found[0], entered)
    try:
        return key, x509.load_pem_x509_certificates(entered.content)
    except ValueError as error:
        raise ValueError("the certificate cannot be read: copy it whole") from error


def _opened(pem: bytes, entered: Entered) -> object:
    try:
        return load_pem_private_key(pem, _phrase(entered))
    except TypeError as error:  # a phrase and no lock, or a lock and no phrase
        if not entered.passphrase:
            raise ValueError("the private key is encrypted: enter its pass phrase too") from error
        raise ValueError("the private key has no pass phrase: leave that field empty") from error
    except ValueError as error:
        wrong = "the pass phrase does not open the private key" if entered.passphrase else _CUT
        raise ValueError(wrong) from error


def _pfx(entered: Entered) -> tuple[object, list[x509.Certificate]]:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(entered.content, _phrase(entered))
    except ValueError as error:
        if "password" in str(error).lower():
            raise ValueError("the pass phrase does not open the PFX file") from error
        raise ValueError(
            "this is neither PEM nor PFX: a PEM text has lines that say BEGIN and END"
        ) from error
    if key is None or certificate is None:
        raise ValueError("the PFX file must hold a private key and its certificate")
    return key, [certificate, *others]


def _phrase(entered: Entered) -> bytes | None:
    return entered.passphrase.encode() or None


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
