"""More calls of Microsoft's own SDK: what another program than ours would ask a mailbox."""

import base64

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.exchange_id_format import ExchangeIdFormat
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.followup_flag import FollowupFlag
from msgraph.generated.models.followup_flag_status import FollowupFlagStatus
from msgraph.generated.models.importance import Importance
from msgraph.generated.models.internet_message_header import InternetMessageHeader
from msgraph.generated.models.item_attachment import ItemAttachment
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.users.item.mail_folders.mail_folders_request_builder import MailFoldersRequestBuilder
from msgraph.generated.users.item.messages.item.copy.copy_post_request_body import CopyPostRequestBody
from msgraph.generated.users.item.messages.item.create_forward.create_forward_post_request_body import (
    CreateForwardPostRequestBody,
)
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.forward.forward_post_request_body import (
    ForwardPostRequestBody,
)
from msgraph.generated.users.item.messages.item.message_item_request_builder import MessageItemRequestBuilder
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import ReplyPostRequestBody
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.translate_exchange_ids.translate_exchange_ids_post_request_body import (
    TranslateExchangeIdsPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

from tests.outside.test_msgraph_sdk import to, user
from tests.outside.world import SUPPORT, World, letter

__all__ = ["user"]
KEY = "String {6a2f9d0e-7f6c-4b63-9a76-6b1d0f6c8c11} Name key"


def asking(**options: object) -> RequestConfiguration[object]:
    """A request for one message with query options."""
    parameters = MessageItemRequestBuilder.MessageItemRequestBuilderGetQueryParameters(**options)
    return RequestConfiguration(query_parameters=parameters)


async def test_folders_are_made_renamed_counted_and_removed(user: UserItemRequestBuilder) -> None:
    made = await user.mail_folders.post(MailFolder(display_name="Clients", is_hidden=False))
    folder = user.mail_folders.by_mail_folder_id(made.id)
    child = await folder.child_folders.post(MailFolder(display_name="2026"))
    renamed = await folder.patch(MailFolder(display_name="Customers"))
    assert (renamed.display_name, renamed.child_folder_count) == ("Customers", 1)
    assert await user.mail_folders.count.get() == 9
    asked = MailFoldersRequestBuilder.MailFoldersRequestBuilderGetQueryParameters(
        filter="displayName eq 'Customers'", include_hidden_folders="true", expand=["childFolders"], top=50
    )
    [found] = (await user.mail_folders.get(RequestConfiguration(query_parameters=asked))).value
    assert [each.id for each in found.child_folders] == [child.id]
    await folder.delete()
    with pytest.raises(ODataError) as refused:
        await folder.get()
    assert refused.value.error.code == "ErrorItemNotFound"


async def test_pages_are_walked_by_the_sdk_itself(user: UserItemRequestBuilder, world: World) -> None:
    for number in range(23):
        world.receives(letter(f"mail {number}").as_bytes())
    found: list[str] = []

    def take(message: Message) -> bool:
        found.append(message.subject)
        return True

    await PageIterator(await user.messages.get(), user.request_adapter).iterate(take)
    assert len(set(found)) == 23
    asked = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        count=True, top=5, search='"subject:mail"'
    )
    page = await user.messages.get(RequestConfiguration(query_parameters=asked))
    assert (page.odata_count, len(page.value)) == (23, 5)
    assert await user.messages.count.get() == 23


async def test_one_message_with_all_that_may_be_asked(user: UserItemRequestBuilder, world: World) -> None:
    mail = world.receives(letter("Ask me", html=True).as_bytes())
    message = user.messages.by_message_id(mail)
    rare = await message.get(asking(select=["internetMessageHeaders", "uniqueBody"]))
    assert {header.name for header in rare.internet_message_headers} >= {"From", "Message-ID"}
    assert "burns" in rare.unique_body.content
    as_text: RequestConfiguration[None] = RequestConfiguration()
    as_text.headers.add("Prefer", 'outlook.body-content-type="text"')
    assert (await message.get(as_text)).body.content_type is BodyType.Text
    await message.patch(
        Message(
            is_read=True,
            categories=["Red"],
            importance=Importance.High,
            flag=FollowupFlag(flag_status=FollowupFlagStatus.Flagged),
            single_value_extended_properties=[SingleValueLegacyExtendedProperty(id=KEY, value="7")],
        )
    )
    shown = await message.get(asking(expand=[f"singleValueExtendedProperties($filter=id eq '{KEY}')"]))
    assert shown.single_value_extended_properties[0].value == "7"
    assert (shown.importance, shown.flag.flag_status) == (Importance.High, FollowupFlagStatus.Flagged)
    copied = await message.copy.post(CopyPostRequestBody(destination_id="archive"))
    assert copied.id != shown.id
    wanted = TranslateExchangeIdsPostRequestBody(
        input_ids=[shown.id],
        source_id_type=ExchangeIdFormat.RestId,
        target_id_type=ExchangeIdFormat.RestImmutableEntryId,
    )
    assert (await user.translate_exchange_ids.post(wanted)).value[0].target_id == mail
    await message.permanent_delete.post()
    assert await user.messages.count.get() == 1


async def test_a_draft_with_a_message_inside(user: UserItemRequestBuilder, world: World) -> None:
    small = FileAttachment(name="a.txt", content_bytes=b"small", odata_type="#microsoft.graph.fileAttachment")
    header = InternetMessageHeader(name="x-key", value="7")
    draft = await user.messages.post(
        Message(
            subject="x",
            to_recipients=to("bob@customer.example"),
            attachments=[small],
            internet_message_headers=[header],
        )
    )
    message = user.messages.by_message_id(draft.id)
    inner = Message(subject="Inside", body=ItemBody(content="Deep."), odata_type="#microsoft.graph.message")
    made = await message.attachments.post(
        ItemAttachment(name="Inside", item=inner, odata_type="#microsoft.graph.itemAttachment")
    )
    assert isinstance(made, ItemAttachment)
    assert await message.attachments.count.get() == 2
    await message.attachments.by_attachment_id(made.id).delete()
    await message.send.post()
    (sent,) = world.told("sent")
    assert b"x-key: 7" in base64.b64decode(sent["mime"]).lower()


async def test_answers_in_one_request(user: UserItemRequestBuilder, world: World) -> None:
    message = user.messages.by_message_id(world.receives(letter("A question", html=True).as_bytes()))
    await message.reply.post(ReplyPostRequestBody(comment="Done."))
    ahead = to("dev@helpdesk.example")
    await message.forward.post(ForwardPostRequestBody(comment="See", to_recipients=ahead))
    draft = await message.create_forward.post(CreateForwardPostRequestBody(to_recipients=ahead))
    assert draft.subject == "FW: A question"
    both = CreateReplyPostRequestBody(comment="x", message=Message(body=ItemBody(content="y")))
    with pytest.raises(ODataError) as refused:
        await message.create_reply.post(both)
    assert refused.value.response_status_code == 400
    assert [mail["recipients"] for mail in world.told("sent")] == [
        ["bob@customer.example"],
        ["dev@helpdesk.example"],
    ]


async def test_users(user: UserItemRequestBuilder) -> None:
    shown = await user.get()
    assert (shown.mail, shown.business_phones) == (SUPPORT, [])
    everybody = await UsersRequestBuilder(user.request_adapter, {}).get()
    assert [each.mail for each in everybody.value] == [SUPPORT]
