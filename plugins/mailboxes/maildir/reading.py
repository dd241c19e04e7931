"""One mailbox on the disk: find a mail, read it, mark it, move it. Every call touches the disk."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from plugins.mailboxes.maildir.disk import read_plain, told
from plugins.mailboxes.maildir.ground import real
from plugins.mailboxes.maildir.layouts import Layout, missing
from plugins.mailboxes.maildir.listing import Place, list_page
from shared.plugins.mailboxes import Done, Folder, Gone, MarkRead, MoveTo, Page, Settled

_T = TypeVar("_T")
_LOOKS = 3
"""How often a mail is looked for that is renamed while it is looked for."""


@dataclass(frozen=True)
class Shelving:
    """A mailbox: its folder below the root, and how mails lie in it."""

    root: Path
    home: Path
    layout: Layout
    inbox: str
    """The folder that is listed."""

    def folders(self) -> list[Folder]:
        with told(self.home.name):
            return self.layout.folders(real(self.root, self.home))

    def page(self, link: str | None, since: datetime | None, now: datetime) -> Page:
        folder = self.folder(self.inbox)
        with told(f"the folder {self.inbox}"):
            place = Place(self.layout, folder, f"{self.home}/{self.inbox}")
            return list_page(place, link, since, now)

    def size(self, mail: str) -> int:
        return self._with(mail, lambda path: path.lstat().st_size)

    def fetch(self, mail: str) -> bytes:
        return self._with(mail, lambda path: self._read(path, mail))

    def settle(self, mail: str, how: MarkRead | MoveTo) -> Settled:
        """Do it, and say where the mail is now. Repeatable: what is done is done.

        A mail that somebody has moved meanwhile stays where they want it.
        """
        target = how.folder if isinstance(how, MoveTo) else None
        return self._with(mail, lambda path: self._settle(path, mail, target))

    def folder(self, name: str) -> Path:
        """A folder that is there.

        Raises:
            Permanent: it is not, or it leads elsewhere.
        """
        folder = self.layout.folder(self.home, name)
        with told(f"the folder {name}"):
            if not all(real(self.root, shelf).is_dir() for shelf in self.layout.shelves(folder)):
                raise missing(name)
        return real(self.root, folder)

    def _settle(self, path: Path, mail: str, target: str | None) -> Settled:
        if target is None:
            self.layout.mark_read(path)
            return Settled(Done.MARKED_READ, self._folder_of(path.parent), mail)
        folder = self.folder(target)
        there = self.layout.shelves(folder)
        if path.parent not in there:
            if path.parent not in self.layout.shelves(self.folder(self.inbox)):
                return Settled(Done.ELSEWHERE, self._folder_of(path.parent), mail)
            self.layout.move(path, mail, folder)
        return Settled(Done.MOVED, self._folder_of(there[0]), mail)

    def _folder_of(self, shelf: Path) -> str | None:
        """The id of the folder whose mails lie there."""
        for each in self.folders():
            if shelf in self.layout.shelves(real(self.root, self.layout.folder(self.home, each.id))):
                return each.id
        return None

    def _read(self, path: Path, mail: str) -> bytes:
        content, facts = read_plain(path)
        if not self.layout.is_still(facts, mail):
            raise FileNotFoundError
        return content

    def _with(self, mail: str, act: Callable[[Path], _T]) -> _T:
        """Act on the file of a mail, wherever in the mailbox it is now."""
        for _ in range(_LOOKS):
            with told("the mail"), suppress(FileNotFoundError):
                path = self._find(mail)
                if path is not None:
                    return act(path)
        raise Gone("there is no such file any more", code="gone")

    def _find(self, mail: str) -> Path | None:
        """Look where mail comes to, then in the other folders."""
        for folder in self._everywhere():
            if (path := self.layout.find(folder, mail)) is not None:
                return path
        return None

    def _everywhere(self) -> Iterator[Path]:
        first = self.folder(self.inbox)
        yield first
        for each in self.folders():
            if (folder := real(self.root, self.layout.folder(self.home, each.id))) != first:
                yield folder
