"""The bytes of a mail, and how many they are before they are fetched."""

from contextlib import suppress

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.shapes import MessageRead, read

_SIZE = "Integer 0x0E08"
"""PidTagMessageSize: Exchange's own count, somewhat above that of the MIME."""


async def fetch(client: GraphClient, provider_id: str) -> bytes:
    answer = await client.get(f"messages/{quoted(provider_id)}/$value")
    return answer.content


async def size(client: GraphClient, provider_id: str) -> int | None:
    query = {
        "$select": "id",
        "$expand": f"singleValueExtendedProperties($filter=id eq '{_SIZE}')",
    }
    message = read(MessageRead, await client.get(f"messages/{quoted(provider_id)}", query))
    for extended in message.single_value_extended_properties:
        with suppress(ValueError):
            return int(extended.value)
    return None
