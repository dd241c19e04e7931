"""What the two kinds of folder have to say: where mails lie in them, and what each mail is called."""

import os
from pathlib import Path
from typing import Protocol
from urllib.parse import quote_from_bytes, unquote_to_bytes

from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Folder

INBOX = "inbox"
MOST_FOLDERS = 2_000


class Layout(Protocol):
    """A kind of folder. Everything here touches the disk: call it in a thread."""

    def folders(self, home: Path) -> list[Folder]:
        """Every folder of a mailbox, the one that mail comes to first."""

    def folder(self, home: Path, name: str) -> Path:
        """A folder by its id or path; it need not be there."""

    def shelves(self, folder: Path) -> tuple[Path, ...]:
        """Where the mails of a folder lie."""

    def is_mail(self, name: str) -> bool:
        """Whether a file of this name is a mail that came."""

    def id_of(self, name: str, facts: os.stat_result) -> str:
        """The id of the mail in a file."""

    def is_whole(self, facts: os.stat_result, now: float) -> bool:
        """Whether nobody writes to the file any more."""

    def is_still(self, facts: os.stat_result, mail: str) -> bool:
        """Whether a file that was read is the mail that was listed."""

    def find(self, folder: Path, mail: str) -> Path | None:
        """The file of a mail, when it is in this folder."""

    def mark_read(self, path: Path) -> None: ...

    def move(self, path: Path, mail: str, target: Path) -> None:
        """Move a file to another folder. It keeps its id there."""


def as_id(name: str) -> str:
    """A file's name as an id: names are bytes, and an id is text."""
    return quote_from_bytes(os.fsencode(name), safe=",=:@+!$~")


def as_name(text: str) -> str:
    """The file's name behind an id.

    Raises:
        Permanent: no file that is ours can be called so.
    """
    name = os.fsdecode(unquote_to_bytes(text))
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise Permanent("this id names no file", code="bad_name")
    return name


def steps(path: str) -> list[str]:
    """The names along a folder's path.

    Raises:
        Permanent: it would lead out of the mailbox.
    """
    names = path.strip("/").split("/")
    if any(not name or name.startswith(".") or "\0" in name for name in names):
        raise missing(path)
    return names


def missing(name: str) -> Permanent:
    return Permanent(f"the mailbox has no folder {name!r}", code="folder_not_found")
