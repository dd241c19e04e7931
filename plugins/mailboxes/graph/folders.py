"""Folders by id, by well-known name, or by the path that people see."""

import re
from collections.abc import AsyncIterator

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.shapes import FolderRead, FoldersRead, read
from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Folder, Gone

_KNOWN = re.compile(
    "archive|clutter|conflicts|conversationhistory|deleteditems|drafts|inbox|junkemail|localfailures|"
    "msgfolderroot|outbox|recoverableitemsdeletions|scheduled|searchfolders|sentitems|serverfailures|syncissues",
    re.IGNORECASE,
)
_ID = re.compile(r"(AAMk|AQMk|AAkA)[\w=-]{20,}", re.ASCII)
_FIELDS = {"$select": "id,displayName,childFolderCount", "$top": "100"}
_MOST = 2_000
"""A mailbox with more folders is listed so far; the rest is reached by id."""


class Folders:
    """The folders of one mailbox; an answer is kept for the life of the connection."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    async def all(self) -> list[Folder]:
        """Every folder, parents before children."""
        found: list[Folder] = []
        waiting = [("mailFolders", "")]
        while waiting and len(found) < _MOST:
            path, above = waiting.pop(0)
            async for folder in self._below(path):
                shown = f"{above}/{folder.display_name}" if above else folder.display_name
                found.append(Folder(folder.id, folder.display_name, shown))
                if folder.child_folder_count:
                    waiting.append((f"mailFolders/{quoted(folder.id)}/childFolders", shown))
        return found

    async def id_of(self, name: str) -> str:
        """The id of a folder, whichever way it was named.

        Raises:
            Permanent: there is no such folder.
        """
        if name not in self._ids:
            self._ids[name] = await (self._looked_up(name) if _addressable(name) else self._by_path(name))
        return self._ids[name]

    def forget(self, name: str) -> None:
        """Look this folder up again when it is asked for."""
        self._ids.pop(name, None)

    async def _looked_up(self, name: str) -> str:
        known = name if _ID.fullmatch(name) else name.lower()
        try:
            answer = await self._client.get(f"mailFolders/{quoted(known)}", {"$select": "id"})
        except Gone as error:
            raise _missing(name) from error
        return read(FolderRead, answer).id

    async def _by_path(self, name: str) -> str:
        wanted = name.strip("/").casefold()
        for folder in await self.all():
            if folder.path.casefold() == wanted:
                return folder.id
        raise _missing(name)

    async def _below(self, path: str) -> AsyncIterator[FolderRead]:
        page = read(FoldersRead, await self._client.get(path, _FIELDS))
        while True:
            for folder in page.value:
                yield folder
            if page.next_link is None:
                return
            page = read(FoldersRead, await self._client.follow(page.next_link))


def _addressable(name: str) -> bool:
    """Graph itself knows ids and the well-known names, and takes no other."""
    return (_KNOWN.fullmatch(name) or _ID.fullmatch(name)) is not None


def _missing(name: str) -> Permanent:
    return Permanent(f"the mailbox has no folder {name!r}", code="folder_not_found")
