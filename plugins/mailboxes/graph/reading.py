"""The bytes of a mail, and how many they are before they are fetched."""

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.shapes import WITH_SIZE, MessageRead, read


async def fetch(client: GraphClient, provider_id: str) -> bytes:
    answer = await client.get(f"messages/{quoted(provider_id)}/$value")
    return answer.content


async def size(client: GraphClient, provider_id: str) -> int | None:
    query = {"$select": "id", "$expand": WITH_SIZE}
    return read(MessageRead, await client.get(f"messages/{quoted(provider_id)}", query)).size
