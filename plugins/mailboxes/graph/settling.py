"""Mark or move a mail that is stored. Repeatable: what is settled already, or gone, is settled."""

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.shapes import MessageRead, read
from shared.plugins.mailboxes import Gone, MarkRead, MoveTo


async def settle(client: GraphClient, folders: Folders, provider_id: str, how: MarkRead | MoveTo) -> None:
    path = f"messages/{quoted(provider_id)}"
    try:
        match how:
            case MarkRead():
                await client.patch(path, {"isRead": True})
            case MoveTo(folder):
                await _move(client, path, await folders.id_of(folder))
    except Gone:
        # Somebody deleted it meanwhile; there is nothing left to settle.
        return


async def _move(client: GraphClient, path: str, target: str) -> None:
    message = read(MessageRead, await client.get(path, {"$select": "id,parentFolderId"}))
    if message.parent_folder_id != target:
        await client.post(f"{path}/move", {"destinationId": target})
