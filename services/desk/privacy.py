"""Whose contact is exported or erased, and what does it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from fastapi.responses import StreamingResponse

from services.desk.desk import Desk, Privacy
from services.desk.errors import Conflict, NotHere
from services.desk.languages import gettext
from services.desk.queries.organizations import contact_of
from services.desk.queries.people import User

PIECE = 1 << 16


async def address_of(desk: Desk, user: User, contact: UUID) -> str:
    """Return whose contact it is.

    Raises:
        NotHere: there is none.
    """
    async with desk.reading(user) as reading:
        found = await contact_of(reading, contact)
    if found is None:
        raise NotHere(gettext("There is no such contact."))
    return found.address


def privacy_of(desk: Desk) -> Privacy:
    """Return what exports and erases.

    Raises:
        Conflict: this desk runs without it.
    """
    if desk.privacy is None:
        raise Conflict(
            gettext("This desk was started without what reaches the tables of the other services."),
            remedy=gettext(
                "Ask whoever runs this installation for `postroom contact export` or `erase`, or to start "
                "the desk as `postroom run desk`."
            ),
        )
    return desk.privacy


def told(found: dict[str, int]) -> str:
    """Say how much there is."""
    return ", ".join(f"{count} {what}" for what, count in found.items())


async def exported(privacy: Privacy, tenant: str, address: str) -> StreamingResponse:
    """Answer with an archive. Until it is sent it is a file that only this process reads."""
    folder = TemporaryDirectory(prefix="postroom-export-")
    try:
        archive = Path(folder.name) / "contact.zip"
        await privacy.export(tenant, address, archive)
    except BaseException:
        folder.cleanup()
        raise
    headers = {"Content-Disposition": 'attachment; filename="contact.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(archive, folder), media_type="application/zip", headers=headers)


async def _pieces(archive: Path, folder: TemporaryDirectory[str]) -> AsyncIterator[bytes]:
    with folder, archive.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
