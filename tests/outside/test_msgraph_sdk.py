"""Microsoft's own Python SDK cannot tell the sandbox from Graph on the calls that matter for mail."""

import base64

import httpx
import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.attachment_item import AttachmentItem
from msgraph.generated.models.attachment_type import AttachmentType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.item_attachment import ItemAttachment
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.reference_attachment import ReferenceAttachment
from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import (
    DeltaRequestBuilder,
)
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import (
    MessagesRequestBuilder,
)
from msgraph.generated.users.item.messages.item.attachments.create_upload_session import (
    create_upload_session_post_request_body as upload,
)
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

from tests.outside.world import SUPPORT, World, letter, with_files

LARGE = 4_500_000


@pytest.fixture
def user(graph: GraphServiceClient) -> UserItemRequestBuilder:
    """One user."""
    return graph.users.by_user_id(SUPPORT)


def to(address: str) -> list[Recipient]:
    return [Recipient(email_address=EmailAddress(address=address))]


def immutable() -> RequestConfiguration[None]:
    wanted: RequestConfiguration[None] = RequestConfiguration()
    wanted.headers.add("Prefer", 'IdType="ImmutableId"')
    return wanted


async def test_folders(user: UserItemRequestBuilder) -> None:
    inbox = await user.mail_folders.by_mail_folder_id("inbox").get()
    assert inbox.display_name == "Inbox"
    assert (inbox.total_item_count, inbox.unread_item_count, inbox.is_hidden) == (0, 0, False)
    folders = await user.mail_folders.get()
    names = {folder.display_name for folder in folders.value}
    while folders.odata_next_link:
        folders = await user.mail_folders.with_url(folders.odata_next_link).get()
        names |= {folder.display_name for folder in folders.value}
    assert {"Inbox", "Drafts", "Sent Items", "Deleted Items", "Junk Email"} <= names
    children = await user.mail_folders.by_mail_folder_id(inbox.id).child_folders.get()
    assert children.value == []


async def test_a_list_with_pages(user: UserItemRequestBuilder, world: World) -> None:
    for number in range(25):
        world.receives(letter(f"mail {number}").as_bytes())
    asked = RequestConfiguration(
        query_parameters=MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
            top=10, select=["id", "subject", "isRead", "receivedDateTime"], orderby=["receivedDateTime desc"],
        )
    )  # fmt: skip
    messages = user.mail_folders.by_mail_folder_id("inbox").messages
    page = await messages.get(request_configuration=asked)
    sizes, subjects = [len(page.value)], {one.subject for one in page.value}
    while page.odata_next_link:
        page = await messages.with_url(page.odata_next_link).get()
        sizes.append(len(page.value))
        subjects |= {one.subject for one in page.value}
    assert sizes == [10, 10, 5]
    assert subjects == {f"mail {number}" for number in range(25)}


async def test_delta_to_the_end_and_again(user: UserItemRequestBuilder, world: World) -> None:
    for number in range(7):
        world.receives(letter(f"mail {number}").as_bytes())
    delta = user.mail_folders.by_mail_folder_id("inbox").messages.delta
    asked = RequestConfiguration(
        query_parameters=DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=["subject"])
    )
    asked.headers.add("Prefer", "odata.maxpagesize=3")
    page = await delta.get(request_configuration=asked)
    found = list(page.value)
    while page.odata_next_link:
        assert page.odata_delta_link is None
        page = await delta.with_url(page.odata_next_link).get()
        found += page.value
    assert len(found) == 7
    assert page.odata_delta_link
    world.receives(letter("late").as_bytes())
    await user.messages.by_message_id(found[0].id).delete()
    page = await delta.with_url(page.odata_delta_link).get()
    removed = [one for one in page.value if "@removed" in one.additional_data]
    assert [one.id for one in removed] == [found[0].id]
    assert removed[0].additional_data["@removed"]["reason"] == "deleted"
    assert [one.subject for one in page.value if one not in removed] == ["late"]


async def test_a_mail_and_its_mime(user: UserItemRequestBuilder, world: World) -> None:
    raw = letter("As it came", html=True).as_bytes()
    message = user.messages.by_message_id(world.receives(raw))
    shown = await message.get()
    assert (shown.subject, shown.is_read, shown.is_draft) == ("As it came", False, False)
    assert shown.body.content_type is BodyType.Html
    assert shown.from_.email_address.address == "bob@customer.example"
    assert shown.received_date_time.tzinfo is not None
    assert await message.content.get() == raw


async def test_attachments_of_three_kinds(user: UserItemRequestBuilder, world: World) -> None:
    mail = user.messages.by_message_id(world.receives(with_files("Files").as_bytes()))
    files = (await mail.attachments.get()).value
    table, inside = files[0], next(one for one in files if isinstance(one, ItemAttachment))
    assert isinstance(table, FileAttachment)
    assert (table.name, table.content_type, table.is_inline) == ("table.csv", "text/csv", False)
    content = table.content_bytes
    assert content in {b"a,b\n1,2\n", base64.b64encode(b"a,b\n1,2\n")}
    assert await mail.attachments.by_attachment_id(table.id).get()
    assert inside.name == "Inside"
    draft = await user.messages.post(Message(subject="With a link", to_recipients=to("a@customer.example")))
    assert draft.is_draft
    made = await user.messages.by_message_id(draft.id).attachments.post(
        ReferenceAttachment(name="plan", odata_type="#microsoft.graph.referenceAttachment")
    )
    assert isinstance(made, ReferenceAttachment)
    files = user.messages.by_message_id(draft.id).attachments
    raw = files.by_attachment_id(made.id).with_url(
        f"{world.base_url}/users/{SUPPORT}/messages/{draft.id}/attachments/{made.id}/$value"
    )
    with pytest.raises(ODataError) as refused:
        await raw.get()
    assert refused.value.response_status_code == 405


async def test_marks(user: UserItemRequestBuilder, world: World) -> None:
    message = user.messages.by_message_id(world.receives(letter("Mark me").as_bytes()))
    changed = await message.patch(Message(is_read=True, categories=["Red"]))
    assert (changed.is_read, changed.categories) == (True, ["Red"])
    assert (await message.get()).is_read


async def test_a_move_changes_the_id_and_not_the_immutable_one(
    user: UserItemRequestBuilder, world: World
) -> None:
    immutable_id = world.receives(letter("Move me").as_bytes())
    plain = (await user.mail_folders.by_mail_folder_id("inbox").messages.get()).value[0]
    assert plain.id != immutable_id
    moved = await user.messages.by_message_id(plain.id).move.post(
        MovePostRequestBody(destination_id="archive")
    )
    assert moved.id != plain.id
    with pytest.raises(ODataError) as refused:
        await user.messages.by_message_id(plain.id).get()
    assert refused.value.response_status_code == 404
    assert refused.value.error.code == "ErrorItemNotFound"
    assert refused.value.error.inner_error.request_id
    same = await user.messages.by_message_id(immutable_id).get(request_configuration=immutable())
    assert same.id == immutable_id


async def test_draft_and_files_and_send(user: UserItemRequestBuilder, world: World) -> None:
    draft = await user.messages.post(
        Message(
            subject="An answer",
            body=ItemBody(content_type=BodyType.Html, content="<p>Hello</p>"),
            to_recipients=to("bob@customer.example"),
        )
    )
    message = user.messages.by_message_id(draft.id)
    small = FileAttachment(
        name="a.txt", content_type="text/plain", content_bytes=b"small",
        odata_type="#microsoft.graph.fileAttachment",
    )  # fmt: skip
    await message.attachments.post(small)
    item = AttachmentItem(attachment_type=AttachmentType.File, name="big.bin", size=LARGE)
    session = await message.attachments.create_upload_session.post(
        upload.CreateUploadSessionPostRequestBody(attachment_item=item)
    )
    assert session.next_expected_ranges[0].startswith("0-")
    content, part, location = bytes(LARGE), 3_000_000, None
    async with httpx.AsyncClient() as plain:
        for start in range(0, LARGE, part):
            piece = content[start : start + part]
            span = f"bytes {start}-{start + len(piece) - 1}/{LARGE}"
            answer = await plain.put(session.upload_url, content=piece, headers={"Content-Range": span})
            location = answer.headers.get("Location")
    assert answer.status_code == 201
    assert location
    assert {one.name for one in (await message.attachments.get()).value} == {"a.txt", "big.bin"}
    await message.send.post()
    (sent,) = world.told("sent")
    assert sent["recipients"] == ["bob@customer.example"]


async def test_send_mail(user: UserItemRequestBuilder, world: World) -> None:
    mail = Message(subject="At once", to_recipients=to("bob@customer.example"), body=ItemBody(content="Hi"))
    await user.send_mail.post(SendMailPostRequestBody(message=mail, save_to_sent_items=True))
    (sent,) = world.told("sent")
    copies = await user.mail_folders.by_mail_folder_id("sentitems").messages.get()
    assert copies.value[0].internet_message_id == sent["internetMessageId"]


async def test_a_reply(user: UserItemRequestBuilder, world: World) -> None:
    original = user.messages.by_message_id(world.receives(letter("A question", html=True).as_bytes()))
    draft = await original.create_reply.post(CreateReplyPostRequestBody(comment="Here it is."))
    assert draft.subject == "RE: A question"
    assert draft.to_recipients[0].email_address.address == "bob@customer.example"
    assert "Here it is." in draft.body.content
    await user.messages.by_message_id(draft.id).send.post()
    assert len(world.told("sent")) == 1


async def test_throttling_is_waited_for(user: UserItemRequestBuilder, world: World) -> None:
    world.receives(letter("Patience").as_bytes())
    world.breaks(match="list", status=429, times=2, retry_after=1)
    page = await user.mail_folders.by_mail_folder_id("inbox").messages.get()
    assert [one.subject for one in page.value] == ["Patience"]


@pytest.mark.parametrize(
    ("folder", "status", "code"),
    [("Support", 400, "ErrorInvalidIdMalformed"), ("A" * 120, 400, "ErrorInvalidIdMalformed")],
)
async def test_errors_have_graphs_shape(
    user: UserItemRequestBuilder, folder: str, status: int, code: str
) -> None:
    with pytest.raises(ODataError) as refused:
        await user.mail_folders.by_mail_folder_id(folder).get()
    error = refused.value
    assert (error.response_status_code, error.error.code) == (status, code)
    assert error.error.message
    assert error.error.inner_error.client_request_id
