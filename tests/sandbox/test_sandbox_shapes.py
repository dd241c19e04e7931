"""What the sandbox answers, held against Microsoft's own description of names, types and enumerations."""

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, recipient
from tests.sandbox.metadata import check_entity, entity_of, properties
from tests.sandbox.test_sandbox_attachments import mixed_mail


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


@pytest.mark.parametrize(
    "planted",
    [
        {"subjekt": "x"},
        {"isRead": "yes"},
        {"importance": "urgent"},
        {"receivedDateTime": "yesterday"},
        {"flag": {"flagStatus": "red"}},
        {"toRecipients": [{"emailAddress": {"adress": "a@b.example"}}]},
        {"categories": [7]},
        {"conversationIndex": "no base64!"},
        {"id": None},
        {"@odata.colour": "red"},
        {"@odata.type": "#microsoft.graph.attachment"},
        {"@odata.type": "#microsoft.graph.letter"},
        {"attachments": [{"id": "1", "name": "no type", "isInline": False, "size": 1}]},
        {"attachments": [{"@odata.type": "#microsoft.graph.fileAttachment", "id": "1", "size": None}]},
        {
            "attachments": [
                {"@odata.type": "#microsoft.graph.referenceAttachment", "id": "1", "sourceUrl": "x"}
            ]
        },
    ],
    ids=str,
)
def test_a_planted_fault_is_found(planted: dict[str, object]) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_entity({"id": "1", **planted}, "message", "planted")


def test_a_context_names_its_type() -> None:
    root = "https://graph.microsoft.com/v1.0/$metadata#"
    known = {"messages": "message", "mailFolders('x')/messages": "message", "messages/$entity": "message"}
    for path, kind in known.items():
        assert entity_of({"@odata.context": f"{root}users('a%40b.example')/{path}"}, "here") == kind
    with pytest.raises(AssertionError, match="names no type"):
        entity_of({}, "here")
