"""What the sandbox answers, held against Microsoft's own description of names, types and enumerations."""

import re
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from uuid import UUID
from xml.etree.ElementTree import Element, parse

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, Json, recipient
from tests.sandbox.test_sandbox_attachments import mixed_mail

# The file is part of these tests, not input.
SCHEMA = parse(Path(__file__).with_name("graph-mail.csdl.xml")).getroot()  # noqa: S314
NS = "{http://docs.oasis-open.org/odata/ns/edm}"
TYPES = {element.attrib["Name"]: element for element in SCHEMA}
PRIMITIVES = {
    "Edm.String": str,
    "Edm.Boolean": bool,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Binary": str,
    "Edm.Guid": str,
    "Edm.DateTimeOffset": str,
}


def properties(name: str) -> dict[str, Element]:
    element = TYPES[name]
    base = element.attrib.get("BaseType", "").removeprefix("graph.")
    own = {
        child.attrib["Name"]: child
        for child in element
        if child.tag in (f"{NS}Property", f"{NS}NavigationProperty")
    }
    return {**(properties(base) if base else {}), **own}


def check(value: object, kind: str, where: str) -> None:
    """Fail unless the value is what the schema says."""
    collection = re.fullmatch(r"Collection\((.+)\)", kind)
    if collection:
        assert isinstance(value, list), where
        for one in value:
            check(one, collection[1], where)
    elif kind in PRIMITIVES:
        assert type(value) is PRIMITIVES[kind], f"{where}: {value!r} is no {kind}"
        check_text(value, kind)
    elif TYPES[kind.removeprefix("graph.")].tag == f"{NS}EnumType":
        members = {member.attrib["Name"] for member in TYPES[kind.removeprefix("graph.")]}
        assert value in members, f"{where}: {value!r}"
    else:
        assert isinstance(value, dict), where
        check_entity(value, kind.removeprefix("graph."), where)


def check_text(value: object, kind: str) -> None:
    if kind == "Edm.DateTimeOffset":
        assert datetime.fromisoformat(str(value)).tzinfo
    if kind == "Edm.Guid":
        UUID(str(value))
    if kind == "Edm.Binary":
        b64decode(str(value), validate=True)


def check_entity(entity: Json, name: str, where: str) -> None:
    derived = str(entity.get("@odata.type", f"#microsoft.graph.{name}")).removeprefix("#microsoft.graph.")
    known = properties(derived)
    for field, value in entity.items():
        if field.startswith("@"):
            continue
        assert field in known, f"{where}: {derived} has no {field}"
        nullable = known[field].attrib.get("Nullable", "true") == "true"
        if value is None:
            assert nullable, f"{where}.{field} is null"
        else:
            check(value, known[field].attrib["Type"], f"{where}.{field}")


@pytest.fixture
async def message(sandbox: Sandbox) -> str:
    return sandbox.deliver(SUPPORT, mixed_mail())


async def test_a_message_is_as_described(graph: GraphClient, message: str) -> None:
    shown = await graph.json(f"messages/{message}", params={"$expand": "attachments"})
    check_entity(shown, "message", "message")
    rare = {"internetMessageHeaders", "uniqueBody", "extensions"}
    optional = {"multiValueExtendedProperties", "singleValueExtendedProperties"}
    assert properties("message").keys() - shown.keys() == rare | optional
    selected = await graph.json(
        f"messages/{message}", params={"$select": "internetMessageHeaders,uniqueBody"}
    )
    check_entity(selected, "message", "message")


async def test_delta_and_lists_are_as_described(graph: GraphClient, message: str) -> None:
    entries, link = await graph.round()
    await graph.post(f"messages/{message}/move", {"destinationId": "archive"})
    entries += (await graph.round(link))[0]
    entries += (await graph.json("mailFolders/archive/messages"))["value"]
    assert len(entries) == 3
    for entry in entries:
        check_entity(entry, "message", "entry")


async def test_folders_are_as_described(graph: GraphClient) -> None:
    for shown in (await graph.json("mailFolders"))["value"]:
        check_entity(shown, "mailFolder", "folder")
        assert "isHidden" in shown


async def test_attachments_are_as_described(graph: GraphClient, message: str) -> None:
    expand = {"$expand": "microsoft.graph.itemattachment/item"}
    listed = (await graph.json(f"messages/{message}/attachments", params=expand))["value"]
    assert {one["@odata.type"] for one in listed} == {
        "#microsoft.graph.fileAttachment",
        "#microsoft.graph.itemAttachment",
    }
    for shown in listed:
        check_entity(shown, "attachment", "attachment")


async def test_drafts_and_upload_sessions_are_as_described(graph: GraphClient) -> None:
    draft = await graph.post("messages", {"subject": "x", "toRecipients": [recipient(BOB)]})
    check_entity(draft, "message", "draft")
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big", "size": 4_000_000}}
    session = await graph.post(f"messages/{draft['id']}/attachments/createUploadSession", item)
    check_entity(session, "uploadSession", "session")
