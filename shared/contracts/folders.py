"""The command to list the folders of a mailbox anew: people choose from what ingest keeps of them."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message


class ListFolders(Message):
    """List the folders of a mailbox with its next scan, which comes at once. Ingest answers when it will."""

    name: ClassVar[str] = "mailbox.folders.list.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mailbox: UUID
