"""A Maildir: new mail in `new`, seen mail with its flags in `cur`, further folders as `.Name.Below`."""

import base64
import os
import re
from itertools import combinations
from pathlib import Path

from plugins.mailboxes.maildir.disk import rename
from plugins.mailboxes.maildir.layouts import INBOX, MOST_FOLDERS, as_id, as_name, missing, steps
from shared.plugins.mailboxes import Folder

_MARK = ":2,"
_FLAGS = sorted(
    ("".join(some) for many in range(7) for some in combinations("DFPRST", many)),
    key=lambda flags: (len(flags.replace("S", "")), "S" not in flags),
)
"""As they may stand behind a name, the usual ones first: asking for each is quicker than a long list."""
_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")


class Maildirs:
    """The part of a name before its flags is the id: it stays, whatever is done with the mail."""

    def folders(self, home: Path) -> list[Folder]:
        found = [Folder(INBOX, "Inbox", "Inbox")]
        with os.scandir(home) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if _may_be_folder(entry.name) and entry.is_dir(follow_symlinks=False)
            )
        for name in names[:MOST_FOLDERS]:
            if all(shelf.is_dir() for shelf in self.shelves(home / name)):
                path = _shown(name[1:]).replace(".", "/")
                found.append(Folder(name, path.rpartition("/")[2], path))
        return found

    def folder(self, home: Path, name: str) -> Path:
        if name.strip("/").lower() == INBOX:
            return home
        if name.startswith("."):
            if "/" in name or not _may_be_folder(name):
                raise missing(name)
            return home / name
        return home / f".{_hidden('.'.join(steps(name)))}"

    def shelves(self, folder: Path) -> tuple[Path, ...]:
        return (folder / "new", folder / "cur")

    def is_mail(self, name: str) -> bool:
        """A draft is none."""
        return "D" not in name.partition(_MARK)[2]

    def id_of(self, name: str, facts: os.stat_result) -> str:
        del facts
        return as_id(name.partition(":")[0])

    def is_whole(self, facts: os.stat_result, now: float) -> bool:
        """A mail is written in `tmp` and comes whole, by a rename."""
        del facts, now
        return True

    def is_still(self, facts: os.stat_result, mail: str) -> bool:
        """A mail is never changed once it has its name."""
        del facts, mail
        return True

    def find(self, folder: Path, mail: str) -> Path | None:
        unique = as_name(mail)
        new, cur = self.shelves(folder)
        names = [unique, *(f"{unique}{_MARK}{flags}" for flags in _FLAGS)]
        for path in (new / unique, *(cur / name for name in names)):
            if os.path.lexists(path):
                return path
        for shelf in (cur, new):
            with os.scandir(shelf) as entries:
                for entry in entries:
                    if entry.name.startswith(f"{unique}:"):
                        return shelf / entry.name
        return None

    def mark_read(self, path: Path) -> None:
        unique, _, flags = path.name.partition(_MARK)
        if path.parent.name == "cur" and "S" in flags:
            return
        marked = "".join(sorted({*flags, "S"}))
        rename(path, path.parents[1] / "cur" / f"{unique}{_MARK}{marked}")

    def move(self, path: Path, mail: str, target: Path) -> None:
        del mail
        flagged = path.name if _MARK in path.name else f"{path.name}{_MARK}"
        rename(path, target / "cur" / flagged)


def _may_be_folder(name: str) -> bool:
    """Also: a name that is no text cannot be chosen from a list."""
    return name.startswith(".") and bool(name.strip(".")) and name.isprintable()


def _shown(name: str) -> str:
    """A folder's name as people read it; servers of IMAP write it in their own UTF-7 (RFC 3501, 5.1.3)."""
    return _ENCODED.sub(lambda found: _letters(found[1]) if found[1] else "&", name)


def _letters(encoded: str) -> str:
    padded = encoded.replace(",", "/") + "=" * (-len(encoded) % 4)
    try:
        return base64.b64decode(padded).decode("utf-16-be")
    except ValueError:
        return f"&{encoded}-"


def _hidden(name: str) -> str:
    """The same in the other direction."""
    return re.sub(r"&|[^\x20-\x7e]+", _encoded, name)


def _encoded(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    plain = base64.b64encode(found[0].encode("utf-16-be", "surrogatepass")).decode()
    return f"&{plain.rstrip('=').replace('/', ',')}-"
