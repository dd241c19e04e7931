"""What a tenant has defined for its tickets, as every service reads it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.custom_fields import CustomField, FieldType
from shared.storage.config import custom_fields


async def custom_fields_of(db: AsyncConnection, tenant: str) -> dict[str, CustomField]:
    """Return the fields that may be set now, by key and in its order."""
    there = (custom_fields.c.tenant == tenant, custom_fields.c.archived_at.is_(None))
    return {
        row.key: CustomField(row.key, row.name, FieldType(row.type), tuple(row.choices))
        for row in await db.execute(select(custom_fields).where(*there).order_by(custom_fields.c.key))
    }
