"""Talk to a mail server, and tell what it answers as a verdict."""

import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeGuard

import aiosmtplib

from plugins.mailboxes.maildir.ground import Security, Server
from shared.contracts.errors import AuthExpired, Permanent, SenderRefused, Transient

_REFUSED_FOR_GOOD = range(500, 600)
_SAYS_SO = range(400, 600)
_NOT_THIS_AUTHOR = re.compile(r"5\.7\.60\b|5\.2\.252\b|SendAsDenied")
"""Exchange's words for a From that the one who signed in may not use."""
_GOODBYE_SECONDS = 5


@dataclass(frozen=True)
class Line:
    """How a mail server is reached."""

    server: Server
    user: str | None
    password: str | None
    ca_file: str | None
    seconds: float
    """That it may take for one answer."""
    own_name: str
    """What we call ourselves there."""


@asynccontextmanager
async def calling(line: Line) -> AsyncIterator[aiosmtplib.SMTP]:
    """Connect, agree on TLS and sign in.

    Raises:
        Transient: the server cannot be reached, or not as it should be.
        AuthExpired: it refuses user or password.
    """
    if line.user and not line.password:
        raise AuthExpired("the mailbox has a user name and no password", code="no_secret")
    client = _client(line)
    try:
        with _before_any_mail(line.server):
            await client.connect()
            await client.ehlo()
            if line.user:
                await client.login(line.user, line.password or "")
        yield client
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=_GOODBYE_SECONDS)
    finally:
        client.close()


def refusal(
    error: aiosmtplib.SMTPResponseException, what: str, *, of_sender: bool = False
) -> Transient | Permanent:
    """The verdict on an answer that is no yes, with the server's own code and words."""
    words = "".join(letter if letter.isprintable() else " " for letter in error.message)[:400]
    text, code = f"the mail server refused {what}: {error.code} {words}", f"smtp_{error.code}"
    if error.code not in _REFUSED_FOR_GOOD:
        return Transient(text, code=code)
    if of_sender or _NOT_THIS_AUTHOR.search(words):
        return SenderRefused(text, code=code)
    return Permanent(text, code=code)


def says_no(error: Exception) -> TypeGuard[aiosmtplib.SMTPDataError]:
    """Whether the server itself said that it does not take the mail; anything else leaves that open."""
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code in _SAYS_SO


def _client(line: Line) -> aiosmtplib.SMTP:
    server = line.server
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=line.own_name,
        timeout=line.seconds,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=None if server.security is Security.PLAIN else _trust(line.ca_file),
    )


def _trust(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one too
        raise Transient(f"the CA file {ca_file} cannot be used", code="ca_file") from error


@contextmanager
def _before_any_mail(server: Server) -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as error:
        refused = refusal(error, "user or password")
        if isinstance(refused, Transient):
            raise refused from error
        raise AuthExpired(refused.reason, code="smtp_auth") from error
    except aiosmtplib.SMTPResponseException as error:
        raise Transient(refusal(error, "to talk").reason, code=f"smtp_{error.code}") from error
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, OSError) as error:
        about_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
        raise Transient(f"{server}: {error}", code="tls" if about_tls else "network") from error
    except aiosmtplib.SMTPException as error:
        raise Transient(f"{server}: {error}", code="smtp_cannot") from error
