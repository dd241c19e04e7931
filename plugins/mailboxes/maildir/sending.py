"""Let a prepared mail leave: to a mail server, or into a folder from which others take it.

A mail leaves to all of its recipients or to none. It is noted as `sending` before its first byte goes out,
and goes back only when the server itself says that it does not take it. When the answer is lost, nobody can
find out what became of it: it is never sent again by itself.
"""

from collections.abc import Callable
from typing import Protocol

import aiosmtplib

from plugins.mailboxes.maildir.disk import Hands
from plugins.mailboxes.maildir.envelope import Envelope, envelope_of
from plugins.mailboxes.maildir.outbox import Outbox
from plugins.mailboxes.maildir.talking import Line, calling, refusal, says_no
from shared.contracts.errors import Permanent, Transient


class Exit(Protocol):
    """The way by which prepared mail leaves."""

    async def dispatch(self, handle: str) -> None: ...


class ByFile:
    """Another program takes the files; whoever is in Bcc still stands in them."""

    def __init__(self, outbox: Outbox, hands: Hands) -> None:
        self._outbox = outbox
        self._hands = hands

    async def dispatch(self, handle: str) -> None:
        await self._hands.do(lambda: self._outbox.hand_over(handle))


class BySmtp:
    """A mail server takes it. `line` is asked for at each mail, so that a wrong one stops only these."""

    def __init__(self, outbox: Outbox, hands: Hands, line: Callable[[], Line], bounces_to: str) -> None:
        self._outbox = outbox
        self._hands = hands
        self._line = line
        self._bounces_to = bounces_to

    async def dispatch(self, handle: str) -> None:
        """Send it.

        Raises:
            Transient: it has not left; or, with the code `unconfirmed`, nobody knows.
            Permanent: the server refused it, and it has not left.
        """
        envelope = envelope_of(await self._hands.do(lambda: self._outbox.read(handle)))
        async with calling(self._line()) as client:
            await announce(client, self._bounces_to, envelope)
            await self._hands.do(lambda: self._outbox.begin(handle))
            await self._hand_over(client, handle, envelope)

    async def _hand_over(self, client: aiosmtplib.SMTP, handle: str, envelope: Envelope) -> None:
        try:
            await client.data(envelope.mime)
        except (aiosmtplib.SMTPException, OSError) as error:
            if says_no(error):
                await self._hands.do(lambda: self._outbox.take_back(handle))
                raise refusal(error, "the mail") from error
            text = "the mail server got the mail and did not say whether it took it"
            raise Transient(text, code="unconfirmed") from error
        await self._hands.do(lambda: self._outbox.end(handle))


async def announce(client: aiosmtplib.SMTP, sender: str, envelope: Envelope) -> None:
    """Say who writes and to whom; nothing has left yet.

    Raises:
        Transient, Permanent: the server does not want all of it. What is refused for good is told first.
    """
    unicode = envelope.international
    if unicode and not client.supports_extension("smtputf8"):
        raise Permanent("the mail server takes no addresses beyond ASCII", code="smtputf8")
    wanted = {"smtputf8": "SMTPUTF8", "8bitmime": "BODY=8BITMIME"}
    needed = {"smtputf8": unicode, "8bitmime": not envelope.mime.isascii()}
    options = [wanted[name] for name in wanted if needed[name] and client.supports_extension(name)]
    if client.supports_extension("size"):
        options.append(f"SIZE={len(envelope.mime)}")
    try:
        await client.mail(sender, options=options, encoding="utf-8" if unicode else "ascii")
        refused = [no for one in envelope.recipients if (no := await _refused(client, one, unicode=unicode))]
    except aiosmtplib.SMTPSenderRefused as error:
        raise refusal(error, f"mail from {sender}", of_sender=True) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Transient("the mail server hung up before it had the mail", code="network") from error
    if refused:
        raise min(refused, key=lambda no: isinstance(no, Transient))


async def _refused(client: aiosmtplib.SMTP, address: str, *, unicode: bool) -> Transient | Permanent | None:
    try:
        await client.rcpt(address, encoding="utf-8" if unicode else "ascii")
    except aiosmtplib.SMTPRecipientRefused as error:
        return refusal(error, f"mail to {address}")
    return None
