"""Certificates for signing in, as `openssl req -x509` makes them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate, each as PEM."""

    key: str
    certificate: str

    @property
    def pem(self) -> str:
        return self.key + self.certificate

    @property
    def public_key(self) -> str:
        key = load_pem_private_key(self.key.encode(), None)
        return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def ends(self) -> datetime:
        return x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc

    def locked(self, phrase: str) -> str:
        """The same with the key under a pass phrase."""
        key = load_pem_private_key(self.key.encode(), None)
        under = BestAvailableEncryption(phrase.encode())
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, under).decode() + self.certificate

    def pfx(self, phrase: str | None) -> bytes:
        key = load_pem_private_key(self.key.encode(), None)
        under = BestAvailableEncryption(phrase.encode()) if phrase else NoEncryption()
        found = x509.load_pem_x509_certificate(self.certificate.encode())
        assert isinstance(key, rsa.RSAPrivateKey)
        return pkcs12.serialize_key_and_certificates(b"postroom", key, found, None, under)


def certificate(ends: datetime | None = None) -> Pair:
    """Make a key and a certificate that is its own issuer."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    last = ends or datetime.now(UTC) + timedelta(days=365)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "postroom")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(min(last, datetime.now(UTC)) - timedelta(days=30))
        .not_valid_after(last)
        .sign(key, SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(plain.decode(), made.public_bytes(Encoding.PEM).decode())
