"""Uploads: files for a reply, a note or a new ticket."""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.api.answering import REFUSED, TAKES_FILES
from services.desk.composing.uploading import kept_file
from services.desk.desk import TheDesk
from services.desk.forms.receiving import one_file
from services.desk.once import MadeOnce
from services.desk.queries.uploads import keep_upload
from services.desk.signin.auth import TokenUser
from shared.storage.options import options_of

router = APIRouter(prefix="/uploads", tags=["uploads"])

# Any: JSON of OpenAPI. FastAPI would read the whole form before anybody has asked how large it may be
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class UploadOut(BaseModel):
    id: UUID = Field(description="Name it in `files` of a reply, a note or a new ticket, within a day.")
    name: str = Field(description="Without folders and characters that hide something.")
    size: int = Field(description="Bytes.")
    media_type: str = Field(description="Found in the content.")


@router.post(
    "", status_code=201, summary="Upload a file", responses=REFUSED | TAKES_FILES, openapi_extra=FORM
)
async def upload(desk: TheDesk, user: TokenUser, request: Request, once: MadeOnce) -> UploadOut:
    """Keep a file for a post. `max_file_size` and `allowed_mime_types` refuse it, by its size and content."""
    async with desk.reading(user) as reading:
        options = await options_of(reading.db, user.tenant)
    name, content = await one_file(request, options.max_file_size)
    file = await kept_file(desk, user, name, content, options)

    async def keep(db: AsyncConnection) -> UUID:
        return (await keep_upload(db, user.tenant, user.id, file, desk.clock())).id

    made = await once.make(user, json.dumps(file), keep)
    plain, size, _, media_type = file
    return UploadOut(id=made, name=plain, size=size, media_type=media_type)
