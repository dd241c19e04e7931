"""Rows as Graph's JSON: folders, messages, attachments."""

import base64
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from fastapi.responses import JSONResponse

from sandbox.admission import Visit
from sandbox.attachments import KeptFile, files_of
from sandbox.bodies import as_html, preview, unquoted
from sandbox.composing import as_text
from sandbox.errors import unselectable, unsupported
from sandbox.folders import Folder, counts
from sandbox.items import Item, properties_of, size_of
from sandbox.mime import read
from sandbox.shapes import Body, Content, ExtendedProperty

Json = dict[str, object]
_OVERHEAD_BYTES = 128
_RARE = frozenset({"internetMessageHeaders", "uniqueBody"})
"""Shown only when selected."""


class GraphJson(JSONResponse):
    media_type = (
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    )


def folder_json(visit: Visit, folder: Folder) -> Json:
    child_folders, total, unread = counts(visit.store, folder)
    return {
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent,
        "childFolderCount": child_folders,
        "unreadItemCount": unread,
        "totalItemCount": total,
        "isHidden": folder.hidden,
    }


def message_id(visit: Visit, item: Item) -> str:
    """The id in the form that the client prefers."""
    return item.immutable_id if visit.prefers.immutable_ids else item.default_id


def message_json(
    visit: Visit, item: Item, select: Iterable[str] = (), expand: str = "", *, single: bool
) -> Json:
    """`single` is a message on its own: only there Graph shows the header fields."""
    names = [name for name in select if name not in ("id", "changeKey")] or [
        n for n in _FIELDS if n not in _RARE
    ]
    refuse_unknown(names)
    shown: Json = {"@odata.etag": f'W/"{item.change_key}"', "id": message_id(visit, item)}
    if "changeKey" in select or not select:
        shown["changeKey"] = item.change_key
    hidden = set() if single else {"internetMessageHeaders"}
    shown |= {name: _FIELDS[name](visit, item) for name in names if name not in hidden}
    return shown | _expanded(visit, item, expand)


def refuse_unknown(select: Iterable[str]) -> None:
    """Graph refuses a property that no message has, also when there is no message."""
    unknown = next((name for name in select if name not in {"id", "changeKey", *_FIELDS}), None)
    if unknown:
        raise unselectable(unknown, "message")


def attachment_json(
    visit: Visit, kept: KeptFile, *, with_content: bool = True, with_item: bool = False
) -> Json:
    file = kept.file
    shown: Json = {
        "@odata.type": f"#microsoft.graph.{file.kind}Attachment",
        "id": kept.id,
        "lastModifiedDateTime": stamp(kept.modified),
        "name": file.name,
        "contentType": None if file.kind == "item" else file.content_type,
        "size": len(file.content) + _OVERHEAD_BYTES,
        "isInline": file.inline,
    }
    if file.kind == "file":
        shown["@odata.mediaContentType"] = file.content_type
        shown |= {"contentId": file.content_id, "contentLocation": None}
        if with_content:
            shown["contentBytes"] = base64.b64encode(file.content).decode()
    if file.kind == "item" and with_item:
        shown["item"] = _inner_json(visit, file.content)
    return shown


def stamp(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def context(visit: Visit, *segments: str) -> str:
    path = "".join(f"/{segment}" for segment in segments)
    return f"{visit.root}/$metadata#users('{quote(visit.user)}'){path}"


_SIZE = "Integer 0xe08"
_SIZE_NAMES = {"integer 0x0e08", "integer 0xe08"}
"""PidTagMessageSize, however it is asked for; answered without the leading zero."""


_EXPANSION = re.compile(r"\s*([\w./]+)\s*(?:\((.*?)\)(?=\s*(?:,|$)))?\s*(?:,|$)", re.DOTALL)


def _expanded(visit: Visit, item: Item, expand: str) -> Json:
    shown: Json = {}
    for named, options in _EXPANSION.findall(expand):
        match named.lower():
            case "attachments":
                select = tuple(
                    filter(None, re.split(r"\s*,\s*", options.partition("$select=")[2].partition(";")[0]))
                )
                shown["attachments"] = [
                    selected(attachment_json(visit, kept), select)
                    for kept in files_of(visit.store, item.immutable_id)
                ]
            case "singlevalueextendedproperties":
                found = _properties(visit, item, options)
                if found:
                    shown["singleValueExtendedProperties"] = found
            case "multivalueextendedproperties":
                pass
            case "extensions":
                raise unsupported("Open extensions are expanded with a filter on their id only.")
            case _:
                raise unselectable(named, "message")
    return shown


def _properties(visit: Visit, item: Item, options: str) -> list[Json]:
    asked = {name.lower() for name in re.findall(r"id eq '([^']*)'", options)}
    found = [one for one in properties_of(visit.store, item) if one.id.lower() in asked]
    if asked & _SIZE_NAMES:
        found.append(ExtendedProperty(id=_SIZE, value=str(size_of(visit.store, item))))
    return [one.model_dump(by_alias=True) for one in found]


def selected(shown: Json, select: tuple[str, ...]) -> Json:
    """The properties of an attachment that were asked for."""
    unknown = next((name for name in select if name not in _OF_ATTACHMENTS), None)
    if unknown:
        raise unselectable(unknown, "attachment")
    wanted = {*select, "id", "item"}
    return {
        name: value
        for name, value in shown.items()
        if not select or name in wanted or name.startswith("@odata.t")
    }


_OF_ATTACHMENTS = frozenset(
    [
        "id", "name", "contentType", "size", "isInline", "lastModifiedDateTime", "contentBytes", "contentId",
        "contentLocation", "microsoft.graph.fileAttachment/contentId",
        "microsoft.graph.fileAttachment/contentBytes",
    ]
)  # fmt: skip


def _inner_json(visit: Visit, raw: bytes) -> Json:
    """The message inside an attachment; it has no id of its own."""
    content = read(raw).content
    shown = {name: _dumped(content, name) for name in _DUMPED}
    return {
        "@odata.type": "#microsoft.graph.message",
        "id": "",
        **shown,
        "body": _body(visit, content.body, draft=False),
        "bodyPreview": preview(content.body),
        "internetMessageId": content.internet_message_id,
    }


def _body(visit: Visit, body: Body, *, draft: bool) -> Json:
    if visit.prefers.text_bodies:
        return {"contentType": "text", "content": as_text(body)}
    if draft:
        return {"contentType": body.content_type, "content": body.content}
    return {"contentType": "html", "content": as_html(body, unsafe=visit.prefers.unsafe_html)}


def _dumped(content: Content, name: str) -> object:
    return content.model_dump(mode="json", by_alias=True, include={_ATTRIBUTES[name]})[name]


_ATTRIBUTES = {field.alias or name: name for name, field in Content.model_fields.items()}
_DUMPED = (
    "subject",
    "importance",
    "sender",
    "from",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
)


def _dumping(name: str) -> Callable[[Visit, Item], object]:
    return lambda _, item: _dumped(item.content, name)


_FIELDS: dict[str, Callable[[Visit, Item], object]] = {
    "createdDateTime": lambda _, item: stamp(item.created),
    "lastModifiedDateTime": lambda _, item: stamp(item.modified),
    "categories": lambda _, item: list(item.marks.categories),
    "receivedDateTime": lambda _, item: stamp(item.received),
    "sentDateTime": lambda _, item: stamp(item.received if item.content.sent is None else item.content.sent),
    "hasAttachments": lambda _, item: item.has_attachments,
    "internetMessageId": lambda _, item: item.content.internet_message_id,
    **{name: _dumping(name) for name in _DUMPED},
    "bodyPreview": lambda _, item: preview(item.content.body),
    "parentFolderId": lambda _, item: item.folder,
    "conversationId": lambda _, item: item.content.conversation_id,
    "conversationIndex": lambda _, item: item.content.conversation_index,
    "isRead": lambda _, item: item.marks.is_read,
    "isDraft": lambda _, item: item.is_draft,
    "webLink": lambda _, item: f"https://outlook.example/owa/?ItemID={quote(item.default_id)}&exvsurl=1",
    "inferenceClassification": lambda _, item: item.marks.inference_classification,
    "body": lambda visit, item: _body(visit, item.content.body, draft=item.is_draft),
    "uniqueBody": lambda visit, item: _body(visit, unquoted(item.content.body), draft=item.is_draft),
    "internetMessageHeaders": lambda _, item: _dumped(item.content, "internetMessageHeaders"),
    "flag": lambda _, item: item.marks.flag.model_dump(by_alias=True, exclude_none=True),
}
