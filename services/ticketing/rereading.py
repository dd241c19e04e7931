"""Read posts for their words that have none yet, or that are found by something that has changed since."""

from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, select

from services.ticketing.handlers import ticketing
from services.ticketing.indexing import Said, keep_words, said_in
from shared.blobs.store import BlobDamaged, BlobMissing, BlobStore
from shared.contracts.documents import Document
from shared.contracts.sending import Draft
from shared.messaging.unit import Units
from shared.storage.due import Claimed
from shared.storage.engine import in_tenant
from shared.storage.tickets import posts, words

AT_ONCE = 4


@ticketing.each_due(words, every=timedelta(seconds=10), at_once=AT_ONCE)
async def read_for_words(claimed: Claimed, units: Units, blobs: BlobStore) -> None:
    async with in_tenant(units.engine, claimed.tenant) as db:
        post = (await db.execute(select(posts).where(posts.c.id == claimed.id))).one_or_none()
    if post is None:
        return
    said = await _said(blobs, post)
    async with units.sweeping(claimed, words) as (unit, _):
        facts = post._asdict()
        await keep_words(unit.db, facts, said)


async def _said(blobs: BlobStore, post: Row[Any]) -> Said:
    """Return what the post says; of one whose blob is gone, the first words that the list shows."""
    if post.body is None:
        return Said(post.preview)
    try:
        data = await blobs.get(post.tenant, post.body)
        if post.kind == "mail_in":
            return said_in(Document.model_validate_json(data))
        names = tuple(file["name"] for file in post.details.get("files", ()))
        return Said(Draft.model_validate_json(data).text, names)
    except (BlobMissing, BlobDamaged, ValidationError):
        return Said(post.preview)
