"""The bytes of a mail, and how many they are before they are fetched."""

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.rebuilding import rebuilt
from plugins.mailboxes.graph.shapes import WITH_SIZE, MessageRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Gone

_NO_MAIL = ("text/html", "application/json")
_NO_MIME = {"ErrorContentConversionFailed", "ErrorMessageSizeExceeded", "ErrorMimeContentInvalid"}


async def fetch(client: GraphClient, provider_id: str) -> bytes:
    """Fetch the bytes; a mail that Exchange cannot turn into MIME is put together from its parts."""
    path = f"messages/{quoted(provider_id)}"
    try:
        return await _mime(client, path)
    except Gone:
        # Graph has said so of mail that was there: this raises it again when the mail is really gone
        await client.get(path, {"$select": "id"})
    except (Transient, Permanent) as error:
        if error.code not in _NO_MIME:
            raise
        return await rebuilt(client, provider_id)
    try:
        return await _mime(client, path)
    except Gone:
        return await rebuilt(client, provider_id)


async def _mime(client: GraphClient, path: str) -> bytes:
    answer = await client.get(f"{path}/$value")
    if answer.headers.get("Content-Type", "").startswith(_NO_MAIL):
        # Graph calls a mail text/plain: this is a gateway's page, or an answer that was cut.
        raise Transient("something else came in the mail's place", code="bad_answer")
    return answer.content


async def size(client: GraphClient, provider_id: str) -> int | None:
    query = {"$select": "id", "$expand": WITH_SIZE}
    return read(MessageRead, await client.get(f"messages/{quoted(provider_id)}", query)).size
