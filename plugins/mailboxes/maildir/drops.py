"""A plain folder into which people and programs drop `.eml` files; further folders are folders in it.

A name may come again with another mail in it. So the id of a mail is the name, when it was written last,
and its size: what is dropped later under the same name, or changed, is another mail.
"""

import os
from hashlib import sha256
from pathlib import Path

from plugins.mailboxes.maildir.disk import rename
from plugins.mailboxes.maildir.layouts import INBOX, MOST_FOLDERS, as_id, as_name, missing, steps
from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Folder

QUIET_SECONDS = 10
"""A file is whole once nobody has written to it for so long. One that is written elsewhere and moved here
when it is done is whole at once, when it is older than this."""
_AHEAD_SECONDS = 3600
"""What was written later than this from now has a wrong clock, and is not waited for."""


class Drops:
    def __init__(self, outbox: str) -> None:
        self._outbox = outbox
        """Not a folder of mails that came."""

    def folders(self, home: Path) -> list[Folder]:
        found = [Folder(INBOX, "Inbox", "Inbox")]
        waiting = [(home, "")]
        while waiting and len(found) < MOST_FOLDERS:
            place, above = waiting.pop(0)
            for name in _below(place):
                path = f"{above}/{name}".strip("/")
                if path != self._outbox:
                    found.append(Folder(path, name, path))
                    waiting.append((place / name, path))
        return found

    def folder(self, home: Path, name: str) -> Path:
        if name.strip("/").lower() == INBOX:
            return home
        names = steps(name)
        if names[0] == self._outbox:
            raise missing(name)
        return home.joinpath(*names)

    def shelves(self, folder: Path) -> tuple[Path, ...]:
        return (folder,)

    def is_mail(self, name: str) -> bool:
        return name.lower().endswith(".eml")

    def id_of(self, name: str, facts: os.stat_result) -> str:
        return _id(name, facts)

    def is_whole(self, facts: os.stat_result, now: float) -> bool:
        return not -_AHEAD_SECONDS < now - facts.st_mtime < QUIET_SECONDS

    def is_still(self, facts: os.stat_result, mail: str) -> bool:
        return mail.endswith(f";{facts.st_mtime_ns};{facts.st_size}")

    def find(self, folder: Path, mail: str) -> Path | None:
        name = _name(mail)
        for path in (folder / name, folder / _other_name(mail)):
            try:
                facts = path.lstat()
            except FileNotFoundError:
                continue
            if _id(name, facts) == mail:
                return path
        return None

    def mark_read(self, path: Path) -> None:
        """A file has no such mark."""

    def move(self, path: Path, mail: str, target: Path) -> None:
        name = _name(mail)
        taken = os.path.lexists(target / name)
        rename(path, target / (_other_name(mail) if taken else name))


def _id(name: str, facts: os.stat_result) -> str:
    return f"{as_id(name)};{facts.st_mtime_ns};{facts.st_size}"


def _name(mail: str) -> str:
    name, _, rest = mail.partition(";")
    if not rest:
        raise Permanent("this id names no file", code="bad_name")
    return as_name(name)


def _other_name(mail: str) -> str:
    """For a mail that is moved to where its name is taken; made of its id, so that it is found there."""
    return f"{sha256(mail.encode()).hexdigest()[:32]}.eml"


def _below(place: Path) -> list[str]:
    with os.scandir(place) as entries:
        names = (e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))
        # a name that is no text cannot be chosen from a list
        return sorted(name for name in names if name.isprintable())
