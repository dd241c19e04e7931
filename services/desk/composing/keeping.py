"""What somebody wrote, kept as a blob: messages name it."""

from services.desk.composing.writing import Words
from services.desk.desk import Desk


async def kept_words(desk: Desk, tenant: str, words: Words) -> str:
    """Keep what somebody wrote; return its blob."""
    return await desk.blobs.put(tenant, words.draft.model_dump_json().encode())
