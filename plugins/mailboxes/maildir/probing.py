"""A probe: a mail from the mailbox to itself, and whether it comes back."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import partial
from time import monotonic

from plugins.mailboxes.maildir.disk import Hands
from plugins.mailboxes.maildir.reading import Shelving
from shared.plugins.mailboxes import PROBE_HEADER, Gone

_WAIT_SECONDS = 30
_LOOK_SECONDS = 1
_EARLIER = timedelta(minutes=1)


def probe_mail(address: str, mark: str) -> bytes:
    now = datetime.now(UTC)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mail["To"] = address
    mail["Subject"], mail["Date"] = "Postroom doctor", format_datetime(now)
    mail["Message-ID"] = make_msgid("doctor", address.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail[PROBE_HEADER] = mark
    mail.set_content("Postroom sent this to see whether it comes back. No ticket is made of it.")
    return mail.as_bytes()


async def seen(shelving: Shelving, hands: Hands, mark: str) -> bool:
    """Wait for the probe in the folder that is listed."""
    ends, link = monotonic() + _WAIT_SECONDS, None
    while monotonic() < ends:
        link, more, found = await hands.do(partial(_look, shelving, link, mark))
        if found:
            return True
        if not more:
            await asyncio.sleep(_LOOK_SECONDS)
    return False


def _look(shelving: Shelving, link: str | None, mark: str) -> tuple[str, bool, bool]:
    """Look through one page: the next cursor, whether more is ready, and whether the probe is there."""
    now = datetime.now(UTC)
    page = shelving.page(link, now - _EARLIER, now)
    found = any(_holds(shelving, mail.provider_id, mark) for mail in page.mails)
    return page.cursor, page.more, found


def _holds(shelving: Shelving, mail: str, mark: str) -> bool:
    try:
        return f"{PROBE_HEADER}: {mark}".encode() in shelving.fetch(mail)
    except Gone:
        return False
