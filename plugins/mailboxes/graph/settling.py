"""Mark or move a mail that is stored, and say where it is now. Repeatable: a mail that was moved is moved."""

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.listing import Place
from plugins.mailboxes.graph.shapes import MessageRead, read
from shared.plugins.mailboxes import Done, Gone, MarkRead, MoveTo, Settled


async def settle(
    client: GraphClient, folders: Folders, place: Place, provider_id: str, how: MarkRead | MoveTo
) -> Settled:
    path = f"messages/{quoted(provider_id)}"
    match how:
        case MarkRead():
            marked = read(MessageRead, await client.patch(path, {"isRead": True}))
            return Settled(Done.MARKED_READ, marked.parent_folder_id, marked.id)
        case MoveTo(folder):
            return await _move(client, folders, place, path, folder)


async def _move(client: GraphClient, folders: Folders, place: Place, path: str, folder: str) -> Settled:
    target = await folders.id_of(folder)
    message = read(MessageRead, await client.get(path, {"$select": "id,parentFolderId"}))
    if message.parent_folder_id == target:
        return Settled(Done.MOVED, target, message.id)
    if message.parent_folder_id != await folders.id_of(place.folder):
        return Settled(Done.ELSEWHERE, message.parent_folder_id, message.id)
    try:
        answer = await client.post(f"{path}/move", {"destinationId": target})
    except Gone:
        # The mail was there a moment ago, so the folder may be what is gone.
        folders.forget(folder)
        await folders.id_of(folder)
        raise
    moved = read(MessageRead, answer)
    return Settled(Done.MOVED, moved.parent_folder_id, moved.id)
