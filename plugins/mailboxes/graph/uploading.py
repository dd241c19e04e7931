"""Files added to a draft: small ones in one request, large ones in ranges."""

import base64

import httpx
from pydantic import JsonValue

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.shapes import RangesRead, UploadRead, read
from plugins.mailboxes.graph.splitting import LargeFile
from shared.contracts.errors import Permanent, Transient

_SMALLEST_SESSION = 3_000_000
"""Smaller files are posted. Graph has no session under 2 MiB and no post over 3,145,611 bytes."""
_TOO_SMALL = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
"""Some mailboxes put the limit at 3 MiB."""
_RANGE = 3_500_000
"""Of one PUT; Graph allows less than 4 MiB."""
_SESSION_LOST = {"ErrorItemNotFound", "invalidRange", "ErrorInvalidContentRange"}
_TRIES = 3
"""How often one place is sent again."""


async def add_file(client: GraphClient, draft: str, file: LargeFile) -> None:
    """Add one file. Not repeatable by itself: a draft that is not complete is thrown away."""
    path = f"messages/{quoted(draft)}/attachments"
    session = await _session(client, path, file) if len(file.content) >= _SMALLEST_SESSION else None
    if session is None:
        await client.post(path, _posted(file))
    else:
        await _upload(client, session.upload_url, file.content)


async def _session(client: GraphClient, path: str, file: LargeFile) -> UploadRead | None:
    """An upload session; none when Graph finds the file too small for one."""
    item: dict[str, JsonValue] = {
        "attachmentType": "file",
        "name": file.name,
        "contentType": file.content_type,
        "size": len(file.content),
        "isInline": file.inline,
        "contentId": file.content_id,
    }
    try:
        answer = await client.post(f"{path}/createUploadSession", {"AttachmentItem": _written(item)})
    except Permanent as error:
        if error.code != _TOO_SMALL:
            raise
        return None
    return read(UploadRead, answer)


async def _upload(client: GraphClient, url: str, content: bytes) -> None:
    """Send the file range by range; what Graph says it lost is sent again."""
    start, tries = 0, 0
    while True:
        end = min(start + _RANGE, len(content))
        span = f"bytes {start}-{end - 1}/{len(content)}"
        answer = await _put(client, url, content[start:end], span)
        if answer.status_code == httpx.codes.CREATED:
            return
        expected = _expected(answer)
        if not 0 <= expected <= end or expected == len(content):
            raise Transient("Graph asks for a part of an upload that there is not", code="upload_range")
        tries = 0 if expected == end else tries + 1
        if tries > _TRIES:
            raise Transient("Graph lost a part of an upload again and again", code="upload_range")
        start = expected


async def _put(client: GraphClient, url: str, part: bytes, span: str) -> httpx.Response:
    try:
        return await client.put_range(url, part, span)
    except Permanent as error:
        if error.code not in _SESSION_LOST:
            raise
        # Nothing is wrong with the mail: a draft made anew has a session of its own.
        raise Transient(f"the upload session is over: {error.reason}", code="upload_range") from error


def _expected(answer: httpx.Response) -> int:
    """Where the range begins that is to be sent next."""
    first = next(iter(read(RangesRead, answer).next_expected_ranges), "").partition("-")[0]
    return int(first) if first.isascii() and first.isdigit() else -1


def _posted(file: LargeFile) -> dict[str, JsonValue]:
    posted: dict[str, JsonValue] = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": file.name,
        "contentType": file.content_type,
        "contentBytes": base64.b64encode(file.content).decode(),
        "isInline": file.inline,
        "contentId": file.content_id,
    }
    return _written(posted)


def _written(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in item.items() if value is not None}
