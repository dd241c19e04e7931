"""A mailbox with much old mail, made at once: small mails, evenly over a span of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from sandbox.folders import Folder, find_folder
from sandbox.house import House
from sandbox.items import add_item
from sandbox.mailboxes import Mailbox
from sandbox.mime import read
from sandbox.shapes import Marks

_AT_A_TIME = 500
_WORDS = "The machine stopped again this morning. What can we do?\r\n"


@dataclass(frozen=True)
class OldMail:
    """So many mails, received from `first` on and before `last`."""

    count: int
    first: datetime
    last: datetime
    folder: str = "inbox"

    def received(self, number: int) -> datetime:
        return self.first + number * (self.last - self.first) / self.count


def fill(house: House, mailbox: Mailbox, old: OldMail) -> Iterator[int]:
    """Let old mail lie in a folder, and yield how much is there, again and again, so that others have their
    turn. The log does not name it."""
    for begin in range(0, old.count, _AT_A_TIME):
        end = min(begin + _AT_A_TIME, old.count)
        with house.store.transaction():
            folder = find_folder(house.store, mailbox.id, old.folder)
            for number in range(begin, end):
                _lay(house, mailbox, folder, number, old.received(number))
        yield end


def _lay(house: House, mailbox: Mailbox, folder: Folder, number: int, at: datetime) -> None:
    raw = _letter(mailbox, number, at)
    add_item(house.store, folder, read(raw), raw, marks=Marks(is_read=True), received=int(at.timestamp()))


def _letter(mailbox: Mailbox, number: int, at: datetime) -> bytes:
    return (
        f"From: Customer {number} <customer-{number}@firm-{number % 50}.example>\r\nTo: {mailbox.address}\r\n"
        f"Subject: Old question {number}\r\nDate: {format_datetime(at)}\r\n"
        f"Message-ID: <old-{number}.{mailbox.id}@firm.example>\r\n\r\n{_WORDS}"
    ).encode()
