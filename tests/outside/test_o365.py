"""The `O365` library cannot tell the sandbox from Graph on the calls that matter for mail."""

import base64
from collections.abc import Iterator
from pathlib import Path

import msal
import pytest
import requests
from O365 import Account, MSGraphProtocol
from O365.mailbox import MailBox
from O365.message import Message
from O365.utils.token import MemoryTokenBackend

from tests.outside.world import SCOPE, SUPPORT, World, letter, with_files

LARGE = 4_500_000


@pytest.fixture(params=["https", "http"])
def mailbox(world: World, request: pytest.FixtureRequest) -> Iterator[MailBox]:
    """A mailbox by O365, which knows Microsoft's authority only: its msal application is replaced."""
    base = world.base_url if request.param == "https" else world.http_base_url

    class Protocol(MSGraphProtocol):  # type: ignore[misc]  # O365 has no types
        _protocol_url = base.removesuffix("v1.0")

    with requests.Session() as session:
        session.verify = world.ca_file
        account = Account(
            (world.client_id, world.client_secret),
            auth_flow_type="credentials",
            tenant_id=world.tenant,
            protocol=Protocol(timezone="UTC"),
            main_resource=SUPPORT,
            token_backend=MemoryTokenBackend(),
        )
        account.con._msal_client = msal.ConfidentialClientApplication(  # noqa: SLF001 - its only door
            world.client_id,
            client_credential=world.client_secret,
            authority=world.authority,
            instance_discovery=False,
            http_client=session,
            token_cache=account.con.token_backend,
        )
        assert account.authenticate(requested_scopes=[SCOPE])
        yield account.mailbox()
        account.con.session.close()


def only(mailbox: MailBox) -> Message:
    (message,) = mailbox.inbox_folder().get_messages(limit=5, download_attachments=False)
    return message


def test_folders(mailbox: MailBox) -> None:
    names = {folder.name for folder in mailbox.get_folders(limit=100)}
    assert {"Inbox", "Drafts", "Sent Items"} <= names
    inbox = mailbox.inbox_folder()
    made = inbox.create_child_folder("Printers")
    assert [folder.name for folder in inbox.get_folders()] == ["Printers"]
    assert made.folder_id


def test_a_list_with_pages(mailbox: MailBox, world: World) -> None:
    for number in range(25):
        world.receives(letter(f"mail {number}").as_bytes())
    found = list(mailbox.inbox_folder().get_messages(limit=25, batch=10))
    assert {one.subject for one in found} == {f"mail {number}" for number in range(25)}


def test_a_filter(mailbox: MailBox, world: World) -> None:
    for name in ("one", "two"):
        world.receives(letter(name).as_bytes())
    wanted = mailbox.q().equals("subject", "two")
    (found,) = mailbox.inbox_folder().get_messages(query=wanted)
    assert found.subject == "two"


def test_a_mail_and_its_mime(mailbox: MailBox, world: World) -> None:
    raw = letter("As it came", html=True).as_bytes()
    world.receives(raw)
    message = only(mailbox)
    assert message.sender.address == "bob@customer.example"
    assert message.body_type.lower() == "html"
    assert message.get_mime_content() == raw


def test_attachments(mailbox: MailBox, world: World) -> None:
    world.receives(with_files("Files").as_bytes())
    message = only(mailbox)
    assert message.has_attachments
    assert message.attachments.download_attachments()
    by_name = {one.name: one for one in message.attachments}
    assert {"table.csv", "dot.png"} <= set(by_name)
    assert by_name["dot.png"].is_inline


def test_marks_and_moves(mailbox: MailBox, world: World) -> None:
    world.receives(letter("Mark me").as_bytes())
    message = only(mailbox)
    assert not message.is_read
    assert message.mark_as_read()
    assert only(mailbox).is_read
    before = message.object_id
    assert message.move("archive")
    assert message.object_id != before
    assert not list(mailbox.inbox_folder().get_messages())
    assert message.delete()


def test_a_draft_with_a_large_file_is_sent(mailbox: MailBox, world: World, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(LARGE))
    message = mailbox.new_message()
    message.to.add("bob@customer.example")
    message.subject, message.body = "Large", "<p>See the file.</p>"
    assert message.save_draft()
    message.attachments.add(str(big))
    assert message.save_draft()
    assert message.send()
    (sent,) = world.told("sent")
    assert sent["recipients"] == ["bob@customer.example"]
    assert len(base64.b64decode(sent["mime"])) > LARGE


def test_a_mail_is_sent_at_once(mailbox: MailBox, world: World) -> None:
    message = mailbox.new_message()
    message.to.add("bob@customer.example")
    message.subject, message.body = "At once", "Hello"
    assert message.send()
    assert len(world.told("sent")) == 1
    assert [one.subject for one in mailbox.sent_folder().get_messages()] == ["At once"]


def test_a_reply(mailbox: MailBox, world: World) -> None:
    world.receives(letter("A question", html=True).as_bytes())
    reply = only(mailbox).reply(to_all=False)
    reply.body = "Here it is."
    assert reply.send()
    (sent,) = world.told("sent")
    assert sent["recipients"] == ["bob@customer.example"]


def test_throttling_is_waited_for(mailbox: MailBox, world: World) -> None:
    world.receives(letter("Patience").as_bytes())
    world.breaks(match="list", status=429, times=2, retry_after=1)
    assert only(mailbox).subject == "Patience"


def test_errors_carry_graphs_code(mailbox: MailBox) -> None:
    with pytest.raises(requests.HTTPError, match=r"404.*"):
        mailbox.get_message("AAMk" + "A" * 120)
